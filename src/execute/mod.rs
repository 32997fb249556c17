//! Carries out a plan: trains what has no complete record, from where it was left, records each run as it ends, goes on after a
//! failure.

mod attempt;
mod course;
mod guard;
mod native;
mod progress;
mod saving;
#[cfg(test)]
mod tests;

pub use course::foresee;
pub use guard::{guarded, silence_guarded_panics};
pub use native::NativeTrainer;
pub use progress::{Bars, FailuresOnly, Lines, Progress, RunHeading, for_terminal};
pub use saving::{LastCheckpoint, Saving};

use crate::plan::RunConfig;
use crate::record::format::RunState;
use crate::record::{CheckpointFolder, RecordError, StudyFolder, read_run};
use crate::train::{Checkpoint, Observer, TrainedRun};
use attempt::{Ended, run_job};

/// Trains one run. The real one is LibTorch; tests use one with canned figures.
pub trait Trainer {
    /// Train a run, from the beginning or on from a checkpoint, and report its events.
    ///
    /// # Errors
    /// The cause in one line; the other runs go on.
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, String>;

    /// Where it computes, for the record of costs: the device and the number of CPU threads.
    fn place(&self) -> (String, u32);
}

/// A run with its name and id.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The row it belongs to.
    pub label: String,
    /// Its id, the name of its folder.
    pub run_id: String,
    /// What it has in common with the same run of more or fewer epochs.
    pub course_id: String,
    /// All its settings.
    pub config: RunConfig,
}

/// What became of the jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Trained now.
    pub trained: usize,
    /// Found complete.
    pub skipped: usize,
    /// Tried and failed.
    pub failed: usize,
    /// Whether a signal ended the training; the same command goes on.
    pub interrupted: bool,
}

/// Train every job that has no complete record, each from where it was left.
///
/// # Errors
/// If a record is of a newer program, or the folder cannot be written at all. A failing run is no error.
pub fn execute(
    jobs: &[Job],
    folder: &StudyFolder,
    saving: &Saving,
    trainer: &mut dyn Trainer,
    progress: &mut dyn Progress,
) -> Result<Outcome, RecordError> {
    let mut outcome = Outcome::default();
    for (index, job) in jobs.iter().enumerate() {
        let heading = RunHeading { number: index + 1, of: jobs.len(), label: &job.label, run_id: &job.run_id };
        if is_done(folder, job, progress)? {
            saving.tidy(&CheckpointFolder::of(&folder.run(&job.run_id)), &job.config);
            progress.skipped(heading);
            outcome.skipped += 1;
            continue;
        }
        progress.started(heading, &job.config);
        match run_job(job, folder, saving, trainer, progress)? {
            Ended::Done(result) => {
                progress.finished(&result);
                outcome.trained += 1;
            }
            Ended::Failed(cause) => {
                progress.failed(&cause);
                outcome.failed += 1;
            }
            Ended::Interrupted => outcome.interrupted = true,
        }
        if outcome.interrupted || saving.interrupt.is_asked() {
            outcome.interrupted = true;
            break;
        }
    }
    progress.ended();
    Ok(outcome)
}

/// Whether a job's record is complete. A damaged one is said and counts as not done: training it again repairs it.
fn is_done(folder: &StudyFolder, job: &Job, progress: &mut dyn Progress) -> Result<bool, RecordError> {
    match read_run(&folder.run(&job.run_id)) {
        Ok(state) => Ok(matches!(state, RunState::Done(_))),
        Err(error @ (RecordError::Damaged { .. } | RecordError::Read { .. })) => {
            progress.note(&format!("{error}; it is trained again now"));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
