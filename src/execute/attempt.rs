//! One attempt at a run: from its settings, or its last checkpoint, to all files of its record.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::course::shorter;
use super::event::RunEvent;
use super::progress::epoch_line;
use super::saving::{Clock, is_of};
use super::work::{Fault, Job, Place, Trainer, Work};
use crate::interrupt::Interrupt;
use crate::plan::RunConfig;
use crate::record::checkpoint::CHECKPOINT_VERSION;
use crate::record::format::{FailureKind, RunCost, RunResult, SCHEMA_VERSION, TimingRow};
use crate::record::{CheckpointFolder, RecordError, RunWriter, SavedState};
use crate::spec::OnNan;
use crate::train::{Checkpoint, Reply, TrainEvent, TrainState, TrainedRun};

/// How often a learning rate is halved before a run is given up.
const MOST_HALVINGS: u32 = 10;

/// Train one run, from where it was left, into the folder of its attempt. The last event says how it ended.
pub fn run_work(work: &Work, interrupt: &Interrupt, trainer: &mut dyn Trainer, emit: &mut dyn FnMut(RunEvent)) {
    let mut notes = Vec::new();
    let mut start = find_start(work, &mut notes);
    let mut deviation = Deviation::of(work, start.as_ref());
    let on_nan = work.job.config.train.on_nan;
    loop {
        let outcome = Attempt::begin(work, deviation, interrupt, trainer.place(), start.as_ref());
        let outcome = outcome.map_err(storage).and_then(|attempt| attempt.run(start.take(), trainer, std::mem::take(&mut notes), emit));
        match outcome {
            Ok(Some(result)) => return emit(RunEvent::Finished { result: Box::new(result) }),
            Ok(None) => return emit(RunEvent::Interrupted),
            Err(Fault { kind: FailureKind::Diverged, cause })
                if on_nan == OnNan::HalveLearningRate && deviation.halvings < MOST_HALVINGS =>
            {
                let cause = cause.split(';').next().unwrap_or_default();
                notes.push(format!("{}: {cause}; it begins anew with half the learning rate", work.job.run_id));
                deviation.halvings += 1;
            }
            Err(Fault { kind, cause }) => return emit(RunEvent::Failed { kind, cause }),
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "errors are handed over where they are mapped")]
fn storage(error: RecordError) -> Fault {
    Fault::new(FailureKind::Storage, error.to_string())
}

/// What an attempt does otherwise than the settings say, because they could not be followed; the record says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Deviation {
    /// As in [`RunResult`].
    micro_batch_size: Option<u32>,
    /// As in [`RunResult`].
    halvings: u32,
}

impl Deviation {
    fn of(work: &Work, start: Option<&Start>) -> Self {
        let state = start.map(|start| &start.state);
        Self {
            micro_batch_size: work.micro_batch_size.or_else(|| state.and_then(|state| state.micro_batch_size)),
            halvings: state.map_or(0, |state| state.learning_rate_halvings),
        }
    }

    /// The settings that are followed.
    fn apply(self, config: &RunConfig) -> RunConfig {
        let mut config = config.clone();
        let factor = 0.5f64.powi(self.halvings as i32);
        config.train.learning_rate *= factor;
        config.train.backbone_learning_rate = config.train.backbone_learning_rate.map(|rate| rate * factor);
        config.train.micro_batch_size = self.micro_batch_size.or(config.train.micro_batch_size);
        config
    }
}

/// What an attempt goes on from.
struct Start {
    state: SavedState,
    checkpoint: Checkpoint,
    /// The folder with the log until there; none where that is another run's.
    log: Option<PathBuf>,
}

