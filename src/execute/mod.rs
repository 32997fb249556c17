//! Carries out a plan: trains what has no complete record, records each run as it ends, goes on after a failure.

mod guard;
mod native;
mod progress;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::time::Instant;

pub use guard::{guarded, silence_guarded_panics};
pub use native::NativeTrainer;
pub use progress::{Bars, FailuresOnly, Lines, Progress, RunHeading, for_terminal};

use crate::plan::RunConfig;
use crate::record::format::{RunCost, RunResult, RunState, SCHEMA_VERSION};
use crate::record::{RecordError, RunWriter, StudyFolder, read_run};
use crate::train::{TrainEvent, TrainedRun};

/// Trains one run. The real one is LibTorch; tests use one with canned figures.
pub trait Trainer {
    /// Train a run and report its events; `Break` from `observe` asks to stop.
    ///
    /// # Errors
    /// The cause in one line; the other runs go on.
    fn train(&mut self, config: &RunConfig, observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>) -> Result<TrainedRun, String>;

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
}

/// Train every job that has no complete record.
///
/// # Errors
/// If a record is of a newer program, or the folder cannot be written at all. A failing run is no error.
pub fn execute(jobs: &[Job], folder: &StudyFolder, trainer: &mut dyn Trainer, progress: &mut dyn Progress) -> Result<Outcome, RecordError> {
    let mut outcome = Outcome::default();
    for (index, job) in jobs.iter().enumerate() {
        let heading = RunHeading { number: index + 1, of: jobs.len(), label: &job.label, run_id: &job.run_id };
        if is_done(folder, job, progress)? {
            progress.skipped(heading);
            outcome.skipped += 1;
            continue;
        }
        progress.started(heading, &job.config);
        match run_job(job, folder, trainer, progress)? {
            Ok(result) => {
                progress.finished(&result);
                outcome.trained += 1;
            }
            Err(cause) => {
                progress.failed(&cause);
                outcome.failed += 1;
            }
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

/// Train one job and record it. The outer error ends everything, the inner one is the cause of this run's failure.
fn run_job(
    job: &Job,
    folder: &StudyFolder,
    trainer: &mut dyn Trainer,
    progress: &mut dyn Progress,
) -> Result<Result<RunResult, String>, RecordError> {
    let mut writer = RunWriter::create(&folder.run(&job.run_id), &job.config)?;
    crate::process::reset_peak_memory();
    let start = Instant::now();
    let mut unwritten = None;
    let mut speeds = Vec::new();
    let outcome = trainer.train(&job.config, &mut |event| {
        if let TrainEvent::Epoch { row, timing } = &event {
            speeds.push((timing.images_per_second, timing.train_seconds));
            writer.log(&progress::epoch_line(row, job.config.train.epochs, timing.images_per_second));
            if let Err(error) = writer.epoch(row, timing) {
                unwritten = Some(error);
                return ControlFlow::Break(());
            }
        }
        progress.event(&event);
        ControlFlow::Continue(())
    });
    let outcome = match unwritten {
        Some(error) => Err(error.to_string()),
        None => outcome,
    };
    let recorded = outcome.and_then(|run| record(job, &writer, &run, mean_speed(&speeds), start, trainer.place()));
    if let Err(cause) = &recorded {
        // A disk that takes no note of the failure must not hide the failure.
        let _ = writer.fail(cause);
    }
    Ok(recorded)
}

/// Complete a run's record.
fn record(
    job: &Job,
    writer: &RunWriter,
    run: &TrainedRun,
    images_per_second: f64,
    start: Instant,
    (device, threads): (String, u32),
) -> Result<RunResult, String> {
    let cost = RunCost {
        seconds: start.elapsed().as_secs_f64(),
        images_per_second,
        peak_memory_mib: crate::process::peak_memory_mib(),
        device,
        threads,
    };
    let result = run_result(&job.run_id, run);
    let report = run.load_report.as_ref().map_or(Ok(()), |report| writer.weights(report));
    let written = report.and_then(|()| writer.finish(&result, &run.predictions, &cost, |path| run.write_weights(path)));
    written.map(|()| result).map_err(|error| error.to_string())
}

/// Images over seconds of all epochs, from each epoch's speed and seconds.
fn mean_speed(speeds: &[(f64, f64)]) -> f64 {
    let seconds: f64 = speeds.iter().map(|(_, seconds)| seconds).sum();
    let images: f64 = speeds.iter().map(|(speed, seconds)| speed * seconds).sum();
    if seconds > 0.0 { images / seconds } else { 0.0 }
}

fn run_result(run_id: &str, trained: &TrainedRun) -> RunResult {
    RunResult {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        epochs_trained: trained.epochs_trained,
        reported_epoch: trained.reported_epoch,
        epoch_chosen_on: trained.epoch_chosen_on,
        figures: trained.figures.clone(),
        baseline: trained.baseline.clone(),
        target_mean: trained.metadata.target_mean,
        target_std: trained.metadata.target_std,
        normalization: Some(trained.metadata.normalization.clone()),
        parameters: trained.parameters,
        gflops: trained.gflops,
    }
}
