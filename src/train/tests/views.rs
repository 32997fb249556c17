//! Final predictions over several views of each film.

use tch::Kind;

use super::{run, run_config, with_pass};
use crate::backbone::Context;
use crate::plan::{AugmentConfig, RunConfig};
use crate::spec::{Loss, Split};

fn config(tta: Option<u32>, loss: Loss) -> RunConfig {
    let mut config = run_config();
    config.augment = AugmentConfig { rotate: 10.0, brightness: 0.1, flip: 0.5, ..AugmentConfig::default() };
    config.evaluation.tta = tta;
    config.train.loss = loss;
    config.head.age_bins = (loss == Loss::Distribution).then_some(20);
    config
}

#[test]
fn predictions_are_the_mean_over_the_film_and_its_changed_views() {
    for loss in [Loss::Mse, Loss::Distribution] {
        let (trained, _) = run(&config(Some(3), loss)).unwrap();
        let by_hand = with_pass(&config(None, loss), |pass, data| {
            tch::no_grad(|| {
                for (mut entry, (_, value)) in pass.model.parameters().entries().into_iter().zip(&trained.weights) {
                    entry.tensor.copy_(value);
                }
            });
            let mut ages = Vec::new();
            for film in data.partition.val.iter().chain(&data.partition.test) {
                let views = [0, 1, 2].map(|view| {
                    let batch = pass.loader.eval_batches(std::slice::from_ref(film), view).next().unwrap();
                    let age = tch::no_grad(|| pass.model.forward(&batch.images, &batch.sex, &Context::eval(Kind::Float)));
                    pass.loader.target_scale().restore(age.double_value(&[0, 0]))
                });
                assert!(views[0] != views[1] && views[1] != views[2], "{views:?}");
                ages.push(views.iter().sum::<f64>() / 3.0);
            }
            ages
        });
        assert_eq!(trained.predictions.len(), by_hand.len());
        for (row, age) in trained.predictions.iter().zip(&by_hand) {
            // Films evaluated one by one differ in the last digits from films evaluated together.
            assert!((row.predicted - age).abs() < 2e-3, "{loss:?}: {row:?} instead of {age}");
        }
    }
}

#[test]
fn views_change_the_final_figures_of_validation_and_test_and_nothing_else() {
    for loss in [Loss::Mae, Loss::Distribution] {
        let ((plain, plain_rows), (averaged, averaged_rows)) = (run(&config(None, loss)).unwrap(), run(&config(Some(4), loss)).unwrap());
        assert_eq!(plain_rows, averaged_rows);
        assert_eq!(plain.figures.train, averaged.figures.train);
        assert_eq!(plain.baseline, averaged.baseline);
        assert_eq!((plain.tta, averaged.tta), (None, Some(4)));
        for (split, plain, averaged) in
            [(Split::Val, &plain.figures.val, &averaged.figures.val), (Split::Test, &plain.figures.test, &averaged.figures.test)]
        {
            let (plain, averaged) = (plain.as_ref().unwrap(), averaged.as_ref().unwrap());
            assert!(plain.mae != averaged.mae && plain.loss != averaged.loss, "{loss:?} {split:?}");
        }
        let of_test: Vec<_> = averaged.predictions.iter().filter(|row| row.split == Split::Test).collect();
        let mae = of_test.iter().map(|row| (row.predicted - row.target).abs()).sum::<f64>() / of_test.len() as f64;
        assert!((mae - averaged.figures.test.unwrap().mae).abs() < 1e-9);
    }
}
