//! The `cnn` trunk with attention: a block after each stage, or gates on the earlier stages.
//!
//! From no single paper; the kinds are
//! - `se`: Jie Hu et al., "Squeeze-and-Excitation Networks", 2017, arXiv 1709.01507;
//! - `cbam`: Sanghyun Woo et al., "CBAM: Convolutional Block Attention Module", 2018, arXiv 1807.06521, with the batch norm
//!   that the authors' code has after the spatial convolution;
//! - `self`: Ashish Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762, over the positions of the map, with
//!   heads of 32 channels, a layer norm before it and a residual connection around it. No position embedding: the
//!   convolutions before it and a flattening head carry the place;
//! - `gate`: Ozan Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", 2018, arXiv 1804.03999, used for an
//!   output per image as in Jo Schlemper et al., "Attention Gated Networks", 2019, arXiv 1808.08114: the last stage is the
//!   gating signal of the two before it, and the gated maps, averaged down to its grid, are joined to its channels (32 + 64 +
//!   128). Departures: the gates work at the grid of the map they weigh, which is small here, so that no weight needs to be
//!   interpolated; the weights are a sigmoid of each position, as in the first paper, not normalised over all of them; no linear
//!   layer and norm after a gate; the maps are averaged to a grid and not to a point, because the head flattens.
//!
//! The trunk is that of `cnn`: 3×3 convolutions without padding to 32, 64 and 128 channels, each with `ReLU` and a 2×2
//! max-pool, started as in Keras; the weights of the attention start by the same rule (Glorot). Departure: reduction by 16 would leave
//! 2 channels in the first bottleneck, all of which `ReLU` may silence for good, so `se` and `cbam` keep at least 8. The batch
//! norm of `cbam` has the usual momentum of 0.1: with the 0.01 of the authors' code, a third of its running statistics is still
//! what they started from after a hundred steps.

mod cbam;
mod gate;
mod position;

use tch::Tensor;

use self::cbam::Cbam;
use self::gate::Gate;
use self::position::PositionAttention;
use super::cnn::{SMALLEST_SIDE, keras_conv};
use super::layers::{Activation, ConvPoolLayout, ConvPoolTrunk, SqueezeExcite, SqueezeExciteConfig};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::{AttentionKind, ImageSize};

const STAGE_CHANNELS: [i64; 3] = [32, 64, 128];
const REDUCTION: i64 = 16;
const SMALLEST_BOTTLENECK: i64 = 8;

/// The most positions between which self-attention is computed, those of a 259×259 image after the first stage. Memory
/// grows with the positions, but work with their square: at this bound it is about that of a VGG19.
const MOST_POSITIONS: i64 = 128 * 128;

/// The side that leaves a stage: the convolution takes 2 pixels, the max-pool halves and rounds down.
fn next_side(side: i64) -> i64 {
    (side - 2) / 2
}

/// Whether a kind can be computed at that image size.
///
/// # Errors
/// What it needs instead.
pub(super) fn check_input(kind: AttentionKind, size: ImageSize) -> Result<(), String> {
    if size.height < SMALLEST_SIDE || size.width < SMALLEST_SIDE {
        return Err(format!("attention needs images of at least {SMALLEST_SIDE}×{SMALLEST_SIDE} pixels, found {size}"));
    }
    let positions = next_side(i64::from(size.height)) * next_side(i64::from(size.width));
    match kind {
        AttentionKind::SelfAttention if positions > MOST_POSITIONS => Err(format!(
            "attention of kind `self` takes at most {MOST_POSITIONS} positions after its first stage (a 259×259 image), found \
             {positions} from {size}; use a smaller image, or another kind: se, cbam, gate"
        )),
        AttentionKind::SelfAttention | AttentionKind::Se | AttentionKind::Cbam | AttentionKind::Gate => Ok(()),
    }
}

fn bottleneck(channels: i64) -> i64 {
    (channels / REDUCTION).max(SMALLEST_BOTTLENECK)
}

/// The block after a stage.
#[derive(Debug)]
enum Block {
    SqueezeExcite(SqueezeExcite),
    Cbam(Cbam),
    Position(PositionAttention),
}

