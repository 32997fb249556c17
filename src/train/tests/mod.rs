//! Whole runs on a handful of tiny films.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod distribution;
mod micro_batches;
mod rates;
mod views;

use tch::{Device, Tensor};

use super::epoch::Pass;
use super::fixtures::{TinyData, run_config};
use super::objective::Objective;
use super::transfer::TrainedParameters;
use super::work_clock::WorkClock;
use super::{Checkpoint, EpochRow, Reply, TrainError, TrainEvent, TrainState, TrainedRun, TrainingData, agree_until, train};
use crate::backbone::Model;
use crate::data::{Loader, LoaderConfig};
use crate::plan::{
    AugmentConfig, ComputePrecision, EvaluationConfig, InputNormalization, PlateauConfig, RunConfig, TrainConfig, TransferConfig,
};
use crate::spec::{Freeze, Loss, Optimizer, ReportEpoch, Schedule, Split};
use crate::weights::{Located, WeightsFile};

/// Does something with the parts that a run is made of, before its first step.
fn with_pass<T>(config: &RunConfig, act: impl FnOnce(&Pass, &TinyData) -> T) -> T {
    let data = TinyData::of(config.image);
    let model = Model::new(&config.architecture, config.image, &config.head, config.seed, Device::Cpu).unwrap();
    let loader_config = LoaderConfig {
        seed: config.seed,
        batch_size: config.train.batch_size as usize,
        eval_batch_size: config.train.micro_batch_size.unwrap_or(config.train.batch_size) as usize,
        augment: config.augment.clone(),
        normalization: config.normalization.clone(),
        device: Device::Cpu,
    };
    let loader = Loader::new(&data, &data.samples, &data.partition.train, loader_config);
    let parameters = TrainedParameters::new(&model, config);
    let objective = Objective::new(config.train.loss, &model).unwrap();
    if let Some(bins) = objective.bins() {
        bins.span(-2.0, 2.0);
    }
    act(&Pass { config, model: &model, loader: &loader, parameters: &parameters, objective, work: &WorkClock::default() }, &data)
}

fn run(config: &RunConfig) -> Result<(TrainedRun, Vec<EpochRow>), TrainError> {
    let data = TinyData::of(config.image);
    let mut rows = Vec::new();
    let trained = train(
        config,
        TrainingData { samples: &data.samples, films: &data, partition: &data.partition, weights: None },
        Device::Cpu,
        None,
        &mut |event| {
            if let TrainEvent::Epoch { row, .. } = event {
                rows.push(row.clone());
            }
            Reply::GoOn
        },
    )?;
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
    assert!((trained.metadata.target_mean - mean).abs() < 1e-9);
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
    let data = TrainingData { samples: &data.samples, films: &data, partition: &data.partition, weights: None };
    let error = train(&run_config(), data, Device::Cpu, None, &mut |_| Reply::Stop).unwrap_err();
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

/// A trained run of two epochs, its weights as a file, and where that file is.
fn pretrained() -> (tempfile::TempDir, Located, TrainedRun) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let trained = run(&with(|train| train.epochs = 2)).unwrap().0;
    trained.write_weights(&path).unwrap();
    let sha256 = WeightsFile::read(&path).unwrap().sha256();
    (folder, Located { path, sha256, source: "w.safetensors".to_owned() }, trained)
}

fn transfer_run(config: &RunConfig, weights: &Located) -> TrainedRun {
    let data = TinyData::new();
    let data = TrainingData { samples: &data.samples, films: &data, partition: &data.partition, weights: Some(weights) };
    train(config, data, Device::Cpu, None, &mut |_| Reply::GoOn).unwrap()
}

fn transfer_config(freeze: Freeze, unfreeze_at: Option<u32>, epochs: u32) -> RunConfig {
    RunConfig { seed: 5, transfer: Some(TransferConfig { sha256: None, freeze, unfreeze_at }), ..with(|train| train.epochs = epochs) }
}

