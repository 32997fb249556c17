//! Mean error with its sign.

use super::{Direction, Metric, MetricUnit, errors, mean};

/// What the number means.
pub const BIAS: Metric = Metric { name: "Bias", unit: MetricUnit::Age, direction: Direction::NearerToZeroIsBetter };

/// The mean of predictedᵢ − targetᵢ: above 0 where films are judged too old.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn bias(targets: &[f64], predicted: &[f64]) -> f64 {
    mean(&errors(targets, predicted))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn bias_of_the_hand_made_table_keeps_its_sign() {
        // errors 6, −3, 0, 12, −9
        assert!((bias(&TARGETS, &PREDICTED) - 1.2).abs() < 1e-12);
        assert!((bias(&PREDICTED, &TARGETS) + 1.2).abs() < 1e-12);
    }
}
