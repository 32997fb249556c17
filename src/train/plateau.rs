//! The schedule that watches the validation MAE, as `PyTorch`'s `ReduceLROnPlateau` with its threshold of 1e-4, relative.

use serde::{Deserialize, Serialize};

use crate::plan::PlateauConfig;

/// A value is better only if it is smaller by this share.
const THRESHOLD: f64 = 1e-4;
/// A learning rate that would change by less stays as it is.
const SMALLEST_CHANGE: f64 = 1e-8;

/// What the schedule knows after some epochs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    /// What the learning rate is multiplied by now.
    pub scale: f64,
    /// The smallest validation MAE that counted as better; none before the first.
    pub best: Option<f64>,
    /// Epochs since then, or since the learning rate was lowered.
    pub waited: u32,
}

/// Lowers the learning rate when the validation MAE has stopped to fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plateau {
    config: PlateauConfig,
    pub(super) state: PlateauState,
}

impl Plateau {
    /// Before the first epoch.
    pub(super) fn new(config: PlateauConfig) -> Self {
        Self { config, state: PlateauState { scale: 1.0, best: None, waited: 0 } }
    }

    /// Take the value of an epoch. When more than `patience` epochs in a row were not better, the rate is multiplied by `factor`
    /// and the count begins anew.
    pub(super) fn observe(&mut self, val_mae: f64, peak: f64) {
        let state = &mut self.state;
        if state.best.is_none_or(|best| val_mae < best * (1.0 - THRESHOLD)) {
            (state.best, state.waited) = (Some(val_mae), 0);
        } else {
            state.waited += 1;
        }
        if state.waited > self.config.patience {
            let lower = state.scale * self.config.factor;
            if peak * (state.scale - lower) > SMALLEST_CHANGE {
                state.scale = lower;
            }
            state.waited = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::torch_fixture::{PlateauCourse, TorchFixture, all_close};

    #[test]
    fn the_rate_falls_when_that_of_pytorch_does() {
        for PlateauCourse { rate, patience, factor, val_mae, rates } in TorchFixture::read().plateau {
            let mut plateau = Plateau::new(PlateauConfig { patience, factor });
            let found: Vec<f64> = val_mae
                .iter()
                .map(|mae| {
                    plateau.observe(*mae, rate);
                    rate * plateau.state.scale
                })
                .collect();
            assert!(all_close(&found, &rates, 1e-11), "{found:?} instead of {rates:?}");
        }
    }
}
