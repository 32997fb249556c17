//! From a plan to records with a trainer of canned figures: no clock, no network.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};

use super::fixtures::{carry_out, carry_out_by, carry_out_saying};
use super::{Fault, Job, LastCheckpoint, Outcome, Place, Policy, Progress, Retry, RunEvent, RunHeading, Saving, Trainer};
use crate::data::Normalization;
use crate::interrupt::Interrupt;
use crate::metric::PartMetrics;
use crate::plan::RunConfig;
use crate::record::format::{EpochRow, FailureKind, PartFigures, PredictionRow, RunResult, RunState, TimingRow};
use crate::record::{CheckpointFolder, StudyFolder, read_run};
use crate::spec::{OnNan, Split};
use crate::train::fixtures::run_config;
use crate::train::{Checkpoint, EpochSums, Observer, Reply, TrainEvent, TrainState, TrainedRun};
use crate::weights::OwnMetadata;

/// Gives the seed as every figure; fails for the seeds that it is told.
#[derive(Default)]
struct Canned {
    failing: Vec<u64>,
    failing_with: FailureKind,
    /// Films that memory holds.
    fits: Option<u32>,
    /// The largest learning rate that does not diverge.
    largest_rate: Option<f64>,
    /// The runs, each with the epoch that it was begun with.
    trained: Vec<(u64, u32)>,
    /// The signal that comes after the steps of an epoch.
    signal: Option<(u32, Interrupt)>,
}

fn epoch_row(epoch: u32, seed: f64) -> EpochRow {
    EpochRow {
        epoch,
        learning_rate: seed,
        train_mae: seed,
        train_loss: seed,
        train_accuracy: seed,
        val_mae: None,
        val_loss: None,
        val_accuracy: None,
    }
}

fn checkpoint(epoch: u32, step: u64) -> Checkpoint {
    let sums = EpochSums { loss: 0.1 + 0.2, ..EpochSums::default() };
    let state = TrainState { epoch, step, steps_per_epoch: 3, sums, ..TrainState::default() };
    Checkpoint::new(state, vec![("weight.x".to_owned(), tch::Tensor::from_slice(&[f32::NAN, 0.5]))])
}

impl Trainer for Canned {
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, Fault> {
        let seed = config.seed as f64;
        let first = from.map_or(1, |from| from.state.epoch);
        self.trained.push((config.seed, first));
        let films = config.train.micro_batch_size.unwrap_or(config.train.batch_size);
        if self.fits.is_some_and(|fits| films > fits) {
            return Err(Fault::new(FailureKind::OutOfMemory, "out of memory"));
        }
        if self.largest_rate.is_some_and(|largest| config.train.learning_rate > largest) {
            return Err(fault("the loss is NaN"));
        }
        let mut tell = |event: TrainEvent| if observe(event) == Reply::Stop { Err(fault("stopped")) } else { Ok(()) };
        tell(TrainEvent::Started { images: 3, done: 0, epochs: config.train.epochs })?;
        for epoch in first..=config.train.epochs {
            if let Some((_, interrupt)) = self.signal.as_ref().filter(|(at, _)| *at == epoch) {
                interrupt.ask();
            }
            let timing = TimingRow {
                epoch,
                train_seconds: 2.0,
                val_seconds: 1.0,
                images_per_second: 10.0,
                peak_memory_mib: None,
                overhead_seconds: None,
            };
            tell(TrainEvent::Epoch { row: &epoch_row(epoch, seed), timing: &timing })?;
            tell(TrainEvent::Checkpoint { checkpoint: &checkpoint(epoch + 1, 0), last: epoch == config.train.epochs })?;
        }
        if self.failing.contains(&config.seed) {
            return Err(Fault::new(self.failing_with, "the loss is NaN"));
        }
        let metrics = PartMetrics::compute(&[1.0, 2.0], &[seed, seed], 1.0, seed);
        let figures = PartFigures { train: metrics, val: None, test: None };
        Ok(TrainedRun {
            epochs_trained: config.train.epochs,
            reported_epoch: config.train.epochs,
            epoch_chosen_on: None,
            baseline: figures.clone(),
            figures,
            metadata: OwnMetadata {
                architecture: config.architecture,
                image: config.image,
                normalization: Normalization { mean: vec![0.5], std: vec![0.25] },
                target_mean: 1.5,
                target_std: 0.5,
            },
            load_report: None,
            lr_search: None,
            tta: None,
            parameters: 10,
            gflops: 0.1,
            predictions: vec![PredictionRow { id: "a".to_owned(), split: Split::Test, target: 1.0, predicted: seed }],
            weights: Vec::new(),
        })
    }

