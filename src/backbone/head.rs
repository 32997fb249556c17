//! From pooled features to an age: pool → (sex) → hidden layers with `ReLU` and dropout → 1, or a logit for each bin of age.

use tch::{Kind, Tensor};

use super::FeatureShape;
use super::age_bins::AgeBins;
use super::context::Context;
use super::layers::Linear;
use super::parameters::{Init, Path};
use crate::plan::HeadConfig;
use crate::spec::Pool;

/// The head; parameters `head.hidden.N.*` and `head.output.*`, and the buffer `head.bins` where there are bins of age.
#[derive(Debug)]
pub(super) struct Head {
    pool: Pool,
    hidden: Vec<Linear>,
    output: Linear,
    dropout: f64,
    sex: bool,
    bins: Option<AgeBins>,
}

impl Head {
    /// A new head for features of that shape. Hidden layers start as in He et al. 2015; the output layer starts near
    /// zero, so that the first prediction is the mean age, or with bins the middle between the youngest and the oldest.
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
        let outputs = config.age_bins.map_or(1, i64::from);
        let output = Linear::new(&path.sub("output"), width, outputs, Init::Normal { std: 0.01 }, Init::Constant(0.0));
        let bins = config.age_bins.map(|count| AgeBins::new(path, count));
        Ok(Self { pool: config.pool, hidden, output, dropout: config.dropout, sex: config.sex, bins })
    }

    /// # Shapes
    /// Features `[N, C, H, W]` or `[N, 1 + patches, width]`, sex `[N, 1]` (0 female, 1 male, 0.5 unknown) →
    /// standardised age `[N, 1]`, or logits `[N, bins]`, in fp32.
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

    /// The bins of age, where there are some.
    pub(super) fn bins(&self) -> Option<&AgeBins> {
        self.bins.as_ref()
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::Parameters;

    const MAP: FeatureShape = FeatureShape::Map { channels: 2, height: 1, width: 3 };
    const TOKENS: FeatureShape = FeatureShape::Tokens { patches: 2, width: 2 };

    fn config(pool: Pool, hidden: &[u32], sex: bool) -> HeadConfig {
        HeadConfig { pool, hidden: hidden.to_vec(), dropout: 0.5, sex, age_bins: None }
    }

    fn tensor(values: &[f32], shape: &[i64]) -> Tensor {
        Tensor::from_slice(values).view(shape)
    }

    fn values(xs: &Tensor) -> Vec<f32> {
        Vec::try_from(xs.contiguous().view(-1)).unwrap()
    }

    #[test]
    fn each_pooling_gives_the_numbers_of_a_hand_made_table() {
        let map = tensor(&[1., 2., 6., -1., -2., -9.], &[1, 2, 1, 3]);
        // The first token is the class token.
        let tokens = tensor(&[9., 8., 1., 2., 3., -6.], &[1, 3, 2]);
        for (features, shape, kind, expected) in [
            (&map, MAP, Pool::Avg, vec![3., -4.]),
            (&map, MAP, Pool::Max, vec![6., -1.]),
            (&map, MAP, Pool::Flatten, vec![1., 2., 6., -1., -2., -9.]),
            (&tokens, TOKENS, Pool::Avg, vec![2., -2.]),
            (&tokens, TOKENS, Pool::Max, vec![3., 2.]),
            (&tokens, TOKENS, Pool::Flatten, vec![1., 2., 3., -6.]),
            (&tokens, TOKENS, Pool::Token, vec![9., 8.]),
        ] {
            assert_eq!(values(&pool(features, kind)), expected, "{shape:?} {kind:?}");
            assert_eq!(pooled_width(shape, kind), Ok(expected.len() as i64), "{shape:?} {kind:?}");
        }
    }

    #[test]
    fn flattening_does_not_depend_on_the_memory_layout() {
        let map = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([1, 2, 3, 4]);
        assert_eq!(values(&pool(&crate::device::channels_last(&map), Pool::Flatten)), values(&map));
    }

    #[test]
    fn a_map_has_no_token() {
        let parameters = Parameters::new(0, Device::Cpu);
        let message = Head::new(&parameters.root(), MAP, &config(Pool::Token, &[], false)).unwrap_err();
        assert!(message.contains("avg, max or flatten"), "{message}");
    }

    #[test]
    fn layers_follow_the_settings() {
        let parameters = Parameters::new(0, Device::Cpu);
        Head::new(&parameters.root().sub("head"), MAP, &config(Pool::Flatten, &[5, 4], true)).unwrap();
        let found: Vec<_> = parameters.entries().into_iter().map(|entry| (entry.name, entry.tensor.size())).collect();
        let expected = [
            ("head.hidden.0.weight", vec![5, 7]),
            ("head.hidden.0.bias", vec![5]),
            ("head.hidden.1.weight", vec![4, 5]),
            ("head.hidden.1.bias", vec![4]),
            ("head.output.weight", vec![1, 4]),
            ("head.output.bias", vec![1]),
        ];
        assert_eq!(found, expected.map(|(name, shape)| (name.to_owned(), shape)));
    }

    #[test]
    fn bins_of_age_are_outputs_and_a_buffer() {
        let parameters = Parameters::new(0, Device::Cpu);
        let config = HeadConfig { age_bins: Some(20), ..config(Pool::Avg, &[], false) };
        let head = Head::new(&parameters.root().sub("head"), MAP, &config).unwrap();
        let found: Vec<_> = parameters.entries().into_iter().map(|entry| (entry.name, entry.tensor.size(), entry.trainable)).collect();
        let expected = [("head.output.weight", vec![20, 2], true), ("head.output.bias", vec![20], true), ("head.bins", vec![20], false)];
        assert_eq!(found, expected.map(|(name, shape, trainable)| (name.to_owned(), shape, trainable)));
        let features = tensor(&[1., 2., 6., -1., -2., -9.], &[1, 2, 1, 3]).expand([3, 2, 1, 3], false);
        let logits = head.forward(&features, &tensor(&[0.; 3], &[3, 1]), &Context::eval(Kind::BFloat16));
        assert_eq!((logits.size(), logits.kind()), (vec![3, 20], Kind::Float));
    }

    #[test]
    fn sex_changes_the_age_only_where_it_is_an_input() {
        for sex_is_input in [true, false] {
            let parameters = Parameters::new(3, Device::Cpu);
            let head = Head::new(&parameters.root(), MAP, &config(Pool::Avg, &[7], sex_is_input)).unwrap();
            let features = tensor(&[1., 2., 6., -1., -2., -9.], &[1, 2, 1, 3]).expand([3, 2, 1, 3], false);
            let ages = values(&head.forward(&features, &tensor(&[0., 1., 0.], &[3, 1]), &Context::eval(Kind::Float)));
            assert!((ages[0] - ages[2]).abs() < 1e-7, "{ages:?}");
            assert_eq!((ages[0] - ages[1]).abs() > 1e-7, sex_is_input, "{ages:?}");
        }
    }

    #[test]
    fn without_hidden_layers_the_head_is_one_linear_map() {
        let parameters = Parameters::new(3, Device::Cpu);
        let head = Head::new(&parameters.root(), MAP, &config(Pool::Max, &[], false)).unwrap();
        let weight = values(&parameters.entries()[0].tensor);
        let features = tensor(&[1., 2., 6., -1., -2., -9.], &[1, 2, 1, 3]);
        let context = Context::eval(Kind::Float);
        let ages = head.forward(&features, &tensor(&[0.5], &[1, 1]), &context);
        assert_eq!(ages.size(), [1, 1]);
        assert!((values(&ages)[0] - (6.0 * weight[0] - weight[1])).abs() < 1e-6);
        assert_eq!(context.multiply_adds(), 2);
    }
}
