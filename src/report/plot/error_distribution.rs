//! Signed errors of every backbone as violins with median and quartiles, on one axis, and those of the mean-age baseline.

use plotters::style::RGBColor;

use super::super::Study;
use super::super::number::age;
use super::super::statistics::judged::Judged;
use super::super::summary::Summary;
use super::axis::Axis;
use super::drawing::{Bounds, Drawing, Mark, Pen, Words};
use super::layout::{Header, Key, MARGIN, Sample};
use super::rows::Rows;
use super::style::{BASELINE_TEST, BASELINE_VAL, INK, MUTED, PAPER, SMALL_SIZE, TEST, VAL, text_width};
use super::{absent, judged_films};
use crate::metric::mean;
use crate::spec::AgeUnit;

/// Errors beyond the baseline's largest, this many times, stand at the end of the axis.
const LARGEST_OF_BASELINE: f64 = 1.1;
const WIDTH: f64 = 880.0;
const ROW: f64 = 40.0;
/// Half the height of a violin at its widest.
const HALF: f64 = 15.0;
/// Places at which an outline is computed.
const STEPS: usize = 80;
/// Of fewer predictions a smooth outline would be invention: they are points alone.
const FEW: usize = 10;
/// Up to so many predictions each is a point.
const POINTS: usize = 40;

/// The errors of one row, in the shown unit.
struct Violin<'a> {
    label: &'a str,
    colour: RGBColor,
    /// Ascending.
    errors: Vec<f64>,
    median: f64,
    quartiles: [f64; 2],
}

/// None where no network has predicted a film.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let violins = violins(judged, study.unit.months());
    let ends = |is_baseline: bool| {
        let rows = judged.rows.iter().zip(&violins).filter(|(row, _)| row.is_baseline == is_baseline);
        rows.filter_map(|(_, violin)| Some((*violin.errors.first()?, *violin.errors.last()?))).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    let (low, high) = ends(false)?;
    let (low, high) = ends(true).map_or((low, high), |(least, most)| {
        let reach = least.abs().max(most.abs()) * LARGEST_OF_BASELINE;
        (low.min(least).max(-reach), high.max(most).min(reach))
    });
    let pad = ((high - low) * 0.02).max(1e-6);
    let values: Vec<String> = violins.iter().map(|violin| violin.text(study.unit)).collect();
    let heading = format!("Median [quartiles] ({})", study.unit.name());
    let room = values.iter().chain([&heading]).map(|text| text_width(text, SMALL_SIZE, false)).fold(0.0, f64::max);
    let axis = Axis::new(low - pad, high + pad, 12);
    let rows = Rows::new(axis, violins.iter().map(|violin| violin.label), WIDTH - MARGIN - room - 14.0);
    let outside =
        violins.iter().flat_map(|violin| &violin.errors).filter(|error| **error < rows.axis.min || **error > rows.axis.max).count();

    let title = format!("{}: distribution of the errors", study.title);
    let mut drawing = Drawing::new(title.clone(), WIDTH, 0.0);
    let top = header(study, summary, judged, title, outside).draw(&mut drawing) + SMALL_SIZE + 8.0;
    let bottom = top + violins.len() as f64 * ROW;
    drawing.height = (bottom + 52.0).ceil();
    rows.draw_axis(&mut drawing, (top, bottom), &format!("Predicted − true age ({})", study.unit.name()));
    drawing.line(vec![(rows.pixel(0.0), top), (rows.pixel(0.0), bottom)], Pen::solid(MUTED, 1.2));
    drawing.words(Words::new(heading, (rows.right + 14.0, top - 6.0), SMALL_SIZE, MUTED));
    for (index, (violin, value)) in violins.iter().zip(values).enumerate() {
        let middle = top + (index as f64 + 0.5) * ROW;
        rows.draw_label(&mut drawing, violin.label, middle);
        draw_violin(&mut drawing, &rows, violin, middle);
        drawing.words(Words::new(value, (rows.right + 14.0, middle + SMALL_SIZE * 0.36), SMALL_SIZE, INK));
    }
    Some(drawing)
}

