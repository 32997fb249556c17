//! `ResNet`: "Deep Residual Learning for Image Recognition", He, Zhang, Ren & Sun 2015, arXiv 1512.03385; the variant with 50
//! layers.
//!
//! Names, shapes and initial weights are those of timm's `resnet50`. Departures from the paper: where a block halves the
//! size, the 3×3 convolution does it and not the first 1×1 ("v1.5", as in torchvision and timm); the last batch norm of
//! every block starts with weight zero, so that a block starts as the identity (Goyal et al. 2017, arXiv 1706.02677).

use tch::Tensor;

use super::layers::{BatchNorm2d, BatchNormConfig, Conv2d, ConvConfig};
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::ImageSize;

/// Channels that leave a block per channel inside it.
const EXPANSION: i64 = 4;

/// Channels of the stem.
const STEM_CHANNELS: i64 = 64;

/// Blocks and inner channels of each stage, from Table 1 of the paper.
const STAGES: [(usize, i64); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];

/// A convolution and the batch norm after it.
#[derive(Debug)]
struct ConvNorm {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl ConvNorm {
    /// Under names of their own; the convolution's channels are `[in, out]`.
    fn new(conv: &Path, norm: &Path, channels: [i64; 2], config: ConvConfig, norm_config: BatchNormConfig) -> Self {
        let [in_channels, out_channels] = channels;
        Self { conv: Conv2d::new(conv, in_channels, out_channels, config), norm: BatchNorm2d::new(norm, out_channels, norm_config) }
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        self.norm.forward(&self.conv.forward(xs, context), context)
    }
}

/// 1×1 down, 3×3, 1×1 up, added to the input.
#[derive(Debug)]
struct Bottleneck {
    reduce: ConvNorm,
    spatial: ConvNorm,
    expand: ConvNorm,
    downsample: Option<ConvNorm>,
}

impl Bottleneck {
    fn new(path: &Path, in_channels: i64, inner_channels: i64, stride: i64) -> Self {
        let out_channels = inner_channels * EXPANSION;
        let norm = BatchNormConfig::default();
        let layer = |number: u32, channels, config, norm| {
            ConvNorm::new(&path.sub(format!("conv{number}")), &path.sub(format!("bn{number}")), channels, config, norm)
        };
        let downsample = (stride != 1 || in_channels != out_channels).then(|| {
            let path = path.sub("downsample");
            ConvNorm::new(&path.sub(0), &path.sub(1), [in_channels, out_channels], ConvConfig::new(1).stride(stride), norm)
        });
        Self {
            reduce: layer(1, [in_channels, inner_channels], ConvConfig::new(1), norm),
            spatial: layer(2, [inner_channels; 2], ConvConfig::new(3).stride(stride), norm),
            expand: layer(3, [inner_channels, out_channels], ConvConfig::new(1), BatchNormConfig { initial_weight: 0.0, ..norm }),
            downsample,
        }
    }

    /// # Shapes
    /// `[N, in_channels, H, W]` → `[N, 4 · inner_channels, ⌈H/stride⌉, ⌈W/stride⌉]`, of the context's kind.
    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let ys = self.reduce.forward(xs, context).relu_();
        let ys = self.spatial.forward(&ys, context).relu_();
        let mut ys = self.expand.forward(&ys, context);
        // In place: nothing reads what leaves the norm, and a new tensor costs a pass through memory.
        ys += self.downsample.as_ref().map_or_else(|| xs.shallow_clone(), |layer| layer.forward(xs, context));
        ys.relu_()
    }
}

/// Stem and four stages of bottleneck blocks.
#[derive(Debug)]
pub(super) struct ResNet50 {
    stem: ConvNorm,
    layers: Vec<Vec<Bottleneck>>,
    size: ImageSize,
}

impl ResNet50 {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig) -> Self {
        let stem_channels = [image.channels.count() as i64, STEM_CHANNELS];
        let stem =
            ConvNorm::new(&path.sub("conv1"), &path.sub("bn1"), stem_channels, ConvConfig::new(7).stride(2), BatchNormConfig::default());
        let mut in_channels = STEM_CHANNELS;
        let mut layers = Vec::new();
        for (number, (num_blocks, inner_channels)) in (1..).zip(STAGES) {
            let layer = path.sub(format!("layer{number}"));
            let mut blocks = Vec::new();
            for index in 0..num_blocks {
                let stride = if index == 0 && number > 1 { 2 } else { 1 };
                blocks.push(Bottleneck::new(&layer.sub(index), in_channels, inner_channels, stride));
                in_channels = inner_channels * EXPANSION;
            }
            layers.push(blocks);
        }
        Self { stem, layers, size: image.size }
    }
}

impl Backbone for ResNet50 {
    /// The stem's stage is taken before its max-pool, as timm reports it.
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let stem = self.stem.forward(xs, context).relu_();
        let mut xs = stem.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        let mut outputs = vec![stem];
        for blocks in &self.layers {
            xs = blocks.iter().fold(xs, |xs, block| block.forward(&xs, context));
            outputs.push(xs.shallow_clone());
        }
        outputs
    }

    fn stages(&self) -> Vec<Stage> {
        let layers =
            STAGES.iter().zip(2..).map(|((_, channels), halvings)| Stage { channels: channels * EXPANSION, stride: 1 << halvings });
        std::iter::once(Stage { channels: STEM_CHANNELS, stride: 2 }).chain(layers).collect()
    }

    fn feature_shape(&self) -> FeatureShape {
        let [height, width] = [self.size.height, self.size.width].map(|side| i64::from(side.div_ceil(32)));
        FeatureShape::Map { channels: 512 * EXPANSION, height, width }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::Parameters;
    use crate::backbone::walk_tests::{image, shapes};
    use crate::spec::Channels;

    #[test]
    fn parameter_counts_are_the_published_ones() {
        // Published total (torchvision, timm: 25,557,032) less the classifier's 2048 · 1000 + 1000. The first convolution has
        // 64 · 49 values per input channel.
        for (channels, expected) in [(Channels::Rgb, 25_557_032 - 2_049_000), (Channels::Grey, 23_508_032 - 2 * 64 * 49)] {
            let (count, _) = shapes(|path| drop(ResNet50::new(path, image(32, 32, channels))));
            assert_eq!(count, expected, "{channels:?}");
        }
    }

    #[test]
    fn state_dict_has_the_names_of_the_reference() {
        let (_, shapes) = shapes(|path| drop(ResNet50::new(path, image(32, 32, Channels::Rgb))));
        // 53 convolutions and as many batch norms with weight, bias and two running statistics.
        assert_eq!(shapes.len(), 53 + 4 * 53);
        for (name, shape) in [
            ("conv1.weight", vec![64, 3, 7, 7]),
            ("bn1.running_var", vec![64]),
            ("layer1.0.conv1.weight", vec![64, 64, 1, 1]),
            ("layer1.0.downsample.0.weight", vec![256, 64, 1, 1]),
            ("layer1.0.downsample.1.running_mean", vec![256]),
            ("layer2.3.bn3.bias", vec![512]),
            ("layer3.5.conv2.weight", vec![256, 256, 3, 3]),
            ("layer4.2.conv3.weight", vec![2048, 512, 1, 1]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
    }

    #[test]
    fn a_block_without_downsampling_starts_as_the_identity() {
        let parameters = Parameters::new(0, Device::Cpu);
        let block = Bottleneck::new(&parameters.root(), 8, 2, 1);
        let xs = Tensor::rand([3, 8, 5, 4], (Kind::Float, Device::Cpu));
        assert_eq!(block.forward(&xs, &Context::eval(Kind::Float)), xs);
    }
}
