//! Not written yet.

use tch::Tensor;

use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::VitPreset;

/// Not written yet.
#[derive(Debug)]
pub struct VisionTransformer;

impl VisionTransformer {
    /// New weights under `path`.
    pub fn new(path: &Path, image: ImageConfig, _preset: VitPreset, _patch_size: i64, _drop_path: f64) -> Self {
        todo!("{path:?} {image:?}")
    }
}

impl Backbone for VisionTransformer {
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
