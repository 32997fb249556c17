//! Pearson's correlation coefficient.

use super::{Direction, Metric, MetricUnit, all_equal, checked_length, mean};

/// What the number means.
pub const PEARSON: Metric = Metric { name: "Pearson r", unit: MetricUnit::None, direction: Direction::HigherIsBetter };

/// cov(target, predicted) / (sd of targets · sd of predicted): 1 where the pairs lie on any rising line, so that neither a shift
/// nor a slope is noticed; to be read beside concordance, which notices both.
///
/// None where all targets or all predictions are one number, one film included.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn pearson(targets: &[f64], predicted: &[f64]) -> Option<f64> {
    checked_length(targets, predicted);
    if all_equal(targets) || all_equal(predicted) {
        return None;
    }
    let (target_mean, predicted_mean) = (mean(targets), mean(predicted));
    let (mut products, mut target_squares, mut predicted_squares) = (0.0, 0.0, 0.0);
    for (target, prediction) in targets.iter().zip(predicted) {
        products += (target - target_mean) * (prediction - predicted_mean);
        target_squares += (target - target_mean).powi(2);
        predicted_squares += (prediction - predicted_mean).powi(2);
    }
    Some(products / (target_squares * predicted_squares).sqrt())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn pearson_of_the_hand_made_table() {
        // Sums of products and squares as in the test of concordance.
        let value = pearson(&TARGETS, &PREDICTED).unwrap();
        assert!((value - 12_420.0 / (12_960.0_f64 * 12_142.8).sqrt()).abs() < 1e-12, "{value}");
    }

    #[test]
    fn a_shift_and_a_slope_are_not_noticed() {
        let moved = TARGETS.map(|target| 0.5 * target + 36.0);
        assert!((pearson(&TARGETS, &moved).unwrap() - 1.0).abs() < 1e-12);
        assert!((pearson(&TARGETS, &moved.map(|age| -age)).unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_spread_there_is_no_correlation() {
        assert_eq!(pearson(&TARGETS, &[0.1; 5]), None);
        assert_eq!(pearson(&[24.0], &[30.0]), None);
    }
}
