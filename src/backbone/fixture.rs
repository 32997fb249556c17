//! What the tests of several backbones share.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use tch::{Device, Kind, Tensor};

use super::{Backbone, Context, FeatureShape, Parameters};
use crate::plan::{ImageConfig, PrepareConfig};
use crate::spec::{Channels, Fit, ImageSize};

pub(super) fn grey(height: u32, width: u32) -> ImageConfig {
    ImageConfig { size: ImageSize { height, width }, channels: Channels::Grey, fit: Fit::Pad, prepare: PrepareConfig::default() }
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

/// Values in −1…1 that look random and are the same everywhere; whole numbers until the last step. The same formula stands in
/// `scripts/reference/values.py`.
pub(crate) fn noise(name: &str, shape: &[i64]) -> Tensor {
    let phase: usize = name.bytes().enumerate().map(|(place, byte)| (place + 1) * usize::from(byte)).sum();
    let index = Tensor::arange(shape.iter().product::<i64>(), (Kind::Int64, Device::Cpu));
    let whole: Tensor = &index * &index * 7919 + &index * 104_729 + phase as i64 * 15_485_863;
    (whole.remainder(1_000_003).to_kind(Kind::Float) / 500_001.5 - 1.0).view(shape)
}

/// A fixture that `scripts/reference/run --fixtures` has written from the reference networks.
pub(crate) fn read_fixture<T: DeserializeOwned>(file: &str) -> T {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rates of stochastic depth are those of the reference network, where 0.2 is asked for.
pub(super) fn assert_rates_are_those_of_the_reference(network: &str, rates: &[f64]) {
    let expected = &read_fixture::<BTreeMap<String, Vec<f64>>>("stochastic_depth.json")[network];
    assert_eq!(rates.len(), expected.len());
    assert!(rates.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{rates:?} instead of {expected:?}");
}
