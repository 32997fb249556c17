//! Named tensors of a network: what is trained, what is only kept, and how each starts.
//!
//! Names are the paths of the reference implementation's state dict (`features.0.weight`). Initial values are drawn
//! from a generator keyed by (seed, name), so they depend neither on the order of construction nor on the device.

use std::cell::RefCell;

use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Device, Kind, Tensor};

use crate::device::channels_last;
use crate::random::{Purpose, keyed, name_part};

/// How a parameter starts. `fan_in` and `fan_out` are computed as in PyTorch from the shape `[out, in, ...]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Every element the same.
    Constant(f64),
    /// Normal with mean 0.
    Normal {
        /// Standard deviation.
        std: f64,
    },
    /// Normal with mean 0, redrawn beyond two standard deviations.
    TruncatedNormal {
        /// Standard deviation before the truncation.
        std: f64,
    },
    /// Normal with variance 2 / `fan_out` (He et al. 2015, arXiv 1502.01852).
    KaimingNormalFanOut,
    /// Uniform within ±√(3 / `fan_in`) · gain with gain² = 1/3: PyTorch's default for convolutions and linear layers.
    TorchDefault,
    /// Uniform within ±1/√`fan_in`: PyTorch's default for the bias of a layer with that fan-in.
    TorchDefaultBias {
        /// The fan-in of the layer's weight.
        fan_in: i64,
    },
    /// Uniform within ±√(6 / (`fan_in` + `fan_out`)): Glorot & Bengio 2010, the default of Keras.
    GlorotUniform,
}

impl Init {
    fn draw(self, shape: &[i64], seed: u64, name: &str) -> Vec<f32> {
        let count = shape.iter().product::<i64>() as usize;
        let mut rng = keyed(seed, Purpose::Weights, &[name_part(name)]);
        let mut normal = |std: f64, limit: f64| -> Vec<f32> {
            let mut next = || loop {
                let draw: f32 = rng.sample(StandardNormal);
                if f64::from(draw.abs()) <= limit {
                    return draw * std as f32;
                }
            };
            (0..count).map(|_| next()).collect()
        };
        let (fan_in, fan_out) = fans(shape);
        match self {
            Self::Constant(value) => vec![value as f32; count],
            Self::Normal { std } => normal(std, f64::INFINITY),
            Self::TruncatedNormal { std } => normal(std, 2.0),
            Self::KaimingNormalFanOut => normal((2.0 / fan_out).sqrt(), f64::INFINITY),
            Self::TorchDefault => uniform(&mut rng, count, 1.0 / fan_in.sqrt()),
            Self::TorchDefaultBias { fan_in } => uniform(&mut rng, count, 1.0 / (fan_in as f64).sqrt()),
            Self::GlorotUniform => uniform(&mut rng, count, (6.0 / (fan_in + fan_out)).sqrt()),
        }
    }
}

fn uniform(rng: &mut impl RngExt, count: usize, bound: f64) -> Vec<f32> {
    (0..count).map(|_| ((rng.random::<f64>() * 2.0 - 1.0) * bound) as f32).collect()
}

fn fans(shape: &[i64]) -> (f64, f64) {
    let receptive: i64 = shape.iter().skip(2).product();
    let of = |dimension: usize| (shape.get(dimension).copied().unwrap_or(1) * receptive) as f64;
    (of(1), of(0))
}

/// One tensor with its name.
#[derive(Debug)]
pub struct Entry {
    /// Path in the state dict.
    pub name: String,
    /// The value, shared with the layer that uses it.
    pub tensor: Tensor,
    /// Whether it is trained; otherwise it is a buffer (running statistics).
    pub trainable: bool,
}

/// All tensors of a network, in the order of construction.
#[derive(Debug)]
pub struct Parameters {
    seed: Option<u64>,
    device: Device,
    entries: RefCell<Vec<Entry>>,
}

impl Parameters {
    /// None yet.
    pub fn new(seed: u64, device: Device) -> Self {
        Self { seed: Some(seed), device, entries: RefCell::new(Vec::new()) }
    }

    /// None yet, and each will be zero: for a network that is only counted, or whose weights are loaded. Drawing takes
    /// most of the time that a network takes to build.
    pub fn zeros(device: Device) -> Self {
        Self { seed: None, device, entries: RefCell::new(Vec::new()) }
    }

