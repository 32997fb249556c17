//! The loss on the standardised target.

use tch::{Reduction, Tensor};

use crate::spec::Loss;

/// The mean loss of a batch. Mean squared error, mean absolute error, or Huber's loss with its corner at 1: e² / 2 for
/// |e| ≤ 1 and |e| − 1/2 beyond (Huber 1964).
///
/// # Shapes
/// `predicted` and `targets` `[N, 1]` → scalar, fp32.
pub(super) fn mean_loss(loss: Loss, predicted: &Tensor, targets: &Tensor) -> Tensor {
    match loss {
        Loss::Mse => predicted.mse_loss(targets, Reduction::Mean),
        Loss::Mae => predicted.l1_loss(targets, Reduction::Mean),
        Loss::Huber => predicted.huber_loss(targets, Reduction::Mean, 1.0),
    }
}

/// The same mean loss from errors on the standardised target, in double precision, for the figures of a whole part.
pub(super) fn loss_of_errors(loss: Loss, errors: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = errors.len() as f64;
    let one = |error: f64| match loss {
        Loss::Mse => error * error,
        Loss::Mae => error.abs(),
        Loss::Huber if error.abs() <= 1.0 => error * error / 2.0,
        Loss::Huber => error.abs() - 0.5,
    };
    errors.map(one).sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_equal_a_hand_made_table() {
        let predicted = Tensor::from_slice(&[0.0f32, 1.5, -2.0, 0.5]).view([4, 1]);
        let targets = Tensor::from_slice(&[0.0f32, 1.0, 1.0, 0.0]).view([4, 1]);
        // Errors 0, 0.5, -3, 0.5.
        for (loss, expected) in [(Loss::Mse, 9.5 / 4.0), (Loss::Mae, 1.0), (Loss::Huber, (0.125 + 2.5 + 0.125) / 4.0)] {
            let found = mean_loss(loss, &predicted, &targets).double_value(&[]);
            assert!((found - expected).abs() < 1e-7, "{loss:?}: {found} instead of {expected}");
            let found = loss_of_errors(loss, [0.0, 0.5, -3.0, 0.5].into_iter());
            assert!((found - expected).abs() < 1e-15, "{loss:?}: {found} instead of {expected}");
        }
    }
}
