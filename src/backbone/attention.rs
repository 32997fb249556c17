//! The `cnn` trunk with an attention block after each stage.
//!
//! From no single paper; the blocks are
//! - `se`: Jie Hu et al., "Squeeze-and-Excitation Networks", 2017, arXiv 1709.01507;
//! - `cbam`: Sanghyun Woo et al., "CBAM: Convolutional Block Attention Module", 2018, arXiv 1807.06521, with the batch norm
//!   that the authors' code has after the spatial convolution;
//! - `self`: Ashish Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762, over the positions of the map, with
//!   heads of 32 channels, a layer norm before it and a residual connection around it. No position embedding: the
//!   convolutions before it and a flattening head carry the place.
//!
//! The trunk is that of `cnn`: 3×3 convolutions without padding to 32, 64 and 128 channels, each with `ReLU` and a 2×2
//! max-pool, started as in Keras; the blocks' weights start by the same rule (Glorot). Departure: reduction by 16 would leave
//! 2 channels in the first bottleneck, all of which `ReLU` may silence for good, so `se` and `cbam` keep at least 8. The batch
//! norm of `cbam` has the usual momentum of 0.1: with the 0.01 of the authors' code, a third of its running statistics is still
//! what they started from after a hundred steps.

use tch::{Kind, Tensor};

use super::layers::{
    Activation, BatchNorm2d, BatchNormConfig, Conv2d, ConvConfig, LayerNorm, Linear, MultiHeadAttention, Padding, SqueezeExcite,
    SqueezeExciteConfig,
};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::{AttentionBlock, ImageSize};

const STAGE_CHANNELS: [i64; 3] = [32, 64, 128];
const REDUCTION: i64 = 16;
const SMALLEST_BOTTLENECK: i64 = 8;
const HEAD_CHANNELS: i64 = 32;

/// The smallest side: 22 → 20 → 10 → 8 → 4 → 2 → 1 through convolutions and max-pools.
const SMALLEST_SIDE: u32 = 22;

/// The most positions between which self-attention is computed, those of a 259×259 image after the first stage. Memory
/// grows with the positions, but work with their square: at this bound it is about that of a VGG19.
const MOST_POSITIONS: i64 = 128 * 128;

/// The side that leaves a stage: the convolution takes 2 pixels, the max-pool halves and rounds down.
fn next_side(side: i64) -> i64 {
    (side - 2) / 2
}

/// Whether a block can be computed at that image size.
///
/// # Errors
/// What it needs instead.
pub(super) fn check_input(block: AttentionBlock, size: ImageSize) -> Result<(), String> {
    if size.height < SMALLEST_SIDE || size.width < SMALLEST_SIDE {
        return Err(format!("attention needs images of at least {SMALLEST_SIDE}×{SMALLEST_SIDE} pixels, found {size}"));
    }
    let positions = next_side(i64::from(size.height)) * next_side(i64::from(size.width));
    match block {
        AttentionBlock::SelfAttention if positions > MOST_POSITIONS => Err(format!(
            "attention with block `self` takes at most {MOST_POSITIONS} positions after its first stage (a 259×259 image), found \
             {positions} from {size}; use a smaller image, or block se or cbam"
        )),
        AttentionBlock::SelfAttention | AttentionBlock::Se | AttentionBlock::Cbam => Ok(()),
    }
}

fn bottleneck(channels: i64) -> i64 {
    (channels / REDUCTION).max(SMALLEST_BOTTLENECK)
}

