//! Not written yet.

use tch::Tensor;

use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;

/// Not written yet.
#[derive(Debug)]
pub struct ResNet50;

impl ResNet50 {
    /// New weights under `path`.
    pub fn new(path: &Path, image: ImageConfig) -> Self {
        todo!("{path:?} {image:?}")
    }
}

impl Backbone for ResNet50 {
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
