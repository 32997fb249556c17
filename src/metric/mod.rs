//! Figures of merit over pairs of true and predicted ages, in months.
//!
//! In come two equally long slices, one pair per film; out come numbers, each with a name, a unit and a direction. One file
//! per metric holds its formula; [`bootstrap`] says how sure a figure over films is, and [`holm()`] keeps several comparisons honest.

mod accuracy;
mod agreement;
mod bias;
pub mod bootstrap;
mod calibration;
mod concordance;
mod holm;
mod mae;
mod median_absolute_error;
mod normal;
mod pearson;
mod r2;
#[cfg(test)]
mod reference;
mod rmse;

use serde::{Deserialize, Serialize};

pub use accuracy::{ACCURACY, WITHIN_MONTHS, accuracy};
pub use agreement::{LimitsOfAgreement, limits_intervals, limits_of_agreement};
pub use bias::{BIAS, bias};
pub use calibration::{Calibration, calibration, calibration_slope_interval};
pub use concordance::{CONCORDANCE, concordance};
pub use holm::holm;
pub use mae::{MAE, mae};
pub use median_absolute_error::{MEDIAN_ABSOLUTE_ERROR, median_absolute_error};
pub use pearson::{PEARSON, pearson};
pub use r2::{R2, r2};
pub use rmse::{RMSE, rmse};

/// The training loss on the standardised target; its formula is the trainer's.
pub const LOSS: Metric = Metric { name: "Loss", unit: MetricUnit::None, direction: Direction::LowerIsBetter };

/// What a metric's number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// As it stands in tables.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: MetricUnit,
    /// Which numbers are good.
    pub direction: Direction,
}

/// What a metric is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// The unit of the ages.
    Age,
    /// A share from 0 to 1, shown in percent.
    Share,
    /// A pure number.
    None,
}

/// Which numbers are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Such as an error.
    LowerIsBetter,
    /// Such as an error with its sign.
    NearerToZeroIsBetter,
    /// Such as a share of what is right.
    HigherIsBetter,
}

/// All figures of one part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartMetrics {
    /// Number of films.
    pub count: u64,
    /// Mean absolute error, months; lower is better.
    pub mae: f64,
    /// Root mean squared error, months; lower is better.
    pub rmse: f64,
    /// Mean of predicted − true, months; nearer to 0 is better.
    pub bias: f64,
    /// Median absolute error, months; lower is better.
    pub median_absolute_error: f64,
    /// Coefficient of determination; none where all true ages are equal; higher is better.
    pub r2: Option<f64>,
    /// Lin's concordance correlation coefficient; none where it is undefined; higher is better.
    pub concordance: Option<f64>,
    /// The training loss, on the standardised target; lower is better.
    pub loss: f64,
    /// Share of films whose absolute error is within the limit; higher is better.
    pub accuracy: f64,
}

impl PartMetrics {
    /// All figures of one part, from ages in months and the mean loss over its films.
    ///
    /// # Panics
    ///
    /// Where the slices are empty, differ in length or hold a number that is not finite, or where the loss is not finite:
    /// a diverged run fails before it is judged, so that no figure is ever NaN.
    pub fn compute(targets: &[f64], predicted: &[f64], accuracy_within: f64, loss: f64) -> Self {
        let is_finite = targets.iter().chain(predicted).chain([&loss]).all(|value| value.is_finite());
        assert!(is_finite, "figures need finite targets, predictions and loss");
        Self {
            count: checked_length(targets, predicted) as u64,
            mae: mae(targets, predicted),
            rmse: rmse(targets, predicted),
            bias: bias(targets, predicted),
            median_absolute_error: median_absolute_error(targets, predicted),
            r2: r2(targets, predicted),
            concordance: concordance(targets, predicted),
            loss,
            accuracy: accuracy(targets, predicted, accuracy_within),
        }
    }
}

/// The number of pairs.
fn checked_length(targets: &[f64], predicted: &[f64]) -> usize {
    assert_eq!(targets.len(), predicted.len(), "every target needs one prediction");
    assert!(!targets.is_empty(), "a figure needs at least one film");
    targets.len()
}

