//! The folder of one spec: `results/<name>/` with the records of its runs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::RecordError;
use super::writer::{csv_bytes, json_bytes};
use crate::files::{plain, remove_leftovers, write_atomically};

/// `results/<name>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyFolder {
    path: PathBuf,
}

impl StudyFolder {
    /// The folder of a spec's name; nothing is made yet.
    pub fn new(results: &Path, name: &str) -> Self {
        Self { path: results.join(name) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a run's record is.
    pub fn run(&self, run_id: &str) -> PathBuf {
        self.path.join("runs").join(run_id)
    }

    /// Make the folder and try to write in it, so that a folder that cannot be written is found before hours of work.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn prepare(&self) -> Result<(), RecordError> {
        let runs = self.path.join("runs");
        for folder in [&self.path, &self.path.join("plots")] {
            // Files are written within moments; what is an hour old was left by a program that was killed.
            remove_leftovers(folder, Duration::from_secs(60 * 60));
        }
        std::fs::create_dir_all(&runs)
            .and_then(|()| try_in(&self.path).and_then(|()| try_in(&runs)))
            .map_err(|source| RecordError::Write { path: self.path.clone(), source })
    }

    /// The same for a folder below it, before work whose results go there.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn prepare_below(&self, name: &str) -> Result<(), RecordError> {
        let path = self.path.join(name);
        remove_leftovers(&path, Duration::from_secs(60 * 60));
        std::fs::create_dir_all(&path).and_then(|()| try_in(&path)).map_err(|source| RecordError::Write { path, source })
    }

    /// Write a JSON file of the study as a whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_json(&self, name: &'static str, value: &impl Serialize) -> Result<(), RecordError> {
        self.write(name, &json_bytes(name, value)?)
    }

    /// Write a CSV file of the study as a whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_csv<T: Serialize>(&self, name: &'static str, rows: &[T]) -> Result<(), RecordError> {
        self.write(name, &csv_bytes(name, rows)?)
    }

    /// Remove a file of the study, if it is there.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self, name: &'static str) -> Result<(), RecordError> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(RecordError::Write { path, source }),
            _ => Ok(()),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self.path.join(name);
        write_atomically(&path, bytes).map_err(|source| RecordError::Write { path, source })
    }
}

/// Whether a file can be written in a folder; a full disk takes an empty one.
fn try_in(folder: &Path) -> std::io::Result<()> {
    tempfile::tempfile_in(folder).map_err(plain).and_then(|mut file| file.write_all(&[0; 1 << 14]))
}
