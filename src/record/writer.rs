//! Writes a run's record: a row per epoch as it ends, `result.json` last.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::RecordError;
use super::format::{
    COST_FILE, EPOCHS_FILE, EpochRow, FAILURE_FILE, FailureKind, LOG_FILE, LR_SEARCH_FILE, MODEL_FILE, PREDICTIONS_FILE, PredictionRow,
    RESULT_FILE, RUN_FILE, RunCost, RunFailure, RunResult, SCHEMA_VERSION, TIMING_FILE, TimingRow, WEIGHTS_FILE,
};
use super::seal::sealed;
use crate::files::{remove_leftovers, replace_atomically, write_atomically};
use crate::train::LrSearch;
use crate::weights::LoadReport;

/// The record of one run while it is being written.
#[derive(Debug)]
pub struct RunWriter {
    folder: PathBuf,
    epochs: Vec<EpochRow>,
    timing: Vec<TimingRow>,
    log: File,
}

impl RunWriter {
    /// Begin a record in `folder`, which is made; what an unfinished earlier attempt left there is removed.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn create(folder: &Path, settings: &impl Serialize) -> Result<Self, RecordError> {
        Self::open(folder, settings, None)
    }

    /// As [`create`](Self::create), for a run that goes on after some epochs; the log in the folder `log` is continued.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn go_on(
        folder: &Path,
        settings: &impl Serialize,
        epochs: &[EpochRow],
        timing: &[TimingRow],
        log: Option<&Path>,
    ) -> Result<Self, RecordError> {
        if let Some(log) = log.filter(|log| **log != *folder) {
            // An attempt that said nothing has no log.
            let _ = fs::create_dir_all(folder).and_then(|()| fs::copy(log.join(LOG_FILE), folder.join(LOG_FILE)));
        }
        let writer = Self::open(folder, settings, Some((epochs, timing)))?;
        if !epochs.is_empty() {
            writer.write_epochs()?;
        }
        Ok(writer)
    }

    fn open(folder: &Path, settings: &impl Serialize, earlier: Option<(&[EpochRow], &[TimingRow])>) -> Result<Self, RecordError> {
        let at = |source| RecordError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(at)?;
        remove_leftovers(folder, Duration::ZERO);
        for name in
            [RESULT_FILE, EPOCHS_FILE, TIMING_FILE, PREDICTIONS_FILE, MODEL_FILE, WEIGHTS_FILE, LR_SEARCH_FILE, COST_FILE, FAILURE_FILE]
        {
            match fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(error)),
                _ => {}
            }
        }
        let fresh = earlier.is_none();
        let (epochs, timing) = earlier.map_or_else(Default::default, |(epochs, timing)| (epochs.to_vec(), timing.to_vec()));
        let log = File::options().create(true).write(true).truncate(fresh).append(!fresh).open(folder.join(LOG_FILE)).map_err(at)?;
        let writer = Self { folder: folder.to_owned(), epochs, timing, log };
        let yaml = serde_yaml::to_string(settings).map_err(|error| RecordError::Encode { what: RUN_FILE, reason: error.to_string() })?;
        writer.write(RUN_FILE, yaml.as_bytes())?;
        Ok(writer)
    }

    /// Add an epoch.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn epoch(&mut self, epoch: &EpochRow, timing: &TimingRow) -> Result<(), RecordError> {
        self.epochs.push(epoch.clone());
        self.timing.push(timing.clone());
        self.write_epochs()
    }

    /// The epochs so far.
    pub fn epochs(&self) -> &[EpochRow] {
        &self.epochs
    }

    /// What each of them cost.
    pub fn timing(&self) -> &[TimingRow] {
        &self.timing
    }

    fn write_epochs(&self) -> Result<(), RecordError> {
        self.write(EPOCHS_FILE, &csv_bytes(EPOCHS_FILE, &self.epochs)?)?;
        self.write(TIMING_FILE, &csv_bytes(TIMING_FILE, &self.timing)?)
    }

    /// Note what became of the weights that the run started from.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn weights(&self, report: &LoadReport) -> Result<(), RecordError> {
        self.write(WEIGHTS_FILE, &json_bytes(WEIGHTS_FILE, report)?)
    }

    /// Note what the range test of the learning rate found, also in the log.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn lr_search(&self, search: &LrSearch) -> Result<(), RecordError> {
        // As for every line of the log.
        let _ = writeln!(&self.log, "learning rate found in {} steps: {}", search.curve.len(), search.learning_rate);
        self.write(LR_SEARCH_FILE, &csv_bytes(LR_SEARCH_FILE, &search.curve)?)
    }

    /// Add a line to the log. A log that cannot be written is no reason to lose a run.
    pub fn log(&mut self, line: &str) {
        let _ = writeln!(self.log, "{line}");
    }

    /// Complete the record. `write_model` writes the weights to the path that it is given.
    ///
    /// # Errors
    /// If a file cannot be written; the run then does not count as done.
    pub fn finish(
        &self,
        result: &RunResult,
        predictions: &[PredictionRow],
        cost: &RunCost,
        write_model: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), RecordError> {
        self.write(PREDICTIONS_FILE, &csv_bytes(PREDICTIONS_FILE, predictions)?)?;
        let model = self.folder.join(MODEL_FILE);
        replace_atomically(&model, write_model).map_err(|source| RecordError::Write { path: model.clone(), source })?;
        self.write(COST_FILE, &json_bytes(COST_FILE, cost)?)?;
        let sealed = sealed(&self.folder, result.clone())?;
        self.write(RESULT_FILE, &json_bytes(RESULT_FILE, &sealed)?)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        write_into(&self.folder, name, bytes)
    }
}

fn write_into(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    let path = folder.join(name);
    write_atomically(&path, bytes).map_err(|source| RecordError::Write { path, source })
}

/// Note in the folder of an attempt that it failed, and why.
///
/// # Errors
/// If the file cannot be written.
pub fn write_failure(folder: &Path, kind: FailureKind, cause: &str) -> Result<(), RecordError> {
    append_log(folder, &format!("failed: {cause}"));
    let failure = RunFailure { schema_version: SCHEMA_VERSION, cause: cause.to_owned(), kind };
    write_into(folder, FAILURE_FILE, &json_bytes(FAILURE_FILE, &failure)?)
}

/// Add a line to the log of an attempt that nobody else writes to. A log that cannot be written is no reason to lose a run.
pub fn append_log(folder: &Path, line: &str) {
    let log = File::options().create(true).append(true).open(folder.join(LOG_FILE));
    let _ = log.and_then(|mut log| writeln!(log, "{line}"));
}

/// Rows as CSV with a header line.
pub(super) fn csv_bytes<T: Serialize>(what: &'static str, rows: &[T]) -> Result<Vec<u8>, RecordError> {
    let encode = |error: csv::Error| RecordError::Encode { what, reason: error.to_string() };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(encode)?;
    }
    writer.into_inner().map_err(|error| RecordError::Encode { what, reason: error.to_string() })
}

/// A value as indented JSON with a line end.
pub(super) fn json_bytes<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, RecordError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| RecordError::Encode { what, reason: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
