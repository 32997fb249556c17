//! Reads a run's record back, and refuses what a newer program wrote.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::RecordError;
use super::format::{
    COST_FILE, EPOCHS_FILE, FAILURE_FILE, PREDICTIONS_FILE, RESULT_FILE, RUN_FILE, RecordedRun, RunFailure, RunResult, RunState,
    SCHEMA_VERSION, TIMING_FILE,
};
use super::seal::{check_bytes, check_seal};
use crate::plan::RunConfig;

/// What the folder of one run says.
///
/// # Errors
/// If a record is damaged or was written by a newer program.
pub fn read_run(folder: &Path) -> Result<RunState, RecordError> {
    if folder.join(RESULT_FILE).exists() {
        return read_done(folder).map(|run| RunState::Done(Box::new(run)));
    }
    if folder.join(FAILURE_FILE).exists() {
        check_version(&folder.join(FAILURE_FILE))?;
        return Ok(RunState::Failed(read_json::<RunFailure>(&folder.join(FAILURE_FILE))?));
    }
    Ok(RunState::Missing)
}

/// The final figures of the run in a folder; its other files are not looked at.
///
/// # Errors
/// If they are damaged or were written by a newer program.
pub fn read_result(folder: &Path) -> Result<RunResult, RecordError> {
    let path = folder.join(RESULT_FILE);
    check_version(&path)?;
    check_seal(&read_text(&path)?).map_err(|reason| RecordError::Damaged { path: path.clone(), reason })?;
    read_json(&path)
}

/// A JSON file of a record, as it is; none where it is not there or no JSON.
pub fn read_value(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn read_done(folder: &Path) -> Result<RecordedRun, RecordError> {
    let result = read_result(folder)?;
    Ok(RecordedRun {
        epochs: read_csv(&folder.join(EPOCHS_FILE), Some(&result))?,
        timing: read_csv(&folder.join(TIMING_FILE), None)?,
        predictions: read_csv(&folder.join(PREDICTIONS_FILE), Some(&result))?,
        cost: read_json(&folder.join(COST_FILE))?,
        result,
    })
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
    serde_json::from_str(&read_text(path)?).map_err(|error| RecordError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

fn read_text(path: &Path) -> Result<String, RecordError> {
    std::fs::read_to_string(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })
}

/// The rows of a file, whose checksum a result holds where one is given.
fn read_csv<T: DeserializeOwned>(path: &Path, result: Option<&RunResult>) -> Result<Vec<T>, RecordError> {
    let bytes = std::fs::read(path).map_err(|source| RecordError::Read { path: path.to_owned(), source })?;
    let damaged = |reason: String| RecordError::Damaged { path: path.to_owned(), reason };
    if let (Some(result), Some(name)) = (result, path.file_name().and_then(|name| name.to_str())) {
        check_bytes(result, name, &bytes).map_err(damaged)?;
    }
    let rows = csv::Reader::from_reader(bytes.as_slice()).deserialize().collect::<Result<_, _>>();
    rows.map_err(|error| damaged(error.to_string()))
}
