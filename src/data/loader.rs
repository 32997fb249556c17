//! From stored films to batches: films of 8 or 16 bits and labels in, standardised tensors on the device out.
//!
//! Films travel to the device as they are stored and become numbers there. Training batches are augmented, then standardised;
//! evaluation batches are standardised only, and come in the order asked for.

use std::ops::Range;

use tch::{Device, Tensor};

use super::augment::{AugmentKey, augment};
use super::normalize::{Normalization, TargetScale};
use super::order::{Draw, Order};
use super::pixels::{Levels, Pixels};
use super::sample::{Sample, Sex};
use crate::device::{channels_last, send};
use crate::plan::{AugmentConfig, ImageConfig, InputNormalization};

/// Films of one size, decoded and resized, by the index of their sample.
pub trait FilmStore {
    /// Grey levels or colours of a film, plane by plane and row by row: C × H × W levels, of one depth in all films.
    fn film(&self, index: usize) -> Levels<'_>;

    /// What every film was turned into.
    fn image(&self) -> ImageConfig;
}

/// Some films with their labels, on the device.
#[derive(Debug)]
pub struct Batch {
    /// `[N, C, H, W]` fp32, standardised, channels-last.
    pub images: Tensor,
    /// `[N, 1]` fp32: standardised ages.
    pub targets: Tensor,
    /// `[N, 1]` fp32: 0 female, 1 male, 0.5 neither or unknown.
    pub sex: Tensor,
    /// Which samples they are.
    pub indices: Vec<usize>,
}

impl Batch {
    /// Some of its films, in their order.
    ///
    /// # Panics
    /// If the range is beyond its films.
    pub fn part(&self, films: Range<usize>) -> Self {
        let (start, length) = (films.start as i64, films.len() as i64);
        let part = |tensor: &Tensor| tensor.narrow(0, start, length);
        Self { images: part(&self.images), targets: part(&self.targets), sex: part(&self.sex), indices: self.indices[films].to_vec() }
    }
}

/// What a loader needs to know.
#[derive(Debug, Clone)]
pub struct LoaderConfig {
    /// Seed of order and augmentation.
    pub seed: u64,
    /// Images per batch.
    pub batch_size: usize,
    /// Films of a batch that is only evaluated.
    pub eval_batch_size: usize,
    /// Changes of the training images, and which classes are drawn equally often.
    pub augment: AugmentConfig,
    /// By what the channels are standardised.
    pub normalization: InputNormalization,
    /// Where the batches go.
    pub device: Device,
}

/// Makes the batches of one run.
pub struct Loader<'a> {
    store: &'a dyn FilmStore,
    samples: &'a [Sample],
    order: Order,
    normalization: Normalization,
    target_scale: TargetScale,
    config: LoaderConfig,
}

