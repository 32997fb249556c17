//! Root mean squared error.

use super::{Direction, Metric, MetricUnit, errors, mean};

/// What the number means.
pub const RMSE: Metric = Metric { name: "RMSE", unit: MetricUnit::Age, direction: Direction::LowerIsBetter };

/// The square root of the mean of (predictedᵢ − targetᵢ)².
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn rmse(targets: &[f64], predicted: &[f64]) -> f64 {
    let squares: Vec<f64> = errors(targets, predicted).iter().map(|error| error * error).collect();
    mean(&squares).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn rmse_of_the_hand_made_table() {
        // squares 36, 9, 0, 144, 81: mean 54
        assert!((rmse(&TARGETS, &PREDICTED) - 54.0_f64.sqrt()).abs() < 1e-12);
    }
}
