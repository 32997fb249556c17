//! Every network against its reference implementation, by the fixtures in `tests/reference` that
//! `scripts/reference/run --fixtures` has written: names, shapes, counts, initial weights, outputs and gradients.
//!
//! The weights come from a formula that both sides follow (`scripts/reference/values.py`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::fixture::{noise, read_fixture};
use super::registry::build;
use super::walk_tests::{architectures, image, use_one_thread};
use super::{Context, Parameters};
use crate::device::channels_last;
use crate::plan::Architecture;
use crate::random::{Purpose, keyed};
use crate::spec::Channels;

/// Every fixture; the base size of `vit` is left to the script, for its weight.
const FIXTURES: [&str; 17] = [
    "vgg16",
    "vgg19",
    "resnet50",
    "efficientnet_v2_s",
    "vit_tiny_16",
    "vit_small_16",
    "vit_small_32",
    "unet",
    "cnn",
    "attention_se",
    "attention_cbam",
    "attention_self",
    "attention_gate",
    "yolo_n",
    "yolo_s",
    "yolo_m",
    "cervical_cnn",
];
/// The largest relative error of an output and of a gradient.
const OUTPUT_LIMIT: f64 = 1e-5;
const GRADIENT_LIMIT: f64 = 1e-4;

#[derive(Debug, Deserialize)]
struct Fixture {
    architecture: Architecture,
    reference: String,
    /// Number of parameters and running statistics.
    tensors: usize,
    /// Hash of the sorted lines `name [shape]`.
    names_and_shapes: String,
    parameters: u64,
    /// For one image of three channels and 224×224 pixels.
    multiply_adds: u64,
    start: Vec<Start>,
    cases: Vec<Case>,
}

/// Initial values of the tensors whose names differ in the numbers of layers only: name, shape, how many, mean, standard
/// deviation, mean magnitude.
#[derive(Debug, Deserialize)]
struct Start(String, Vec<i64>, usize, f64, f64, f64);

#[derive(Debug, Deserialize)]
struct Case {
    channels: u64,
    height: u32,
    width: u32,
    batch: i64,
    /// The name from which the images are made.
    images: String,
    /// Of each stage in evaluation mode, after one training pass.
    stages: Vec<Summary>,
    /// Of the features in training mode.
    training: Summary,
    gradients: BTreeMap<String, Summary>,
}

/// Norm, largest magnitude, and some elements.
#[derive(Debug, Deserialize)]
struct Summary(Vec<f64>);

impl Summary {
    fn of(tensor: &Tensor) -> Self {
        let flat = tensor.to_kind(Kind::Double).contiguous().view(-1);
        let count = flat.numel() as i64;
        let mut numbers = vec![flat.norm().double_value(&[]), flat.abs().max().double_value(&[])];
        numbers.extend((0..4).map(|place| flat.double_value(&[(place * 1_000_003 + 17) % count])));
        Self(numbers)
    }

    /// The largest relative error: of the norm against the norm, of the others against the largest magnitude.
    fn error(&self, reference: &Self) -> f64 {
        let scales = [reference.0[0]].into_iter().chain(std::iter::repeat(reference.0[1]));
        let errors = self.0.iter().zip(&reference.0).zip(scales).map(|((found, expected), scale)| (found - expected).abs() / scale);
        errors.fold(0.0, larger)
    }
}

/// The larger of two errors; what is not a number is larger than all.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

fn fixtures() -> Vec<Fixture> {
    FIXTURES.iter().map(|name| read_fixture(&format!("{name}.json"))).collect()
}

/// Gives every tensor the value that the formula has for its name.
pub(crate) fn fill(parameters: &Parameters) {
    for mut entry in parameters.entries() {
        let shape = entry.tensor.size();
        let values = noise(&entry.name, &shape);
        entry.tensor.copy_(&match shape.len() {
            2 | 4 => values * (1.5 / shape[1..].iter().product::<i64>() as f64).sqrt(),
            _ if entry.name.ends_with("running_var") => values + 4.0,
            1 if entry.name.ends_with("running_mean") => values * 0.3,
            1 if entry.name.ends_with("weight") => values * 0.1 + 0.2,
            1 => values * 0.1 + 0.5,
            _ => values * 0.3,
        });
    }
}

