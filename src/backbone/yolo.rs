//! Not written yet.

use tch::Tensor;

use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::YoloScale;

/// Not written yet.
#[derive(Debug)]
pub struct YoloTrunk;

impl YoloTrunk {
    /// New weights under `path`.
    pub fn new(path: &Path, image: ImageConfig, _scale: YoloScale) -> Self {
        todo!("{path:?} {image:?}")
    }
}

impl Backbone for YoloTrunk {
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