    /// Where to begin naming.
    pub fn root(&self) -> Path<'_> {
        Path { parameters: self, prefix: String::new() }
    }

    /// The device on which every tensor lives.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Everything, parameters and buffers, in the order of construction; the tensors share storage with the network.
    pub fn entries(&self) -> Vec<Entry> {
        let copy = |e: &Entry| Entry { name: e.name.clone(), tensor: e.tensor.shallow_clone(), trainable: e.trainable };
        self.entries.borrow().iter().map(copy).collect()
    }

    /// The trainable tensors, in the order of construction.
    pub fn trainable(&self) -> Vec<Tensor> {
        self.entries.borrow().iter().filter(|entry| entry.trainable).map(|entry| entry.tensor.shallow_clone()).collect()
    }

    /// Number of trainable values.
    pub fn count(&self) -> u64 {
        self.entries.borrow().iter().filter(|entry| entry.trainable).map(|entry| entry.tensor.numel() as u64).sum()
    }
}

/// A place in the tree of names.
#[derive(Debug, Clone)]
pub struct Path<'a> {
    parameters: &'a Parameters,
    prefix: String,
}

impl Path<'_> {
    /// The place below this one; `name` may hold dots.
    pub fn sub(&self, name: impl std::fmt::Display) -> Self {
        Self { parameters: self.parameters, prefix: self.name(&name.to_string()) }
    }

    /// A trained tensor.
    ///
    /// # Panics
    /// If the name is taken: two layers would silently share a weight.
    pub fn parameter(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        self.register(name, shape, init, true)
    }

    /// A tensor that is kept but not trained.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn buffer(&self, name: &str, shape: &[i64], value: f64) -> Tensor {
        self.register(name, shape, Init::Constant(value), false)
    }

    fn register(&self, name: &str, shape: &[i64], init: Init, trainable: bool) -> Tensor {
        let name = self.name(name);
        let mut entries = self.parameters.entries.borrow_mut();
        assert!(entries.iter().all(|entry| entry.name != name), "two tensors are named {name}");
        let tensor = match self.parameters.seed {
            Some(seed) => Tensor::from_slice(&init.draw(shape, seed, &name)).view(shape).to_device(self.parameters.device),
            None => Tensor::zeros(shape, (PARAMETER_KIND, self.parameters.device)),
        };
        let tensor = channels_last(&tensor).set_requires_grad(trainable);
        entries.push(Entry { name, tensor: tensor.shallow_clone(), trainable });
        tensor
    }

    fn name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }
}

/// The kind in which parameters are kept, whatever kind is used for computing.
pub const PARAMETER_KIND: Kind = Kind::Float;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_depend_on_the_name_and_not_on_the_order() {
        let make = |names: [&str; 2]| {
            let parameters = Parameters::new(7, Device::Cpu);
            for name in names {
                let _ = parameters.root().sub(name).parameter("weight", &[4, 3, 2, 5], Init::KaimingNormalFanOut);
            }
            let mut entries = parameters.entries();
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            entries.into_iter().map(|entry| Vec::<f32>::try_from(entry.tensor.contiguous().view(-1)).unwrap()).collect::<Vec<_>>()
        };
        let one = make(["a", "b"]);
        assert_eq!(one, make(["b", "a"]));
        assert_ne!(one[0], one[1]);
    }

    #[test]
    fn initial_values_have_the_promised_spread() {
        let shape = [64, 32, 3, 3];
        for (init, expected) in [
            (Init::Normal { std: 0.02 }, 0.02),
            (Init::KaimingNormalFanOut, (2.0_f64 / 576.0).sqrt()),
            (Init::TorchDefault, (1.0_f64 / 288.0 / 3.0).sqrt()),
            (Init::GlorotUniform, (2.0_f64 / (288.0 + 576.0)).sqrt()),
            // A normal cut at two standard deviations keeps 0.7737 of its variance.
            (Init::TruncatedNormal { std: 0.02 }, 0.02 * 0.7737_f64.sqrt()),
        ] {
            let values = init.draw(&shape, 3, "x");
            let variance = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64;
            assert!((variance.sqrt() / expected - 1.0).abs() < 0.02, "{init:?}: {} instead of {expected}", variance.sqrt());
        }
    }
}
