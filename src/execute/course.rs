//! A run that goes on where a finished run of fewer epochs ended: the same settings, films and learning rates until there.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::work::Job;
use crate::plan::{RunConfig, is_same_course, run_stem};
use crate::record::format::RunState;
use crate::record::{Attempts, CheckpointFolder, FoundRun, SavedState, StudyFolder, find_runs, read_run};
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

/// What a command would find of a run, and do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Foreseen {
    /// Its record is complete.
    Done,
    /// Somebody works on it.
    Running {
        /// Who.
        by: String,
    },
    /// It was interrupted, and goes on from its checkpoint.
    Partial {
        /// Epochs that are whole.
        epochs: u32,
        /// Where exactly.
        place: String,
    },
    /// The last attempt failed.
    Failed {
        /// Why.
        cause: String,
    },
    /// It goes on where a finished run of fewer epochs ended.
    Continues {
        /// Epochs of that run.
        epochs: u32,
        /// Its folder.
        from: PathBuf,
    },
    /// It begins at the beginning.
    ToDo {
        /// Why it cannot go on where a run of fewer epochs ended, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
}

impl Foreseen {
    /// Epochs that need not be trained again.
    pub fn epochs_done(&self) -> u32 {
        match self {
            Self::Done => u32::MAX,
            Self::Partial { epochs, .. } | Self::Continues { epochs, .. } => *epochs,
            Self::Running { .. } | Self::Failed { .. } | Self::ToDo { .. } => 0,
        }
    }
}

impl std::fmt::Display for Foreseen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Running { by } => write!(f, "running: {by}"),
            Self::Partial { place, .. } => write!(f, "partial: goes on from {place}"),
            Self::Failed { cause } => write!(f, "failed: {cause}"),
            Self::Continues { epochs, from } => write!(f, "to do: goes on from the {epochs} epochs of {}", from.display()),
            Self::ToDo { because: None } => f.write_str("to do"),
            Self::ToDo { because: Some(because) } => write!(f, "to do from the beginning: {because}"),
        }
    }
}

/// What there is of a run in the study `name` of `results`, or in another study that it can go on from. Where the run's id is not
/// known yet, the settings tell.
pub fn foresee(config: &RunConfig, id: Option<&str>, results: &Path, name: &str) -> Foreseen {
    let found = find_runs(results, &run_stem(config));
    let is_own = |run: &&FoundRun| run.folder.starts_with(results.join(name)) && id.map_or(run.settings == *config, |id| run.id == id);
    if let Some(own) = found.iter().find(is_own) {
        if own.is_done {
            return Foreseen::Done;
        }
        if let Some(holder) = Attempts::of(&results.join(name), &own.id).holder() {
            return Foreseen::Running { by: holder.to_string() };
        }
        if let Ok(RunState::Failed(failure)) = read_run(&StudyFolder::new(results, name).run(&own.id)) {
            return Foreseen::Failed { cause: failure.cause };
        }
        if let Some(state) = &own.state {
            return Foreseen::Partial { epochs: state.train.epoch - 1, place: state.train.place() };
        }
    }
    let furthest = |wanted: Use| {
        let fitting = found.iter().filter(|run| use_of(run, config) == wanted);
        fitting.max_by_key(|run| run.settings.train.epochs).map(|run| (run.settings.train.epochs, &run.folder))
    };
    if let Some((epochs, folder)) = furthest(Use::GoOn) {
        return Foreseen::Continues { epochs, from: folder.clone() };
    }
    let not_kept =
        furthest(Use::NotKept).map(|(epochs, folder)| format!("of the {epochs} epochs of {} no checkpoint was kept", folder.display()));
    let other_rates = || {
        furthest(Use::OtherRates)
            .map(|(epochs, folder)| format!("the learning rates of {} follow from its {epochs} epochs", folder.display()))
    };
    Foreseen::ToDo { because: not_kept.or_else(other_rates) }
}
