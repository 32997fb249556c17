//! How sure a mean over films is: the percentile bootstrap.

use rand::Rng;

use super::mean;
use crate::random::{Purpose, keyed};

/// Number of resamples.
pub const RESAMPLES: usize = 2000;
/// Share of the resampled means that lies inside the interval.
pub const CONFIDENCE: f64 = 0.95;

/// An interval about a mean, in the unit of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The percentile-bootstrap 95 % interval of the mean of `values`, one value per film.
///
/// 2000 times, as many values as there are films are drawn with replacement and averaged; the interval runs from the 2.5th
/// to the 97.5th percentile of these means (between two order statistics, linearly). It covers the chance of which films
/// are in the part, and nothing else. Equal (`seed`, number of films) draw equal resamples, so that intervals of several
/// backbones on the same films are made from the same ones.
///
/// None for fewer than two values, and where a value is not finite.
pub fn mean_interval(values: &[f64], seed: u64) -> Option<Interval> {
    if values.len() < 2 || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut generator = keyed(seed, Purpose::Bootstrap, &[values.len() as u64]);
    let mut resample = vec![0.0; values.len()];
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for slot in &mut resample {
                *slot = values[index_below(values.len(), &mut generator)];
            }
            mean(&resample)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { low: percentile(&means, tail), high: percentile(&means, 1.0 - tail) })
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
mod tests {
    use super::*;

    #[test]
    fn a_percentile_lies_between_order_statistics() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (share, expected) in [(0.0, 1.0), (0.25, 2.0), (0.375, 3.0), (0.9, 12.8), (1.0, 16.0)] {
            assert!((percentile(&sorted, share) - expected).abs() < 1e-12, "share {share}");
        }
    }

    #[test]
    fn the_interval_is_near_the_normal_one_for_many_films() {
        // 0, 1, …, 99 in months: standard error 28.866 / 10, so about 49.5 ± 5.66
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let interval = mean_interval(&values, 0).unwrap();
        assert!((interval.low - 43.84).abs() < 0.5, "{interval:?}");
        assert!((interval.high - 55.16).abs() < 0.5, "{interval:?}");
    }

    #[test]
    fn the_interval_depends_on_seed_and_values_alone() {
        let values = [3.0, 0.0, 12.0, 9.0, 6.5, 1.0, 4.0];
        assert_eq!(mean_interval(&values, 7), mean_interval(&values, 7));
        assert_ne!(mean_interval(&values, 7), mean_interval(&values, 8));
    }

    #[test]
    fn equal_errors_leave_no_width_and_too_few_or_broken_ones_no_interval() {
        assert_eq!(mean_interval(&[2.5; 4], 0), Some(Interval { low: 2.5, high: 2.5 }));
        assert_eq!(mean_interval(&[2.5], 0), None);
        assert_eq!(mean_interval(&[], 0), None);
        assert_eq!(mean_interval(&[1.0, f64::NAN, 2.0], 0), None);
    }
}
