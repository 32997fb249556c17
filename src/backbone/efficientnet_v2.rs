//! EfficientNetV2-S.
//!
//! Mingxing Tan & Quoc V. Le, "`EfficientNetV2`: Smaller Models and Faster Training", 2021, arXiv 2104.00298. Built: S,
//! with the names and shapes of timm's `tf_efficientnetv2_s`, whose constants are those of the published weights:
//! TensorFlow's "same" padding, batch norms with epsilon 1e-3 and momentum 0.1, convolutions that start normal with
//! variance 2 / `fan_out` (of one group), squeeze-and-excitation down to a quarter of a block's *input* channels.
//!
//! Stochastic depth grows by a fortieth of the asked rate from block to block, so that the last of the 40 has 39/40 of it, as
//! in timm. Departure: the norms keep no `num_batches_tracked`, which nothing reads.

use tch::Tensor;

use super::layers::{
    Activation, BatchNormConfig, ConvConfig, ConvNormAct, ConvNormActConfig, DropPathGrowth, Padding, SqueezeExcite, SqueezeExciteConfig,
    drop_path_rates,
};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;

#[derive(Debug, Clone, Copy)]
enum BlockKind {
    /// One 3×3 convolution.
    Conv,
    /// Fused-MBConv: a 3×3 convolution that expands, a 1×1 convolution that projects.
    Fused,
    /// `MBConv`: 1×1 expansion, 3×3 depthwise convolution, squeeze-and-excitation, 1×1 projection.
    Inverted,
}

/// Blocks of one kind and width; the first carries the stride.
#[derive(Debug, Clone, Copy)]
struct StageConfig {
    kind: BlockKind,
    repeats: usize,
    stride: i64,
    expand_ratio: i64,
    channels: i64,
}

#[derive(Debug, Clone, Copy)]
struct NetworkConfig {
    stem_channels: i64,
    stages: &'static [StageConfig],
    head_channels: i64,
}

/// Table 4 of the paper, with the widths of the authors' code.
const S: NetworkConfig = NetworkConfig {
    stem_channels: 24,
    stages: &[
        StageConfig { kind: BlockKind::Conv, repeats: 2, stride: 1, expand_ratio: 1, channels: 24 },
        StageConfig { kind: BlockKind::Fused, repeats: 4, stride: 2, expand_ratio: 4, channels: 48 },
        StageConfig { kind: BlockKind::Fused, repeats: 4, stride: 2, expand_ratio: 4, channels: 64 },
        StageConfig { kind: BlockKind::Inverted, repeats: 6, stride: 2, expand_ratio: 4, channels: 128 },
        StageConfig { kind: BlockKind::Inverted, repeats: 9, stride: 1, expand_ratio: 6, channels: 160 },
        StageConfig { kind: BlockKind::Inverted, repeats: 15, stride: 2, expand_ratio: 6, channels: 256 },
    ],
    head_channels: 1280,
};

fn config(conv: ConvConfig, activation: Activation) -> ConvNormActConfig {
    let norm = BatchNormConfig { epsilon: 1e-3, ..BatchNormConfig::default() };
    ConvNormActConfig { conv: conv.padding(Padding::Same), norm, activation }
}

/// The path and channels of a block and the rate at which it is skipped.
struct BlockPlace<'a> {
    path: Path<'a>,
    in_channels: i64,
    stride: i64,
    drop_path: f64,
}

#[derive(Debug)]
struct Block {
    convs: Vec<ConvNormAct>,
    squeeze_excite: Option<SqueezeExcite>,
    project: Option<ConvNormAct>,
    skip: bool,
    drop_path: f64,
}