    fn place(&self) -> Place {
        Place { device: "cpu".to_owned(), threads: 1, fast: false }
    }
}

fn fault(cause: &str) -> Fault {
    Fault::new(FailureKind::Diverged, cause)
}

/// Trainers are shared with the thread that trains.
fn shared<T>(trainer: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(trainer))
}

fn jobs(seeds: impl IntoIterator<Item = u64>) -> Vec<Job> {
    let job = |seed| Job {
        label: "CNN".to_owned(),
        run_id: format!("cnn-s{seed}"),
        course_id: "course".to_owned(),
        config: RunConfig { seed, ..run_config() },
    };
    seeds.into_iter().map(job).collect()
}

fn study() -> (tempfile::TempDir, StudyFolder) {
    let results = tempfile::tempdir().unwrap();
    let folder = StudyFolder::new(results.path(), "study");
    folder.prepare().unwrap();
    (results, folder)
}

#[test]
fn a_failing_run_is_recorded_with_its_cause_and_the_others_are_trained() {
    let (_results, folder) = study();
    let trainer = shared(Canned { failing: vec![2], ..Canned::default() });
    let outcome = carry_out(&jobs(1..4), &folder, &Saving::default(), &trainer).unwrap();
    assert_eq!(outcome, Outcome { trained: 2, failed: 1, ..Outcome::default() });
    let states: Vec<RunState> = (1..4).map(|seed| read_run(&folder.run(&format!("cnn-s{seed}"))).unwrap()).collect();
    let [RunState::Done(first), RunState::Failed(second), RunState::Done(_)] = &states[..] else { panic!("{states:?}") };
    assert_eq!(second.cause, "the loss is NaN");
    assert_eq!((first.result.figures.train.loss, first.predictions[0].predicted), (1.0, 1.0));
    assert!((first.cost.images_per_second - 10.0).abs() < 1e-9);
}

#[test]
fn finished_runs_are_skipped_and_failed_ones_are_tried_again_where_that_may_help() {
    for (kind, retry, tried) in [
        (FailureKind::Diverged, Retry::Outside, false),
        (FailureKind::Diverged, Retry::Failed, true),
        (FailureKind::Crashed, Retry::Outside, true),
        (FailureKind::Storage, Retry::Never, false),
    ] {
        let (_results, folder) = study();
        let failing = Canned { failing: vec![2], failing_with: kind, ..Canned::default() };
        carry_out(&jobs(1..4), &folder, &Saving::default(), &shared(failing)).unwrap();
        let trainer = shared(Canned::default());
        let outcome = carry_out_by(Policy { retry, ..Policy::default() }, &jobs(0..4), &folder, &trainer).unwrap();
        let (done, failed) = if tried { (2, 0) } else { (1, 1) };
        assert_eq!(outcome, Outcome { trained: done, skipped: 2, failed, ..Outcome::default() }, "{kind:?} {retry:?}");
        let expected = if tried { vec![(0, 1), (2, 4)] } else { vec![(0, 1)] };
        assert_eq!(trainer.lock().unwrap().trained, expected, "it goes on from its checkpoint: {kind:?} {retry:?}");
    }
}

