//! Which parameters of a model are trained, and how fast: a part that starts from given weights may keep them.

use tch::Tensor;

use crate::backbone::{Model, Part};
use crate::plan::{RunConfig, TrainConfig, TransferConfig};
use crate::spec::Freeze;

/// The trainable tensors of a model, some of which may rest.
#[derive(Debug)]
pub(super) struct TrainedParameters {
    parameters: Vec<(Part, Tensor)>,
    freeze: Freeze,
    unfreeze_at: Option<u32>,
}

impl TrainedParameters {
    /// Those of a model, as its run wants them.
    pub(super) fn new(model: &Model, config: &RunConfig) -> Self {
        let trainable = model.parameters().entries().into_iter().filter(|entry| entry.trainable);
        let parameters = trainable.map(|entry| (model.part(&entry.name), entry.tensor)).collect();
        let (freeze, unfreeze_at) = match &config.transfer {
            Some(TransferConfig { freeze, unfreeze_at, sha256: _ }) => (*freeze, *unfreeze_at),
            None => (Freeze::None, None),
        };
        Self { parameters, freeze, unfreeze_at }
    }

    /// The tensors, in the order of construction.
    pub(super) fn tensors(&self) -> Vec<Tensor> {
        self.parameters.iter().map(|(_, tensor)| tensor.shallow_clone()).collect()
    }

    /// What the learning rate of each is multiplied by.
    pub(super) fn rate_factors(&self, config: &TrainConfig) -> Vec<f64> {
        let backbone = config.backbone_learning_rate.map_or(1.0, |rate| rate / config.learning_rate);
        self.parameters.iter().map(|(part, _)| if *part == Part::Head { 1.0 } else { backbone }).collect()
    }

    /// Let rest what rests in that epoch, counted from 1. A batch norm whose weight rests keeps its statistics.
    pub(super) fn begin_epoch(&self, epoch: u32) {
        let thawed = self.unfreeze_at.is_some_and(|first| epoch >= first);
        for (part, tensor) in &self.parameters {
            let rests = match self.freeze {
                Freeze::None => false,
                Freeze::Stem => *part == Part::Stem,
                Freeze::Backbone => *part != Part::Head,
            };
            let _ = tensor.set_requires_grad(thawed || !rests);
        }
    }

    /// The gradients of a loss, one per tensor; undefined for those that rest.
    pub(super) fn gradients(&self, loss: &Tensor) -> Vec<Tensor> {
        let active: Vec<&Tensor> = self.parameters.iter().map(|(_, tensor)| tensor).filter(|tensor| tensor.requires_grad()).collect();
        let mut found = Tensor::run_backward(&[loss], &active, false, false).into_iter();
        let gradient = |tensor: &Tensor| if tensor.requires_grad() { found.next() } else { None };
        self.parameters.iter().map(|(_, tensor)| tensor).map(gradient).map(Option::unwrap_or_default).collect()
    }
}
