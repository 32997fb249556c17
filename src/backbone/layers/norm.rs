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
    /// Where the weight starts.
    pub initial_weight: f64,
}

impl Default for BatchNormConfig {
    /// The defaults of `PyTorch`.
    fn default() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1, initial_weight: 1.0 }
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
            weight: path.parameter("weight", &[channels], Init::Constant(config.initial_weight)),
            bias: path.parameter("bias", &[channels], Init::Constant(0.0)),
            running_mean: path.buffer("running_mean", &[channels], 0.0),
            running_var: path.buffer("running_var", &[channels], 1.0),
            config,
        }
    }

    /// In training the batch's statistics are used, with two exceptions for which the running statistics stand in: a norm whose
    /// weight is frozen (requires no gradient) keeps them as they are, and a batch with one value per channel has no variance
    /// (`LibTorch` would give zeros and keep NaN in `running_var` for good).
    ///
    /// # Shapes
    /// `[N, channels, H, W]` → the same, of the same kind.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let has_variance = xs.numel() as i64 > self.weight.numel() as i64;
        let is_frozen = !self.weight.requires_grad();
        xs.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            context.is_training() && has_variance && !is_frozen,
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    fn values(xs: &Tensor) -> Vec<f32> {
        Vec::try_from(xs.to_kind(Kind::Float).contiguous().view(-1)).unwrap()
    }

    fn train() -> Context {
        Context::train(Kind::Float, keyed(1, Purpose::Dropout, &[0]))
    }

    #[test]
    fn training_uses_the_batch_and_moves_the_running_statistics() {
        let parameters = Parameters::new(0, Device::Cpu);
        let config = BatchNormConfig { epsilon: 0.0, momentum: 0.5, initial_weight: 2.0 };
        let norm = BatchNorm2d::new(&parameters.root(), 1, config);
        // Mean 4, variance 5 over the batch, 20/3 as an estimate of the population's.
        let xs = Tensor::from_slice(&[1f32, 3., 5., 7.]).view([2, 1, 1, 2]);
        let ys = values(&norm.forward(&xs, &train()));
        for (y, x) in ys.iter().zip([1f32, 3., 5., 7.]) {
            assert!((y - 2.0 * (x - 4.0) / 5f32.sqrt()).abs() < 1e-5, "{ys:?}");
        }
        assert_eq!(values(&norm.running_mean), [2.0]);
        assert!((values(&norm.running_var)[0] - 0.5 * (1.0 + 20.0 / 3.0)).abs() < 1e-5);
        let ys = values(&norm.forward(&xs, &Context::eval(Kind::Float)));
        assert!((ys[3] - 2.0 * 5.0 / (23f32 / 6.0).sqrt()).abs() < 1e-5, "{ys:?}");
    }

    #[test]
    fn a_frozen_norm_keeps_its_statistics_in_training() {
        let parameters = Parameters::new(0, Device::Cpu);
        let norm = BatchNorm2d::new(&parameters.root(), 1, BatchNormConfig::default());
        let xs = Tensor::from_slice(&[1f32, 3., 5., 7.]).view([2, 1, 1, 2]);
        let _ = norm.weight.set_requires_grad(false);
        assert_eq!(norm.forward(&xs, &train()), norm.forward(&xs, &Context::eval(Kind::Float)));
        assert_eq!((values(&norm.running_mean), values(&norm.running_var)), (vec![0.0], vec![1.0]));
        let _ = norm.weight.set_requires_grad(true);
        let _ = norm.forward(&xs, &train());
        assert_ne!(values(&norm.running_mean), [0.0]);
    }

    #[test]
    fn a_batch_of_one_value_per_channel_leaves_finite_statistics() {
        let parameters = Parameters::new(0, Device::Cpu);
        let norm = BatchNorm2d::new(&parameters.root(), 2, BatchNormConfig::default());
        let xs = Tensor::from_slice(&[3f32, -1.]).view([1, 2, 1, 1]);
        let ys = values(&norm.forward(&xs, &train()));
        assert!((ys[0] - 3.0).abs() < 1e-3 && (ys[1] + 1.0).abs() < 1e-3, "{ys:?}");
        assert_eq!((values(&norm.running_mean), values(&norm.running_var)), (vec![0.0; 2], vec![1.0; 2]));
    }
}
