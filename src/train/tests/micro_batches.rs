//! A step in parts against the step as a whole.

use tch::{Kind, Tensor};

use super::{run, traces, with, with_pass};
use crate::data::Batch;
use crate::plan::{RunConfig, TrainConfig};
use crate::spec::Loss;
use crate::train::epoch::Pass;
use crate::train::step::{BatchGradients, Figures, batch_gradients, part_gradients};

/// Of the first batch of an epoch, at a step that is not the first.
fn gradients(config: &RunConfig, act: impl Fn(&Pass, &Batch) -> BatchGradients) -> BatchGradients {
    with_pass(config, |pass, _| {
        pass.parameters.begin_epoch(1);
        act(pass, &pass.loader.train_batches(1).next().unwrap())
    })
}

fn whole_or_not(config: &RunConfig) -> BatchGradients {
    gradients(config, |pass, batch| batch_gradients(pass, batch, 7))
}

fn bits(found: &BatchGradients) -> (Vec<Vec<f32>>, [u64; 3]) {
    let flat = |gradient: &Tensor| Vec::<f32>::try_from(gradient.contiguous().view(-1)).unwrap();
    let Figures { loss, absolute_errors, accurate } = found.figures.read();
    let figures = [loss, absolute_errors, accurate].map(f64::to_bits);
    (found.gradients.iter().map(flat).collect(), figures)
}

fn settings(loss: Loss, micro_batch_size: Option<u32>, dropout: f64) -> RunConfig {
    let mut config = with(|train| *train = TrainConfig { batch_size: 7, loss, micro_batch_size, ..train.clone() });
    config.head.dropout = dropout;
    config.head.age_bins = (loss == Loss::Distribution).then_some(20);
    config
}

#[test]
fn gradients_of_parts_add_up_to_those_of_the_whole_batch() {
    for loss in [Loss::Mse, Loss::Mae, Loss::Huber, Loss::Distribution] {
        let whole = whole_or_not(&settings(loss, None, 0.0));
        // Parts of 3 and 4, of 2, 2, 1 and 2, and of single films.
        for size in [4, 2, 1] {
            let parts = whole_or_not(&settings(loss, Some(size), 0.0));
            for (found, expected) in parts.gradients.iter().zip(&whole.gradients) {
                let largest = expected.abs().max().double_value(&[]);
                let error = (found - expected).abs().max().double_value(&[]);
                assert!(largest > 0.0 && error < 2e-5 * largest, "{loss:?}, {size} at once: {error} of {largest}");
            }
            let (parts, whole) = (parts.figures.read(), whole.figures.read());
            for (found, expected) in [(parts.loss, whole.loss), (parts.absolute_errors, whole.absolute_errors)] {
                assert!((found / expected - 1.0).abs() < 1e-5, "{loss:?}, {size} at once: {found} instead of {expected}");
            }
            assert_eq!(parts.accurate, whole.accurate);
        }
    }
}

#[test]
fn a_run_in_micro_batches_ends_where_one_in_whole_batches_does() {
    let weights = |micro_batch_size| run(&settings(Loss::Mse, micro_batch_size, 0.0)).unwrap();
    let ((whole, whole_rows), (parts, parts_rows)) = (weights(None), weights(Some(3)));
    for ((name, found), (_, expected)) in parts.weights.iter().zip(&whole.weights) {
        let distance = (found - expected).abs().max().double_value(&[]);
        assert!(distance < 1e-4, "{name}: {distance}");
    }
    for (found, expected) in parts_rows.iter().zip(&whole_rows) {
        assert!((found.train_mae / expected.train_mae - 1.0).abs() < 1e-4 && (found.train_loss / expected.train_loss - 1.0).abs() < 1e-4);
    }
}

#[test]
fn a_whole_batch_keeps_the_draws_of_its_step_and_each_part_has_its_own() {
    let whole = |micro| bits(&whole_or_not(&settings(Loss::Mse, micro, 0.5)));
    let keyed = gradients(&settings(Loss::Mse, None, 0.5), |pass, batch| part_gradients(pass, batch, 1.0, &[7]));
    assert_eq!(whole(None), bits(&keyed));
    assert_eq!(whole(None), whole(Some(7)), "one part is the whole");
    assert_eq!(whole(Some(3)), whole(Some(3)));
    let of_part = |range: std::ops::Range<usize>, key: [u64; 2]| {
        gradients(&settings(Loss::Mse, Some(4), 0.5), |pass, batch| {
            part_gradients(pass, &batch.part(range.clone()), range.len() as f64 / 7.0, &key)
        })
    };
    let (first, second) = (of_part(0..3, [7, 0]), of_part(3..7, [7, 1]));
    let sum = whole_or_not(&settings(Loss::Mse, Some(4), 0.5));
    let loss = |found: &BatchGradients| found.figures.read().loss;
    assert_eq!(loss(&sum), loss(&first) + loss(&second));
    for ((sum, first), second) in sum.gradients.iter().zip(&first.gradients).zip(&second.gradients) {
        assert_eq!(*sum, first + second);
    }
    assert_ne!(bits(&second), bits(&of_part(3..7, [7, 0])), "the parts do not share their draws");
}

#[test]
fn a_run_in_micro_batches_repeats_its_bits() {
    let config = settings(Loss::Mae, Some(2), 0.5);
    let once = || {
        let (trained, rows) = run(&config).unwrap();
        traces(&trained, rows)
    };
    assert!(once() == once());
    let norm = |found: &BatchGradients| found.gradients[0].norm().to_kind(Kind::Double).double_value(&[]);
    assert!(norm(&whole_or_not(&config)) > 0.0);
}
