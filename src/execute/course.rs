//! A run that goes on where a finished run of fewer epochs ended: the same settings, films and learning rates until there.

use std::cmp::Reverse;
use std::path::Path;

use super::work::Job;
use crate::plan::{RunConfig, is_same_course, run_stem};
use crate::record::{CheckpointFolder, FoundRun, SavedState, find_runs};
use crate::train::{Checkpoint, agree_until};

/// What a run can do with another that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Go on where it ended.
    GoOn,
    /// Nothing: it is another run, or not finished.
    Nothing,
    /// Nothing, though the settings are the same: its learning rates follow from its number of epochs.
    OtherRates,
    /// Nothing, though the settings are the same: its last state was not kept.
    NotKept,
}

/// What a run of those settings can do with another over the same films.
fn use_of(found: &FoundRun, config: &RunConfig) -> Use {
    let shorter = &found.settings;
    if !found.is_done || !is_same_course(shorter, config) || shorter.train.epochs >= config.train.epochs {
        return Use::Nothing;
    }
    // Where no checkpoint tells the number of steps, any will do: a schedule that knows the end agrees at none.
    let steps_per_epoch = found.state.as_ref().map_or(1000, |state| state.train.steps_per_epoch);
    match agree_until(&shorter.train, &config.train, steps_per_epoch) {
        false => Use::OtherRates,
        true if found.state.is_some() => Use::GoOn,
        true => Use::NotKept,
    }
}

/// The last state of the longest finished run that `job` can go on from, as a state of the job; each that cannot be read is said
/// in `notes`.
pub(super) fn shorter(job: &Job, results: &Path, notes: &mut Vec<String>) -> Option<(SavedState, Checkpoint)> {
    let mut found = find_runs(results, &run_stem(&job.config));
    found.retain(|run| use_of(run, &job.config) == Use::GoOn && run.state.as_ref().is_some_and(|state| state.course_id == job.course_id));
    found.sort_by_key(|run| Reverse(run.settings.train.epochs));
    for FoundRun { folder, state, .. } in found {
        let state = state?;
        match CheckpointFolder::of(&folder).take(&state) {
            Ok(checkpoint) => {
                notes.push(format!("{} goes on from {} of {}", job.run_id, state.train.place(), folder.display()));
                return Some((SavedState { run_id: job.run_id.clone(), ..state }, checkpoint));
            }
            Err(reason) => notes.push(format!("{} does not go on from {}: {reason}", job.run_id, folder.display())),
        }
    }
    None
}

/// What is there of a planned run, in words, as far as the settings tell: whether the films are the same is known only when it
/// is carried out. None where there is nothing to say.
pub fn foresee(config: &RunConfig, results: &Path, name: &str) -> Option<String> {
    let found = find_runs(results, &run_stem(config));
    let own = found.iter().find(|run| run.folder.starts_with(results.join(name)) && run.settings == *config);
    if let Some(own) = own {
        let id = &own.id;
        if own.is_done {
            return Some(format!("done: {id}"));
        }
        if let Some(state) = &own.state {
            return Some(format!("goes on from {} of {id}", state.train.place()));
        }
    }
    let furthest = |wanted: Use| {
        let fitting = found.iter().filter(|run| use_of(run, config) == wanted);
        fitting.max_by_key(|run| run.settings.train.epochs).map(|run| (run.settings.train.epochs, run.folder.display()))
    };
    if let Some((epochs, folder)) = furthest(Use::GoOn) {
        return Some(format!("goes on from {epochs} epochs of {folder}"));
    }
    if let Some((epochs, folder)) = furthest(Use::NotKept) {
        return Some(format!("from the beginning: of the {epochs} epochs of {folder} no checkpoint was kept"));
    }
    let (epochs, folder) = furthest(Use::OtherRates)?;
    Some(format!("from the beginning: the learning rates of {folder} follow from its {epochs} epochs"))
}
