//! MAE after each epoch, a panel per backbone, on common axes; where a backbone has several runs, their mean and their band.

use super::super::Study;
use super::super::number::{age, range};
use super::super::summary::{Row, Summary};
use super::axis::{Axis, cut_above, region_below};
use super::drawing::{Anchor, Drawing, Mark, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE, DASH, INK, LABEL_SIZE, MUTED, SMALL_SIZE, TRAIN, VAL, shortened_name, text_width};
use super::{absent, finished, several_runs};
use crate::metric::mean;
use crate::record::format::{EpochRow, RecordedRun};

/// The y axis ends at this many times the baseline at most, so that one diverging epoch does not flatten all curves.
const LARGEST_OF_BASELINE: f64 = 1.6;
/// Up to so many epochs each has a mark.
const MARKED_EPOCHS: usize = 25;

/// How much of what is under the band of the runs it covers.
const BAND_OPACITY: f64 = 0.22;

const TRAIN_PEN: Pen = Pen { colour: TRAIN, width: 1.6, dash: None };
const VAL_PEN: Pen = Pen { colour: VAL, width: 2.2, dash: None };
const BASELINE_PEN: Pen = Pen { colour: BASELINE, width: 1.2, dash: Some(DASH) };

/// One backbone's curves, in the shown unit.
struct Curves {
    label: String,
    runs: usize,
    train: Curve,
    val: Curve,
}

/// One figure after each epoch.
struct Curve {
    /// Over the runs.
    mean: Vec<(f64, f64)>,
    /// Corners of the band from the smallest to the largest of the runs; none for one run.
    band: Vec<(f64, f64)>,
}

/// None where no run is finished.
pub(super) fn draw(study: &Study, summary: &Summary) -> Option<Drawing> {
    let months = study.unit.months();
    let curves: Vec<Curves> = finished(summary).into_iter().map(|row| curves(row, months)).collect();
    let points = || curves.iter().flat_map(|curves| [&curves.train, &curves.val]).flat_map(|curve| curve.mean.iter().chain(&curve.band));
    let highest = points().map(|point| point.1).reduce(f64::max)?;
    let last_epoch = points().map(|point| point.0).reduce(f64::max)?;
    let baseline = summary.baseline.as_ref().and_then(|figures| figures.val.as_ref()).map(|val| val.mae.mean / months);
    let limit = baseline.map_or(highest, |baseline| highest.max(baseline * 1.08).min(baseline * LARGEST_OF_BASELINE));

    let columns = Panels::columns_for(curves.len());
    let (width, height) = [(520.0, 300.0), (340.0, 220.0), (250.0, 165.0), (210.0, 150.0)][columns - 1];
    let panels = Panels { count: curves.len(), columns, width, height, title_height: 34.0 };
    let mut drawing = Drawing::new(format!("{}: learning curves", study.title), panels.plot_width(), 0.0);
    let top = header(study, summary, baseline, (highest > limit).then_some(limit)).draw(&mut drawing) - 6.0;
    drawing.height = panels.plot_height(top);

    // The axis starts a little before the first epoch, so that its marks are not cut by the frame.
    let pad = ((last_epoch - 1.0) * 0.03).max(0.15);
    let mut x_axis = Axis::whole(1.0, last_epoch, 6);
    (x_axis.min, x_axis.max) = (1.0 - pad, last_epoch + pad);
    let y_axis = Axis::new(0.0, limit, 5);
    for (index, curves) in curves.iter().enumerate() {
        panels.draw_axes(&mut drawing, top, index, &x_axis, &y_axis);
        draw_panel(&mut drawing, &panels, (index, top), curves, baseline, (&x_axis, &y_axis));
    }
    panels.draw_axis_titles(&mut drawing, top, "Epoch", &format!("MAE ({})", study.unit.name()));
    Some(drawing)
}

fn header(study: &Study, summary: &Summary, baseline: Option<f64>, cut_at: Option<f64>) -> Header {
    let figures = summary.rows.iter().find_map(|row| row.figures.as_ref());
    let films = figures.map(|figures| {
        let val = figures.val.as_ref().map(|val| format!(", validation n = {}", range(&val.films)));
        format!("Training n = {}{} films.", range(&figures.train.films), val.unwrap_or_default())
    });
    let cut = cut_at.map(|limit| format!("Curves are cut at {}.", age(limit * study.unit.months(), study.unit)));
    let mut legend = vec![Key { text: "training: running mean, augmented".into(), sample: Sample::Line(TRAIN_PEN, Some(Mark::Ring(2.6))) }];
    if let Some(baseline) = baseline {
        legend.push(Key { text: "validation".into(), sample: Sample::Line(VAL_PEN, Some(Mark::Disc(2.6))) });
        let value = age(baseline * study.unit.months(), study.unit);
        legend.push(Key { text: format!("mean-age baseline, validation: {value}"), sample: Sample::Line(BASELINE_PEN, None) });
    }
    Header {
        title: format!("{}: learning curves", study.title),
        subtitle: study
            .notes
            .iter()
            .cloned()
            .chain(films)
            .chain(several_runs(summary, "Lines are means, bands reach from the smallest to the largest"))
            .chain(cut)
            .chain(absent(summary))
            .collect(),
        legend,
    }
}

