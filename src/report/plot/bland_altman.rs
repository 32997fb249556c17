//! Difference over mean of predicted and true age (Bland & Altman 1986), a panel per backbone, on common axes.

use super::super::Study;
use super::super::number::age;
use super::super::statistics::judged::{Ages, Judged, JudgedRow};
use super::super::summary::Summary;
use super::axis::Axis;
use super::drawing::{Drawing, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE, DASH, INK, LABEL_SIZE, MUTED, SMALL_SIZE, shortened_name, text_width};
use super::{absent, judged_films, part_look};
use crate::metric::{LimitsOfAgreement, limits_of_agreement};
use crate::spec::AgeUnit;

/// How far beyond the true ages the horizontal axis reaches, as a share of their range; a point farther off stands on the frame.
const BEYOND: f64 = 0.15;
/// The vertical axis ends at this many times the largest error of the baseline at most.
const LARGEST_OF_BASELINE: f64 = 1.6;
/// With more points than this in a panel they are drawn small.
const MANY_POINTS: usize = 120;
const ZERO_PEN: Pen = Pen { colour: MUTED, width: 1.0, dash: None };
const BIAS_PEN: Pen = Pen { colour: BASELINE, width: 2.0, dash: None };
const LIMIT_PEN: Pen = Pen { colour: BASELINE, width: 1.4, dash: Some(DASH) };

/// One backbone's predictions, in the shown unit.
struct Panel<'a> {
    row: &'a JudgedRow<'a>,
    films: usize,
    /// Mean of both ages, and predicted − true.
    points: Vec<(f64, f64)>,
    /// Months; none for one prediction.
    limits: Option<LimitsOfAgreement>,
}

/// Both axes, and the unit of both.
struct Scale {
    x: Axis,
    y: Axis,
    unit: AgeUnit,
}

/// None where no network has predicted a film.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let all: Vec<Panel> = judged.rows.iter().filter(|row| !row.is_baseline).map(|row| panel(study, row)).collect();
    let scale = scale(study, judged, &all)?;
    let is_outside = |point: &&(f64, f64)| point.1.abs() > scale.y.max || point.0 < scale.x.min || point.0 > scale.x.max;
    let outside = all.iter().flat_map(|panel| &panel.points).filter(is_outside).count();

    let columns = Panels::columns_for(all.len());
    let (width, height) = [(560.0, 330.0), (350.0, 240.0), (256.0, 190.0), (216.0, 160.0)][columns - 1];
    let panels = Panels { count: all.len(), columns, width, height, title_height: 62.0 };
    let title = format!("{}: difference between predicted and true age", study.title);
    let mut drawing = Drawing::new(title.clone(), panels.plot_width(), 0.0);
    let top = header(study, summary, judged, title, outside).draw(&mut drawing) - 6.0;
    drawing.height = panels.plot_height(top);
    for (index, panel) in all.iter().enumerate() {
        panels.draw_axes(&mut drawing, top, index, &scale.x, &scale.y);
        draw_panel(&mut drawing, &panels, (index, top), panel, &scale, judged);
    }
    let unit = study.unit.name();
    panels.draw_axis_titles(&mut drawing, top, &format!("Mean of predicted and true age ({unit})"), &format!("Predicted − true ({unit})"));
    Some(drawing)
}

fn panel<'a>(study: &Study, row: &'a JudgedRow<'a>) -> Panel<'a> {
    let months = study.unit.months();
    let ages = Ages::of(&row.predictions, &study.films);
    let points =
        row.predictions.iter().map(|film| (f64::midpoint(film.target, film.predicted) / months, (film.predicted - film.target) / months));
    Panel { row, films: ages.films, points: points.collect(), limits: limits_of_agreement(&ages.targets, &ages.predicted) }
}

fn scale(study: &Study, judged: &Judged, all: &[Panel]) -> Option<Scale> {
    let months = study.unit.months();
    let targets = || all.iter().flat_map(|panel| &panel.row.predictions).map(|film| film.target / months);
    let (low, high) = (targets().reduce(f64::min)?, targets().reduce(f64::max)?);
    let beyond = ((high - low) * BEYOND).max(0.5);
    let limits = all.iter().filter_map(|panel| panel.limits).flat_map(|limits| [limits.low, limits.high]).map(|limit| limit.abs() / months);
    let largest = all.iter().flat_map(|panel| &panel.points).map(|point| point.1.abs()).chain(limits).reduce(f64::max)? * 1.05;
    let baseline = judged.rows.iter().filter(|row| row.is_baseline).flat_map(|row| &row.predictions);
    let baseline = baseline.map(|film| (film.predicted - film.target).abs() / months).reduce(f64::max);
    let end = baseline.map_or(largest, |baseline| largest.min(baseline * LARGEST_OF_BASELINE)).max(1e-6);
    Some(Scale { x: Axis::new(low - beyond, high + beyond, 5), y: Axis::new(-end, end, 6), unit: study.unit })
}

fn header(study: &Study, summary: &Summary, judged: &Judged, title: String, outside: usize) -> Header {
    let figures = format!(
        "One point per prediction. Above each panel: bias (mean of predicted − true) and the 95 % limits of agreement, bias ± 1.96 standard deviations, in {}.",
        study.unit.name()
    );
    let outside = (outside > 0).then(|| format!("Points beyond the axes stand on the frame: {outside}."));
    let (mark, colour) = part_look(judged.is_validation(), false);
    Header {
        title,
        subtitle: study.notes.iter().cloned().chain(judged_films(judged)).chain([figures]).chain(outside).chain(absent(summary)).collect(),
        legend: vec![
            Key { text: format!("{} film", judged.part_name()), sample: Sample::Mark(mark, colour) },
            Key { text: "bias".into(), sample: Sample::Line(BIAS_PEN, None) },
            Key { text: "limits of agreement".into(), sample: Sample::Line(LIMIT_PEN, None) },
            Key { text: "no difference".into(), sample: Sample::Line(ZERO_PEN, None) },
        ],
    }
}

