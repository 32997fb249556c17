//! Parameters and multiply-adds of the networks with their published classifiers against the published figures.

use tch::{Device, Kind, Tensor};

use super::registry::build;
use super::walk_tests::{image, use_one_thread};
use super::{Context, Parameters};
use crate::plan::Architecture;
use crate::spec::{Channels, VitPreset, YoloScale};

/// What a publication says of a network for images of three channels.
struct Published {
    architecture: Architecture,
    /// Widths of the classifier's layers, from the features to the 1000 classes.
    classifier: &'static [u64],
    side: u32,
    /// Trained parameters; rounded as published.
    parameters: Rounded,
    /// Billions of multiply-adds for one image; rounded as published.
    multiply_adds: Rounded,
}

/// A number and half a unit of its last published digit.
struct Rounded(f64, f64);

impl Rounded {
    /// Whether a number is within 1 % of the published one, or rounds to it.
    fn agrees(&self, found: f64) -> bool {
        (found - self.0).abs() <= self.1.max(0.01 * self.0)
    }
}

fn exactly(parameters: f64) -> Rounded {
    Rounded(parameters, 0.0)
}

fn vit(preset: VitPreset) -> Architecture {
    Architecture::Vit { preset, patch_size: 16, drop_path: 0.0 }
}

/// How often a published figure counts the classifier: ultralytics profiled a network at 32×32 pixels and multiplied all by the
/// 400 such squares of a 640×640 image, the classifier too, which is applied once.
fn classifier_positions(architecture: &Architecture) -> f64 {
    if matches!(architecture, Architecture::Yolo { .. }) { 400.0 } else { 1.0 }
}

fn published() -> Vec<Published> {
    let of =
        |architecture, classifier, side, parameters, multiply_adds| Published { architecture, classifier, side, parameters, multiply_adds };
    let (vgg, efficientnet) = (&[25_088, 4096, 4096, 1000], Architecture::EfficientnetV2S { drop_path: 0.0 });
    let yolo = |scale| Architecture::Yolo { scale };
    vec![
        // torchvision 0.28, `meta["num_params"]` and `meta["_ops"]` of the weights IMAGENET1K_V1.
        of(Architecture::Vgg16, vgg, 224, exactly(138_357_544.0), Rounded(15.47, 0.0)),
        of(Architecture::Vgg19, vgg, 224, exactly(143_667_240.0), Rounded(19.632, 0.0)),
        of(Architecture::Resnet50, &[2048, 1000], 224, exactly(25_557_032.0), Rounded(4.089, 0.0)),
        of(efficientnet, &[1280, 1000], 384, exactly(21_458_488.0), Rounded(8.366, 0.0)),
        of(vit(VitPreset::Base), &[768, 1000], 224, exactly(86_567_656.0), Rounded(17.564, 0.0)),
        // Touvron et al. 2020, arXiv 2012.12877, Table 1: 5 and 22 million; operations of DeiT-S as Liu et al. 2021,
        // arXiv 2103.14030, Table 1, quote them, of DeiT-Ti as Wang et al. 2021, arXiv 2102.12122, Table 2: 1.3.
        of(vit(VitPreset::Tiny), &[192, 1000], 224, Rounded(5.7e6, 0.05e6), Rounded(1.3, 0.05)),
        of(vit(VitPreset::Small), &[384, 1000], 224, Rounded(22.1e6, 0.05e6), Rounded(4.6, 0.05)),
        // Documentation of ultralytics, YOLOv8 models for classification: millions of parameters, and operations (two to a
        // multiply-add) at 640 pixels; see `classifier_positions`.
        of(yolo(YoloScale::N), &[1280, 1000], 640, Rounded(2.7e6, 0.05e6), Rounded(4.3 / 2.0, 0.025)),
        of(yolo(YoloScale::S), &[1280, 1000], 640, Rounded(6.4e6, 0.05e6), Rounded(13.5 / 2.0, 0.025)),
        of(yolo(YoloScale::M), &[1280, 1000], 640, Rounded(17.0e6, 0.05e6), Rounded(42.7 / 2.0, 0.025)),
    ]
}

#[test]
fn parameters_and_operations_are_the_published_ones() {
    use_one_thread();
    for Published { architecture, classifier, side, parameters, multiply_adds } in published() {
        // Convolutions work in proportion to the area, and sides of a multiple of 32 leave no rest; attention and
        // squeeze-and-excitation do not.
        let tried = if matches!(architecture, Architecture::Vit { .. } | Architecture::EfficientnetV2S { .. }) { side } else { 64 };
        let area = f64::from(side * side) / f64::from(tried * tried);
        let stored = Parameters::zeros(Device::Cpu);
        let trunk = build(&architecture, &stored.root(), image(tried, tried, Channels::Rgb));
        let context = Context::eval(Kind::Float);
        let side = i64::from(tried);
        let _ = tch::no_grad(|| trunk.forward_features(&Tensor::zeros([1, 3, side, side], (Kind::Float, Device::Cpu)), &context));
        let weights: u64 = classifier.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let biases: u64 = classifier[1..].iter().sum();
        let count = (stored.count() + weights + biases) as f64;
        assert!(parameters.agrees(count), "{architecture:?} has {count} parameters instead of {}", parameters.0);
        assert!(parameters.1 > 0.0 || count == parameters.0, "{architecture:?} has {count} parameters instead of {}", parameters.0);
        let classified = weights as f64 * classifier_positions(&architecture);
        let billions = (context.multiply_adds() as f64 * area + classified) / 1e9;
        assert!(multiply_adds.agrees(billions), "{architecture:?} does {billions} billion multiply-adds instead of {}", multiply_adds.0);
    }
}
