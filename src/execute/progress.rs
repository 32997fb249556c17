//! What the user sees while a plan is carried out: bars on a terminal, plain lines elsewhere. All of it goes to stderr.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use super::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::{EpochRow, RunResult};
use crate::spec::AgeUnit;

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
    /// A run was found complete.
    fn skipped(&mut self, heading: RunHeading);
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

/// Says nothing but failures.
#[derive(Debug, Clone, Copy, Default)]
pub struct FailuresOnly;

impl Progress for FailuresOnly {
    fn note(&mut self, _line: &str) {}

    fn skipped(&mut self, _heading: RunHeading) {}

    fn started(&mut self, _heading: RunHeading, _config: &RunConfig) {}

    fn event(&mut self, _heading: RunHeading, _event: &RunEvent) {}

    fn finished(&mut self, _heading: RunHeading, _result: &RunResult) {}

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        say(&format!("{}failed: {cause}", prefix(heading)));
    }
}

/// A closed stderr is no reason to stop training.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Bars where stderr is a terminal, lines elsewhere; only failures if `quiet`.
pub fn for_terminal(quiet: bool, unit: AgeUnit) -> Box<dyn Progress> {
    if quiet {
        Box::new(FailuresOnly)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars { unit, ..Bars::default() })
    } else {
        Box::new(Lines { unit, ..Lines::default() })
    }
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

/// One line per epoch.
#[derive(Debug, Default)]
pub struct Lines {
    unit: AgeUnit,
    decoded_tenths: usize,
}

impl Progress for Lines {
    fn note(&mut self, line: &str) {
        say(line);
    }

    fn skipped(&mut self, heading: RunHeading) {
        say(&format!("{}already done", prefix(heading)));
    }

    fn started(&mut self, heading: RunHeading, _config: &RunConfig) {
        say(&format!("{}starts ({})", prefix(heading), heading.run_id));
    }

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        let RunEvent::Epoch { epochs, row, timing } = event else { return };
        let rest = f64::from(epochs - row.epoch) * (timing.train_seconds + timing.val_seconds);
        let val = row.val_mae.map_or(String::new(), |val| format!("  val MAE {}", mae(val, self.unit)));
        say(&format!(
            "{}epoch {}/{epochs}  train MAE {}{val}  {:.1} images/s  {} left",
            prefix(heading),
            row.epoch,
            mae(row.train_mae, self.unit),
            timing.images_per_second,
            HumanDuration(Duration::from_secs_f64(rest)),
        ));
    }

    fn finished(&mut self, heading: RunHeading, result: &RunResult) {
        say(&format!("{}{}", prefix(heading), finished_line(result, self.unit)));
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        say(&format!("{}failed: {cause}", prefix(heading)));
    }

    fn decoding(&mut self, done: usize, of: usize) {
        let tenths = done * 10 / of.max(1);
        if tenths > self.decoded_tenths || done == of {
            self.decoded_tenths = if done == of { 0 } else { tenths };
            say(&format!("films prepared: {done} of {of}"));
        }
    }
}

fn prefix(heading: RunHeading) -> String {
    format!("[{}/{}] {}: ", heading.number, heading.of, heading.label)
}

/// One bar for each run under way; finished runs stay above them as lines.
#[derive(Debug, Default)]
pub struct Bars {
    unit: AgeUnit,
    all: MultiProgress,
    films: Option<ProgressBar>,
    runs: BTreeMap<usize, RunBar>,
}

/// The bar of one run.
#[derive(Debug)]
struct RunBar {
    bar: ProgressBar,
    val: String,
}

const RUN_BAR: &str = "{prefix} {bar:24} epoch {msg}  {per_sec}  {eta} left";
const FILM_BAR: &str = "{prefix} {bar:24} {pos}/{len}  {eta} left";

impl Bars {
    fn open(&self, length: u64, template: &str, prefix: String) -> ProgressBar {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style
            .with_key("per_sec", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // An unprinted speed is no reason to stop.
                let _ = write!(out, "{:.1} images/s", state.per_sec());
            })
            .progress_chars("━╸─");
        let bar = self.all.add(ProgressBar::new(length).with_style(style).with_prefix(prefix));
        bar.enable_steady_tick(Duration::from_millis(250));
        bar
    }

    fn line(&self, line: &str) {
        // Above the bars, which are drawn again.
        self.all.suspend(|| say(line));
    }

    fn close(&mut self, heading: RunHeading) {
        if let Some(RunBar { bar, .. }) = self.runs.remove(&heading.number) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

impl Progress for Bars {
    fn note(&mut self, line: &str) {
        self.line(line);
    }

    fn skipped(&mut self, heading: RunHeading) {
        self.line(&format!("{}already done", prefix(heading)));
    }

    fn started(&mut self, _heading: RunHeading, _config: &RunConfig) {}

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        match event {
            RunEvent::Started { images, done, epochs } => {
                self.close(heading);
                let bar = self.open(images * u64::from(*epochs), RUN_BAR, prefix(heading));
                // What was done before an interruption says nothing about the speed of now.
                bar.set_position(*done);
                bar.reset_eta();
                self.runs.insert(heading.number, RunBar { bar, val: String::new() });
            }
            RunEvent::Steps { epoch, epochs, images } => {
                if let Some(RunBar { bar, val }) = self.runs.get(&heading.number) {
                    bar.inc(*images);
                    bar.set_message(format!("{epoch}/{epochs}{val}"));
                }
            }
            RunEvent::Epoch { row, .. } => {
                if let Some(run) = self.runs.get_mut(&heading.number) {
                    run.val = row.val_mae.map_or(String::new(), |val| format!("  val MAE {}", mae(val, self.unit)));
                }
            }
            _ => {}
        }
    }

    fn finished(&mut self, heading: RunHeading, result: &RunResult) {
        self.close(heading);
        self.line(&format!("{}{}", prefix(heading), finished_line(result, self.unit)));
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        self.close(heading);
        self.line(&format!("{}failed: {cause}", prefix(heading)));
    }

    fn left(&mut self, heading: RunHeading) {
        self.close(heading);
    }

    fn decoding(&mut self, done: usize, of: usize) {
        let bar = self.films.take().unwrap_or_else(|| self.open(of as u64, FILM_BAR, "preparing films".to_owned()));
        bar.set_position(done as u64);
        if done == of {
            bar.finish_and_clear();
            self.all.remove(&bar);
        } else {
            self.films = Some(bar);
        }
    }
}
