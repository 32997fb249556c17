//! One pass over the training part.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use tch::Device;

use super::checkpoint::Training;
use super::objective::Objective;
use super::optimizer::clip_gradients;
use super::outcome::TrainEvent;
use super::step::{Figures, UnreadFigures, batch_gradients};
use super::trainer::{Observer, TrainError, tell};
use super::transfer::TrainedParameters;
use super::work_clock::WorkClock;
use crate::backbone::Model;
use crate::data::{Batch, Loader};
use crate::plan::RunConfig;

/// What every pass needs.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) config: &'a RunConfig,
    pub(super) model: &'a Model,
    pub(super) loader: &'a Loader<'a>,
    pub(super) parameters: &'a TrainedParameters,
    pub(super) objective: Objective<'a>,
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

/// Steps on CUDA between two looks at their figures.
const UNREAD: usize = 32;

/// A step whose figures are not yet among the sums of its epoch.
#[derive(Debug)]
pub(super) struct UnreadStep {
    /// Counted from 1 within the epoch.
    number: u64,
    images: u64,
    figures: UnreadFigures,
}

impl Training {
    /// Add what the last steps came to.
    ///
    /// # Errors
    /// If the loss of one of them is no number.
    pub(super) fn read_figures(&mut self) -> Result<(), TrainError> {
        for UnreadStep { number, images, figures } in std::mem::take(&mut self.unread) {
            let Figures { loss, absolute_errors, accurate } = figures.read();
            if !loss.is_finite() {
                return Err(TrainError::Diverged { epoch: self.epoch, step: number, loss });
            }
            self.sums.loss += loss * images as f64;
            self.sums.mae += absolute_errors;
            self.sums.accuracy += accurate;
        }
        Ok(())
    }
}

/// The steps of the epoch under way that are not yet done, with an update per batch.
pub(super) fn train_one_epoch(pass: &Pass, training: &mut Training, observe: &mut Observer) -> Result<(), TrainError> {
    let Pass { config, loader, parameters, .. } = *pass;
    let epoch = training.epoch;
    parameters.begin_epoch(epoch);
    let unread_at_most = if pass.model.parameters().device() == Device::Cpu { 1 } else { UNREAD };
    let mut clock = Instant::now();
    for batch in loader.train_batches_from(u64::from(epoch), training.step) {
        train_step(pass, training, &batch);
        training.step += 1;
        if training.unread.len() >= unread_at_most {
            training.read_figures()?;
        }
        training.sums.seconds += clock.elapsed().as_secs_f64();
        training.sums.work_seconds += pass.work.take();
        clock = Instant::now();
        let images = batch.indices.len() as u64;
        tell(observe, TrainEvent::Step { epoch, epochs: config.train.epochs, images }, training)?;
    }
    training.read_figures()
}

/// One update, whose figures are still to be added to the sums of the epoch.
fn train_step(pass: &Pass, training: &mut Training, batch: &Batch) {
    let step = training.global_step();
    let mut found = batch_gradients(pass, batch, step);
    let rate = training.rates.at(step);
    pass.work.time(|| {
        if let Some(limit) = pass.config.train.gradient_clip {
            clip_gradients(&mut found.gradients, limit);
        }
        training.optimizer.step(&found.gradients, rate);
        if let Some(average) = &mut training.average {
            average.update();
        }
    });
    let images = batch.indices.len() as u64;
    training.sums.learning_rate = rate;
    training.sums.images += images;
    training.unread.push(UnreadStep { number: training.step + 1, images, figures: found.figures });
}
