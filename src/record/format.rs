//! What a run leaves on disk: file names, columns and the schema version, for writer and reader alike.
//!
//! Ages and errors are in months. Nothing here is touched by a clock, except [`TimingRow`] and [`RunCost`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::train::{EpochRow, PartFigures, PredictionRow, TimingRow};

use crate::data::Normalization;
use crate::plan::seed_and_fold;
use crate::spec::Split;

/// Raised whenever a record's meaning changes; a record of a newer version is refused.
pub const SCHEMA_VERSION: u32 = 1;

/// Resolved settings of a run.
pub const RUN_FILE: &str = "run.yaml";
/// One [`EpochRow`] per epoch.
pub const EPOCHS_FILE: &str = "epochs.csv";
/// One [`TimingRow`] per epoch.
pub const TIMING_FILE: &str = "timing.csv";
/// One [`PredictionRow`] per validation and test film.
pub const PREDICTIONS_FILE: &str = "predictions.csv";
/// The [`RunResult`]; written last, so that its presence means "done".
pub const RESULT_FILE: &str = "result.json";
/// The [`RunCost`].
pub const COST_FILE: &str = "cost.json";
/// The [`RunFailure`] of the last attempt, where it failed.
pub const FAILURE_FILE: &str = "failure.json";
/// The weights that the figures are from.
pub const MODEL_FILE: &str = "model.safetensors";
/// The [`LoadReport`](crate::weights::LoadReport) of a run that started from given weights.
pub const WEIGHTS_FILE: &str = "weights.json";
/// One [`LrRow`](crate::train::LrRow) per step of the range test, where the learning rate was found.
pub const LR_SEARCH_FILE: &str = "lr_find.csv";
/// All that the run said.
pub const LOG_FILE: &str = "log.txt";

/// Final figures of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Version of this format.
    pub schema_version: u32,
    /// The run's id.
    pub run_id: String,
    /// Epochs trained; fewer than asked for after an early stop.
    pub epochs_trained: u32,
    /// The epoch that the figures and the weights are from.
    pub reported_epoch: u32,
    /// The part by whose figures that epoch was chosen; none where it is the last.
    pub epoch_chosen_on: Option<Split>,
    /// Figures of the reported weights, in evaluation mode, on un-augmented films.
    pub figures: PartFigures,
    /// Figures of predicting the training part's mean age for every film.
    pub baseline: PartFigures,
    /// Mean of the training targets, months.
    pub target_mean: f64,
    /// Standard deviation of the training targets, months.
    pub target_std: f64,
    /// By what the channels of a film, 0 to 1, were standardised; none in records of early versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Normalization>,
    /// The peak learning rate that the range test found; none where the spec gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_learning_rate: Option<f64>,
    /// Views of each validation and test film that its prediction is the mean of; none where a film was seen once, as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tta: Option<u32>,
    /// All parameters.
    pub parameters: u64,
    /// Billions of floating-point operations (twice the multiply-adds) for one image, forward.
    pub gflops: f64,
    /// Films per forward pass, where a batch was split for lack of memory: its gradients are added up, so that an update is that
    /// of the whole batch, but batch norm sees so many films at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<u32>,
    /// How often the learning rate was halved, and the run begun anew, because its loss was no longer a number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub learning_rate_halvings: u32,
    /// BLAKE3 of the other files of the record that no clock touches, by name; none in records of early versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// BLAKE3 of all else here, as JSON with sorted keys and without spaces; none in records of early versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blake3: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl RunResult {
    /// The seed and the fold of the run, as its id says; none for an id of another kind.
    pub fn seed_and_fold(&self) -> Option<(u64, Option<u32>)> {
        seed_and_fold(&self.run_id)
    }
}

/// What a whole run cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunCost {
    /// Seconds from start to record.
    pub seconds: f64,
    /// Training images per second over all epochs.
    pub images_per_second: f64,
    /// Largest memory of the process in this run.
    pub peak_memory_mib: Option<f64>,
    /// Where it ran.
    pub device: String,
    /// CPU threads used.
    pub threads: u32,
}

/// Why the last attempt at a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailure {
    /// Version of this format.
    pub schema_version: u32,
    /// One line.
    pub cause: String,
    /// What kind of failure it is.
    #[serde(default)]
    pub kind: FailureKind,
}

/// Kinds of failure, as far as it matters what is done about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The loss or a prediction is no number.
    Diverged,
    /// There is not enough memory, even for one film at a time.
    OutOfMemory,
    /// The process that trained it ended without a word.
    Crashed,
    /// A file could not be written.
    Storage,
    /// Anything else, such as weights that do not fit.
    #[default]
    Other,
}

impl FailureKind {
    /// Whether the cause is outside of the run, so that the same run may succeed another time.
    pub fn is_from_outside(self) -> bool {
        matches!(self, Self::OutOfMemory | Self::Crashed | Self::Storage)
    }
}

/// A finished run as read back.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    /// One per epoch.
    pub epochs: Vec<EpochRow>,
    /// One per epoch.
    pub timing: Vec<TimingRow>,
    /// Validation and test films, sorted by part and id.
    pub predictions: Vec<PredictionRow>,
    /// Final figures.
    pub result: RunResult,
    /// What it cost.
    pub cost: RunCost,
}

/// What a results folder knows about one planned run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// Finished.
    Done(Box<RecordedRun>),
    /// Tried, and failed.
    Failed(RunFailure),
    /// Not tried, or interrupted.
    Missing,
}
