//! Share of films whose age is about right.

use super::{Direction, Metric, MetricUnit, absolute_errors};

/// What the number means.
pub const ACCURACY: Metric = Metric { name: "Accuracy", unit: MetricUnit::Share, direction: Direction::HigherIsBetter };

/// Limits, in months, at which bone-age papers give the share of films that are right.
pub const WITHIN_MONTHS: [f64; 3] = [6.0, 12.0, 24.0];

/// The share of films with |predictedᵢ − targetᵢ| ≤ `within`, from 0 to 1.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn accuracy(targets: &[f64], predicted: &[f64], within: f64) -> f64 {
    let errors = absolute_errors(targets, predicted);
    errors.iter().filter(|error| **error <= within).count() as f64 / errors.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn accuracy_counts_an_error_on_the_limit_as_accurate() {
        // |errors| 6, 3, 0, 12, 9
        for (within, share) in [(12.0, 1.0), (11.9, 0.8), (6.0, 0.6), (0.0, 0.2)] {
            assert!((accuracy(&TARGETS, &PREDICTED, within) - share).abs() < 1e-12, "within {within}");
        }
    }
}
