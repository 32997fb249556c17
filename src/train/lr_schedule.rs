//! The learning rate as a pure function of the step.

use crate::plan::TrainConfig;
use crate::spec::Schedule;

/// The learning rate of a step, counted from 0, of `total_steps`.
///
/// During the warm-up it rises linearly from `peak / steps` to the peak. After that `constant` keeps the peak; `cosine`
/// is peak · (1 + cos(π t)) / 2 with t from 0 to 1 over the remaining steps (Loshchilov & Hutter 2016,
/// arXiv 1608.03983, without restarts); `step` divides by ten at 1/3 and again at 2/3 of all steps; `one_cycle` is described
/// at [`one_cycle`]. What `plateau` multiplies the peak by depends on the validation and is no function of the step: see
/// [`Plateau`](super::plateau::Plateau).
pub(super) fn learning_rate(config: &TrainConfig, step: u64, steps_per_epoch: u64) -> f64 {
    let total = u64::from(config.epochs) * steps_per_epoch;
    let warmup = ((config.warmup_epochs * steps_per_epoch as f64).round() as u64).min(total);
    if step < warmup {
        return config.learning_rate * (step + 1) as f64 / warmup as f64;
    }
    match config.schedule {
        Schedule::Constant | Schedule::Plateau => config.learning_rate,
        Schedule::Cosine => {
            let progress = (step - warmup) as f64 / (total - warmup).max(1) as f64;
            config.learning_rate * f64::midpoint(1.0, (std::f64::consts::PI * progress).cos())
        }
        Schedule::Step => config.learning_rate * 0.1f64.powi((3 * step / total.max(1)) as i32),
        Schedule::OneCycle => one_cycle(config.learning_rate, step, total),
    }
}

/// Share of the steps over which a cycle rises.
const RISE: f64 = 0.3;
/// What the peak is divided by where a cycle begins.
const START: f64 = 25.0;
/// What that is divided by again where it ends.
const END: f64 = 1e4;

/// One cycle (Smith & Topin 2017, arXiv 1708.07120) with the two phases, the shape and the numbers of `PyTorch`'s `OneCycleLR`: from
/// peak / 25 up to the peak at step 0.3 · total − 1, and down to peak / 250 000 at the last step, each along half a cosine,
/// b + (a − b) (1 + cos(π t)) / 2 from a to b. The momentum stays as it is.
fn one_cycle(peak: f64, step: u64, total: u64) -> f64 {
    let start = peak / START;
    let (step, top, last) = (step as f64, RISE * total as f64 - 1.0, total as f64 - 1.0);
    let between = |a: f64, b: f64, t: f64| b + (a - b) / 2.0 * (1.0 + (std::f64::consts::PI * t).cos());
    if step <= top { between(start, peak, step / top) } else { between(peak, start / END, (step - top) / (last - top)) }
}

/// Whether a longer run has the learning rates of a shorter one in all epochs of the shorter.
pub fn agree_until(shorter: &TrainConfig, longer: &TrainConfig, steps_per_epoch: u64) -> bool {
    let rate = |config, step| learning_rate(config, step, steps_per_epoch);
    (0..u64::from(shorter.epochs) * steps_per_epoch).all(|step| rate(shorter, step) == rate(longer, step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixtures::train_config;
    use crate::train::torch_fixture::{Cycle, TorchFixture, all_close};

    fn rates(schedule: Schedule, warmup_epochs: f64) -> Vec<f64> {
        let config = TrainConfig { epochs: 3, learning_rate: 1.0, schedule, warmup_epochs, ..train_config() };
        (0..12).map(|step| learning_rate(&config, step, 4)).collect()
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} instead of {expected:?}");
    }

    #[test]
    fn the_warm_up_rises_linearly_to_the_peak() {
        close(&rates(Schedule::Constant, 1.0), &[0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        close(&rates(Schedule::Constant, 0.5)[..3], &[0.5, 1.0, 1.0]);
    }

    #[test]
    fn the_step_schedule_divides_by_ten_at_each_third() {
        close(&rates(Schedule::Step, 0.0), &[1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01]);
    }

    #[test]
    fn the_cosine_falls_from_the_peak_through_the_half_towards_zero() {
        let found = rates(Schedule::Cosine, 0.0);
        close(&[found[0], found[6]], &[1.0, 0.5]);
        assert!(found.windows(2).all(|pair| pair[1] < pair[0]), "{found:?}");
        assert!(found[11] < 0.02, "{found:?}");
    }

    #[test]
    fn one_cycle_is_that_of_pytorch() {
        for Cycle { peak, rates } in TorchFixture::read().one_cycle {
            let steps = rates.len() as u64;
            let config = TrainConfig { epochs: 1, learning_rate: peak, schedule: Schedule::OneCycle, ..train_config() };
            let found: Vec<f64> = (0..steps).map(|step| learning_rate(&config, step, steps)).collect();
            assert!(all_close(&found, &rates, 1e-9), "{found:?} instead of {rates:?}");
        }
    }

    #[test]
    fn only_a_schedule_that_does_not_know_the_end_agrees_with_a_longer_one() {
        let agrees = |schedule, warmup_epochs, epochs| {
            let shorter = TrainConfig { epochs: 3, schedule, warmup_epochs, ..train_config() };
            agree_until(&shorter, &TrainConfig { epochs, ..shorter.clone() }, 4)
        };
        for (schedule, warmup_epochs, expected) in [
            (Schedule::Constant, 0.0, true),
            (Schedule::Constant, 1.5, true),
            // A warm-up that the shorter run does not get through is steeper there.
            (Schedule::Constant, 4.0, false),
            (Schedule::Cosine, 0.0, false),
            (Schedule::Step, 0.0, false),
            (Schedule::OneCycle, 0.0, false),
            // It does not know the end: what it multiplies by is in the checkpoint.
            (Schedule::Plateau, 1.0, true),
        ] {
            assert_eq!(agrees(schedule, warmup_epochs, 5), expected, "{schedule:?} after a warm-up of {warmup_epochs}");
            assert!(agrees(schedule, warmup_epochs, 3), "{schedule:?} with itself");
        }
    }
}
