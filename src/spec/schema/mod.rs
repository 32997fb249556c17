//! The structs that mirror a spec key for key, and the words the whole program shares; a file per section.
//!
//! Everything is optional here: a spec may extend another, and `plan` fills the defaults. A value that can never be
//! right is refused while it is parsed, by the types of [`values`](super::values), so that the message has its line.

mod augment;
mod backbone;
mod data;
mod head;
mod image;
mod matrix;
mod report;
mod split;
mod train;

use std::path::PathBuf;

use serde::Deserialize;

pub use augment::*;
pub use backbone::*;
pub use data::*;
pub use head::*;
pub use image::*;
pub use matrix::*;
pub use report::*;
pub use split::*;
pub use train::*;

use super::prepare::PrepareSpec;
use super::shape::short_list;
use super::values::SpecName;

/// A spec as written, or several layers of one merged.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// The folder under `results/`; the file's stem where it is not given.
    pub name: Option<SpecName>,
    /// The heading of the table; the name where it is not given.
    pub title: Option<String>,
    /// Another spec, relative to this file, whose keys this one overrides.
    pub extends: Option<PathBuf>,
    /// Values to combine: each combination is a row of its own for every entry of `backbones`.
    pub matrix: Option<MatrixSpec>,
    /// Where the films and their ages come from.
    pub data: DataSpec,
    /// What every film is turned into.
    pub image: ImageSpec,
    /// Steps on every film before that.
    pub prepare: PrepareSpec,
    /// Which film belongs to which part.
    pub split: SplitSpec,
    /// Random changes of the training films.
    pub augment: AugmentSpec,
    /// The layers between the features and the age.
    pub head: HeadSpec,
    /// How the weights are found.
    pub train: TrainSpec,
    /// The networks to compare, in the order of the table's rows.
    #[serde(deserialize_with = "short_list")]
    pub backbones: Option<Vec<BackboneEntry>>,
    /// One run per backbone and seed.
    #[serde(deserialize_with = "short_list")]
    pub seeds: Option<Vec<u64>>,
    /// What the tables say and where they go.
    pub report: ReportSpec,
}