/// The names of the tensors that two runs do not share.
fn changed(one: &TrainedRun, other: &TrainedRun) -> Vec<String> {
    let pairs = one.weights.iter().zip(&other.weights);
    pairs.filter(|((_, a), (_, b))| a != b).map(|((name, _), _)| name.clone()).collect()
}

const HEAD: [&str; 4] = ["head.hidden.0.weight", "head.hidden.0.bias", "head.output.weight", "head.output.bias"];

#[test]
fn a_frozen_backbone_keeps_its_weights_and_the_head_goes_on() {
    let (_folder, weights, from) = pretrained();
    let trained = transfer_run(&transfer_config(Freeze::Backbone, None, 3), &weights);
    assert_eq!(changed(&trained, &from), HEAD);
    let report = trained.load_report.unwrap();
    assert_eq!((report.source.as_str(), report.loaded.len()), ("w.safetensors", 6));
    // Of this network the stem is all of the trunk.
    assert_eq!(changed(&transfer_run(&transfer_config(Freeze::Stem, None, 3), &weights), &from), HEAD);
    assert_eq!(changed(&transfer_run(&transfer_config(Freeze::None, None, 3), &weights), &from).len(), 6);
}

#[test]
fn what_was_frozen_is_trained_from_the_given_epoch_on() {
    let (_folder, weights, from) = pretrained();
    let until = |epochs| transfer_run(&transfer_config(Freeze::Backbone, Some(3), epochs), &weights);
    assert_eq!(changed(&until(2), &from), HEAD);
    assert_eq!(changed(&until(3), &from).len(), 6);
    // Until then it makes no difference that it will be.
    assert_eq!(changed(&until(2), &transfer_run(&transfer_config(Freeze::Backbone, None, 2), &weights)), [""; 0]);
}

#[test]
fn the_backbone_has_a_learning_rate_of_its_own() {
    let (_folder, weights, from) = pretrained();
    let mut config = transfer_config(Freeze::None, None, 2);
    config.train.optimizer = Optimizer::Sgd;
    let distance = |config: &RunConfig, name: &str| {
        let trained = transfer_run(config, &weights);
        let of = |run: &TrainedRun| run.weights.iter().find(|(other, _)| other == name).unwrap().1.shallow_clone();
        (of(&trained) - of(&from)).norm().double_value(&[])
    };
    let fast = distance(&config, "features.0.weight");
    config.train.backbone_learning_rate = Some(config.train.learning_rate / 100.0);
    let slow = distance(&config, "features.0.weight");
    assert!(slow > 0.0 && slow < 0.05 * fast, "{slow} against {fast}");
    assert!(distance(&config, "head.output.weight") > slow);
}

#[test]
fn given_numbers_standardise_the_films() {
    let mut config = with(|train| train.epochs = 1);
    let own = run(&config).unwrap().0;
    config.normalization = InputNormalization::Fixed { mean: vec![0.25], std: vec![0.5] };
    let fixed = run(&config).unwrap().0;
    assert_eq!((fixed.metadata.normalization.mean.as_slice(), fixed.metadata.normalization.std.as_slice()), (&[0.25][..], &[0.5][..]));
    assert_ne!(own.metadata.normalization, fixed.metadata.normalization);
    assert_ne!(own.predictions, fixed.predictions);
}

/// All that must be the same however often a run was interrupted.
type Traces = (Vec<EpochRow>, Vec<super::PredictionRow>, Vec<(String, Vec<u32>)>);

fn traces(trained: &TrainedRun, rows: Vec<EpochRow>) -> Traces {
    let bits = |tensor: &Tensor| Vec::<f32>::try_from(tensor.contiguous().view(-1)).unwrap().into_iter().map(f32::to_bits).collect();
    let weights = trained.weights.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect();
    (rows, trained.predictions.clone(), weights)
}

/// A checkpoint as it is kept: its state as JSON, its tensors as a file's bytes.
type Kept = (String, Vec<u8>);

