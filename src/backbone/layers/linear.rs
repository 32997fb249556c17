//! Fully connected layer.

use tch::Tensor;

use crate::backbone::context::Context;
use crate::backbone::parameters::{Init, Path};

/// A fully connected layer; parameters `weight` `[out, in]` and `bias` `[out]`.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// A new one under `path`.
    pub fn new(path: &Path, in_features: i64, out_features: i64, init: Init, bias_init: Init) -> Self {
        let weight = path.parameter("weight", &[out_features, in_features], init);
        Self { weight, bias: path.parameter("bias", &[out_features], bias_init) }
    }

    /// # Shapes
    /// `[..., in_features]` of any kind → `[..., out_features]` of the context's kind.
    pub fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let kind = context.compute_kind();
        let ys = xs.to_kind(kind).linear(&self.weight.to_kind(kind), Some(&self.bias.to_kind(kind)));
        context.count_multiply_adds(ys.numel() as i64 * self.weight.size()[1]);
        ys
    }
}
