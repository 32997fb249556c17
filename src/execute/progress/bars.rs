//! Progress on a terminal: a bar for each run under way, and one line for the whole plan below them.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::forecast::Forecast;
use super::{Progress, RunHeading, finished_line, mae, prefix, say};
use crate::execute::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::RunResult;
use crate::spec::AgeUnit;

/// One bar for each run under way; finished runs stay above them as lines.
#[derive(Debug, Default)]
pub struct Bars {
    unit: AgeUnit,
    all: MultiProgress,
    films: Option<ProgressBar>,
    runs: BTreeMap<usize, RunBar>,
    forecast: Forecast,
    /// The line of the whole plan.
    plan: Option<ProgressBar>,
}

/// The bar of one run.
#[derive(Debug)]
struct RunBar {
    bar: ProgressBar,
    val: String,
}

const RUN_BAR: &str = "{prefix} {bar:24} epoch {msg}  {per_sec}  {eta} left";
const FILM_BAR: &str = "{prefix} {bar:24} {pos}/{len}  {eta} left";
const PLAN_LINE: &str = "{msg}";

impl Bars {
    /// Bars with ages in `unit`.
    pub fn new(unit: AgeUnit) -> Self {
        Self { unit, forecast: Forecast::new(unit), ..Self::default() }
    }

    fn open(&self, length: u64, template: &str, prefix: String) -> ProgressBar {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style
            .with_key("per_sec", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // An unprinted speed is no reason to stop.
                let _ = write!(out, "{:.1} images/s", state.per_sec());
            })
            .progress_chars("━╸─");
        let bar = ProgressBar::new(length).with_style(style).with_prefix(prefix);
        let bar = match &self.plan {
            Some(plan) => self.all.insert_before(plan, bar),
            None => self.all.add(bar),
        };
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

    fn show_forecast(&mut self) {
        let Some(line) = self.forecast.line() else { return };
        if self.plan.is_none() {
            self.plan = Some(self.open(0, PLAN_LINE, String::new()));
        }
        if let Some(plan) = &self.plan {
            plan.set_message(line);
        }
    }
}

impl Progress for Bars {
    fn note(&mut self, line: &str) {
        self.line(line);
    }

    fn planned(&mut self, work: &[f64]) {
        self.forecast.plan(work);
    }

    fn skipped(&mut self, heading: RunHeading, result: &RunResult) {
        self.forecast.end(heading, Some(result));
        self.line(&format!("{}already done", prefix(heading)));
    }

    fn started(&mut self, _heading: RunHeading, _config: &RunConfig) {
        self.show_forecast();
    }

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        self.forecast.event(heading, event);
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
                self.show_forecast();
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
        self.forecast.end(heading, Some(result));
        self.line(&format!("{}{}", prefix(heading), finished_line(result, self.unit)));
        self.show_forecast();
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        self.close(heading);
        self.forecast.end(heading, None);
        self.line(&format!("{}failed: {cause}", prefix(heading)));
    }

    fn left(&mut self, heading: RunHeading) {
        self.close(heading);
    }

    fn ended(&mut self) {
        if let Some(plan) = self.plan.take() {
            plan.finish_and_clear();
            self.all.remove(&plan);
        }
        if let Some(line) = self.forecast.line() {
            self.line(&line);
        }
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