fn kept(checkpoint: &Checkpoint) -> Kept {
    let file = tempfile::NamedTempFile::new().unwrap();
    checkpoint.write_tensors(file.path()).unwrap();
    (serde_json::to_string(&checkpoint.state).unwrap(), std::fs::read(file.path()).unwrap())
}

fn back((state, bytes): &Kept) -> Checkpoint {
    Checkpoint::read(serde_json::from_str(state).unwrap(), bytes).unwrap()
}

/// Train to the end and keep a checkpoint of every step; or, with `from`, train from one.
fn run_from(config: &RunConfig, weights: Option<&Located>, from: Option<Checkpoint>) -> (Traces, Vec<Kept>) {
    let data = TinyData::new();
    let data = TrainingData { samples: &data.samples, films: &data, partition: &data.partition, weights };
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    let keep = from.is_none();
    let trained = train(config, data, Device::Cpu, from, &mut |event| {
        match event {
            TrainEvent::Step { .. } if keep => return Reply::Save,
            TrainEvent::Epoch { row, .. } => rows.push(row.clone()),
            TrainEvent::Checkpoint { checkpoint, .. } => all.push(kept(checkpoint)),
            _ => {}
        }
        Reply::GoOn
    });
    (traces(&trained.unwrap(), rows), all)
}

/// Settings that together use everything that a checkpoint must hold.
fn demanding() -> Vec<(&'static str, RunConfig)> {
    let mut averaged =
        with(|train| *train = TrainConfig { ema: Some(0.9), early_stop: Some(2), learning_rate: 0.03, epochs: 4, ..train.clone() });
    averaged.evaluation.epoch = ReportEpoch::Best;
    averaged.augment = AugmentConfig { rotate: 10.0, noise: 0.05, flip: 0.5, ..AugmentConfig::default() };
    let mut sgd = with(|train| {
        *train =
            TrainConfig { optimizer: Optimizer::Sgd, schedule: Schedule::Cosine, warmup_epochs: 1.5, weight_decay: 0.01, ..train.clone() };
    });
    sgd.train.precision = ComputePrecision::Bf16;
    let mut dropping =
        with(|train| *train = TrainConfig { epochs: 2, optimizer: Optimizer::AdamW, gradient_clip: Some(1.0), ..train.clone() });
    dropping.architecture = crate::plan::Architecture::Vit { preset: crate::spec::VitPreset::Tiny, patch_size: 4, drop_path: 0.3 };
    dropping.head.pool = crate::spec::Pool::Token;
    let mut watching = with(|train| {
        let plateau = PlateauConfig { patience: 0, factor: 0.5 };
        *train = TrainConfig {
            epochs: 5,
            learning_rate: 0.05,
            schedule: Schedule::Plateau,
            plateau: Some(plateau),
            loss: Loss::Distribution,
            micro_batch_size: Some(3),
            ema: Some(0.5),
            ..train.clone()
        };
    });
    watching.head.age_bins = Some(20);
    watching.augment.flip = 0.5;
    watching.evaluation.tta = Some(3);
    let finding = with(|train| *train = TrainConfig { epochs: 2, find_lr: true, schedule: Schedule::OneCycle, ..train.clone() });
    vec![
        ("average and best", averaged),
        ("momentum, cosine and bf16", sgd),
        ("stochastic depth", dropping),
        ("plateau, bins of age and micro-batches", watching),
        ("a learning rate that was found", finding),
    ]
}

#[test]
fn a_run_goes_on_from_any_step_with_the_bits_of_one_that_was_never_interrupted() {
    for (name, config) in demanding() {
        let (undisturbed, all) = run_from(&config, None, None);
        let steps: u64 = 11_u64.div_ceil(4);
        assert!(all.len() as u64 >= 2 * (steps + 1), "{name}: {} checkpoints", all.len());
        for place in (0..all.len()).step_by(if name == "stochastic depth" { 4 } else { 1 }) {
            let from = back(&all[place]);
            let (words, done) = (from.state.place(), from.state.epoch as usize - 1);
            let ((rows, predictions, weights), _) = run_from(&config, None, Some(from));
            let rows: Vec<EpochRow> = undisturbed.0[..done].iter().cloned().chain(rows).collect();
            assert!((rows, predictions, weights) == undisturbed, "{name}: other numbers after {words}");
        }
    }
}

