//! Error against training time, parameters and operations, with the backbones that no other beats in both.

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, range};
use super::super::statistics::judged::Judged;
use super::super::statistics::notes_of_all;
use super::super::summary::{PartSummary, Summary};
use super::axis::Axis;
use super::drawing::{Anchor, Bounds, Drawing, Mark, Pen, Words};
use super::labels::{Labels, Placed};
use super::layout::{Header, Key, MARGIN, Sample, draw_frame};
use super::style::{BASELINE, DASH, INK, LABEL_SIZE, VAL};
use super::{absent, finished, several_runs};
use crate::metric::bootstrap::Interval;
use crate::metric::mean;

/// The vertical axis ends at this many times the baseline at most; what lies above stands on its end.
const LARGEST_OF_BASELINE: f64 = 1.6;
const WIDTH: f64 = 860.0;
const LEFT: f64 = 66.0;
const HEIGHT: f64 = 230.0;
/// Below a panel, for its tick labels and its title, and the gap to the next one.
const BELOW: f64 = 62.0;
const RADIUS: f64 = 4.0;
const FRONT_PEN: Pen = Pen { colour: VAL, width: 1.8, dash: None };
const BASELINE_PEN: Pen = Pen { colour: BASELINE, width: 1.2, dash: Some(DASH) };

/// One backbone: its error and what it cost.
struct Point<'a> {
    label: &'a str,
    /// In the shown unit.
    mae: f64,
    interval: Option<Interval>,
    /// Time, parameters, operations, in the units of the axes; none where it is not above zero.
    costs: [Option<f64>; 3],
}

/// One kind of cost.
struct Cost {
    /// As it stands in sentences.
    word: &'static str,
    title: String,
    place: usize,
}

/// None where no network with a cost has a figure.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let (time, seconds) = time_unit(summary);
    let points = points(study, summary, judged, seconds);
    let costs = [("time", format!("Training time ({time}, logarithmic)")), ("parameters", "Parameters (millions, logarithmic)".to_owned())]
        .into_iter()
        .chain([("GFLOPs", "GFLOPs for one image, forward (logarithmic)".to_owned())]);
    let costs: Vec<Cost> = costs
        .enumerate()
        .map(|(place, (word, title))| Cost { word, title, place })
        .filter(|cost| points.iter().any(|point| point.costs[cost.place].is_some()))
        .collect();
    let (y_axis, baseline) = error_axis(study, summary, judged, &points)?;
    if costs.is_empty() {
        return None;
    }
    let panels: Vec<Panel> = costs.iter().map(|cost| Panel::new(cost, &points, &y_axis, baseline)).collect();
    let unnamed = panels.iter().any(|panel| panel.names(&panel_bounds(0.0)).iter().any(Option::is_none));

    let title = format!("{}: error and cost", study.title);
    let mut drawing = Drawing::new(title.clone(), WIDTH, 0.0);
    let is_cut = points.iter().any(|point| point.mae > y_axis.max);
    let header = Header {
        title,
        subtitle: subtitle(study, summary, judged, &panels, (is_cut, unnamed)),
        legend: legend(baseline.filter(|baseline| *baseline <= y_axis.max).map(|baseline| age(baseline * study.unit.months(), study.unit))),
    };
    let top = header.draw(&mut drawing) + 4.0;
    drawing.height = (top + panels.len() as f64 * (HEIGHT + BELOW)).ceil();
    for (index, panel) in panels.iter().enumerate() {
        panel.draw(&mut drawing, top + index as f64 * (HEIGHT + BELOW), study);
    }
    Some(drawing)
}

/// A unit in which training times are short numbers, and its seconds.
fn time_unit(summary: &Summary) -> (&'static str, f64) {
    match summary.done().map(|run| run.cost.seconds).fold(0.0, f64::max) {
        longest if longest > 3.0 * 3600.0 => ("hours", 3600.0),
        longest if longest > 180.0 => ("minutes", 60.0),
        _ => ("seconds", 1.0),
    }
}

fn points<'a>(study: &Study, summary: &Summary<'a>, judged: &Judged, seconds: f64) -> Vec<Point<'a>> {
    let months = study.unit.months();
    let point = |row: &super::super::summary::Row<'a>| {
        let part = part(judged, row.figures.as_ref()?)?;
        let time = mean(&row.done.iter().map(|run| run.cost.seconds).collect::<Vec<_>>()) / seconds;
        let result = &row.done.first()?.result;
        let costs =
            [time, result.parameters as f64 / 1e6, result.gflops].map(|cost| Some(cost).filter(|cost| cost.is_finite() && *cost > 0.0));
        let interval = part.mae_interval.map(|ends| Interval { low: ends.low / months, high: ends.high / months });
        Some(Point { label: &row.entry.label, mae: part.mae.mean / months, interval, costs })
    };
    finished(summary).into_iter().filter_map(point).collect()
}

