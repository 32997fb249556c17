//! What a forward pass needs besides its input: the mode, the number format and the draws of dropout.

use std::cell::{Cell, RefCell};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

use crate::device::send;

/// Handed down through every layer of one forward pass.
#[derive(Debug)]
pub struct Context {
    compute: Kind,
    rng: Option<RefCell<ChaCha8Rng>>,
    multiply_adds: Cell<u64>,
}

impl Context {
    /// For a training step: dropout and stochastic depth draw from `rng`, batch norms use the batch.
    pub fn train(compute: Kind, rng: ChaCha8Rng) -> Self {
        Self { compute, rng: Some(RefCell::new(rng)), multiply_adds: Cell::new(0) }
    }

    /// For evaluation: nothing is random, batch norms use their running statistics.
    pub fn eval(compute: Kind) -> Self {
        Self { compute, rng: None, multiply_adds: Cell::new(0) }
    }

    /// Whether this is a training step.
    pub fn is_training(&self) -> bool {
        self.rng.is_some()
    }

    /// The kind in which convolutions and matrix products are computed.
    pub fn compute_kind(&self) -> Kind {
        self.compute
    }

    /// Note the multiply-adds of a layer, from which a network's GFLOPs are counted.
    pub fn count_multiply_adds(&self, count: i64) {
        self.multiply_adds.set(self.multiply_adds.get() + count as u64);
    }

    /// Multiply-adds of all convolutions and matrix products so far.
    pub fn multiply_adds(&self) -> u64 {
        self.multiply_adds.get()
    }

    /// Zero each element with probability `p` in training and scale the others by 1 / (1 − p); the identity otherwise.
    ///
    /// # Shapes
    /// Any; unchanged.
    pub fn dropout(&self, xs: &Tensor, p: f64) -> Tensor {
        self.mask(&xs.size(), xs, p)
    }

    /// Stochastic depth (Huang et al. 2016, arXiv 1603.09382): zero each sample of a residual branch with probability
    /// `p` in training and scale the others by 1 / (1 − p).
    ///
    /// # Shapes
    /// `[N, ...]`; unchanged.
    pub fn drop_path(&self, xs: &Tensor, p: f64) -> Tensor {
        let mut shape = vec![1; xs.dim()];
        shape[0] = xs.size()[0];
        self.mask(&shape, xs, p)
    }

    fn mask(&self, shape: &[i64], xs: &Tensor, p: f64) -> Tensor {
        let Some(rng) = self.rng.as_ref().filter(|_| p > 0.0) else {
            return xs.shallow_clone();
        };
        let count = shape.iter().product::<i64>() as usize;
        let kept = if p < 1.0 { (1.0 / (1.0 - p)) as f32 } else { 0.0 };
        let mut rng = rng.borrow_mut();
        let mask: Vec<f32> = (0..count).map(|_| if rng.random::<f64>() < p { 0.0 } else { kept }).collect();
        xs * send(Tensor::from_slice(&mask).view(shape), xs.device()).to_kind(xs.kind())
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::random::{Purpose, keyed};

    fn train() -> Context {
        Context::train(Kind::Float, keyed(1, Purpose::Dropout, &[0]))
    }

    #[test]
    fn dropout_keeps_the_mean_and_draws_anew_each_time() {
        let xs = Tensor::ones([100, 200], (Kind::Float, Device::Cpu));
        let context = train();
        let ys = context.dropout(&xs, 0.3);
        let zeros = 1.0 - ys.count_nonzero(None).double_value(&[]) / 20_000.0;
        assert!((zeros - 0.3).abs() < 0.02, "{zeros}");
        assert!((ys.mean(Kind::Double).double_value(&[]) - 1.0).abs() < 0.03);
        assert_ne!(ys, context.dropout(&xs, 0.3));
        assert_eq!(ys, train().dropout(&xs, 0.3));
        assert_eq!(xs, Context::eval(Kind::Float).dropout(&xs, 0.3));
    }

    #[test]
    fn drop_path_drops_whole_samples() {
        let xs = Tensor::ones([50, 3, 2], (Kind::Float, Device::Cpu));
        let sums = Vec::<f32>::try_from(train().drop_path(&xs, 0.5).sum_dim_intlist([1, 2].as_slice(), false, Kind::Float)).unwrap();
        assert!(sums.iter().all(|sum| *sum == 0.0 || *sum == 12.0), "{sums:?}");
        assert!(sums.contains(&0.0) && sums.contains(&12.0));
    }
}
