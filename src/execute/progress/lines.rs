//! Progress where there is no terminal: a line for whatever is worth one.

use std::time::Duration;

use indicatif::HumanDuration;

use super::forecast::Forecast;
use super::{Progress, RunHeading, finished_line, mae, prefix, say};
use crate::execute::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::RunResult;
use crate::spec::AgeUnit;

/// Says nothing but failures.
#[derive(Debug, Clone, Copy, Default)]
pub struct FailuresOnly;

impl Progress for FailuresOnly {
    fn note(&mut self, _line: &str) {}

    fn skipped(&mut self, _heading: RunHeading, _result: &RunResult) {}

    fn started(&mut self, _heading: RunHeading, _config: &RunConfig) {}

    fn event(&mut self, _heading: RunHeading, _event: &RunEvent) {}

    fn finished(&mut self, _heading: RunHeading, _result: &RunResult) {}

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        say(&format!("{}failed: {cause}", prefix(heading)));
    }
}

/// One line per epoch.
#[derive(Debug, Default)]
pub struct Lines {
    unit: AgeUnit,
    decoded_tenths: usize,
    forecast: Forecast,
}

impl Lines {
    /// Lines with ages in `unit`.
    pub fn new(unit: AgeUnit) -> Self {
        Self { unit, decoded_tenths: 0, forecast: Forecast::new(unit) }
    }

    fn say_forecast(&self) {
        if let Some(line) = self.forecast.line() {
            say(&line);
        }
    }
}

impl Progress for Lines {
    fn note(&mut self, line: &str) {
        say(line);
    }

    fn planned(&mut self, work: &[f64]) {
        self.forecast.plan(work);
    }

    fn skipped(&mut self, heading: RunHeading, result: &RunResult) {
        self.forecast.end(heading, Some(result));
        say(&format!("{}already done", prefix(heading)));
    }

    fn started(&mut self, heading: RunHeading, _config: &RunConfig) {
        say(&format!("{}starts ({})", prefix(heading), heading.run_id));
    }

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        self.forecast.event(heading, event);
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
        self.forecast.end(heading, Some(result));
        say(&format!("{}{}", prefix(heading), finished_line(result, self.unit)));
        self.say_forecast();
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        self.forecast.end(heading, None);
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