/// The part by which rows are judged.
fn part<'f>(judged: &Judged, figures: &'f super::super::summary::Figures) -> Option<&'f PartSummary> {
    if judged.is_validation() { figures.val.as_ref() } else { figures.test.as_ref() }
}

/// The axis of the error, and the baseline's error, in the shown unit.
fn error_axis(study: &Study, summary: &Summary, judged: &Judged, points: &[Point]) -> Option<(Axis, Option<f64>)> {
    let baseline = summary.baseline.as_ref().and_then(|figures| part(judged, figures)).map(|part| part.mae.mean / study.unit.months());
    // One that is off the axis does not stretch it.
    let is_near = |point: &&Point| baseline.is_none_or(|baseline| point.mae <= baseline * LARGEST_OF_BASELINE);
    let high = |point: &Point| point.interval.map_or(point.mae, |ends| ends.high.max(point.mae));
    let highest = points.iter().filter(is_near).map(high).reduce(f64::max).or_else(|| points.iter().map(high).reduce(f64::max))?;
    let lowest = points.iter().map(|point| point.interval.map_or(point.mae, |ends| ends.low.min(point.mae))).reduce(f64::min)?;
    let limit = baseline.map_or(highest, |baseline| highest.min(baseline * LARGEST_OF_BASELINE)).max(lowest * 1.05 + 1e-6);
    let pad = (limit - lowest) * 0.12;
    Some((Axis::new((lowest - pad).max(0.0), limit + pad, 5), baseline))
}

/// The places of those that no other one beats in both, from the cheapest on.
fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|left, right| points[*left].0.total_cmp(&points[*right].0).then(points[*left].1.total_cmp(&points[*right].1)));
    let mut best = f64::INFINITY;
    order.retain(|place| {
        let is_better = points[*place].1 < best;
        best = best.min(points[*place].1);
        is_better
    });
    order
}

fn subtitle(study: &Study, summary: &Summary, judged: &Judged, panels: &[Panel], (is_cut, unnamed): (bool, bool)) -> Vec<String> {
    let films = format!("MAE of the {} part (n = {} films); time of a whole run{}.", judged.part_name(), judged.films(), place(summary));
    let fronts: Vec<String> = panels.iter().map(|panel| format!("by {}: {}", panel.cost.word, panel.front_names().join(", "))).collect();
    let fronts = panels
        .iter()
        .any(|panel| panel.points.len() > 1)
        .then(|| format!("Pareto front (no other backbone is both cheaper and better), from cheap to dear, {}.", fronts.join("; ")));
    let cut = is_cut.then(|| "What lies above the axis stands on its end, with its MAE.".to_owned());
    let unnamed = unnamed.then(|| "Marks without a name have no room for it; cost.csv holds all.".to_owned());
    let notes = study.notes.iter().cloned().chain([films]).chain(notes_of_all(judged)).chain(fronts);
    notes.chain(several_runs(summary, "Means")).chain(cut).chain(unnamed).chain(absent(summary)).collect()
}

/// ` on cpu with 2 threads`, or on which devices.
fn place(summary: &Summary) -> String {
    let mut devices: Vec<&str> = summary.done().map(|run| run.cost.device.as_str()).collect();
    devices.sort_unstable();
    devices.dedup();
    let threads = range(&summary.done().map(|run| run.cost.threads).collect::<Vec<_>>());
    match devices.as_slice() {
        [] => String::new(),
        [device] if threads != NOT_MEASURED => format!(" on {device} ({threads} thread{})", if threads == "1" { "" } else { "s" }),
        _ => format!(" on {}: times of different devices do not compare", devices.join(", ")),
    }
}

fn legend(baseline: Option<String>) -> Vec<Key> {
    let mut keys = vec![
        Key { text: "on the Pareto front".into(), sample: Sample::Line(FRONT_PEN, Some(Mark::Disc(RADIUS))) },
        Key { text: "another is cheaper and better".into(), sample: Sample::Mark(Mark::Ring(RADIUS), BASELINE) },
        Key { text: "95 % interval of the MAE".into(), sample: Sample::Line(Pen::solid(INK, 1.0), None) },
    ];
    keys.extend(baseline.map(|baseline| Key { text: format!("mean-age baseline: {baseline}"), sample: Sample::Line(BASELINE_PEN, None) }));
    keys
}

