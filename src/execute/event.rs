//! What a run says while it is trained: one JSON object per line, from the process that trains to the one that records.

use serde::{Deserialize, Serialize};

use crate::record::format::{EpochRow, FailureKind, RunResult, TimingRow};

/// Something that happened in a run. `event` names the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// Something worth a line of its own.
    Note {
        /// The line.
        text: String,
    },
    /// The first step is about to begin, or the first one after the place that an interrupted run goes on from.
    Started {
        /// Images per epoch.
        images: u64,
        /// Images trained on before.
        done: u64,
        /// Epochs asked for.
        epochs: u32,
    },
    /// Some steps were made.
    Steps {
        /// Counted from 1.
        epoch: u32,
        /// Epochs asked for.
        epochs: u32,
        /// Images in them.
        images: u64,
    },
    /// An epoch and its validation ended.
    Epoch {
        /// Epochs asked for.
        epochs: u32,
        /// Its figures.
        row: EpochRow,
        /// Its cost.
        timing: TimingRow,
    },
    /// The run can go on from here, whether or not this place was worth a checkpoint.
    Resumable {
        /// Whether a checkpoint was written.
        written: bool,
        /// Whether all epochs are done, so that nothing follows but final figures.
        last: bool,
    },
    /// The record is complete.
    Finished {
        /// Its figures.
        result: Box<RunResult>,
    },
    /// There will be no record.
    Failed {
        /// What kind of failure it is.
        kind: FailureKind,
        /// In one line.
        cause: String,
    },
    /// The run was asked to stop, and can go on.
    Interrupted,
}

impl RunEvent {
    /// As a line.
    ///
    /// # Panics
    /// Never: names, numbers and text are JSON.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("names, numbers and text are JSON")
    }

    /// From a line.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_line(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_that_reads_back() {
        let failed = RunEvent::Failed { kind: FailureKind::OutOfMemory, cause: "out of\nmemory".to_owned() };
        let line = failed.to_line();
        assert_eq!(line, r#"{"event":"failed","kind":"out_of_memory","cause":"out of\nmemory"}"#);
        assert_eq!(RunEvent::from_line(&line), Ok(failed));
        assert!(RunEvent::from_line("[W] a warning of the native library").is_err());
    }
}
