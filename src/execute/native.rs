//! The trainer that trains: LibTorch over cached films.

use std::ops::ControlFlow;

use tch::Device;

use super::{Trainer, guarded};
use crate::data::{Assignment, CachedDataset};
use crate::device;
use crate::plan::{ImageConfig, RunConfig};
use crate::train::{TrainEvent, TrainedRun, TrainingData, train};

/// Trains with LibTorch.
#[derive(Debug)]
pub struct NativeTrainer {
    device: Device,
    data: Vec<(ImageConfig, CachedDataset)>,
    assignment: Assignment,
}

impl NativeTrainer {
    /// For the films of a plan, cached once per image setting, and their assignment to parts.
    pub fn new(device: Device, data: Vec<(ImageConfig, CachedDataset)>, assignment: Assignment) -> Self {
        Self { device, data, assignment }
    }
}

impl Trainer for NativeTrainer {
    fn train(&mut self, config: &RunConfig, observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>) -> Result<TrainedRun, String> {
        let (_, cached) = self.data.iter().find(|(image, _)| *image == config.image).expect("films were cached for every image setting");
        let partition = self.assignment.partition(config.fold);
        let data = TrainingData { samples: &cached.dataset.samples, films: &cached.cache, partition: &partition };
        guarded(|| train(config, data, self.device, observe).map_err(|error| error.to_string()))
    }

    fn place(&self) -> (String, u32) {
        (device::describe(self.device), device::threads())
    }
}
