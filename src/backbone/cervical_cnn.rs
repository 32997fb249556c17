//! The network of a public notebook that reads ages from cervical-spine films; from no paper. One variant: a 3×3
//! convolution with 32 channels, `ReLU`, a 2×2 max-pool, flatten; the head is a hidden layer of 128 without dropout.
//!
//! As Keras makes it by default; see [`cnn`](super::cnn).

use tch::Tensor;

use super::cnn::keras_conv;
use super::layers::{ConvPoolLayout, ConvPoolTrunk};
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::ImageSize;

/// One stage of a convolution and a max-pool.
#[derive(Debug)]
pub(super) struct CervicalCnn {
    trunk: ConvPoolTrunk,
    size: ImageSize,
}

impl CervicalCnn {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig) -> Self {
        let layout = [ConvPoolLayout { num_convs: 1, channels: 32 }];
        Self { trunk: ConvPoolTrunk::new(path, image.channels.count() as i64, &layout, keras_conv()), size: image.size }
    }
}

impl Backbone for CervicalCnn {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        self.trunk.forward_stages(xs, context)
    }

    fn stages(&self) -> Vec<Stage> {
        self.trunk.stages()
    }

    fn feature_shape(&self) -> FeatureShape {
        self.trunk.feature_shape(self.size)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use crate::backbone::Model;
    use crate::backbone::registry::default_head;
    use crate::backbone::walk_tests::image;
    use crate::plan::Architecture;
    use crate::spec::{BackboneName, Channels};

    #[test]
    fn parameter_count_with_its_head_is_that_of_keras() {
        // Sides at 128 pixels: 128 → 126 → 63.
        for (channels, num_channels) in [(Channels::Grey, 1), (Channels::Rgb, 3)] {
            let dense = (63 * 63 * 32 * 128 + 128) + (128 + 1);
            let head = default_head(BackboneName::CervicalCnn);
            let model = Model::zeros(&Architecture::CervicalCnn, image(128, 128, channels), &head, Device::Cpu).unwrap();
            assert_eq!(model.parameters().count(), (9 * num_channels * 32 + 32) + dense, "{channels:?}");
            assert_eq!(model.parameters().entries()[0].name, "features.0.weight");
        }
    }
}
