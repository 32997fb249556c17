//! Figures of merit over pairs of true and predicted ages, in months.

use serde::{Deserialize, Serialize};

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
