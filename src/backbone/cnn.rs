//! The small convolutional network of the Keras tutorials and of the notebooks whose tables this program fills; from no
//! paper. One variant: 3×3 convolutions with 32, 64 and 128 channels, each with `ReLU` and a 2×2 max-pool.
//!
//! As `Conv2D` and `MaxPooling2D` of Keras by default: no padding (`valid`), Glorot's uniform initial weights (Glorot & Bengio
//! 2010), bias zero. Keras has no state-dict names; ours are those of the same layers in a `PyTorch` `Sequential`.

use tch::Tensor;

use super::layers::{ConvConfig, ConvPoolLayout, ConvPoolTrunk, Padding};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::ImageSize;

/// The smallest side: 22 → 20 → 10 → 8 → 4 → 2 → 1 through convolutions and max-pools.
pub(super) const SMALLEST_SIDE: u32 = 22;

/// Three stages of a convolution and a max-pool.
#[derive(Debug)]
pub(super) struct Cnn {
    trunk: ConvPoolTrunk,
    size: ImageSize,
}

impl Cnn {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig) -> Self {
        let layout = [32, 64, 128].map(|channels| ConvPoolLayout { num_convs: 1, channels });
        Self { trunk: ConvPoolTrunk::new(path, image.channels.count() as i64, &layout, keras_conv()), size: image.size }
    }
}

/// A 3×3 convolution as Keras makes it by default.
pub(super) fn keras_conv() -> ConvConfig {
    ConvConfig::new(3).padding(Padding::Zeros(0)).init(Init::GlorotUniform).bias(Init::Constant(0.0))
}

impl Backbone for Cnn {
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

    use super::*;
    use crate::backbone::Model;
    use crate::backbone::registry::default_head;
    use crate::backbone::walk_tests::{image, shapes};
    use crate::plan::Architecture;
    use crate::spec::{BackboneName, Channels};

    #[test]
    fn parameter_count_with_its_head_is_that_of_keras() {
        // Keras counts kernel · kernel · in · out + out per convolution and in · out + out per dense layer. Sides at 128
        // pixels: 128 → 126 → 63 → 61 → 30 → 28 → 14.
        for (channels, num_channels) in [(Channels::Grey, 1), (Channels::Rgb, 3)] {
            let convolutions = (9 * num_channels * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128);
            let dense = (14 * 14 * 128 * 512 + 512) + (512 + 1);
            let head = default_head(BackboneName::Cnn);
            let model = Model::zeros(&Architecture::Cnn, image(128, 128, channels), &head, Device::Cpu).unwrap();
            assert_eq!(model.parameters().count(), convolutions + dense, "{channels:?}");
        }
    }

    #[test]
    fn state_dict_has_the_names_of_a_sequential() {
        let (_, shapes) = shapes(|path| drop(Cnn::new(path, image(22, 22, Channels::Grey))));
        let expected = [
            ("features.0.bias", vec![32]),
            ("features.0.weight", vec![32, 1, 3, 3]),
            ("features.3.bias", vec![64]),
            ("features.3.weight", vec![64, 32, 3, 3]),
            ("features.6.bias", vec![128]),
            ("features.6.weight", vec![128, 64, 3, 3]),
        ];
        assert_eq!(shapes.into_iter().collect::<Vec<_>>(), expected.map(|(name, shape)| (name.to_owned(), shape)));
    }

    #[test]
    fn the_smallest_image_leaves_one_position() {
        let shape = |side| {
            let mut shape = None;
            shapes(|path| shape = Some(Cnn::new(path, image(side, 128, Channels::Grey)).feature_shape()));
            shape.unwrap()
        };
        assert_eq!(shape(SMALLEST_SIDE), FeatureShape::Map { channels: 128, height: 1, width: 14 });
        assert_eq!(shape(SMALLEST_SIDE - 1), FeatureShape::Map { channels: 128, height: 0, width: 14 });
    }
}