#[test]
fn a_run_that_started_from_given_weights_and_thaws_goes_on_without_the_file() {
    let (folder, weights, _) = pretrained();
    let mut config = transfer_config(Freeze::Backbone, Some(3), 4);
    config.train.backbone_learning_rate = Some(1e-4);
    let (undisturbed, all) = run_from(&config, Some(&weights), None);
    drop(folder);
    for kept in &all {
        let from = back(kept);
        assert_eq!(from.state.load_report.as_ref().unwrap().source, "w.safetensors");
        let done = from.state.epoch as usize - 1;
        let ((rows, predictions, found), _) = run_from(&config, Some(&weights), Some(from));
        let rows: Vec<EpochRow> = undisturbed.0[..done].iter().cloned().chain(rows).collect();
        assert!((rows, predictions, found) == undisturbed);
    }
}

#[test]
fn a_longer_run_goes_on_from_the_last_state_of_a_shorter_one() {
    let warm = with(|train| *train = TrainConfig { epochs: 2, warmup_epochs: 1.0, ..train.clone() });
    let plateau = Some(PlateauConfig { patience: 0, factor: 0.5 });
    let watching = with(|train| {
        *train = TrainConfig { epochs: 4, learning_rate: 0.05, schedule: Schedule::Plateau, plateau, ..train.clone() };
    });
    let finding = with(|train| *train = TrainConfig { epochs: 2, find_lr: true, ..train.clone() });
    for short in [warm, watching, finding] {
        let mut long = short.clone();
        long.train.epochs += 3;
        let (shorter, mut all) = run_from(&short, None, None);
        let last = back(&all.pop().unwrap());
        assert!(agree_until(&short.train, &long.train, last.state.steps_per_epoch));
        let (undisturbed, _) = run_from(&long, None, None);
        let (continued, _) = run_from(&long, None, Some(last));
        let done = short.train.epochs as usize;
        assert!(undisturbed.0[..done] == shorter.0 && undisturbed.0[done..] == continued.0, "{short:?}");
        assert!((&undisturbed.1, &undisturbed.2) == (&continued.1, &continued.2), "{short:?}");
    }
}

#[test]
fn a_checkpoint_of_other_settings_is_refused_with_the_reason() {
    let (_, all) = run_from(&with(|train| train.epochs = 1), None, None);
    let refused = |config: &RunConfig, checkpoint: Checkpoint| {
        let data = TinyData::new();
        let data = TrainingData { samples: &data.samples, films: &data, partition: &data.partition, weights: None };
        train(config, data, Device::Cpu, Some(checkpoint), &mut |_| Reply::GoOn).unwrap_err().to_string()
    };
    let message = refused(&with(|train| train.ema = Some(0.9)), back(&all[0]));
    assert!(message.contains("average.") && message.contains("begin anew"), "{message}");
    let message = refused(&with(|train| train.optimizer = Optimizer::Sgd), back(&all[0]));
    assert!(message.contains("tensors"), "{message}");
    let message = refused(&with(|train| train.find_lr = true), back(&all[0]));
    assert!(message.contains("find_lr"), "{message}");
    let plateau = Some(PlateauConfig { patience: 1, factor: 0.5 });
    let message = refused(&with(|train| train.plateau = plateau), back(&all[0]));
    assert!(message.contains("another schedule"), "{message}");
    let message = refused(&with(|train| train.batch_size = 3), back(&all[0]));
    assert!(message.contains("its epochs have 3 steps instead of 4"), "{message}");
    let Err(reason) = Checkpoint::read(TrainState::default(), &all[0].1[..100]) else { panic!("a cut file is refused") };
    assert!(!reason.is_empty());
}
