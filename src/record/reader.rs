//! Reads a run's record back, and refuses what a newer program wrote.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::RecordError;
use super::format::{
    COST_FILE, EPOCHS_FILE, FAILURE_FILE, PREDICTIONS_FILE, RESULT_FILE, RUN_FILE, RecordedRun, RunFailure, RunState, SCHEMA_VERSION,
    TIMING_FILE,
};
use crate::plan::RunConfig;

/// What the folder of one run says.
///
/// # Errors
/// If a record is damaged or was written by a newer program.
pub fn read_run(folder: &Path) -> Result<RunState, RecordError> {
    if folder.join(RESULT_FILE).exists() {
        check_version(&folder.join(RESULT_FILE))?;
        return Ok(RunState::Done(Box::new(RecordedRun {
            epochs: read_csv(&folder.join(EPOCHS_FILE))?,
            timing: read_csv(&folder.join(TIMING_FILE))?,
            predictions: read_csv(&folder.join(PREDICTIONS_FILE))?,
            result: read_json(&folder.join(RESULT_FILE))?,
            cost: read_json(&folder.join(COST_FILE))?,
        })));
    }
    if folder.join(FAILURE_FILE).exists() {
        check_version(&folder.join(FAILURE_FILE))?;
        return Ok(RunState::Failed(read_json::<RunFailure>(&folder.join(FAILURE_FILE))?));
    }
    Ok(RunState::Missing)
}

/// The settings of the run in a folder.
///
/// # Errors
/// If they cannot be read.
pub fn read_settings(folder: &Path) -> Result<RunConfig, RecordError> {
    let path = folder.join(RUN_FILE);
    let text = std::fs::read_to_string(&path).map_err(|source| RecordError::Read { path: path.clone(), source })?;
    serde_yaml::from_str(&text).map_err(|error| RecordError::Damaged { path, reason: error.to_string() })
}

pub(super) fn check_version(path: &Path) -> Result<(), RecordError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }
    let found = read_json::<Versioned>(path)?.schema_version;
    if found > SCHEMA_VERSION {
        return Err(RecordError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(())
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    let text = std::fs::read_to_string(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|error| RecordError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, RecordError> {
    let bytes = std::fs::read(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
    csv::Reader::from_reader(bytes.as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| RecordError::Damaged { path: path.to_owned(), reason: error.to_string() })
}
