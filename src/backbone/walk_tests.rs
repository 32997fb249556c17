//! One walk through every architecture of the registry: what each of them must do, whatever it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::registry::{build, check_input, default_head, smallest_side};
use super::{Context, FeatureShape, Model, Parameters, Part, Path, Stage};
use crate::plan::{Architecture, ImageConfig, PrepareConfig};
use crate::random::{Purpose, keyed};
use crate::spec::{AttentionKind, BackboneName, Channels, Fit, ImageSize, VitPreset, YoloScale};

/// Every architecture with its variants, but for the base size of `vit`, which differs from the small one in nothing but width.
pub(crate) fn architectures() -> Vec<Architecture> {
    let vit = |preset, patch_size| Architecture::Vit { preset, patch_size, drop_path: 0.0 };
    vec![
        Architecture::Vgg16,
        Architecture::Vgg19,
        Architecture::Resnet50,
        Architecture::EfficientnetV2S { drop_path: 0.0 },
        vit(VitPreset::Tiny, 16),
        vit(VitPreset::Small, 8),
        Architecture::Unet,
        Architecture::Cnn,
        Architecture::Attention { kind: AttentionKind::Se },
        Architecture::Attention { kind: AttentionKind::Cbam },
        Architecture::Attention { kind: AttentionKind::SelfAttention },
        Architecture::Attention { kind: AttentionKind::Gate },
        Architecture::Yolo { scale: YoloScale::N },
        Architecture::Yolo { scale: YoloScale::S },
        Architecture::Yolo { scale: YoloScale::M },
        Architecture::CervicalCnn,
    ]
}

/// An image setting of a test.
pub(crate) fn image(height: u32, width: u32, channels: Channels) -> ImageConfig {
    ImageConfig { size: ImageSize { height, width }, channels, fit: Fit::Pad, prepare: PrepareConfig::default() }
}

/// Number of trained values, and the shape of every tensor, of what `make` builds.
pub(super) fn shapes(make: impl FnOnce(&Path)) -> (u64, BTreeMap<String, Vec<i64>>) {
    let parameters = Parameters::zeros(Device::Cpu);
    make(&parameters.root());
    (parameters.count(), parameters.entries().into_iter().map(|entry| (entry.name, entry.tensor.size())).collect())
}

/// Values between −1 and 1 that look like chance and are the same at every call; they repeat after a prime number of them.
fn noise(shape: &[i64]) -> Tensor {
    const PERIOD: i64 = 8191;
    let count = shape.iter().product::<i64>();
    let period = ((Tensor::arange(PERIOD, (Kind::Double, Device::Cpu)) * 12.9898).sin() * 43_758.545_3).frac().to_kind(Kind::Float);
    period.repeat([count / PERIOD + 1]).narrow(0, 0, count).view(shape)
}

fn images(image: ImageConfig, count: i64) -> Tensor {
    noise(&[count, image.channels.count() as i64, i64::from(image.size.height), i64::from(image.size.width)])
}

/// The smallest height in grey, and one pixel more in colour where the rule allows that; never a square.
fn settings(architecture: &Architecture) -> [ImageConfig; 2] {
    let side = smallest_side(architecture);
    [(side, side + 15, Channels::Grey), (side + 1, side + 16, Channels::Rgb)].map(|(height, width, channels)| {
        let wanted = image(height, width, channels);
        if check_input(architecture, wanted.size).is_ok() { wanted } else { image(side, 2 * side, channels) }
    })
}

/// Whether a side of a stage is the image's, divided by the stride.
fn side_fits(architecture: &Architecture, image_side: u32, stride: i64, side: i64) -> bool {
    // Convolutions without padding lose up to two more positions over three stages.
    let unpadded = matches!(architecture, Architecture::Cnn | Architecture::CervicalCnn | Architecture::Attention { .. });
    let lost = if unpadded { 2 } else { 0 };
    let exact = i64::from(image_side);
    side > 0 && (exact / stride - lost..=(exact + stride - 1) / stride).contains(&side)
}

fn is_finite(xs: &Tensor) -> bool {
    xs.isfinite().all().int64_value(&[]) == 1
}

/// So small images are computed fastest, and at a steady speed, by one thread.
pub(super) fn use_one_thread() {
    tch::set_num_threads(1);
}

#[test]
fn every_name_of_a_spec_is_walked() {
    for name in BackboneName::ALL {
        let walked = architectures().iter().any(|architecture| architecture.name() == name);
        assert!(walked, "{name:?}");
    }
}