impl<'a> Loader<'a> {
    /// A loader that trains on the samples with the indices `train`, by whose films and ages everything is standardised.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(store: &'a dyn FilmStore, samples: &'a [Sample], train: &[usize], config: LoaderConfig) -> Self {
        let ages: Vec<f64> = train.iter().map(|index| samples[*index].age_months).collect();
        Self {
            store,
            samples,
            order: Order::new(train, samples, &config.augment.balance, config.augment.balance_to),
            normalization: match &config.normalization {
                InputNormalization::TrainingPart => Normalization::of(store, train),
                InputNormalization::Fixed { mean, std } => Normalization { mean: mean.clone(), std: std.clone() },
            },
            target_scale: TargetScale::of(&ages),
            config,
        }
    }

    /// By which images are standardised.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// By which ages are standardised.
    pub fn target_scale(&self) -> TargetScale {
        self.target_scale
    }

    /// Number of training images in an epoch.
    pub fn images_per_epoch(&self) -> usize {
        self.order.len()
    }

    /// Number of training batches in an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        train_ranges(self.order.len(), self.config.batch_size).len()
    }

    /// The training batches of an epoch. The last one may be smaller than the others, but a last one of a single image is
    /// joined to the one before, for a batch norm cannot be computed over one image of one pixel. (Where the whole
    /// training part is one image, or batches of one were asked for, batches of one there are.)
    pub fn train_batches(&self, epoch: u64) -> impl Iterator<Item = Batch> {
        self.train_batches_from(epoch, 0)
    }

    /// The same batches without the first `skipped` of them, which are not made.
    pub fn train_batches_from(&self, epoch: u64, skipped: u64) -> impl Iterator<Item = Batch> {
        let draws = self.order.epoch(self.config.seed, epoch);
        let ranges = train_ranges(draws.len(), self.config.batch_size);
        ranges.into_iter().skip(skipped as usize).map(move |range| self.train_batch(epoch, &draws[range]))
    }

    /// Batches of the samples with those indices, in that order; the last one may be smaller. In view 0 the films are as they are; in
    /// each further one they are changed at random by the run's augmentation, as the seed, the film and the view say. Epochs
    /// count from 1, so that no draw of training is met again.
    pub fn eval_batches<'b>(&'b self, indices: &'b [usize], view: u32) -> impl Iterator<Item = Batch> + 'b {
        let changed = move |films: &[usize]| -> Vec<AugmentKey> {
            let key = |index: &usize| AugmentKey { seed: self.config.seed, epoch: 0, sample: *index as u64, repeat: u64::from(view) };
            films.iter().map(key).collect()
        };
        indices.chunks(self.config.eval_batch_size).map(move |films| match view {
            0 => self.batch(films, |images| images),
            _ => self.batch(films, |images| augment(&images, &self.config.augment, &changed(films))),
        })
    }

    fn train_batch(&self, epoch: u64, draws: &[Draw]) -> Batch {
        let seed = self.config.seed;
        let key = |draw: &Draw| AugmentKey { seed, epoch, sample: draw.index as u64, repeat: draw.repeat };
        let keys: Vec<AugmentKey> = draws.iter().map(key).collect();
        let indices: Vec<usize> = draws.iter().map(|draw| draw.index).collect();
        self.batch(&indices, |images| augment(&images, &self.config.augment, &keys))
    }

    fn batch(&self, indices: &[usize], change: impl Fn(Tensor) -> Tensor) -> Batch {
        let images = change(stack_films(self.store, indices, self.config.device));
        let column = |value: &dyn Fn(&Sample) -> f64| {
            let values: Vec<f32> = indices.iter().map(|index| value(&self.samples[*index]) as f32).collect();
            send(Tensor::from_slice(&values).view([-1, 1]), self.config.device)
        };
        Batch {
            images: channels_last(&self.normalization.apply(&images)),
            targets: column(&|sample| self.target_scale.standardise(sample.age_months)),
            sex: column(&|sample| sex_number(sample.sex)),
            indices: indices.to_vec(),
        }
    }
}

/// Films as numbers, as they are stored.
///
/// # Shapes
/// → `[N, C, H, W]` fp32, 0 to 1.
pub fn stack_films(store: &dyn FilmStore, indices: &[usize], device: Device) -> Tensor {
    let image = store.image();
    let [height, width] = [image.size.height, image.size.width].map(i64::from);
    let films = Pixels::join(indices.iter().map(|index| store.film(*index)));
    let shape = [indices.len() as i64, image.channels.count() as i64, height, width];
    films.levels().to_tensor(device).view(shape)
}

/// The sex as an input of the head: 0 female, 1 male, 0.5 neither or unknown.
pub fn sex_number(sex: Option<Sex>) -> f64 {
    match sex {
        Some(Sex::F) => 0.0,
        Some(Sex::M) => 1.0,
        Some(Sex::O) | None => 0.5,
    }
}

