//! The plain trunk of the oldest networks: stages of 3×3 convolutions with `ReLU`, each stage closed by a 2×2 max-pool.

use tch::Tensor;

use super::conv::{Conv2d, ConvConfig, Padding};
use crate::backbone::context::Context;
use crate::backbone::parameters::Path;
use crate::backbone::{FeatureShape, Stage};
use crate::spec::ImageSize;

/// One stage in the layout of a [`ConvPoolTrunk`].
#[derive(Debug, Clone, Copy)]
pub struct ConvPoolLayout {
    /// Convolutions before the max-pool.
    pub num_convs: usize,
    /// Channels of each of them.
    pub channels: i64,
}

/// Convolutions, each with bias and `ReLU`, then a 2×2 max-pool that drops an odd last row or column.
#[derive(Debug)]
pub struct ConvPoolStage {
    convs: Vec<Conv2d>,
    channels: i64,
}

impl ConvPoolStage {
    /// # Shapes
    /// `[N, in_channels, H, W]` of any kind → `[N, channels, ⌊H'/2⌋, ⌊W'/2⌋]` of the context's kind, where `H'`, `W'` are
    /// the sides after the convolutions.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let convolve = |xs: Tensor, conv: &Conv2d| conv.forward(&xs, context).relu_();
        self.convs.iter().fold(xs.shallow_clone(), convolve).max_pool2d_default(2)
    }
}

/// Stages one after another; parameters `features.N.weight` and `features.N.bias`, where N counts convolutions, `ReLU`s
/// and max-pools alike, as a `PyTorch` `Sequential` of them does.
#[derive(Debug)]
pub struct ConvPoolTrunk {
    stages: Vec<ConvPoolStage>,
    conv: ConvConfig,
}

impl ConvPoolTrunk {
    /// A new one under `path`; every convolution is made as `conv` says.
    pub fn new(path: &Path, in_channels: i64, layout: &[ConvPoolLayout], conv: ConvConfig) -> Self {
        let features = path.sub("features");
        let mut index = 0;
        let mut width = in_channels;
        let mut stages = Vec::new();
        for &ConvPoolLayout { num_convs, channels } in layout {
            let mut convs = Vec::new();
            for _ in 0..num_convs {
                convs.push(Conv2d::new(&features.sub(index), width, channels, conv));
                width = channels;
                // The convolution and its ReLU.
                index += 2;
            }
            // The max-pool.
            index += 1;
            stages.push(ConvPoolStage { convs, channels });
        }
        Self { stages, conv }
    }

    /// The stages with their weights, for a network that puts something between them.
    pub fn layers(&self) -> &[ConvPoolStage] {
        &self.stages
    }

    /// The output of every stage.
    ///
    /// # Shapes
    /// `[N, in_channels, H, W]` of any kind → per stage as [`ConvPoolStage::forward`].
    pub fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut outputs: Vec<Tensor> = Vec::new();
        for stage in &self.stages {
            outputs.push(stage.forward(outputs.last().unwrap_or(xs), context));
        }
        outputs
    }

    /// Channels and stride of every stage.
    pub fn stages(&self) -> Vec<Stage> {
        self.stages.iter().zip(1..).map(|(stage, pools)| Stage { channels: stage.channels, stride: 1 << pools }).collect()
    }

    /// The shape of the last stage's output for an image of that size.
    pub fn feature_shape(&self, size: ImageSize) -> FeatureShape {
        let channels = self.stages.last().map_or(0, |stage| stage.channels);
        FeatureShape::Map { channels, height: self.output_side(size.height), width: self.output_side(size.width) }
    }

    fn output_side(&self, side: u32) -> i64 {
        let growth = match self.conv.padding {
            Padding::Zeros(zeros) => 2 * zeros + 1 - self.conv.kernel,
            Padding::Same => 0,
        };
        self.stages.iter().fold(i64::from(side), |side, stage| {
            let convolved = side + growth * stage.convs.len() as i64;
            convolved / 2
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::parameters::{Init, Parameters};

    #[test]
    fn names_count_activations_and_pools_as_a_sequential_does() {
        let parameters = Parameters::new(0, Device::Cpu);
        let layout = [ConvPoolLayout { num_convs: 2, channels: 4 }, ConvPoolLayout { num_convs: 1, channels: 5 }];
        ConvPoolTrunk::new(&parameters.root(), 1, &layout, ConvConfig::new(3).bias(Init::Constant(0.0)));
        let names: Vec<_> = parameters.entries().into_iter().map(|entry| entry.name).filter(|name| name.ends_with("weight")).collect();
        assert_eq!(names, ["features.0.weight", "features.2.weight", "features.5.weight"]);
    }

    #[test]
    fn a_stage_convolves_cuts_at_zero_and_takes_the_largest_of_four() {
        let parameters = Parameters::new(0, Device::Cpu);
        // A 1×1 kernel of −1: every pixel changes its sign.
        let conv = ConvConfig::new(1).init(Init::Constant(-1.0)).bias(Init::Constant(0.5));
        let trunk = ConvPoolTrunk::new(&parameters.root(), 1, &[ConvPoolLayout { num_convs: 1, channels: 1 }], conv);
        let xs = Tensor::from_slice(&[-3f32, 2., 1., 1., 9., 4., -1., 5., 2., -8.]).view([1, 1, 2, 5]);
        let ys = trunk.layers()[0].forward(&xs, &Context::eval(Kind::Float));
        assert_eq!(ys.size(), [1, 1, 1, 2], "the fifth column has no partner");
        assert_eq!(Vec::<f32>::try_from(ys.view(-1)).unwrap(), [3.5, 0.0]);
    }
}
