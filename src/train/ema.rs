//! An exponential moving average of the weights (Polyak & Juditsky 1992), evaluated in place of the weights.

use tch::Tensor;

/// The average of every tensor of a model.
#[derive(Debug)]
pub(super) struct WeightAverage {
    decay: f64,
    weights: Vec<Tensor>,
    averages: Vec<Tensor>,
}

impl WeightAverage {
    /// Starts at the weights' present values.
    pub(super) fn new(decay: f64, weights: Vec<Tensor>) -> Self {
        let averages = weights.iter().map(|weight| weight.detach().copy()).collect();
        Self { decay, weights, averages }
    }

    /// The averages, in the order of the weights.
    pub(super) fn averages(&self) -> &[Tensor] {
        &self.averages
    }

    /// average ← decay · average + (1 − decay) · weight.
    pub(super) fn update(&mut self) {
        tch::no_grad(|| {
            for (average, weight) in self.averages.iter_mut().zip(&self.weights) {
                let _ = average.lerp_(weight, 1.0 - self.decay);
            }
        });
    }

    /// Exchange weights and averages: before an evaluation, and again after it.
    pub(super) fn swap(&mut self) {
        tch::no_grad(|| {
            for (average, weight) in self.averages.iter_mut().zip(&mut self.weights) {
                let kept = weight.detach().copy();
                weight.copy_(average);
                average.copy_(&kept);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_follows_the_weights_and_swaps_with_them() {
        let mut weight = Tensor::from_slice(&[1.0f32]);
        let mut average = WeightAverage::new(0.75, vec![weight.shallow_clone()]);
        let _ = weight.fill_(5.0);
        average.update();
        average.swap();
        assert_eq!(weight.double_value(&[0]), 2.0);
        average.swap();
        assert_eq!(weight.double_value(&[0]), 5.0);
    }
}
