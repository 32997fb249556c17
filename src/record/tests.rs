//! Records written and read back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::format::{EpochRow, FailureKind, PartFigures, PredictionRow, RunCost, RunResult, RunState, SCHEMA_VERSION, TimingRow};
use super::{RecordError, RunWriter, read_run, write_failure};
use crate::data::Normalization;
use crate::metric::PartMetrics;
use crate::spec::Split;

fn metrics(mae: f64) -> PartMetrics {
    PartMetrics {
        count: 7,
        mae,
        rmse: 1.0 / 3.0,
        bias: -0.1,
        median_absolute_error: 0.2,
        r2: None,
        concordance: Some(0.5),
        loss: 1e-17,
        accuracy: 1.0,
    }
}

fn result() -> RunResult {
    let figures = PartFigures { train: metrics(0.1), val: Some(metrics(0.2)), test: None };
    RunResult {
        schema_version: SCHEMA_VERSION,
        run_id: "cnn-s0-0123456789".to_owned(),
        epochs_trained: 1,
        reported_epoch: 1,
        epoch_chosen_on: None,
        baseline: figures.clone(),
        figures,
        target_mean: 100.0,
        target_std: 50.0,
        normalization: Some(Normalization { mean: vec![0.1], std: vec![1.0 / 3.0] }),
        found_learning_rate: None,
        tta: None,
        parameters: 12,
        gflops: 0.5,
        micro_batch_size: None,
        learning_rate_halvings: 0,
        files: std::collections::BTreeMap::new(),
        blake3: String::new(),
    }
}

fn epoch() -> (EpochRow, TimingRow) {
    let row = EpochRow {
        epoch: 1,
        learning_rate: 1e-3,
        train_mae: 0.1 + 0.2,
        train_loss: 2.0,
        train_accuracy: 0.0,
        val_mae: None,
        val_loss: None,
        val_accuracy: Some(0.5),
    };
    (
        row,
        TimingRow {
            epoch: 1,
            train_seconds: 1.5,
            val_seconds: 0.5,
            images_per_second: 10.0,
            peak_memory_mib: None,
            overhead_seconds: None,
        },
    )
}

fn predictions() -> Vec<PredictionRow> {
    vec![PredictionRow { id: "41 (7), \"x\"".to_owned(), split: Split::Val, target: 12.0, predicted: 0.1 + 0.2 }]
}

fn cost() -> RunCost {
    RunCost { seconds: 2.0, images_per_second: 10.0, peak_memory_mib: None, device: "cpu".to_owned(), threads: 2, fast: false }
}

#[test]
fn a_finished_run_reads_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("runs/cnn");
    let mut writer = RunWriter::create(&run, &"settings").unwrap();
    let (row, timing) = epoch();
    writer.epoch(&row, &timing).unwrap();
    assert_eq!(read_run(&run).unwrap(), RunState::Missing, "a run without result.json is not done");
    writer.finish(&result(), &predictions(), &cost(), |path| fs::write(path, b"weights")).unwrap();
    let RunState::Done(read) = read_run(&run).unwrap() else { panic!("the run is done") };
    assert_eq!((read.epochs, read.timing), (vec![row], vec![timing]));
    assert_eq!(read.result.files.keys().collect::<Vec<_>>(), ["epochs.csv", "model.safetensors", "predictions.csv", "run.yaml"]);
    let (files, blake3) = (read.result.files.clone(), read.result.blake3.clone());
    assert_eq!((read.predictions, read.result, read.cost), (predictions(), RunResult { files, blake3, ..result() }, cost()));
}

#[test]
fn a_model_that_cannot_be_written_leaves_the_run_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let writer = RunWriter::create(folder.path(), &"settings").unwrap();
    let error = writer.finish(&result(), &[], &cost(), |_| Err(std::io::ErrorKind::StorageFull.into())).unwrap_err();
    assert!(error.to_string().contains("model.safetensors") && error.to_string().contains("free some space"), "{error}");
    assert_eq!(read_run(folder.path()).unwrap(), RunState::Missing);
    write_failure(folder.path(), FailureKind::Storage, &error.to_string()).unwrap();
    assert!(matches!(read_run(folder.path()).unwrap(), RunState::Failed(_)));
}

#[test]
fn a_failure_is_read_back_and_removed_by_the_next_attempt() {
    let folder = tempfile::tempdir().unwrap();
    RunWriter::create(folder.path(), &"settings").unwrap();
    write_failure(folder.path(), FailureKind::Diverged, "the loss is NaN in epoch 2").unwrap();
    let RunState::Failed(failure) = read_run(folder.path()).unwrap() else { panic!("the run failed") };
    assert_eq!((failure.cause.as_str(), failure.kind), ("the loss is NaN in epoch 2", FailureKind::Diverged));
    RunWriter::create(folder.path(), &"settings").unwrap();
    assert_eq!(read_run(folder.path()).unwrap(), RunState::Missing);
}

#[test]
fn a_record_of_a_newer_program_is_refused_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.json");
    fs::write(&path, r#"{"schema_version": 999, "unknown": 1}"#).unwrap();
    assert!(matches!(read_run(folder.path()), Err(RecordError::Newer { found: 999, .. })));
    fs::write(&path, r#"{"schema_version": 1, "run_"#).unwrap();
    let message = read_run(folder.path()).unwrap_err().to_string();
    assert!(message.contains("result.json is damaged") && message.contains("delete its folder"), "{message}");
}
