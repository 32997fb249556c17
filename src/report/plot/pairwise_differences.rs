//! The differences of the mean absolute error of every pair of networks as a matrix, with those marked that the films support.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::number::{NOT_MEASURED, age};
use super::super::statistics::SIGNIFICANCE;
use super::super::statistics::against_best::Difference;
use super::super::statistics::judged::Judged;
use super::super::statistics::notes_of_all;
use super::super::statistics::pairwise::Pairwise;
use super::super::summary::Summary;
use super::absent;
use super::drawing::{Anchor, Bounds, Drawing, Mark, Words};
use super::layout::{Header, Key, MARGIN, Sample};
use super::style::{GRID, INK, LABEL_SIZE, MUTED, PAPER, SMALL_SIZE, TICK_SIZE, VAL, VERMILION, shortened_name, text_width};
use crate::spec::AgeUnit;

const CELL_HEIGHT: f64 = 30.0;
const LEAST_WIDTH: f64 = 620.0;
const LONGEST_ROW_LABEL: f64 = 230.0;
const LONGEST_COLUMN_LABEL: f64 = 150.0;
const KEY_WIDTH: f64 = 260.0;
/// Steps of the colour key.
const KEY_STEPS: usize = 26;

/// Where the matrix is.
struct Matrix {
    count: usize,
    left: f64,
    top: f64,
    cell_width: f64,
    /// The difference, in months, that has the strongest colour.
    strongest: f64,
    unit: AgeUnit,
}

/// None for fewer than two networks with predictions.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let pairwise = Pairwise::of(judged, &study.films);
    let count = pairwise.networks.len();
    let shown = || pairwise.differences.iter().flatten().flatten();
    shown().next()?;
    let widest = shown().map(|found| text_width(&signed(found.estimate, study.unit), LABEL_SIZE, true)).fold(0.0, f64::max);
    let labels =
        |longest: f64| pairwise.networks.iter().map(|row| text_width(row.label, LABEL_SIZE, false)).fold(0.0, f64::max).min(longest);
    let largest = shown().map(|found| found.estimate.abs()).fold(0.0, f64::max);
    let baseline =
        summary.baseline.as_ref().and_then(|figures| if judged.is_validation() { figures.val.as_ref() } else { figures.test.as_ref() });
    // A diverged network would leave all other cells white.
    let strongest = baseline.map_or(largest, |baseline| largest.min(baseline.mae.mean)).max(1e-9);
    let left = MARGIN + labels(LONGEST_ROW_LABEL) + 10.0;
    let mut matrix = Matrix { count, left, top: 0.0, cell_width: (widest + 16.0).max(48.0), strongest, unit: study.unit };

    let title = format!("{}: differences of the mean absolute error", study.title);
    let width = (left + count as f64 * matrix.cell_width + MARGIN).max(LEAST_WIDTH);
    let mut drawing = Drawing::new(title.clone(), width, 0.0);
    let top = header(study, summary, judged, title, (&pairwise, largest > strongest)).draw(&mut drawing);
    matrix.top = top + labels(LONGEST_COLUMN_LABEL) + 10.0;
    drawing.height = (matrix.top + count as f64 * CELL_HEIGHT + 66.0).ceil();
    for (place, row) in pairwise.networks.iter().enumerate() {
        matrix.draw_labels(&mut drawing, place, row.label);
        for (column, found) in pairwise.differences[place].iter().enumerate() {
            matrix.draw_cell(&mut drawing, (place, column), found.as_ref());
        }
    }
    matrix.draw_key(&mut drawing);
    Some(drawing)
}

