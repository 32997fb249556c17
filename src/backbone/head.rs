//! From pooled features to one number: pool → (sex) → hidden layers with `ReLU` and dropout → 1.

use tch::{Kind, Tensor};

use super::FeatureShape;
use super::context::Context;
use super::layers::Linear;
use super::parameters::{Init, Path};
use crate::plan::HeadConfig;
use crate::spec::Pool;

/// The regression head; parameters `head.hidden.N.*` and `head.output.*`.
#[derive(Debug)]
pub(super) struct Head {
    pool: Pool,
    hidden: Vec<Linear>,
    output: Linear,
    dropout: f64,
    sex: bool,
}

impl Head {
    /// A new head for features of that shape. Hidden layers start as in He et al. 2015; the output layer starts near
    /// zero, so that the first prediction is the mean age.
    ///
    /// # Errors
    /// If the pooling does not fit the features.
    pub(super) fn new(path: &Path, features: FeatureShape, config: &HeadConfig) -> Result<Self, String> {
        let mut width = pooled_width(features, config.pool)? + i64::from(config.sex);
        let mut hidden = Vec::new();
        for (index, out) in config.hidden.iter().map(|out| i64::from(*out)).enumerate() {
            let init = Init::Normal { std: (2.0 / width as f64).sqrt() };
            hidden.push(Linear::new(&path.sub("hidden").sub(index), width, out, init, Init::Constant(0.0)));
            width = out;
        }
        let output = Linear::new(&path.sub("output"), width, 1, Init::Normal { std: 0.01 }, Init::Constant(0.0));
        Ok(Self { pool: config.pool, hidden, output, dropout: config.dropout, sex: config.sex })
    }

    /// # Shapes
    /// Features `[N, C, H, W]` or `[N, 1 + patches, width]`, sex `[N, 1]` (0 female, 1 male, 0.5 unknown) →
    /// standardised age `[N, 1]` in fp32.
    pub(super) fn forward(&self, features: &Tensor, sex: &Tensor, context: &Context) -> Tensor {
        let mut xs = pool(features, self.pool);
        if self.sex {
            xs = Tensor::cat(&[&xs, &sex.to_kind(xs.kind())], 1);
        }
        for layer in &self.hidden {
            xs = context.dropout(&layer.forward(&xs, context).relu(), self.dropout);
        }
        self.output.forward(&xs, context).to_kind(Kind::Float)
    }
}

fn pooled_width(features: FeatureShape, pool: Pool) -> Result<i64, String> {
    match (features, pool) {
        (FeatureShape::Map { channels, .. }, Pool::Avg | Pool::Max) => Ok(channels),
        (FeatureShape::Map { channels, height, width }, Pool::Flatten) => Ok(channels * height * width),
        (FeatureShape::Map { .. }, Pool::Token) => Err("pool `token` needs a transformer; use avg, max or flatten".to_owned()),
        (FeatureShape::Tokens { width, .. }, Pool::Avg | Pool::Max | Pool::Token) => Ok(width),
        (FeatureShape::Tokens { patches, width }, Pool::Flatten) => Ok(patches * width),
    }
}

fn pool(features: &Tensor, pool: Pool) -> Tensor {
    let is_map = features.dim() == 4;
    // Over positions: the last two dimensions of a map, the second of tokens without the class token.
    let (positions, dims) = if is_map { (features.shallow_clone(), vec![2, 3]) } else { (features.slice(1, 1, None, 1), vec![1]) };
    match pool {
        Pool::Avg => positions.mean_dim(dims.as_slice(), false, positions.kind()),
        Pool::Max => positions.amax(dims.as_slice(), false),
        Pool::Flatten => positions.flatten(1, -1),
        Pool::Token => features.select(1, 0),
    }
}
