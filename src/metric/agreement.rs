//! Limits of agreement: between which errors most films lie.

use super::bootstrap::{Bootstrap, Interval, Patients};
use super::{bias, errors, mean};

/// Standard deviations on each side of the bias: 95 % of a normal distribution.
const WIDTH: f64 = 1.96;

/// Bland and Altman's limits, in the unit of the ages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitsOfAgreement {
    /// Mean of predicted − true.
    pub bias: f64,
    /// bias − 1.96 standard deviations.
    pub low: f64,
    /// bias + 1.96 standard deviations.
    pub high: f64,
}

/// bias ± 1.96·s, with s the sample standard deviation (over n − 1) of predictedᵢ − targetᵢ (Bland & Altman 1986): about 95 % of
/// films lie between them where errors are roughly normal and their size does not depend on age.
///
/// None for one film.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn limits_of_agreement(targets: &[f64], predicted: &[f64]) -> Option<LimitsOfAgreement> {
    let errors = errors(targets, predicted);
    let bias = bias(targets, predicted);
    let squares: f64 = errors.iter().map(|error| (error - bias).powi(2)).sum();
    let deviation = (errors.len() > 1).then(|| (squares / (errors.len() - 1) as f64).sqrt())?;
    Some(LimitsOfAgreement { bias, low: bias - WIDTH * deviation, high: bias + WIDTH * deviation })
}

/// Bootstrap 95 % intervals of the lower and of the upper limit, over patients; none where there are too few.
///
/// # Panics
///
/// Where the slices are empty or differ in length.
pub fn limits_intervals(targets: &[f64], predicted: &[f64], patients: &Patients, seed: u64) -> Option<[Interval; 2]> {
    let errors = errors(targets, predicted);
    // About their mean, so that nothing cancels in the sums of squares.
    let centre = mean(&errors);
    let terms: Vec<[f64; 3]> = errors.iter().map(|error| error - centre).map(|error| [1.0, error, error * error]).collect();
    let limit = |side: f64| {
        let figure = |[count, sum, squares]: [f64; 3]| {
            let deviation = ((squares - sum * sum / count).max(0.0) / (count - 1.0)).sqrt();
            centre + sum / count + side * WIDTH * deviation
        };
        Some(Bootstrap::of(&terms, patients, figure, seed)?.interval())
    };
    Some([limit(-1.0)?, limit(1.0)?])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{PREDICTED, TARGETS};
    use super::*;

    #[test]
    fn limits_of_the_hand_made_table() {
        // errors 6, −3, 0, 12, −9: mean 1.2; squares about it 23.04 + 17.64 + 1.44 + 116.64 + 104.04 = 262.8, over 4
        let limits = limits_of_agreement(&TARGETS, &PREDICTED).unwrap();
        let width = 1.96 * 65.7_f64.sqrt();
        assert!((limits.bias - 1.2).abs() < 1e-12);
        assert!((limits.low - (1.2 - width)).abs() < 1e-12 && (limits.high - (1.2 + width)).abs() < 1e-12, "{limits:?}");
    }

    #[test]
    fn one_film_has_no_limits_and_equal_errors_have_narrow_ones() {
        assert_eq!(limits_of_agreement(&[24.0], &[30.0]), None);
        let shifted = TARGETS.map(|target| target + 3.0);
        assert_eq!(limits_of_agreement(&TARGETS, &shifted), Some(LimitsOfAgreement { bias: 3.0, low: 3.0, high: 3.0 }));
        let ends = limits_intervals(&TARGETS, &shifted, &Patients::of_films(5), 0).unwrap();
        assert_eq!(ends, [Interval { low: 3.0, high: 3.0 }; 2]);
    }

    #[test]
    fn an_interval_lies_about_its_limit() {
        let targets: Vec<f64> = (0..60).map(|index| 3.0 * f64::from(index)).collect();
        let predicted: Vec<f64> = targets.iter().enumerate().map(|(index, target)| target + (index * 37 % 61) as f64 / 3.0 - 8.0).collect();
        let limits = limits_of_agreement(&targets, &predicted).unwrap();
        let [low, high] = limits_intervals(&targets, &predicted, &Patients::of_films(60), 0).unwrap();
        assert!(low.low < limits.low && limits.low < low.high && low.high < high.low, "{limits:?} {low:?} {high:?}");
        assert!(high.low < limits.high && limits.high < high.high, "{limits:?} {high:?}");
    }
}
