//! Convolution, batch norm, activation: the unit that most convolutional networks repeat.

use tch::Tensor;

use super::{BatchNorm2d, BatchNormConfig, Conv2d, ConvConfig};
use crate::backbone::context::Context;
use crate::backbone::parameters::Path;

/// A function of each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The identity.
    None,
    /// max(0, x).
    Relu,
    /// x · σ(x) (Hendrycks & Gimpel 2016, arXiv 1606.08415; also called swish).
    Silu,
}

impl Activation {
    /// # Shapes
    /// Any; unchanged.
    pub fn apply(self, xs: &Tensor) -> Tensor {
        match self {
            Self::None => xs.shallow_clone(),
            Self::Relu => xs.relu(),
            Self::Silu => xs.silu(),
        }
    }
}

/// Everything about the unit but its channels.
#[derive(Debug, Clone, Copy)]
pub struct ConvNormActConfig {
    /// The convolution; without a bias as a rule, because the norm adds one.
    pub conv: ConvConfig,
    /// The batch norm.
    pub norm: BatchNormConfig,
    /// The activation.
    pub activation: Activation,
}

/// A convolution, a batch norm and an activation.
#[derive(Debug)]
pub struct ConvNormAct {
    conv: Conv2d,
    norm: BatchNorm2d,
    activation: Activation,
}

impl ConvNormAct {
    /// A new one, from `channels[0]` to `channels[1]`. Reference networks name the two parts differently, so each has a
    /// path of its own.
    pub fn new(conv: &Path, norm: &Path, channels: [i64; 2], config: ConvNormActConfig) -> Self {
        Self {
            conv: Conv2d::new(conv, channels[0], channels[1], config.conv),
            norm: BatchNorm2d::new(norm, channels[1], config.norm),
            activation: config.activation,
        }
    }

    /// # Shapes
    /// `[N, channels[0], H, W]` of any kind → `[N, channels[1], H', W']` of the context's kind.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        self.activation.apply(&self.norm.forward(&self.conv.forward(xs, context), context))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::parameters::{Init, Parameters};

    #[test]
    fn the_activation_comes_after_the_norm() {
        let parameters = Parameters::new(0, Device::Cpu);
        let root = parameters.root();
        let conv = ConvConfig::new(1).init(Init::Constant(2.0));
        for (name, activation, expected) in
            [("a", Activation::None, [-2.0, 4.0]), ("b", Activation::Relu, [0.0, 4.0]), ("c", Activation::Silu, [-0.2384, 3.9281])]
        {
            let config = ConvNormActConfig { conv, norm: BatchNormConfig { epsilon: 0.0, ..BatchNormConfig::default() }, activation };
            let unit = ConvNormAct::new(&root.sub(name).sub("conv"), &root.sub(name).sub("bn"), [1, 1], config);
            // In evaluation the running statistics are still mean 0 and variance 1.
            let ys = unit.forward(&Tensor::from_slice(&[-1f32, 2.0]).view([1, 1, 1, 2]), &Context::eval(Kind::Float));
            let ys = Vec::<f32>::try_from(ys.view(-1)).unwrap();
            assert!(ys.iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-4), "{activation:?}: {ys:?}");
        }
    }
}
