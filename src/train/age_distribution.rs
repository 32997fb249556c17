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
