//! Multi-head self-attention over a sequence of tokens.

use tch::Tensor;

use super::Linear;
use crate::backbone::context::Context;
use crate::backbone::parameters::{Init, Path};

/// Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762); parameters `qkv.*` (queries, keys and values one
/// after another) and `proj.*` as in timm. Biases start at zero.
///
/// `LibTorch`'s fused product is used: it computes the softmax in fp32 whatever the context's kind, never holds the matrix
/// of all pairs of tokens, repeats itself bit for bit on the CPU, and is as exact as separate products.
#[derive(Debug)]
pub struct MultiHeadAttention {
    qkv: Linear,
    proj: Linear,
    num_heads: i64,
}

impl MultiHeadAttention {
    /// A new one under `path`.
    ///
    /// # Panics
    /// If the heads do not share the width equally.
    pub fn new(path: &Path, width: i64, num_heads: i64, init: Init) -> Self {
        assert!(width % num_heads == 0, "{num_heads} heads cannot share a width of {width}");
        Self {
            qkv: Linear::new(&path.sub("qkv"), width, 3 * width, init, Init::Constant(0.0)),
            proj: Linear::new(&path.sub("proj"), width, width, init, Init::Constant(0.0)),
            num_heads,
        }
    }

    /// softmax(Q · Kᵀ / √(width / heads)) · V for each head, then a linear layer over all heads.
    ///
    /// # Shapes
    /// `[N, T, width]` of any kind → `[N, T, width]` of the context's kind.
    ///
    /// # Panics
    /// If the input has not three dimensions.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let (batch, tokens, width) = xs.size3().expect("attention reads [N, T, width]");
        let heads = self.num_heads;
        // The batch is −1 throughout, so that a traced module takes any number of images.
        let qkv = self.qkv.forward(xs, context).view([-1, tokens, 3, heads, width / heads]).permute([2, 0, 3, 1, 4]);
        let [query, key, value] = [0, 1, 2].map(|index| qkv.select(0, index));
        let mixed = Tensor::scaled_dot_product_attention(&query, &key, &value, None::<Tensor>, 0.0, false, None, false);
        // Two products, Q · Kᵀ and the weights times V, each of T × T × width for an image.
        context.count_multiply_adds(2 * batch * tokens * tokens * width);
        self.proj.forward(&mixed.transpose(1, 2).reshape([-1, tokens, width]), context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::parameters::Parameters;

    fn tokens(shape: [i64; 3]) -> Tensor {
        (Tensor::arange(shape.iter().product::<i64>(), (Kind::Float, Device::Cpu)) * 0.37).sin().view(shape)
    }

    /// The formula, written out in fp64.
    fn reference(parameters: &Parameters, xs: &Tensor, heads: i64) -> Tensor {
        let [qkv_weight, qkv_bias, proj_weight, proj_bias] =
            <[Tensor; 4]>::try_from(parameters.trainable()).unwrap().map(|tensor| tensor.to_kind(Kind::Double));
        let xs = xs.to_kind(Kind::Double);
        let width = xs.size()[2];
        let side = width / heads;
        let qkv = xs.linear(&qkv_weight, Some(&qkv_bias));
        let part = |index: i64, head: i64| qkv.narrow(2, index * width + head * side, side);
        let mixed: Vec<Tensor> = (0..heads)
            .map(|head| {
                let scores = part(0, head).matmul(&part(1, head).transpose(1, 2)) / (side as f64).sqrt();
                scores.softmax(-1, Kind::Double).matmul(&part(2, head))
            })
            .collect();
        Tensor::cat(&mixed, 2).linear(&proj_weight, Some(&proj_bias))
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
    }

    #[test]
    fn the_fused_product_agrees_with_the_formula_in_fp64() {
        let parameters = Parameters::new(1, Device::Cpu);
        let attention = MultiHeadAttention::new(&parameters.root(), 24, 3, Init::Normal { std: 0.5 });
        let xs = tokens([3, 37, 24]);
        let expected = reference(&parameters, &xs, 3);
        assert!(expected.abs().max().double_value(&[]) > 1.0, "values too small to compare");
        let fp32 = attention.forward(&xs, &Context::eval(Kind::Float));
        assert!(largest_difference(&fp32, &expected) < 1e-5);
        let bf16 = attention.forward(&xs, &Context::eval(Kind::BFloat16));
        assert_eq!(bf16.kind(), Kind::BFloat16);
        // bf16 keeps 8 bits, and the values reach 11.
        let difference = largest_difference(&bf16, &expected);
        assert!(difference < 0.2, "{difference}");
    }

    #[test]
    fn gradients_agree_with_the_formula_and_repeat_bit_for_bit() {
        let parameters = Parameters::new(2, Device::Cpu);
        let attention = MultiHeadAttention::new(&parameters.root(), 16, 2, Init::Normal { std: 0.4 });
        let xs = tokens([2, 19, 16]);
        let weights = tokens([2, 19, 16]).cos();
        let gradients = |ys: &Tensor| {
            let loss = (ys * weights.to_kind(ys.kind())).sum(ys.kind());
            Tensor::run_backward(&[loss], &parameters.trainable(), false, false)
        };
        let fused = || gradients(&attention.forward(&xs, &Context::eval(Kind::Float)));
        let (first, second) = (fused(), fused());
        for ((a, b), expected) in first.iter().zip(&second).zip(&gradients(&reference(&parameters, &xs, 2))) {
            assert_eq!(a, b);
            assert!(largest_difference(a, expected) < 1e-4);
        }
    }

    #[test]
    fn multiply_adds_of_the_products_are_counted() {
        let parameters = Parameters::new(0, Device::Cpu);
        let attention = MultiHeadAttention::new(&parameters.root(), 8, 2, Init::Normal { std: 0.02 });
        let context = Context::eval(Kind::Float);
        let _ = attention.forward(&tokens([1, 5, 8]), &context);
        assert_eq!(context.multiply_adds(), (5 * 8 * 24) + (2 * 5 * 5 * 8) + (5 * 8 * 8));
    }
}
