//! Channel attention, then spatial attention (Woo et al. 2018, arXiv 1807.06521).

use tch::Tensor;

use super::bottleneck;
use crate::backbone::layers::{BatchNorm2d, BatchNormConfig, Conv2d, ConvConfig, Linear};
use crate::backbone::parameters::Init;
use crate::backbone::{Context, Path};

/// Channel attention, then spatial attention; parameters `channel.fc1.*`, `channel.fc2.*`, `spatial.conv.weight` and
/// `spatial.bn.*`.
#[derive(Debug)]
pub(super) struct Cbam {
    fc1: Linear,
    fc2: Linear,
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl Cbam {
    pub(super) fn new(path: &Path, channels: i64) -> Self {
        let linear = |name: &str, from, to| Linear::new(&path.sub(name), from, to, Init::GlorotUniform, Init::Constant(0.0));
        let reduced = bottleneck(channels);
        Self {
            fc1: linear("channel.fc1", channels, reduced),
            fc2: linear("channel.fc2", reduced, channels),
            conv: Conv2d::new(&path.sub("spatial.conv"), 2, 1, ConvConfig::new(7).init(Init::GlorotUniform)),
            norm: BatchNorm2d::new(&path.sub("spatial.bn"), 1, BatchNormConfig::default()),
        }
    }

    /// `F' = F · σ(MLP(mean F) + MLP(max F))` over positions, then `F' · σ(conv([max F', mean F']))` over channels.
    ///
    /// # Shapes
    /// `[N, channels, H, W]` of the context's kind → the same.
    pub(super) fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let mlp = |squeezed: &Tensor| self.fc2.forward(&self.fc1.forward(squeezed, context).relu(), context);
        let positions = [2, 3].as_slice();
        let gate = (mlp(&xs.mean_dim(positions, false, xs.kind())) + mlp(&xs.amax(positions, false))).sigmoid();
        let xs = xs * gate.unsqueeze(-1).unsqueeze(-1);
        let channels = [1].as_slice();
        let pooled = Tensor::cat(&[xs.amax(channels, true), xs.mean_dim(channels, true, xs.kind())], 1);
        let gate = self.norm.forward(&self.conv.forward(&pooled, context), context).sigmoid();
        xs * gate
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::Parameters;

    #[test]
    fn cbam_follows_its_formula() {
        let parameters = Parameters::new(3, Device::Cpu);
        let cbam = Cbam::new(&parameters.root(), 32);
        let xs = (Tensor::arange(2 * 32 * 3 * 5, (Kind::Float, Device::Cpu)) * 0.7).sin().view([2, 32, 3, 5]);
        let [fc1, bias1, fc2, bias2, conv, norm, shift] = <[Tensor; 7]>::try_from(parameters.trainable()).unwrap();
        let flat = xs.view([2, 32, 15]);
        let mlp = |v: Tensor| (v.matmul(&fc1.tr()) + &bias1).clamp_min(0.0).matmul(&fc2.tr()) + &bias2;
        let sum = mlp(flat.sum_dim_intlist([2].as_slice(), false, Kind::Float) / 15.0) + mlp(flat.max_dim(2, false).0);
        let scaled = &xs / ((-sum).exp() + 1.0).view([2, 32, 1, 1]);
        let pooled = Tensor::stack(&[scaled.max_dim(1, false).0, scaled.sum_dim_intlist([1].as_slice(), false, Kind::Float) / 32.0], 1);
        let logits = pooled.conv2d(&conv, None::<Tensor>, [1, 1], [3, 3], [1, 1], 1) / (1.0_f64 + 1e-5).sqrt() * norm + shift;
        let expected = scaled / ((-logits).exp() + 1.0);
        assert!(cbam.forward(&xs, &Context::eval(Kind::Float)).allclose(&expected, 1e-4, 1e-5, false));
    }
}
