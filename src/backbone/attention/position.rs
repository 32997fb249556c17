//! Self-attention over the positions of a map (Vaswani et al. 2017, arXiv 1706.03762).

use tch::{Kind, Tensor};

use crate::backbone::layers::{LayerNorm, MultiHeadAttention};
use crate::backbone::parameters::Init;
use crate::backbone::{Context, Path};

const HEAD_CHANNELS: i64 = 32;

/// Self-attention over positions; parameters `norm.*`, `attn.qkv.*` and `attn.proj.*`.
#[derive(Debug)]
pub(super) struct PositionAttention {
    norm: LayerNorm,
    attn: MultiHeadAttention,
}

impl PositionAttention {
    pub(super) fn new(path: &Path, channels: i64) -> Self {
        Self {
            norm: LayerNorm::new(&path.sub("norm"), channels, 1e-6),
            attn: MultiHeadAttention::new(&path.sub("attn"), channels, channels / HEAD_CHANNELS, Init::GlorotUniform),
        }
    }

    /// # Shapes
    /// `[N, channels, H, W]` → the same, in fp32: the residual connection is summed exactly.
    pub(super) fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let tokens = xs.flatten(2, 3).transpose(1, 2).to_kind(Kind::Float);
        let mixed = self.attn.forward(&self.norm.forward(&tokens), context);
        let size = xs.size();
        // −1: any number of images, also in a traced module.
        (tokens + mixed).transpose(1, 2).reshape([-1, size[1], size[2], size[3]])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::Parameters;
    use crate::backbone::fixture::{images, rgb};

    #[test]
    fn self_attention_puts_every_position_back_in_its_place() {
        let parameters = Parameters::new(0, Device::Cpu);
        let block = PositionAttention::new(&parameters.root(), 32);
        tch::no_grad(|| parameters.trainable().iter().for_each(|tensor| drop(tensor.shallow_clone().zero_())));
        // Without weights only the residual connection is left.
        let xs = images(2, rgb(4, 40)).view([2, 32, 3, 5]);
        assert_eq!(block.forward(&xs, &Context::eval(Kind::Float)), xs);
    }
}
