//! Every network against its reference implementation in full: all outputs, all gradients, twenty steps of Adam.
//!
//! `scripts/reference/run` makes the cases and runs this test; see there for what they hold.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::Optimizer;
use super::fixtures::train_config;
use super::loss::ErrorLoss;
use crate::backbone::{Context, Model, Parameters, registry};
use crate::device::channels_last;
use crate::plan::{Architecture, HeadConfig, ImageConfig, PrepareConfig};
use crate::random::{Purpose, keyed};
use crate::spec::{Channels, Fit, ImageSize};

/// The folder with the cases of one backbone.
const FOLDER_VARIABLE: &str = "BENCH_RUN_REFERENCE";
const OUTPUT_LIMIT: f64 = 1e-5;
const GRADIENT_LIMIT: f64 = 1e-4;
const LOSS_LIMIT: f64 = 1e-4;
/// Batches that the steps go through, again and again.
const BATCHES: i64 = 4;
/// A gradient is compared with this share of the network's largest, if it is smaller: that of a bias before a batch norm
/// is zero, and only rounding fills it.
const SMALLEST_GRADIENT: f64 = 1e-2;

#[derive(Debug, Deserialize)]
struct Comparison {
    name: String,
    architecture: Architecture,
    learning_rate: f64,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    file: PathBuf,
    channels: u64,
    height: u32,
    width: u32,
}

/// The largest relative errors of outputs, gradients and losses.
#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    outputs: f64,
    gradients: f64,
    losses: f64,
}

impl Errors {
    fn merge(self, other: Self) -> Self {
        Self {
            outputs: self.outputs.max(other.outputs),
            gradients: self.gradients.max(other.gradients),
            losses: self.losses.max(other.losses),
        }
    }
}

/// max |found − expected| / max |expected|, or infinite where a number is missing.
fn relative_error(found: &Tensor, expected: &Tensor, smallest_scale: f64) -> f64 {
    assert_eq!(found.size(), expected.size());
    let [found, expected] = [found, expected].map(|tensor| tensor.to_kind(Kind::Double));
    let scale = expected.abs().max().double_value(&[]).max(smallest_scale);
    let error = (found - expected).abs().max().double_value(&[]) / scale;
    if error.is_finite() { error } else { f64::INFINITY }
}

/// The tensors of a case, by name.
struct Stored(BTreeMap<String, Tensor>);

impl Stored {
    fn read(path: &Path) -> Self {
        Self(Tensor::read_safetensors(path).unwrap().into_iter().collect())
    }

    fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("the case has no tensor {name}"))
    }

    fn numbered(&self, group: &str) -> Vec<&Tensor> {
        (0..).map_while(|index| self.0.get(&format!("{group}.{index}"))).collect()
    }

    /// Give every tensor its stored value; names and shapes are the same on both sides, but for the head where there is none.
    fn load(&self, parameters: &Parameters, with_head: bool) {
        let mut entries = parameters.entries();
        let is_wanted = |name: &&str| with_head || !name.starts_with("head.");
        let stored: Vec<&str> = self.0.keys().filter_map(|key| key.strip_prefix("weights.")).filter(is_wanted).collect();
        let mut ours: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        ours.sort_unstable();
        assert_eq!(ours, stored, "names of the program and of the reference");
        tch::no_grad(|| {
            for entry in &mut entries {
                let value = self.get(&format!("weights.{}", entry.name));
                assert_eq!(entry.tensor.size(), value.size(), "{}", entry.name);
                entry.tensor.copy_(value);
            }
        });
    }
}

fn training() -> Context {
    Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]))
}

