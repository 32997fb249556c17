//! Adam, AdamW and SGD over plain tensors, in place.
//!
//! Adam is `LibTorch`'s fused kernel: one pass over each tensor. SGD on the CPU walks over its tensors in chunks that stay in cache,
//! which is several times faster than one pass per operation. The order of operations within an element depends on neither.

use tch::{Device, Kind, Tensor};

use crate::native::{self, AdamConstants, AdamTensors};
use crate::plan::TrainConfig;
use crate::spec::Optimizer as Rule;

/// Elements per chunk on the CPU: three tensors of 64 Ki floats fit a second-level cache of 1 MiB.
const CHUNK: i64 = 1 << 16;
/// Decay of Adam's first and second moment and the term in its denominator: Kingma & Ba 2014, arXiv 1412.6980.
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// Momentum of SGD: Sutskever et al. 2013, as every published ImageNet recipe uses it.
const MOMENTUM: f64 = 0.9;

/// An update rule with its state for every parameter.
#[derive(Debug)]
pub struct Optimizer {
    rule: Rule,
    weight_decay: f64,
    slots: Vec<Slot>,
}

/// One parameter and its moments, all flat and of one memory order.
#[derive(Debug)]
struct Slot {
    parameter: Tensor,
    first_moment: Tensor,
    second_moment: Option<Tensor>,
    /// Updates so far.
    steps: i32,
    /// What the learning rate is multiplied by.
    rate_factor: f64,
}

impl Optimizer {
    /// A new one for these parameters, which it changes in place.
    pub fn new(config: &TrainConfig, parameters: &[Tensor]) -> Self {
        let slot = |parameter: &Tensor| {
            let parameter = flat(&parameter.detach());
            let adaptive = config.optimizer != Rule::Sgd;
            let second_moment = adaptive.then(|| parameter.zeros_like());
            Slot { first_moment: parameter.zeros_like(), second_moment, parameter, steps: 0, rate_factor: 1.0 }
        };
        Self { rule: config.optimizer, weight_decay: config.weight_decay, slots: parameters.iter().map(slot).collect() }
    }

    /// With a learning rate of its own for each parameter: what the common one is multiplied by.
    pub fn with_rate_factors(mut self, factors: impl IntoIterator<Item = f64>) -> Self {
        for (slot, factor) in self.slots.iter_mut().zip(factors) {
            slot.rate_factor = factor;
        }
        self
    }

    /// The first and, where the rule has one, the second moment of each parameter, in their order; in the memory order of the
    /// parameter.
    pub(super) fn moments(&self) -> impl Iterator<Item = (&Tensor, Option<&Tensor>)> {
        self.slots.iter().map(|slot| (&slot.first_moment, slot.second_moment.as_ref()))
    }

    /// How often each parameter was updated.
    pub(super) fn updates(&self) -> Vec<i32> {
        self.slots.iter().map(|slot| slot.steps).collect()
    }

    /// Go on from that many updates of each parameter.
    pub(super) fn set_updates(&mut self, updates: &[i32]) {
        for (slot, updates) in self.slots.iter_mut().zip(updates) {
            slot.steps = *updates;
        }
    }

    /// One update with the gradients of the parameters, in their order. A parameter whose gradient is undefined is left as it
    /// is, with its moments and its count of steps, as `PyTorch` does.
    pub fn step(&mut self, gradients: &[Tensor], learning_rate: f64) {
        let gradients: Vec<Tensor> =
            gradients.iter().map(|gradient| if gradient.defined() { flat(gradient) } else { Tensor::new() }).collect();
        let slots = || self.slots.iter().zip(&gradients).filter(|(_, gradient)| gradient.defined());
        tch::no_grad(|| match self.rule {
            Rule::Sgd => slots().for_each(|(slot, gradient)| self.sgd(slot, gradient, learning_rate)),
            Rule::Adam | Rule::AdamW => {
                // Those that were updated equally often and learn at one rate are updated together; as a rule, all.
                let alike = |(slot, _): &(&Slot, &Tensor)| (slot.steps, slot.rate_factor);
                let all: Vec<(&Slot, &Tensor)> = slots().collect();
                for group in all.chunk_by(|a, b| alike(a) == alike(b)) {
                    self.adam(group, learning_rate);
                }
            }
        });
        for (slot, _) in self.slots.iter_mut().zip(&gradients).filter(|(_, gradient)| gradient.defined()) {
            slot.steps += 1;
        }
    }

