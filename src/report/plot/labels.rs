//! Names beside marks, placed so that none covers another, a mark or the frame.

use super::drawing::{Anchor, Bounds, Drawing, Pen, Words};
use super::style::{AXIS, INK, TICK_SIZE, shortened_name};

/// Blank paper around a name.
const BLANK: f64 = 2.0;
/// Distances from a mark at which its name may stand.
const DISTANCES: [f64; 8] = [8.0, 14.0, 22.0, 34.0, 50.0, 72.0, 100.0, 140.0];
/// From this distance on a line leads from the mark to its name.
const LED: f64 = 20.0;
/// Room of a name: where the first is not free, shorter ones are tried.
const WIDTHS: [f64; 3] = [170.0, 110.0, 64.0];
/// Sixteenths of a turn: first beside the mark, then above and below, then between.
const DIRECTIONS: [u8; 16] = [0, 8, 12, 4, 14, 2, 10, 6, 15, 1, 9, 7, 13, 3, 11, 5];

/// The paper of a panel, as far as it is taken.
pub(super) struct Labels {
    inside: Bounds,
    /// Marks, their intervals and names.
    taken: Vec<Bounds>,
    /// What a name had better not cover, but may.
    avoided: Vec<Bounds>,
}

/// A name with the line that leads to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) words: Words,
    leader: Option<[(f64, f64); 2]>,
}

impl Labels {
    pub(super) fn new(inside: Bounds) -> Self {
        Self { inside, taken: Vec::new(), avoided: Vec::new() }
    }

    /// Paper on which no name may stand.
    pub(super) fn take(&mut self, bounds: Bounds) {
        self.taken.push(bounds);
    }

    /// A line that names had better not cover.
    pub(super) fn avoid(&mut self, points: &[(f64, f64)]) {
        self.avoided.extend(points.windows(2).flat_map(|ends| along(ends[0], ends[1])));
    }

    /// A place for the name of the mark at `at`; none where there is no room.
    pub(super) fn place(&mut self, name: &str, at: (f64, f64)) -> Option<Placed> {
        for avoids in [true, false] {
            for width in WIDTHS {
                let text = shortened_name(name, TICK_SIZE, false, width);
                let places = DISTANCES.iter().flat_map(|distance| DIRECTIONS.iter().map(move |turn| (*distance, *turn)));
                let found = places.map(|(distance, turn)| beside(&text, at, distance, turn)).find(|placed| self.is_free(placed, avoids));
                if let Some(placed) = found {
                    self.taken.push(placed.words.bounds());
                    self.taken.extend(placed.leader.iter().flat_map(|[from, to]| along(*from, *to)));
                    return Some(placed);
                }
            }
        }
        None
    }

    fn is_free(&self, placed: &Placed, avoids: bool) -> bool {
        let bounds = placed.words.bounds().grown(BLANK);
        let mut covered = self.taken.iter().chain(self.avoided.iter().filter(|_| avoids));
        // The first step of a line is within its own mark.
        let leader: Vec<Bounds> = placed.leader.iter().flat_map(|[from, to]| along(*from, *to).into_iter().skip(3)).collect();
        let mut crossed = self.taken.iter().flat_map(|taken| leader.iter().map(move |step| taken.overlaps(step)));
        self.inside.holds(&bounds) && !covered.any(|taken| taken.overlaps(&bounds)) && !crossed.any(|crosses| crosses)
    }
}

impl Placed {
    pub(super) fn draw(self, drawing: &mut Drawing) {
        if let Some(ends) = self.leader {
            drawing.line(ends.to_vec(), Pen::solid(AXIS, 0.8));
        }
        drawing.words(self.words);
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
    Placed { words, leader: (distance >= LED).then_some([(x, y), nearest]) }
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
        assert!(placed[0].leader.is_none() && placed.iter().any(|placed| placed.leader.is_some()), "what stands far off is led to");
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
    fn a_line_is_kept_clear_where_there_is_room_elsewhere() {
        let mut labels = Labels::new(INSIDE);
        labels.avoid(&[(200.0, 100.0), (400.0, 100.0)]);
        let placed = labels.place("VGG16", (200.0, 100.0)).unwrap();
        assert!(placed.words.at.0 < 200.0, "{placed:?}");
    }
}