fn violins<'a>(judged: &Judged<'a>, months: f64) -> Vec<Violin<'a>> {
    let colours = if judged.is_validation() { [VAL, BASELINE_VAL] } else { [TEST, BASELINE_TEST] };
    let violin = |row: &super::super::statistics::judged::JudgedRow<'a>| {
        let mut errors: Vec<f64> = row.predictions.iter().map(|film| (film.predicted - film.target) / months).collect();
        errors.sort_by(f64::total_cmp);
        let [median, low, high] = [0.5, 0.25, 0.75].map(|share| quantile(&errors, share));
        Violin { label: row.label, colour: colours[usize::from(row.is_baseline)], errors, median, quartiles: [low, high] }
    };
    judged.rows.iter().map(violin).collect()
}

/// The `share` quantile of sorted numbers, linear between order statistics.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    low + (high - low) * position.fract()
}

impl Violin<'_> {
    /// `0.12 [−0.50, 0.71]`.
    fn text(&self, unit: AgeUnit) -> String {
        let [median, low, high] = [self.median, self.quartiles[0], self.quartiles[1]].map(|value| age(value * unit.months(), unit));
        format!("{median} [{low}, {high}]")
    }

    /// 0.9 · min(s, interquartile range / 1.34) · n^(−1/5), s being the standard deviation (Silverman 1986, eq. 3.31); none where
    /// that is zero or there are few errors.
    fn bandwidth(&self) -> Option<f64> {
        let count = self.errors.len() as f64;
        let centre = mean(&self.errors);
        let deviation = (self.errors.iter().map(|error| (error - centre).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let width = 0.9 * deviation.min((self.quartiles[1] - self.quartiles[0]) / 1.34) * count.powf(-0.2);
        (self.errors.len() >= FEW && width > 0.0).then_some(width)
    }

    /// Places from the smallest to the largest error with their density, the largest being 1: a sum of normal curves.
    fn outline(&self, from: f64, to: f64) -> Vec<(f64, f64)> {
        let Some(bandwidth) = self.bandwidth() else { return Vec::new() };
        let (from, to) = (self.errors[0].max(from), self.errors[self.errors.len() - 1].min(to));
        let density = |at: f64| self.errors.iter().map(|error| (-0.5 * ((at - error) / bandwidth).powi(2)).exp()).sum::<f64>();
        let places = (0..=STEPS).map(|step| from + (to - from) * step as f64 / STEPS as f64);
        let outline: Vec<(f64, f64)> = places.map(|at| (at, density(at))).collect();
        let highest = outline.iter().map(|(_, density)| *density).fold(f64::MIN_POSITIVE, f64::max);
        if from < to { outline.into_iter().map(|(at, density)| (at, density / highest)).collect() } else { Vec::new() }
    }
}

fn header(study: &Study, summary: &Summary, judged: &Judged, title: String, outside: usize) -> Header {
    let outline = format!(
        "Outlines: density of the errors (normal kernel, Silverman's bandwidth), each as high at its peak as the others, none for fewer than {FEW} predictions. Up to {POINTS} predictions each is a point."
    );
    let outside = (outside > 0).then(|| format!("Errors beyond the axis, which its ends stand for: {outside}."));
    let colour = if judged.is_validation() { VAL } else { TEST };
    Header {
        title,
        subtitle: study.notes.iter().cloned().chain(judged_films(judged)).chain([outline]).chain(outside).chain(absent(summary)).collect(),
        legend: vec![
            Key { text: "errors".into(), sample: Sample::Bar(colour) },
            Key { text: "from quartile to quartile".into(), sample: Sample::Line(Pen::solid(INK, 5.0), None) },
            Key { text: "median".into(), sample: Sample::Line(Pen::solid(INK, 1.0), Some(Mark::Ring(3.6))) },
        ],
    }
}

fn draw_violin(drawing: &mut Drawing, rows: &Rows, violin: &Violin, middle: f64) {
    let outline = violin.outline(rows.axis.min, rows.axis.max);
    if !outline.is_empty() {
        let side = |sign: f64| outline.iter().map(move |(at, density)| (rows.pixel(*at), middle + sign * HALF * density));
        let corners: Vec<(f64, f64)> = side(-1.0).chain(side(1.0).collect::<Vec<_>>().into_iter().rev()).collect();
        drawing.region(corners.clone(), violin.colour, 0.55);
        drawing.line(corners.iter().copied().chain(corners.first().copied()).collect(), Pen::solid(violin.colour, 1.2));
    }
    if let [first, .., last] = violin.errors[..] {
        drawing.line(vec![(rows.pixel(first), middle), (rows.pixel(last), middle)], Pen::solid(INK, 1.0));
    }
    let [low, high] = violin.quartiles.map(|value| rows.pixel(value));
    drawing.area(Bounds { left: low, top: middle - 2.5, right: high, bottom: middle + 2.5 }, INK);
    if violin.errors.len() <= POINTS {
        for (index, error) in violin.errors.iter().enumerate() {
            // Three lines, so that near ones can be told apart.
            let below = HALF * (0.35 + 0.2 * (index % 3) as f64);
            drawing.mark((rows.pixel(*error), middle + below), Mark::Disc(1.5), INK);
        }
    }
    drawing.mark((rows.pixel(violin.median), middle), Mark::Disc(4.2), PAPER);
    drawing.mark((rows.pixel(violin.median), middle), Mark::Ring(3.6), INK);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done};
    use super::super::drawing::Shape;
    use super::*;

    fn violin(errors: &[f64]) -> Violin<'static> {
        let quartiles = [quantile(errors, 0.25), quantile(errors, 0.75)];
        Violin { label: "CNN", colour: TEST, errors: errors.to_vec(), median: quantile(errors, 0.5), quartiles }
    }

    #[test]
    fn quartiles_are_between_order_statistics() {
        let violin = violin(&[-4.0, -1.0, 0.0, 3.0]);
        assert_eq!((violin.median, violin.quartiles), (-0.5, [-1.75, 0.75]));
        assert_eq!(violin.text(AgeUnit::Months), "−0.5 [−1.8, 0.8]");
    }

    #[test]
    fn an_outline_ends_with_the_errors_and_is_highest_where_they_crowd() {
        let errors = [-9.0, -4.0, -2.0, -0.5, -0.2, 0.0, 0.1, 0.3, 0.6, 2.0, 5.0, 8.0];
        let outline = violin(&errors).outline(-100.0, 100.0);
        assert_eq!((outline[0].0, outline[STEPS].0), (-9.0, 8.0));
        let (peak, height) = outline.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!(peak.abs() < 0.6 && (height - 1.0).abs() < 1e-12, "{peak} {height}");
        assert_eq!(violin(&errors).outline(-3.0, 3.0).last().unwrap().0, 3.0, "the axis ends it");
        assert!(violin(&errors[..9]).outline(-100.0, 100.0).is_empty(), "few errors have none");
        assert!(violin(&[1.0; 12]).outline(-100.0, 100.0).is_empty(), "equal errors have none");
    }

    #[test]
    fn the_baseline_is_the_last_row_and_the_number_of_films_is_said() {
        let study = StudyBuilder::new().entry("CNN", vec![done(9.0), done(10.0)]).build();
        let summary = Summary::of(&study);
        let drawing = draw(&study, &summary, &Judged::of(&summary).unwrap()).unwrap();
        let words: Vec<&Words> =
            drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words) } else { None }).collect();
        let of = |part: &str| *words.iter().find(|words| words.text.contains(part)).unwrap();
        assert!(of("Mean-age baseline").at.1 > of("CNN").at.1);
        assert!(of("n = 12 test films, the predictions of up to 2 runs").at.1 < of("CNN").at.1);
    }
}
