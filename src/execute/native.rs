//! The trainer that trains: LibTorch over cached films.

use std::collections::BTreeMap;

use tch::Device;

use super::{Trainer, guarded};
use crate::data::{Assignment, CachedDataset};
use crate::device;
use crate::plan::{ImageConfig, RunConfig};
use crate::train::{Checkpoint, Observer, TrainedRun, TrainingData, train};
use crate::weights::Located;

/// Trains with LibTorch.
#[derive(Debug)]
pub struct NativeTrainer {
    device: Device,
    data: Vec<(ImageConfig, CachedDataset)>,
    assignment: Assignment,
    weights: BTreeMap<String, Located>,
}

impl NativeTrainer {
    /// For the films of a plan, cached once per image setting, their assignment to parts, and the files of weights that runs
    /// start from, by digest.
    pub fn new(
        device: Device,
        data: Vec<(ImageConfig, CachedDataset)>,
        assignment: Assignment,
        weights: BTreeMap<String, Located>,
    ) -> Self {
        Self { device, data, assignment, weights }
    }

    /// The file that a run starts from.
    fn weights_of(&self, config: &RunConfig) -> Result<Option<&Located>, String> {
        let Some(transfer) = &config.transfer else { return Ok(None) };
        let located = transfer.sha256.as_ref().and_then(|digest| self.weights.get(digest));
        located.map(Some).ok_or_else(|| "the weights to start from were not found".to_owned())
    }
}

impl Trainer for NativeTrainer {
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, String> {
        let (_, cached) = self.data.iter().find(|(image, _)| *image == config.image).expect("films were cached for every image setting");
        let partition = self.assignment.partition(config.fold);
        let data = TrainingData {
            samples: &cached.dataset.samples,
            films: &cached.cache,
            partition: &partition,
            weights: self.weights_of(config)?,
        };
        guarded(|| train(config, data, self.device, from, observe).map_err(|error| error.to_string()))
    }

    fn place(&self) -> (String, u32) {
        (device::describe(self.device), device::threads())
    }
}