impl Block {
    fn new(place: &BlockPlace, stage: StageConfig) -> Self {
        let BlockPlace { path, in_channels, stride, drop_path } = place;
        let (in_channels, stride, out) = (*in_channels, *stride, stage.channels);
        let hidden = in_channels * stage.expand_ratio;
        let unit = |conv_name: &str, norm_name: &str, channels, conv, activation| {
            ConvNormAct::new(&path.sub(conv_name), &path.sub(norm_name), channels, config(conv, activation))
        };
        let (point, full) = (ConvConfig::new(1), ConvConfig::new(3).stride(stride));
        // He's rule counts the nine weights that one group sends out, which the shape alone does not tell.
        let depthwise = full.groups(hidden).init(Init::Normal { std: (2.0_f64 / 9.0).sqrt() });
        let (silu, none) = (Activation::Silu, Activation::None);
        let (convs, squeeze_excite, project) = match stage.kind {
            BlockKind::Conv => (vec![unit("conv", "bn1", [in_channels, out], full, silu)], None, None),
            BlockKind::Fused => {
                let expand = unit("conv_exp", "bn1", [in_channels, hidden], full, silu);
                (vec![expand], None, Some(unit("conv_pwl", "bn2", [hidden, out], point, none)))
            }
            BlockKind::Inverted => {
                let expand = unit("conv_pw", "bn1", [in_channels, hidden], point, silu);
                let depthwise = unit("conv_dw", "bn2", [hidden, hidden], depthwise, silu);
                let se = SqueezeExciteConfig {
                    channels: hidden,
                    reduced_channels: in_channels / 4,
                    activation: silu,
                    init: Init::KaimingNormalFanOut,
                };
                let se = SqueezeExcite::new(&path.sub("se"), se);
                (vec![expand, depthwise], Some(se), Some(unit("conv_pwl", "bn3", [hidden, out], point, none)))
            }
        };
        Self { convs, squeeze_excite, project, skip: stride == 1 && in_channels == out, drop_path: *drop_path }
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let mut ys = xs.shallow_clone();
        for conv in &self.convs {
            ys = conv.forward(&ys, context);
        }
        if let Some(squeeze_excite) = &self.squeeze_excite {
            ys = squeeze_excite.forward(&ys, context);
        }
        if let Some(project) = &self.project {
            ys = project.forward(&ys, context);
        }
        if !self.skip {
            return ys;
        }
        // In place: no gradient reads what leaves a norm, an activation or a mask.
        ys = context.drop_path(&ys, self.drop_path);
        ys += xs;
        ys
    }
}

/// The trunk of `EfficientNetV2`-S; parameters `conv_stem`, `bn1`, `blocks.STAGE.BLOCK.*`, `conv_head` and `bn2`.
///
/// Its stages are the six stages of blocks and the 1×1 convolution to 1280 channels after them.
#[derive(Debug)]
pub(super) struct EfficientNetV2S {
    stem: ConvNormAct,
    blocks: Vec<Vec<Block>>,
    head: ConvNormAct,
    config: NetworkConfig,
    image: ImageConfig,
}

impl EfficientNetV2S {
    /// New weights under `path`; `drop_path` is the rate of stochastic depth that a block after the last would have.
    pub(super) fn new(path: &Path, image: ImageConfig, drop_path: f64) -> Self {
        Self::build(path, image, drop_path, S)
    }

    fn build(path: &Path, image: ImageConfig, drop_path: f64, network: NetworkConfig) -> Self {
        let unit = |conv: &str, norm: &str, channels, kernel: ConvConfig| {
            ConvNormAct::new(&path.sub(conv), &path.sub(norm), channels, config(kernel, Activation::Silu))
        };
        let image_channels = image.channels.count() as i64;
        let stem = unit("conv_stem", "bn1", [image_channels, network.stem_channels], ConvConfig::new(3).stride(2));
        let depth = network.stages.iter().map(|stage| stage.repeats).sum();
        let mut rates = drop_path_rates(drop_path, depth, DropPathGrowth::PastLastBlock).into_iter();
        let mut in_channels = network.stem_channels;
        let mut blocks = Vec::new();
        for (stage_index, stage) in network.stages.iter().enumerate() {
            let mut stage_blocks = Vec::new();
            for (index, drop_path) in rates.by_ref().take(stage.repeats).enumerate() {
                let stride = if index == 0 { stage.stride } else { 1 };
                let place = BlockPlace { path: path.sub("blocks").sub(stage_index).sub(index), in_channels, stride, drop_path };
                stage_blocks.push(Block::new(&place, *stage));
                in_channels = stage.channels;
            }
            blocks.push(stage_blocks);
        }
        let head = unit("conv_head", "bn2", [in_channels, network.head_channels], ConvConfig::new(1));
        Self { stem, blocks, head, config: network, image }
    }
}

