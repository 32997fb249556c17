//! From a plan to records with a trainer of canned figures: no clock, no network.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ops::ControlFlow;

use super::{FailuresOnly, Job, Outcome, Trainer, execute};
use crate::data::Normalization;
use crate::metric::PartMetrics;
use crate::plan::RunConfig;
use crate::record::format::{EpochRow, PartFigures, PredictionRow, RunState, TimingRow};
use crate::record::{StudyFolder, read_run};
use crate::spec::Split;
use crate::train::fixtures::run_config;
use crate::train::{TrainEvent, TrainedRun};
use crate::weights::OwnMetadata;

/// Gives the seed as every figure; fails for the seeds that it is told.
#[derive(Default)]
struct Canned {
    failing: Vec<u64>,
    trained: Vec<u64>,
}

impl Trainer for Canned {
    fn train(&mut self, config: &RunConfig, observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>) -> Result<TrainedRun, String> {
        self.trained.push(config.seed);
        let seed = config.seed as f64;
        let row = EpochRow {
            epoch: 1,
            learning_rate: seed,
            train_mae: seed,
            train_loss: seed,
            train_accuracy: seed,
            val_mae: None,
            val_loss: None,
            val_accuracy: None,
        };
        let timing = TimingRow { epoch: 1, train_seconds: 2.0, val_seconds: 1.0, images_per_second: 10.0, peak_memory_mib: None };
        if observe(TrainEvent::Epoch { row: &row, timing: &timing }).is_break() {
            return Err("stopped".to_owned());
        }
        if self.failing.contains(&config.seed) {
            return Err("the loss is NaN".to_owned());
        }
        let metrics = PartMetrics::compute(&[1.0, 2.0], &[seed, seed], 1.0, seed);
        let figures = PartFigures { train: metrics, val: None, test: None };
        Ok(TrainedRun {
            epochs_trained: 1,
            reported_epoch: 1,
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
            parameters: 10,
            gflops: 0.1,
            predictions: vec![PredictionRow { id: "a".to_owned(), split: Split::Test, target: 1.0, predicted: seed }],
            weights: Vec::new(),
        })
    }

    fn place(&self) -> (String, u32) {
        ("cpu".to_owned(), 1)
    }
}

fn jobs(seeds: impl IntoIterator<Item = u64>) -> Vec<Job> {
    let job = |seed| Job { label: "CNN".to_owned(), run_id: format!("cnn-s{seed}"), config: RunConfig { seed, ..run_config() } };
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
    let mut trainer = Canned { failing: vec![2], ..Canned::default() };
    let outcome = execute(&jobs(1..4), &folder, &mut trainer, &mut FailuresOnly::default()).unwrap();
    assert_eq!(outcome, Outcome { trained: 2, skipped: 0, failed: 1 });
    let states: Vec<RunState> = (1..4).map(|seed| read_run(&folder.run(&format!("cnn-s{seed}"))).unwrap()).collect();
    let [RunState::Done(first), RunState::Failed(second), RunState::Done(_)] = &states[..] else { panic!("{states:?}") };
    assert_eq!(second.cause, "the loss is NaN");
    assert_eq!((first.result.figures.train.loss, first.predictions[0].predicted), (1.0, 1.0));
    assert!((first.cost.images_per_second - 10.0).abs() < 1e-9);
}

#[test]
fn finished_runs_are_skipped_and_failed_ones_are_tried_again() {
    let (_results, folder) = study();
    execute(&jobs(1..4), &folder, &mut Canned { failing: vec![2], ..Canned::default() }, &mut FailuresOnly::default()).unwrap();
    let mut trainer = Canned::default();
    let outcome = execute(&jobs(0..4), &folder, &mut trainer, &mut FailuresOnly::default()).unwrap();
    assert_eq!((outcome, trainer.trained), (Outcome { trained: 2, skipped: 2, failed: 0 }, vec![0, 2]));
}

/// Loses the run's folder while it is trained.
struct Sabotage(StudyFolder);
impl Trainer for Sabotage {
    fn train(&mut self, config: &RunConfig, observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>) -> Result<TrainedRun, String> {
        std::fs::remove_dir_all(self.0.run("cnn-s1")).unwrap();
        Canned::default().train(config, observe)
    }

    fn place(&self) -> (String, u32) {
        Canned::default().place()
    }
}

#[test]
fn an_epoch_that_cannot_be_recorded_fails_the_run_with_the_place() {
    let (_results, folder) = study();
    let outcome = execute(&jobs([1]), &folder, &mut Sabotage(folder.clone()), &mut FailuresOnly::default()).unwrap();
    assert_eq!(outcome, Outcome { failed: 1, ..Outcome::default() });
}
