//! A range test that finds the learning rate (Smith 2015, arXiv 1506.01186): the run's own initial weights are trained on its own
//! first batches while the rate rises, and then put back.
//!
//! In: a model before its first step. Out: the same model, bit for bit, and an [`LrSearch`]. Number of steps, end and choice are those of
//! fastai (Howard & Gugger 2020, arXiv 2002.04688). One thing differs: the loss is always taken over the same films with the same
//! draws. From one small batch to the next it changes by more than training changes it, so that the smallest loss of all batches
//! would be that of the easiest films.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::epoch::Pass;
use super::optimizer::{Optimizer, clip_gradients};
use super::step::{batch_gradients, batch_loss};
use super::trainer::TrainError;
use crate::backbone::parameters::Entry;
use crate::data::Batch;

/// The rates of the first and of the last step; the steps between rise by a constant factor.
const RATES: [f64; 2] = [1e-6, 1.0];
/// Steps of a whole test; epochs shorter than that are gone through again and again.
const STEPS: u32 = 100;
/// Films that the loss is taken over: the first batches of the first epoch that hold so many.
const PROBED: usize = 32;
/// Decay of the moving average of the losses.
const SMOOTHING: f64 = 0.9;
/// The test ends when the average is that many times its smallest.
const DIVERGENCE: f64 = 4.0;
/// The rate with the smallest loss is near the one at which training fails; this part of it is safe.
const SAFETY: f64 = 0.1;

/// What a range test found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LrSearch {
    /// The learning rate that the run is trained with.
    pub learning_rate: f64,
    /// The steps from which it follows.
    pub curve: Vec<LrRow>,
}

/// One step of a range test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LrRow {
    /// Counted from 1.
    pub step: u32,
    /// The rate of its update.
    pub learning_rate: f64,
    /// Mean loss after the update, over the same films in every step.
    pub loss: f64,
    /// Moving average of the losses so far.
    pub smoothed_loss: f64,
}

/// Find a learning rate, and leave the weights as they were.
///
/// # Errors
/// [`TrainError::NoRate`] if the loss falls at none.
pub(super) fn find_learning_rate(pass: &Pass, weights: &mut [Entry], optimizer: Optimizer) -> Result<LrSearch, TrainError> {
    let kept: Vec<Tensor> = weights.iter().map(|entry| entry.tensor.detach().copy()).collect();
    let curve = course(pass, optimizer);
    tch::no_grad(|| {
        for (entry, kept) in weights.iter_mut().zip(&kept) {
            entry.tensor.copy_(kept);
        }
    });
    let learning_rate = curve.suggestion().ok_or(TrainError::NoRate { steps: curve.rows.len(), rates: RATES })?;
    Ok(LrSearch { learning_rate, curve: curve.rows })
}

/// The steps of the test: the batches of the first epochs, with the draws of the first steps.
fn course(pass: &Pass, mut optimizer: Optimizer) -> Curve {
    pass.parameters.begin_epoch(1);
    let probe = probe(pass);
    let mut curve = Curve { start: probe_loss(pass, &probe), rows: Vec::new() };
    let batches = (1..).flat_map(|epoch| pass.loader.train_batches(epoch));
    for (step, batch) in (0..STEPS).zip(batches) {
        let mut found = batch_gradients(pass, &batch, u64::from(step));
        // A loss that is no number is the end of the test, not of the run.
        if !found.figures.read().loss.is_finite() {
            break;
        }
        if let Some(limit) = pass.config.train.gradient_clip {
            clip_gradients(&mut found.gradients, limit);
        }
        optimizer.step(&found.gradients, rate(step));
        let loss = probe_loss(pass, &probe);
        if !loss.is_finite() {
            break;
        }
        curve.add(loss);
        if curve.has_diverged() {
            break;
        }
    }
    curve
}

/// The first batches of the first epoch.
fn probe(pass: &Pass) -> Vec<Batch> {
    let mut films = 0;
    let is_wanted = |batch: &Batch| {
        let is_wanted = films < PROBED;
        films += batch.indices.len();
        is_wanted
    };
    pass.loader.train_batches(1).take_while(is_wanted).collect()
}

