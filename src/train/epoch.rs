//! One pass over the training part, and the evaluation of a part.

use std::ops::ControlFlow;

use tch::Kind;

use super::ema::WeightAverage;
use super::loss::mean_loss;
use super::lr_schedule::learning_rate;
use super::optimizer::{Optimizer, clip_gradients};
use super::outcome::TrainEvent;
use super::trainer::{TrainError, observe_or_stop};
use super::transfer::TrainedParameters;
use crate::backbone::{Context, Model};
use crate::data::Loader;
use crate::device;
use crate::plan::RunConfig;
use crate::random::{Purpose, keyed};

/// What every pass needs.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) config: &'a RunConfig,
    pub(super) model: &'a Model,
    pub(super) loader: &'a Loader<'a>,
    pub(super) parameters: &'a TrainedParameters,
}

/// Running means of an epoch, on augmented images, while the weights change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EpochMeans {
    pub(super) images: u64,
    pub(super) learning_rate: f64,
    /// Months.
    pub(super) mae: f64,
    pub(super) loss: f64,
    pub(super) accuracy: f64,
}

/// One pass over the training part, with an update per batch.
pub(super) fn train_one_epoch(
    pass: &Pass,
    epoch: u32,
    optimizer: &mut Optimizer,
    mut average: Option<&mut WeightAverage>,
    observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
) -> Result<EpochMeans, TrainError> {
    let Pass { config, model, loader, parameters } = *pass;
    let train = &config.train;
    let steps_per_epoch = loader.steps_per_epoch() as u64;
    parameters.begin_epoch(epoch);
    let months_per_unit = loader.target_scale().std;
    let mut sums = EpochMeans::default();
    for (step, batch) in (0u64..).zip(loader.train_batches(u64::from(epoch))) {
        let global_step = u64::from(epoch - 1) * steps_per_epoch + step;
        let rng = keyed(config.seed, Purpose::Dropout, &[global_step]);
        let context = Context::train(device::compute_kind(train.precision), rng);
        let predicted = model.forward(&batch.images, &batch.sex, &context);
        let loss = mean_loss(train.loss, &predicted, &batch.targets);
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            return Err(TrainError::Diverged { epoch, step: step + 1, loss: value });
        }
        let mut gradients = parameters.gradients(&loss);
        if let Some(limit) = train.gradient_clip {
            clip_gradients(&mut gradients, limit);
        }
        sums.learning_rate = learning_rate(train, global_step, steps_per_epoch);
        optimizer.step(&gradients, sums.learning_rate);
        if let Some(average) = average.as_deref_mut() {
            average.update();
        }
        let errors = (predicted.detach() - &batch.targets).abs() * months_per_unit;
        let images = batch.indices.len() as u64;
        sums.images += images;
        sums.loss += value * images as f64;
        sums.mae += errors.sum(Kind::Double).double_value(&[]);
        sums.accuracy += errors.le(config.evaluation.accuracy_within_months).sum(Kind::Double).double_value(&[]);
        observe_or_stop(observe, TrainEvent::Step { epoch, epochs: train.epochs, images })?;
    }
    let images = sums.images as f64;
    Ok(EpochMeans { mae: sums.mae / images, loss: sums.loss / images, accuracy: sums.accuracy / images, ..sums })
}

/// Predicted ages, in months, of the present weights for these films, in their order.
pub(super) fn evaluate(pass: &Pass, indices: &[usize]) -> Vec<f64> {
    let context = Context::eval(device::compute_kind(pass.config.train.precision));
    let scale = pass.loader.target_scale();
    let mut predicted = Vec::with_capacity(indices.len());
    tch::no_grad(|| {
        for batch in pass.loader.eval_batches(indices) {
            let standardised = pass.model.forward(&batch.images, &batch.sex, &context).view(-1).to_kind(Kind::Double);
            let values = Vec::<f64>::try_from(standardised).expect("a one-dimensional tensor of doubles");
            predicted.extend(values.into_iter().map(|value| scale.restore(value)));
        }
    });
    predicted
}
