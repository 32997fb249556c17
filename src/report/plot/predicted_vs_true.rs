//! Predicted against true age, a panel per backbone, on common axes.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::number::age;
use super::super::summary::{PartSummary, Row, Summary, film_ages};
use super::axis::Axis;
use super::drawing::{Drawing, Mark, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE, INK, LABEL_SIZE, MUTED, SMALL_SIZE, TEST, VAL, shortened_name, text_width};
use super::{absent, finished, several_runs};
use crate::spec::{AgeUnit, Split};

/// How far beyond the true ages the axes reach, as a share of their range; a point farther off stands on the frame.
const BEYOND: f64 = 0.15;
/// With more points than this in a panel they are drawn small.
const MANY_POINTS: usize = 400;

/// One part of the films with how it is drawn.
const PARTS: [(Split, &str, RGBColor); 2] = [(Split::Val, "validation", VAL), (Split::Test, "test", TEST)];
const IDENTITY_PEN: Pen = Pen { colour: BASELINE, width: 1.0, dash: None };

/// One backbone's films, true and predicted, in the shown unit.
struct Points<'a> {
    row: &'a Row<'a>,
    parts: [Vec<(f64, f64)>; 2],
}

/// None where no film has been predicted.
pub(super) fn draw(study: &Study, summary: &Summary) -> Option<Drawing> {
    let months = study.unit.months();
    let all: Vec<Points> = finished(summary).into_iter().map(|row| points(row, months)).collect();
    let targets = || all.iter().flat_map(|points| points.parts.iter().flatten()).map(|point| point.0);
    let (low, high) = (targets().reduce(f64::min)?, targets().reduce(f64::max)?);
    let beyond = ((high - low) * BEYOND).max(0.5);
    let axis = Axis::new(low - beyond, high + beyond, 5);
    let outside =
        all.iter().flat_map(|points| points.parts.iter().flatten()).filter(|point| point.1 < axis.min || point.1 > axis.max).count();

    let columns = Panels::columns_for(all.len());
    let side = [400.0, 320.0, 250.0, 210.0][columns - 1];
    let panels = Panels { count: all.len(), columns, width: side, height: side, title_height: 50.0 };
    let mut drawing = Drawing::new(format!("{}: predicted and true age", study.title), panels.plot_width(), 0.0);
    let top = header(study, summary, &all, outside).draw(&mut drawing) - 6.0;
    drawing.height = panels.plot_height(top);
    for (index, points) in all.iter().enumerate() {
        panels.draw_axes(&mut drawing, top, index, &axis, &axis);
        draw_panel(&mut drawing, &panels, (index, top), points, &axis, study.unit);
    }
    let unit = study.unit.name();
    panels.draw_axis_titles(&mut drawing, top, &format!("True age ({unit})"), &format!("Predicted age ({unit})"));
    Some(drawing)
}

fn points<'a>(row: &'a Row<'a>, months: f64) -> Points<'a> {
    let part = |split| film_ages(&row.done, split).into_iter().map(|(target, predicted)| (target / months, predicted / months)).collect();
    Points { row, parts: PARTS.map(|(split, ..)| part(split)) }
}

/// A part's mark: discs and diamonds differ without colour.
fn mark(split: Split, is_small: bool) -> Mark {
    let size = if is_small { 1.5 } else { 2.8 };
    if split == Split::Test { Mark::Diamond(size * 1.35) } else { Mark::Disc(size) }
}

fn header(study: &Study, summary: &Summary, all: &[Points], outside: usize) -> Header {
    let drawn = |index: usize| all.iter().any(|points| !points.parts[index].is_empty());
    let keys = PARTS
        .iter()
        .enumerate()
        .filter(|(index, _)| drawn(*index))
        .map(|(_, (split, name, colour))| Key { text: (*name).to_owned(), sample: Sample::Mark(mark(*split, false), *colour) });
    let identity = Key { text: "predicted = true".into(), sample: Sample::Line(IDENTITY_PEN, None) };
    let figures = format!("One point per film. Above each panel: MAE in {} and number of films (n).", study.unit.name());
    let outside = (outside > 0).then(|| format!("Points beyond the axes stand on the frame: {outside}."));
    let runs = several_runs(summary, "Predictions are means");
    Header {
        title: format!("{}: predicted and true age", study.title),
        subtitle: study.notes.iter().cloned().chain([figures]).chain(runs).chain(outside).chain(absent(summary)).collect(),
        legend: keys.chain([identity]).collect(),
    }
}

fn draw_panel(drawing: &mut Drawing, panels: &Panels, (index, top): (usize, f64), points: &Points, axis: &Axis, unit: AgeUnit) {
    let bounds = panels.bounds(index, top);
    let place = |(x, y): (f64, f64)| {
        let inside = y.clamp(axis.min, axis.max);
        (axis.pixel(x, bounds.left, bounds.right), axis.pixel(inside, bounds.bottom, bounds.top))
    };
    let is_small = points.parts.iter().map(Vec::len).sum::<usize>() > MANY_POINTS;
    drawing.line(vec![place((axis.min, axis.min)), place((axis.max, axis.max))], IDENTITY_PEN);
    for ((split, _, colour), films) in PARTS.iter().zip(&points.parts) {
        for film in films {
            drawing.mark(place(*film), mark(*split, is_small), *colour);
        }
    }
    let title = shortened_name(&points.row.entry.label, LABEL_SIZE, true, bounds.width());
    drawing.words(Words::new(title, (bounds.left, bounds.top - 23.0), LABEL_SIZE, INK).bold());
    let text = figures(points, unit);
    let size = SMALL_SIZE.min(SMALL_SIZE * bounds.width() / text_width(&text, SMALL_SIZE, false));
    drawing.words(Words::new(text, (bounds.left, bounds.top - 8.0), size, MUTED));
}

/// `validation 1.42 (n = 20), test 1.54 (n = 12)`.
fn figures(points: &Points, unit: AgeUnit) -> String {
    let figures = points.row.figures.as_ref();
    let parts = [figures.and_then(|figures| figures.val.as_ref()), figures.and_then(|figures| figures.test.as_ref())];
    let text = |part: &PartSummary, name: &str, count: usize| format!("{name} {} (n = {count})", age(part.mae.mean, unit));
    let texts =
        parts.into_iter().zip(&PARTS).zip(&points.parts).filter_map(|((part, (_, name, _)), films)| Some(text(part?, name, films.len())));
    texts.collect::<Vec<_>>().join(", ")
}
