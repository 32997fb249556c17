//! Validation and test MAE of every backbone as horizontal bars with their bootstrap intervals.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::comparison::BASELINE_LABEL;
use super::super::number::{age, range};
use super::super::summary::{Figures, PartSummary, Summary};
use super::axis::Axis;
use super::drawing::{Bounds, Drawing, Pen, Words};
use super::layout::{Header, Key, MARGIN, Sample};
use super::rows::Rows;
use super::style::{BASELINE, BASELINE_TEST, BASELINE_VAL, DASH, INK, PAPER, SMALL_SIZE, TEST, VAL};
use super::{absent, finished, several_runs};
use crate::spec::AgeUnit;

/// The axis ends at this many times the baseline at most; a longer bar is cut and its value written.
const LARGEST_OF_BASELINE: f64 = 1.6;
const BAR: f64 = 13.0;
const ROW: f64 = 2.0 * BAR + 14.0;
const WIDTH: f64 = 820.0;
/// Room at the right of the axis for the value of the longest bar.
const VALUE_ROOM: f64 = 54.0;
const BASELINE_PEN: Pen = Pen { colour: BASELINE, width: 1.2, dash: Some(DASH) };

/// One backbone's bars.
struct Row<'a> {
    label: String,
    figures: &'a Figures,
    colours: [RGBColor; 2],
}

/// Where the bars are: their axis is in the shown unit.
struct Scale {
    rows: Rows,
    unit: AgeUnit,
}

impl Scale {
    /// The pixel of an error in months, at most the axis' end.
    fn pixel(&self, months: f64) -> f64 {
        self.rows.pixel(months / self.unit.months())
    }
}

/// None where no run with a validation or test part is finished.
pub(super) fn draw(study: &Study, summary: &Summary) -> Option<Drawing> {
    let rows = rows(summary);
    let ends =
        rows.iter().flat_map(|row| parts(row.figures)).flatten().map(|part| part.mae_interval.map_or(part.mae.mean, |ends| ends.high));
    let longest = ends.reduce(f64::max)?;
    let baseline =
        summary.baseline.as_ref().and_then(|figures| parts(figures).into_iter().flatten().map(|part| part.mae.mean).reduce(f64::max));
    let limit = baseline.map_or(longest, |baseline| longest.min(baseline * LARGEST_OF_BASELINE));

    let axis = Axis::new(0.0, limit / study.unit.months(), 6);
    let names = rows.iter().map(|row| row.label.as_str());
    let scale = Scale { rows: Rows::new(axis, names, WIDTH - MARGIN - VALUE_ROOM), unit: study.unit };
    let mut drawing = Drawing::new(format!("{}: mean absolute error", study.title), WIDTH, 0.0);
    let top = header(study, summary).draw(&mut drawing) + 4.0;
    let bottom = top + rows.len() as f64 * ROW;
    drawing.height = (bottom + 52.0).ceil();

    scale.rows.draw_axis(&mut drawing, (top, bottom), &format!("MAE ({})", study.unit.name()));
    if let Some(val) = summary.baseline.as_ref().and_then(|figures| figures.val.as_ref()) {
        let x = scale.pixel(val.mae.mean);
        drawing.line(vec![(x, top), (x, bottom)], BASELINE_PEN);
    }
    for (index, row) in rows.iter().enumerate() {
        draw_row(&mut drawing, &scale, row, top + (index as f64 + 0.5) * ROW);
    }
    Some(drawing)
}

fn rows<'a>(summary: &'a Summary) -> Vec<Row<'a>> {
    let finished = finished(summary).into_iter();
    let backbones =
        finished.filter_map(|row| Some(Row { label: row.entry.label.clone(), figures: row.figures.as_ref()?, colours: [VAL, TEST] }));
    let baseline = summary.baseline.iter();
    let colours = [BASELINE_VAL, BASELINE_TEST];
    backbones.chain(baseline.map(|figures| Row { label: BASELINE_LABEL.into(), figures, colours })).collect()
}

/// Validation and test.
fn parts(figures: &Figures) -> [Option<&PartSummary>; 2] {
    [figures.val.as_ref(), figures.test.as_ref()]
}

fn header(study: &Study, summary: &Summary) -> Header {
    let figures = summary.rows.iter().find_map(|row| row.figures.as_ref());
    let mut legend = Vec::new();
    for (part, name, colour) in figures
        .map(parts)
        .into_iter()
        .flatten()
        .zip([("validation", VAL), ("test", TEST)])
        .filter_map(|(part, key)| Some((part?, key.0, key.1)))
    {
        legend.push(Key { text: format!("{name} (n = {} films)", range(&part.films)), sample: Sample::Bar(colour) });
    }
    if summary.baseline.as_ref().is_some_and(|figures| figures.val.is_some()) {
        legend.push(Key { text: "mean-age baseline, validation".into(), sample: Sample::Line(BASELINE_PEN, None) });
    }
    let intervals = "Thin lines: 95 % bootstrap intervals of the mean error.".to_owned();
    Header {
        title: format!("{}: mean absolute error", study.title),
        subtitle: study.notes.iter().cloned().chain([intervals]).chain(several_runs(summary, "Means")).chain(absent(summary)).collect(),
        legend,
    }
}

fn draw_row(drawing: &mut Drawing, scale: &Scale, row: &Row, middle: f64) {
    scale.rows.draw_label(drawing, &row.label, middle);
    let shown: Vec<(&PartSummary, RGBColor)> =
        parts(row.figures).into_iter().zip(row.colours).filter_map(|(part, colour)| Some((part?, colour))).collect();
    let top = middle - shown.len() as f64 * BAR / 2.0;
    for (index, (part, colour)) in shown.into_iter().enumerate() {
        draw_bar(drawing, scale, part, colour, top + index as f64 * BAR);
    }
}

/// The bar, its interval, and its value behind both.
fn draw_bar(drawing: &mut Drawing, scale: &Scale, part: &PartSummary, colour: RGBColor, top: f64) {
    let end = scale.pixel(part.mae.mean);
    drawing.area(Bounds { left: scale.rows.left, top: top + 1.0, right: end, bottom: top + BAR - 1.0 }, colour);
    let middle = top + BAR / 2.0;
    let mut text_at = end;
    let is_cut = part.mae.mean / scale.unit.months() > scale.rows.axis.max;
    if let Some(ends) = part.mae_interval.filter(|_| !is_cut) {
        let (low, high) = (scale.pixel(ends.low), scale.pixel(ends.high));
        let pen = Pen::solid(INK, 1.2);
        drawing.line(vec![(low, middle), (high, middle)], pen);
        for x in [low, high] {
            drawing.line(vec![(x, middle - 3.0), (x, middle + 3.0)], pen);
        }
        text_at = text_at.max(high);
    }
    let text = format!("{}{}", age(part.mae.mean, scale.unit), if is_cut { " ▸" } else { "" });
    let words = Words::new(text, (text_at + 6.0, middle + SMALL_SIZE * 0.34), SMALL_SIZE - 0.5, INK);
    // The baseline's line would run through the digits.
    let around = words.bounds();
    drawing.area(Bounds { left: around.left - 2.0, right: around.right + 2.0, ..around }, PAPER);
    drawing.words(words);
}
