//! Mean absolute error.

use super::{Direction, Metric, MetricUnit, absolute_errors, mean};

/// What the number means.
pub const MAE: Metric = Metric { name: "MAE", unit: MetricUnit::Age, direction: Direction::LowerIsBetter };

/// The mean of |predictedᵢ − targetᵢ|.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn mae(targets: &[f64], predicted: &[f64]) -> f64 {
    mean(&absolute_errors(targets, predicted))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn mae_of_the_hand_made_table() {
        // |errors| 6, 3, 0, 12, 9
        assert_eq!(mae(&TARGETS, &PREDICTED).to_bits(), 6.0_f64.to_bits());
    }

    #[test]
    fn mae_of_one_film_is_its_error() {
        assert_eq!(mae(&[10.0], &[7.5]).to_bits(), 2.5_f64.to_bits());
    }
}
