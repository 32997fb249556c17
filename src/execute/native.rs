//! The trainer that trains: LibTorch over cached films.

use tch::Device;

use super::guard::guarded;
use super::work::{Fault, Trainer};
use crate::data::{FilmCache, Partition, Sample};
use crate::device;
use crate::plan::RunConfig;
use crate::record::format::FailureKind;
use crate::train::{Checkpoint, Observer, TrainError, TrainedRun, TrainingData, train};
use crate::weights::Located;

/// Trains with LibTorch.
#[derive(Debug)]
pub struct NativeTrainer {
    device: Device,
    samples: Vec<Sample>,
    films: FilmCache,
    partition: Partition,
    weights: Option<Located>,
}

impl NativeTrainer {
    /// For films, their labels in the same order and their parts, and the file of weights that the run starts from. What repeats
    /// itself only nearly is used on CUDA where `fast`.
    pub fn new(device: Device, fast: bool, samples: Vec<Sample>, films: FilmCache, partition: Partition, weights: Option<Located>) -> Self {
        if fast {
            device::relax(device);
        } else {
            device::make_deterministic(device);
        }
        Self { device, samples, films, partition, weights }
    }
}

impl Trainer for NativeTrainer {
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, Fault> {
        let found = self.weights.as_ref().filter(|weights| {
            let asked = config.transfer.as_ref().and_then(|transfer| transfer.sha256.as_ref());
            asked == Some(&weights.sha256)
        });
        if config.transfer.is_some() && found.is_none() {
            return Err(Fault::new(FailureKind::Other, "the weights to start from were not found"));
        }
        let data = TrainingData { samples: &self.samples, films: &self.films, partition: &self.partition, weights: found };
        let mut kind = None;
        let outcome = guarded(|| {
            train(config, data, self.device, from, observe).map_err(|error| {
                kind = Some(kind_of(&error));
                error.to_string()
            })
        });
        outcome.map_err(|cause| {
            let kind = kind.unwrap_or_else(|| if is_out_of_memory(&cause) { FailureKind::OutOfMemory } else { FailureKind::Other });
            Fault { kind, cause }
        })
    }

    fn place(&self) -> (String, u32) {
        (device::describe(self.device), device::threads())
    }
}

fn kind_of(error: &TrainError) -> FailureKind {
    match error {
        TrainError::Diverged { .. } | TrainError::Prediction { .. } => FailureKind::Diverged,
        _ => FailureKind::Other,
    }
}

fn is_out_of_memory(cause: &str) -> bool {
    cause.starts_with("out of memory")
}
