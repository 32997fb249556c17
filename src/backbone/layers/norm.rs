//! Normalisation layers; their statistics are always computed in fp32.

use tch::{Kind, Tensor};

use crate::backbone::context::Context;
use crate::backbone::parameters::{Init, Path};

/// Constants of a batch norm.
#[derive(Debug, Clone, Copy)]
pub struct BatchNormConfig {
    /// Added to the variance.
    pub epsilon: f64,
    /// Share of the batch's statistics in the new running statistics.
    pub momentum: f64,
}

impl Default for BatchNormConfig {
    /// The defaults of PyTorch.
    fn default() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1 }
    }
}

/// Batch normalisation (Ioffe & Szegedy 2015, arXiv 1502.03167); parameters `weight` and `bias`, buffers
/// `running_mean` and `running_var`.
#[derive(Debug)]
pub struct BatchNorm2d {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    config: BatchNormConfig,
}

impl BatchNorm2d {
    /// A new one under `path`.
    pub fn new(path: &Path, channels: i64, config: BatchNormConfig) -> Self {
        Self {
            weight: path.parameter("weight", &[channels], Init::Constant(1.0)),
            bias: path.parameter("bias", &[channels], Init::Constant(0.0)),
            running_mean: path.buffer("running_mean", &[channels], 0.0),
            running_var: path.buffer("running_var", &[channels], 1.0),
            config,
        }
    }

    /// # Shapes
    /// `[N, channels, H, W]` → the same, of the same kind.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        xs.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            context.is_training(),
            self.config.momentum,
            self.config.epsilon,
            true,
        )
    }
}

/// Layer normalisation over the last dimension (Ba et al. 2016, arXiv 1607.06450); parameters `weight` and `bias`.
#[derive(Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl LayerNorm {
    /// A new one under `path`.
    pub fn new(path: &Path, width: i64, epsilon: f64) -> Self {
        let weight = path.parameter("weight", &[width], Init::Constant(1.0));
        Self { weight, bias: path.parameter("bias", &[width], Init::Constant(0.0)), epsilon }
    }

    /// # Shapes
    /// `[..., width]` of any kind → `[..., width]` in fp32.
    pub fn forward(&self, xs: &Tensor) -> Tensor {
        xs.to_kind(Kind::Float).layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), self.epsilon, false)
    }
}
