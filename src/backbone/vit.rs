//! Vision Transformer.
//!
//! Alexey Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", 2020,
//! arXiv 2010.11929. Built: tiny, small and base with any patch side, with the names, shapes and constants of timm's
//! `vit_{tiny,small,base}_patch{N}_224` (tiny and small are from Touvron et al. 2020, arXiv 2012.12877).
//!
//! Weights of linear layers and the position embedding start normal with deviation 0.02 (timm calls it truncated, but cuts
//! at ±2, a hundred deviations), the class token with 1e-6, the patch projection as `PyTorch`'s convolutions. The
//! residual stream stays in fp32; matrix products are of the context's kind.
//!
//! Departure: the position embedding has the grid of the images that the network is built for, which need not be square;
//! published weights must be interpolated to it.

use tch::{Kind, Tensor};

use super::layers::{Conv2d, ConvConfig, DropPathGrowth, LayerNorm, Linear, MultiHeadAttention, Padding, drop_path_rates};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::VitPreset;

const NORM_EPSILON: f64 = 1e-6;
const MLP_RATIO: i64 = 4;
const LINEAR_INIT: Init = Init::Normal { std: 0.02 };

#[derive(Debug, Clone, Copy)]
struct NetworkConfig {
    embed_dim: i64,
    num_heads: i64,
    depth: usize,
    patch_size: i64,
}

impl NetworkConfig {
    fn preset(preset: VitPreset, patch_size: i64) -> Self {
        let (embed_dim, num_heads) = match preset {
            VitPreset::Tiny => (192, 3),
            VitPreset::Small => (384, 6),
            VitPreset::Base => (768, 12),
        };
        Self { embed_dim, num_heads, depth: 12, patch_size }
    }
}

/// Attention, then a perceptron with one hidden layer, each after a norm and beside a residual connection.
#[derive(Debug)]
struct Block {
    norm1: LayerNorm,
    attn: MultiHeadAttention,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    drop_path: f64,
}

impl Block {
    fn new(path: &Path, config: NetworkConfig, drop_path: f64) -> Self {
        let width = config.embed_dim;
        let linear = |name: &str, from, to| Linear::new(&path.sub("mlp").sub(name), from, to, LINEAR_INIT, Init::Constant(0.0));
        Self {
            norm1: LayerNorm::new(&path.sub("norm1"), width, NORM_EPSILON),
            attn: MultiHeadAttention::new(&path.sub("attn"), width, config.num_heads, LINEAR_INIT),
            norm2: LayerNorm::new(&path.sub("norm2"), width, NORM_EPSILON),
            fc1: linear("fc1", width, MLP_RATIO * width),
            fc2: linear("fc2", MLP_RATIO * width, width),
            drop_path,
        }
    }

    /// # Shapes
    /// `[N, T, width]` in fp32 → the same.
    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let mixed = self.attn.forward(&self.norm1.forward(xs), context);
        let xs = residual(xs, &context.drop_path(&mixed, self.drop_path));
        let hidden = self.fc1.forward(&self.norm2.forward(&xs), context).gelu("none");
        let ys = self.fc2.forward(&hidden, context);
        residual(&xs, &context.drop_path(&ys, self.drop_path))
    }
}

/// The sum in fp32; in place of the branch where that is fp32 too, for no gradient reads what leaves a linear layer.
fn residual(xs: &Tensor, branch: &Tensor) -> Tensor {
    if branch.kind() == xs.kind() { branch.shallow_clone().g_add_(xs) } else { xs + branch }
}

/// The trunk of a Vision Transformer; parameters `cls_token`, `pos_embed`, `patch_embed.proj`, `blocks.N.*` and `norm`.
///
/// Its stages are its blocks; the last is read after the final norm.
#[derive(Debug)]
pub(super) struct VisionTransformer {
    patch_proj: Conv2d,
    cls_token: Tensor,
    pos_embed: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
    config: NetworkConfig,
}

impl VisionTransformer {
    /// New weights under `path`; `drop_path` is the rate of stochastic depth at the last block. The image's sides are
    /// multiples of `patch_size`.
    pub(super) fn new(path: &Path, image: ImageConfig, preset: VitPreset, patch_size: i64, drop_path: f64) -> Self {
        Self::build(path, image, drop_path, NetworkConfig::preset(preset, patch_size))
    }

