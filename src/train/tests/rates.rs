//! Runs whose learning rate follows from what they see.

use tch::Tensor;

use super::{run, traces, with, with_pass};
use crate::plan::{Architecture, PlateauConfig, TrainConfig};
use crate::spec::{ImageSize, Pool, Schedule, YoloScale};
use crate::train::Optimizer;
use crate::train::lr_finder::find_learning_rate;
use crate::train::plateau::Plateau;

#[test]
fn the_rate_of_an_epoch_follows_from_the_validation_of_those_before() {
    let plateau = PlateauConfig { patience: 1, factor: 0.25 };
    let config = with(|train| {
        *train = TrainConfig { epochs: 14, learning_rate: 0.05, schedule: Schedule::Plateau, plateau: Some(plateau), ..train.clone() };
    });
    let (_, rows) = run(&config).unwrap();
    let mut expected = Plateau::new(plateau);
    for row in &rows {
        assert_eq!(row.learning_rate, 0.05 * expected.state.scale, "epoch {}", row.epoch);
        expected.observe(row.val_mae.unwrap(), 0.05);
    }
    assert!(rows.last().unwrap().learning_rate < 0.05, "the rate was never lowered: {rows:?}");
}

#[test]
fn a_run_with_a_found_rate_is_the_run_with_that_rate_given() {
    let finding = with(|train| train.find_lr = true);
    let (found, found_rows) = run(&finding).unwrap();
    let search = found.lr_search.clone().unwrap();
    assert!((1e-5..0.1).contains(&search.learning_rate) && search.curve.len() > 11, "{search:?}");
    assert_eq!(found_rows[0].learning_rate, search.learning_rate);
    let (given, given_rows) = run(&with(|train| train.learning_rate = search.learning_rate)).unwrap();
    assert!(given.lr_search.is_none());
    assert!(traces(&found, found_rows) == traces(&given, given_rows));
}

#[test]
fn a_range_test_trains_and_leaves_weights_and_running_statistics_as_they_were() {
    let mut config = with(|train| train.micro_batch_size = Some(3));
    config.architecture = Architecture::Yolo { scale: YoloScale::N };
    config.image.size = ImageSize { height: 32, width: 40 };
    config.head.pool = Pool::Avg;
    with_pass(&config, |pass, _| {
        let mut weights = pass.model.parameters().entries();
        assert!(weights.iter().any(|entry| !entry.trainable), "the network has running statistics");
        let before: Vec<Tensor> = weights.iter().map(|entry| entry.tensor.detach().copy()).collect();
        let optimizer = Optimizer::new(&config.train, &pass.parameters.tensors());
        let search = find_learning_rate(pass, &mut weights, optimizer).unwrap();
        let lowest = search.curve.iter().map(|row| row.loss).fold(f64::INFINITY, f64::min);
        assert!(lowest < 0.7 * search.curve[0].loss, "the test did not train: {:?}", search.curve);
        // The rate is far above the lowest ones, at which nothing happens, whatever the films of a batch are.
        assert!((1e-5..0.1).contains(&search.learning_rate), "{search:?}");
        for (entry, before) in weights.iter().zip(&before) {
            assert_eq!(entry.tensor, *before, "{}", entry.name);
        }
    });
}