/// Channel attention, then spatial attention; parameters `channel.fc1.*`, `channel.fc2.*`, `spatial.conv.weight` and
/// `spatial.bn.*`.
#[derive(Debug)]
struct Cbam {
    fc1: Linear,
    fc2: Linear,
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl Cbam {
    fn new(path: &Path, channels: i64) -> Self {
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
    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
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

/// Self-attention over positions; parameters `norm.*`, `attn.qkv.*` and `attn.proj.*`.
#[derive(Debug)]
struct PositionAttention {
    norm: LayerNorm,
    attn: MultiHeadAttention,
}

impl PositionAttention {
    fn new(path: &Path, channels: i64) -> Self {
        Self {
            norm: LayerNorm::new(&path.sub("norm"), channels, 1e-6),
            attn: MultiHeadAttention::new(&path.sub("attn"), channels, channels / HEAD_CHANNELS, Init::GlorotUniform),
        }
    }

    /// # Shapes
    /// `[N, channels, H, W]` → the same, in fp32: the residual connection is summed exactly.
    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let tokens = xs.flatten(2, 3).transpose(1, 2).to_kind(Kind::Float);
        let mixed = self.attn.forward(&self.norm.forward(&tokens), context);
        let size = xs.size();
        // −1: any number of images, also in a traced module.
        (tokens + mixed).transpose(1, 2).reshape([-1, size[1], size[2], size[3]])
    }
}

#[derive(Debug)]
enum Attention {
    SqueezeExcite(SqueezeExcite),
    Cbam(Cbam),
    Position(PositionAttention),
}

impl Attention {
    fn new(path: &Path, channels: i64, block: AttentionBlock) -> Self {
        match block {
            AttentionBlock::Se => Self::SqueezeExcite(SqueezeExcite::new(
                path,
                SqueezeExciteConfig {
                    channels,
                    reduced_channels: bottleneck(channels),
                    activation: Activation::Relu,
                    init: Init::GlorotUniform,
                },
            )),
            AttentionBlock::Cbam => Self::Cbam(Cbam::new(path, channels)),
            AttentionBlock::SelfAttention => Self::Position(PositionAttention::new(path, channels)),
        }
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        match self {
            Self::SqueezeExcite(block) => block.forward(xs, context),
            Self::Cbam(block) => block.forward(xs, context),
            Self::Position(block) => block.forward(xs, context),
        }
    }
}

/// The trunk of `cnn` with attention; parameters `features.{0,3,6}.*` as in `cnn`, and `attention.{0,1,2}.*`.
#[derive(Debug)]
pub(super) struct AttentionCnn {
    stages: Vec<(Conv2d, Attention)>,
    image: ImageConfig,
}

impl AttentionCnn {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig, block: AttentionBlock) -> Self {
        let config = ConvConfig::new(3).padding(Padding::Zeros(0)).init(Init::GlorotUniform).bias(Init::Constant(0.0));
        let mut in_channels = image.channels.count() as i64;
        let mut stages = Vec::new();
        for (index, channels) in STAGE_CHANNELS.into_iter().enumerate() {
            // Places in a sequence of convolution, activation and max-pool, of which only the first has parameters.
            let conv = Conv2d::new(&path.sub("features").sub(3 * index), in_channels, channels, config);
            stages.push((conv, Attention::new(&path.sub("attention").sub(index), channels, block)));
            in_channels = channels;
        }
        Self { stages, image }
    }
}

impl Backbone for AttentionCnn {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut xs = xs.shallow_clone();
        let mut outputs = Vec::new();
        for (conv, attention) in &self.stages {
            let pooled = conv.forward(&xs, context).relu().max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
            xs = attention.forward(&pooled, context);
            outputs.push(xs.shallow_clone());
        }
        outputs
    }

    fn stages(&self) -> Vec<Stage> {
        STAGE_CHANNELS.into_iter().zip([2, 4, 8]).map(|(channels, stride)| Stage { channels, stride }).collect()
    }