impl Block {
    fn squeeze_excite(path: &Path, channels: i64) -> Self {
        let reduced_channels = bottleneck(channels);
        let config = SqueezeExciteConfig { channels, reduced_channels, activation: Activation::Relu, init: Init::GlorotUniform };
        Self::SqueezeExcite(SqueezeExcite::new(path, config))
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        match self {
            Self::SqueezeExcite(block) => block.forward(xs, context),
            Self::Cbam(block) => block.forward(xs, context),
            Self::Position(block) => block.forward(xs, context),
        }
    }
}

#[derive(Debug)]
enum Attention {
    /// One after each stage.
    Blocks(Vec<Block>),
    /// One for each stage but the last, which is their signal.
    Gates(Vec<Gate>),
}

impl Attention {
    fn new(path: &Path, kind: AttentionKind) -> Self {
        let [first, second, last] = STAGE_CHANNELS;
        let blocks = |make: &dyn Fn(&Path, i64) -> Block| {
            Self::Blocks(STAGE_CHANNELS.into_iter().enumerate().map(|(index, channels)| make(&path.sub(index), channels)).collect())
        };
        match kind {
            AttentionKind::Se => blocks(&Block::squeeze_excite),
            AttentionKind::Cbam => blocks(&|path, channels| Block::Cbam(Cbam::new(path, channels))),
            AttentionKind::SelfAttention => blocks(&|path, channels| Block::Position(PositionAttention::new(path, channels))),
            AttentionKind::Gate => Self::Gates(vec![Gate::new(&path.sub(0), first, last), Gate::new(&path.sub(1), second, last)]),
        }
    }
}

/// The trunk of `cnn` with attention; parameters `features.{0,3,6}.*` as in `cnn`, and `attention.{0,1,2}.*`.
///
/// Its stages end with their blocks. With gates they are the two gated maps, then these and the last stage joined.
#[derive(Debug)]
pub(super) struct AttentionCnn {
    trunk: ConvPoolTrunk,
    attention: Attention,
    size: ImageSize,
}

impl AttentionCnn {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig, kind: AttentionKind) -> Self {
        let layout = STAGE_CHANNELS.map(|channels| ConvPoolLayout { num_convs: 1, channels });
        Self {
            trunk: ConvPoolTrunk::new(path, image.channels.count() as i64, &layout, keras_conv()),
            attention: Attention::new(&path.sub("attention"), kind),
            size: image.size,
        }
    }
}

/// The gated maps of the earlier stages, then their means over the cells of the last stage's grid beside that stage.
fn gate_stages(stages: &[Tensor], gates: &[Gate], context: &Context) -> Vec<Tensor> {
    let (last, earlier) = stages.split_last().expect("the trunk has three stages");
    let grid = [last.size()[2], last.size()[3]];
    let mut outputs: Vec<Tensor> = earlier.iter().zip(gates).map(|(stage, gate)| gate.forward(stage, last, context)).collect();
    let pooled = outputs.iter().map(|gated| gated.adaptive_avg_pool2d(grid));
    let joined: Vec<Tensor> = pooled.chain([last.shallow_clone()]).collect();
    outputs.push(Tensor::cat(&joined, 1));
    outputs
}