    /// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and
    /// v̂ = v / (1 − β₂ᵗ). `adam` adds λ θ to g first; `adamw` shrinks θ by η λ instead.
    fn adam(&self, group: &[(&Slot, &Tensor)], learning_rate: f64) {
        let Some((first, _)) = group.first() else { return };
        let mut tensors = AdamTensors::default();
        for (slot, gradient) in group {
            tensors.parameters.push(&slot.parameter);
            tensors.gradients.push(gradient);
            tensors.first_moments.push(&slot.first_moment);
            tensors.second_moments.push(slot.second_moment.as_ref().expect("Adam keeps a second moment"));
        }
        let constants = AdamConstants {
            learning_rate: learning_rate * first.rate_factor,
            betas: [BETA_1, BETA_2],
            weight_decay: self.weight_decay,
            epsilon: EPSILON,
            decoupled: self.rule == Rule::AdamW,
        };
        native::fused_adam(&tensors, first.steps + 1, constants);
    }

    /// b ← μ b + g + λ θ, θ ← θ − η b, as PyTorch defines momentum.
    fn sgd(&self, slot: &Slot, gradient: &Tensor, learning_rate: f64) {
        let count = slot.parameter.numel() as i64;
        let chunk = if slot.parameter.device() == Device::Cpu { CHUNK } else { count.max(1) };
        for start in (0..count).step_by(chunk as usize) {
            let of = |tensor: &Tensor| tensor.narrow(0, start, chunk.min(count - start));
            let [mut parameter, mut gradient, mut buffer] = [&slot.parameter, gradient, &slot.first_moment].map(of);
            if self.weight_decay > 0.0 {
                gradient += &parameter * self.weight_decay;
            }
            let _ = buffer.g_mul_scalar_(MOMENTUM);
            buffer += &gradient;
            parameter -= buffer * (learning_rate * slot.rate_factor);
        }
    }
}

/// A one-dimensional view in the memory order of a channels-last parameter; a copy where the order differs.
fn flat(tensor: &Tensor) -> Tensor {
    if tensor.dim() == 4 { tensor.permute([0, 2, 3, 1]).reshape([-1]) } else { tensor.reshape([-1]) }
}

