//! Lin's concordance correlation coefficient.

use super::{Direction, Metric, MetricUnit, all_equal, checked_length, mean};

/// What the number means.
pub const CONCORDANCE: Metric = Metric { name: "Concordance", unit: MetricUnit::None, direction: Direction::HigherIsBetter };

/// 2·cov / (var of targets + var of predicted + (mean target − mean predicted)²), with moments over n (Lin 1989): 1 where
/// all pairs lie on the identity line, and lower for scatter as for a shift or a slope.
///
/// None for one film, and where all targets and all predictions are one number.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn concordance(targets: &[f64], predicted: &[f64]) -> Option<f64> {
    let count = checked_length(targets, predicted) as f64;
    if targets.len() < 2 {
        return None;
    }
    // A constant's mean may be off by a rounding error, so that its moments would be tiny instead of zero.
    if all_equal(targets) || all_equal(predicted) {
        let is_one_number = all_equal(targets) && all_equal(predicted) && all_equal(&[targets[0], predicted[0]]);
        return (!is_one_number).then_some(0.0);
    }
    let (target_mean, predicted_mean) = (mean(targets), mean(predicted));
    let (mut covariance, mut target_variance, mut predicted_variance) = (0.0, 0.0, 0.0);
    for (target, prediction) in targets.iter().zip(predicted) {
        covariance += (target - target_mean) * (prediction - predicted_mean) / count;
        target_variance += (target - target_mean).powi(2) / count;
        predicted_variance += (prediction - predicted_mean).powi(2) / count;
    }
    Some(2.0 * covariance / (target_variance + predicted_variance + (target_mean - predicted_mean).powi(2)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn concordance_of_the_hand_made_table() {
        // predicted 30, 57, 96, 144, 159: mean 97.2; deviations of targets −72, −36, 0, 36, 72
        // cov·5 = 72·67.2 + 36·40.2 + 36·46.8 + 72·61.8 = 12420; var of targets·5 = 12960
        // var of predicted·5 = 67.2² + 40.2² + 1.2² + 46.8² + 61.8² = 12142.8; 5·(1.2)² = 7.2
        let value = concordance(&TARGETS, &PREDICTED).unwrap();
        assert!((value - 24_840.0 / (12_960.0 + 12_142.8 + 7.2)).abs() < 1e-12, "{value}");
    }

    #[test]
    fn a_shift_lowers_concordance_although_the_correlation_is_perfect() {
        let shifted = TARGETS.map(|target| target + 36.0);
        // cov = var = 2592, so 5184 / (5184 + 1296)
        assert!((concordance(&TARGETS, &shifted).unwrap() - 0.8).abs() < 1e-12);
        assert!((concordance(&TARGETS, &TARGETS).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn concordance_without_spread_is_zero_or_none() {
        assert_eq!(concordance(&TARGETS, &[0.1; 5]), Some(0.0));
        assert_eq!(concordance(&[0.1; 3], &[0.1; 3]), None);
        assert_eq!(concordance(&[24.0], &[30.0]), None);
    }
}
