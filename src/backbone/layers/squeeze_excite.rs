//! Squeeze-and-excitation: a weight for every channel, computed from the means of all channels.

use tch::Tensor;

use super::{Activation, Conv2d, ConvConfig};
use crate::backbone::context::Context;
use crate::backbone::parameters::{Init, Path};

/// Everything about a squeeze-and-excitation block.
#[derive(Debug, Clone, Copy)]
pub struct SqueezeExciteConfig {
    /// Channels in and out.
    pub channels: i64,
    /// Channels of the bottleneck.
    pub reduced_channels: i64,
    /// Activation of the bottleneck.
    pub activation: Activation,
    /// How both weights start; the biases start at zero.
    pub init: Init,
}

/// Squeeze-and-excitation (Hu et al. 2017, arXiv 1709.01507); parameters `conv_reduce.*` and `conv_expand.*` as in timm,
/// where the two fully connected layers of the paper are 1×1 convolutions.
#[derive(Debug)]
pub struct SqueezeExcite {
    conv_reduce: Conv2d,
    activation: Activation,
    conv_expand: Conv2d,
}

impl SqueezeExcite {
    /// A new one under `path`.
    pub fn new(path: &Path, config: SqueezeExciteConfig) -> Self {
        let SqueezeExciteConfig { channels, reduced_channels, activation, init } = config;
        let conv = ConvConfig::new(1).bias(Init::Constant(0.0)).init(init);
        Self {
            conv_reduce: Conv2d::new(&path.sub("conv_reduce"), channels, reduced_channels, conv),
            activation,
            conv_expand: Conv2d::new(&path.sub("conv_expand"), reduced_channels, channels, conv),
        }
    }

    /// # Shapes
    /// `[N, channels, H, W]` of the context's kind → the same.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let squeezed = xs.mean_dim([2, 3].as_slice(), true, xs.kind());
        let reduced = self.activation.apply(&self.conv_reduce.forward(&squeezed, context));
        xs * self.conv_expand.forward(&reduced, context).sigmoid()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::parameters::Parameters;

    #[test]
    fn every_position_of_a_channel_is_scaled_alike() {
        let parameters = Parameters::new(0, Device::Cpu);
        let config = SqueezeExciteConfig { channels: 2, reduced_channels: 1, activation: Activation::Relu, init: Init::Constant(0.5) };
        let block = SqueezeExcite::new(&parameters.root(), config);
        assert_eq!(parameters.count(), 2 + 1 + 2 + 2);
        let xs = Tensor::from_slice(&[1f32, 2.0, 3.0, -4.0, 0.0, 10.0]).view([1, 2, 1, 3]);
        // The means are 2 and 2; the bottleneck holds (2 + 2) / 2 = 2, and each gate is σ(2 / 2).
        let expected = &xs * (1.0 / (1.0 + (-1.0_f64).exp()));
        let ys = block.forward(&xs, &Context::eval(Kind::Float));
        assert!(ys.allclose(&expected, 1e-6, 1e-6, false), "{ys:?}");
    }
}