fn draw_panel(drawing: &mut Drawing, panels: &Panels, (index, top): (usize, f64), panel: &Panel, scale: &Scale, judged: &Judged) {
    let bounds = panels.bounds(index, top);
    let level = |value: f64| scale.y.pixel(value, bounds.bottom, bounds.top);
    let place = |(x, y): (f64, f64)| {
        let x = scale.x.pixel(x.clamp(scale.x.min, scale.x.max), bounds.left, bounds.right);
        (x, level(y.clamp(scale.y.min, scale.y.max)))
    };
    drawing.line(vec![(bounds.left, level(0.0)), (bounds.right, level(0.0))], ZERO_PEN);
    let is_dense = panel.points.len() > MANY_POINTS;
    let (mark, colour) = part_look(judged.is_validation(), is_dense);
    let draw_points = |drawing: &mut Drawing| panel.points.iter().for_each(|point| drawing.mark(place(*point), mark, colour));
    if is_dense {
        draw_points(drawing);
    }
    let months = scale.unit.months();
    let lines = panel.limits.map(|limits| [(limits.low, LIMIT_PEN), (limits.bias, BIAS_PEN), (limits.high, LIMIT_PEN)]);
    for (value, pen) in lines.into_iter().flatten().filter(|(value, _)| (value / months).abs() <= scale.y.max) {
        let y = level(value / months);
        drawing.line(vec![(bounds.left, y), (bounds.right, y)], pen);
    }
    // Few points would be hidden by the lines, many would hide them.
    if !is_dense {
        draw_points(drawing);
    }
    let title = shortened_name(panel.row.label, LABEL_SIZE, true, bounds.width());
    drawing.words(Words::new(title, (bounds.left, bounds.top - 37.0), LABEL_SIZE, INK).bold());
    for (text, above) in [(figures(panel, scale.unit), 22.0), (count(panel), 8.0)] {
        let size = SMALL_SIZE.min(SMALL_SIZE * bounds.width() / text_width(&text, SMALL_SIZE, false));
        drawing.words(Words::new(text, (bounds.left, bounds.top - above), size, MUTED));
    }
}

/// `bias 0.10, limits −2.13 to 2.33 years`.
fn figures(panel: &Panel, unit: AgeUnit) -> String {
    panel.limits.map_or_else(
        || "one prediction has no limits".to_owned(),
        |limits| {
            let [bias, low, high] = [limits.bias, limits.low, limits.high].map(|months| age(months, unit));
            format!("bias {bias}, limits {low} to {high} {}", unit.name())
        },
    )
}

/// `n = 12 films` or `n = 12 films, 3 runs`.
fn count(panel: &Panel) -> String {
    let runs = if panel.row.runs > 1 { format!(", {} runs", panel.row.runs) } else { String::new() };
    format!("n = {} films{runs}", panel.films)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, moved};
    use super::super::drawing::Shape;
    use super::*;

    fn drawn(study: &Study) -> Drawing {
        let summary = Summary::of(study);
        draw(study, &summary, &Judged::of(&summary).unwrap()).unwrap()
    }

    fn level(drawing: &Drawing, wanted: Pen) -> Vec<f64> {
        let lines =
            drawing.shapes.iter().filter_map(|shape| if let Shape::Line { points, pen } = shape { Some((points, pen)) } else { None });
        // The first is the legend's.
        lines.filter(|(_, pen)| **pen == wanted).skip(1).map(|(points, _)| points[0].1).collect()
    }

    #[test]
    fn the_limits_lie_on_both_sides_of_the_bias_and_are_those_of_the_statistics() {
        // Errors of the first film are 24 months larger, those of the others are as they were.
        let study = StudyBuilder::new().entry("CNN", vec![moved(9.0, |place| if place == 11 { 4.0 } else { 0.0 })]).build();
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let ages = Ages::of(&judged.rows[0].predictions, &study.films);
        let limits = limits_of_agreement(&ages.targets, &ages.predicted).unwrap();
        let drawing = drawn(&study);
        let (zero, bias, ends) = (level(&drawing, ZERO_PEN), level(&drawing, BIAS_PEN), level(&drawing, LIMIT_PEN));
        assert_eq!((zero.len(), bias.len(), ends.len()), (1, 1, 2));
        assert!((f64::midpoint(ends[0], ends[1]) - bias[0]).abs() < 1e-9);
        // Pixels run downwards; all distances are in one proportion to the figures.
        let share = (ends[0] - ends[1]) / (limits.high - limits.low);
        assert!(((zero[0] - bias[0]) / share - limits.bias).abs() < 1e-9 && limits.bias.abs() > 1.0, "{limits:?}");
        let text = |part: &str| drawing.shapes.iter().any(|shape| matches!(shape, Shape::Words(words) if words.text.contains(part)));
        assert!(text(&format!("bias {}", age(limits.bias, study.unit))) && text("n = 12 films") && text("12 test films"));
    }

    #[test]
    fn every_prediction_of_every_run_is_a_point() {
        let study = StudyBuilder::new().entry("CNN", vec![done(9.0), done(11.0)]).build();
        let marks = drawn(&study).shapes.iter().filter(|shape| matches!(shape, Shape::Mark { .. })).count();
        assert_eq!(marks, 1 + 2 * 12, "the first is the legend's");
    }
}
