//! Losses of the error on the standardised target.

use tch::{Reduction, Tensor};

/// A loss that knows nothing but the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorLoss {
    /// Mean squared error.
    Mse,
    /// Mean absolute error.
    Mae,
    /// Huber's loss with its corner at 1: e² / 2 for |e| ≤ 1 and |e| − 1/2 beyond (Huber 1964).
    Huber,
}

impl ErrorLoss {
    /// The mean loss of a batch.
    ///
    /// # Shapes
    /// `predicted` and `targets` `[N, 1]` → scalar, fp32.
    pub(super) fn mean(self, predicted: &Tensor, targets: &Tensor) -> Tensor {
        match self {
            Self::Mse => predicted.mse_loss(targets, Reduction::Mean),
            Self::Mae => predicted.l1_loss(targets, Reduction::Mean),
            Self::Huber => predicted.huber_loss(targets, Reduction::Mean, 1.0),
        }
    }

    /// The same of one error, in double precision, for the figures of a whole part.
    pub(super) fn of_error(self, error: f64) -> f64 {
        match self {
            Self::Mse => error * error,
            Self::Mae => error.abs(),
            Self::Huber if error.abs() <= 1.0 => error * error / 2.0,
            Self::Huber => error.abs() - 0.5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_equal_a_hand_made_table() {
        let predicted = Tensor::from_slice(&[0.0f32, 1.5, -2.0, 0.5]).view([4, 1]);
        let targets = Tensor::from_slice(&[0.0f32, 1.0, 1.0, 0.0]).view([4, 1]);
        // Errors 0, 0.5, -3, 0.5.
        for (loss, expected) in [(ErrorLoss::Mse, 9.5 / 4.0), (ErrorLoss::Mae, 1.0), (ErrorLoss::Huber, (0.125 + 2.5 + 0.125) / 4.0)] {
            let found = loss.mean(&predicted, &targets).double_value(&[]);
            assert!((found - expected).abs() < 1e-7, "{loss:?}: {found} instead of {expected}");
            let found = [0.0, 0.5, -3.0, 0.5].map(|error| loss.of_error(error)).iter().sum::<f64>() / 4.0;
            assert!((found - expected).abs() < 1e-15, "{loss:?}: {found} instead of {expected}");
        }
    }
}
