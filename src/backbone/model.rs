//! A backbone with its head: images in, standardised ages out.

use tch::{Device, Kind, Tensor};

use super::context::Context;
use super::head::Head;
use super::parameters::Parameters;
use super::{Backbone, registry};
use crate::plan::{Architecture, HeadConfig, ImageConfig};

/// A backbone with its head.
#[derive(Debug)]
pub struct Model {
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
        registry::check_input(architecture, image.size)?;
        let parameters = Parameters::new(seed, device);
        let backbone = registry::build(architecture, &parameters.root(), image);
        let head = Head::new(&parameters.root().sub("head"), backbone.feature_shape(), head)?;
        Ok(Self { parameters, backbone, head, image })
    }

    /// # Shapes
    /// Standardised images `[N, C, H, W]`, sex `[N, 1]` → standardised ages `[N, 1]` in fp32.
    pub fn forward(&self, images: &Tensor, sex: &Tensor, context: &Context) -> Tensor {
        self.head.forward(&self.backbone.forward_features(images, context), sex, context)
    }

    /// The tensors of backbone and head.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
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