impl Backbone for AttentionCnn {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        match &self.attention {
            Attention::Gates(gates) => gate_stages(&self.trunk.forward_stages(xs, context), gates, context),
            Attention::Blocks(blocks) => {
                let mut outputs: Vec<Tensor> = Vec::new();
                for (stage, block) in self.trunk.layers().iter().zip(blocks) {
                    let convolved = stage.forward(outputs.last().unwrap_or(xs), context);
                    outputs.push(block.forward(&convolved, context));
                }
                outputs
            }
        }
    }

    fn stages(&self) -> Vec<Stage> {
        let mut stages = self.trunk.stages();
        if let (Attention::Gates(_), Some(last)) = (&self.attention, stages.last_mut()) {
            last.channels = STAGE_CHANNELS.iter().sum();
        }
        stages
    }

    fn feature_shape(&self) -> FeatureShape {
        match (self.trunk.feature_shape(self.size), &self.attention) {
            (FeatureShape::Map { height, width, .. }, Attention::Gates(_)) => {
                FeatureShape::Map { channels: STAGE_CHANNELS.iter().sum(), height, width }
            }
            (shape, _) => shape,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::fixture::{assert_gradient_reaches_every_parameter, assert_stages_keep_their_promise, grey, images, rgb, shapes};
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    const KINDS: [AttentionKind; 4] = [AttentionKind::Se, AttentionKind::Cbam, AttentionKind::SelfAttention, AttentionKind::Gate];

    fn build(image: ImageConfig, kind: AttentionKind) -> (Parameters, AttentionCnn) {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = AttentionCnn::new(&parameters.root(), image, kind);
        (parameters, backbone)
    }

    #[test]
    fn counts_are_those_of_the_trunk_and_the_blocks() {
        // Two layers with biases around a bottleneck of 8.
        let perceptrons = [32, 64, 128].map(|c| c * 8 + 8 + 8 * c + c).iter().sum::<u64>();
        let spatial = 3 * (2 * 49 + 2);
        let transformer = |c: u64| 2 * c + (3 * c * c + 3 * c) + (c * c + c);
        // 1×1 convolutions to half of the channels, from the map without and from the signal with a bias, then to one.
        let gate = |c: u64| c * c / 2 + (128 * c / 2 + c / 2) + (c / 2 + 1);
        for (kind, blocks) in [
            (AttentionKind::Se, perceptrons),
            (AttentionKind::Cbam, perceptrons + spatial),
            (AttentionKind::SelfAttention, transformer(32) + transformer(64) + transformer(128)),
            (AttentionKind::Gate, gate(32) + gate(64)),
        ] {
            for (image, channels) in [(grey(22, 24), 1), (rgb(22, 24), 3)] {
                let trunk = (channels * 32 * 9 + 32) + (32 * 64 * 9 + 64) + (64 * 128 * 9 + 128);
                assert_eq!(build(image, kind).0.count(), trunk + blocks, "{kind:?} with {channels} channels");
            }
        }
    }

    #[test]
    fn names_tell_the_stage_and_the_block() {
        for (kind, name, shape) in [
            (AttentionKind::Se, "attention.0.conv_reduce.weight", vec![8, 32, 1, 1]),
            (AttentionKind::Se, "features.3.weight", vec![64, 32, 3, 3]),
            (AttentionKind::Cbam, "attention.2.channel.fc1.weight", vec![8, 128]),
            (AttentionKind::Cbam, "attention.1.spatial.conv.weight", vec![1, 2, 7, 7]),
            (AttentionKind::Cbam, "attention.1.spatial.bn.running_var", vec![1]),
            (AttentionKind::SelfAttention, "attention.2.attn.qkv.weight", vec![384, 128]),
            (AttentionKind::SelfAttention, "features.6.bias", vec![128]),
            (AttentionKind::Gate, "attention.1.theta.weight", vec![32, 64, 1, 1]),
            (AttentionKind::Gate, "attention.0.phi.bias", vec![16]),
        ] {
            assert_eq!(shapes(&build(grey(22, 22), kind).0).get(name), Some(&shape), "{name}");
        }
    }

    #[test]
    fn stages_have_the_announced_shapes_at_odd_sides() {
        for kind in KINDS {
            for image in [grey(22, 45), rgb(39, 22)] {
                assert_stages_keep_their_promise(&build(image, kind).1, image);
            }
        }
    }

    #[test]
    fn gradient_reaches_every_parameter() {
        for kind in KINDS {
            let image = rgb(30, 41);
            let (parameters, backbone) = build(image, kind);
            let context = Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]));
            assert_gradient_reaches_every_parameter(&parameters, &backbone.forward_features(&images(3, image), &context));
        }
    }

    #[test]
    fn sizes_that_a_block_cannot_take_are_refused_with_the_bound() {
        let size = |height, width| ImageSize { height, width };
        for kind in KINDS {
            assert_eq!(check_input(kind, size(22, 259)), Ok(()));
            assert!(check_input(kind, size(21, 64)).unwrap_err().contains("at least 22×22"), "{kind:?}");
        }
        assert_eq!(check_input(AttentionKind::Cbam, size(1024, 1024)), Ok(()));
        assert_eq!(check_input(AttentionKind::SelfAttention, size(259, 259)), Ok(()));
        let message = check_input(AttentionKind::SelfAttention, size(260, 259)).unwrap_err();
        assert!(message.contains("16384 positions") && message.contains("16512"), "{message}");
    }
}