impl Backbone for EfficientNetV2S {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut xs = self.stem.forward(xs, context);
        let mut stages = Vec::new();
        for blocks in &self.blocks {
            for block in blocks {
                xs = block.forward(&xs, context);
            }
            stages.push(xs.shallow_clone());
        }
        stages.push(self.head.forward(&xs, context));
        stages
    }

    fn stages(&self) -> Vec<Stage> {
        let mut stride = 2;
        let mut stages = Vec::new();
        for stage in self.config.stages {
            stride *= stage.stride;
            stages.push(Stage { channels: stage.channels, stride });
        }
        stages.push(Stage { channels: self.config.head_channels, stride });
        stages
    }

    fn feature_shape(&self) -> FeatureShape {
        // The stem and each stage that strides round up, so together they do too.
        let stride = 2 * self.config.stages.iter().map(|stage| stage.stride).product::<i64>();
        let [height, width] = [self.image.size.height, self.image.size.width].map(|side| (i64::from(side) + stride - 1) / stride);
        FeatureShape::Map { channels: self.config.head_channels, height, width }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::fixture::{
        assert_gradient_reaches_every_parameter, assert_rates_are_those_of_the_reference, assert_stages_keep_their_promise, grey, images,
        rgb, shapes,
    };
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    /// One block of each kind that skips and one that strides.
    const TINY: NetworkConfig = NetworkConfig {
        stem_channels: 8,
        stages: &[
            StageConfig { kind: BlockKind::Conv, repeats: 1, stride: 1, expand_ratio: 1, channels: 8 },
            StageConfig { kind: BlockKind::Fused, repeats: 2, stride: 2, expand_ratio: 2, channels: 12 },
            StageConfig { kind: BlockKind::Inverted, repeats: 2, stride: 2, expand_ratio: 3, channels: 16 },
        ],
        head_channels: 20,
    };

    #[test]
    fn names_shapes_and_count_are_those_of_timm() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = EfficientNetV2S::new(&parameters.root(), rgb(33, 64), 0.2);
        // timm 1.0.31, `tf_efficientnetv2_s` with `num_classes=0`; with its classifier of 1280 · 1000 + 1000 it has the
        // published 21,458,488.
        assert_eq!(parameters.count(), 20_177_488);
        let shapes = shapes(&parameters);
        // The reference has one more tensor, `num_batches_tracked`, for each of its 110 norms.
        assert_eq!(shapes.len(), 780 - 110);
        for (name, shape) in [
            ("conv_stem.weight", vec![24, 3, 3, 3]),
            ("bn1.running_var", vec![24]),
            ("blocks.0.1.conv.weight", vec![24, 24, 3, 3]),
            ("blocks.1.0.conv_exp.weight", vec![96, 24, 3, 3]),
            ("blocks.2.3.conv_pwl.weight", vec![64, 256, 1, 1]),
            ("blocks.3.0.conv_pw.weight", vec![256, 64, 1, 1]),
            ("blocks.3.0.se.conv_reduce.bias", vec![16]),
            ("blocks.4.8.conv_dw.weight", vec![960, 1, 3, 3]),
            ("blocks.5.14.se.conv_expand.weight", vec![1536, 64, 1, 1]),
            ("blocks.5.14.bn3.bias", vec![256]),
            ("conv_head.weight", vec![1280, 256, 1, 1]),
            ("bn2.weight", vec![1280]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
        assert_eq!(backbone.stages().iter().map(|stage| stage.stride).collect::<Vec<_>>(), [2, 4, 8, 16, 16, 32, 32]);
        assert_stages_keep_their_promise(&backbone, rgb(33, 64));
    }

    #[test]
    fn stochastic_depth_has_the_rates_of_timm() {
        let parameters = Parameters::zeros(Device::Cpu);
        let backbone = EfficientNetV2S::new(&parameters.root(), grey(32, 32), 0.2);
        let rates: Vec<f64> = backbone.blocks.iter().flatten().map(|block| block.drop_path).collect();
        assert_rates_are_those_of_the_reference("efficientnet_v2_s", &rates);
    }

    #[test]
    fn a_grey_network_lacks_two_thirds_of_the_stem_only() {
        let count = |image| {
            let parameters = Parameters::new(0, Device::Cpu);
            let backbone = EfficientNetV2S::build(&parameters.root(), image, 0.0, TINY);
            assert_stages_keep_their_promise(&backbone, image);
            parameters.count()
        };
        assert_eq!(count(rgb(19, 30)) - count(grey(19, 30)), 2 * 8 * 9);
    }

    #[test]
    fn gradient_reaches_every_parameter() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = EfficientNetV2S::build(&parameters.root(), grey(32, 48), 0.0, TINY);
        let context = Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]));
        assert_gradient_reaches_every_parameter(&parameters, &backbone.forward_features(&images(3, grey(32, 48)), &context));
    }

    #[test]
    fn stochastic_depth_is_drawn_in_training_only() {
        let parameters = Parameters::new(0, Device::Cpu);
        let image = grey(32, 32);
        let backbone = EfficientNetV2S::build(&parameters.root(), image, 0.5, TINY);
        assert_eq!(backbone.blocks.iter().flatten().map(|block| block.drop_path).collect::<Vec<_>>(), [0.0, 0.1, 0.2, 0.3, 0.4]);
        let xs = images(8, image);
        let eval = || backbone.forward_features(&xs, &Context::eval(Kind::Float));
        assert_eq!(eval(), eval());
        let train = |step| backbone.forward_features(&xs, &Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[step])));
        assert_ne!(train(0), train(1));
        assert_eq!(train(2), train(2));
    }
}
