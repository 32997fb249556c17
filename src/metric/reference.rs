//! What other programs say, for tests: `tests/reference/metrics.json`, written by `scripts/reference/metrics.py`.

use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) figures: Vec<Figures>,
    /// A number and the share of the normal distribution below it.
    pub(super) normal: Vec<[f64; 2]>,
    pub(super) holm: Vec<Holm>,
    pub(super) equal_resamples: Vec<EqualResamples>,
    pub(super) own_resamples: Vec<OwnResamples>,
}

/// Ages, and what they come to.
#[derive(Deserialize)]
pub(super) struct Figures {
    pub(super) name: String,
    pub(super) targets: Vec<f64>,
    pub(super) predicted: Vec<f64>,
    pub(super) mae: f64,
    pub(super) rmse: f64,
    pub(super) bias: f64,
    pub(super) median_absolute_error: f64,
    pub(super) r2: f64,
    pub(super) pearson: f64,
    pub(super) concordance: f64,
    pub(super) within: [f64; 3],
    pub(super) limits: [f64; 2],
    pub(super) calibration_slope: f64,
    pub(super) calibration_intercept: f64,
}

#[derive(Deserialize)]
pub(super) struct Holm {
    pub(super) p_values: Vec<f64>,
    pub(super) corrected: Vec<f64>,
}

#[derive(Deserialize)]
pub(super) struct EqualResamples {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    pub(super) patients: Vec<usize>,
    pub(super) draws: Vec<Vec<usize>>,
    /// None where no resample has the other sign.
    pub(super) p_of_zero: Option<f64>,
    pub(super) estimate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

#[derive(Deserialize)]
pub(super) struct OwnResamples {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    pub(super) patients: Vec<usize>,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Reference {
    #[allow(clippy::unwrap_used, reason = "a test may panic")]
    pub(super) fn read() -> Self {
        serde_json::from_str(include_str!("../../tests/reference/metrics.json")).unwrap()
    }
}

/// Whether two numbers are equal to within a share of the larger, or of 1.
pub(super) fn near(left: f64, right: f64, share: f64) -> bool {
    (left - right).abs() <= share * left.abs().max(right.abs()).max(1.0)
}