    fn build(path: &Path, image: ImageConfig, drop_path: f64, config: NetworkConfig) -> Self {
        let NetworkConfig { embed_dim, depth, patch_size, .. } = config;
        let channels = image.channels.count() as i64;
        let patches = i64::from(image.size.height) / patch_size * (i64::from(image.size.width) / patch_size);
        let patch_config = ConvConfig::new(patch_size)
            .stride(patch_size)
            .padding(Padding::Zeros(0))
            .init(Init::TorchDefault)
            .bias(Init::TorchDefaultBias { fan_in: channels * patch_size * patch_size });
        let blocks = drop_path_rates(drop_path, depth, DropPathGrowth::ToLastBlock).into_iter().enumerate();
        Self {
            cls_token: path.parameter("cls_token", &[1, 1, embed_dim], Init::Normal { std: 1e-6 }),
            pos_embed: path.parameter("pos_embed", &[1, 1 + patches, embed_dim], Init::Normal { std: 0.02 }),
            patch_proj: Conv2d::new(&path.sub("patch_embed.proj"), channels, embed_dim, patch_config),
            blocks: blocks.map(|(index, rate)| Block::new(&path.sub("blocks").sub(index), config, rate)).collect(),
            norm: LayerNorm::new(&path.sub("norm"), embed_dim, NORM_EPSILON),
            config,
        }
    }

    /// The class token and one token for each patch, row by row, with their positions.
    ///
    /// # Shapes
    /// `[N, C, H, W]` → `[N, 1 + patches, embed_dim]` in fp32.
    fn embed(&self, xs: &Tensor, context: &Context) -> Tensor {
        let patches = self.patch_proj.forward(xs, context).flatten(2, 3).transpose(1, 2).to_kind(Kind::Float);
        // As many as there are images, also in a traced module.
        let cls_token = self.cls_token.expand_as(&patches.narrow(1, 0, 1));
        Tensor::cat(&[cls_token, patches], 1) + &self.pos_embed
    }
}

