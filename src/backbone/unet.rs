//! U-Net: "U-Net: Convolutional Networks for Biomedical Image Segmentation", Ronneberger, Fischer & Brox 2015,
//! arXiv 1505.04597; the contracting path, 64 to 1024 channels.
//!
//! Names, shapes and initial weights are those of the widely used `PyTorch` port milesial/Pytorch-UNet, with its transposed
//! convolutions left out (`inc`, `down1` to `down4`). Departures from the paper: no expanding path, since an age and not a
//! picture is asked for; a batch norm after every convolution, which then needs no bias; one row of zeros around each map,
//! so that convolutions keep the size; no dropout at the end of the path; `PyTorch`'s default initial weights.

use tch::Tensor;

use super::layers::{BatchNorm2d, BatchNormConfig, Conv2d, ConvConfig};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::ImageSize;

/// Channels of the five levels.
const CHANNELS: [i64; 5] = [64, 128, 256, 512, 1024];

/// Twice: 3×3 convolution, batch norm, `ReLU`; parameters `double_conv.{0,1,3,4}.*`.
#[derive(Debug)]
struct DoubleConv {
    layers: [(Conv2d, BatchNorm2d); 2],
}

impl DoubleConv {
    fn new(path: &Path, in_channels: i64, out_channels: i64) -> Self {
        let path = path.sub("double_conv");
        let config = ConvConfig::new(3).init(Init::TorchDefault);
        let layer = |index: u32, in_channels| {
            let conv = Conv2d::new(&path.sub(index), in_channels, out_channels, config);
            (conv, BatchNorm2d::new(&path.sub(index + 1), out_channels, BatchNormConfig::default()))
        };
        Self { layers: [layer(0, in_channels), layer(3, out_channels)] }
    }

    /// # Shapes
    /// `[N, in_channels, H, W]` → `[N, out_channels, H, W]`, of the context's kind.
    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let apply = |xs: Tensor, (conv, norm): &(Conv2d, BatchNorm2d)| norm.forward(&conv.forward(&xs, context), context).relu_();
        self.layers.iter().fold(xs.shallow_clone(), apply)
    }
}

/// Five levels, each but the first after a 2×2 max-pool that drops an odd last row or column.
#[derive(Debug)]
pub(super) struct UNetEncoder {
    levels: Vec<DoubleConv>,
    size: ImageSize,
}

impl UNetEncoder {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig) -> Self {
        let mut in_channels = image.channels.count() as i64;
        let mut levels = Vec::new();
        for (index, out_channels) in CHANNELS.into_iter().enumerate() {
            // The max-pool is `maxpool_conv.0`.
            let path = if index == 0 { path.sub("inc") } else { path.sub(format!("down{index}.maxpool_conv.1")) };
            levels.push(DoubleConv::new(&path, in_channels, out_channels));
            in_channels = out_channels;
        }
        Self { levels, size: image.size }
    }
}

impl Backbone for UNetEncoder {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut outputs: Vec<Tensor> = Vec::new();
        for level in &self.levels {
            let output = match outputs.last() {
                Some(above) => level.forward(&above.max_pool2d_default(2), context),
                None => level.forward(xs, context),
            };
            outputs.push(output);
        }
        outputs
    }

    fn stages(&self) -> Vec<Stage> {
        CHANNELS.into_iter().zip(0..).map(|(channels, halvings)| Stage { channels, stride: 1 << halvings }).collect()
    }

    fn feature_shape(&self) -> FeatureShape {
        let [height, width] = [self.size.height, self.size.width].map(|side| i64::from(side / 16));
        FeatureShape::Map { channels: 1024, height, width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::walk_tests::{image, shapes};
    use crate::spec::Channels;

    #[test]
    fn parameter_count_is_that_of_the_port_without_its_expanding_path() {
        // The port with three channels, two classes and transposed convolutions has 31,037,698 in all. A step up from
        // c channels: transposed 2×2 convolution with bias, then two 3×3 convolutions with batch norm.
        let up = |c: u64| (c * c / 2 * 4 + c / 2) + (c * c / 2 * 9 + c) + (c / 2 * c / 2 * 9 + c);
        let expanding: u64 = [1024, 512, 256, 128].map(up).iter().sum::<u64>() + (64 * 2 + 2);
        for (channels, expected) in [(Channels::Rgb, 31_037_698 - expanding), (Channels::Grey, 31_037_698 - expanding - 2 * 64 * 9)] {
            let (count, _) = shapes(|path| drop(UNetEncoder::new(path, image(16, 16, channels))));
            assert_eq!(count, expected, "{channels:?}");
        }
    }

    #[test]
    fn state_dict_has_the_names_of_the_port() {
        let (_, shapes) = shapes(|path| drop(UNetEncoder::new(path, image(16, 16, Channels::Grey))));
        assert_eq!(shapes.len(), 5 * 2 * 5);
        for (name, shape) in [
            ("inc.double_conv.0.weight", vec![64, 1, 3, 3]),
            ("inc.double_conv.1.running_mean", vec![64]),
            ("inc.double_conv.4.bias", vec![64]),
            ("down1.maxpool_conv.1.double_conv.0.weight", vec![128, 64, 3, 3]),
            ("down4.maxpool_conv.1.double_conv.3.weight", vec![1024, 1024, 3, 3]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
    }
}
