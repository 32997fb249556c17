//! One run: from its settings, or its last checkpoint, to its record.

use std::time::Instant;

use super::course::shorter;
use super::progress::epoch_line;
use super::saving::{Clock, Saving, is_of};
use super::{Job, Progress, Trainer};
use crate::plan::RunConfig;
use crate::record::checkpoint::CHECKPOINT_VERSION;
use crate::record::format::{RunCost, RunResult, SCHEMA_VERSION, TimingRow};
use crate::record::{CheckpointFolder, RecordError, RunWriter, SavedState, StudyFolder};
use crate::train::{Checkpoint, Reply, TrainEvent, TrainState, TrainedRun};

/// How an attempt ended.
pub(super) enum Ended {
    /// With a record.
    Done(Box<RunResult>),
    /// With a cause of one line.
    Failed(String),
    /// By a signal; the same command goes on.
    Interrupted,
}

/// Train one job, from where it was left, and record it. An error ends everything.
pub(super) fn run_job(
    job: &Job,
    folder: &StudyFolder,
    saving: &Saving,
    trainer: &mut dyn Trainer,
    progress: &mut dyn Progress,
) -> Result<Ended, RecordError> {
    let mut notes = Vec::new();
    let checkpoints = CheckpointFolder::of(&folder.run(&job.run_id));
    let found = checkpoints.newest(|state| is_of(&job.run_id, state), &mut notes);
    let found = match found {
        Some((state, checkpoint)) => {
            notes.push(format!("{} goes on from {}", job.run_id, state.train.place()));
            Some((state, checkpoint))
        }
        None => saving.results.as_ref().and_then(|results| shorter(job, results, &mut notes)),
    };
    let mut attempt = Attempt::begin(job, folder, saving, checkpoints, found.as_ref().map(|(state, _)| state), trainer.place())?;
    notes.extend(found.as_ref().and_then(|(state, _)| attempt.other_place(state)));
    for note in &notes {
        progress.note(note);
        attempt.writer.log(note);
    }
    crate::process::reset_peak_memory();
    let outcome = trainer.train(&job.config, found.map(|(_, checkpoint)| checkpoint), &mut |event| {
        let reply = attempt.observe(&event, progress);
        progress.event(&event);
        reply
    });
    saving.interrupt.release();
    Ok(attempt.end(outcome))
}

/// A run while it is trained.
struct Attempt<'a> {
    job: &'a Job,
    config: &'a RunConfig,
    saving: &'a Saving,
    writer: RunWriter,
    checkpoints: CheckpointFolder,
    clock: Clock,
    start: Instant,
    /// What earlier attempts took until the checkpoint.
    seconds_before: f64,
    place: (String, u32),
    /// A row that could not be written.
    unwritten: Option<RecordError>,
    stopped: bool,
}

impl<'a> Attempt<'a> {
    fn begin(
        job: &'a Job,
        folder: &StudyFolder,
        saving: &'a Saving,
        checkpoints: CheckpointFolder,
        from: Option<&SavedState>,
        place: (String, u32),
    ) -> Result<Self, RecordError> {
        let run = folder.run(&job.run_id);
        let writer = match from {
            Some(state) => RunWriter::go_on(&run, &job.config, &state.epochs, &state.timing)?,
            None => RunWriter::create(&run, &job.config)?,
        };
        let start = Instant::now();
        Ok(Self {
            job,
            config: &job.config,
            saving,
            writer,
            checkpoints,
            clock: Clock::new(saving.every, start),
            start,
            seconds_before: from.map_or(0.0, |state| state.seconds),
            place,
            unwritten: None,
            stopped: false,
        })
    }

    /// What is to be said where a run goes on elsewhere than where it began.
    fn other_place(&self, state: &SavedState) -> Option<String> {
        let (device, threads) = &self.place;
        (*device != state.device || *threads != state.threads).then(|| {
            format!(
                "{} was begun on {} with {} thread(s) and goes on on {device} with {threads}: its figures may differ in the last digits from those of a run in one place",
                self.job.run_id, state.device, state.threads
            )
        })
    }