/// The inside of the panel that begins at `top`.
fn panel_bounds(top: f64) -> Bounds {
    Bounds { left: LEFT, top, right: WIDTH - MARGIN, bottom: top + HEIGHT }
}

/// One kind of cost, with the points that have it.
struct Panel<'a> {
    cost: &'a Cost,
    points: Vec<&'a Point<'a>>,
    /// Places among the points.
    front: Vec<usize>,
    x: Axis,
    y: &'a Axis,
    baseline: Option<f64>,
}

impl<'a> Panel<'a> {
    fn new(cost: &'a Cost, points: &'a [Point<'a>], y: &'a Axis, baseline: Option<f64>) -> Self {
        let points: Vec<&Point> = points.iter().filter(|point| point.costs[cost.place].is_some()).collect();
        let costs: Vec<f64> = points.iter().filter_map(|point| point.costs[cost.place]).collect();
        let (low, high) = (costs.iter().copied().fold(f64::INFINITY, f64::min), costs.iter().copied().fold(0.0, f64::max));
        let places: Vec<(f64, f64)> = costs.iter().zip(&points).map(|(cost, point)| (*cost, point.mae)).collect();
        // As much room on both sides as a name needs.
        let pad = (high / low).powf(0.12).max(1.5);
        Self { cost, points, front: front(&places), x: Axis::log(low / pad, high * pad), y, baseline }
    }

    fn front_names(&self) -> Vec<&str> {
        self.front.iter().map(|place| self.points[*place].label).collect()
    }

    fn at(&self, bounds: &Bounds, cost: f64, mae: f64) -> (f64, f64) {
        (self.x.pixel(cost, bounds.left, bounds.right), self.y.pixel(mae.clamp(self.y.min, self.y.max), bounds.bottom, bounds.top))
    }

    /// Where the points are.
    fn places(&self, bounds: &Bounds) -> Vec<(f64, f64)> {
        self.points.iter().filter_map(|point| Some(self.at(bounds, point.costs[self.cost.place]?, point.mae))).collect()
    }

    /// The steps of the front: from each member level to the cost of the next one, then down to it, and on to the edge.
    fn steps(&self, bounds: &Bounds) -> Vec<(f64, f64)> {
        let places = self.places(bounds);
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for place in self.front.iter().map(|place| places[*place]) {
            steps.extend(steps.last().map(|last| (place.0, last.1)));
            steps.push(place);
        }
        steps.extend(steps.last().map(|last| (bounds.right, last.1)));
        steps
    }

    /// The ends of a point's interval, where it has one.
    fn interval(&self, bounds: &Bounds, point: &Point) -> Option<[(f64, f64); 2]> {
        let ends = point.interval.filter(|_| point.mae <= self.y.max)?;
        let cost = point.costs[self.cost.place]?;
        Some([ends.low, ends.high].map(|end| self.at(bounds, cost, end)))
    }

    /// The names beside the marks, as far as there is room.
    fn names(&self, bounds: &Bounds) -> Vec<Option<Placed>> {
        let mut labels = Labels::new(*bounds);
        let places = self.places(bounds);
        for (point, (x, y)) in self.points.iter().zip(&places) {
            labels.take(Bounds { left: *x, top: *y, right: *x, bottom: *y }.grown(RADIUS + 1.0));
            if let Some([low, high]) = self.interval(bounds, point) {
                labels.take_crossable(Bounds { left: low.0, top: high.1, right: low.0, bottom: low.1 }.grown(1.0));
            }
        }
        labels.avoid(&self.steps(bounds));
        let baseline = self.baseline.map(|baseline| self.y.pixel(baseline, bounds.bottom, bounds.top));
        labels.avoid(&baseline.map_or(Vec::new(), |y| vec![(bounds.left, y), (bounds.right, y)]));
        // The front first: where there is little room, it is named.
        let others = (0..self.points.len()).filter(|index| !self.front.contains(index));
        self.front.iter().copied().chain(others).map(|index| labels.place(&self.name(self.points[index]), places[index])).collect()
    }

    /// The label; of a point above the axis, with its error.
    fn name(&self, point: &Point) -> String {
        if point.mae > self.y.max { format!("{} ▴ {:.1}", point.label, point.mae) } else { point.label.to_owned() }
    }

    fn draw(&self, drawing: &mut Drawing, top: f64, study: &Study) {
        let bounds = panel_bounds(top);
        draw_frame(drawing, &bounds, (&self.x, true), (self.y, true));
        if let Some(baseline) = self.baseline.filter(|baseline| (self.y.min..=self.y.max).contains(baseline)) {
            let y = self.y.pixel(baseline, bounds.bottom, bounds.top);
            drawing.line(vec![(bounds.left, y), (bounds.right, y)], BASELINE_PEN);
        }
        drawing.line(self.steps(&bounds), FRONT_PEN);
        for point in &self.points {
            if let Some([low, high]) = self.interval(&bounds, point) {
                let pen = Pen::solid(INK, 1.0);
                drawing.line(vec![low, high], pen);
                for (x, y) in [low, high] {
                    drawing.line(vec![(x - 3.0, y), (x + 3.0, y)], pen);
                }
            }
        }
        let places = self.places(&bounds);
        for place in places.iter().enumerate().filter(|(index, _)| !self.front.contains(index)).map(|(_, place)| place) {
            drawing.mark(*place, Mark::Ring(RADIUS), BASELINE);
        }
        for place in &self.front {
            drawing.mark(places[*place], Mark::Disc(RADIUS), VAL);
        }
        for placed in self.names(&bounds).into_iter().flatten() {
            placed.draw(drawing);
        }
        let below = (f64::midpoint(bounds.left, bounds.right), bounds.bottom + 36.0);
        drawing.words(Words::new(&self.cost.title, below, LABEL_SIZE, INK).anchored(Anchor::Middle));
        let beside = (MARGIN + LABEL_SIZE, f64::midpoint(bounds.top, bounds.bottom));
        drawing.words(Words::new(format!("MAE ({})", study.unit.name()), beside, LABEL_SIZE, INK).anchored(Anchor::Middle).upright());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, recorded};
    use super::super::drawing::Shape;
    use super::*;
    use crate::record::format::RunState;

    #[test]
    fn the_front_holds_what_no_other_beats_in_both() {
        let points = [(1.0, 9.0), (2.0, 9.5), (3.0, 4.0), (3.0, 5.0), (8.0, 4.0), (9.0, 1.0)];
        assert_eq!(front(&points), [0, 2, 5]);
        assert_eq!(front(&[(5.0, 2.0), (4.0, 2.0)]), [1], "as good and dearer is no better");
        assert!(front(&[]).is_empty());
    }

    fn run(val_mae: f64, seconds: f64, parameters: u64) -> Vec<RunState> {
        let mut run = recorded(val_mae, 10);
        (run.cost.seconds, run.result.parameters) = (seconds, parameters);
        vec![RunState::Done(Box::new(run))]
    }

    fn words(study: &Study) -> Vec<String> {
        let summary = Summary::of(study);
        let shapes = draw(study, &summary, &Judged::of(&summary).unwrap()).unwrap().shapes;
        shapes.into_iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words.text) } else { None }).collect()
    }

    #[test]
    fn each_cost_has_its_own_front_said_in_words() {
        let study = StudyBuilder::new()
            .entry("Slow and small", run(9.0, 7200.0, 1_000_000))
            .entry("Fast and large", run(12.0, 600.0, 90_000_000))
            .entry("Neither", run(13.0, 1200.0, 95_000_000))
            .build();
        let said = words(&study).join(" ");
        assert!(
            said.contains("by time: Fast and large, Slow and small; by parameters: Slow and small; by GFLOPs: Slow and small."),
            "{said}"
        );
        assert!(said.contains("Training time (minutes, logarithmic)") && said.contains("on cpu (2 threads)"), "{said}");
        assert_eq!(words(&study).iter().filter(|text| *text == "Neither").count(), 3, "each panel names each backbone");
    }

    #[test]
    fn a_cost_of_zero_has_no_place_on_a_logarithmic_axis() {
        let mut states = run(9.0, 60.0, 0);
        if let RunState::Done(run) = &mut states[0] {
            run.result.gflops = 0.0;
        }
        let said = words(&StudyBuilder::new().entry("CNN", states).build());
        assert!(said.iter().any(|text| text.starts_with("Training time (seconds")), "{said:?}");
        assert!(!said.iter().any(|text| text.starts_with("Parameters") || text.starts_with("GFLOPs for")), "{said:?}");
    }
}
