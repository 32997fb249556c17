//! VGG: "Very Deep Convolutional Networks for Large-Scale Image Recognition", Simonyan & Zisserman 2014,
//! arXiv 1409.1556; configurations D (VGG16) and E (VGG19).
//!
//! Names, shapes and initial weights are those of torchvision's and timm's `vgg16` and `vgg19` (`features.N.*`). Departures
//! from the paper: the trunk ends with the fifth max-pool, the two hidden layers of 4096 and the classifier are replaced by
//! the head; the weights start as in He et al. 2015 (arXiv 1502.01852), where the paper first trained a shallower network.

use tch::Tensor;

use super::layers::{ConvConfig, ConvPoolLayout, ConvPoolTrunk};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::ImageSize;

/// Channels of the five stages, the same in every configuration.
const CHANNELS: [i64; 5] = [64, 128, 256, 512, 512];

/// Which variant.
#[derive(Debug, Clone, Copy)]
pub(super) struct VggConfig {
    num_convs: [usize; 5],
}

impl VggConfig {
    /// Configuration D.
    pub(super) fn vgg16() -> Self {
        Self { num_convs: [2, 2, 3, 3, 3] }
    }

    /// Configuration E.
    pub(super) fn vgg19() -> Self {
        Self { num_convs: [2, 2, 4, 4, 4] }
    }
}

/// Five stages of 3×3 convolutions, each closed by a max-pool.
#[derive(Debug)]
pub(super) struct Vgg {
    trunk: ConvPoolTrunk,
    size: ImageSize,
}

impl Vgg {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig, config: VggConfig) -> Self {
        let layout: Vec<_> =
            config.num_convs.into_iter().zip(CHANNELS).map(|(num_convs, channels)| ConvPoolLayout { num_convs, channels }).collect();
        let conv = ConvConfig::new(3).bias(Init::Constant(0.0));
        Self { trunk: ConvPoolTrunk::new(path, image.channels.count() as i64, &layout, conv), size: image.size }
    }
}

impl Backbone for Vgg {
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
mod tests {
    use super::*;
    use crate::backbone::walk_tests::{image, shapes};
    use crate::spec::Channels;

    #[test]
    fn parameter_counts_are_the_published_ones() {
        // Published totals (torchvision: 138,357,544 and 143,667,240) less the classifier's 123,642,856. The first
        // convolution has 64 · 9 values per input channel.
        for (config, channels, expected) in [
            (VggConfig::vgg16(), Channels::Rgb, 138_357_544 - 123_642_856),
            (VggConfig::vgg16(), Channels::Grey, 14_714_688 - 2 * 576),
            (VggConfig::vgg19(), Channels::Rgb, 143_667_240 - 123_642_856),
            (VggConfig::vgg19(), Channels::Grey, 20_024_384 - 2 * 576),
        ] {
            let (count, _) = shapes(|path| drop(Vgg::new(path, image(32, 32, channels), config)));
            assert_eq!(count, expected, "{config:?} {channels:?}");
        }
    }

    #[test]
    fn state_dict_has_the_names_of_the_reference() {
        let (_, shapes) = shapes(|path| drop(Vgg::new(path, image(32, 32, Channels::Rgb), VggConfig::vgg16())));
        assert_eq!(shapes.len(), 2 * 13);
        for (name, shape) in [
            ("features.0.weight", vec![64, 3, 3, 3]),
            ("features.2.bias", vec![64]),
            ("features.5.weight", vec![128, 64, 3, 3]),
            ("features.10.weight", vec![256, 128, 3, 3]),
            ("features.17.weight", vec![512, 256, 3, 3]),
            ("features.28.weight", vec![512, 512, 3, 3]),
            ("features.28.bias", vec![512]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
        let (_, deeper) = self::shapes(|path| drop(Vgg::new(path, image(32, 32, Channels::Rgb), VggConfig::vgg19())));
        assert!(deeper.contains_key("features.34.weight") && deeper.len() == 2 * 16);
    }
}