/// The newest checkpoint of the run, or else the last one of a shorter run.
fn find_start(work: &Work, notes: &mut Vec<String>) -> Option<Start> {
    let run_id = &work.job.run_id;
    let fits = |state: &SavedState| {
        is_of(run_id, state)?;
        let split_alike = work.micro_batch_size.is_none() || work.micro_batch_size == state.micro_batch_size;
        if split_alike { Ok(()) } else { Err("it was made with larger parts of a batch than memory allows".to_owned()) }
    };
    for folder in std::iter::once(&work.folder).chain(&work.earlier) {
        if let Some((state, checkpoint)) = CheckpointFolder::of(folder).newest(fits, notes) {
            notes.push(format!("{run_id} goes on from {}", state.train.place()));
            return Some(Start { state, checkpoint, log: Some(folder.clone()) });
        }
    }
    let results = work.results.as_ref().filter(|_| work.micro_batch_size.is_none())?;
    let (state, checkpoint) = shorter(&work.job, results, notes)?;
    Some(Start { state, checkpoint, log: None })
}

/// A run while it is trained.
struct Attempt<'a> {
    work: &'a Work,
    job: &'a Job,
    /// The settings that are followed.
    config: RunConfig,
    deviation: Deviation,
    interrupt: &'a Interrupt,
    writer: RunWriter,
    checkpoints: CheckpointFolder,
    clock: Clock,
    start: Instant,
    /// What earlier attempts took until the checkpoint.
    seconds_before: f64,
    place: Place,
    /// A row that could not be written.
    unwritten: Option<RecordError>,
    stopped: bool,
}

impl<'a> Attempt<'a> {
    fn begin(
        work: &'a Work,
        deviation: Deviation,
        interrupt: &'a Interrupt,
        place: Place,
        from: Option<&Start>,
    ) -> Result<Self, RecordError> {
        let (job, folder) = (&work.job, &work.folder);
        let writer = match from {
            Some(Start { state, log, .. }) => RunWriter::go_on(folder, &job.config, &state.epochs, &state.timing, log.as_deref())?,
            None => RunWriter::create(folder, &job.config)?,
        };
        let start = Instant::now();
        Ok(Self {
            work,
            job,
            config: deviation.apply(&job.config),
            deviation,
            interrupt,
            writer,
            checkpoints: CheckpointFolder::of(folder),
            clock: Clock::new(work.every, start),
            start,
            seconds_before: from.map_or(0.0, |start| start.state.seconds),
            place,
            unwritten: None,
            stopped: false,
        })
    }

    /// Train and record; none where it was interrupted.
    fn run(
        mut self,
        from: Option<Start>,
        trainer: &mut dyn Trainer,
        mut notes: Vec<String>,
        emit: &mut dyn FnMut(RunEvent),
    ) -> Result<Option<RunResult>, Fault> {
        notes.extend(from.as_ref().and_then(|from| self.other_place(&from.state)));
        for text in notes {
            self.note(text, emit);
        }
        crate::process::reset_peak_memory();
        let config = self.config.clone();
        let outcome = trainer.train(&config, from.map(|from| from.checkpoint), &mut |event| self.observe(&event, emit));
        if self.stopped {
            return Ok(None);
        }
        if let Some(error) = self.unwritten.take() {
            return Err(storage(error));
        }
        let result = self.record(&outcome?)?;
        self.work.last.tidy(&self.checkpoints, &self.job.config);
        Ok(Some(result))
    }

    fn note(&mut self, text: String, emit: &mut dyn FnMut(RunEvent)) {
        self.writer.log(&text);
        emit(RunEvent::Note { text });
    }

    /// What is to be said where a run goes on elsewhere than where it began.
    fn other_place(&self, state: &SavedState) -> Option<String> {
        let Place { device, threads, .. } = &self.place;
        (*device != state.device || *threads != state.threads).then(|| {
            format!(
                "{} was begun on {} with {} thread(s) and goes on on {device} with {threads}: its figures may differ in the last digits from those of a run in one place",
                self.job.run_id, state.device, state.threads
            )
        })
    }

