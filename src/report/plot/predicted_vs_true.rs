//! Predicted against true age with the line of calibration, a panel per backbone, on common axes.

use super::super::Study;
use super::super::number::{age, rounded};
use super::super::statistics::judged::{Ages, Judged};
use super::super::summary::{PartSummary, Row, Summary, film_ages};
use super::axis::Axis;
use super::drawing::{Drawing, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE, DASH, INK, LABEL_SIZE, MUTED, SMALL_SIZE, shortened_name, text_width};
use super::{absent, finished, part_look, several_runs};
use crate::metric::{Calibration, calibration};
use crate::spec::{AgeUnit, Split};

/// How far beyond the true ages the axes reach, as a share of their range; a point farther off stands on the frame.
const BEYOND: f64 = 0.15;
/// With more points than this in a panel they are drawn small.
const MANY_POINTS: usize = 400;

const PARTS: [(Split, &str); 2] = [(Split::Val, "validation"), (Split::Test, "test")];
const IDENTITY_PEN: Pen = Pen { colour: BASELINE, width: 1.0, dash: None };
const CALIBRATION_PEN: Pen = Pen { colour: BASELINE, width: 1.8, dash: Some(DASH) };

/// One backbone's films, true and predicted, in the shown unit.
struct Points<'a> {
    row: &'a Row<'a>,
    parts: [Vec<(f64, f64)>; 2],
    line: Option<Fitted>,
}

/// The calibration over the films by which rows are judged, every run.
struct Fitted {
    line: Calibration,
    /// Smallest and largest prediction, in the shown unit.
    predicted: (f64, f64),
}

/// None where no film has been predicted.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let all: Vec<Points> = finished(summary).into_iter().map(|row| points(study, row, judged)).collect();
    let targets = || all.iter().flat_map(|points| points.parts.iter().flatten()).map(|point| point.0);
    let (low, high) = (targets().reduce(f64::min)?, targets().reduce(f64::max)?);
    let beyond = ((high - low) * BEYOND).max(0.5);
    let axis = Axis::new(low - beyond, high + beyond, 5);
    let outside =
        all.iter().flat_map(|points| points.parts.iter().flatten()).filter(|point| point.1 < axis.min || point.1 > axis.max).count();

    let columns = Panels::columns_for(all.len());
    let side = [400.0, 320.0, 250.0, 210.0][columns - 1];
    let panels = Panels { count: all.len(), columns, width: side, height: side, title_height: 64.0 };
    let mut drawing = Drawing::new(format!("{}: predicted and true age", study.title), panels.plot_width(), 0.0);
    let top = header(study, summary, judged, &all, outside).draw(&mut drawing) - 6.0;
    drawing.height = panels.plot_height(top);
    for (index, points) in all.iter().enumerate() {
        panels.draw_axes(&mut drawing, top, index, &axis, &axis);
        draw_panel(&mut drawing, &panels, (index, top), points, &axis, study.unit);
    }
    let unit = study.unit.name();
    panels.draw_axis_titles(&mut drawing, top, &format!("True age ({unit})"), &format!("Predicted age ({unit})"));
    Some(drawing)
}

fn points<'a>(study: &Study, row: &'a Row<'a>, judged: &Judged) -> Points<'a> {
    let months = study.unit.months();
    let part = |split| film_ages(&row.done, split).into_iter().map(|(target, predicted)| (target / months, predicted / months)).collect();
    Points { row, parts: PARTS.map(|(split, ..)| part(split)), line: fitted(study, judged, &row.entry.label) }
}

fn fitted(study: &Study, judged: &Judged, label: &str) -> Option<Fitted> {
    let months = study.unit.months();
    let row = judged.rows.iter().find(|row| !row.is_baseline && row.label == label)?;
    let ages = Ages::of(&row.predictions, &study.films);
    let line = calibration(&ages.targets, &ages.predicted)?;
    let end = |end: fn(f64, f64) -> f64| Some(ages.predicted.iter().copied().reduce(end)? / months);
    let line = Calibration { intercept: line.intercept / months, ..line };
    Some(Fitted { line, predicted: (end(f64::min)?, end(f64::max)?) })
}

fn header(study: &Study, summary: &Summary, judged: &Judged, all: &[Points], outside: usize) -> Header {
    let drawn = |index: usize| all.iter().any(|points| !points.parts[index].is_empty());
    let keys = PARTS.iter().enumerate().filter(|(index, _)| drawn(*index)).map(|(_, (split, name))| {
        let (mark, colour) = part_look(*split == Split::Val, false);
        Key { text: (*name).to_owned(), sample: Sample::Mark(mark, colour) }
    });
    let identity = Key { text: "predicted = true".into(), sample: Sample::Line(IDENTITY_PEN, None) };
    let calibration = all.iter().any(|points| points.line.is_some()).then(|| Key {
        text: format!("calibration, {}: true age fitted to predicted by least squares", judged.part_name()),
        sample: Sample::Line(CALIBRATION_PEN, None),
    });
    let figures = format!(
        "One point per film. Above each panel: MAE in {}, number of films (n), R² and slope of the calibration.",
        study.unit.name()
    );
    let outside = (outside > 0).then(|| format!("Points beyond the axes stand on the frame: {outside}."));
    let runs = several_runs(summary, "Predictions are means");
    Header {
        title: format!("{}: predicted and true age", study.title),
        subtitle: study.notes.iter().cloned().chain([figures]).chain(runs).chain(outside).chain(absent(summary)).collect(),
        legend: keys.chain([identity]).chain(calibration).collect(),
    }
}

