//! Subcommands and flags only.

mod explain;
mod inspect;
mod pages;
mod predict;
mod specs;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::data::CacheLimit;
use crate::execute::{SERVE_COMMAND, TRIAL_COMMAND};

pub use explain::*;
pub use inspect::*;
pub use pages::{completions, man};
pub use predict::*;
pub use specs::*;

/// What `--version` says.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("BENCH_RUN_REVISION"), ", LibTorch ", env!("BENCH_RUN_LIBTORCH"), ")");

/// The help of the whole program, with its commands by what they are for; a test looks that none is missing.
const HELP: &str = "\
{about}

{usage-heading} {usage}

Plan and train:
  run          Train what is not yet done, then write tables, plots and the README block (the default)
  plan         Show what would run, at what cost, and what is there of it; changes nothing
  report       Rebuild every table, plot and README block from the records alone; --check for workflows

Films:
  init         Write a commented spec for a folder of films
  data         Report on the films of a spec: ages, parts, duplicates, contact sheets
  phantom      Draw synthetic films with their labels

Runs:
  list         List the studies and runs below the results folder
  show         Show one run: settings, figures, cost
  diff         Show what two runs differ in
  predict      Ages of new films from a finished run
  explain      Show on films what the networks of a finished study look at, and where all of them err
  robustness   Measure how errors grow when films are turned, mirrored, darkened, inverted or blurred
  export       Write a finished run for other programs
  clean        List what could be deleted, and delete it once that is agreed to

The program itself:
  backbones    List the networks: parameters, GFLOPs, input rule, published weights
  schema       Print the JSON Schema of a spec
  doctor       Check that everything needed is there, and train for some seconds
  completions  Print a script that completes commands in a shell
  man          Write manual pages
  help         Print the help of a command

Arguments:
{positionals}

{options}{after-help}
";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "bench-run",
    version = VERSION,
    help_template = HELP,
    about = "Trains many neural networks on one set of X-ray films and says honestly which predicts age best",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  bench-run init FOLDER        writes a spec for a folder of films, and says what to do next\n  bench-run experiments/quick.yaml\n  bench-run experiments/hand-10epoch.yaml --set data.rsna.images=DIR --set data.rsna.labels=CSV\n  bench-run report experiments/quick.yaml\n\nExit codes: 0 done, 1 anything unexpected, 2 bad command line or spec, 3 bad data, 4 some runs failed, 5 stale report, 75 interrupted (the same command goes on)"
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
    #[command(
        after_help = "Examples:\n  bench-run experiments/10epoch.yaml experiments/18epoch.yaml\n  bench-run experiments/quick.yaml --only 'vgg*' --set train.epochs=2\n  bench-run experiments/quick.yaml --jobs auto"
    )]
    Run(TrainArgs),
    /// Show what would run, at what cost, and what is there of it; changes nothing
    #[command(
        after_help = "Examples:\n  bench-run plan experiments/quick.yaml\n  bench-run plan experiments/quick.yaml --resolved > as-run.yaml\n  bench-run plan experiments/*.yaml --json --no-trial"
    )]
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
    #[command(
        after_help = "Examples:\n  bench-run report experiments/quick.yaml\n  bench-run report experiments/*.yaml --check      ends with 5 if a file is stale\n  bench-run report experiments/quick.yaml --format mlflow mlruns"
    )]
    Report {
        /// The specs and how to read them.
        #[command(flatten)]
        specs: SpecArgs,
        /// Change nothing; exit with code 5 if a file is stale
        #[arg(long)]
        check: bool,
        /// Write the records for another tool into a folder instead: `mlflow DIR` is a file store of MLflow
        #[arg(long, num_args = 2, value_names = ["FORMAT", "DIR"], conflicts_with = "check")]
        format: Vec<PathBuf>,
    },
    /// Report on the films of a spec: Table 1, ages, images, what an epoch contains, contact sheets; trains nothing
    #[command(after_help = "Examples:\n  bench-run data experiments/quick.yaml\n  bench-run data clinic.yaml --write-exclude exclude.csv")]
    Data(DataArgs),
    /// Ages of new films from one or several finished runs, with intervals, as CSV
    #[command(
        after_help = "Examples:\n  bench-run predict resnet50-s0 film.png other.dcm\n  bench-run predict resnet50-s0 films --labels labels.csv --json\n  bench-run predict resnet50-s0 vit-s0 'films/*.png' --sex F --level 0.9"
    )]
    Predict(PredictArgs),
    /// Show on films what the networks of a finished study look at, and where all of them err: sheets of films below results/NAME/sheets
    #[command(
        after_help = "Examples:\n  bench-run explain experiments/quick.yaml\n  bench-run explain experiments/quick.yaml --method occlusion --films 2 --part val\n\nThe sheets show films and are as confidential as these."
    )]
    Explain(ExplainArgs),
    /// Measure how errors grow when the films of a finished study are turned, mirrored, darkened, inverted or blurred; trains nothing
    #[command(
        after_help = "Example:\n  bench-run robustness experiments/quick.yaml\n\n`report: { robustness: true }` in the spec makes `run` do it after training."
    )]
    Robustness(FinishedArgs),
    /// Write a finished run for other programs
    #[command(after_help = "Example:\n  bench-run export resnet50-s0 --torchscript resnet50.pt")]
    Export {
        /// The run.
        #[command(flatten)]
        run: RunArgs,
        /// File for a TorchScript module that gives ages from standardised images
        #[arg(long, value_name = "FILE")]
        torchscript: PathBuf,
    },
    /// Draw synthetic films in the layout of the RSNA challenge, with a table of everything that is known of them
    #[command(after_help = "Example:\n  bench-run phantom films --count 400 --size 256")]
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
    #[command(after_help = "Example:\n  bench-run backbones --size 96")]
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
    /// Where runs are, and where to compute.
    #[command(flatten)]
    pub place: PlaceArgs,
}