fn outputs_and_gradients(architecture: &Architecture, image: ImageConfig, stored: &Stored) -> (f64, f64) {
    let parameters = Parameters::zeros(Device::Cpu);
    let trunk = registry::build(architecture, &parameters.root(), image);
    stored.load(&parameters, false);
    let images = channels_last(stored.get("images"));
    let in_training = trunk.forward_stages(&images, &training());
    let objective = (in_training.last().unwrap() * stored.get("objective")).sum(Kind::Float);
    let entries: Vec<_> = parameters.entries().into_iter().filter(|entry| entry.trainable).collect();
    let gradients = Tensor::run_backward(&[objective], &parameters.trainable(), false, false);
    let in_evaluation = tch::no_grad(|| trunk.forward_stages(&images, &Context::eval(Kind::Float)));
    let mut outputs = 0.0_f64;
    for (found, group) in [(&in_training, "training"), (&in_evaluation, "evaluation")] {
        let expected = stored.numbered(group);
        assert_eq!(found.len(), expected.len(), "stages in {group}");
        outputs = found.iter().zip(expected).map(|(found, expected)| relative_error(found, expected, 0.0)).fold(outputs, f64::max);
    }
    let expected: Vec<&Tensor> = entries.iter().map(|entry| stored.get(&format!("gradients.{}", entry.name))).collect();
    let largest = expected.iter().map(|gradient| gradient.abs().max().double_value(&[])).fold(0.0, f64::max);
    let errors = gradients.iter().zip(expected).map(|(found, expected)| relative_error(found, expected, SMALLEST_GRADIENT * largest));
    (outputs, errors.fold(0.0, f64::max))
}

/// The error of the losses of twenty steps, with the head that the network has by default, without dropout.
fn losses(architecture: &Architecture, image: ImageConfig, stored: &Stored, learning_rate: f64) -> f64 {
    let head = HeadConfig { dropout: 0.0, ..registry::default_head(architecture.name()) };
    let model = Model::zeros(architecture, image, &head, Device::Cpu).unwrap();
    stored.load(model.parameters(), true);
    let parameters = model.parameters().trainable();
    let mut optimizer = Optimizer::new(&train_config(), &parameters);
    let batches: Vec<Tensor> = stored.get("batches").chunk(BATCHES, 0).iter().map(channels_last).collect();
    let targets = stored.get("targets").chunk(BATCHES, 0);
    let expected = stored.get("losses");
    let mut found = Vec::new();
    for (images, targets) in batches.iter().zip(&targets).cycle().take(expected.numel()) {
        let sex = targets.zeros_like();
        let loss = ErrorLoss::Mse.mean(&model.forward(images, &sex, &training()), targets);
        found.push(loss.double_value(&[]));
        optimizer.step(&Tensor::run_backward(&[loss], &parameters, false, false), learning_rate);
    }
    relative_error(&Tensor::from_slice(&found), expected, 0.0)
}

#[test]
#[ignore = "needs the cases that scripts/reference/run makes, and is run by it"]
fn networks_are_the_reference_networks() {
    tch::set_num_threads(1);
    let folder = std::env::var_os(FOLDER_VARIABLE).unwrap_or_else(|| panic!("{FOLDER_VARIABLE} is not set; use scripts/reference/run"));
    let folder = Path::new(&folder);
    let Comparison { name, architecture, learning_rate, cases } =
        serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let mut errors = Errors::default();
    for Case { file, channels, height, width } in &cases {
        let channels = Channels::try_from(*channels).unwrap();
        let image =
            ImageConfig { size: ImageSize { height: *height, width: *width }, channels, fit: Fit::Pad, prepare: PrepareConfig::default() };
        let stored = Stored::read(&folder.join(file));
        let (outputs, gradients) = outputs_and_gradients(&architecture, image, &stored);
        errors = errors.merge(Errors { outputs, gradients, losses: losses(&architecture, image, &stored, learning_rate) });
    }
    let Errors { outputs, gradients, losses } = errors;
    // Not `println`, so that the line is written whole.
    writeln!(std::io::stdout(), "\n| {name} | {outputs:.1e} | {gradients:.1e} | {losses:.1e} |").unwrap();
    assert!(outputs <= OUTPUT_LIMIT, "{name}: outputs are off by {outputs:.1e}, more than {OUTPUT_LIMIT:.0e}");
    assert!(gradients <= GRADIENT_LIMIT, "{name}: gradients are off by {gradients:.1e}, more than {GRADIENT_LIMIT:.0e}");
    assert!(losses <= LOSS_LIMIT, "{name}: losses are off by {losses:.1e}, more than {LOSS_LIMIT:.0e}");
}
