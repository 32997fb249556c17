//! `split`: which film belongs to which part.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::spec::values::{AtLeast, Fraction};

/// `split`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    /// A table that says which film belongs to which part, as `splits.csv` of a study does.
    pub file: Option<PathBuf>,
    /// Share of the films for validation.
    pub val: Option<Fraction>,
    /// Share of the films for the test part, read once.
    pub test: Option<Fraction>,
    /// Number of folds instead of one validation part.
    pub folds: Option<AtLeast<2>>,
    /// How often the folds are drawn, each time anew.
    pub repeats: Option<AtLeast<1>>,
    /// Seed of the assignment.
    pub seed: Option<u64>,
    /// What the parts are made alike in.
    pub stratify: Option<Vec<Stratum>>,
    /// What never straddles two parts.
    pub group: Option<GroupBy>,
}

/// A property by which parts are made alike or classes balanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stratum {
    /// The age in whole years.
    Age,
    /// The sex.
    Sex,
    /// The race or population.
    Race,
}

/// What never straddles two parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// All films of one patient; a film without a known patient is its own.
    #[default]
    Patient,
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Seen by the optimizer.
    Train,
    /// Watched during training; may select the epoch.
    Val,
    /// Read once, after all selection.
    Test,
}

impl Split {
    /// `train`, `val` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}