fn probe_loss(pass: &Pass, probe: &[Batch]) -> f64 {
    let films: usize = probe.iter().map(|batch| batch.indices.len()).sum();
    probe.iter().zip(0..).map(|(batch, step)| batch_loss(pass, batch, step) * batch.indices.len() as f64).sum::<f64>() / films as f64
}

/// The rate of a step, counted from 0.
fn rate(step: u32) -> f64 {
    RATES[0] * (RATES[1] / RATES[0]).powf(f64::from(step) / f64::from(STEPS - 1))
}

/// The losses of a test.
struct Curve {
    /// Before the first update.
    start: f64,
    rows: Vec<LrRow>,
}

impl Curve {
    /// The loss after one more step: the average is aᵢ = β aᵢ₋₁ + (1 − β) lᵢ, beginning with the loss before the first update.
    fn add(&mut self, loss: f64) {
        let before = self.rows.last().map_or(self.start, |row| row.smoothed_loss);
        let step = self.rows.len() as u32;
        let smoothed_loss = SMOOTHING * before + (1.0 - SMOOTHING) * loss;
        self.rows.push(LrRow { step: step + 1, learning_rate: rate(step), loss, smoothed_loss });
    }

    fn smallest(&self) -> Option<&LrRow> {
        self.rows.iter().min_by(|one, other| one.smoothed_loss.total_cmp(&other.smoothed_loss))
    }

    fn has_diverged(&self) -> bool {
        let smallest = self.smallest().map_or(self.start, |row| row.smoothed_loss.min(self.start));
        self.rows.last().is_some_and(|last| last.smoothed_loss > DIVERGENCE * smallest)
    }

    /// A tenth of the rate with the smallest average; none where the loss never fell.
    fn suggestion(&self) -> Option<f64> {
        self.smallest().filter(|row| row.smoothed_loss < self.start).map(|row| row.learning_rate * SAFETY)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn curve(start: f64, losses: impl IntoIterator<Item = f64>) -> Curve {
        let mut curve = Curve { start, rows: Vec::new() };
        losses.into_iter().for_each(|loss| curve.add(loss));
        curve
    }

    #[test]
    fn rates_rise_by_a_constant_factor_from_a_millionth_to_one() {
        let rows = curve(1.0, [1.0; 100]).rows;
        assert_eq!((rows[0].learning_rate, rows[0].step), (1e-6, 1));
        assert!((rows[99].learning_rate - 1.0).abs() < 1e-12 && (rows[33].learning_rate - 1e-4).abs() < 1e-12, "{:?}", rows[33]);
    }

    #[test]
    fn the_average_is_that_of_the_formula() {
        let rows = curve(4.0, [3.0, 1.0, 2.0]).rows;
        let expected = [0.9 * 4.0 + 0.3, 0.81 * 4.0 + 0.27 + 0.1, 0.729 * 4.0 + 0.243 + 0.09 + 0.2];
        for (row, expected) in rows.iter().zip(expected) {
            assert!((row.smoothed_loss - expected).abs() < 1e-12, "{row:?} instead of {expected}");
        }
    }

    #[test]
    fn a_tenth_of_the_rate_with_the_smallest_average_is_suggested() {
        // The loss falls until step 60 and is larger than ever from then on.
        let falling = (0..62).map(|step| if step < 60 { 1.0 - f64::from(step) / 100.0 } else { 3.0 });
        assert!((curve(1.0, falling).suggestion().unwrap() - rate(59) / 10.0).abs() < 1e-15);
    }

    #[test]
    fn the_test_ends_at_four_times_the_smallest_average() {
        let grown = |loss| curve(1.0, [1.0; 50].into_iter().chain([loss])).has_diverged();
        // The average is 0.9 + 0.1 · loss.
        assert!(!grown(30.9) && grown(31.1));
        assert!(!curve(1.0, []).has_diverged());
    }

    #[test]
    fn a_loss_that_never_falls_suggests_nothing() {
        assert_eq!(curve(1.0, (0..50).map(|step| 1.0 + f64::from(step))).suggestion(), None);
        assert_eq!(curve(1.0, []).suggestion(), None);
        let refused = TrainError::NoRate { steps: 50, rates: RATES }.to_string();
        assert_eq!(
            refused,
            "find_lr found no learning rate: from 0.000001 to 1 the loss did not fall in 50 steps; give train.learning_rate"
        );
    }
}
