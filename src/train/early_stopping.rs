//! Which epoch is the best so far, and whether to go on.

use serde::{Deserialize, Serialize};

/// Follows the validation MAE over the epochs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EarlyStopping {
    patience: Option<u32>,
    best: Option<Best>,
}

/// The smallest validation MAE so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The first epoch with it.
    pub epoch: u32,
    /// Months.
    pub val_mae: f64,
}

impl EarlyStopping {
    /// Stops after `patience` epochs without a better value; never where there is none.
    pub(super) fn new(patience: Option<u32>) -> Self {
        Self { patience, best: None }
    }

    /// The best value so far, from which an interrupted run goes on.
    pub(super) fn best(&self) -> Option<Best> {
        self.best
    }

    /// Go on from a best value.
    pub(super) fn restore(&mut self, best: Option<Best>) {
        self.best = best;
    }

    /// Take the value of an epoch; whether it is the best so far. The first of equal values stays the best.
    pub(super) fn observe(&mut self, epoch: u32, val_mae: f64) -> bool {
        let better = self.best.is_none_or(|best| val_mae < best.val_mae);
        if better {
            self.best = Some(Best { epoch, val_mae });
        }
        better
    }

    /// Whether training should end after that epoch.
    pub(super) fn should_stop(&self, epoch: u32) -> bool {
        match (self.patience, self.best) {
            (Some(patience), Some(best)) => epoch - best.epoch >= patience,
            _ => false,
        }
    }

    /// The epoch with the smallest value so far.
    pub(super) fn best_epoch(&self) -> Option<u32> {
        self.best.map(|best| best.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_ends_after_patience_epochs_without_a_better_value() {
        let mut stopping = EarlyStopping::new(Some(2));
        let values = [9.0, 7.0, 7.0, 6.5, 8.0, 6.5];
        let seen: Vec<(bool, bool)> =
            (1..).zip(values).map(|(epoch, value)| (stopping.observe(epoch, value), stopping.should_stop(epoch))).collect();
        assert_eq!(seen, [(true, false), (true, false), (false, false), (true, false), (false, false), (false, true)]);
        assert_eq!(stopping.best_epoch(), Some(4));
    }

    #[test]
    fn without_patience_training_never_ends_early() {
        let mut stopping = EarlyStopping::new(None);
        stopping.observe(1, 1.0);
        assert!(!stopping.should_stop(1000));
    }
}
