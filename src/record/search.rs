//! Runs of all specs under one results folder, for one that may go on where another ended.

use std::path::{Path, PathBuf};

use super::checkpoint::{CheckpointFolder, SavedState};
use super::format::RESULT_FILE;
use super::reader::read_settings;
use crate::plan::RunConfig;

/// A run that was begun at least.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRun {
    /// Its folder.
    pub folder: PathBuf,
    /// Its settings.
    pub settings: RunConfig,
    /// Whether its record is complete.
    pub is_done: bool,
    /// Its last checkpoint, where it has a whole one; the tensors are not looked at.
    pub state: Option<SavedState>,
}

/// Every run in `results/*/runs/` whose id is `stem` and a hash, in the order of their paths. One whose settings cannot be read
/// is left out.
pub fn find_runs(results: &Path, stem: &str) -> Vec<FoundRun> {
    let mut folders: Vec<PathBuf> = entries(results).flat_map(|study| entries(&study.join("runs")).collect::<Vec<_>>()).collect();
    folders.retain(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.and_then(|name| name.strip_prefix(stem)).is_some_and(|rest| rest.strip_prefix('-').is_some_and(|hash| !hash.contains('-')))
    });
    folders.sort();
    let found = |folder: PathBuf| {
        let settings = read_settings(&folder).ok()?;
        let (is_done, state) = (folder.join(RESULT_FILE).exists(), CheckpointFolder::of(&folder).peek());
        Some(FoundRun { folder, settings, is_done, state })
    };
    folders.into_iter().filter_map(found).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
