//! Subcommands and flags only.

mod inspect;
mod pages;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::command::JobsChoice;
use crate::data::CacheLimit;
use crate::device::DeviceChoice;
use crate::execute::{SERVE_COMMAND, TRIAL_COMMAND};

pub use inspect::*;
pub use pages::{completions, man};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "bench-run",
    version,
    about = "Trains many neural networks on one set of X-ray films and says honestly which predicts age best",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  bench-run init FOLDER        writes a spec for a folder of films, and says what to do next\n  bench-run experiments/quick.yaml\n  bench-run experiments/hand.yaml --set data.rsna.images=DIR --set data.rsna.labels=CSV\n  bench-run report experiments/quick.yaml\n\nExit codes: 0 done, 1 anything unexpected, 2 bad command line or spec, 3 bad data, 4 some runs failed, 5 stale report, 75 interrupted (the same command goes on)"
)]
pub struct Cli {
    /// What to do; without one, the specs are run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a command: as for `run`.
    #[command(flatten)]
    pub run: TrainArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train what is not yet done, then write tables, plots and the README block (the default)
    Run(TrainArgs),
    /// Show what would run, at what cost, and what is there of it; changes nothing
    Plan {
        /// The specs and how to read them.
        #[command(flatten)]
        specs: SpecArgs,
        /// Print a spec that reproduces the plan exactly, with the origin of every value
        #[arg(long)]
        resolved: bool,
        /// All of it as JSON
        #[arg(long)]
        json: bool,
        /// Do not try networks for a moment where no record tells how long they take
        #[arg(long)]
        no_trial: bool,
    },
    /// Rebuild every table, plot and README block from the records alone
    Report {
        /// The specs and how to read them.
        #[command(flatten)]
        specs: SpecArgs,
        /// Change nothing; exit with code 5 if a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Report on the films of a spec: Table 1, ages, images, what an epoch contains, contact sheets; trains nothing
    Data(DataArgs),
    /// Ages of new films from a finished run, as CSV
    Predict {
        /// The run.
        #[command(flatten)]
        run: RunArgs,
        /// Films (PNG, JPEG, TIFF, BMP, WebP or DICOM)
        #[arg(value_name = "FILM", required = true)]
        films: Vec<PathBuf>,
        /// Sex of all of them, where the run's head reads it
        #[arg(long, value_name = "F|M")]
        sex: Option<SexArg>,
        /// JSON instead of CSV
        #[arg(long)]
        json: bool,
    },
    /// Write a finished run for other programs
    Export {
        /// The run.
        #[command(flatten)]
        run: RunArgs,
        /// File for a TorchScript module that gives ages from standardised images
        #[arg(long, value_name = "FILE")]
        torchscript: PathBuf,
    },
    /// Draw synthetic films in the layout of the RSNA challenge, with a table of everything that is known of them
    Phantom {
        /// Folder to write to: new or empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Number of films
        #[arg(long, value_name = "N", default_value = "400", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        count: u64,
        /// Side of the square films in pixels
        #[arg(long, value_name = "PIXELS", default_value = "256", value_parser = clap::value_parser!(u32).range(16..=4096))]
        size: u32,
        /// Seed; the same seed and number give the same hand, as in the source `phantom` of a spec
        #[arg(long, value_name = "N", default_value = "7")]
        seed: u64,
        /// Share of films with a ring or a bracelet, 0 to 1
        #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
        metal: f64,
        /// Share of films with abnormal growth, 0 to 1
        #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
        abnormal: f64,
        /// Replace films that were drawn there before
        #[arg(long)]
        force: bool,
    },
    /// Train the run whose task stands on standard input; the program starts itself so
    #[command(name = SERVE_COMMAND, hide = true)]
    TrainOneRun,
    /// Try the run whose task stands on standard input; the program starts itself so
    #[command(name = TRIAL_COMMAND, hide = true)]
    TryOneRun,
    /// List the networks: name, paper, parameters, GFLOPs, input rule, published weights
    Backbones {
        /// Side of a square image for parameters and GFLOPs
        #[arg(long, value_name = "PIXELS", default_value = "224", value_parser = clap::value_parser!(u32).range(1..=8192))]
        size: u32,
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Begin, look at what is there, and serve shells and editors.
    #[command(flatten)]
    Inspect(InspectCommand),
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a share from 0 to 1, such as 0.05".to_owned())
}

/// A number of minutes.
fn minutes(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().map(|minutes| minutes * 60.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "expected a number of minutes, such as 10 or 0.5".to_owned())
}

/// A spec whose films are reported on.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Experiment spec (YAML)
    #[arg(value_name = "SPEC")]
    pub spec: PathBuf,
    /// Set a key of the spec, for example image.size=64; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// The facts as JSON instead of tables
    #[arg(long)]
    pub json: bool,
    /// New file for a list of flagged films, to be edited and named in `data.exclude`
    #[arg(long, value_name = "FILE")]
    pub write_exclude: Option<PathBuf>,
    /// New folder for the training set of one epoch, augmented and balanced: PNG files and labels.csv
    #[arg(long, value_name = "DIR")]
    pub materialise: Option<PathBuf>,
    /// CPU threads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// Largest size of the cache of decoded films, such as 20GiB or 500MB: what was used longest ago is removed [default: 20GiB]
    #[arg(long, value_name = "SIZE")]
    pub cache_limit: Option<CacheLimit>,
    /// Say nothing but results and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// A finished run and how to use it.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Folder of a finished run, or the beginning of its id
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// CPU threads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// months or years; the report's where none is given
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<UnitArg>,
}

/// Sex on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum SexArg {
    /// Female.
    F,
    /// Male.
    M,
}

