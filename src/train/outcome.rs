//! What training hands over: rows per epoch, predictions and figures. Ages and errors are in months.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::checkpoint::Checkpoint;
use super::lr_finder::LrSearch;
use crate::metric::PartMetrics;
use crate::spec::Split;
use crate::weights::{self, LoadReport, OwnMetadata};

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
    /// Of the seconds of training and validation, those that were no forward pass, backward pass or update: making batches, adding up
    /// figures, telling of progress. None on CUDA, where work goes on after it was started, and in records of early versions.
    #[serde(default)]
    pub overhead_seconds: Option<f64>,
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

/// What happens while a run is trained.
#[derive(Debug, Clone, Copy)]
pub enum TrainEvent<'a> {
    /// The first step is about to begin, or the first one after the place that an interrupted run goes on from.
    Started {
        /// Images per epoch.
        images: u64,
        /// Images trained on before.
        done: u64,
        /// Epochs asked for.
        epochs: u32,
    },
    /// An update was made.
    Step {
        /// Counted from 1.
        epoch: u32,
        /// Epochs asked for.
        epochs: u32,
        /// Images in the batch.
        images: u64,
    },
    /// An epoch and its validation ended.
    Epoch {
        /// Its figures.
        row: &'a EpochRow,
        /// Its cost.
        timing: &'a TimingRow,
    },
    /// What the run can go on from, after each epoch and wherever a reply asked for it. It is of this moment: what is not
    /// written before the reply is lost.
    Checkpoint {
        /// All of it.
        checkpoint: &'a Checkpoint,
        /// Whether all epochs are done, so that nothing follows but final figures.
        last: bool,
    },
}

/// What an observer answers to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Go on.
    GoOn,
    /// Hand over a checkpoint, then ask again. Heeded after a step; after an epoch there is one anyway.
    Save,
    /// End the run.
    Stop,
}

/// A trained run, before it is recorded.
#[derive(Debug)]
pub struct TrainedRun {
    /// Epochs trained.
    pub epochs_trained: u32,
    /// The epoch that the figures and the weights are from.
    pub reported_epoch: u32,
    /// The part by whose figures that epoch was chosen.
    pub epoch_chosen_on: Option<Split>,
    /// Figures of the reported weights.
    pub figures: PartFigures,
    /// Figures of predicting the training part's mean age.
    pub baseline: PartFigures,
    /// What the weights need beside themselves to give ages.
    pub metadata: OwnMetadata,
    /// What became of the weights that the run started from.
    pub load_report: Option<LoadReport>,
    /// What the range test of the learning rate found, where there was one.
    pub lr_search: Option<LrSearch>,
    /// Views of each validation and test film that the predictions are averaged over, where there are several.
    pub tta: Option<u32>,
    /// All trainable values.
    pub parameters: u64,
    /// Billions of floating-point operations for one image.
    pub gflops: f64,
    /// For the validation and the test part, in the order of the data set.
    pub predictions: Vec<PredictionRow>,
    /// Names and values of parameters and buffers.
    pub weights: Vec<(String, Tensor)>,
}

impl TrainedRun {
    /// Write the weights as safetensors.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_weights(&self, path: &Path) -> io::Result<()> {
        weights::write(path, &self.weights, &self.metadata)
    }
}
