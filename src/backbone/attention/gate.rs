//! Additive attention gate (Oktay et al. 2018, "Attention U-Net: Learning Where to Look for the Pancreas", arXiv 1804.03999).

use tch::Tensor;

use crate::backbone::layers::{Conv2d, ConvConfig};
use crate::backbone::parameters::Init;
use crate::backbone::{Context, Path};

/// One gate; parameters `theta.weight`, `phi.*` and `psi.*`, as the authors name them.
#[derive(Debug)]
pub(super) struct Gate {
    theta: Conv2d,
    phi: Conv2d,
    psi: Conv2d,
}

impl Gate {
    /// A new one under `path`, for maps with `channels` and a gating signal with `gating_channels`.
    pub(super) fn new(path: &Path, channels: i64, gating_channels: i64) -> Self {
        let inner_channels = channels / 2;
        let point = ConvConfig::new(1).init(Init::GlorotUniform);
        let with_bias = point.bias(Init::Constant(0.0));
        Self {
            theta: Conv2d::new(&path.sub("theta"), channels, inner_channels, point),
            phi: Conv2d::new(&path.sub("phi"), gating_channels, inner_channels, with_bias),
            psi: Conv2d::new(&path.sub("psi"), inner_channels, 1, with_bias),
        }
    }

    /// `x · σ(ψ(ReLU(θ x + φ g)))`: one weight for every position, the same for all channels. φ g is brought to the size of x
    /// by bilinear interpolation.
    ///
    /// # Shapes
    /// x `[N, channels, H, W]` and g `[N, gating_channels, H', W']`, both of the context's kind → as x.
    pub(super) fn forward(&self, xs: &Tensor, gating: &Tensor, context: &Context) -> Tensor {
        let size = [xs.size()[2], xs.size()[3]];
        let signal = self.phi.forward(gating, context).upsample_bilinear2d(size, false, None, None);
        let joint = (self.theta.forward(xs, context) + signal).relu();
        xs * self.psi.forward(&joint, context).sigmoid()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::Parameters;
    use crate::backbone::fixture::{images, rgb};

    #[test]
    fn a_gate_weighs_positions_by_the_map_and_by_the_signal() {
        let parameters = Parameters::new(3, Device::Cpu);
        let gate = Gate::new(&parameters.root(), 8, 6);
        let xs = images(2, rgb(4, 20)).view([2, 8, 5, 6]) + 2.0;
        let gating = images(2, rgb(2, 2)).view([2, 6, 1, 2]);
        let weights = gate.forward(&xs, &gating, &Context::eval(Kind::Float)) / &xs;
        // The same for every channel, between nothing and all.
        assert!(weights.allclose(&weights.narrow(1, 0, 1).expand_as(&weights), 1e-4, 1e-6, false));
        assert!(weights.min().double_value(&[]) > 0.0 && weights.max().double_value(&[]) < 1.0);
        let elsewhere = gate.forward(&xs, &(&gating + 1.0), &Context::eval(Kind::Float)) / &xs;
        assert!((elsewhere - &weights).abs().max().double_value(&[]) > 1e-3, "the signal decides too");
    }
}
