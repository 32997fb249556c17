//! Everything that a results folder holds, as far as one look without locks tells. Nothing is changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::attempts::{ATTEMPTS_FOLDER, Attempts};
use super::checkpoint::CheckpointFolder;
use super::claim::Holder;
use super::format::{FAILURE_FILE, RESULT_FILE, RunFailure, RunResult};
use super::index::StudyIndex;
use super::reader::{read_json, read_result};

/// A folder of a spec.
#[derive(Debug, Clone)]
pub struct KnownStudy {
    /// Its name, which is that of the spec.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// Which runs its tables show; none where it has none, or one that cannot be read.
    pub index: Option<StudyIndex>,
    /// Its runs, sorted by id.
    pub runs: Vec<KnownRun>,
    /// What all its files take.
    pub bytes: u64,
}

/// A run that was begun at least.
#[derive(Debug, Clone)]
pub struct KnownRun {
    /// Its id.
    pub id: String,
    /// The folder of its record, or of its newest attempt where it has none.
    pub folder: PathBuf,
    /// How far it is.
    pub stage: Stage,
    /// When its record or its newest attempt was last changed.
    pub changed: Option<SystemTime>,
    /// What its record and all its attempts take.
    pub bytes: u64,
}

/// How far a run is.
#[derive(Debug, Clone)]
pub enum Stage {
    /// Finished.
    Done(Box<RunResult>),
    /// A program works on it, or may do so.
    Running(Holder),
    /// Tried, and failed; the same command tries it again where the cause was outside of the run.
    Failed(RunFailure),
    /// Interrupted, with a checkpoint from which the same command goes on.
    Partial {
        /// The place in words.
        place: String,
        /// Epochs that are done.
        epochs: usize,
    },
    /// Begun, and left before there was anything to go on from.
    Begun,
    /// Its record cannot be read.
    Damaged(String),
}

/// Every study below `results`, sorted by name.
pub fn catalogue(results: &Path) -> Vec<KnownStudy> {
    let mut folders: Vec<PathBuf> = entries(results).into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().filter_map(|folder| study(folder)).collect()
}

/// The study in a folder; none where it holds neither an index nor a run.
pub fn study(folder: &Path) -> Option<KnownStudy> {
    let name = folder.file_name()?.to_str()?.to_owned();
    let index = StudyIndex::read(folder).ok().flatten();
    let ids: BTreeSet<String> = ["runs", ATTEMPTS_FOLDER].into_iter().flat_map(|below| names(&folder.join(below))).collect();
    let runs: Vec<KnownRun> = ids.iter().filter_map(|id| known_run(folder, id)).collect();
    if index.is_none() && runs.is_empty() {
        return None;
    }
    Some(KnownStudy { name, folder: folder.to_owned(), index, runs, bytes: bytes_below(folder) })
}

/// The run of that id in the folder of a study; none where there is nothing of it.
pub fn known_run(study: &Path, id: &str) -> Option<KnownRun> {
    let record = study.join("runs").join(id);
    let attempts = Attempts::of(study, id);
    let newest = attempts.folders().into_iter().next();
    let folder = if record.is_dir() { record.clone() } else { newest.clone()? };
    let stage = stage(&record, newest.as_deref(), &attempts);
    let changed = [RESULT_FILE, FAILURE_FILE, "log.txt", ""].into_iter().find_map(|file| modified(&folder.join(file)));
    let bytes = bytes_below(&record) + bytes_below(attempts.folder());
    Some(KnownRun { id: id.to_owned(), folder, stage, changed, bytes })
}

fn stage(record: &Path, newest: Option<&Path>, attempts: &Attempts) -> Stage {
    if record.join(RESULT_FILE).exists() {
        return match read_result(record) {
            Ok(result) => Stage::Done(Box::new(result)),
            Err(error) => Stage::Damaged(error.to_string()),
        };
    }
    if let Some(holder) = attempts.holder() {
        return Stage::Running(holder);
    }
    if record.join(FAILURE_FILE).exists() {
        return match read_json::<RunFailure>(&record.join(FAILURE_FILE)) {
            Ok(failure) => Stage::Failed(failure),
            Err(error) => Stage::Damaged(error.to_string()),
        };
    }
    let state = attempts.folders().iter().map(PathBuf::as_path).chain(newest).find_map(|folder| CheckpointFolder::of(folder).peek());
    state.map_or(Stage::Begun, |state| Stage::Partial { place: state.train.place(), epochs: state.epochs.len() })
}

/// What a file, or all files below a folder, take; links are not followed.
pub fn bytes_below(path: &Path) -> u64 {
    let entries = walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|found| found.len()).sum()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|found| found.modified()).ok()
}

fn names(folder: &Path) -> Vec<String> {
    let names = entries(folder).into_iter().filter(|path| path.is_dir());
    names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).filter(|name| !name.starts_with('.')).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