    fn observe(&mut self, event: &TrainEvent, progress: &mut dyn Progress) -> Reply {
        let asked = self.saving.interrupt.is_asked();
        match event {
            TrainEvent::Started { .. } => self.saving.interrupt.hold(),
            TrainEvent::Step { .. } if asked || self.clock.is_due(Instant::now()) => return Reply::Save,
            TrainEvent::Step { .. } => {}
            TrainEvent::Epoch { row, timing } => {
                self.writer.log(&epoch_line(row, self.config.train.epochs, timing.images_per_second));
                if let Err(error) = self.writer.epoch(row, timing) {
                    self.unwritten = Some(error);
                    return Reply::Stop;
                }
            }
            TrainEvent::Checkpoint { checkpoint, last } => {
                let written = if asked || self.wants(&checkpoint.state, *last) { self.save(checkpoint) } else { Ok(()) };
                if let Err(error) = written {
                    // The run itself may still end well.
                    progress.note(&format!("no checkpoint: {error}"));
                    self.writer.log(&format!("no checkpoint: {error}"));
                }
                if *last {
                    self.saving.interrupt.release();
                }
                if asked || self.saving.interrupt.is_asked() {
                    self.stopped = true;
                    self.writer.log("interrupted");
                    return Reply::Stop;
                }
            }
        }
        Reply::GoOn
    }

    /// Whether a checkpoint is worth writing: one that was asked for is, and one that is to be kept.
    fn wants(&self, state: &TrainState, last: bool) -> bool {
        let within_an_epoch = state.step > 0;
        within_an_epoch || self.clock.is_worth(Instant::now()) || (last && self.saving.keeps(self.config, state))
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), RecordError> {
        let (device, threads) = self.place.clone();
        let state = SavedState {
            schema_version: CHECKPOINT_VERSION,
            run_id: self.job.run_id.clone(),
            course_id: self.job.course_id.clone(),
            device,
            threads,
            seconds: self.seconds(),
            epochs: self.writer.epochs().to_vec(),
            timing: self.writer.timing().to_vec(),
            train: checkpoint.state.clone(),
            tensors_blake3: String::new(),
            blake3: String::new(),
        };
        let begin = Instant::now();
        let saved = self.checkpoints.save(state, checkpoint);
        self.clock.saved(begin, Instant::now());
        saved
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.start.elapsed().as_secs_f64()
    }

    fn end(mut self, outcome: Result<TrainedRun, String>) -> Ended {
        if self.stopped {
            return Ended::Interrupted;
        }
        let outcome = match self.unwritten.take() {
            Some(error) => Err(error.to_string()),
            None => outcome,
        };
        match outcome.and_then(|run| self.record(&run)) {
            Ok(result) => {
                self.saving.tidy(&self.checkpoints, self.config);
                Ended::Done(Box::new(result))
            }
            Err(cause) => {
                // A disk that takes no note of the failure must not hide the failure.
                let _ = self.writer.fail(&cause);
                Ended::Failed(cause)
            }
        }
    }

    /// Complete the run's record.
    fn record(&self, run: &TrainedRun) -> Result<RunResult, String> {
        let (device, threads) = self.place.clone();
        let cost = RunCost {
            seconds: self.seconds(),
            images_per_second: mean_speed(self.writer.timing()),
            peak_memory_mib: crate::process::peak_memory_mib(),
            device,
            threads,
        };
        let result = run_result(&self.job.run_id, run);
        let report = run.load_report.as_ref().map_or(Ok(()), |report| self.writer.weights(report));
        let search = report.and_then(|()| run.lr_search.as_ref().map_or(Ok(()), |search| self.writer.lr_search(search)));
        let written = search.and_then(|()| self.writer.finish(&result, &run.predictions, &cost, |path| run.write_weights(path)));
        written.map(|()| result).map_err(|error| error.to_string())
    }
}

/// Images over seconds of all epochs.
fn mean_speed(timing: &[TimingRow]) -> f64 {
    let seconds: f64 = timing.iter().map(|row| row.train_seconds).sum();
    let images: f64 = timing.iter().map(|row| row.images_per_second * row.train_seconds).sum();
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
        found_learning_rate: trained.lr_search.as_ref().map(|search| search.learning_rate),
        tta: trained.tta,
        parameters: trained.parameters,
        gflops: trained.gflops,
    }
}
