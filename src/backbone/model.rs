//! A backbone with its head: images in, standardised ages out.

use tch::{Device, Kind, Tensor};

use super::age_bins::AgeBins;
use super::context::Context;
use super::head::Head;
use super::parameters::Parameters;
use super::{Backbone, FeatureShape, registry};
use crate::plan::{Architecture, HeadConfig, ImageConfig};

/// Which part of a model a tensor is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first stage of the trunk.
    Stem,
    /// The rest of the trunk.
    Trunk,
    /// The layers after the features.
    Head,
}

/// Where the names of the head begin; no reference network has such names in its trunk.
const HEAD: &str = "head";

/// A backbone with its head.
#[derive(Debug)]
pub struct Model {
    architecture: Architecture,
    parameters: Parameters,
    backbone: Box<dyn Backbone>,
    head: Head,
    image: ImageConfig,
}

impl Model {
    /// A new model with initial weights drawn from the seed.
    ///
    /// # Errors
    /// If the image size breaks the backbone's rule or the pooling does not fit its features.
    pub fn new(architecture: &Architecture, image: ImageConfig, head: &HeadConfig, seed: u64, device: Device) -> Result<Self, String> {
        Self::with_parameters(Parameters::new(seed, device), architecture, image, head)
    }

    /// A model whose weights are all zero: to be counted, or to be filled from a file.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn zeros(architecture: &Architecture, image: ImageConfig, head: &HeadConfig, device: Device) -> Result<Self, String> {
        Self::with_parameters(Parameters::zeros(device), architecture, image, head)
    }

    fn with_parameters(parameters: Parameters, architecture: &Architecture, image: ImageConfig, head: &HeadConfig) -> Result<Self, String> {
        registry::check_input(architecture, image.size)?;
        let backbone = registry::build(architecture, &parameters.root(), image);
        let head = Head::new(&parameters.root().sub(HEAD), backbone.feature_shape(), head)?;
        Ok(Self { architecture: *architecture, parameters, backbone, head, image })
    }

    /// # Shapes
    /// Standardised images `[N, C, H, W]`, sex `[N, 1]` → standardised ages `[N, 1]` in fp32.
    pub fn forward(&self, images: &Tensor, sex: &Tensor, context: &Context) -> Tensor {
        self.ages(self.outputs(images, sex, context))
    }

    /// What the head gives before it is made an age: the age itself, or with bins of age their logits.
    ///
    /// # Shapes
    /// Standardised images `[N, C, H, W]`, sex `[N, 1]` → `[N, 1]` or `[N, bins]` in fp32.
    pub fn outputs(&self, images: &Tensor, sex: &Tensor, context: &Context) -> Tensor {
        self.head.forward(&self.backbone.forward_features(images, context), sex, context)
    }

    /// Ages, and the features that explain them: the last map of the trunk or, of a transformer, the tokens that enter its last
    /// block. (What leaves that block beside the class token changes nothing where the head reads the class token.)
    ///
    /// # Shapes
    /// Standardised images `[N, C, H, W]`, sex `[N, 1]` → standardised ages `[N, 1]` in fp32, features `[N, C', H', W']` or
    /// `[N, 1 + patches, width]`, on which the ages depend.
    pub fn explained(&self, images: &Tensor, sex: &Tensor, context: &Context) -> (Tensor, Tensor) {
        let stages = self.backbone.forward_stages(images, context);
        let last = stages.len() - 1;
        let ages = self.ages(self.head.forward(&stages[last], sex, context));
        let place = match self.backbone.feature_shape() {
            FeatureShape::Map { .. } => last,
            FeatureShape::Tokens { .. } => last.saturating_sub(1),
        };
        (ages, stages[place].shallow_clone())
    }

    /// Rows and columns of the patches of a transformer for its images; none of a network whose features are a map.
    pub fn patch_grid(&self) -> Option<[i64; 2]> {
        let stride = self.backbone.stages().last().map_or(1, |stage| stage.stride);
        let sides = [self.image.size.height, self.image.size.width].map(|side| i64::from(side) / stride);
        matches!(self.backbone.feature_shape(), FeatureShape::Tokens { .. }).then_some(sides)
    }

    /// The ages that outputs stand for.
    ///
    /// # Shapes
    /// `[N, 1]` or `[N, bins]` → standardised ages `[N, 1]`.
    pub fn ages(&self, outputs: Tensor) -> Tensor {
        match self.head.bins() {
            Some(bins) => bins.expected_age(&outputs),
            None => outputs,
        }
    }

    /// The bins of age, where the head has some.
    pub fn age_bins(&self) -> Option<&AgeBins> {
        self.head.bins()
    }

    /// The tensors of backbone and head.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The network.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Its images.
    pub fn image(&self) -> ImageConfig {
        self.image
    }

    /// Which part the tensor of that name is of.
    pub fn part(&self, name: &str) -> Part {
        if name.split('.').next() == Some(HEAD) {
            Part::Head
        } else if registry::is_stem(&self.architecture, name) {
            Part::Stem
        } else {
            Part::Trunk
        }
    }

    /// Billions of floating-point operations (twice the multiply-adds of convolutions and matrix products) for one image.
    pub fn gflops(&self) -> f64 {
        let shape = [1, self.image.channels.count() as i64, i64::from(self.image.size.height), i64::from(self.image.size.width)];
        let options = (Kind::Float, self.parameters.device());
        let context = Context::eval(Kind::Float);
        let _ = tch::no_grad(|| self.forward(&Tensor::zeros(shape, options), &Tensor::zeros([1, 1], options), &context));
        2.0 * context.multiply_adds() as f64 / 1e9
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::backbone::walk_tests::image;
    use crate::spec::{Channels, Pool};

    fn model(architecture: Architecture, image: ImageConfig, seed: u64) -> Model {
        Model::new(&architecture, image, &registry::default_head(architecture.name()), seed, Device::Cpu).unwrap()
    }

    #[test]
    fn gflops_are_the_published_ones() {
        // Multiply-adds in torchvision's table at 224×224 pixels, in billions, less those of the layers that it has in place
        // of our head: ResNet50 2048 · 1000; VGG16 25088 · 4096 + 4096 · 4096 + 4096 · 1000.
        for (architecture, published, classifier, head) in [
            (Architecture::Resnet50, 4.089, 0.002_048, 2048.0 * 512.0 + 512.0),
            (Architecture::Vgg16, 15.470, 0.123_634, 512.0 * 512.0 + 512.0),
        ] {
            let config = registry::default_head(architecture.name());
            let found = Model::zeros(&architecture, image(224, 224, Channels::Rgb), &config, Device::Cpu).unwrap().gflops();
            let expected = 2.0 * (published - classifier + head / 1e9);
            assert!((found - expected).abs() < 0.002, "{architecture:?}: {found} instead of {expected}");
        }
    }

    #[test]
    fn ages_are_fp32_and_one_per_image_in_either_precision() {
        let model = model(Architecture::Cnn, image(33, 47, Channels::Grey), 0);
        let images = Tensor::ones([3, 1, 33, 47], (Kind::Float, Device::Cpu));
        let sex = Tensor::zeros([3, 1], (Kind::Float, Device::Cpu));
        for kind in [Kind::Float, Kind::BFloat16] {
            let ages = model.forward(&images, &sex, &Context::eval(kind));
            assert_eq!((ages.size(), ages.kind()), (vec![3, 1], Kind::Float), "{kind:?}");
        }
    }

    #[test]
    fn the_seed_decides_the_initial_weights() {
        let weights = |seed| {
            let model = model(Architecture::CervicalCnn, image(8, 9, Channels::Grey), seed);
            Tensor::cat(&model.parameters().trainable().iter().map(|tensor| tensor.reshape(-1)).collect::<Vec<_>>(), 0)
        };
        assert_eq!(weights(4), weights(4));
        assert_ne!(weights(4), weights(5));
    }

    #[test]
    fn an_image_that_is_too_small_or_a_pooling_that_does_not_fit_is_an_error() {
        let new = |architecture: Architecture, size, pool| {
            let head = HeadConfig { pool, ..registry::default_head(architecture.name()) };
            Model::new(&architecture, image(size, size, Channels::Grey), &head, 0, Device::Cpu).unwrap_err()
        };
        assert!(new(Architecture::Vgg16, 8, Pool::Avg).contains("vgg16 needs images of at least 32×32 pixels, found 8×8"));
        assert!(new(Architecture::Cnn, 32, Pool::Token).contains("token"));
    }
}