#[test]
fn after_so_many_failures_nothing_more_is_begun() {
    let (_results, folder) = study();
    let trainer = shared(Canned { failing: vec![1, 3, 4], ..Canned::default() });
    let policy = Policy { max_failures: Some(2), ..Policy::default() };
    let outcome = carry_out_by(policy, &jobs(1..7), &folder, &trainer).unwrap();
    assert_eq!(outcome, Outcome { trained: 1, failed: 2, given_up: 3, ..Outcome::default() });
}

#[test]
fn several_runs_are_trained_at_a_time() {
    let (_results, folder) = study();
    let policy = Policy { jobs: 3, ..Policy::default() };
    let outcome = carry_out_by(policy, &jobs(1..7), &folder, &shared(Canned::default())).unwrap();
    assert_eq!(outcome, Outcome { trained: 6, ..Outcome::default() });
    assert!(!folder.path().join("attempts").exists(), "nothing is left of the attempts");
}

#[test]
fn out_of_memory_a_batch_is_split_until_it_fits_and_the_record_says_so() {
    let (_results, folder) = study();
    let trainer = shared(Canned { fits: Some(3), ..Canned::default() });
    let mut job = jobs([1]).remove(0);
    job.config.train.batch_size = 10;
    let mut said = Said::default();
    let outcome = carry_out_saying(&[job], &folder, &Saving::default(), &trainer, &mut said).unwrap();
    assert_eq!(outcome, Outcome { trained: 1, ..Outcome::default() });
    let RunState::Done(read) = read_run(&folder.run("cnn-s1")).unwrap() else { panic!("the run is done") };
    assert_eq!(read.result.micro_batch_size, Some(3));
    let said = said.0.join("\n");
    assert!(said.contains("begins anew with 5 film(s)") && said.contains("begins anew with 3 film(s)"), "{said}");
    // Not even one.
    let (_results, folder) = study();
    let trainer = shared(Canned { fits: Some(0), ..Canned::default() });
    let outcome = carry_out(&jobs([1]), &folder, &Saving::default(), &trainer).unwrap();
    assert_eq!(outcome, Outcome { failed: 1, ..Outcome::default() });
}

#[test]
fn a_rate_that_diverges_is_halved_where_that_is_wanted_and_the_record_says_how_often() {
    let (_results, folder) = study();
    let mut job = jobs([1]).remove(0);
    job.config.train.on_nan = OnNan::HalveLearningRate;
    let rate = job.config.train.learning_rate;
    let trainer = shared(Canned { largest_rate: Some(rate * 0.3), ..Canned::default() });
    let mut said = Said::default();
    let outcome = carry_out_saying(std::slice::from_ref(&job), &folder, &Saving::default(), &trainer, &mut said).unwrap();
    assert_eq!(outcome.trained, 1, "{said:?}");
    let RunState::Done(read) = read_run(&folder.run("cnn-s1")).unwrap() else { panic!("the run is done") };
    assert_eq!(read.result.learning_rate_halvings, 2);
    assert_eq!(trainer.lock().unwrap().trained, [(1, 1), (1, 1), (1, 1)], "each from the beginning");
    assert_eq!(read.epochs.len(), job.config.train.epochs as usize);
    let (_results, folder) = study();
    let hopeless = shared(Canned { largest_rate: Some(0.0), ..Canned::default() });
    assert_eq!(carry_out(&[job], &folder, &Saving::default(), &hopeless).unwrap().failed, 1);
    assert_eq!(hopeless.lock().unwrap().trained.len(), 11);
}

