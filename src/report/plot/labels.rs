//! Names beside marks, placed so that none covers another, a mark or the frame.

use super::drawing::{Anchor, Bounds, Drawing, Pen, Words};
use super::style::{AXIS, INK, TICK_SIZE, shortened_name};

/// Blank paper around a name.
const BLANK: f64 = 2.0;
/// Distances from a mark at which its name may stand.
const DISTANCES: [f64; 10] = [8.0, 14.0, 22.0, 34.0, 50.0, 72.0, 100.0, 140.0, 190.0, 250.0];
/// Steps of a way from a mark to its name that lie within the mark.
const WITHIN_MARK: usize = 4;
/// Steps that lie within the mark's own interval.
const WITHIN_INTERVAL: usize = 2;
/// A line that moves less than this to the side would lie on the mark's own interval.
const ASIDE: f64 = 4.0;
/// From this distance on a line leads from the mark to its name.
const LED: f64 = 20.0;
/// Room of a name: where the first is not free, shorter ones are tried.
const WIDTHS: [f64; 3] = [170.0, 110.0, 64.0];
/// Sixteenths of a turn: first beside the mark, then above and below, then between.
const DIRECTIONS: [u8; 16] = [0, 8, 12, 4, 14, 2, 10, 6, 15, 1, 9, 7, 13, 3, 11, 5];

/// The paper of a panel, as far as it is taken.
pub(super) struct Labels {
    inside: Bounds,
    /// Marks, names and the lines that lead to them.
    taken: Vec<Bounds>,
    /// Intervals: no name stands on one, but a line to a name may cross one where it must.
    crossable: Vec<Bounds>,
    /// What a name had better not cover, but may.
    avoided: Vec<Bounds>,
}

/// What is asked of a place; the next is tried where none is free.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Care {
    /// Nothing is crossed.
    Full,
    /// A leading line may cross intervals.
    Crossing,
    /// A name may cover what it had better not, too.
    Covering,
}

/// A name and the way to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) words: Words,
    /// From the mark to the nearest edge of the name.
    way: [(f64, f64); 2],
    /// Whether that is drawn.
    is_led: bool,
}

impl Labels {
    pub(super) fn new(inside: Bounds) -> Self {
        Self { inside, taken: Vec::new(), crossable: Vec::new(), avoided: Vec::new() }
    }

    /// Paper on which no name may stand.
    pub(super) fn take(&mut self, bounds: Bounds) {
        self.taken.push(bounds);
    }

    /// Paper on which no name may stand, but which a line to a name may cross.
    pub(super) fn take_crossable(&mut self, bounds: Bounds) {
        self.crossable.push(bounds);
    }

    /// A line that names had better not cover.
    pub(super) fn avoid(&mut self, points: &[(f64, f64)]) {
        self.avoided.extend(points.windows(2).flat_map(|ends| along(ends[0], ends[1])));
    }

    /// A place for the name of the mark at `at`; none where there is no room.
    pub(super) fn place(&mut self, name: &str, at: (f64, f64)) -> Option<Placed> {
        for cares in [[Care::Full, Care::Crossing].as_slice(), &[Care::Covering]] {
            for (width, care) in WIDTHS.iter().flat_map(|width| cares.iter().map(move |care| (*width, *care))) {
                let text = shortened_name(name, TICK_SIZE, false, width);
                let places = DISTANCES.iter().flat_map(|distance| DIRECTIONS.iter().map(move |turn| (*distance, *turn)));
                let found = places.map(|(distance, turn)| beside(&text, at, distance, turn)).find(|placed| self.is_free(placed, care));
                if let Some(mut placed) = found {
                    placed.is_led |= overlap(&self.crossable, &placed.steps(WITHIN_INTERVAL));
                    self.taken.push(placed.words.bounds());
                    self.taken.extend(along(placed.way[0], placed.way[1]).into_iter().filter(|_| placed.is_led));
                    return Some(placed);
                }
            }
        }
        None
    }

    fn is_free(&self, placed: &Placed, care: Care) -> bool {
        let bounds = placed.words.bounds().grown(BLANK);
        let covers = |taken: &[Bounds]| taken.iter().any(|taken| taken.overlaps(&bounds));
        if !self.inside.holds(&bounds) || covers(&self.taken) || covers(&self.crossable) || care < Care::Covering && covers(&self.avoided) {
            return false;
        }
        // A line keeps a little off marks and names.
        let wide: Vec<Bounds> = placed.steps(WITHIN_MARK).iter().map(|step| step.grown(1.0)).collect();
        let is_upright = placed.is_led && (placed.way[1].0 - placed.way[0].0).abs() < ASIDE;
        !is_upright && !overlap(&self.taken, &wide) && (care > Care::Full || !overlap(&self.crossable, &placed.steps(WITHIN_INTERVAL)))
    }
}

