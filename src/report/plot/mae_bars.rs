//! Validation and test MAE of every backbone as horizontal bars with their bootstrap intervals.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::comparison::BASELINE_LABEL;
use super::super::number::{age, range};
use super::super::summary::{Figures, PartSummary, Summary};
use super::axis::Axis;
use super::drawing::{Anchor, Bounds, Drawing, Pen, Words};
use super::layout::{Header, Key, MARGIN, Sample};
use super::style::{
    AXIS, BASELINE, BASELINE_TEST, BASELINE_VAL, DASH, GRID, INK, LABEL_SIZE, MUTED, PAPER, SMALL_SIZE, TEST, TICK_SIZE, VAL,
    shortened_name, text_width, wrapped,
};
use super::{absent, finished, several_runs};
use crate::spec::AgeUnit;

/// The axis ends at this many times the baseline at most; a longer bar is cut and its value written.
const LARGEST_OF_BASELINE: f64 = 1.6;
const BAR: f64 = 13.0;
const ROW: f64 = 2.0 * BAR + 14.0;
const WIDTH: f64 = 820.0;
const LONGEST_LABEL: f64 = 260.0;
/// Room at the right of the axis for the value of the longest bar.
const VALUE_ROOM: f64 = 54.0;
const BASELINE_PEN: Pen = Pen { colour: BASELINE, width: 1.2, dash: Some(DASH) };

/// One backbone's bars.
struct Row<'a> {
    label: String,
    figures: &'a Figures,
    colours: [RGBColor; 2],
}

/// Where the bars are: their axis in the shown unit, and its ends in pixels.
struct Scale {
    axis: Axis,
    left: f64,
    right: f64,
    unit: AgeUnit,
}

impl Scale {
    /// The pixel of an error in months, at most the axis' end.
    fn pixel(&self, months: f64) -> f64 {
        self.axis.pixel((months / self.unit.months()).min(self.axis.max), self.left, self.right)
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

    let labels = rows.iter().map(|row| text_width(&row.label, LABEL_SIZE, false)).fold(0.0, f64::max).min(LONGEST_LABEL);
    let months = study.unit.months();
    let left = MARGIN + labels + 12.0;
    let scale = Scale { axis: Axis::new(0.0, limit / months, 6), left, right: WIDTH - MARGIN - VALUE_ROOM, unit: study.unit };
    let mut drawing = Drawing::new(format!("{}: mean absolute error", study.title), WIDTH, 0.0);
    let top = header(study, summary).draw(&mut drawing) + 4.0;
    let bottom = top + rows.len() as f64 * ROW;
    drawing.height = (bottom + 52.0).ceil();

    draw_axis(&mut drawing, &scale, (top, bottom), study.unit);
    if let Some(val) = summary.baseline.as_ref().and_then(|figures| figures.val.as_ref()) {
        let x = scale.pixel(val.mae.mean);
        drawing.line(vec![(x, top), (x, bottom)], BASELINE_PEN);
    }
    for (index, row) in rows.iter().enumerate() {
        draw_row(&mut drawing, &scale, row, top + (index as f64 + 0.5) * ROW, labels);
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

fn draw_axis(drawing: &mut Drawing, scale: &Scale, (top, bottom): (f64, f64), unit: AgeUnit) {
    for tick in &scale.axis.ticks {
        let x = scale.axis.pixel(*tick, scale.left, scale.right);
        drawing.line(vec![(x, top), (x, bottom)], Pen::solid(GRID, 1.0));
        let label = Words::new(scale.axis.label(*tick), (x, bottom + 6.0 + TICK_SIZE), TICK_SIZE, MUTED);
        drawing.words(label.anchored(Anchor::Middle));
    }
    drawing.line(vec![(scale.left, top), (scale.left, bottom)], Pen::solid(AXIS, 1.0));
    let at = (f64::midpoint(scale.left, scale.right), drawing.height - MARGIN);
    drawing.words(Words::new(format!("MAE ({})", unit.name()), at, LABEL_SIZE, INK).anchored(Anchor::Middle));
}

fn draw_row(drawing: &mut Drawing, scale: &Scale, row: &Row, middle: f64, label_width: f64) {
    let lines = label_lines(&row.label, label_width);
    for (index, line) in lines.iter().enumerate() {
        let lower = (index as f64 - (lines.len() as f64 - 1.0) / 2.0) * LABEL_SIZE * 1.25;
        let at = (scale.left - 10.0, middle + lower + LABEL_SIZE * 0.36);
        drawing.words(Words::new(line, at, LABEL_SIZE, INK).anchored(Anchor::End));
    }
    let shown: Vec<(&PartSummary, RGBColor)> =
        parts(row.figures).into_iter().zip(row.colours).filter_map(|(part, colour)| Some((part?, colour))).collect();
    let top = middle - shown.len() as f64 * BAR / 2.0;
    for (index, (part, colour)) in shown.into_iter().enumerate() {
        draw_bar(drawing, scale, part, colour, top + index as f64 * BAR);
    }
}

/// The name of a row on one line or, where it is long, on two.
fn label_lines(label: &str, width: f64) -> Vec<String> {
    let lines = wrapped(label, LABEL_SIZE, false, width);
    match lines.as_slice() {
        [_] | [_, _] => lines,
        _ => vec![shortened_name(label, LABEL_SIZE, false, width)],
    }
}

/// The bar, its interval, and its value behind both.
fn draw_bar(drawing: &mut Drawing, scale: &Scale, part: &PartSummary, colour: RGBColor, top: f64) {
    let end = scale.pixel(part.mae.mean);
    drawing.area(Bounds { left: scale.left, top: top + 1.0, right: end, bottom: top + BAR - 1.0 }, colour);
    let middle = top + BAR / 2.0;
    let mut text_at = end;
    let is_cut = part.mae.mean / scale.unit.months() > scale.axis.max;
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
