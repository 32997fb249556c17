//! What the present weights predict for films, as they are or averaged over views of them.

use tch::{Kind, Tensor};

use super::epoch::Pass;
use super::objective::Objective;
use crate::backbone::Context;
use crate::device;

/// Predictions for some films, in their order.
#[derive(Debug)]
pub(super) struct Evaluation {
    /// Ages in months.
    pub(super) ages: Vec<f64>,
    /// Logarithms of the probabilities of the bins, `[N, bins]` doubles; none where the network predicts ages.
    pub(super) log_probabilities: Option<Tensor>,
}

/// Evaluate films. The first view of a film is the film as it is, each other one a random change of it by the run's augmentation, which
/// depends on the seed, the film and the number of the view alone. Ages are averaged over the views, and so are the probabilities
/// of bins.
pub(super) fn evaluate(pass: &Pass, indices: &[usize], views: u32) -> Evaluation {
    let (sum, logs) = tch::no_grad(|| {
        (0..views)
            .map(|view| evaluate_view(pass, indices, view))
            .reduce(|(sum, logs), (next, next_logs)| (sum + next, logs.zip(next_logs).map(|(one, other)| one.logaddexp(&other))))
            .expect("there is one view at least")
    });
    let mean = Vec::<f64>::try_from(sum / f64::from(views)).expect("a one-dimensional tensor of doubles");
    let scale = pass.loader.target_scale();
    Evaluation {
        ages: mean.into_iter().map(|age| scale.restore(age)).collect(),
        log_probabilities: logs.map(|logs| logs - f64::from(views).ln()),
    }
}

/// # Shapes
/// → standardised ages `[N]` and, where there are bins, the logarithms of their probabilities `[N, bins]`, doubles.
fn evaluate_view(pass: &Pass, indices: &[usize], view: u32) -> (Tensor, Option<Tensor>) {
    let context = Context::eval(device::compute_kind(pass.config.train.precision));
    let (mut ages, mut logs) = (Vec::new(), Vec::new());
    for batch in pass.loader.eval_batches(indices, view) {
        let outputs = pass.work.time(|| pass.model.outputs(&batch.images, &batch.sex, &context));
        if let Objective::Distribution(_) = pass.objective {
            logs.push(outputs.to_kind(Kind::Double).log_softmax(1, Kind::Double));
        }
        ages.push(pass.model.ages(outputs).view(-1).to_kind(Kind::Double));
    }
    (Tensor::cat(&ages, 0), (!logs.is_empty()).then(|| Tensor::cat(&logs, 0)))
}
