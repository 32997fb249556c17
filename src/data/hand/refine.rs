//! From the part of a hand that a threshold found to the whole, dim fingertips included.

use super::candidate::median;
use super::mask::Mask;
use super::reduce::Reduced;

/// How far, as a share of the longer side, the background beside a hand is looked at and the hand may grow.
const REACH: f64 = 0.12;
/// Fewer pixels of background say nothing.
const LEAST_BACKGROUND: usize = 40;
/// So many deviations above the background is no background, and so many a hand.
const DEVIATIONS: f64 = 3.0;
/// Share of the hand's height above the background from which a pixel beside it belongs to it.
const LEAST_HEIGHT: f64 = 0.2;

/// Grow a hand down to a level just above the background beside it, which may slope.
pub(super) fn refine(film: &Reduced, field: &Mask, hand: &Mask) -> Mask {
    let filled = hand.filled();
    let reach = (REACH * film.height.max(film.width) as f64) as usize;
    let beside = filled.dilated(reach + reach / 2).and(field).without(&filled.dilated(2));
    let Some((plane, deviation)) = background(film, &beside) else { return hand.clone() };
    let height = |place: usize| f64::from(film.levels[place]) - plane.at(place, film.width);
    let hand_height = median(hand.places().map(|place| height(place) as f32).collect());
    if hand_height < DEVIATIONS * deviation {
        return hand.clone();
    }
    let threshold = (DEVIATIONS * deviation).max(LEAST_HEIGHT * hand_height);
    let near = hand.dilated(reach).and(field).filter(|place| height(place) > threshold);
    near.connected_with(hand.places()).opened(1).connected_with(hand.places()).or(hand)
}

/// A level that changes evenly over the film: at the origin, per row and per column.
struct Plane([f64; 3]);

impl Plane {
    fn at(&self, place: usize, width: usize) -> f64 {
        let [level, down, across] = self.0;
        level + down * (place / width) as f64 + across * (place % width) as f64
    }

    /// The plane of least squares; none where the places lie on a line.
    fn through(film: &Reduced, places: &Mask) -> Option<Self> {
        let mut sums = [[0.0; 4]; 3];
        for place in places.places() {
            let row = [1.0, (place / film.width) as f64, (place % film.width) as f64, f64::from(film.levels[place])];
            for (sums, factor) in sums.iter_mut().zip(row) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
            }
        }
        // Gauss's elimination; the matrix is symmetric and positive, so that it needs no pivots.
        for pivot in 0..3 {
            if sums[pivot][pivot].abs() < 1e-9 {
                return None;
            }
            let above = sums[pivot].map(|value| value / sums[pivot][pivot]);
            for (index, row) in sums.iter_mut().enumerate() {
                let factor = if index == pivot { 0.0 } else { row[pivot] };
                row.iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
            }
            sums[pivot] = above;
        }
        Some(Self(sums.map(|row| row[3])))
    }
}

/// The plane of the background and how much its levels scatter about it, without the markers that lie there.
fn background(film: &Reduced, beside: &Mask) -> Option<(Plane, f64)> {
    let mut used = beside.clone();
    let mut found = None;
    for _ in 0..3 {
        if used.count() < LEAST_BACKGROUND {
            return None;
        }
        let plane = Plane::through(film, &used)?;
        let distance = |place: usize| (f64::from(film.levels[place]) - plane.at(place, film.width)).abs();
        // 1.48 median distances are a standard deviation where the distribution is normal.
        let deviation = 1.48 * median(used.places().map(|place| distance(place) as f32).collect()) + 0.5;
        used = beside.filter(|place| distance(place) < DEVIATIONS * deviation);
        found = Some((plane, deviation));
    }
    found
}