fn header(study: &Study, summary: &Summary, judged: &Judged, title: String, (pairwise, is_cut): (&Pairwise, bool)) -> Header {
    let runs = if judged.runs() > 1 { format!(", errors averaged over up to {} runs of a network", judged.runs()) } else { String::new() };
    let films = format!("n = {} {} films{runs}.", judged.films(), judged.part_name());
    let how = format!(
        "Each cell: MAE of the row minus MAE of the column, in {}, over the films that both predict; below zero the row is better. Networks by their MAE, the smallest first. Paired bootstrap over patients, or films where no patient is known ({} resamples).",
        study.unit.name(),
        pairwise.resamples
    );
    let left_out = Some(pairwise.left_out).filter(|left_out| *left_out > 0);
    let left_out = left_out.map(|left_out| format!("Left out, having the largest MAE: {left_out} networks."));
    let cut = is_cut.then(|| "Differences larger than the baseline's MAE have the colours of the ends.".to_owned());
    let compared = pairwise.differences.iter().flatten().flatten().count() / 2;
    let level = SIGNIFICANCE * 100.0;
    let corrected = if compared > 1 { format!(", Holm-corrected for {compared} pairs") } else { String::new() };
    let sure = Key {
        text: format!("bold with a dot: a difference at the {level} % level{corrected}"),
        sample: Sample::Mark(Mark::Disc(2.6), INK),
    };
    let notes = study.notes.iter().cloned().chain([films]).chain(notes_of_all(judged));
    Header { title, subtitle: notes.chain([how]).chain(cut).chain(left_out).chain(absent(summary)).collect(), legend: vec![sure] }
}

/// `+1.20`, `−0.31`, `0.00`.
fn signed(months: f64, unit: AgeUnit) -> String {
    let text = age(months, unit);
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if months > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// From blue (the row is better) by white to vermilion, given a share from −1 to 1.
fn colour(share: f64) -> RGBColor {
    let share = share.clamp(-1.0, 1.0);
    let end = if share < 0.0 { VAL } else { VERMILION };
    let mixed = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share.abs()).round() as u8;
    RGBColor(mixed(PAPER.0, end.0), mixed(PAPER.1, end.1), mixed(PAPER.2, end.2))
}

/// What is best read on a colour: black or white, whichever has the larger contrast (WCAG 2.1, relative luminance).
fn ink_on(paper: RGBColor) -> RGBColor {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |RGBColor(red, green, blue): RGBColor| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) + 0.05;
    let light = luminance(paper);
    if luminance(PAPER) / light > light / luminance(INK) { PAPER } else { INK }
}

impl Matrix {
    fn cell(&self, (row, column): (usize, usize)) -> Bounds {
        let (left, top) = (self.left + column as f64 * self.cell_width, self.top + row as f64 * CELL_HEIGHT);
        Bounds { left, top, right: left + self.cell_width, bottom: top + CELL_HEIGHT }
    }

    /// The name of a network, at its row and at its column.
    fn draw_labels(&self, drawing: &mut Drawing, place: usize, label: &str) {
        let cell = self.cell((place, place));
        let middle = (f64::midpoint(cell.left, cell.right), f64::midpoint(cell.top, cell.bottom));
        let row = shortened_name(label, LABEL_SIZE, false, LONGEST_ROW_LABEL);
        drawing.words(Words::new(row, (self.left - 8.0, middle.1 + LABEL_SIZE * 0.36), LABEL_SIZE, INK).anchored(Anchor::End));
        let column = shortened_name(label, LABEL_SIZE, false, LONGEST_COLUMN_LABEL);
        drawing.words(Words::new(column, (middle.0 + LABEL_SIZE * 0.36, self.top - 8.0), LABEL_SIZE, INK).upright());
    }

    fn draw_cell(&self, drawing: &mut Drawing, place: (usize, usize), found: Option<&Difference>) {
        let cell = self.cell(place);
        let inside = cell.grown(-1.0);
        let middle = (f64::midpoint(cell.left, cell.right), f64::midpoint(cell.top, cell.bottom) + LABEL_SIZE * 0.36);
        let Some(found) = found else {
            drawing.area(inside, GRID);
            if place.0 != place.1 {
                drawing.words(Words::new(NOT_MEASURED, middle, LABEL_SIZE, MUTED).anchored(Anchor::Middle));
            }
            return;
        };
        let paper = colour(found.estimate / self.strongest);
        drawing.area(inside, paper);
        let words = Words::new(signed(found.estimate, self.unit), middle, LABEL_SIZE, ink_on(paper)).anchored(Anchor::Middle);
        if found.corrected < SIGNIFICANCE {
            drawing.words(words.bold());
            drawing.mark((cell.right - 6.0, cell.top + 6.0), Mark::Disc(2.2), ink_on(paper));
        } else {
            drawing.words(words);
        }
    }