fn train_ranges(count: usize, batch_size: usize) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = (0..count).step_by(batch_size).map(|start| start..(start + batch_size).min(count)).collect();
    if batch_size > 1 && count > batch_size && count % batch_size == 1 {
        ranges.pop();
        if let Some(last) = ranges.last_mut() {
            last.end = count;
        }
    }
    ranges
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::path::PathBuf;

    use super::*;
    use crate::data::Film;
    use crate::plan::PrepareConfig;
    use crate::spec::{Channels, Fit, ImageSize, Stratum};

    /// Films in memory.
    #[derive(Debug)]
    pub(in crate::data) struct Films {
        films: Vec<Pixels>,
        image: ImageConfig,
    }

    impl Films {
        pub(in crate::data) fn new(films: Vec<Vec<u8>>, size: ImageSize, channels: Channels) -> Self {
            Self::of_pixels(films.into_iter().map(Pixels::Eight).collect(), size, channels)
        }
    }

    impl Films {
        pub(in crate::data) fn of_pixels(films: Vec<Pixels>, size: ImageSize, channels: Channels) -> Self {
            Self { films, image: ImageConfig { size, channels, fit: Fit::Pad, prepare: PrepareConfig::default() } }
        }
    }

    impl FilmStore for Films {
        fn film(&self, index: usize) -> Levels<'_> {
            self.films[index].levels()
        }

        fn image(&self) -> ImageConfig {
            self.image
        }
    }

    const SEXES: [Option<Sex>; 4] = [Some(Sex::F), Some(Sex::M), Some(Sex::O), None];

    /// Film `i` of `count` has the level 10·i in all of its 2 × 3 pixels and the age of i years.
    fn project(count: usize) -> (Films, Vec<Sample>) {
        let films = (0..count).map(|index| vec![10 * index as u8; 6]).collect();
        let sample = |index: usize| Sample {
            id: index.to_string(),
            film: Film::File(PathBuf::new()),
            age_months: 12.0 * index as f64,
            sex: SEXES[index % 4],
            group: None,
            race: None,
        };
        (Films::new(films, ImageSize { height: 2, width: 3 }, Channels::Grey), (0..count).map(sample).collect())
    }

    fn config(batch_size: usize) -> LoaderConfig {
        LoaderConfig {
            seed: 4,
            batch_size,
            eval_batch_size: batch_size,
            augment: AugmentConfig::default(),
            normalization: InputNormalization::TrainingPart,
            device: Device::Cpu,
        }
    }

    fn values(xs: &Tensor) -> Vec<f32> {
        Vec::try_from(xs.contiguous().view(-1)).unwrap()
    }

    #[test]
    fn a_batch_is_standardised_by_the_training_part() {
        let (films, samples) = project(5);
        // Levels 0 and 20, ages 0 and 24 months: means 10 and 12, standard deviations 10 and 12.
        let loader = Loader::new(&films, &samples, &[2, 0], config(8));
        let batch = loader.eval_batches(&[4, 1, 3, 2], 0).next().unwrap();
        assert_eq!(batch.indices, [4, 1, 3, 2]);
        assert_eq!(batch.images.size(), [4, 1, 2, 3]);
        assert_eq!(batch.targets.size(), [4, 1]);
        for (name, found, expected) in [
            ("images", values(&batch.images.select(3, 2).select(2, 1)), [3.0, 0.0, 2.0, 1.0]),
            ("targets", values(&batch.targets), [3.0, 0.0, 2.0, 1.0]),
            ("sex", values(&batch.sex), [0.0, 1.0, 0.5, 0.5]),
        ] {
            assert!(found.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-4), "{name}: {found:?}");
        }
    }

    #[test]
    fn planes_and_rows_keep_their_places_and_memory_is_channels_last() {
        let size = ImageSize { height: 2, width: 3 };
        let films = Films::new(vec![(0..18).collect(), (18..36).collect()], size, Channels::Rgb);
        let batch = stack_films(&films, &[1], Device::Cpu);
        assert_eq!(batch.size(), [1, 3, 2, 3]);
        // Green, second row, first column.
        assert!((batch.double_value(&[0, 1, 1, 0]) * 255.0 - 27.0).abs() < 1e-4);
        let (_, samples) = project(2);
        let loader = Loader::new(&films, &samples, &[0, 1], config(2));
        assert_eq!(loader.eval_batches(&[0, 1], 0).next().unwrap().images.stride(), [18, 1, 9, 3]);
    }

    #[test]
    fn evaluation_keeps_the_last_partial_batch_even_of_one() {
        let (films, samples) = project(7);
        let loader = Loader::new(&films, &samples, &[0, 1], config(3));
        let sizes: Vec<usize> = loader.eval_batches(&[0, 1, 2, 3, 4, 5, 6], 0).map(|batch| batch.indices.len()).collect();
        assert_eq!(sizes, [3, 3, 1]);
        assert_eq!(loader.eval_batches(&[], 0).count(), 0);
    }

    #[test]
    fn views_of_a_film_differ_and_depend_on_nothing_but_seed_film_and_view() {
        let (films, samples) = project(5);
        let augment = AugmentConfig { brightness: 0.05, ..AugmentConfig::default() };
        let loader = |seed, batch_size| {
            Loader::new(&films, &samples, &[0, 4], LoaderConfig { seed, augment: augment.clone(), ..config(batch_size) })
        };
        // The level of film 3, wherever it stands.
        let level = |loader: &Loader, indices: &[usize], view| {
            let batches: Vec<Tensor> = loader.eval_batches(indices, view).map(|batch| batch.images).collect();
            let place = indices.iter().position(|index| *index == 3).unwrap() as i64;
            Tensor::cat(&batches, 0).double_value(&[place, 0, 1, 2])
        };
        let views = [0, 1, 2].map(|view| level(&loader(4, 2), &[1, 2, 3], view));
        assert!(views[0] != views[1] && views[1] != views[2] && views[0] != views[2], "{views:?}");
        assert_eq!(views, [0, 1, 2].map(|view| level(&loader(4, 3), &[3, 0], view)));
        assert_ne!(views[1], level(&loader(5, 2), &[3], 1));
        assert_eq!(views[0], level(&loader(5, 2), &[3], 0), "the first view is the film");
    }

    #[test]
    fn part_of_a_batch_is_some_of_its_films() {
        let (films, samples) = project(5);
        let batch = Loader::new(&films, &samples, &[0, 4], config(5)).eval_batches(&[4, 1, 3, 2], 0).next().unwrap();
        let part = batch.part(1..3);
        assert_eq!(part.indices, [1, 3]);
        for (whole, part) in [(&batch.images, &part.images), (&batch.targets, &part.targets), (&batch.sex, &part.sex)] {
            assert_eq!(*part, whole.narrow(0, 1, 2));
        }
    }

    #[test]
    fn training_joins_a_last_batch_of_one_to_the_one_before() {
        for (count, batch_size, expected) in
            [(8, 3, vec![3, 3, 2]), (7, 3, vec![3, 4]), (6, 3, vec![3, 3]), (2, 3, vec![2]), (1, 3, vec![1]), (3, 1, vec![1, 1, 1])]
        {
            let sizes: Vec<usize> = train_ranges(count, batch_size).iter().map(ExactSizeIterator::len).collect();
            assert_eq!(sizes, expected, "{count} films in batches of {batch_size}");
        }
    }

    #[test]
    fn an_epoch_holds_every_training_film_once_and_repeats_itself() {
        let (films, samples) = project(9);
        let train = [8, 1, 2, 3, 5, 6, 7];
        let augment = AugmentConfig { brightness: 0.2, noise: 0.01, ..AugmentConfig::default() };
        let loader = Loader::new(&films, &samples, &train, LoaderConfig { augment, ..config(3) });
        let epoch = |number| -> (Vec<usize>, Vec<f32>) {
            let batches: Vec<Batch> = loader.train_batches(number).collect();
            assert_eq!(batches.len(), loader.steps_per_epoch());
            let indices = batches.iter().flat_map(|batch| batch.indices.clone()).collect();
            (indices, batches.iter().flat_map(|batch| values(&batch.images)).collect())
        };
        let (mut indices, images) = epoch(1);
        assert_eq!((indices.clone(), images.clone()), epoch(1));
        assert_ne!(images, epoch(2).1);
        indices.sort_unstable();
        assert_eq!(indices, [1, 2, 3, 5, 6, 7, 8]);
    }

    #[test]
    fn copies_of_a_film_in_one_epoch_are_augmented_differently() {
        let (films, samples) = project(9);
        let augment = AugmentConfig { brightness: 0.1, balance: vec![Stratum::Sex], ..AugmentConfig::default() };
        // One boy, film 5, and three girls: he is drawn twice in an epoch.
        let loader = Loader::new(&films, &samples, &[0, 4, 5, 8], LoaderConfig { augment, ..config(2) });
        let mut levels = Vec::new();
        for batch in (1..4).flat_map(|epoch| loader.train_batches(epoch).collect::<Vec<_>>()) {
            for (place, _) in batch.indices.iter().enumerate().filter(|(_, index)| **index == 5) {
                levels.push(batch.images.double_value(&[place as i64, 0, 0, 0]));
            }
        }
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        assert_eq!(levels.len(), 6, "{levels:?}");
    }
}
