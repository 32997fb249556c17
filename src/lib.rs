//! Trains many neural networks on one set of X-ray films and says honestly which predicts age best.
//!
//! The modules, in the order in which data flows through them; each uses only those before it (`plan` also asks the
//! registry of backbones what each network takes, and puts the version of the record format into a run's id).

// Files that are never half written.
pub mod files;

// What the operating system says about this process.
pub mod process;

pub mod human;

// Signals that ask the program to save and stop.
pub mod interrupt;

// Files from the Hugging Face Hub, checked and kept.
pub mod hub;

// Randomness without state: every draw comes from a key.
pub mod random;

// What the user asked for: YAML, read strictly.
pub mod spec;

// What will be run: every setting resolved, every run with an id.
pub mod plan;

// What LibTorch and the C library offer beyond the bindings.
mod native;

// Where tensors live and which number format the hardware likes.
pub mod device;

// Films and labels in, batches out.
pub mod data;

// Films looked at before anything is trained on them.
pub mod screen;

// Images in, ages out: the networks to compare.
pub mod backbone;

// Weights in and out: what a network starts from, and what a run leaves.
pub mod weights;

// Figures of merit over pairs of true and predicted ages.
pub mod metric;

// One run: from initial weights to figures.
pub mod train;

// What happened, on disk.
pub mod record;

// A finished run as a model: films in, ages out.
pub mod predict;

// What a finished run's network looks at: maps over films.
pub mod explain;

// How a finished run's errors grow when films are turned, blurred, inverted.
pub mod robustness;

// Carries out a plan, records each run, goes on after a failure.
pub mod execute;

// Records in; tables, plots and README blocks out.
pub mod report;

// Exit codes, and the errors that stand behind them.
pub mod error;

// What each command does.
pub mod command;

// Subcommands and flags.
pub mod cli;
