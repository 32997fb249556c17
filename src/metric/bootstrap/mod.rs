//! How sure a figure over films is: the bootstrap over patients.
//!
//! Films of one patient resemble each other, so that whole patients are drawn; where no patient is known, each film is one. A
//! figure is made of sums over films (a mean of a sum and a count, a slope of five sums), so that a resample is the sum of what its
//! patients contribute. Intervals are bias-corrected and accelerated (`BCa`, Efron 1987), the acceleration by leaving out one
//! patient after the other.

mod paired;
mod patients;

use rand::Rng;

pub use self::paired::PairedMeans;
pub use self::patients::Patients;
use self::patients::add;
use super::normal;
use crate::random::{Purpose, keyed};

/// Number of resamples.
pub const RESAMPLES: usize = 2000;
/// Share of the resampled figures that an interval holds, before its corrections.
pub const CONFIDENCE: f64 = 0.95;

/// An interval about a figure, in the figure's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A figure over resamples of the patients.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Over the films as they are.
    estimate: f64,
    /// Over each resample, ascending.
    replicates: Vec<f64>,
    acceleration: f64,
}

impl Bootstrap {
    /// The figure that `figure` makes of the sums of `terms`, one per film.
    ///
    /// 2000 times, as many patients as there are are drawn with replacement. Equal (`seed`, number of patients) draw equal
    /// resamples, so that figures of several backbones on the same films are made from the same ones. It covers the chance of
    /// which patients are in the part, and nothing else.
    ///
    /// None for fewer than two patients, and where the figure of a resample, or without one of the patients, is no number.
    ///
    /// # Panics
    ///
    /// Where the patients are those of another number of films.
    pub fn of<const K: usize>(terms: &[[f64; K]], patients: &Patients, figure: impl Fn([f64; K]) -> f64, seed: u64) -> Option<Self> {
        let count = patients.count();
        let mut generator = keyed(seed, Purpose::Bootstrap, &[count as u64]);
        Self::over(&patients.sums(terms), figure, RESAMPLES, || index_below(count, &mut generator))
    }

    /// The mean of `values`, one per film.
    ///
    /// None and panics as for [`Bootstrap::of`].
    pub fn of_mean(values: &[f64], patients: &Patients, seed: u64) -> Option<Self> {
        let terms: Vec<[f64; 2]> = values.iter().map(|value| [*value, 1.0]).collect();
        Self::of(&terms, patients, |[sum, count]| sum / count, seed)
    }

    fn over<const K: usize>(
        sums: &[[f64; K]],
        figure: impl Fn([f64; K]) -> f64,
        resamples: usize,
        mut draw: impl FnMut() -> usize,
    ) -> Option<Self> {
        if sums.len() < 2 {
            return None;
        }
        let total = |sums: &mut dyn Iterator<Item = &[f64; K]>| {
            sums.fold([0.0; K], |mut total, sum| {
                add(&mut total, sum);
                total
            })
        };
        let all = total(&mut sums.iter());
        let mut replicates: Vec<f64> = (0..resamples).map(|_| figure(total(&mut (0..sums.len()).map(|_| &sums[draw()])))).collect();
        replicates.sort_by(f64::total_cmp);
        let without: Vec<f64> = sums.iter().map(|sum| figure(std::array::from_fn(|place| all[place] - sum[place]))).collect();
        let estimate = figure(all);
        let is_finite = replicates.iter().chain(&without).chain([&estimate]).all(|value| value.is_finite());
        is_finite.then(|| Self { estimate, replicates, acceleration: acceleration(&without) })
    }

    /// The figure over the films as they are.
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// Its 95 % interval: between the percentiles Φ(z₀ + (z₀ + z) / (1 − a·(z₀ + z))), z = ∓1.96, of the resampled figures (between
    /// two order statistics, linearly), where Φ(z₀) is the share of them below the estimate and a the acceleration.
    pub fn interval(&self) -> Interval {
        let correction = normal::quantile(self.share_below(self.estimate));
        let end = |z: f64| {
            let moved = correction + z;
            percentile(&self.replicates, normal::cumulative(correction + moved / (1.0 - self.acceleration * moved)))
        };
        let z = normal::quantile(f64::midpoint(1.0, CONFIDENCE));
        Interval { low: end(-z), high: end(z) }
    }

    /// The two-sided p-value of a figure of zero: one minus the confidence of the interval that just reaches it, so that 0 lies outside
    /// the 95 % interval where it is below 0.05 (Efron & Tibshirani 1993, section 15.3). It is at least 2 / (resamples + 1), finer than
    /// which resamples cannot tell; 1 where all resampled figures are 0.
    pub fn p_of_zero(&self) -> f64 {
        if self.replicates.iter().all(|value| *value == 0.0) {
            return 1.0;
        }
        let least = 1.0 / (self.replicates.len() + 1) as f64;
        if self.replicates[0] > 0.0 || self.replicates[self.replicates.len() - 1] < 0.0 {
            return 2.0 * least;
        }
        let correction = normal::quantile(self.share_below(self.estimate));
        let moved = normal::quantile(self.share_below(0.0)) - correction;
        let below = normal::cumulative(moved / (1.0 + self.acceleration * moved) - correction);
        2.0 * below.min(1.0 - below).clamp(least, 0.5)
    }

    /// The share of resampled figures below `value`, with half of those equal to it; never quite none or all.
    fn share_below(&self, value: f64) -> f64 {
        let below = self.replicates.partition_point(|replicate| *replicate < value);
        let up_to = self.replicates.partition_point(|replicate| *replicate <= value);
        let count = self.replicates.len() as f64;
        ((below + up_to) as f64 / (2.0 * count)).clamp(1.0 / (count + 1.0), count / (count + 1.0))
    }
}

/// Σu³ / (6·(Σu²)^1.5), where u is how far each figure with one patient left out lies below their mean; 0 where they are all equal.
fn acceleration(without: &[f64]) -> f64 {
    let centre = super::mean(without);
    let (mut squares, mut cubes) = (0.0, 0.0);
    for figure in without {
        let below = centre - figure;
        squares += below * below;
        cubes += below * below * below;
    }
    if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

/// A number from 0 up to `bound`, without it. Written out here, so that no release of a library can change an interval; the
/// bias of multiplying is below `bound` / 2⁶⁴.
fn index_below(bound: usize, generator: &mut impl Rng) -> usize {
    ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize
}

/// The `share` quantile of sorted numbers, linear between order statistics.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor();
    let low = sorted[below as usize];
    let high = sorted[position.ceil() as usize];
    low + (high - low) * (position - below)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