/// Means over the runs of a backbone, for the epochs that all its runs have.
fn curves(row: &Row, months: f64) -> Curves {
    let epochs = row.done.iter().map(|run| run.epochs.len()).min().unwrap_or(0);
    let curve = |figure: &dyn Fn(&EpochRow) -> Option<f64>| {
        let of_epoch = |index: usize| {
            let values: Option<Vec<f64>> = row.done.iter().map(|run: &&RecordedRun| Some(figure(&run.epochs[index])? / months)).collect();
            Some((index as f64 + 1.0, values?))
        };
        let values: Vec<(f64, Vec<f64>)> = (0..epochs).filter_map(of_epoch).collect();
        let end =
            |end: fn(f64, f64) -> f64| values.iter().filter_map(move |(epoch, values)| Some((*epoch, values.iter().copied().reduce(end)?)));
        let band = if row.done.len() > 1 {
            end(f64::max).chain(end(f64::min).collect::<Vec<_>>().into_iter().rev()).collect()
        } else {
            Vec::new()
        };
        Curve { mean: values.iter().map(|(epoch, values)| (*epoch, mean(values))).collect(), band }
    };
    Curves {
        label: row.entry.label.clone(),
        runs: row.done.len(),
        train: curve(&|epoch| Some(epoch.train_mae)),
        val: curve(&|epoch| epoch.val_mae),
    }
}

fn draw_panel(
    drawing: &mut Drawing,
    panels: &Panels,
    (index, top): (usize, f64),
    curves: &Curves,
    baseline: Option<f64>,
    (x_axis, y_axis): (&Axis, &Axis),
) {
    let bounds = panels.bounds(index, top);
    let place = |(x, y): (f64, f64)| (x_axis.pixel(x, bounds.left, bounds.right), y_axis.pixel(y, bounds.bottom, bounds.top));
    if let Some(baseline) = baseline {
        drawing.line(vec![place((x_axis.min, baseline)), place((x_axis.max, baseline))], BASELINE_PEN);
    }
    for (curve, pen) in [(&curves.train, TRAIN_PEN), (&curves.val, VAL_PEN)] {
        let corners = region_below(&curve.band, y_axis.max);
        if !corners.is_empty() {
            drawing.region(corners.into_iter().map(place).collect(), pen.colour, BAND_OPACITY);
        }
    }
    for (points, pen, mark) in [(&curves.train.mean, TRAIN_PEN, Mark::Ring(2.6)), (&curves.val.mean, VAL_PEN, Mark::Disc(2.6))] {
        for piece in cut_above(points, y_axis.max) {
            drawing.line(piece.into_iter().map(place).collect(), pen);
        }
        if points.len() <= MARKED_EPOCHS {
            for point in points.iter().filter(|point| point.1 <= y_axis.max) {
                drawing.mark(place(*point), mark, pen.colour);
            }
        }
    }
    if curves.val.mean.iter().chain(&curves.train.mean).all(|point| point.1 > y_axis.max) {
        let at = (f64::midpoint(bounds.left, bounds.right), bounds.top + 14.0);
        drawing.words(Words::new("all above the axis", at, SMALL_SIZE, MUTED).anchored(Anchor::Middle));
    }
    let runs = if curves.runs > 1 { format!(" ({} runs)", curves.runs) } else { String::new() };
    let room = bounds.width() - text_width(&runs, LABEL_SIZE, true);
    let title = shortened_name(&curves.label, LABEL_SIZE, true, room) + &runs;
    drawing.words(Words::new(title, (bounds.left, bounds.top - 8.0), LABEL_SIZE, INK).bold());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done};
    use super::super::drawing::Shape;
    use super::*;

    fn bands(drawing: &Drawing) -> Vec<Vec<(f64, f64)>> {
        let shapes = drawing.shapes.iter();
        shapes.filter_map(|shape| if let Shape::Region { points, .. } = shape { Some(points.clone()) } else { None }).collect()
    }

    #[test]
    fn the_band_reaches_from_the_smallest_to_the_largest_run() {
        let study = StudyBuilder::new().entry("CNN", vec![done(12.0), done(24.0), done(18.0)]).build();
        let summary = Summary::of(&study);
        let curves = curves(&summary.rows[0], 12.0);
        // Ten epochs, there and back; the runs' validation errors differ by their final ones alone, a year.
        assert_eq!((curves.val.mean.len(), curves.val.band.len()), (10, 20));
        for (epoch, (at, mean)) in curves.val.mean.iter().enumerate() {
            let (high, low) = (curves.val.band[epoch], curves.val.band[19 - epoch]);
            assert!(high.0 == *at && low.0 == *at && (high.1 - low.1 - 1.0).abs() < 1e-9 && (mean - low.1 - 0.5).abs() < 1e-9);
        }
        assert_eq!(bands(&draw(&study, &summary).unwrap()).len(), 2);
    }

    #[test]
    fn one_run_has_no_band() {
        let study = StudyBuilder::new().entry("CNN", vec![done(12.0)]).build();
        assert!(bands(&draw(&study, &Summary::of(&study)).unwrap()).is_empty());
    }
}
