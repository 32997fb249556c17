//! What the user sees while a plan is carried out: bars on a terminal, plain lines elsewhere, JSON lines for programs.
//!
//! Bars and lines go to stderr. JSON lines are what the command is asked for, so they go to stdout.

mod bars;
mod forecast;
mod json_lines;
mod lines;

use std::io::{IsTerminal, Write};

use super::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::{EpochRow, RunResult};
use crate::spec::AgeUnit;

pub use bars::Bars;
pub use json_lines::JsonLines;
pub use lines::{FailuresOnly, Lines};

/// Which run of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunHeading<'a> {
    /// Counted from 1.
    pub number: usize,
    /// All runs of the plan.
    pub of: usize,
    /// The row it belongs to.
    pub label: &'a str,
    /// Its id.
    pub run_id: &'a str,
}

/// Follows a plan while it is carried out. Several runs may be under way at once.
pub trait Progress {
    /// Something worth a line of its own.
    fn note(&mut self, line: &str);
    /// The work that each run of the plan is, in any unit, in the order of the runs; what is left of it can be foreseen from that.
    fn planned(&mut self, _work: &[f64]) {}
    /// A run was found complete.
    fn skipped(&mut self, heading: RunHeading, result: &RunResult);
    /// A run begins.
    fn started(&mut self, heading: RunHeading, config: &RunConfig);
    /// Something happened in a run.
    fn event(&mut self, heading: RunHeading, event: &RunEvent);
    /// A run is recorded.
    fn finished(&mut self, heading: RunHeading, result: &RunResult);
    /// A run failed, now or before.
    fn failed(&mut self, heading: RunHeading, cause: &str);
    /// A run that began has ended otherwise: it was interrupted, or begins anew.
    fn left(&mut self, _heading: RunHeading) {}
    /// All runs were dealt with.
    fn ended(&mut self) {}
    /// Films decoded so far, of how many.
    fn decoding(&mut self, _done: usize, _of: usize) {}
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Bars where stderr is a terminal, lines elsewhere.
    #[default]
    ForPeople,
    /// Failures only.
    Quietly,
    /// Each event as a line of JSON on stdout.
    AsJson,
}

/// Progress as it is to be shown, ages in `unit`.
pub fn progress(shown: Shown, unit: AgeUnit) -> Box<dyn Progress> {
    match shown {
        Shown::Quietly => Box::new(FailuresOnly),
        Shown::AsJson => Box::new(JsonLines::default()),
        Shown::ForPeople if std::io::stderr().is_terminal() => Box::new(Bars::new(unit)),
        Shown::ForPeople => Box::new(Lines::new(unit)),
    }
}

/// Progress of a command that has nothing for programs to follow.
pub fn for_terminal(quiet: bool, unit: AgeUnit) -> Box<dyn Progress> {
    progress(if quiet { Shown::Quietly } else { Shown::ForPeople }, unit)
}

/// A closed stderr is no reason to stop training.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// An epoch in one line, errors in months: also a line of the run's log.
pub(super) fn epoch_line(row: &EpochRow, epochs: u32, images_per_second: f64) -> String {
    let val = row.val_mae.map_or(String::new(), |mae| format!(", val MAE {mae:.2} months"));
    format!("epoch {}/{epochs}: train MAE {:.2} months{val}, {images_per_second:.1} images/s", row.epoch, row.train_mae)
}

fn mae(months: f64, unit: AgeUnit) -> String {
    format!("{:.2} {}", months / unit.months(), unit.name())
}

fn finished_line(result: &RunResult, unit: AgeUnit) -> String {
    let figures = &result.figures;
    let val = figures.val.as_ref().map_or(String::new(), |val| format!(", validation {}", mae(val.mae, unit)));
    format!("done: MAE train {}{val}", mae(figures.train.mae, unit))
}

fn prefix(heading: RunHeading) -> String {
    format!("[{}/{}] {}: ", heading.number, heading.of, heading.label)
}
