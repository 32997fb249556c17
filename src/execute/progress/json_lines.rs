//! Progress for programs: each event as a line of JSON on stdout.

use std::io::Write;

use serde_json::{Value, json};

use super::{Progress, RunHeading};
use crate::execute::event::RunEvent;
use crate::plan::RunConfig;
use crate::record::format::RunResult;

/// One JSON object per line; `event` names the kind. What belongs to a run has `number`, `of`, `label` and `run_id`.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonLines {
    runs: usize,
}

/// A closed stdout is no reason to stop training.
fn write(line: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// An event of a run, with the run.
fn of_run(heading: RunHeading, mut event: Value) -> Value {
    if let Value::Object(fields) = &mut event {
        let RunHeading { number, of, label, run_id } = heading;
        let run = [("number", json!(number)), ("of", json!(of)), ("label", json!(label)), ("run_id", json!(run_id))];
        fields.extend(run.map(|(key, value)| (key.to_owned(), value)));
    }
    event
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
        write(&of_run(heading, json!({ "event": "skipped", "result": result })));
    }

    fn started(&mut self, heading: RunHeading, config: &RunConfig) {
        write(&of_run(heading, json!({ "event": "begun", "settings": config })));
    }

    fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        // How a run ended is told by `finished` and `failed`, once it is recorded.
        if !matches!(event, RunEvent::Finished { .. } | RunEvent::Failed { .. }) {
            write(&of_run(heading, json!(event)));
        }
    }

    fn finished(&mut self, heading: RunHeading, result: &RunResult) {
        write(&of_run(heading, json!({ "event": "finished", "result": result })));
    }

    fn failed(&mut self, heading: RunHeading, cause: &str) {
        write(&of_run(heading, json!({ "event": "failed", "cause": cause })));
    }

    fn left(&mut self, heading: RunHeading) {
        write(&of_run(heading, json!({ "event": "left" })));
    }

    fn ended(&mut self) {
        write(&json!({ "event": "ended", "runs": self.runs }));
    }

    fn decoding(&mut self, done: usize, of: usize) {
        write(&json!({ "event": "decoding", "done": done, "of": of }));
    }
}
