//! MAE on changed films, a panel per kind of change and a line per backbone.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::number::{age, short_unit};
use super::super::robustness::{Swept, films_in_words, swept};
use super::super::summary::Summary;
use super::axis::{Axis, cut_above};
use super::drawing::{Anchor, Drawing, Mark, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE, DASH, INK, LABEL_SIZE, MUTED, SMALL_SIZE, TICK_SIZE};
use super::{absent, several_runs};
use crate::robustness::Change;

/// The y axis ends at this many times the baseline at most: a line that leaves it has left all use.
const LARGEST_OF_BASELINE: f64 = 2.0;
const COLUMNS: usize = 4;
const BASELINE_PEN: Pen = Pen { colour: BASELINE, width: 1.2, dash: Some(DASH) };
/// Okabe and Ito's colours but yellow, which white paper swallows. Their number has no factor in common with that of the marks, so
/// that neighbours differ in both, and 21 lines in one of them.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
const MARKS: [Mark; 3] = [Mark::Disc(2.8), Mark::Ring(3.0), Mark::Diamond(3.8)];

/// How the line of a row looks.
fn look(index: usize) -> (Pen, Mark) {
    let colour = COLOURS[index % COLOURS.len()];
    let dash = (index / COLOURS.len() % 2 == 1).then_some((4.0, 2.5));
    (Pen { colour, width: 1.5, dash }, MARKS[index % MARKS.len()])
}

/// None where no run was tried on changed films.
pub(super) fn draw(study: &Study, summary: &Summary) -> Option<Drawing> {
    let rows = swept(study, summary);
    let months = study.unit.months();
    let lines: Vec<Vec<Vec<(f64, f64)>>> = Change::ALL.map(|change| rows.iter().map(|row| line(row, change, months)).collect()).into();
    let highest = lines.iter().flatten().flatten().map(|point| point.1).reduce(f64::max)?;
    let of_part =
        |figures: &super::super::summary::Figures| figures.test.as_ref().or(figures.val.as_ref()).map(|part| part.mae.mean / months);
    let baseline = summary.baseline.as_ref().and_then(of_part);
    let limit = baseline.map_or(highest, |baseline| highest.max(baseline * 1.08).min(baseline * LARGEST_OF_BASELINE));

    let panels = Panels { count: Change::ALL.len(), columns: COLUMNS, width: 215.0, height: 175.0, title_height: 54.0 };
    let mut drawing = Drawing::new(format!("{}: errors on changed films", study.title), panels.plot_width(), 0.0);
    let top = header(study, summary, &rows, baseline, (highest > limit).then_some(limit)).draw(&mut drawing) - 22.0;
    drawing.height = panels.plot_height(top);
    let y_axis = Axis::new(0.0, limit, 5);
    for (index, (change, lines)) in Change::ALL.into_iter().zip(&lines).enumerate() {
        draw_panel(&mut drawing, &panels, (index, top), change, lines, baseline, &y_axis);
    }
    panels.draw_axis_titles(&mut drawing, top, "Strength of the change", &format!("MAE ({})", study.unit.name()));
    Some(drawing)
}

