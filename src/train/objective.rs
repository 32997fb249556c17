//! What training makes small: the outputs of a network and the standardised ages in, a loss out.

use tch::{Kind, Tensor};

use super::age_distribution::AgeDistribution;
use super::loss::ErrorLoss;
use crate::backbone::{AgeBins, Model};
use crate::data::TargetScale;
use crate::spec::Loss;

/// A loss, with what it needs of the network.
#[derive(Debug, Clone, Copy)]
pub(super) enum Objective<'a> {
    /// Of the error of an age.
    Error(ErrorLoss),
    /// Of a distribution over bins of age.
    Distribution(AgeDistribution<'a>),
}

impl<'a> Objective<'a> {
    /// That of the settings over a model.
    ///
    /// # Errors
    /// If the head has bins of age and the loss none, or the other way round.
    pub(super) fn new(loss: Loss, model: &'a Model) -> Result<Self, String> {
        let error = |loss| Ok(Self::Error(loss));
        match (loss, model.age_bins()) {
            (Loss::Mse, None) => error(ErrorLoss::Mse),
            (Loss::Mae, None) => error(ErrorLoss::Mae),
            (Loss::Huber, None) => error(ErrorLoss::Huber),
            (Loss::Distribution, Some(bins)) => Ok(Self::Distribution(AgeDistribution(bins))),
            (Loss::Distribution, None) => Err("the loss `distribution` needs a head with age_bins".to_owned()),
            (loss, Some(_)) => Err(format!("a head with age_bins needs the loss `distribution`, found {loss:?}")),
        }
    }

    /// The bins of age, to be spread over the training ages.
    pub(super) fn bins(&self) -> Option<&'a AgeBins> {
        match self {
            Self::Error(_) => None,
            Self::Distribution(AgeDistribution(bins)) => Some(bins),
        }
    }

    /// The mean loss of a batch, from which gradients flow back.
    ///
    /// # Shapes
    /// Outputs `[N, 1]` or `[N, bins]`, standardised ages `[N, 1]` → scalar, fp32.
    pub(super) fn mean_loss(&self, outputs: &Tensor, targets: &Tensor) -> Tensor {
        match self {
            Self::Error(loss) => loss.mean(outputs, targets),
            Self::Distribution(loss) => loss.mean(outputs, targets),
        }
    }

    /// The mean loss of films whose ages alone are predicted, in months, in double precision. To a distribution a predicted age
    /// is the one that it would be trained towards for that age.
    pub(super) fn loss_of_ages(&self, targets: &[f64], predicted: &[f64], scale: TargetScale) -> f64 {
        let count = targets.len() as f64;
        match self {
            Self::Error(loss) => {
                let errors = targets.iter().zip(predicted).map(|(target, predicted)| (predicted - target) / scale.std);
                errors.map(|error| loss.of_error(error)).sum::<f64>() / count
            }
            Self::Distribution(loss) => {
                let [targets, predicted] = [targets, predicted].map(|ages| standardised(ages, scale, loss.0));
                loss.losses(&loss.log_targets(&predicted), &targets).sum(Kind::Double).double_value(&[]) / count
            }
        }
    }

    /// The same of films for which distributions are predicted; none where the loss is of the age alone.
    ///
    /// # Shapes
    /// Ages in months; logarithms of probabilities `[N, bins]`, doubles.
    pub(super) fn loss_of_distributions(&self, targets: &[f64], log_probabilities: &Tensor, scale: TargetScale) -> Option<f64> {
        let Self::Distribution(loss) = self else { return None };
        let targets = standardised(targets, scale, loss.0);
        Some(loss.losses(log_probabilities, &targets).mean(Kind::Double).double_value(&[]))
    }
}

/// # Shapes
/// N ages in months → `[N, 1]` doubles, where the bins are.
fn standardised(ages: &[f64], scale: TargetScale, bins: &AgeBins) -> Tensor {
    let ages: Vec<f64> = ages.iter().map(|age| scale.standardise(*age)).collect();
    Tensor::from_slice(&ages).view([-1, 1]).to_device(bins.centres().device())
}
