//! Convolution with explicit or "same" padding.

use tch::Tensor;

use crate::backbone::context::Context;
use crate::backbone::parameters::{Init, Path};

/// What surrounds the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// That many zeros on each side.
    Zeros(i64),
    /// As TensorFlow's "same": the output side is ⌈input / stride⌉, an odd zero goes to the bottom and the right.
    Same,
}

/// Everything about a convolution but its channels.
#[derive(Debug, Clone, Copy)]
pub struct ConvConfig {
    /// Side of the square kernel.
    pub kernel: i64,
    /// Step in both directions.
    pub stride: i64,
    /// What surrounds the image.
    pub padding: Padding,
    /// Groups of channels that do not see each other.
    pub groups: i64,
    /// Whether a bias per output channel is added.
    pub bias: bool,
    /// How the weight starts.
    pub init: Init,
    /// How the bias starts.
    pub bias_init: Init,
}

impl ConvConfig {
    /// A square kernel with zeros so that stride 1 keeps the size, no bias, He's initial weights.
    pub fn new(kernel: i64) -> Self {
        Self {
            kernel,
            stride: 1,
            padding: Padding::Zeros(kernel / 2),
            groups: 1,
            bias: false,
            init: Init::KaimingNormalFanOut,
            bias_init: Init::Constant(0.0),
        }
    }

    /// With another stride.
    pub fn stride(self, stride: i64) -> Self {
        Self { stride, ..self }
    }

    /// With another padding.
    pub fn padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// With groups.
    pub fn groups(self, groups: i64) -> Self {
        Self { groups, ..self }
    }

    /// With a bias that starts so.
    pub fn bias(self, bias_init: Init) -> Self {
        Self { bias: true, bias_init, ..self }
    }

    /// With other initial weights.
    pub fn init(self, init: Init) -> Self {
        Self { init, ..self }
    }
}

/// A convolution; parameters `weight` and `bias`.
#[derive(Debug)]
pub struct Conv2d {
    weight: Tensor,
    bias: Option<Tensor>,
    config: ConvConfig,
}

impl Conv2d {
    /// A new one under `path`.
    pub fn new(path: &Path, in_channels: i64, out_channels: i64, config: ConvConfig) -> Self {
        let shape = [out_channels, in_channels / config.groups, config.kernel, config.kernel];
        let weight = path.parameter("weight", &shape, config.init);
        let bias = config.bias.then(|| path.parameter("bias", &[out_channels], config.bias_init));
        Self { weight, bias, config }
    }

    /// # Shapes
    /// `[N, in_channels, H, W]` of any kind → `[N, out_channels, H', W']` of the context's kind.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let kind = context.compute_kind();
        let ConvConfig { kernel, stride, groups, .. } = self.config;
        let mut xs = xs.to_kind(kind);
        let padding = match self.config.padding {
            Padding::Zeros(zeros) => [zeros; 2],
            Padding::Same => {
                let size = xs.size();
                let [height, width] = [size[2], size[3]].map(|side| same_padding(side, kernel, stride));
                if height % 2 != 0 || width % 2 != 0 {
                    xs = xs.constant_pad_nd([width / 2, width - width / 2, height / 2, height - height / 2]);
                    [0, 0]
                } else {
                    [height / 2, width / 2]
                }
            }
        };
        let bias = self.bias.as_ref().map(|bias| bias.to_kind(kind));
        let ys = xs.conv2d(&self.weight.to_kind(kind), bias.as_ref(), [stride; 2], padding, [1; 2], groups);
        let per_position = self.weight.size()[1..].iter().product::<i64>();
        context.count_multiply_adds(ys.numel() as i64 * per_position);
        ys
    }
}

/// Zeros needed in one direction, both sides together, so that the output side is ⌈side / stride⌉.
fn same_padding(side: i64, kernel: i64, stride: i64) -> i64 {
    let out = (side + stride - 1) / stride;
    ((out - 1) * stride + kernel - side).max(0)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::parameters::Parameters;

    #[test]
    fn same_padding_gives_the_ceiling_at_odd_and_even_sides() {
        let parameters = Parameters::new(0, Device::Cpu);
        let conv = Conv2d::new(&parameters.root(), 2, 3, ConvConfig::new(3).stride(2).padding(Padding::Same));
        for (height, width) in [(7, 8), (8, 7), (9, 9), (16, 10)] {
            let xs = Tensor::zeros([1, 2, height, width], (Kind::Float, Device::Cpu));
            let ys = conv.forward(&xs, &Context::eval(Kind::Float));
            assert_eq!(ys.size(), [1, 3, (height + 1) / 2, (width + 1) / 2], "{height}×{width}");
        }
    }

    #[test]
    fn same_padding_puts_the_odd_zero_at_the_end() {
        let parameters = Parameters::new(0, Device::Cpu);
        let config = ConvConfig::new(3).stride(2).padding(Padding::Same).init(Init::Constant(1.0));
        let conv = Conv2d::new(&parameters.root(), 1, 1, config);
        let xs = Tensor::from_slice(&[1f32, 2., 3., 4.]).view([1, 1, 1, 4]);
        // One row: the kernel sees a row of zeros above and below. Columns 1+2+3, then 3+4+0.
        let ys = conv.forward(&xs, &Context::eval(Kind::Float));
        assert_eq!(Vec::<f32>::try_from(ys.view(-1)).unwrap(), [6.0, 7.0]);
    }

    #[test]
    fn multiply_adds_are_counted_per_output_position() {
        let parameters = Parameters::new(0, Device::Cpu);
        let conv = Conv2d::new(&parameters.root(), 4, 6, ConvConfig::new(3).groups(2));
        let context = Context::eval(Kind::Float);
        let _ = conv.forward(&Tensor::zeros([1, 4, 5, 7], (Kind::Float, Device::Cpu)), &context);
        assert_eq!(context.multiply_adds(), 5 * 7 * 6 * 2 * 9);
    }
}