/// Strength and error, in the shown unit, with the films as they are among them.
fn line(row: &Swept, change: Change, months: f64) -> Vec<(f64, f64)> {
    let point = |strength: f64, at: (Change, f64)| Some((strength, row.mae(&[at])?.mean / months));
    let changed = change.strengths().iter().filter_map(|strength| point(*strength, (change, *strength)));
    let mut points: Vec<(f64, f64)> = changed.chain(point(change.neutral(), (Change::Unchanged, 0.0))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

fn header(study: &Study, summary: &Summary, rows: &[Swept], baseline: Option<f64>, cut_at: Option<f64>) -> Header {
    let films = format!("Finished networks on {}, changed before they are standardised.", films_in_words(rows, summary));
    let cut = cut_at.map(|limit| format!("Lines are cut at {} {}.", age(limit * study.unit.months(), study.unit), study.unit.name()));
    let is_missing = |row: &&super::super::summary::Row| row.figures.is_some() && rows.iter().all(|swept| swept.label != row.entry.label);
    let missing: Vec<&str> = summary.rows.iter().filter(is_missing).map(|row| row.entry.label.as_str()).collect();
    let missing = (!missing.is_empty()).then(|| format!("Not measured: {}.", missing.join(", ")));
    let of_row = |(index, row): (usize, &Swept)| {
        let (pen, mark) = look(index);
        Key { text: row.label.to_owned(), sample: Sample::Line(pen, Some(mark)) }
    };
    let mut legend: Vec<Key> = rows.iter().enumerate().map(of_row).collect();
    if let Some(baseline) = baseline {
        let value = age(baseline * study.unit.months(), study.unit);
        legend
            .push(Key { text: format!("mean-age baseline: {value} {}", short_unit(study.unit)), sample: Sample::Line(BASELINE_PEN, None) });
    }
    Header {
        title: format!("{}: errors on changed films", study.title),
        subtitle: study
            .notes
            .iter()
            .cloned()
            .chain([films])
            .chain(several_runs(summary, "Means"))
            .chain(cut)
            .chain(missing)
            .chain(absent(summary))
            .collect(),
        legend,
    }
}

/// The axis of a change and the words at its ticks.
fn x_axis(change: Change) -> (Axis, Vec<(f64, String)>) {
    let strengths = change.strengths();
    let ends = [strengths[0].min(change.neutral()), strengths[strengths.len() - 1].max(change.neutral())];
    let mut axis = Axis::new(ends[0], ends[1], 4);
    match change {
        Change::Rotation => axis.ticks = vec![-180.0, -90.0, 0.0, 90.0, 180.0],
        Change::Flip | Change::Inversion => axis.ticks = vec![0.0, 1.0],
        Change::Contrast => axis.ticks = vec![50.0, 75.0, 100.0, 125.0, 150.0],
        Change::Resolution => axis.ticks = vec![25.0, 50.0, 75.0, 100.0],
        Change::Brightness => axis.ticks = vec![-30.0, -15.0, 0.0, 15.0, 30.0],
        _ => {}
    }
    let word = |tick: &f64| match (change, *tick > 0.5) {
        (Change::Flip | Change::Inversion, false) => "as it is".to_owned(),
        (Change::Flip, true) => "flipped".to_owned(),
        (Change::Inversion, true) => "inverted".to_owned(),
        _ => axis.label(*tick),
    };
    let words = axis.ticks.iter().map(|tick| (*tick, word(tick))).collect();
    // Marks at the ends are not cut by the frame, and words at the ends stay inside.
    let pad = (ends[1] - ends[0]) * if change.unit().is_empty() { 0.25 } else { 0.06 };
    (axis.min, axis.max) = (ends[0] - pad, ends[1] + pad);
    (axis, words)
}

fn draw_panel(
    drawing: &mut Drawing,
    panels: &Panels,
    (index, top): (usize, f64),
    change: Change,
    lines: &[Vec<(f64, f64)>],
    baseline: Option<f64>,
    y_axis: &Axis,
) {
    let bounds = panels.bounds(index, top);
    let (mut axis, words) = x_axis(change);
    for (tick, word) in words {
        let x = axis.pixel(tick, bounds.left, bounds.right);
        drawing.line(vec![(x, bounds.bottom), (x, bounds.bottom + 4.0)], Pen::solid(super::style::AXIS, 1.0));
        drawing.words(Words::new(word, (x, bounds.bottom + 6.0 + TICK_SIZE), TICK_SIZE, MUTED).anchored(Anchor::Middle));
    }
    // Its own ticks are drawn at every panel, for each has another strength.
    axis.ticks.clear();
    panels.draw_axes(drawing, top, index, &axis, y_axis);
    let place = |(x, y): (f64, f64)| (axis.pixel(x, bounds.left, bounds.right), y_axis.pixel(y, bounds.bottom, bounds.top));
    if let Some(baseline) = baseline.filter(|baseline| *baseline <= y_axis.max) {
        drawing.line(vec![place((axis.min, baseline)), place((axis.max, baseline))], BASELINE_PEN);
    }
    for (index, points) in lines.iter().enumerate() {
        let (pen, mark) = look(index);
        for piece in cut_above(points, y_axis.max) {
            drawing.line(piece.into_iter().map(place).collect(), pen);
        }
        for point in points.iter().filter(|point| point.1 <= y_axis.max) {
            drawing.mark(place(*point), mark, pen.colour);
        }
    }
    if lines.iter().flatten().all(|point| point.1 > y_axis.max) {
        let at = (f64::midpoint(bounds.left, bounds.right), bounds.top + 14.0);
        drawing.words(Words::new("all above the axis", at, SMALL_SIZE, MUTED).anchored(Anchor::Middle));
    }
    let unit = if change.unit().is_empty() { String::new() } else { format!(" ({})", change.unit()) };
    let title = format!("{}{}{unit}", change.name()[..1].to_uppercase(), &change.name()[1..]);
    drawing.words(Words::new(title, (bounds.left, bounds.top - 8.0), LABEL_SIZE, INK).bold());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_one_lines_look_different() {
        let looks: Vec<_> = (0..21).map(look).collect();
        for (index, one) in looks.iter().enumerate() {
            assert!(!looks[..index].contains(one), "line {index}");
        }
    }
}
