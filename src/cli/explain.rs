//! What is told of finished studies that are looked at more closely.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ComputeArgs;
use crate::data::CacheLimit;

/// Specs whose finished runs are looked at, and how.
#[derive(Debug, Clone, Args)]
pub struct FinishedArgs {
    /// Experiment specs (YAML) whose runs are finished
    #[arg(value_name = "SPEC", required = true)]
    pub specs: Vec<PathBuf>,
    /// Set a key of every spec, as for `run`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Where finished runs are, and where to compute.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Largest size of the cache of decoded films, such as 20GiB or 500MB: what was used longest ago is removed [default: 20GiB]
    #[arg(long, value_name = "SIZE")]
    pub cache_limit: Option<CacheLimit>,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// Which films are explained, and how.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The specs and how to read them.
    #[command(flatten)]
    pub finished: FinishedArgs,
    /// How a prediction is explained
    #[arg(long, value_enum, default_value = "gradcam", value_name = "METHOD")]
    pub method: MethodArg,
    /// Films of each kind: so many of the best, of the median and of the worst predictions
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub films: u32,
    /// The part whose films are shown [default: test where there is one, else val]
    #[arg(long, value_enum, value_name = "PART")]
    pub part: Option<PartArg>,
}

/// How a prediction is explained.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MethodArg {
    /// Gradients of the age with respect to the last features: fast, coarse
    Gradcam,
    /// A grey patch covers one region after the other: slow, in months
    Occlusion,
}

/// A part whose films the networks were not trained on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PartArg {
    /// The test part
    Test,
    /// The validation part
    Val,
}