    fn observe(&mut self, event: &TrainEvent, emit: &mut dyn FnMut(RunEvent)) -> Reply {
        let asked = self.interrupt.is_asked();
        match *event {
            TrainEvent::Started { images, done, epochs } => emit(RunEvent::Started { images, done, epochs }),
            TrainEvent::Step { epoch, epochs, images } => {
                emit(RunEvent::Steps { epoch, epochs, images });
                if asked || self.clock.is_due(Instant::now()) {
                    return Reply::Save;
                }
            }
            TrainEvent::Epoch { row, timing } => {
                let epochs = self.config.train.epochs;
                self.writer.log(&epoch_line(row, epochs, timing.images_per_second));
                if let Err(error) = self.writer.epoch(row, timing) {
                    self.unwritten = Some(error);
                    return Reply::Stop;
                }
                emit(RunEvent::Epoch { epochs, row: row.clone(), timing: timing.clone() });
            }
            TrainEvent::Checkpoint { checkpoint, last } => {
                let written = (asked || self.wants(&checkpoint.state, last)) && self.try_to_save(checkpoint, emit);
                emit(RunEvent::Resumable { written, last });
                if asked {
                    self.stopped = true;
                    self.writer.log("interrupted");
                    return Reply::Stop;
                }
            }
        }
        Reply::GoOn
    }

    /// Save; a failure is said, for the run itself may still end well.
    fn try_to_save(&mut self, checkpoint: &Checkpoint, emit: &mut dyn FnMut(RunEvent)) -> bool {
        let saved = self.save(checkpoint);
        if let Err(error) = &saved {
            self.note(format!("no checkpoint: {error}"), emit);
        }
        saved.is_ok()
    }

    /// Whether a checkpoint is worth writing: one that was asked for is, and one that is to be kept.
    fn wants(&self, state: &TrainState, last: bool) -> bool {
        let within_an_epoch = state.step > 0;
        within_an_epoch || self.clock.is_worth(Instant::now()) || (last && self.work.last.keeps(&self.job.config, state))
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), RecordError> {
        let Place { device, threads, .. } = self.place.clone();
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
            micro_batch_size: self.deviation.micro_batch_size,
            learning_rate_halvings: self.deviation.halvings,
            tensors_blake3: String::new(),
            blake3: String::new(),
        };
        let begin = Instant::now();
        let saved = self.checkpoints.save(state, checkpoint);
        self.clock.saved(begin, Instant::now());
        saved?;
        for folder in &self.work.earlier {
            // What stays is older, and never preferred.
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.start.elapsed().as_secs_f64()
    }

    /// Complete the run's record.
    fn record(&self, run: &TrainedRun) -> Result<RunResult, Fault> {
        let Place { device, threads, fast } = self.place.clone();
        let cost = RunCost {
            seconds: self.seconds(),
            images_per_second: mean_speed(self.writer.timing()),
            peak_memory_mib: crate::process::peak_memory_mib(),
            device,
            threads,
            fast,
        };
        let result = self.result(run);
        let report = run.load_report.as_ref().map_or(Ok(()), |report| self.writer.weights(report));
        let search = report.and_then(|()| run.lr_search.as_ref().map_or(Ok(()), |search| self.writer.lr_search(search)));
        let written = search.and_then(|()| self.writer.finish(&result, &run.predictions, &cost, |path| run.write_weights(path)));
        written.map(|()| result).map_err(storage)
    }

    fn result(&self, trained: &TrainedRun) -> RunResult {
        RunResult {
            schema_version: SCHEMA_VERSION,
            run_id: self.job.run_id.clone(),
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
            micro_batch_size: self.deviation.micro_batch_size,
            learning_rate_halvings: self.deviation.halvings,
            files: BTreeMap::new(),
            blake3: String::new(),
        }
    }
}

/// Images over seconds of all epochs.
fn mean_speed(timing: &[TimingRow]) -> f64 {
    let seconds: f64 = timing.iter().map(|row| row.train_seconds).sum();
    let images: f64 = timing.iter().map(|row| row.images_per_second * row.train_seconds).sum();
    if seconds > 0.0 { images / seconds } else { 0.0 }
}