impl Backbone for VisionTransformer {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut xs = self.embed(xs, context);
        let mut stages = Vec::new();
        for block in &self.blocks {
            xs = block.forward(&xs, context);
            stages.push(xs.shallow_clone());
        }
        stages.pop();
        stages.push(self.norm.forward(&xs));
        stages
    }

    fn stages(&self) -> Vec<Stage> {
        vec![Stage { channels: self.config.embed_dim, stride: self.config.patch_size }; self.config.depth]
    }

    fn feature_shape(&self) -> FeatureShape {
        FeatureShape::Tokens { patches: self.pos_embed.size()[1] - 1, width: self.config.embed_dim }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::fixture::{
        assert_gradient_reaches_every_parameter, assert_rates_are_those_of_the_reference, assert_stages_keep_their_promise, grey, images,
        rgb, shapes,
    };
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    const TINY: NetworkConfig = NetworkConfig { embed_dim: 12, num_heads: 3, depth: 3, patch_size: 4 };

    fn count(image: ImageConfig, config: NetworkConfig) -> u64 {
        let parameters = Parameters::new(0, Device::Cpu);
        VisionTransformer::build(&parameters.root(), image, 0.0, config);
        parameters.count()
    }

    #[test]
    fn presets_have_the_published_number_of_parameters() {
        // timm 1.0.31 with its classifier of 1000 classes; all blocks of a network have the same number.
        for (preset, patch_size, published) in [
            (VitPreset::Tiny, 16, 5_717_416),
            (VitPreset::Small, 8, 21_670_272 + 385_000),
            (VitPreset::Small, 16, 22_050_664),
            (VitPreset::Small, 32, 22_878_952),
            (VitPreset::Base, 16, 86_567_656),
        ] {
            let config = NetworkConfig::preset(preset, patch_size);
            let without_blocks = count(rgb(224, 224), NetworkConfig { depth: 0, ..config });
            let block = count(rgb(224, 224), NetworkConfig { depth: 1, ..config }) - without_blocks;
            let classifier = (config.embed_dim as u64 + 1) * 1000;
            assert_eq!(without_blocks + config.depth as u64 * block + classifier, published, "{preset:?} with patches of {patch_size}");
        }
    }

    #[test]
    fn a_grey_network_lacks_two_thirds_of_the_patch_projection_only() {
        assert_eq!(count(rgb(8, 12), TINY) - count(grey(8, 12), TINY), 2 * 12 * 4 * 4);
    }

    #[test]
    fn names_and_shapes_are_those_of_timm() {
        let parameters = Parameters::new(0, Device::Cpu);
        let image = grey(32, 48);
        let backbone = VisionTransformer::new(&parameters.root(), image, VitPreset::Tiny, 16, 0.1);
        // Trunk of timm's `vit_tiny_patch16_224` with one channel, where there are 196 patches instead of 6.
        assert_eq!(parameters.count(), 5_426_112 - 190 * 192);
        let shapes = shapes(&parameters);
        assert_eq!(shapes.len(), 4 + 12 * 12 + 2);
        for (name, shape) in [
            ("cls_token", vec![1, 1, 192]),
            ("pos_embed", vec![1, 7, 192]),
            ("patch_embed.proj.weight", vec![192, 1, 16, 16]),
            ("patch_embed.proj.bias", vec![192]),
            ("blocks.0.norm1.weight", vec![192]),
            ("blocks.3.attn.qkv.weight", vec![576, 192]),
            ("blocks.3.attn.proj.bias", vec![192]),
            ("blocks.11.mlp.fc1.weight", vec![768, 192]),
            ("blocks.11.mlp.fc2.weight", vec![192, 768]),
            ("norm.bias", vec![192]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
        assert_stages_keep_their_promise(&backbone, image);
    }

    #[test]
    fn stochastic_depth_has_the_rates_of_timm() {
        let parameters = Parameters::zeros(Device::Cpu);
        let backbone = VisionTransformer::new(&parameters.root(), grey(32, 32), VitPreset::Tiny, 16, 0.2);
        assert_rates_are_those_of_the_reference("vit", &backbone.blocks.iter().map(|block| block.drop_path).collect::<Vec<_>>());
    }

    #[test]
    fn gradient_reaches_every_parameter() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = VisionTransformer::build(&parameters.root(), rgb(8, 12), 0.0, TINY);
        let context = Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]));
        assert_gradient_reaches_every_parameter(&parameters, &backbone.forward_features(&images(3, rgb(8, 12)), &context));
    }

    #[test]
    fn stochastic_depth_is_drawn_in_training_only() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = VisionTransformer::build(&parameters.root(), grey(8, 12), 0.4, TINY);
        assert_eq!(backbone.blocks.iter().map(|block| block.drop_path).collect::<Vec<_>>(), [0.0, 0.2, 0.4]);
        let xs = images(8, grey(8, 12));
        let eval = || backbone.forward_features(&xs, &Context::eval(Kind::Float));
        assert_eq!(eval(), eval());
        let train = |step| backbone.forward_features(&xs, &Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[step])));
        assert_ne!(train(0), train(1));
        assert_eq!(train(2), train(2));
    }

    #[test]
    fn patches_are_numbered_row_by_row() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = VisionTransformer::build(&parameters.root(), grey(8, 12), 0.0, TINY);
        let context = Context::eval(Kind::Float);
        let dark = Tensor::zeros([1, 1, 8, 12], (Kind::Float, Device::Cpu));
        let lit = dark.copy();
        // The second row of patches, first column.
        let _ = lit.narrow(2, 4, 4).narrow(3, 0, 4).fill_(1.0);
        let change = (backbone.embed(&lit, &context) - backbone.embed(&dark, &context)).abs().amax([0, 2].as_slice(), false);
        let changed: Vec<bool> = Vec::<f32>::try_from(change).unwrap().into_iter().map(|change| change > 0.0).collect();
        assert_eq!(changed, [false, false, false, false, true, false, false]);
    }

    #[test]
    fn the_residual_stream_stays_in_fp32() {
        let parameters = Parameters::new(0, Device::Cpu);
        let backbone = VisionTransformer::build(&parameters.root(), grey(8, 12), 0.0, TINY);
        let stages = backbone.forward_stages(&images(2, grey(8, 12)), &Context::eval(Kind::BFloat16));
        assert!(stages.iter().all(|stage| stage.kind() == Kind::Float));
    }
}
