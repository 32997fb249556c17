//! Not written yet.

use tch::Tensor;

use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;

/// Which variant.
#[derive(Debug, Clone, Copy)]
pub struct VggConfig;

impl VggConfig {
    /// Configuration D.
    pub fn vgg16() -> Self {
        Self
    }

    /// Configuration E.
    pub fn vgg19() -> Self {
        Self
    }
}

/// Not written yet.
#[derive(Debug)]
pub struct Vgg;

impl Vgg {
    /// New weights under `path`.
    pub fn new(path: &Path, image: ImageConfig, _config: VggConfig) -> Self {
        todo!("{path:?} {image:?}")
    }
}

impl Backbone for Vgg {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        todo!("{xs:?} {context:?}")
    }

    fn stages(&self) -> Vec<Stage> {
        todo!()
    }

    fn feature_shape(&self) -> FeatureShape {
        todo!()
    }
}