    fn feature_shape(&self) -> FeatureShape {
        let [height, width] = [self.image.size.height, self.image.size.width]
            .map(|side| STAGE_CHANNELS.iter().fold(i64::from(side), |side, _| next_side(side)));
        FeatureShape::Map { channels: STAGE_CHANNELS[2], height, width }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::fixture::{assert_gradient_reaches_every_parameter, assert_stages_keep_their_promise, grey, images, rgb, shapes};
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    const BLOCKS: [AttentionBlock; 3] = [AttentionBlock::Se, AttentionBlock::Cbam, AttentionBlock::SelfAttention];

    fn build(image: ImageConfig, block: AttentionBlock) -> (Parameters, AttentionCnn) {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = AttentionCnn::new(&parameters.root(), image, block);
        (parameters, backbone)
    }

    #[test]
    fn counts_are_those_of_the_trunk_and_the_blocks() {
        // Two layers with biases around a bottleneck of 8.
        let perceptrons = [32, 64, 128].map(|c| c * 8 + 8 + 8 * c + c).iter().sum::<u64>();
        let spatial = 3 * (2 * 49 + 2);
        let transformer = |c: u64| 2 * c + (3 * c * c + 3 * c) + (c * c + c);
        for (block, blocks) in [
            (AttentionBlock::Se, perceptrons),
            (AttentionBlock::Cbam, perceptrons + spatial),
            (AttentionBlock::SelfAttention, transformer(32) + transformer(64) + transformer(128)),
        ] {
            for (image, channels) in [(grey(22, 24), 1), (rgb(22, 24), 3)] {
                let trunk = (channels * 32 * 9 + 32) + (32 * 64 * 9 + 64) + (64 * 128 * 9 + 128);
                assert_eq!(build(image, block).0.count(), trunk + blocks, "{block:?} with {channels} channels");
            }
        }
    }

    #[test]
    fn names_tell_the_stage_and_the_block() {
        for (block, name, shape) in [
            (AttentionBlock::Se, "attention.0.conv_reduce.weight", vec![8, 32, 1, 1]),
            (AttentionBlock::Se, "features.3.weight", vec![64, 32, 3, 3]),
            (AttentionBlock::Cbam, "attention.2.channel.fc1.weight", vec![8, 128]),
            (AttentionBlock::Cbam, "attention.1.spatial.conv.weight", vec![1, 2, 7, 7]),
            (AttentionBlock::Cbam, "attention.1.spatial.bn.running_var", vec![1]),
            (AttentionBlock::SelfAttention, "attention.2.attn.qkv.weight", vec![384, 128]),
            (AttentionBlock::SelfAttention, "features.6.bias", vec![128]),
        ] {
            assert_eq!(shapes(&build(grey(22, 22), block).0).get(name), Some(&shape), "{name}");
        }
    }

    #[test]
    fn stages_have_the_announced_shapes_at_odd_sides() {
        for block in BLOCKS {
            for image in [grey(22, 45), rgb(39, 22)] {
                assert_stages_keep_their_promise(&build(image, block).1, image);
            }
        }
    }

    #[test]
    fn gradient_reaches_every_parameter() {
        for block in BLOCKS {
            let image = rgb(30, 41);
            let (parameters, backbone) = build(image, block);
            let context = Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]));
            assert_gradient_reaches_every_parameter(&parameters, &backbone.forward_features(&images(3, image), &context));
        }
    }

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

    #[test]
    fn self_attention_puts_every_position_back_in_its_place() {
        let parameters = Parameters::new(0, Device::Cpu);
        let block = PositionAttention::new(&parameters.root(), 32);
        tch::no_grad(|| parameters.trainable().iter().for_each(|tensor| drop(tensor.shallow_clone().zero_())));
        // Without weights only the residual connection is left.
        let xs = images(2, rgb(4, 40)).view([2, 32, 3, 5]);
        assert_eq!(block.forward(&xs, &Context::eval(Kind::Float)), xs);
    }

    #[test]
    fn sizes_that_a_block_cannot_take_are_refused_with_the_bound() {
        let size = |height, width| ImageSize { height, width };
        for block in BLOCKS {
            assert_eq!(check_input(block, size(22, 259)), Ok(()));
            assert!(check_input(block, size(21, 64)).unwrap_err().contains("at least 22×22"), "{block:?}");
        }
        assert_eq!(check_input(AttentionBlock::Cbam, size(1024, 1024)), Ok(()));
        assert_eq!(check_input(AttentionBlock::SelfAttention, size(259, 259)), Ok(()));
        let message = check_input(AttentionBlock::SelfAttention, size(260, 259)).unwrap_err();
        assert!(message.contains("16384 positions") && message.contains("16512"), "{message}");
    }
}
