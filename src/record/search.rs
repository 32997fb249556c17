//! Runs of all specs under one results folder, for one that may go on where another ended.

use std::path::{Path, PathBuf};

use super::attempts::{ATTEMPTS_FOLDER, Attempts};
use super::checkpoint::{CheckpointFolder, SavedState};
use super::format::RESULT_FILE;
use super::reader::read_settings;
use crate::plan::RunConfig;

/// A run that was begun at least.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRun {
    /// Its id.
    pub id: String,
    /// The folder of its record, or of an attempt where it is not finished.
    pub folder: PathBuf,
    /// Its settings.
    pub settings: RunConfig,
    /// Whether its record is complete.
    pub is_done: bool,
    /// Its last checkpoint, where it has a whole one; the tensors are not looked at.
    pub state: Option<SavedState>,
}

/// Every run of every study in `results` whose id is `stem` and a hash, in the order of their paths: the finished ones in `runs/`,
/// the others by their newest attempt that has a checkpoint, or else their newest. One whose settings cannot be read is left out.
pub fn find_runs(results: &Path, stem: &str) -> Vec<FoundRun> {
    let mut runs: Vec<(PathBuf, String)> = Vec::new();
    for study in entries(results) {
        let ids = ["runs", ATTEMPTS_FOLDER].into_iter().flat_map(|folder| entries(&study.join(folder)).collect::<Vec<_>>());
        let ids = ids.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).filter(|id| is_of_stem(id, stem));
        runs.extend(ids.map(|id| (study.clone(), id)));
    }
    runs.sort();
    runs.dedup();
    runs.into_iter().filter_map(|(study, id)| find_run(&study, &id)).collect()
}

/// The folder of every finished run of every study in `results`, with that of its study, in the order of their paths.
pub fn record_folders(results: &Path) -> Vec<(PathBuf, PathBuf)> {
    let runs = |study: PathBuf| entries(&study.join("runs")).map(move |run| (study.clone(), run)).collect::<Vec<_>>();
    let mut folders: Vec<_> = entries(results).flat_map(runs).filter(|(_, run)| run.join(RESULT_FILE).exists()).collect();
    folders.sort();
    folders
}

fn is_of_stem(id: &str, stem: &str) -> bool {
    id.strip_prefix(stem).is_some_and(|rest| rest.strip_prefix('-').is_some_and(|hash| !hash.contains('-')))
}

fn find_run(study: &Path, id: &str) -> Option<FoundRun> {
    let record = study.join("runs").join(id);
    let is_done = record.join(RESULT_FILE).exists();
    let mut folders = vec![record];
    if !is_done {
        folders.extend(Attempts::of(study, id).folders());
    }
    let state_of = |folder: &PathBuf| CheckpointFolder::of(folder).peek();
    let with_state = folders.iter().find_map(|folder| Some((folder.clone(), state_of(folder)?)));
    let (folder, state) = match with_state {
        Some((folder, state)) => (folder, Some(state)),
        None => (folders.into_iter().find(|folder| read_settings(folder).is_ok())?, None),
    };
    let settings = read_settings(&folder).ok()?;
    Some(FoundRun { id: id.to_owned(), folder, settings, is_done, state })
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