#[test]
fn a_record_that_is_damaged_or_another_runs_is_said_and_made_again() {
    let changes: [Damage; 4] = [
        ("epochs.csv is damaged (its checksum is wrong)", |run| flip(&run.join("epochs.csv"), 90)),
        ("model.safetensors is damaged (its checksum is wrong)", |run| flip(&run.join("model.safetensors"), 3)),
        ("result.json is damaged (its checksum is wrong)", |run| replace(&run.join("result.json"), "\"mae\": ", "\"mae\": 1")),
        ("it is of the run cnn-s7", |run| {
            let (_results, other) = study();
            let job = Job { run_id: "cnn-s7".to_owned(), ..job_of(2) };
            run_one(&job, &other, &Saving::default(), Canned::default());
            std::fs::remove_dir_all(run).unwrap();
            std::fs::rename(other.run("cnn-s7"), run).unwrap();
        }),
    ];
    for (words, change) in changes {
        let (_results, folder) = study();
        run_one(&job_of(2), &folder, &Saving::default(), Canned::default());
        change(&folder.run("cnn-s1"));
        let (outcome, said, _) = run_one(&job_of(2), &folder, &Saving::default(), Canned::default());
        assert_eq!((outcome.trained, outcome.skipped), (1, 0), "{words}: {said}");
        assert!(said.contains(words) && said.contains("it is trained again now"), "{words}: {said}");
        let RunState::Done(read) = read_run(&folder.run("cnn-s1")).unwrap() else { panic!("the run is done") };
        assert_eq!(read.result.run_id, "cnn-s1");
    }
}

/// Loses the folder of all attempts while a run is trained.
struct Sabotage(StudyFolder);
impl Trainer for Sabotage {
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, Fault> {
        std::fs::remove_dir_all(self.0.path().join("attempts")).unwrap();
        Canned::default().train(config, from, observe)
    }

    fn place(&self) -> Place {
        Canned::default().place()
    }
}

#[test]
fn an_epoch_that_cannot_be_recorded_fails_the_run_with_the_place() {
    let (_results, folder) = study();
    let mut said = Said::default();
    let outcome = carry_out_saying(&jobs([1]), &folder, &Saving::default(), &shared(Sabotage(folder.clone())), &mut said).unwrap();
    assert_eq!(outcome, Outcome { failed: 1, ..Outcome::default() });
    assert!(said.0.iter().any(|line| line.contains("cannot write") && line.contains("epochs.csv")), "{said:?}");
}

/// Jobs over the same films that differ in their number of epochs.
fn job_of(epochs: u32) -> Job {
    let mut job = jobs([1]).remove(0);
    job.config.train.epochs = epochs;
    job
}

/// The outcome of one job, what was said, and the runs that were trained, each with the epoch that it was begun with.
fn run_one(job: &Job, folder: &StudyFolder, saving: &Saving, trainer: Canned) -> (Outcome, String, Vec<(u64, u32)>) {
    let mut said = Said::default();
    let trainer = shared(trainer);
    let outcome = carry_out_saying(std::slice::from_ref(job), folder, saving, &trainer, &mut said).unwrap();
    let begun = trainer.lock().unwrap().trained.clone();
    (outcome, said.0.join("\n"), begun)
}

/// Keeps what is said.
#[derive(Debug, Default)]
struct Said(Vec<String>);