#[test]
fn stages_and_features_have_the_promised_shapes_and_bf16_is_close() {
    use_one_thread();
    let _guard = tch::no_grad_guard();
    for architecture in architectures() {
        for image in settings(&architecture) {
            let name = format!("{architecture:?} {image:?}");
            let parameters = Parameters::new(5, Device::Cpu);
            let trunk = build(&architecture, &parameters.root(), image);
            let xs = images(image, 3);
            let outputs = trunk.forward_stages(&xs, &Context::eval(Kind::Float));
            let stages = trunk.stages();
            assert_eq!(outputs.len(), stages.len(), "{name}");
            for (index, (output, stage)) in outputs.iter().zip(stages).enumerate() {
                assert_stage(&architecture, image.size, stage, output, &format!("{name} stage {index}"));
            }
            let features = outputs.last().unwrap();
            let expected = match trunk.feature_shape() {
                FeatureShape::Map { channels, height, width } => vec![3, channels, height, width],
                FeatureShape::Tokens { patches, width } => vec![3, 1 + patches, width],
            };
            assert_eq!(features.size(), expected, "{name}");

            let in_bf16 = trunk.forward_features(&xs, &Context::eval(Kind::BFloat16)).to_kind(Kind::Float);
            let error = (&in_bf16 - features).norm().double_value(&[]) / features.norm().double_value(&[]);
            assert!(error > 0.0, "{name}: bf16 was not used");
            assert!(error < 0.05, "{name}: bf16 is off by {error}");
        }
    }
}

fn assert_stage(architecture: &Architecture, size: ImageSize, stage: Stage, output: &Tensor, name: &str) {
    assert!(is_finite(output), "{name}");
    match output.size()[..] {
        [3, channels, rows, columns] => {
            assert_eq!(channels, stage.channels, "{name}");
            let fits =
                side_fits(architecture, size.height, stage.stride, rows) && side_fits(architecture, size.width, stage.stride, columns);
            assert!(fits, "{name}: {rows}×{columns} at stride {} of {size}", stage.stride);
        }
        [3, tokens, width] => {
            let patches = [size.height, size.width].map(|side| i64::from(side) / stage.stride).iter().product::<i64>();
            assert_eq!([tokens, width], [1 + patches, stage.channels], "{name}");
        }
        ref other => panic!("{name}: shape {other:?}"),
    }
}

#[test]
fn a_training_step_reaches_every_parameter() {
    use_one_thread();
    for architecture in architectures() {
        let [image, _] = settings(&architecture);
        let head = default_head(architecture.name());
        let model = Model::new(&architecture, image, &head, 5, Device::Cpu).unwrap();
        let entries: Vec<_> = model.parameters().entries().into_iter().filter(|entry| entry.trainable).collect();
        let tensors: Vec<_> = entries.iter().map(|entry| entry.tensor.shallow_clone()).collect();
        let gradients = |step| {
            let context = Context::train(Kind::Float, keyed(5, Purpose::Dropout, &[step]));
            let sex = Tensor::from_slice(&[0f32, 1., 0.5]).view([3, 1]);
            let predicted = model.forward(&images(image, 3), &sex, &context);
            let loss = (predicted - Tensor::from_slice(&[1f32, -2., 0.5]).view([3, 1])).square().mean(Kind::Float);
            Tensor::run_backward(&[loss], &tensors, false, false)
        };
        for (entry, gradient) in entries.iter().zip(gradients(0)) {
            assert!(gradient.defined() && is_finite(&gradient), "{architecture:?} {}", entry.name);
            assert_eq!(gradient.size(), entry.tensor.size(), "{architecture:?} {}", entry.name);
        }
        // A weight that starts at zero hides its branch from the first step; a little noise opens it.
        tch::no_grad(|| {
            for tensor in &tensors {
                let _ = tensor.shallow_clone().g_add_(&(noise(&tensor.size()) * 0.02));
            }
        });
        for (entry, gradient) in entries.iter().zip(gradients(1)) {
            assert!(is_finite(&gradient) && gradient.count_nonzero(None).int64_value(&[]) > 0, "{architecture:?} {}", entry.name);
        }
    }
}

#[test]
fn every_network_has_a_stem_a_trunk_and_a_head() {
    for architecture in architectures() {
        let model = Model::zeros(&architecture, settings(&architecture)[0], &default_head(architecture.name()), Device::Cpu).unwrap();
        let parts: Vec<Part> = model.parameters().entries().iter().map(|entry| model.part(&entry.name)).collect();
        assert!(parts.contains(&Part::Stem) && parts.contains(&Part::Head), "{architecture:?}");
        // One stage is all that the smallest network has.
        assert_eq!(parts.contains(&Part::Trunk), architecture != Architecture::CervicalCnn, "{architecture:?}");
        assert_eq!(model.part(&model.parameters().entries()[0].name), Part::Stem, "{architecture:?}");
    }
}

#[test]
fn one_pixel_less_than_the_rule_is_refused() {
    for architecture in architectures() {
        let side = smallest_side(&architecture);
        for (height, width) in [(side - 1, side), (side, side - 1)] {
            let message = check_input(&architecture, ImageSize { height, width }).unwrap_err();
            assert!(message.contains(&format!("found {height}×{width}")), "{architecture:?}: {message}");
        }
    }
}