fn draw_panel(drawing: &mut Drawing, panels: &Panels, (index, top): (usize, f64), points: &Points, axis: &Axis, unit: AgeUnit) {
    let bounds = panels.bounds(index, top);
    let place = |(x, y): (f64, f64)| {
        let inside = y.clamp(axis.min, axis.max);
        (axis.pixel(x, bounds.left, bounds.right), axis.pixel(inside, bounds.bottom, bounds.top))
    };
    let is_small = points.parts.iter().map(Vec::len).sum::<usize>() > MANY_POINTS;
    let draw_lines = |drawing: &mut Drawing| {
        drawing.line(vec![place((axis.min, axis.min)), place((axis.max, axis.max))], IDENTITY_PEN);
        if let Some((from, to)) = points.line.as_ref().and_then(|fitted| within(fitted, axis)) {
            drawing.line(vec![place(from), place(to)], CALIBRATION_PEN);
        }
    };
    // Few points would be hidden by the lines, many would hide them.
    if !is_small {
        draw_lines(drawing);
    }
    for ((split, _), films) in PARTS.iter().zip(&points.parts) {
        let (mark, colour) = part_look(*split == Split::Val, is_small);
        for film in films {
            drawing.mark(place(*film), mark, colour);
        }
    }
    if is_small {
        draw_lines(drawing);
    }
    let title = shortened_name(&points.row.entry.label, LABEL_SIZE, true, bounds.width());
    drawing.words(Words::new(title, (bounds.left, bounds.top - 37.0), LABEL_SIZE, INK).bold());
    for (text, above) in [(figures(points, unit), 22.0), (fit(points), 8.0)].into_iter().filter(|(text, _)| !text.is_empty()) {
        let size = SMALL_SIZE.min(SMALL_SIZE * bounds.width() / text_width(&text, SMALL_SIZE, false));
        drawing.words(Words::new(text, (bounds.left, bounds.top - above), size, MUTED));
    }
}

/// The ends of the line of calibration, as true and predicted age: as far as predictions and axes reach.
fn within(fitted: &Fitted, axis: &Axis) -> Option<((f64, f64), (f64, f64))> {
    let Calibration { slope, intercept } = fitted.line;
    let (mut low, mut high) = (fitted.predicted.0.max(axis.min), fitted.predicted.1.min(axis.max));
    if slope != 0.0 {
        let ends = [axis.min, axis.max].map(|target| (target - intercept) / slope);
        (low, high) = (low.max(ends[0].min(ends[1])), high.min(ends[0].max(ends[1])));
    }
    let at = |predicted: f64| (intercept + slope * predicted, predicted);
    (low < high && [low, high].iter().all(|end| (axis.min - 1e-9..=axis.max + 1e-9).contains(&at(*end).0))).then(|| (at(low), at(high)))
}

/// `R² 0.931 validation, 0.917 test; slope 1.02`.
fn fit(points: &Points) -> String {
    let figures = points.row.figures.as_ref();
    let parts = [figures.and_then(|figures| figures.val.as_ref()), figures.and_then(|figures| figures.test.as_ref())];
    let r2 = parts.into_iter().zip(&PARTS).filter_map(|(part, (_, name))| Some(format!("{} {name}", rounded(part?.r2?.mean, 3))));
    let r2 = r2.collect::<Vec<_>>().join(", ");
    let r2 = (!r2.is_empty()).then(|| format!("R² {r2}"));
    let slope = points.line.as_ref().map(|fitted| format!("slope {}", rounded(fitted.line.slope, 2)));
    r2.into_iter().chain(slope).collect::<Vec<_>>().join("; ")
}

/// `validation 1.42 (n = 20), test 1.54 (n = 12)`.
fn figures(points: &Points, unit: AgeUnit) -> String {
    let figures = points.row.figures.as_ref();
    let parts = [figures.and_then(|figures| figures.val.as_ref()), figures.and_then(|figures| figures.test.as_ref())];
    let text = |part: &PartSummary, name: &str, count: usize| format!("{name} {} (n = {count})", age(part.mae.mean, unit));
    let texts =
        parts.into_iter().zip(&PARTS).zip(&points.parts).filter_map(|((part, (_, name)), films)| Some(text(part?, name, films.len())));
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn line(slope: f64, intercept: f64, predicted: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
        within(&Fitted { line: Calibration { slope, intercept }, predicted }, &Axis::new(0.0, 20.0, 5))
    }

    #[test]
    fn the_line_of_calibration_has_predictions_upwards_and_ends_with_them_or_with_the_axes() {
        // True age is 2 + 0.5 times the predicted one.
        assert_eq!(line(0.5, 2.0, (4.0, 16.0)), Some(((4.0, 4.0), (10.0, 16.0))));
        assert_eq!(line(2.0, -10.0, (0.0, 30.0)), Some(((0.0, 5.0), (20.0, 15.0))));
        assert_eq!(line(0.0, 25.0, (4.0, 16.0)), None, "it lies beyond the axis");
        assert_eq!(line(1.0, 0.0, (90.0, 95.0)), None, "all predictions do");
    }
}
