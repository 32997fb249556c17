//! Progress for programs: each event as a line of JSON on stdout.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::{Progress, RunHeading};
use crate::execute::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::RunResult;

/// One JSON object per line; `event` names the kind. What belongs to a run has `number`, `of`, `label` and `run_id`.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonLines {
    runs: usize,
}

/// An event of a run, with the run.
#[derive(Serialize)]
struct OfRun<'a, T> {
    number: usize,
    of: usize,
    label: &'a str,
    run_id: &'a str,
    #[serde(flatten)]
    event: T,
}

/// An event that carries the figures of a run.
#[derive(Serialize)]
struct WithResult<'a> {
    event: &'static str,
    result: &'a RunResult,
}

/// The numbers are those of the record to the last digit, which a detour over a tree of values would widen.
fn write(line: &impl Serialize) {
    let Ok(line) = serde_json::to_string(line) else { return };
    let mut out = std::io::stdout().lock();
    // A closed stdout is no reason to stop training.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn write_of_run(heading: RunHeading, event: impl Serialize) {
    let RunHeading { number, of, label, run_id } = heading;
    write(&OfRun { number, of, label, run_id, event });
}

fn write_result(heading: RunHeading, event: &'static str, result: &RunResult) {
    write_of_run(heading, WithResult { event, result });
}

impl Progress for JsonLines {
    fn note(&mut self, line: &str) {
        write(&json!({ "event": "note", "text": line }));
    }

    fn planned(&mut self, work: &[f64]) {
        self.runs = work.len();
        write(&json!({ "event": "planned", "runs": work.len() }));
    }

    fn skipped(&mut self, heading: RunHeading, result: &RunResult) {
        write_result(heading, "skipped", result);
    }

    fn started(&mut self, heading: RunHeading, config: &RunConfig) {
        write_of_run(heading, json!({ "event": "begun", "settings": config }));
    }

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        // How a run ended is told by `finished` and `failed`, once it is recorded.
        if !matches!(event, RunEvent::Finished { .. } | RunEvent::Failed { .. }) {
            write_of_run(heading, event);
        }
    }

    fn finished(&mut self, heading: RunHeading, result: &RunResult) {
        write_result(heading, "finished", result);
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        write_of_run(heading, json!({ "event": "failed", "cause": cause }));
    }

    fn left(&mut self, heading: RunHeading) {
        write_of_run(heading, json!({ "event": "left" }));
    }

    fn ended(&mut self) {
        write(&json!({ "event": "ended", "runs": self.runs }));
    }

    fn decoding(&mut self, done: usize, of: usize) {
        write(&json!({ "event": "decoding", "done": done, "of": of }));
    }
}
