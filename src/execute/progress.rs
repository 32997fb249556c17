//! What the user sees while a plan is carried out: bars on a terminal, plain lines elsewhere. All of it goes to stderr.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::plan::RunConfig;
use crate::record::format::{EpochRow, RunResult};
use crate::spec::AgeUnit;
use crate::train::TrainEvent;

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

/// Follows a plan while it is carried out.
pub trait Progress {
    /// Something worth a line of its own.
    fn note(&mut self, line: &str);
    /// A run was found complete.
    fn skipped(&mut self, heading: RunHeading);
    /// A run begins.
    fn started(&mut self, heading: RunHeading, config: &RunConfig);
    /// Something happened in the run that began last.
    fn event(&mut self, event: &TrainEvent);
    /// That run is recorded.
    fn finished(&mut self, result: &RunResult);
    /// That run failed.
    fn failed(&mut self, cause: &str);
    /// All runs were dealt with.
    fn ended(&mut self) {}
    /// Films decoded so far, of how many.
    fn decoding(&mut self, _done: usize, _of: usize) {}
}

/// Says nothing but failures.
#[derive(Debug, Clone, Default)]
pub struct FailuresOnly {
    prefix: String,
}

impl Progress for FailuresOnly {
    fn note(&mut self, _line: &str) {}

    fn skipped(&mut self, _heading: RunHeading) {}

    fn started(&mut self, heading: RunHeading, _config: &RunConfig) {
        self.prefix = prefix(heading);
    }

    fn event(&mut self, _event: &TrainEvent) {}

    fn finished(&mut self, _result: &RunResult) {}

    fn failed(&mut self, cause: &str) {
        // A closed stderr is no reason to stop training.
        let _ = writeln!(std::io::stderr(), "{}failed: {cause}", self.prefix);
    }
}

/// Bars where stderr is a terminal, lines elsewhere; only failures if `quiet`.
pub fn for_terminal(quiet: bool, unit: AgeUnit) -> Box<dyn Progress> {
    if quiet {
        Box::new(FailuresOnly::default())
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
    prefix: String,
    epochs: u32,
    decoded_tenths: usize,
}

impl Lines {
    fn say(&self, text: &str) {
        // A closed stderr is no reason to stop training.
        let _ = writeln!(std::io::stderr(), "{}{text}", self.prefix);
    }
}

impl Progress for Lines {
    fn note(&mut self, line: &str) {
        self.prefix.clear();
        self.say(line);
    }

    fn skipped(&mut self, heading: RunHeading) {
        self.prefix = prefix(heading);
        self.say("already done");
    }

    fn started(&mut self, heading: RunHeading, config: &RunConfig) {
        self.prefix = prefix(heading);
        self.epochs = config.train.epochs;
        self.say(&format!("starts ({})", heading.run_id));
    }

    fn event(&mut self, event: &TrainEvent) {
        if let TrainEvent::Epoch { row, timing } = event {
            let rest = f64::from(self.epochs - row.epoch) * (timing.train_seconds + timing.val_seconds);
            let val = row.val_mae.map_or(String::new(), |val| format!("  val MAE {}", mae(val, self.unit)));
            self.say(&format!(
                "epoch {}/{}  train MAE {}{val}  {:.1} images/s  {} left",
                row.epoch,
                self.epochs,
                mae(row.train_mae, self.unit),
                timing.images_per_second,
                HumanDuration(Duration::from_secs_f64(rest)),
            ));
        }
    }

    fn finished(&mut self, result: &RunResult) {
        self.say(&finished_line(result, self.unit));
    }

    fn failed(&mut self, cause: &str) {
        self.say(&format!("failed: {cause}"));
    }

    fn decoding(&mut self, done: usize, of: usize) {
        let tenths = done * 10 / of.max(1);
        if tenths > self.decoded_tenths || done == of {
            self.decoded_tenths = if done == of { 0 } else { tenths };
            self.prefix.clear();
            self.say(&format!("films prepared: {done} of {of}"));
        }
    }
}

fn prefix(heading: RunHeading) -> String {
    format!("[{}/{}] {}: ", heading.number, heading.of, heading.label)
}

/// One bar for the run in hand; finished runs stay above it as lines.
#[derive(Debug, Default)]
pub struct Bars {
    unit: AgeUnit,
    prefix: String,
    bar: Option<ProgressBar>,
    val: String,
}

const RUN_BAR: &str = "{prefix} {bar:24} epoch {msg}  {per_sec}  {eta} left";
const FILM_BAR: &str = "{prefix} {bar:24} {pos}/{len}  {eta} left";

impl Bars {
    fn open(&mut self, length: u64, template: &str, prefix: String) {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style
            .with_key("per_sec", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // An unprinted speed is no reason to stop.
                let _ = write!(out, "{:.1} images/s", state.per_sec());
            })
            .progress_chars("━╸─");
        let bar = ProgressBar::new(length).with_style(style).with_prefix(prefix);
        bar.enable_steady_tick(Duration::from_millis(250));
        self.bar = Some(bar);
    }

    fn close(&mut self, line: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

impl Progress for Bars {
    fn note(&mut self, line: &str) {
        self.close(line);
    }

    fn skipped(&mut self, heading: RunHeading) {
        self.close(&format!("{}already done", prefix(heading)));
    }

    fn started(&mut self, heading: RunHeading, _config: &RunConfig) {
        self.prefix = prefix(heading);
        self.val.clear();
    }

    fn event(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Started { images, done, epochs } => {
                self.open(images * u64::from(*epochs), RUN_BAR, self.prefix.clone());
                if let Some(bar) = &self.bar {
                    // What was done before an interruption says nothing about the speed of now.
                    bar.set_position(*done);
                    bar.reset_eta();
                }
            }
            TrainEvent::Step { epoch, epochs, images } => {
                if let Some(bar) = &self.bar {
                    bar.inc(*images);
                    bar.set_message(format!("{epoch}/{epochs}{}", self.val));
                }
            }
            TrainEvent::Epoch { row, .. } => {
                self.val = row.val_mae.map_or(String::new(), |val| format!("  val MAE {}", mae(val, self.unit)));
            }
            TrainEvent::Checkpoint { .. } => {}
        }
    }

    fn finished(&mut self, result: &RunResult) {
        let line = format!("{}{}", self.prefix, finished_line(result, self.unit));
        self.close(&line);
    }

    fn failed(&mut self, cause: &str) {
        let line = format!("{}failed: {cause}", self.prefix);
        self.close(&line);
    }

    fn decoding(&mut self, done: usize, of: usize) {
        if self.bar.is_none() {
            self.open(of as u64, FILM_BAR, "preparing films".to_owned());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        if done == of
            && let Some(bar) = self.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}