/// The largest relative errors of the outputs and of the gradients of a case.
fn errors(architecture: &Architecture, case: &Case) -> (f64, f64) {
    let image = image(case.height, case.width, Channels::try_from(case.channels).unwrap());
    let parameters = Parameters::zeros(Device::Cpu);
    let trunk = build(architecture, &parameters.root(), image);
    tch::no_grad(|| fill(&parameters));
    let shape = [case.batch, case.channels as i64, i64::from(case.height), i64::from(case.width)];
    let xs = channels_last(&noise(&case.images, &shape));
    let features = trunk.forward_features(&xs, &Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0])));
    let names: Vec<&String> = case.gradients.keys().collect();
    let entries = parameters.entries();
    let tensor = |name: &str| entries.iter().find(|entry| entry.name == name).map(|entry| entry.tensor.shallow_clone());
    let chosen: Vec<Tensor> = names.iter().map(|name| tensor(name).unwrap_or_else(|| panic!("no parameter {name}"))).collect();
    let objective = (&features * noise("objective", &features.size())).sum(Kind::Float);
    let gradients = Tensor::run_backward(&[objective], &chosen, false, false);
    let stages = tch::no_grad(|| trunk.forward_stages(&xs, &Context::eval(Kind::Float)));
    assert_eq!(stages.len(), case.stages.len(), "{architecture:?}: stages");
    let largest = |pairs: &mut dyn Iterator<Item = (&Tensor, &Summary)>| {
        pairs.map(|(found, expected)| Summary::of(found).error(expected)).fold(0.0, larger)
    };
    let outputs = largest(&mut stages.iter().chain([&features]).zip(case.stages.iter().chain([&case.training])));
    (outputs, largest(&mut gradients.iter().zip(case.gradients.values())))
}

#[test]
fn every_network_has_a_fixture() {
    let covered: Vec<Architecture> = fixtures().into_iter().map(|fixture| fixture.architecture).collect();
    for architecture in architectures() {
        // Patches of another side are the same network.
        let is_covered = matches!(architecture, Architecture::Vit { patch_size: 8, .. }) || covered.contains(&architecture);
        assert!(is_covered, "{architecture:?}");
    }
}

