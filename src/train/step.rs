//! The gradients of one batch, whole or in parts.

use std::ops::Range;

use tch::{Kind, Tensor};

use super::epoch::Pass;
use crate::backbone::Context;
use crate::data::Batch;
use crate::device;
use crate::random::{Purpose, keyed};

/// What a batch comes to: the gradients of its mean loss, and figures on the weights before the update.
#[derive(Debug)]
pub(super) struct BatchGradients {
    /// One per trained tensor; undefined for those that rest.
    pub(super) gradients: Vec<Tensor>,
    /// The figures, where they were computed.
    pub(super) figures: UnreadFigures,
}

/// Figures of a batch as they lie on the device. Reading them waits until the device has come so far, which would leave it idle
/// before every next step; so a run on CUDA reads those of many steps at once.
#[derive(Debug)]
pub(super) struct UnreadFigures {
    /// The share of each part in the batch, and its mean loss, the sum of its absolute errors in months and its images within
    /// the limit: `[3]`, doubles.
    parts: Vec<(f64, Tensor)>,
}

/// Figures of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Figures {
    /// Mean loss.
    pub(super) loss: f64,
    /// Sum of the absolute errors, months.
    pub(super) absolute_errors: f64,
    /// Images within the limit.
    pub(super) accurate: f64,
}

impl UnreadFigures {
    /// Read them from the device.
    pub(super) fn read(&self) -> Figures {
        let mut sum = Figures::default();
        for (share, figures) in &self.parts {
            let values = Vec::<f64>::try_from(figures).expect("three doubles");
            sum.loss += values[0] * share;
            sum.absolute_errors += values[1];
            sum.accurate += values[2];
        }
        sum
    }
}

/// The gradients of a batch in the step with that number, counted from 0 over all epochs.
///
/// With `micro_batch_size` the batch is split into as few parts of about equal size as are small enough, so that none is a left-over
/// single image. Their gradients are added up with the weight nᵢ / n, which gives those of the whole batch to rounding; but
/// batch norms use the statistics of each part, and dropout draws anew for each.
pub(super) fn batch_gradients(pass: &Pass, batch: &Batch, step: u64) -> BatchGradients {
    let images = batch.indices.len();
    let parts = parts(images, pass.config.train.micro_batch_size);
    if parts.len() == 1 {
        return part_gradients(pass, batch, 1.0, &[step]);
    }
    let mut sum: Option<BatchGradients> = None;
    for (number, range) in parts.into_iter().enumerate() {
        let share = range.len() as f64 / images as f64;
        let part = part_gradients(pass, &batch.part(range), share, &[step, number as u64]);
        match &mut sum {
            None => sum = Some(part),
            Some(sum) => sum.add(part),
        }
    }
    sum.expect("a batch has an image")
}

impl BatchGradients {
    fn add(&mut self, part: Self) {
        for (sum, gradient) in self.gradients.iter_mut().zip(&part.gradients).filter(|(sum, _)| sum.defined()) {
            *sum += gradient;
        }
        self.figures.parts.extend(part.figures.parts);
    }
}

/// Ranges of at most `limit` images; as few as possible, whose sizes differ by one at most.
fn parts(images: usize, limit: Option<u32>) -> Vec<Range<usize>> {
    let count = limit.map_or(1, |limit| images.div_ceil(limit as usize));
    (0..count).map(|part| images * part / count..images * (part + 1) / count).collect()
}

/// The mean loss of a batch, as a step with that number would find it; nothing flows back.
pub(super) fn batch_loss(pass: &Pass, batch: &Batch, step: u64) -> f64 {
    let images = batch.indices.len();
    let of_part = |(number, range): (u64, Range<usize>)| {
        let (part, share) = (batch.part(range.clone()), range.len() as f64 / images as f64);
        let outputs = pass.model.outputs(&part.images, &part.sex, &training_context(pass, &[step, number]));
        pass.objective.mean_loss(&outputs, &part.targets).double_value(&[]) * share
    };
    tch::no_grad(|| (0..).zip(parts(images, pass.config.train.micro_batch_size)).map(of_part).sum())
}

/// A pass in training whose dropout draws by `key`.
fn training_context(pass: &Pass, key: &[u64]) -> Context {
    Context::train(device::compute_kind(pass.config.train.precision), keyed(pass.config.seed, Purpose::Dropout, key))
}

/// Gradients and loss of a part of a batch, multiplied by its share of the batch; dropout draws by `key`.
pub(super) fn part_gradients(pass: &Pass, part: &Batch, share: f64, key: &[u64]) -> BatchGradients {
    let Pass { config, model, loader, parameters, objective, work } = *pass;
    let outputs = work.time(|| model.outputs(&part.images, &part.sex, &training_context(pass, key)));
    let loss = objective.mean_loss(&outputs, &part.targets);
    let mean_loss = loss.detach().to_kind(Kind::Double);
    let gradients = work.time(|| parameters.gradients(&if share < 1.0 { loss * share } else { loss }));
    let predicted = tch::no_grad(|| model.ages(outputs.detach()));
    let errors = (predicted - &part.targets).abs() * loader.target_scale().std;
    let accurate = errors.le(config.evaluation.accuracy_within_months).sum(Kind::Double);
    let figures = Tensor::stack(&[mean_loss, errors.sum(Kind::Double), accurate], 0);
    BatchGradients { gradients, figures: UnreadFigures { parts: vec![(share, figures)] } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_split_into_few_parts_of_about_equal_size() {
        let sizes = |images, limit| parts(images, limit).into_iter().map(|part| part.len()).collect::<Vec<_>>();
        assert_eq!(sizes(16, None), [16]);
        assert_eq!(sizes(16, Some(16)), [16]);
        assert_eq!(sizes(16, Some(5)), [4, 4, 4, 4]);
        // A limit of 16 leaves no single image of 17.
        assert_eq!(sizes(17, Some(16)), [8, 9]);
        assert_eq!(sizes(3, Some(1)), [1, 1, 1]);
        let parts = parts(11, Some(4));
        assert_eq!(parts, [0..3, 3..7, 7..11]);
    }
}