/// Unit on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum UnitArg {
    /// Twelve to the year.
    Months,
    /// Years.
    Years,
}

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
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Only runs whose row, network or id (resnet50-s0) fits, for example 'vgg*'; may be repeated; tables keep all rows
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// Not the runs whose row, network or id fits; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub skip: Vec<String>,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Several devices, such as cuda:0,cuda:1: each has a run of its own
    #[arg(long, value_name = "DEVICE,…", value_delimiter = ',', conflicts_with = "device")]
    pub devices: Vec<DeviceChoice>,
    /// CPU threads of each run; the same number gives the same bytes [default: all, shared out among the jobs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Runs trained at the same time, or auto for as many as a short trial finds fastest [default: one for each device]
    #[arg(long, value_name = "N")]
    pub jobs: Option<JobsChoice>,
    /// On CUDA, use what is fastest, even where it differs a little from one time to the next
    #[arg(long)]
    pub fast: bool,
    /// Which failed runs are tried again
    #[arg(long, value_name = "WHICH", value_enum, default_value = "outside")]
    pub retry: RetryArg,
    /// Begin no more runs once so many have failed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// Begin no more runs once one has failed
    #[arg(long, conflicts_with = "max_failures")]
    pub fail_fast: bool,
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// Largest size of the cache of decoded films, such as 20GiB or 500MB: what was used longest ago is removed [default: 20GiB]
    #[arg(long, value_name = "SIZE")]
    pub cache_limit: Option<CacheLimit>,
    /// Download nothing: weights of a hub must be in its cache
    #[arg(long)]
    pub offline: bool,
    /// Longest time between two checkpoints within an epoch; 0 is after every step
    #[arg(long, value_name = "MINUTES", default_value = "10", value_parser = minutes)]
    pub checkpoint_minutes: Duration,
    /// Remove the last checkpoint of every finished run: a third of the space, but a longer run then starts from the beginning
    #[arg(long)]
    pub drop_checkpoints: bool,
    /// Say nothing but results, failures and errors
    #[arg(long, short)]
    pub quiet: bool,
}
