//! A range test that finds the learning rate (Smith 2015, arXiv 1506.01186): the run's own initial weights are trained on its own
//! first batches while the rate rises, and then put back.
//!
//! In: a model before its first step. Out: the same model, bit for bit, and an [`LrSearch`]. The course of the test and the numbers are
//! those of fastai (Howard & Gugger 2020, arXiv 2002.04688): a hundred steps, a smoothing of 0.98, an end at four times the smallest
//! loss, and a tenth of the rate at which the loss was smallest.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::epoch::Pass;
use super::optimizer::{Optimizer, clip_gradients};
use super::step::batch_gradients;
use super::trainer::TrainError;
use crate::backbone::parameters::Entry;

/// The rates of the first and of the last step; the steps between rise by a constant factor.
const RATES: [f64; 2] = [1e-6, 1.0];
/// Steps of a whole test; epochs shorter than that are gone through again and again.
const STEPS: u32 = 100;
/// Decay of the moving average of the losses.
const SMOOTHING: f64 = 0.98;
/// Steps whose losses only fill the average: a first batch of easy films says nothing about its rate.
const FILLING: usize = 10;
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
    /// Mean loss of its batch, before the update.
    pub loss: f64,
    /// Moving average of the losses so far, corrected for its beginning at zero.
    pub smoothed_loss: f64,
}

/// Find a learning rate, and leave the weights as they were.
///
/// # Errors
/// [`TrainError::NoRate`] if the loss falls at none.
pub(super) fn find_learning_rate(pass: &Pass, weights: &mut [Entry], optimizer: Optimizer) -> Result<LrSearch, TrainError> {
    let kept: Vec<Tensor> = weights.iter().map(|entry| entry.tensor.detach().copy()).collect();
    let curve = curve(pass, optimizer);
    tch::no_grad(|| {
        for (entry, kept) in weights.iter_mut().zip(&kept) {
            entry.tensor.copy_(kept);
        }
    });
    let learning_rate = suggestion(&curve).ok_or(TrainError::NoRate { steps: curve.len(), rates: RATES })?;
    Ok(LrSearch { learning_rate, curve })
}

/// The steps of the test: the batches of the first epochs, with the draws of the first steps.
fn curve(pass: &Pass, mut optimizer: Optimizer) -> Vec<LrRow> {
    let mut curve = Vec::new();
    pass.parameters.begin_epoch(1);
    for batch in (1..).flat_map(|epoch| pass.loader.train_batches(epoch)).take(STEPS as usize) {
        let step = curve.len() as u32;
        // A loss that is no number is the end of the test, not of the run.
        let Ok(mut found) = batch_gradients(pass, &batch, u64::from(step)) else { break };
        append(&mut curve, found.loss);
        if has_diverged(&curve) {
            break;
        }
        if let Some(limit) = pass.config.train.gradient_clip {
            clip_gradients(&mut found.gradients, limit);
        }
        optimizer.step(&found.gradients, rate(step));
    }
    curve
}

/// The rate of a step, counted from 0.
fn rate(step: u32) -> f64 {
    RATES[0] * (RATES[1] / RATES[0]).powf(f64::from(step) / f64::from(STEPS - 1))
}

/// The loss of one more step: the average is aᵢ = (β sᵢ₋₁ + (1 − β) lᵢ) / (1 − βⁱ), s being the average without the correction.
fn append(curve: &mut Vec<LrRow>, loss: f64) {
    let step = curve.len() as u32;
    let correction = |steps: u32| 1.0 - SMOOTHING.powi(steps as i32);
    let before = curve.last().map_or(0.0, |last| last.smoothed_loss * correction(step));
    let smoothed_loss = (SMOOTHING * before + (1.0 - SMOOTHING) * loss) / correction(step + 1);
    curve.push(LrRow { step: step + 1, learning_rate: rate(step), loss, smoothed_loss });
}

/// The step with the smallest average after those that fill it.
fn smallest(curve: &[LrRow]) -> Option<&LrRow> {
    curve.iter().skip(FILLING).min_by(|one, other| one.smoothed_loss.total_cmp(&other.smoothed_loss))
}

fn has_diverged(curve: &[LrRow]) -> bool {
    let last = curve.last().map_or(0.0, |row| row.smoothed_loss);
    smallest(curve).is_some_and(|smallest| last > DIVERGENCE * smallest.smoothed_loss)
}

/// A tenth of the rate with the smallest average; none where that is the first that counts, so that the loss never fell.
fn suggestion(curve: &[LrRow]) -> Option<f64> {
    smallest(curve).filter(|row| row.step as usize > FILLING + 1).map(|row| row.learning_rate * SAFETY)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn curve_of(losses: impl IntoIterator<Item = f64>) -> Vec<LrRow> {
        let mut curve = Vec::new();
        losses.into_iter().for_each(|loss| append(&mut curve, loss));
        curve
    }

    #[test]
    fn rates_rise_by_a_constant_factor_from_a_millionth_to_one() {
        let rows = curve_of([1.0; 100]);
        assert_eq!((rows[0].learning_rate, rows[0].step), (1e-6, 1));
        assert!((rows[99].learning_rate - 1.0).abs() < 1e-12 && (rows[33].learning_rate - 1e-4).abs() < 1e-12, "{:?}", rows[33]);
    }

    #[test]
    fn the_average_is_that_of_the_formula() {
        let losses = [3.0, 1.0, 2.0];
        let rows = curve_of(losses);
        for (place, row) in rows.iter().enumerate() {
            let weights: Vec<f64> = (0..=place).map(|back| 0.98_f64.powi((place - back) as i32)).collect();
            let sum: f64 = weights.iter().zip(losses).map(|(weight, loss)| weight * loss).sum();
            assert!((row.smoothed_loss - sum / weights.iter().sum::<f64>()).abs() < 1e-12, "{row:?}");
        }
    }

    #[test]
    fn a_tenth_of_the_rate_with_the_smallest_average_is_suggested() {
        // The loss falls until step 60 and is ten times as large from then on.
        let curve = curve_of((0..70).map(|step| if step < 60 { 1.0 - f64::from(step) / 100.0 } else { 10.0 }));
        assert!((suggestion(&curve).unwrap() - rate(59) / 10.0).abs() < 1e-15);
        assert!(!has_diverged(&curve[..60]));
        assert!(has_diverged(&curve_of((0..90).map(|step| if step < 60 { 1.0 } else { 10.0 }))));
    }

    #[test]
    fn an_easy_first_batch_decides_nothing_and_a_loss_that_only_rises_suggests_nothing() {
        let lucky = (0..50).map(|step| if step == 0 { 0.01 } else { 1.0 - f64::from(step) / 60.0 });
        assert!(suggestion(&curve_of(lucky)).is_some_and(|found| (found - rate(49) / 10.0).abs() < 1e-15));
        assert_eq!(suggestion(&curve_of((0..50).map(|step| 1.0 + f64::from(step)))), None);
        assert_eq!(suggestion(&curve_of([1.0; 5])), None);
        assert_eq!(suggestion(&[]), None);
    }
}
