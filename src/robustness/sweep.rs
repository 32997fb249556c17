//! A run's errors on films that are changed.

use rand::Rng;
use tch::Tensor;

use super::SweepRow;
use super::change::points;
use crate::data::{AugmentKey, FilmStore, Sample, augment, change_films, sex_number, stack_films};
use crate::device::send;
use crate::metric;
use crate::predict::TrainedModel;
use crate::random::{Purpose, keyed, name_part};

/// Seed of the noise: the same for every run, so that all see the same films.
const NOISE_SEED: u64 = 0;

/// The films that a run is judged by.
#[derive(Clone, Copy)]
pub struct SweepFilms<'a> {
    /// Films as the run's images are.
    pub store: &'a dyn FilmStore,
    /// All samples, in the order of the store.
    pub samples: &'a [Sample],
    /// Those that are looked at.
    pub indices: &'a [usize],
}

/// A row for each change and strength, the films as they are first: prepared, standardised and, where the run's predictions are
/// means over views, averaged over views as the run's predictions are.
///
/// `progress` is called with the films that are done.
///
/// # Panics
/// If there is no film.
pub fn sweep(model: &TrainedModel, films: SweepFilms, progress: &mut dyn FnMut(usize)) -> Vec<SweepRow> {
    let points = points();
    let mut ages: Vec<Vec<f64>> = vec![Vec::new(); points.len()];
    let train = &model.config().train;
    let batch_size = train.micro_batch_size.unwrap_or(train.batch_size) as usize;
    for indices in films.indices.chunks(batch_size) {
        let batch = Batch::new(model, films, indices);
        for ((change, strength), ages) in points.iter().zip(&mut ages) {
            let changed = tch::no_grad(|| change_films(&batch.films, change.at(*strength), &batch.noise_keys));
            ages.extend(batch.ages(model, &changed));
        }
        progress(ages[0].len());
    }
    let targets: Vec<f64> = films.indices.iter().map(|index| films.samples[*index].age_months).collect();
    let row = |((change, strength), ages): ((super::Change, f64), Vec<f64>)| SweepRow {
        change,
        strength,
        unit: change.unit().to_owned(),
        count: targets.len() as u64,
        mae_months: metric::mae(&targets, &ages),
        bias_months: metric::bias(&targets, &ages),
    };
    points.into_iter().zip(ages).map(row).collect()
}

/// Some films, before they are changed.
struct Batch {
    /// `[N, C, H, W]`, 0 to 1.
    films: Tensor,
    /// `[N, 1]`.
    sex: Tensor,
    noise_keys: Vec<u32>,
    indices: Vec<usize>,
}

impl Batch {
    fn new(model: &TrainedModel, films: SweepFilms, indices: &[usize]) -> Self {
        let device = model.network().parameters().device();
        let sample = |index: &usize| &films.samples[*index];
        let sex: Vec<f32> = indices.iter().map(|index| sex_number(sample(index).sex) as f32).collect();
        let noise_key = |index| keyed(NOISE_SEED, Purpose::Robustness, &[name_part(&sample(index).id)]).next_u32();
        Self {
            films: stack_films(films.store, indices, device),
            sex: send(Tensor::from_slice(&sex).view([-1, 1]), device),
            noise_keys: indices.iter().map(noise_key).collect(),
            indices: indices.to_vec(),
        }
    }

    /// Ages in months of the changed films. The first view is the film, each other one a random change of it, by the same key as in
    /// training's own evaluation.
    fn ages(&self, model: &TrainedModel, changed: &Tensor) -> Vec<f64> {
        let config = model.config();
        let views = config.evaluation.tta.unwrap_or(1);
        let key =
            |view: u32| move |index: &usize| AugmentKey { seed: config.seed, epoch: 0, sample: *index as u64, repeat: u64::from(view) };
        let mut sum = vec![0.0; self.indices.len()];
        for view in 0..views {
            let keys: Vec<AugmentKey> = self.indices.iter().map(key(view)).collect();
            let images = if view == 0 { changed.shallow_clone() } else { tch::no_grad(|| augment(changed, &config.augment, &keys)) };
            let ages = model.months(&model.standardised(&images), &self.sex);
            sum.iter_mut().zip(ages).for_each(|(sum, age)| *sum += age);
        }
        sum.into_iter().map(|sum| sum / f64::from(views)).collect()
    }
}
