//! Whole runs on a handful of tiny films.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ops::ControlFlow;

use tch::{Device, Tensor};

use super::fixtures::{TinyData, run_config};
use super::{EpochRow, TrainError, TrainEvent, TrainedRun, TrainingData, train};
use crate::plan::{AugmentConfig, ComputePrecision, EvaluationConfig, RunConfig, TrainConfig};
use crate::spec::{Optimizer, ReportEpoch, Schedule, Split};

fn run(config: &RunConfig) -> Result<(TrainedRun, Vec<EpochRow>), TrainError> {
    let data = TinyData::new();
    let mut rows = Vec::new();
    let trained =
        train(config, TrainingData { samples: &data.samples, films: &data, partition: &data.partition }, Device::Cpu, &mut |event| {
            if let TrainEvent::Epoch { row, .. } = event {
                rows.push(row.clone());
            }
            ControlFlow::Continue(())
        })?;
    Ok((trained, rows))
}

fn with(change: impl FnOnce(&mut TrainConfig)) -> RunConfig {
    let mut config = run_config();
    change(&mut config.train);
    config
}

#[test]
fn every_optimizer_schedule_and_precision_learns_that_brighter_is_older() {
    for (optimizer, schedule, precision, learning_rate) in [
        (Optimizer::Adam, Schedule::Constant, ComputePrecision::Fp32, 3e-3),
        (Optimizer::AdamW, Schedule::Cosine, ComputePrecision::Fp32, 3e-3),
        (Optimizer::Sgd, Schedule::Step, ComputePrecision::Fp32, 3e-3),
        (Optimizer::Adam, Schedule::Constant, ComputePrecision::Bf16, 3e-3),
    ] {
        let mut config = with(|train| *train = TrainConfig { optimizer, schedule, precision, learning_rate, epochs: 40, ..train.clone() });
        config.head.dropout = 0.0;
        let (trained, rows) = run(&config).unwrap();
        let (mae, baseline) = (trained.figures.train.mae, trained.baseline.train.mae);
        assert!(mae < 0.35 * baseline, "{optimizer:?} {precision:?}: train MAE {mae} against {baseline}");
        assert!(rows.last().unwrap().train_loss < 0.5 * rows[0].train_loss, "{optimizer:?} {precision:?}");
    }
}

#[test]
fn the_same_settings_give_the_same_bits_and_another_seed_gives_others() {
    let mut config = run_config();
    config.augment = AugmentConfig { rotate: 10.0, noise: 0.05, flip: 0.5, ..AugmentConfig::default() };
    let values = |config: &RunConfig| {
        let (trained, rows) = run(config).unwrap();
        let weights: Vec<Vec<f32>> = trained.weights.iter().map(|(_, w)| Vec::try_from(w.contiguous().view(-1)).unwrap()).collect();
        (rows, trained.predictions, weights)
    };
    let first = values(&config);
    assert_eq!(first, values(&config));
    config.seed += 1;
    assert_ne!(first.2, values(&config).2);
}

#[test]
fn final_figures_are_those_of_the_predictions_of_each_part() {
    let (trained, rows) = run(&run_config()).unwrap();
    let data = TinyData::new();
    assert_eq!(trained.predictions.len(), data.partition.val.len() + data.partition.test.len());
    for (split, part) in [(Split::Val, &trained.figures.val), (Split::Test, &trained.figures.test)] {
        let of_part: Vec<_> = trained.predictions.iter().filter(|row| row.split == split).collect();
        let mae = of_part.iter().map(|row| (row.predicted - row.target).abs()).sum::<f64>() / of_part.len() as f64;
        assert!((mae - part.as_ref().unwrap().mae).abs() < 1e-9, "{split:?}");
    }
    assert_eq!(rows.last().unwrap().val_mae, Some(trained.figures.val.unwrap().mae), "the last epoch is the reported one");
    // The baseline predicts the training part's mean age.
    let ages: Vec<f64> = data.partition.train.iter().map(|index| data.samples[*index].age_months).collect();
    let mean = ages.iter().sum::<f64>() / ages.len() as f64;
    assert!((trained.target_mean - mean).abs() < 1e-9);
    let mae = ages.iter().map(|age| (age - mean).abs()).sum::<f64>() / ages.len() as f64;
    assert!((trained.baseline.train.mae - mae).abs() < 1e-9);
}

#[test]
fn the_best_epoch_is_the_one_with_the_smallest_validation_error_and_its_weights_are_reported() {
    // A rate this high jumps about, so that the best epoch is not simply the last.
    let mut config = with(|train| *train = TrainConfig { epochs: 12, learning_rate: 0.03, ..train.clone() });
    config.evaluation = EvaluationConfig { epoch: ReportEpoch::Best, ..config.evaluation };
    for ema in [None, Some(0.5)] {
        config.train.ema = ema;
        let (trained, rows) = run(&config).unwrap();
        let best = rows.iter().min_by(|a, b| a.val_mae.partial_cmp(&b.val_mae).unwrap()).unwrap();
        assert_eq!(trained.reported_epoch, best.epoch, "ema {ema:?}");
        assert_eq!(trained.figures.val.unwrap().mae, best.val_mae.unwrap(), "ema {ema:?}");
        assert_eq!(trained.epoch_chosen_on, Some(Split::Val));
    }
}

#[test]
fn an_average_of_the_weights_is_what_is_evaluated() {
    let plain = run(&run_config()).unwrap().0;
    let averaged = run(&with(|train| train.ema = Some(0.9))).unwrap().0;
    let (_, weight) = &averaged.weights[0];
    assert_ne!(weight, &plain.weights[0].1);
    let near = run(&with(|train| train.ema = Some(1e-9))).unwrap().0;
    let distance = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
    assert!(distance(&near.weights[0].1, &plain.weights[0].1) < 1e-6, "with no memory the average is the weight");
}

#[test]
fn early_stopping_ends_before_the_last_epoch() {
    let config = with(|train| *train = TrainConfig { epochs: 60, learning_rate: 0.05, early_stop: Some(2), ..train.clone() });
    let (trained, rows) = run(&config).unwrap();
    assert!(trained.epochs_trained < 60 && rows.len() == trained.epochs_trained as usize, "{}", trained.epochs_trained);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_its_place() {
    let error = run(&with(|train| *train = TrainConfig { optimizer: Optimizer::Sgd, learning_rate: 1e30, ..train.clone() })).unwrap_err();
    assert!(error.to_string().contains("epoch 1, step") && error.to_string().contains("smaller learning_rate"), "{error}");
}

#[test]
fn an_observer_can_stop_a_run() {
    let data = TinyData::new();
    let data = TrainingData { samples: &data.samples, films: &data, partition: &data.partition };
    let error = train(&run_config(), data, Device::Cpu, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert!(matches!(error, TrainError::Stopped));
}

#[test]
fn written_weights_read_back_under_their_names() {
    let (trained, _) = run(&run_config()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    trained.write_weights(&path).unwrap();
    let mut read = Tensor::read_safetensors(&path).unwrap();
    read.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected: Vec<_> = trained.weights.iter().collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(read.len(), expected.len());
    for ((name, tensor), (expected_name, expected)) in read.iter().zip(expected) {
        assert_eq!((name, tensor), (expected_name, expected));
    }
}
