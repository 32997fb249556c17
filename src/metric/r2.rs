//! Coefficient of determination.

use super::{Direction, Metric, MetricUnit, all_equal, errors, mean};

/// What the number means.
pub const R2: Metric = Metric { name: "R²", unit: MetricUnit::None, direction: Direction::HigherIsBetter };

/// 1 − Σ(predictedᵢ − targetᵢ)² / Σ(targetᵢ − mean target)²: 1 where every film is right, 0 for predicting this part's own
/// mean age, and below 0 for anything worse than that.
///
/// None where all targets are equal, one film included: there is then no variance to explain.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn r2(targets: &[f64], predicted: &[f64]) -> Option<f64> {
    let residual: f64 = errors(targets, predicted).iter().map(|error| error * error).sum();
    if all_equal(targets) {
        return None;
    }
    let centre = mean(targets);
    let total: f64 = targets.iter().map(|target| (target - centre).powi(2)).sum();
    Some(1.0 - residual / total)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn r2_of_the_hand_made_table() {
        // targets 24, 60, 96, 132, 168: mean 96, squares 5184 + 1296 + 0 + 1296 + 5184 = 12960; residual 270
        let value = r2(&TARGETS, &PREDICTED).unwrap();
        assert!((value - (1.0 - 270.0 / 12_960.0)).abs() < 1e-12, "{value}");
    }

    #[test]
    fn r2_of_predicting_the_mean_is_zero_and_worse_is_negative() {
        assert!(r2(&TARGETS, &[96.0; 5]).unwrap().abs() < 1e-12);
        assert!(r2(&TARGETS, &[300.0; 5]).unwrap() < -1.0);
    }

    #[test]
    fn r2_is_none_without_variance() {
        // 0.1 is not exact in binary, so the mean of three differs from it and a variance would not be exactly zero.
        assert_eq!(r2(&[0.1; 3], &[1.0, 2.0, 3.0]), None);
        assert_eq!(r2(&[24.0], &[24.0]), None);
    }
}