fn overlap(taken: &[Bounds], steps: &[Bounds]) -> bool {
    taken.iter().any(|taken| steps.iter().any(|step| taken.overlaps(step)))
}

impl Placed {
    pub(super) fn draw(self, drawing: &mut Drawing) {
        if self.is_led {
            drawing.line(self.way.to_vec(), Pen::solid(AXIS, 0.8));
        }
        drawing.words(self.words);
    }

    /// The way without its first steps.
    fn steps(&self, without: usize) -> Vec<Bounds> {
        along(self.way[0], self.way[1]).into_iter().skip(without).collect()
    }
}

/// A name in a direction from a mark, its nearest edge at a distance.
fn beside(text: &str, (x, y): (f64, f64), distance: f64, turn: u8) -> Placed {
    let (sine, cosine) = (f64::from(turn) * std::f64::consts::TAU / 16.0).sin_cos();
    let words = Words::new(text, (0.0, 0.0), TICK_SIZE, INK).anchored(Anchor::Middle);
    let paper = words.bounds();
    let middle = (x + cosine * (distance + paper.width() / 2.0), y + sine * (distance + paper.height() / 2.0));
    let baseline = middle.1 - f64::midpoint(paper.top, paper.bottom);
    let words = Words { at: (middle.0, baseline), ..words };
    let bounds = words.bounds();
    let nearest = (x.clamp(bounds.left, bounds.right), y.clamp(bounds.top, bounds.bottom));
    Placed { words, way: [(x, y), nearest], is_led: distance >= LED }
}

/// A line as small pieces of paper.
fn along(from: (f64, f64), to: (f64, f64)) -> Vec<Bounds> {
    let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 3.0).ceil().max(1.0) as usize;
    let at = |step: usize| {
        let share = step as f64 / steps as f64;
        (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
    };
    (0..=steps).map(at).map(|(x, y)| Bounds { left: x, top: y, right: x, bottom: y }.grown(0.5)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn mark(x: f64, y: f64) -> Bounds {
        Bounds { left: x, top: y, right: x, bottom: y }.grown(5.0)
    }

    const INSIDE: Bounds = Bounds { left: 0.0, top: 0.0, right: 400.0, bottom: 200.0 };

    #[test]
    fn names_of_crowded_marks_cover_neither_each_other_nor_a_mark() {
        let mut labels = Labels::new(INSIDE);
        let marks: Vec<Bounds> = (0..10).map(|index| mark(190.0 + 4.0 * f64::from(index % 3), 60.0 + 7.0 * f64::from(index))).collect();
        for mark in &marks {
            labels.take(*mark);
        }
        let place = |(index, mark): (usize, &Bounds)| {
            let at = (f64::midpoint(mark.left, mark.right), f64::midpoint(mark.top, mark.bottom));
            labels.place(&format!("Backbone number {index}"), at).unwrap()
        };
        let placed: Vec<Placed> = marks.iter().enumerate().map(place).collect();
        for (index, one) in placed.iter().map(|placed| placed.words.bounds()).enumerate() {
            assert!(INSIDE.holds(&one), "{one:?}");
            assert!(marks.iter().all(|mark| !mark.overlaps(&one)), "{one:?}");
            assert!(placed[..index].iter().all(|other| !other.words.bounds().overlaps(&one)), "{one:?}");
        }
        assert!(!placed[0].is_led && placed.iter().any(|placed| placed.is_led), "what stands far off is led to");
    }

    #[test]
    fn a_name_at_the_edge_stands_inside_and_without_room_there_is_none() {
        let mut labels = Labels::new(INSIDE);
        let placed = labels.place("EfficientNetV2S", (399.0, 5.0)).unwrap();
        assert!(INSIDE.holds(&placed.words.bounds()));
        labels.take(INSIDE);
        assert_eq!(labels.place("VGG16", (200.0, 100.0)), None);
    }

    #[test]
    fn a_name_is_led_to_across_an_interval_and_never_stands_on_one() {
        let mut labels = Labels::new(INSIDE);
        // Intervals on both sides leave no room beside the mark.
        let intervals = [192.0, 208.0].map(|x| Bounds { left: x, top: 0.0, right: x, bottom: 200.0 }.grown(1.0));
        for interval in &intervals {
            labels.take_crossable(*interval);
        }
        let placed = labels.place("VGG16", (200.0, 100.0)).unwrap();
        assert!(placed.is_led && intervals.iter().all(|interval| !interval.overlaps(&placed.words.bounds())), "{placed:?}");
    }

    #[test]
    fn a_line_is_kept_clear_where_there_is_room_elsewhere() {
        let mut labels = Labels::new(INSIDE);
        labels.avoid(&[(200.0, 100.0), (400.0, 100.0)]);
        let placed = labels.place("VGG16", (200.0, 100.0)).unwrap();
        assert!(placed.words.at.0 < 200.0, "{placed:?}");
    }
}
