//! Not written yet.

use tch::Tensor;

use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::AttentionBlock;

/// Not written yet.
#[derive(Debug)]
pub struct AttentionCnn;

impl AttentionCnn {
    /// New weights under `path`.
    pub fn new(path: &Path, image: ImageConfig, _block: AttentionBlock) -> Self {
        todo!("{path:?} {image:?}")
    }
}

impl Backbone for AttentionCnn {
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

/// Whether a block can be computed at that image size.
pub fn check_input(block: AttentionBlock, size: crate::spec::ImageSize) -> Result<(), String> {
    todo!("{block:?} {size}")
}
