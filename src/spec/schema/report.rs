//! `report`: what the tables say and where they go.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::data::AgeUnit;
use crate::spec::values::{AtLeast, Positive};

/// `report`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSpec {
    /// Unit of every age in tables and plots.
    pub unit: Option<AgeUnit>,
    /// Largest error, in that unit, that counts as accurate.
    pub accuracy_within: Option<Positive>,
    /// Which epoch's weights are reported.
    pub epoch: Option<ReportEpoch>,
    /// Test-time augmentation: views of each validation and test film, over which the final predictions are averaged.
    pub tta: Option<AtLeast<2>>,
    /// Also measure how the errors grow when the validation or test films are turned, mirrored, darkened, inverted or blurred.
    pub robustness: Option<bool>,
    /// File whose block between the markers is filled, relative to the working folder.
    pub readme: Option<PathBuf>,
    /// What `report.html` shows.
    pub page: Option<ReportPage>,
    /// Whether each run is written for TensorBoard too.
    pub tensorboard: Option<bool>,
}

/// What `report.html` shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportPage {
    /// Tables, plots and the sheets of films.
    #[default]
    Films,
    /// The same without any picture of a film, to be published.
    Figures,
    /// Nothing: no page is written.
    None,
}

/// Which epoch's weights are reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportEpoch {
    /// The last one trained.
    #[default]
    Last,
    /// The one with the smallest validation MAE.
    Best,
}
