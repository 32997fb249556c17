//! Median absolute error.

use super::{Direction, Metric, MetricUnit, absolute_errors};

/// What the number means.
pub const MEDIAN_ABSOLUTE_ERROR: Metric =
    Metric { name: "Median absolute error", unit: MetricUnit::Age, direction: Direction::LowerIsBetter };

/// The median of |predictedᵢ − targetᵢ|; for an even number of films the mean of the two in the middle.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn median_absolute_error(targets: &[f64], predicted: &[f64]) -> f64 {
    let mut sorted = absolute_errors(targets, predicted);
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn median_of_an_odd_and_of_an_even_number_of_films() {
        // |errors| 6, 3, 0, 12, 9 and, without the last, 6, 3, 0, 12
        assert_eq!(median_absolute_error(&TARGETS, &PREDICTED).to_bits(), 6.0_f64.to_bits());
        assert_eq!(median_absolute_error(&TARGETS[..4], &PREDICTED[..4]).to_bits(), 4.5_f64.to_bits());
    }
}
