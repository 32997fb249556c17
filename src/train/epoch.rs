//! One pass over the training part, and the evaluation of a part.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use tch::Kind;

use super::checkpoint::Training;
use super::loss::mean_loss;
use super::lr_schedule::learning_rate;
use super::optimizer::clip_gradients;
use super::outcome::TrainEvent;
use super::trainer::{Observer, TrainError, tell};
use super::transfer::TrainedParameters;
use super::work_clock::WorkClock;
use crate::backbone::{Context, Model};
use crate::data::{Batch, Loader};
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
    pub(super) work: &'a WorkClock,
}

/// What the steps of an epoch add up to, on augmented images, while the weights change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochSums {
    /// Images.
    pub images: u64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Sum of the absolute errors, months.
    pub mae: f64,
    /// Sum of the losses.
    pub loss: f64,
    /// Images within the limit.
    pub accuracy: f64,
    /// Spent on the steps. Nothing else here is touched by a clock, but the next one.
    pub seconds: f64,
    /// Of these, spent on forward and backward passes and on updates.
    #[serde(default)]
    pub work_seconds: f64,
}

/// The steps of the epoch under way that are not yet done, with an update per batch.
pub(super) fn train_one_epoch(pass: &Pass, training: &mut Training, observe: &mut Observer) -> Result<(), TrainError> {
    let Pass { config, loader, parameters, .. } = *pass;
    let epoch = training.epoch;
    parameters.begin_epoch(epoch);
    let mut clock = Instant::now();
    for batch in loader.train_batches_from(u64::from(epoch), training.step) {
        train_step(pass, training, &batch)?;
        training.step += 1;
        training.sums.seconds += clock.elapsed().as_secs_f64();
        training.sums.work_seconds += pass.work.take();
        clock = Instant::now();
        let images = batch.indices.len() as u64;
        tell(observe, TrainEvent::Step { epoch, epochs: config.train.epochs, images }, training)?;
    }
    Ok(())
}

/// One update, added to the sums of the epoch.
fn train_step(pass: &Pass, training: &mut Training, batch: &Batch) -> Result<(), TrainError> {
    let Pass { config, model, loader, parameters, work } = *pass;
    let train = &config.train;
    let steps_per_epoch = loader.steps_per_epoch() as u64;
    let global_step = u64::from(training.epoch - 1) * steps_per_epoch + training.step;
    let rng = keyed(config.seed, Purpose::Dropout, &[global_step]);
    let context = Context::train(device::compute_kind(train.precision), rng);
    let predicted = work.time(|| model.forward(&batch.images, &batch.sex, &context));
    let loss = mean_loss(train.loss, &predicted, &batch.targets);
    let value = loss.double_value(&[]);
    if !value.is_finite() {
        return Err(TrainError::Diverged { epoch: training.epoch, step: training.step + 1, loss: value });
    }
    let mut gradients = work.time(|| parameters.gradients(&loss));
    let rate = learning_rate(train, global_step, steps_per_epoch);
    work.time(|| {
        if let Some(limit) = train.gradient_clip {
            clip_gradients(&mut gradients, limit);
        }
        training.optimizer.step(&gradients, rate);
        if let Some(average) = &mut training.average {
            average.update();
        }
    });
    let errors = (predicted.detach() - &batch.targets).abs() * loader.target_scale().std;
    let images = batch.indices.len() as u64;
    let sums = &mut training.sums;
    sums.learning_rate = rate;
    sums.images += images;
    sums.loss += value * images as f64;
    sums.mae += errors.sum(Kind::Double).double_value(&[]);
    sums.accuracy += errors.le(config.evaluation.accuracy_within_months).sum(Kind::Double).double_value(&[]);
    Ok(())
}

/// Predicted ages, in months, of the present weights for these films, in their order.
pub(super) fn evaluate(pass: &Pass, indices: &[usize]) -> Vec<f64> {
    let context = Context::eval(device::compute_kind(pass.config.train.precision));
    let scale = pass.loader.target_scale();
    let mut predicted = Vec::with_capacity(indices.len());
    tch::no_grad(|| {
        for batch in pass.loader.eval_batches(indices) {
            let standardised = pass.work.time(|| pass.model.forward(&batch.images, &batch.sex, &context)).view(-1).to_kind(Kind::Double);
            let values = Vec::<f64>::try_from(standardised).expect("a one-dimensional tensor of doubles");
            predicted.extend(values.into_iter().map(|value| scale.restore(value)));
        }
    });
    predicted
}