#[test]
fn outputs_and_gradients_are_those_of_the_reference() {
    use_one_thread();
    let mut faults = Vec::new();
    for Fixture { architecture, reference, cases, .. } in fixtures() {
        let channels: BTreeSet<u64> = cases.iter().map(|case| case.channels).collect();
        assert!(channels.len() == 2 && cases.iter().any(|case| case.height != case.width), "{architecture:?} is not tried enough");
        for case in &cases {
            let (outputs, gradients) = errors(&architecture, case);
            let place = format!("{architecture:?} {}×{}×{} against {reference}", case.channels, case.height, case.width);
            // Written so that a number which is none is a fault too.
            let holds = outputs <= OUTPUT_LIMIT && gradients <= GRADIENT_LIMIT;
            if !holds {
                faults.push(format!("{place}: outputs are off by {outputs:.1e}, gradients by {gradients:.1e}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The 64-bit FNV-1a hash (Fowler, Noll & Vo 1991), in hexadecimal digits.
fn fnv(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[test]
fn names_shapes_and_counts_are_those_of_the_reference() {
    use_one_thread();
    let image = image(224, 224, Channels::Rgb);
    for fixture in fixtures() {
        let place = format!("{:?} against {}", fixture.architecture, fixture.reference);
        let parameters = Parameters::zeros(Device::Cpu);
        let trunk = build(&fixture.architecture, &parameters.root(), image);
        let mut lines: Vec<String> =
            parameters.entries().iter().map(|entry| format!("{} {:?}\n", entry.name, entry.tensor.size())).collect();
        lines.sort();
        assert_eq!((lines.len(), parameters.count()), (fixture.tensors, fixture.parameters), "{place}");
        assert_eq!(fnv(&lines.concat()), fixture.names_and_shapes, "{place}: names or shapes differ:\n{}", lines.concat());
        let context = Context::eval(Kind::Float);
        let _ = tch::no_grad(|| trunk.forward_features(&Tensor::zeros([1, 3, 224, 224], (Kind::Float, Device::Cpu)), &context));
        assert_eq!(context.multiply_adds(), fixture.multiply_adds, "{place}");
    }
}

/// The name with a star for every number of a layer: `blocks.3.norm1.weight` → `blocks.*.norm1.weight`.
fn kind_of(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let starred = parts.iter().enumerate().map(|(place, part)| if place > 0 && part.parse::<u32>().is_ok() { "*" } else { part });
    starred.collect::<Vec<_>>().join(".")
}

fn assert_starts_alike(found: &Tensor, Start(name, _, _, mean, deviation, magnitude): &Start, place: &str) {
    let values = found.to_kind(Kind::Double);
    let found_mean = values.mean(Kind::Double).double_value(&[]);
    let found_deviation = (&values - found_mean).square().mean(Kind::Double).sqrt().double_value(&[]);
    let found_magnitude = values.abs().mean(Kind::Double).double_value(&[]);
    if *deviation == 0.0 {
        assert_eq!((found_mean, found_deviation), (*mean, 0.0), "{place}: {name} starts constant");
        return;
    }
    // Five standard errors of the difference of two deviations of as many normal values.
    let tolerance = 5.0 / (values.numel() as f64).sqrt();
    let error = (found_deviation / deviation - 1.0).abs();
    assert!(error < tolerance, "{place}: {name} starts with deviation {found_deviation:.4} instead of {deviation:.4}");
    assert!((found_mean - mean).abs() < tolerance * 1.5 * deviation, "{place}: {name} starts with mean {found_mean} instead of {mean}");
    // Of a uniform distribution it is 0.87 deviations, of a normal one 0.80, of a normal one cut at two deviations 0.82.
    let error = (found_magnitude / magnitude - 1.0).abs();
    assert!(error < tolerance, "{place}: {name} starts with mean magnitude {found_magnitude:.4} instead of {magnitude:.4}");
}

#[test]
fn initial_weights_are_distributed_as_in_the_reference() {
    use_one_thread();
    for fixture in fixtures() {
        let place = format!("{:?} against {}", fixture.architecture, fixture.reference);
        let parameters = Parameters::new(11, Device::Cpu);
        let _ = build(&fixture.architecture, &parameters.root(), image(224, 224, Channels::Rgb));
        let mut kinds: BTreeMap<(String, Vec<i64>), Vec<Tensor>> = BTreeMap::new();
        for entry in parameters.entries() {
            if entry.trainable {
                let tensors = kinds.entry((kind_of(&entry.name), entry.tensor.size())).or_default();
                tensors.push(entry.tensor.detach().reshape(-1));
            } else {
                let start = if entry.name.ends_with("running_var") { 1.0 } else { 0.0 };
                assert!(bool::try_from(entry.tensor.eq(start).all()).unwrap(), "{place}: {}", entry.name);
            }
        }
        assert_eq!(kinds.len(), fixture.start.len(), "{place}: kinds of parameters");
        for start in &fixture.start {
            let tensors = kinds.get(&(start.0.clone(), start.1.clone())).unwrap_or_else(|| panic!("{place}: no {}", start.0));
            assert_eq!(tensors.len(), start.2, "{place}: {}", start.0);
            assert_starts_alike(&Tensor::cat(tensors, 0), start, &place);
        }
    }
}
