//! Runs whose network predicts a distribution over bins of age.

use tch::{Device, Tensor};

use super::{run, with};
use crate::backbone::{Context, Model};
use crate::data::{Loader, LoaderConfig};
use crate::plan::{ComputePrecision, RunConfig, TrainConfig};
use crate::spec::Loss;
use crate::train::TrainedRun;
use crate::train::fixtures::TinyData;

fn config(epochs: u32, precision: ComputePrecision) -> RunConfig {
    let mut config =
        with(|train| *train = TrainConfig { epochs, loss: Loss::Distribution, learning_rate: 3e-3, precision, ..train.clone() });
    config.head.age_bins = Some(24);
    config.head.dropout = 0.0;
    config
}

#[test]
fn it_learns_that_brighter_is_older() {
    for precision in [ComputePrecision::Fp32, ComputePrecision::Bf16] {
        let (trained, rows) = run(&config(60, precision)).unwrap();
        let (mae, baseline) = (trained.figures.train.mae, trained.baseline.train.mae);
        assert!(mae < 0.35 * baseline, "{precision:?}: train MAE {mae} against {baseline}");
        assert!(rows.last().unwrap().val_loss.unwrap() < 0.5 * rows[0].val_loss.unwrap(), "{precision:?}: {rows:?}");
    }
}

/// Standardised ages and logits of the validation part, of a model that is made anew from what a run leaves.
fn logits_of_validation(config: &RunConfig, trained: &TrainedRun) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
    let data = TinyData::new();
    let model = Model::zeros(&config.architecture, config.image, &config.head, Device::Cpu).unwrap();
    tch::no_grad(|| {
        for (mut entry, (name, value)) in model.parameters().entries().into_iter().zip(&trained.weights) {
            assert_eq!(entry.name, *name);
            entry.tensor.copy_(value);
        }
    });
    let loader_config = LoaderConfig {
        seed: 0,
        batch_size: 4,
        eval_batch_size: 4,
        augment: config.augment.clone(),
        normalization: config.normalization.clone(),
        device: Device::Cpu,
    };
    let loader = Loader::new(&data, &data.samples, &data.partition.train, loader_config);
    let batch = loader.eval_batches(&data.partition.val, 0).next().unwrap();
    let logits = tch::no_grad(|| model.outputs(&batch.images, &batch.sex, &Context::eval(tch::Kind::Float)));
    let values = |xs: &Tensor| Vec::<f64>::try_from(xs.to_kind(tch::Kind::Double).view(-1)).unwrap();
    let rows = (0..logits.size()[0]).map(|row| values(&logits.get(row))).collect();
    (values(model.age_bins().unwrap().centres()), values(&batch.targets), rows)
}

#[test]
fn loss_and_ages_of_a_part_follow_from_the_logits_by_the_formula() {
    let config = config(5, ComputePrecision::Fp32);
    let (trained, rows) = run(&config).unwrap();
    let (centres, targets, logits) = logits_of_validation(&config, &trained);
    let width = centres[1] - centres[0];
    let normalised = |weights: Vec<f64>| {
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect::<Vec<f64>>()
    };
    let (mut total, mut ages) = (0.0, Vec::new());
    for (target, logits) in targets.iter().zip(&logits) {
        let p = normalised(logits.iter().map(|logit| logit.exp()).collect());
        let t = normalised(centres.iter().map(|centre| (-((centre - target) / (2.0 * width)).powi(2) / 2.0).exp()).collect());
        let expected: f64 = p.iter().zip(&centres).map(|(p, centre)| p * centre).sum();
        total += t.iter().zip(&p).map(|(t, p)| t * (t / p).ln()).sum::<f64>() + (expected - target).abs() / width;
        ages.push(expected * trained.metadata.target_std + trained.metadata.target_mean);
    }
    let loss = total / targets.len() as f64;
    let found = trained.figures.val.as_ref().unwrap().loss;
    assert!((found / loss - 1.0).abs() < 1e-5, "{found} instead of {loss}");
    assert_eq!(rows.last().unwrap().val_loss, Some(found), "an epoch's loss is the same thing");
    for (row, age) in trained.predictions.iter().zip(&ages) {
        assert!((row.predicted - age).abs() < 1e-3, "{row:?} instead of {age}");
    }
    // One number per bin comes in, one more per bin goes along untrained.
    let size = |wanted: &str| trained.weights.iter().find(|(name, _)| name == wanted).unwrap().1.size();
    assert_eq!((size("head.output.weight")[0], size("head.bins")), (24, vec![24]));
}

#[test]
fn the_baseline_pays_for_predicting_the_mean_age_as_surely_as_an_age_is_to_be_predicted() {
    let config = config(1, ComputePrecision::Fp32);
    let (trained, _) = run(&config).unwrap();
    let (centres, targets, _) = logits_of_validation(&config, &trained);
    // The divergence of two Gaussians of two bins, y bins apart, is y² / 8.
    let losses = targets.iter().map(|target| {
        let bins = target.abs() / (centres[1] - centres[0]);
        bins * bins / 8.0 + bins
    });
    let (expected, found) = (losses.sum::<f64>() / targets.len() as f64, trained.baseline.val.unwrap().loss);
    assert!((found / expected - 1.0).abs() < 0.02, "{found} instead of {expected}");
}

#[test]
fn a_loss_and_a_head_that_do_not_belong_together_are_refused() {
    let mut bare = config(1, ComputePrecision::Fp32);
    bare.head.age_bins = None;
    assert!(run(&bare).unwrap_err().to_string().contains("needs a head with age_bins"));
    let mut other = config(1, ComputePrecision::Fp32);
    other.train.loss = Loss::Mae;
    assert!(run(&other).unwrap_err().to_string().contains("needs the loss `distribution`"));
}
