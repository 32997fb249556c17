//! Whether predictions mean what they say: the line of true over predicted ages.

use super::bootstrap::{Bootstrap, Interval, Patients};
use super::{all_equal, checked_length, mean};

/// The line target = intercept + slope · predicted, fitted by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// 1 is best: below it predictions are too extreme, above it too near to each other.
    pub slope: f64,
    /// 0 is best, where the slope is 1; in the unit of the ages.
    pub intercept: f64,
}

/// The line of true on predicted ages: slope cov(target, predicted) / var(predicted), through both means.
///
/// None where all predictions are one number, one film included.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn calibration(targets: &[f64], predicted: &[f64]) -> Option<Calibration> {
    checked_length(targets, predicted);
    if all_equal(predicted) {
        return None;
    }
    let (target_mean, predicted_mean) = (mean(targets), mean(predicted));
    let (mut products, mut squares) = (0.0, 0.0);
    for (target, prediction) in targets.iter().zip(predicted) {
        products += (target - target_mean) * (prediction - predicted_mean);
        squares += (prediction - predicted_mean).powi(2);
    }
    let slope = products / squares;
    Some(Calibration { slope, intercept: target_mean - slope * predicted_mean })
}

/// Bootstrap 95 % interval of the slope, over patients; none where there are too few, or where a resample has no slope.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn calibration_slope_interval(targets: &[f64], predicted: &[f64], patients: &Patients, seed: u64) -> Option<Interval> {
    checked_length(targets, predicted);
    if all_equal(predicted) {
        return None;
    }
    // About their means, so that nothing cancels in the sums of squares.
    let (target_mean, predicted_mean) = (mean(targets), mean(predicted));
    let centred = targets.iter().zip(predicted).map(|(target, prediction)| (target - target_mean, prediction - predicted_mean));
    let terms: Vec<[f64; 5]> = centred.map(|(y, x)| [1.0, x, y, x * y, x * x]).collect();
    let slope = |[count, x, y, products, squares]: [f64; 5]| (products - x * y / count) / (squares - x * x / count);
    Some(Bootstrap::of(&terms, patients, slope, seed)?.interval())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn calibration_of_the_hand_made_table() {
        // Sums of products and squares as in the test of concordance: 12420 and 12142.8; means 96 and 97.2.
        let line = calibration(&TARGETS, &PREDICTED).unwrap();
        let slope = 12_420.0 / 12_142.8;
        assert!((line.slope - slope).abs() < 1e-12 && (line.intercept - (96.0 - slope * 97.2)).abs() < 1e-9, "{line:?}");
    }

    #[test]
    fn predictions_drawn_to_the_middle_have_a_slope_above_one() {
        let drawn = TARGETS.map(|target| 96.0 + 0.5 * (target - 96.0));
        let line = calibration(&TARGETS, &drawn).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.intercept + 96.0).abs() < 1e-9, "{line:?}");
    }

    #[test]
    fn a_constant_has_no_slope() {
        assert_eq!(calibration(&TARGETS, &[0.1; 5]), None);
        assert_eq!(calibration(&[24.0], &[30.0]), None);
        assert_eq!(calibration_slope_interval(&TARGETS, &[0.1; 5], &Patients::of_films(5), 0), None);
    }
}
