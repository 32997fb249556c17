//! Settings for the tests of this module.

use crate::plan::{ComputePrecision, TrainConfig};
use crate::spec::{Loss, Optimizer, Schedule};

/// The defaults of a spec, in fp32.
pub(super) fn train_config() -> TrainConfig {
    TrainConfig {
        epochs: 10,
        batch_size: 16,
        optimizer: Optimizer::Adam,
        learning_rate: 1e-3,
        weight_decay: 0.0,
        schedule: Schedule::Constant,
        warmup_epochs: 0.0,
        loss: Loss::Mse,
        gradient_clip: None,
        ema: None,
        early_stop: None,
        precision: ComputePrecision::Fp32,
    }
}
