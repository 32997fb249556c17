//! What is told of specs, and of how they are trained.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::minutes;
use crate::command::JobsChoice;
use crate::data::CacheLimit;
use crate::device::DeviceChoice;

/// Which failed runs are tried again.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RetryArg {
    /// Those that a crash, a lack of memory or a disk ended
    Outside,
    /// All of them
    Failed,
    /// None
    Never,
}

/// Specs to train, and how.
#[derive(Debug, Clone, Args)]
pub struct TrainArgs {
    /// The specs and how to read them.
    #[command(flatten)]
    pub specs: SpecArgs,
    /// Print each event as a line of JSON instead of progress and tables
    #[arg(long)]
    pub json: bool,
}

/// Specs and how to read them.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct SpecArgs {
    /// Experiment specs (YAML)
    #[arg(value_name = "SPEC", required = true)]
    pub specs: Vec<PathBuf>,
    /// Set a key of every spec, for example train.epochs=3; may be repeated
    #[arg(help_heading = "Specs and runs", long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Only runs whose row, network or id (resnet50-s0) fits, for example 'vgg*'; may be repeated; tables keep all rows
    #[arg(help_heading = "Specs and runs", long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// Not the runs whose row, network or id fits; may be repeated
    #[arg(help_heading = "Specs and runs", long, value_name = "PATTERN")]
    pub skip: Vec<String>,
    /// auto, cpu, cuda or cuda:N
    #[arg(help_heading = "Where and how to compute", long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Several devices, such as cuda:0,cuda:1: each has a run of its own
    #[arg(help_heading = "Where and how to compute", long, value_name = "DEVICE,…", value_delimiter = ',', conflicts_with = "device")]
    pub devices: Vec<DeviceChoice>,
    /// CPU threads of each run; the same number gives the same bytes [default: all, shared out among the jobs]
    #[arg(help_heading = "Where and how to compute", long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Runs trained at the same time, or auto for as many as a short trial finds fastest [default: one for each device]
    #[arg(help_heading = "Where and how to compute", long, value_name = "N")]
    pub jobs: Option<JobsChoice>,
    /// On CUDA, use what is fastest, even where it differs a little from one time to the next
    #[arg(help_heading = "Where and how to compute", long)]
    pub fast: bool,
    /// Which failed runs are tried again
    #[arg(help_heading = "Failures and interruptions", long, value_name = "WHICH", value_enum, default_value = "outside")]
    pub retry: RetryArg,
    /// Begin no more runs once so many have failed
    #[arg(help_heading = "Failures and interruptions", long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// Begin no more runs once one has failed
    #[arg(help_heading = "Failures and interruptions", long, conflicts_with = "max_failures")]
    pub fail_fast: bool,
    /// Folder that holds one folder per spec
    #[arg(help_heading = "Specs and runs", long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// Largest size of the cache of decoded films, such as 20GiB or 500MB: what was used longest ago is removed [default: 20GiB]
    #[arg(help_heading = "Disk and network", long, value_name = "SIZE")]
    pub cache_limit: Option<CacheLimit>,
    /// Download nothing: weights of a hub must be in its cache
    #[arg(help_heading = "Disk and network", long)]
    pub offline: bool,
    /// Longest time between two checkpoints within an epoch; 0 is after every step
    #[arg(help_heading = "Failures and interruptions", long, value_name = "MINUTES", default_value = "10", value_parser = minutes)]
    pub checkpoint_minutes: Duration,
    /// Remove the last checkpoint of every finished run: a third of the space, but a longer run then starts from the beginning
    #[arg(help_heading = "Disk and network", long)]
    pub drop_checkpoints: bool,
    /// Say nothing but results, failures and errors
    #[arg(long, short)]
    pub quiet: bool,
}