impl Progress for Said {
    fn note(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
    fn skipped(&mut self, _heading: RunHeading, _result: &RunResult) {}
    fn started(&mut self, _heading: RunHeading, _config: &RunConfig) {}
    fn event(&mut self, _heading: RunHeading, _event: &RunEvent) {}
    fn finished(&mut self, _heading: RunHeading, _result: &RunResult) {}
    fn failed(&mut self, _heading: RunHeading, cause: &str) {
        self.0.push(cause.to_owned());
    }
}

/// Run `cnn-s1` of five epochs until a signal in the second.
fn interrupted(folder: &StudyFolder) -> Job {
    let saving = Saving::default();
    let trainer = Canned { signal: Some((2, saving.interrupt.clone())), ..Canned::default() };
    let job = job_of(5);
    let (outcome, _, _) = run_one(&job, folder, &saving, trainer);
    assert_eq!(outcome, Outcome { interrupted: true, ..Outcome::default() });
    assert_eq!(read_run(&folder.run("cnn-s1")).unwrap(), RunState::Missing, "an interruption is no failure");
    job
}

#[test]
fn a_signal_ends_a_run_with_a_checkpoint_from_which_the_next_attempt_goes_on() {
    let (_results, folder) = study();
    let job = interrupted(&folder);
    let (outcome, said, trained) = run_one(&job, &folder, &Saving::default(), Canned::default());
    assert_eq!((outcome.trained, trained), (1, vec![(1, 3)]));
    assert!(said.contains("cnn-s1 goes on from the end of epoch 2"), "{said}");
    let RunState::Done(read) = read_run(&folder.run("cnn-s1")).unwrap() else { panic!("the run is done") };
    assert_eq!(read.epochs.iter().map(|row| row.epoch).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(read.timing.len(), 5);
    let log = std::fs::read_to_string(folder.run("cnn-s1").join("log.txt")).unwrap();
    assert!(log.starts_with("epoch 1/5") && log.contains("interrupted\ncnn-s1 goes on") && log.contains("epoch 5/5"), "{log}");
}

/// What is said of a damaged checkpoint, and what damages it.
type Damage = (&'static str, fn(&std::path::Path));

#[test]
fn a_damaged_or_foreign_checkpoint_is_said_and_the_run_begins_anew() {
    let changes: [Damage; 5] = [
        ("tensors.safetensors is damaged (its checksum is wrong)", |path| flip(&path.join("tensors.safetensors"), 76)),
        ("state.json is damaged", |path| cut(&path.join("state.json"))),
        ("state.json is damaged (its checksum is wrong)", |path| replace(&path.join("state.json"), "\"step\": 0", "\"step\": 1")),
        ("it is of the run cnn-s7", foreign),
        ("it has version 9, this program knows 1", |path| {
            replace(&path.join("state.json"), "\"schema_version\": 1", "\"schema_version\": 9");
        }),
    ];
    for (words, change) in changes {
        let (_results, folder) = study();
        let job = interrupted(&folder);
        change(&left(&folder).join("checkpoint/epoch-000003-step-000000000"));
        let (outcome, said, trained) = run_one(&job, &folder, &Saving::default(), Canned::default());
        assert_eq!((outcome.trained, trained), (1, vec![(1, 1)]), "{words}");
        assert!(said.contains("is not used: ") && said.contains(words) && !said.contains("goes on"), "{words}: {said}");
    }
}

/// The folder of the attempt that was interrupted.
fn left(folder: &StudyFolder) -> std::path::PathBuf {
    folder.path().join("attempts/cnn-s1/attempt-000001")
}

fn flip(path: &std::path::Path, place: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn cut(path: &std::path::Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

fn replace(path: &std::path::Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Put another run's whole checkpoint in the place of one.
fn foreign(path: &std::path::Path) {
    let (_results, other) = study();
    let job = Job { run_id: "cnn-s7".to_owned(), ..job_of(2) };
    run_one(&job, &other, &Saving::default(), Canned::default());
    std::fs::remove_dir_all(path).unwrap();
    std::fs::rename(other.run("cnn-s7").join("checkpoint/epoch-000003-step-000000000"), path).unwrap();
}

#[test]
fn a_checkpoint_behind_a_damaged_newer_one_is_used() {
    let (_results, folder) = study();
    let job = interrupted(&folder);
    let newer = left(&folder).join("checkpoint/epoch-000004-step-000000000");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("state.json"), "{").unwrap();
    let (_, said, trained) = run_one(&job, &folder, &Saving::default(), Canned::default());
    assert_eq!(trained, [(1, 3)]);
    assert!(said.contains("epoch-000004") && said.contains("goes on from the end of epoch 2"), "{said}");
}

#[test]
fn a_run_that_goes_on_with_other_threads_says_so() {
    let (_results, folder) = study();
    let job = interrupted(&folder);
    let checkpoints = CheckpointFolder::of(&left(&folder));
    let state = checkpoints.peek().unwrap();
    checkpoints.save(crate::record::SavedState { threads: 2, ..state }, &checkpoint(3, 0)).unwrap();
    let (_, said, _) = run_one(&job, &folder, &Saving::default(), Canned::default());
    assert!(said.contains("was begun on cpu with 2 thread(s) and goes on on cpu with 1"), "{said}");
}

#[test]
fn a_finished_run_keeps_its_last_checkpoint_only_where_that_is_wanted() {
    let (_results, folder) = study();
    let checkpoints = folder.run("cnn-s1").join("checkpoint");
    run_one(&job_of(2), &folder, &Saving::default(), Canned::default());
    assert_eq!(std::fs::read_dir(&checkpoints).unwrap().count(), 1, "the one of the end alone");
    run_one(&job_of(2), &folder, &Saving { last: LastCheckpoint::Drop, ..Saving::default() }, Canned::default());
    assert!(!checkpoints.exists(), "a later command without them removes it");
}

/// The courses of `cnn-s1` with ten epochs in one spec's folder and with `epochs` in another's.
fn ten_then(epochs: u32, change: impl Fn(&mut RunConfig), last: LastCheckpoint) -> (Vec<(u64, u32)>, String, String) {
    let results = tempfile::tempdir().unwrap();
    let (short, long) = (StudyFolder::new(results.path(), "10epoch"), StudyFolder::new(results.path(), "18epoch"));
    short.prepare().unwrap();
    long.prepare().unwrap();
    let job = |epochs, id: &str| {
        let mut job = Job { run_id: format!("cervical_cnn-s1-{id}"), ..job_of(epochs) };
        change(&mut job.config);
        job
    };
    let saving = Saving { last, results: Some(results.path().to_owned()), ..Saving::default() };
    run_one(&job(10, "aa"), &short, &saving, Canned::default());
    let long_job = job(epochs, "bb");
    let foreseen = super::foresee(&long_job.config, None, results.path(), "18epoch").to_string();
    let (_, said, trained) = run_one(&long_job, &long, &saving, Canned::default());
    let RunState::Done(read) = read_run(&long.run("cervical_cnn-s1-bb")).unwrap() else { panic!("the run is done") };
    assert_eq!(read.epochs.len(), epochs as usize);
    let id = Some("cervical_cnn-s1-bb");
    assert_eq!(super::foresee(&long_job.config, id, results.path(), "18epoch"), super::Foreseen::Done);
    assert_eq!(super::foresee(&long_job.config, None, results.path(), "18epoch"), super::Foreseen::Done);
    (trained, said, foreseen)
}

#[test]
fn a_longer_run_goes_on_where_a_shorter_one_of_another_spec_ended_and_the_plan_says_so() {
    let (trained, said, foreseen) = ten_then(18, |_| {}, LastCheckpoint::Keep);
    assert_eq!(trained, [(1, 11)]);
    assert!(said.contains("goes on from the end of epoch 10 of") && said.contains("10epoch/runs/cervical_cnn-s1-aa"), "{said}");
    assert!(foreseen.starts_with("to do: goes on from the 10 epochs of"), "{foreseen}");
}

#[test]
fn a_run_begins_anew_where_the_shorter_one_is_of_no_use_and_the_plan_says_why() {
    let (trained, _, foreseen) = ten_then(18, |config| config.train.schedule = crate::spec::Schedule::Cosine, LastCheckpoint::Keep);
    assert_eq!(trained, [(1, 1)]);
    assert!(foreseen.contains("aa follow from its 10 epochs"), "{foreseen}");
    let (trained, _, foreseen) = ten_then(18, |_| {}, LastCheckpoint::Drop);
    assert_eq!(trained, [(1, 1)]);
    assert!(foreseen.ends_with("no checkpoint was kept"), "{foreseen}");
    let (trained, _, foreseen) = ten_then(4, |_| {}, LastCheckpoint::Keep);
    assert_eq!((trained, foreseen.as_str()), (vec![(1, 1)], "to do"), "a shorter run has no use for a longer one");
}
