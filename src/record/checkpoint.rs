//! What an interrupted run goes on from: `checkpoint/<place>/` in the run's folder.
//!
//! A checkpoint is a folder of two files, `state.json` and `tensors.safetensors`. It is written under another name, synced and
//! renamed, and the one before it is removed only then, so that there is a whole one at any moment. Both files are checked by
//! BLAKE3 when they are read; one that is damaged, of another run or of a newer program is never used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::format::{EpochRow, TimingRow};
use super::seal::hash_file;
use super::writer::json_bytes;
use crate::files::{create_folder_atomically, remove_leftovers};
use crate::train::{Checkpoint, TrainState};

/// Raised whenever a checkpoint's meaning changes; one of another version is not used.
pub const CHECKPOINT_VERSION: u32 = 1;

/// Name of the folder of checkpoints in a run's folder.
pub const CHECKPOINT_FOLDER: &str = "checkpoint";
/// The [`SavedState`].
pub const STATE_FILE: &str = "state.json";
/// Every tensor of the training.
pub const TENSORS_FILE: &str = "tensors.safetensors";

/// A checkpoint but for its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// Version of this format.
    pub schema_version: u32,
    /// The run that it is of.
    pub run_id: String,
    /// What that run has in common with longer and shorter ones.
    pub course_id: String,
    /// Where it was computed: the device.
    pub device: String,
    /// Where it was computed: CPU threads.
    pub threads: u32,
    /// Seconds that the run took until here.
    pub seconds: f64,
    /// The epochs that are done.
    pub epochs: Vec<EpochRow>,
    /// What each of them cost.
    pub timing: Vec<TimingRow>,
    /// The place in the training.
    pub train: TrainState,
    /// As in [`RunResult`](super::format::RunResult).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<u32>,
    /// As in [`RunResult`](super::format::RunResult).
    #[serde(default)]
    pub learning_rate_halvings: u32,
    /// BLAKE3 of the file of tensors.
    pub tensors_blake3: String,
    /// BLAKE3 of all of this, as JSON without spaces in which this text is empty.
    pub blake3: String,
}

impl SavedState {
    fn seal(&self) -> Result<String, String> {
        let open = Self { blake3: String::new(), ..self.clone() };
        let bytes = serde_json::to_vec(&open).map_err(|error| error.to_string())?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    }
}

/// The checkpoints of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFolder {
    path: PathBuf,
}

impl CheckpointFolder {
    /// Those of the run in a folder; nothing is made yet.
    pub fn of(run: &Path) -> Self {
        Self { path: run.join(CHECKPOINT_FOLDER) }
    }

    /// Write a checkpoint, then remove the ones before. The checksums of `state` are filled in here.
    ///
    /// # Errors
    /// If it cannot be written; the one before is then still there.
    pub fn save(&self, mut state: SavedState, checkpoint: &Checkpoint) -> Result<(), RecordError> {
        let at = |source| RecordError::Write { path: self.path.clone(), source };
        let name = format!("epoch-{:06}-step-{:09}", state.train.epoch, state.train.step);
        fs::create_dir_all(&self.path).map_err(at)?;
        create_folder_atomically(&self.path.join(&name), |aside| {
            let tensors = aside.join(TENSORS_FILE);
            checkpoint.write_tensors(&tensors)?;
            state.tensors_blake3 = hash_file(&tensors)?;
            state.blake3 = state.seal().map_err(io::Error::other)?;
            fs::write(aside.join(STATE_FILE), json_bytes(STATE_FILE, &state).map_err(io::Error::other)?)
        })
        .map_err(at)?;
        for other in self.names().into_iter().filter(|other| *other != name) {
            // What stays is older and never preferred.
            let _ = fs::remove_dir_all(self.path.join(other));
        }
        Ok(())
    }

    /// The newest whole checkpoint that `fits` lets pass. Each one that is damaged or does not fit is removed and said in `notes`.
    pub fn newest(&self, fits: impl Fn(&SavedState) -> Result<(), String>, notes: &mut Vec<String>) -> Option<(SavedState, Checkpoint)> {
        remove_leftovers(&self.path, Duration::ZERO);
        for name in self.names().into_iter().rev() {
            let path = self.path.join(name);
            let found = read_state(&path).and_then(|state| fits(&state).map(|()| state));
            match found.and_then(|state| read_tensors(&path, &state).map(|checkpoint| (state, checkpoint))) {
                Ok(found) => return Some(found),
                Err(reason) => {
                    notes.push(format!("{} is not used: {reason}", path.display()));
                    let _ = fs::remove_dir_all(&path);
                }
            }
        }
        None
    }

    /// The state of the newest checkpoint, its tensors unread; none where there is none or it is damaged.
    pub fn peek(&self) -> Option<SavedState> {
        read_state(&self.path.join(self.names().pop()?)).ok()
    }

    /// The newest checkpoint whose state was seen by [`peek`](Self::peek); nothing is changed, for it may be another spec's.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn take(&self, state: &SavedState) -> Result<Checkpoint, String> {
        let name = self.names().pop().ok_or("it is gone")?;
        read_tensors(&self.path.join(name), state)
    }

    /// Remove all of them.
    ///
    /// # Errors
    /// If the folder is there and cannot be removed.
    pub fn remove(&self) -> Result<(), RecordError> {
        match fs::remove_dir_all(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(RecordError::Write { path: self.path.clone(), source }),
            _ => Ok(()),
        }
    }

    /// The names of the checkpoints, the oldest first.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("epoch-")).collect();
        names.sort();
        names
    }
}

fn read_state(folder: &Path) -> Result<SavedState, String> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }
    let bytes = fs::read(folder.join(STATE_FILE)).map_err(|error| format!("{STATE_FILE}: {error}"))?;
    let damaged = |error: serde_json::Error| format!("{STATE_FILE} is damaged ({error})");
    let Versioned { schema_version } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if schema_version != CHECKPOINT_VERSION {
        return Err(format!("it has version {schema_version}, this program knows {CHECKPOINT_VERSION}"));
    }
    let state: SavedState = serde_json::from_slice(&bytes).map_err(damaged)?;
    if state.seal()? != state.blake3 {
        return Err(format!("{STATE_FILE} is damaged (its checksum is wrong)"));
    }
    Ok(state)
}

fn read_tensors(folder: &Path, state: &SavedState) -> Result<Checkpoint, String> {
    let bytes = fs::read(folder.join(TENSORS_FILE)).map_err(|error| format!("{TENSORS_FILE}: {error}"))?;
    if blake3::hash(&bytes).to_hex().as_str() != state.tensors_blake3 {
        return Err(format!("{TENSORS_FILE} is damaged (its checksum is wrong)"));
    }
    Checkpoint::read(state.train.clone(), &bytes).map_err(|reason| format!("{TENSORS_FILE} is damaged ({reason})"))
}
