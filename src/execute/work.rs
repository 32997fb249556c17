//! What one attempt at a run is told, and what makes its figures.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::saving::LastCheckpoint;
use crate::plan::RunConfig;
use crate::record::format::FailureKind;
use crate::train::{Checkpoint, Observer, TrainedRun};

/// A run with its name and id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The row it belongs to.
    pub label: String,
    /// Its id, the name of its folder.
    pub run_id: String,
    /// What it has in common with the same run of more or fewer epochs.
    pub course_id: String,
    /// All its settings.
    pub config: RunConfig,
}

/// One attempt at a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The run.
    pub job: Job,
    /// The folder that the attempt writes into.
    pub folder: PathBuf,
    /// The folders of earlier attempts, the newest first.
    pub earlier: Vec<PathBuf>,
    /// The folder whose finished runs a longer one may go on from; none where it is to begin anew.
    pub results: Option<PathBuf>,
    /// Longest time between two checkpoints within an epoch.
    pub every: Duration,
    /// What becomes of the last checkpoint of a finished run.
    pub last: LastCheckpoint,
    /// Films per forward pass, where memory allows no more; none for whole batches, or for what a checkpoint was made with.
    pub micro_batch_size: Option<u32>,
}

/// Why a run has no figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// In one line.
    pub cause: String,
}

impl Fault {
    /// One of a kind.
    pub fn new(kind: FailureKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into() }
    }
}

/// Where and how a run is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `cpu` or `cuda:N`.
    pub device: String,
    /// CPU threads.
    pub threads: u32,
    /// Whether what repeats itself only nearly was allowed on CUDA.
    pub fast: bool,
}

/// Trains one run. The real one is LibTorch; tests use one with canned figures.
pub trait Trainer {
    /// Train a run, from the beginning or on from a checkpoint, and report its events.
    ///
    /// # Errors
    /// The cause; the other runs go on.
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, Fault>;

    /// Where and how it computes, for the record of costs.
    fn place(&self) -> Place;
}
