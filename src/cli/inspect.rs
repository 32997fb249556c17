//! Subcommands that look at what is there, help to begin, and serve shells and editors.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::device::DeviceChoice;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum InspectCommand {
    /// Write a commented spec for a folder of films: source, columns, unit and image size are guessed, and every guess is explained
    #[command(
        after_help = "Examples:\n  bench-run init films\n  bench-run init films --labels ages.xlsx --output clinic.yaml\n  bench-run init films --output -       the spec on standard output"
    )]
    Init(InitArgs),
    /// List the studies and runs below the results folder: state, errors, size on disk
    #[command(after_help = "Examples:\n  bench-run list\n  bench-run list --json | jq '.[].runs[] | select(.state != \"done\")'")]
    List(ListArgs),
    /// Show one run: settings, figures, weights, environment, files and cost
    #[command(after_help = "Examples:\n  bench-run show resnet50-s0\n  bench-run show results/quick/runs/cnn-s0-0123456789ab --json")]
    Show {
        /// Folder of a run, or the beginning of its id
        #[arg(value_name = "RUN")]
        run: String,
        /// Where, and how it is printed.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show what two runs differ in: settings, environment, figures
    #[command(after_help = "Example:\n  bench-run diff cnn-s0 cnn-s1")]
    Diff {
        /// Folder of a run, or the beginning of its id
        #[arg(value_name = "RUN")]
        left: String,
        /// The other one
        #[arg(value_name = "RUN")]
        right: String,
        /// Where, and how it is printed.
        #[command(flatten)]
        list: ListArgs,
    },
    /// List what could be deleted, and delete it once that is agreed to; nothing that a program works on, and no run that a spec names
    #[command(
        after_help = "Examples:\n  bench-run clean --dry-run\n  bench-run clean --kind attempts,temporary --yes\n  bench-run clean experiments/quick.yaml      also runs that the spec no longer names\n\nWithout a terminal and without --yes it only lists."
    )]
    Clean(CleanArgs),
    /// Check LibTorch, device, threads, memory, folders and settings, and train for some seconds, which must learn
    #[command(
        after_help = "Examples:\n  bench-run doctor\n  bench-run doctor --device cuda:1 --json\n\nExit codes: 0 nothing failed, 1 something did. The network is not asked."
    )]
    Doctor(DoctorArgs),
    /// Print the JSON Schema of a spec (draft 2020-12), for editors and validators
    #[command(
        after_help = "Example:\n  bench-run schema > spec.schema.json\n\nA first line `# yaml-language-server: $schema=spec.schema.json` in a spec gives completion in editors."
    )]
    Schema,
    /// Print a script that completes commands, flags and their values in a shell
    #[command(
        after_help = "Examples:\n  bench-run completions bash > ~/.local/share/bash-completion/completions/bench-run\n  bench-run completions zsh > ~/.zfunc/_bench-run\n  bench-run completions fish > ~/.config/fish/completions/bench-run.fish"
    )]
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write manual pages: bench-run.1 and one for each command
    #[command(after_help = "Example:\n  bench-run man ~/.local/share/man/man1 && man bench-run")]
    Man {
        /// Folder to write to; made where it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// A folder of films.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Folder of films
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Table of labels, CSV or Excel; found in or beside the folder where none is given
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Spec to write, or - for standard output; never one that is there already [default: the folder's name with .yaml]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A results folder.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// JSON instead of tables; ages in months
    #[arg(long)]
    pub json: bool,
}

/// What may be deleted.
#[derive(Debug, Clone, Args)]
pub struct CleanArgs {
    /// Specs whose studies are looked at [default: every study, and the cache of films]
    #[arg(value_name = "SPEC")]
    pub specs: Vec<PathBuf>,
    /// Set a key of every spec, as for `run`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "specs")]
    pub sets: Vec<String>,
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// What is looked for [default: everything]
    #[arg(long = "kind", value_name = "KIND,…", value_delimiter = ',', value_enum)]
    pub kinds: Vec<KindArg>,
    /// Delete what is listed, without a question
    #[arg(long, short, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Only list
    #[arg(long)]
    pub dry_run: bool,
}

/// Kinds of things that could be deleted.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KindArg {
    /// Attempts at runs that are finished
    Attempts,
    /// Claims of programs that ended
    Claims,
    /// Files that a killed program was writing
    Temporary,
    /// Decoded films that were not used for 30 days
    Cache,
    /// Last states of finished runs
    Checkpoints,
    /// Interrupted runs
    Abandoned,
    /// Runs that failed
    Failed,
    /// Finished runs that neither the given specs nor their tables name
    Records,
}

/// What is checked.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// CPU threads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// JSON instead of lines
    #[arg(long)]
    pub json: bool,
}
