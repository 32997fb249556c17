//! What other modules need of a finished run's model to look into it.

use std::path::Path;

use tch::{Kind, Tensor};

use super::{PredictError, TrainedModel};
use crate::backbone::{Context, Model};
use crate::data::TargetScale;
use crate::device::compute_kind;

impl TrainedModel {
    /// The network with its weights.
    pub fn network(&self) -> &Model {
        &self.model
    }

    /// By which the network's ages are standardised.
    pub fn target_scale(&self) -> TargetScale {
        self.scale
    }

    /// A film as the run's images are.
    ///
    /// # Shapes
    /// → `[C, H, W]` fp32, 0 to 1.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn film(&self, path: &Path) -> Result<Tensor, PredictError> {
        self.read(path)
    }

    /// Images as the network takes them, on its device.
    ///
    /// # Shapes
    /// `[N, C, H, W]` fp32, 0 to 1 → the same, standardised, channels-last.
    pub fn standardised(&self, images: &Tensor) -> Tensor {
        self.standardise(images)
    }

    /// The network's ages in the precision of the run.
    ///
    /// # Shapes
    /// Standardised images `[N, C, H, W]`, sex `[N, 1]` (0 female, 1 male, 0.5 unknown) → N ages in months.
    pub fn months(&self, images: &Tensor, sex: &Tensor) -> Vec<f64> {
        let context = Context::eval(compute_kind(self.config.train.precision));
        restored(&tch::no_grad(|| self.model.forward(images, sex, &context)), self.scale)
    }
}

/// Standardised ages as months.
///
/// # Shapes
/// `[N, 1]` → N.
fn restored(ages: &Tensor, scale: TargetScale) -> Vec<f64> {
    let values = Vec::<f64>::try_from(ages.view(-1).to_kind(Kind::Double)).expect("a one-dimensional tensor of doubles");
    values.into_iter().map(|age| scale.restore(age)).collect()
}
