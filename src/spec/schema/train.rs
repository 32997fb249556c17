//! `train`: how the weights are found.

use serde::{Deserialize, Serialize};

use crate::spec::shape::null_or_value;
use crate::spec::values::{AtLeast, Fraction, NonNegative, Positive, ProperFraction};

/// `train`, for the whole spec or for one backbone. Where `null` is a value of its own, the outer option says whether the
/// key is given, so that an entry can switch off what the spec switches on.
#[allow(clippy::option_option, reason = "not given, given as nothing and given are three things")]
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainSpec {
    /// Passes over the training part.
    pub epochs: Option<AtLeast<1>>,
    /// Images per step.
    pub batch_size: Option<AtLeast<1>>,
    /// Films that go through the network at once: a larger batch is split, and the gradients are added up; `null` for whole
    /// batches. Batch norms see the parts, not the batch.
    #[serde(deserialize_with = "null_or_value")]
    pub micro_batch_size: Option<Option<AtLeast<1>>>,
    /// The update rule.
    pub optimizer: Option<Optimizer>,
    /// Peak learning rate.
    pub learning_rate: Option<Positive>,
    /// Whether the peak learning rate is found by a range test before the training.
    pub find_lr: Option<bool>,
    /// Peak learning rate of all but the head, which keeps `learning_rate`; `null` for the same.
    #[serde(deserialize_with = "null_or_value")]
    pub backbone_learning_rate: Option<Option<Positive>>,
    /// Decay of the weights: L2 in the gradient for `adam` and `sgd`, decoupled for `adamw`.
    pub weight_decay: Option<NonNegative>,
    /// How the learning rate changes after the warm-up.
    pub schedule: Option<Schedule>,
    /// `plateau`: epochs without a better validation MAE that are let pass before the learning rate is lowered.
    pub plateau_patience: Option<AtLeast<0>>,
    /// `plateau`: what the learning rate is multiplied by then.
    pub plateau_factor: Option<ProperFraction>,
    /// Epochs over which the learning rate rises from zero.
    pub warmup_epochs: Option<NonNegative>,
    /// The loss on the standardised target.
    pub loss: Option<Loss>,
    /// Largest L2 norm of all gradients together; `null` for no limit.
    #[serde(deserialize_with = "null_or_value")]
    pub gradient_clip: Option<Option<Positive>>,
    /// Decay of an exponential moving average of the weights, which is then what is evaluated; `null` for none.
    #[serde(deserialize_with = "null_or_value")]
    pub ema: Option<Option<Fraction>>,
    /// Epochs without a better validation MAE after which training ends; `null` for never.
    #[serde(deserialize_with = "null_or_value")]
    pub early_stop: Option<Option<AtLeast<1>>>,
    /// Number format of convolutions and matrix products.
    pub precision: Option<Precision>,
    /// What happens when the loss or a prediction is no longer a number.
    pub on_nan: Option<OnNan>,
}

/// What happens when the loss or a prediction is no longer a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnNan {
    /// The run fails.
    #[default]
    Fail,
    /// The run begins anew with half the learning rate, ten times at most, and its record says how often.
    HalveLearningRate,
}

/// The update rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Kingma & Ba 2014, arXiv 1412.6980.
    #[default]
    Adam,
    /// Loshchilov & Hutter 2017, arXiv 1711.05101.
    AdamW,
    /// Stochastic gradient descent with momentum 0.9.
    Sgd,
}

/// How the learning rate changes after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// Half a cosine, down to zero at the last step.
    Cosine,
    /// Divided by ten at 1/3 and at 2/3 of the epochs.
    Step,
    /// Up to the peak over the first three tenths of the steps and down to almost nothing: Smith & Topin 2017, arXiv 1708.07120.
    OneCycle,
    /// Lowered whenever the validation MAE has stopped to fall.
    Plateau,
}

/// The loss on the standardised target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Mean squared error.
    #[default]
    Mse,
    /// Mean absolute error.
    Mae,
    /// Huber's loss with its corner at 1.
    Huber,
    /// Of a distribution over bins of age, whose expected value is the age: Gao et al. 2018, arXiv 1807.00748.
    Distribution,
}

/// Number format of convolutions and matrix products, as asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// bf16 where the hardware multiplies it natively, fp32 otherwise.
    #[default]
    Auto,
    /// bf16 with fp32 master weights, norms and loss.
    Bf16,
    /// fp32 throughout.
    Fp32,
}