    /// The colours with their differences, below the matrix.
    fn draw_key(&self, drawing: &mut Drawing) {
        let top = self.top + self.count as f64 * CELL_HEIGHT + 16.0;
        let left = MARGIN;
        let step = KEY_WIDTH / KEY_STEPS as f64;
        for index in 0..KEY_STEPS {
            let share = (index as f64 + 0.5) / KEY_STEPS as f64 * 2.0 - 1.0;
            let from = left + index as f64 * step;
            drawing.area(Bounds { left: from, top, right: from + step, bottom: top + 10.0 }, colour(share));
        }
        let below = top + 12.0 + TICK_SIZE;
        for (share, anchor) in [(-1.0, Anchor::Start), (0.0, Anchor::Middle), (1.0, Anchor::End)] {
            let text = signed(share * self.strongest, self.unit);
            drawing.words(Words::new(text, (left + f64::midpoint(share, 1.0) * KEY_WIDTH, below), TICK_SIZE, MUTED).anchored(anchor));
        }
        let meaning = format!("{}; below zero (blue) the row is better", self.unit.name());
        drawing.words(Words::new(meaning, (left + KEY_WIDTH + 12.0, top + 9.0), SMALL_SIZE, INK));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, failed, moved};
    use super::super::drawing::Shape;
    use super::*;

    fn drawn(study: &Study) -> Option<Drawing> {
        let summary = Summary::of(study);
        draw(study, &summary, &Judged::of(&summary).unwrap())
    }

    #[test]
    fn a_cell_is_row_minus_column_and_bold_where_the_films_support_it() {
        let like = vec![moved(9.2, |index| if index % 2 == 0 { 0.5 } else { -0.5 })];
        let study = StudyBuilder::new()
            .unit(AgeUnit::Months, 12.0)
            .entry("Worse", vec![done(20.0)])
            .entry("Near", vec![done(9.0)])
            .entry("Like", like)
            .build();
        let drawing = drawn(&study).unwrap();
        let words: Vec<&Words> =
            drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words) } else { None }).collect();
        let cells: Vec<(&str, bool)> = words
            .iter()
            .filter(|words| words.size == LABEL_SIZE && words.text.contains('.'))
            .map(|words| (words.text.as_str(), words.is_bold))
            .collect();
        // Like, Near, Worse: the matrix row by row, without its diagonal.
        assert_eq!((cells[3], cells[5]), (("−11.0", true), ("+11.0", true)), "{cells:?}");
        assert!(!cells[0].1 && !cells[2].1, "{cells:?}");
        assert_eq!(cells.len(), 6);
        assert!(words.iter().any(|words| words.text.contains("Holm-corrected for 3 pairs")));
    }

    #[test]
    fn one_network_has_no_matrix() {
        assert!(drawn(&StudyBuilder::new().entry("CNN", vec![done(9.0)]).entry("VGG16", vec![failed("x")]).build()).is_none());
    }

    #[test]
    fn colours_are_white_at_zero_and_their_ink_can_be_read() {
        assert_eq!((colour(0.0), colour(-1.0), colour(2.0)), (PAPER, VAL, VERMILION));
        assert_eq!([0.0, -1.0, 1.0].map(|share| ink_on(colour(share))), [INK, PAPER, INK]);
        assert_eq!([14.44, -3.72, 0.01].map(|months| signed(months, AgeUnit::Years)), ["+1.20", "−0.31", "0.00"]);
    }
}
