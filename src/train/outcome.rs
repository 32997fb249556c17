//! What training hands over: rows per epoch, predictions and figures. Ages and errors are in months.

use serde::{Deserialize, Serialize};

use crate::metric::PartMetrics;
use crate::spec::Split;

/// One epoch. Train figures are the running mean during training, on augmented images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Counted from 1.
    pub epoch: u32,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Running mean absolute error, months.
    pub train_mae: f64,
    /// Running mean of the loss on the standardised target.
    pub train_loss: f64,
    /// Running share of images within the limit.
    pub train_accuracy: f64,
    /// Mean absolute error after the epoch, months; none where there is no validation part.
    pub val_mae: Option<f64>,
    /// Loss after the epoch.
    pub val_loss: Option<f64>,
    /// Share of images within the limit after the epoch.
    pub val_accuracy: Option<f64>,
}

/// What an epoch cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimingRow {
    /// Counted from 1.
    pub epoch: u32,
    /// Seconds spent on training steps.
    pub train_seconds: f64,
    /// Seconds spent on the validation part.
    pub val_seconds: f64,
    /// Training images per second of training.
    pub images_per_second: f64,
    /// Largest memory of the process so far in this run; none where it cannot be read.
    pub peak_memory_mib: Option<f64>,
}

/// What the reported weights predict for one film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionRow {
    /// The film.
    pub id: String,
    /// Validation or test.
    pub split: Split,
    /// True age, months.
    pub target: f64,
    /// Predicted age, months.
    pub predicted: f64,
}

/// Figures per part; none where the part is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartFigures {
    /// Training part.
    pub train: PartMetrics,
    /// Validation part.
    pub val: Option<PartMetrics>,
    /// Test part.
    pub test: Option<PartMetrics>,
}
