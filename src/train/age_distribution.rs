//! The loss of a distribution over bins of age: label distribution learning with the expected value learnt beside it (`DLDL-v2`;
//! Gao, Zhou, Wu & Geng 2018, arXiv 1807.00748).
//!
//! The target of an age y is the Gaussian around it, tₖ ∝ exp(−(cₖ − y)² / 2σ²) over the centres cₖ of the bins. For the
//! predicted distribution p, with expected value ŷ = Σ pₖ cₖ, the loss is Σ tₖ ln(tₖ / pₖ) + λ · |ŷ − y| / Δ, Δ being the width of
//! a bin. The paper's settings are taken over: σ = 2 Δ and λ = 1, where its bins are years and the error is counted in them.

use tch::{Kind, Tensor};

use crate::backbone::AgeBins;

/// Standard deviation of the target, in bins.
const SIGMA: f64 = 2.0;
/// Weight of the error of the expected value, in bins.
const LAMBDA: f64 = 1.0;

/// The loss over given bins.
#[derive(Debug, Clone, Copy)]
pub(super) struct AgeDistribution<'a>(pub(super) &'a AgeBins);

impl AgeDistribution<'_> {
    /// The mean loss of a batch.
    ///
    /// # Shapes
    /// Logits `[N, K]`, standardised ages `[N, 1]` → scalar, fp32.
    pub(super) fn mean(self, logits: &Tensor, targets: &Tensor) -> Tensor {
        self.losses(&logits.log_softmax(1, Kind::Float), targets).mean(Kind::Float)
    }

    /// The loss of each film.
    ///
    /// # Shapes
    /// Logarithms of probabilities `[N, K]` and standardised ages `[N, 1]` → `[N, 1]`, all of one kind.
    pub(super) fn losses(self, log_probabilities: &Tensor, ages: &Tensor) -> Tensor {
        let centres = self.0.centres().to_kind(log_probabilities.kind());
        let width = centres.narrow(0, 1, 1) - centres.narrow(0, 0, 1);
        let log_targets = self.log_targets(ages);
        let divergence = (log_targets.exp() * (log_targets - log_probabilities)).sum_dim_intlist([1].as_slice(), true, ages.kind());
        let expected = log_probabilities.exp().matmul(&centres.unsqueeze(1));
        divergence + (expected - ages).abs() / width * LAMBDA
    }

    /// Logarithms of the distributions that ages are to be predicted by.
    ///
    /// # Shapes
    /// `[N, 1]` → `[N, K]` of the same kind.
    pub(super) fn log_targets(self, ages: &Tensor) -> Tensor {
        let centres = self.0.centres().to_kind(ages.kind());
        let sigma = (centres.narrow(0, 1, 1) - centres.narrow(0, 0, 1)) * SIGMA;
        let distance = (centres.unsqueeze(0) - ages) / sigma;
        (distance.square() * -0.5).log_softmax(1, ages.kind())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::Model;
    use crate::plan::HeadConfig;
    use crate::train::fixtures::run_config;
    use crate::train::torch_fixture::{Distribution, TorchFixture, all_close};

    fn values(xs: &Tensor) -> Vec<f64> {
        Vec::try_from(xs.to_kind(Kind::Double).contiguous().view(-1)).unwrap()
    }

    #[test]
    fn losses_ages_and_gradients_are_those_of_pytorch() {
        for Distribution { youngest, oldest, centres, ages, logits, expected, losses, gradients } in TorchFixture::read().distribution {
            let config = run_config();
            let head = HeadConfig { age_bins: Some(centres.len() as u32), ..config.head };
            let model = Model::zeros(&config.architecture, config.image, &head, Device::Cpu).unwrap();
            let bins = model.age_bins().unwrap();
            bins.span(youngest, oldest);
            assert!(all_close(&values(bins.centres()), &centres, 1e-6), "{:?}", bins.centres());
            let ages = Tensor::from_slice(&ages).view([-1, 1]);
            let logits = Tensor::from_slice(&logits).view([-1, centres.len() as i64]);
            // In double precision, as figures are made, and in single precision, as the network is trained.
            let found = AgeDistribution(bins).losses(&logits.log_softmax(1, Kind::Double), &ages);
            assert!(all_close(&values(&found), &losses, 1e-6), "{:?} instead of {losses:?}", values(&found));
            let logits = logits.to_kind(Kind::Float).set_requires_grad(true);
            assert!(all_close(&values(&bins.expected_age(&logits)), &expected, 1e-5));
            let mean = AgeDistribution(bins).mean(&logits, &ages.to_kind(Kind::Float));
            let exact = losses.iter().sum::<f64>() / losses.len() as f64;
            assert!((mean.double_value(&[]) / exact - 1.0).abs() < 1e-5, "{mean:?} instead of {exact}");
            let found = values(&Tensor::run_backward(&[mean], &[&logits], false, false)[0]);
            let largest = gradients.iter().fold(0.0, |largest: f64, gradient| largest.max(gradient.abs()));
            assert!(found.iter().zip(&gradients).all(|(a, b)| (a - b).abs() < 1e-5 * largest), "{found:?} instead of {gradients:?}");
        }
    }

    #[test]
    fn a_distribution_that_is_the_target_costs_next_to_nothing() {
        let config = run_config();
        let head = HeadConfig { age_bins: Some(40), ..config.head };
        let model = Model::zeros(&config.architecture, config.image, &head, Device::Cpu).unwrap();
        let loss = AgeDistribution(model.age_bins().unwrap());
        loss.0.span(-2.0, 1.5);
        // At the ends and between two centres.
        let ages = Tensor::from_slice(&[-2.0, 1.5, 0.123]).view([3, 1]);
        let losses = values(&loss.losses(&loss.log_targets(&ages), &ages));
        assert!(losses.iter().all(|loss| (0.0..0.02).contains(loss)), "{losses:?}");
    }
}
