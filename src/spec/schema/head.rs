//! `head`: the layers between the features and the age.

use serde::{Deserialize, Serialize};

use crate::spec::shape::short_list;
use crate::spec::values::{AtLeast, Probability};

/// `head`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HeadSpec {
    /// How the last feature map becomes one vector.
    pub pool: Option<Pool>,
    /// Widths of the hidden layers, each followed by `ReLU` and dropout.
    #[serde(deserialize_with = "short_list")]
    pub hidden: Option<Vec<AtLeast<1>>>,
    /// Probability that a hidden unit is dropped in training.
    pub dropout: Option<Probability>,
    /// Whether the sex is a further input of the head.
    pub sex: Option<bool>,
    /// `train.loss: distribution`: number of bins of age.
    pub age_bins: Option<AtLeast<16>>,
}

/// How the last feature map becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Mean over the positions (for a transformer: over the patch tokens).
    Avg,
    /// Maximum over the positions.
    Max,
    /// All positions, one after another.
    Flatten,
    /// The class token of a transformer.
    Token,
}