/// Scale all gradients so that their L2 norm together is at most `limit` (Pascanu et al. 2012, arXiv 1211.5063).
pub(super) fn clip_gradients(gradients: &mut [Tensor], limit: f64) {
    tch::no_grad(|| {
        let mut gradients: Vec<&mut Tensor> = gradients.iter_mut().filter(|gradient| gradient.defined()).collect();
        let squares: Vec<Tensor> = gradients.iter().map(|gradient| gradient.square().sum(Kind::Float)).collect();
        let norm = Tensor::stack(&squares, 0).sum(Kind::Double).sqrt();
        if norm.device() == Device::Cpu {
            let norm = norm.double_value(&[]);
            if norm > limit {
                for gradient in &mut gradients {
                    let _ = gradient.g_mul_scalar_(limit / norm);
                }
            }
        } else {
            // Without a look at the norm, for which the device would have to be waited for: a factor of 1 changes nothing.
            let factor = (norm.reciprocal() * limit).clamp_max(1.0);
            for gradient in &mut gradients {
                let _ = gradient.g_mul_(&factor);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures::train_config;

    /// The published update formulas over one number, in f64.
    fn reference(rule: Rule, decay: f64, rate: f64, start: f64, gradients: &[f64]) -> f64 {
        let (mut theta, mut m, mut v) = (start, 0.0, 0.0);
        for (index, gradient) in gradients.iter().enumerate() {
            let t = index as i32 + 1;
            let mut g = *gradient;
            if rule == Rule::AdamW {
                theta -= rate * decay * theta;
            } else {
                g += decay * theta;
            }
            if rule == Rule::Sgd {
                m = 0.9 * m + g;
                theta -= rate * m;
            } else {
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                theta -= rate * (m / (1.0 - 0.9f64.powi(t))) / ((v / (1.0 - 0.999f64.powi(t))).sqrt() + 1e-8);
            }
        }
        theta
    }

    #[test]
    fn every_rule_follows_its_published_formula() {
        let gradients = [0.5, -1.5, 0.25, 2.0, 0.0];
        for rule in [Rule::Adam, Rule::AdamW, Rule::Sgd] {
            for weight_decay in [0.0, 0.1] {
                let config = TrainConfig { optimizer: rule, weight_decay, ..train_config() };
                // A channels-last weight of more than one chunk, whose gradient comes in another memory order.
                let shape = [8, 16, 32, 33];
                let parameter = crate::device::channels_last(&Tensor::full(shape, 0.7, (Kind::Float, Device::Cpu)));
                let mut optimizer = Optimizer::new(&config, &[parameter.shallow_clone()]);
                for gradient in gradients {
                    optimizer.step(&[Tensor::full(shape, gradient, (Kind::Float, Device::Cpu))], 0.01);
                }
                let expected = reference(rule, weight_decay, 0.01, 0.7, &gradients);
                let (low, high) = (parameter.min().double_value(&[]), parameter.max().double_value(&[]));
                assert!((low - expected).abs() < 2e-6 && low == high, "{rule:?} {weight_decay}: {low}..{high} instead of {expected}");
            }
        }
    }

    #[test]
    fn each_element_gets_its_own_gradient_whatever_the_memory_order() {
        let config = TrainConfig { optimizer: Rule::Sgd, weight_decay: 0.0, ..train_config() };
        let parameter = crate::device::channels_last(&Tensor::zeros([2, 3, 4, 5], (Kind::Float, Device::Cpu)));
        let gradient = Tensor::arange(120, (Kind::Float, Device::Cpu)).view([2, 3, 4, 5]);
        Optimizer::new(&config, &[parameter.shallow_clone()]).step(&[gradient.shallow_clone()], 1.0);
        assert_eq!(parameter, -gradient);
    }

    #[test]
    fn a_parameter_without_a_gradient_rests_and_another_rate_is_its_own() {
        let config = TrainConfig { optimizer: Rule::Adam, weight_decay: 0.1, ..train_config() };
        let [first, second] = [0.7, 0.7].map(|value| Tensor::from_slice(&[value as f32]));
        let mut optimizer = Optimizer::new(&config, &[first.shallow_clone(), second.shallow_clone()]).with_rate_factors([0.5, 1.0]);
        let gradient = || Tensor::from_slice(&[0.5f32]);
        optimizer.step(&[gradient(), Tensor::new()], 0.01);
        optimizer.step(&[gradient(), gradient()], 0.01);
        let expected = [reference(Rule::Adam, 0.1, 0.005, 0.7, &[0.5, 0.5]), reference(Rule::Adam, 0.1, 0.01, 0.7, &[0.5])];
        for (found, expected) in [first, second].iter().zip(expected) {
            assert!((found.double_value(&[0]) - expected).abs() < 1e-6, "{found:?} instead of {expected}");
        }
        let mut gradients = [Tensor::new(), Tensor::from_slice(&[4.0f32])];
        clip_gradients(&mut gradients, 1.0);
        assert!((gradients[1].double_value(&[0]) - 1.0).abs() < 1e-6 && !gradients[0].defined());
    }

    #[test]
    fn clipping_scales_all_gradients_to_the_limit_together_and_leaves_small_ones_alone() {
        let make = || [Tensor::from_slice(&[3.0f32]), Tensor::from_slice(&[0.0f32, 4.0])];
        let mut gradients = make();
        clip_gradients(&mut gradients, 1.0);
        let values: Vec<f64> = gradients.iter().flat_map(|g| Vec::<f32>::try_from(g).unwrap()).map(f64::from).collect();
        for (found, expected) in values.iter().zip([0.6, 0.0, 0.8]) {
            assert!((found - expected).abs() < 1e-6, "{values:?}");
        }
        let mut gradients = make();
        clip_gradients(&mut gradients, 5.1);
        assert_eq!(gradients, make());
    }
}