/// predictedᵢ − targetᵢ.
fn errors(targets: &[f64], predicted: &[f64]) -> Vec<f64> {
    checked_length(targets, predicted);
    targets.iter().zip(predicted).map(|(target, prediction)| prediction - target).collect()
}

/// |predictedᵢ − targetᵢ|.
fn absolute_errors(targets: &[f64], predicted: &[f64]) -> Vec<f64> {
    errors(targets, predicted).into_iter().map(f64::abs).collect()
}

/// The arithmetic mean of at least one value.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Whether there is but one value, bit for bit apart from the sign of zero.
#[allow(clippy::float_cmp, reason = "exact equality is what makes a variance exactly zero")]
fn all_equal(values: &[f64]) -> bool {
    values.iter().all(|value| *value == values[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The hand-made table, months; errors 6, −3, 0, 12, −9.
    pub(super) const TARGETS: [f64; 5] = [24.0, 60.0, 96.0, 132.0, 168.0];
    pub(super) const PREDICTED: [f64; 5] = [30.0, 57.0, 96.0, 144.0, 159.0];

    #[test]
    fn compute_puts_every_figure_in_its_own_field() {
        let figures = PartMetrics::compute(&TARGETS, &PREDICTED, 6.0, 0.25);
        assert_eq!(
            figures,
            PartMetrics {
                count: 5,
                mae: 6.0,
                rmse: 54.0_f64.sqrt(),
                bias: 1.2,
                median_absolute_error: 6.0,
                r2: Some(1.0 - 270.0 / 12_960.0),
                concordance: concordance(&TARGETS, &PREDICTED),
                loss: 0.25,
                accuracy: 0.6,
            }
        );
    }

    /// scikit-learn, scipy and statsmodels, each on ages of its own kind.
    #[test]
    fn figures_are_those_of_other_programs() {
        let cases = reference::Reference::read().figures;
        assert!(cases.len() >= 4);
        for case in cases {
            let (targets, predicted) = (&case.targets, &case.predicted);
            let limits = limits_of_agreement(targets, predicted).unwrap();
            let line = calibration(targets, predicted).unwrap();
            let within = WITHIN_MONTHS.map(|months| accuracy(targets, predicted, months));
            for (what, found, expected) in [
                ("MAE", mae(targets, predicted), case.mae),
                ("RMSE", rmse(targets, predicted), case.rmse),
                ("bias", bias(targets, predicted), case.bias),
                ("median", median_absolute_error(targets, predicted), case.median_absolute_error),
                ("R²", r2(targets, predicted).unwrap(), case.r2),
                ("Pearson r", pearson(targets, predicted).unwrap(), case.pearson),
                ("concordance", concordance(targets, predicted).unwrap(), case.concordance),
                ("within 6 months", within[0], case.within[0]),
                ("within 12 months", within[1], case.within[1]),
                ("within 24 months", within[2], case.within[2]),
                ("lower limit", limits.low, case.limits[0]),
                ("upper limit", limits.high, case.limits[1]),
                ("slope", line.slope, case.calibration_slope),
                ("intercept", line.intercept, case.calibration_intercept),
            ] {
                assert!(reference::near(found, expected, 1e-10), "{}: {what} is {found}, the other program says {expected}", case.name);
            }
        }
    }

    #[test]
    fn one_film_has_errors_but_neither_r2_nor_concordance() {
        let figures = PartMetrics::compute(&[24.0], &[30.0], 12.0, 1.0);
        assert_eq!((figures.count, figures.mae, figures.r2, figures.concordance), (1, 6.0, None, None));
    }

    #[test]
    #[should_panic(expected = "finite")]
    fn a_diverged_prediction_is_refused_rather_than_averaged() {
        let _ = PartMetrics::compute(&[24.0, 36.0], &[30.0, f64::NAN], 12.0, 1.0);
    }

    #[test]
    #[should_panic(expected = "one prediction")]
    fn a_missing_prediction_is_refused() {
        let _ = PartMetrics::compute(&[24.0, 36.0], &[30.0], 12.0, 1.0);
    }
}
