//! What the tests of several backbones share.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::{Backbone, Context, FeatureShape, Parameters};
use crate::plan::ImageConfig;
use crate::random::{Purpose, keyed};
use crate::spec::{Channels, Fit, ImageSize};

pub(super) fn grey(height: u32, width: u32) -> ImageConfig {
    ImageConfig { size: ImageSize { height, width }, channels: Channels::Grey, fit: Fit::Pad }
}

pub(super) fn rgb(height: u32, width: u32) -> ImageConfig {
    ImageConfig { channels: Channels::Rgb, ..grey(height, width) }
}

/// `[count, C, H, W]` of values in −1…1 that no two images share.
pub(super) fn images(count: i64, image: ImageConfig) -> Tensor {
    let shape = [count, image.channels.count() as i64, i64::from(image.size.height), i64::from(image.size.width)];
    (Tensor::arange(shape.iter().product::<i64>(), (Kind::Float, Device::Cpu)) * 0.7).sin().view(shape)
}

/// The shape of every tensor, by name.
pub(super) fn shapes(parameters: &Parameters) -> BTreeMap<String, Vec<i64>> {
    parameters.entries().into_iter().map(|entry| (entry.name, entry.tensor.size())).collect()
}

/// Stages and features have the shapes that the backbone announces, and finite values, in fp32 and in bf16.
pub(super) fn assert_stages_keep_their_promise(backbone: &dyn Backbone, image: ImageConfig) {
    for kind in [Kind::Float, Kind::BFloat16] {
        let outputs = tch::no_grad(|| backbone.forward_stages(&images(3, image), &Context::eval(kind)));
        let stages = backbone.stages();
        assert_eq!(outputs.len(), stages.len());
        for (output, stage) in outputs.iter().zip(&stages) {
            assert!([kind, Kind::Float].contains(&output.kind()), "{:?}", output.kind());
            let size = output.size();
            assert_eq!(if size.len() == 4 { size[1] } else { size[2] }, stage.channels);
            assert!(f64::try_from(output.isfinite().all().to_kind(Kind::Double)).unwrap() > 0.0);
        }
        let expected = match backbone.feature_shape() {
            FeatureShape::Map { channels, height, width } => vec![3, channels, height, width],
            FeatureShape::Tokens { patches, width } => vec![3, 1 + patches, width],
        };
        assert_eq!(outputs.last().unwrap().size(), expected);
    }
}

/// Every parameter has a gradient that is finite and somewhere not zero.
pub(super) fn assert_gradient_reaches_every_parameter(parameters: &Parameters, features: &Tensor) {
    // Weighted, because the plain sum after a norm is constant and has no gradient.
    let weights = (Tensor::arange(features.numel() as i64, (Kind::Float, Device::Cpu)) * 1.3).cos().view(features.size().as_slice());
    let trainable: Vec<_> = parameters.entries().into_iter().filter(|entry| entry.trainable).collect();
    let tensors: Vec<_> = trainable.iter().map(|entry| &entry.tensor).collect();
    let gradients = Tensor::run_backward(&[(features * weights).sum(Kind::Float)], &tensors, false, false);
    for (entry, gradient) in trainable.iter().zip(&gradients) {
        assert!(gradient.defined(), "{} has no gradient", entry.name);
        let largest = gradient.abs().max().double_value(&[]);
        assert!(largest.is_finite() && largest > 0.0, "the gradient of {} is {largest}", entry.name);
    }
}

/// Values in −1…1 that look random and are the same everywhere; whole numbers until the last step.
fn noise(shape: &[i64], phase: i64) -> Tensor {
    let index = Tensor::arange(shape.iter().product::<i64>(), (Kind::Int64, Device::Cpu));
    let whole: Tensor = &index * &index * 7919 + &index * 104_729 + phase * 15_485_863;
    (whole.remainder(1_000_003).to_kind(Kind::Float) / 500_001.5 - 1.0).view(shape)
}

/// The features come out as those of the reference network do, by the rule and the numbers of
/// `scripts/backbone-reference`, which depend on every name, shape and operation, and on what a training pass does to the
/// running statistics.
pub(super) fn assert_features_are_those_of_the_reference(
    parameters: &Parameters,
    backbone: &dyn Backbone,
    image: ImageConfig,
    expected: [f64; 4],
) {
    let ys = tch::no_grad(|| {
        for mut entry in parameters.entries() {
            let phase: usize = entry.name.bytes().enumerate().map(|(place, byte)| (place + 1) * usize::from(byte)).sum();
            let shape = entry.tensor.size();
            let values = noise(&shape, phase as i64);
            entry.tensor.copy_(&match shape.len() {
                2 | 4 => values * (6.0 / shape[1..].iter().product::<i64>() as f64).sqrt(),
                _ if entry.name.ends_with("running_var") => values + 4.0,
                1 if entry.name.ends_with("weight") => values * 0.3 + 1.0,
                _ => values * 0.3,
            });
        }
        let xs = noise(&images(3, image).size(), 1);
        let _ = backbone.forward_features(&xs, &Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0])));
        backbone.forward_features(&xs, &Context::eval(Kind::Float)).to_kind(Kind::Double).contiguous().view(-1)
    });
    let mean = |ys: &Tensor| ys.mean(Kind::Double).double_value(&[]);
    let found = [mean(&ys), mean(&ys.abs()), ys.double_value(&[0]), ys.double_value(&[-1])];
    for (found_one, expected_one) in found.iter().zip(expected) {
        let tolerance = 1e-4 * expected[1].max(expected_one.abs());
        assert!((found_one - expected_one).abs() < tolerance, "{found:?} instead of {expected:?}");
    }
}
