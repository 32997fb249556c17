//! How fast a run would train, found by training it for a moment: on films of noise, with all else as it would be.

use tch::Device;

use super::outcome::{Reply, TrainEvent};
use super::trainer::{TrainError, TrainingData, train};
use crate::data::{Film, FilmStore, Levels, Partition, Sample, Sex};
use crate::plan::{ImageConfig, RunConfig};
use crate::spec::{ReportEpoch, Schedule};

/// Seconds for one film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// In training: batch, forward pass, backward pass and update.
    pub train_seconds: f64,
    /// In evaluation.
    pub val_seconds: f64,
}

/// Batches of an epoch of the trial.
const BATCHES: usize = 3;
/// The first epoch warms up, the second is measured.
const EPOCHS: u32 = 2;

/// Train the network of a run on noise for two short epochs, and measure the second.
///
/// # Errors
/// As for [`train`].
///
/// # Panics
/// If LibTorch fails, for example for lack of memory.
pub fn try_pace(config: &RunConfig, device: Device) -> Result<Pace, TrainError> {
    let config = shortened(config);
    let batch = config.train.batch_size as usize;
    let films = Noise::new(config.image);
    let samples: Vec<Sample> = (0..(BATCHES + 1) * batch).map(sample).collect();
    let (train_films, val) = (0..samples.len()).partition(|index| *index < BATCHES * batch);
    let partition = Partition { train: train_films, val, test: Vec::new() };
    let data = TrainingData { samples: &samples, films: &films, partition: &partition, weights: None };
    let mut pace = None;
    let ended = train(&config, data, device, None, &mut |event| match event {
        TrainEvent::Epoch { timing, .. } if timing.epoch == EPOCHS => {
            pace = Some(Pace {
                train_seconds: timing.train_seconds / (BATCHES * batch) as f64,
                val_seconds: timing.val_seconds / batch as f64,
            });
            Reply::Stop
        }
        _ => Reply::GoOn,
    });
    match (pace, ended) {
        (Some(pace), _) => Ok(pace),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => unreachable!("a training without an error has every epoch"),
    }
}

/// The settings that make a step what it is, without those that choose when training ends.
fn shortened(config: &RunConfig) -> RunConfig {
    let mut config = config.clone();
    (config.fold, config.evaluation.epoch) = (None, ReportEpoch::Last);
    config.augment.balance.clear();
    let train = &mut config.train;
    (train.epochs, train.find_lr, train.early_stop, train.warmup_epochs) = (EPOCHS, false, None, 0.0);
    // Small enough that noise makes no network diverge.
    (train.schedule, train.plateau, train.learning_rate) = (Schedule::Constant, None, 1e-6);
    config
}

fn sample(index: usize) -> Sample {
    Sample {
        id: index.to_string(),
        film: Film::Phantom { seed: 0, index: index as u64 },
        age_months: 12.0 + (index % 200) as f64,
        sex: Some(if index.is_multiple_of(2) { Sex::F } else { Sex::M }),
        group: None,
        race: None,
    }
}

/// Films that all show the same noise.
struct Noise {
    image: ImageConfig,
    levels: Vec<u8>,
}

impl Noise {
    fn new(image: ImageConfig) -> Self {
        let pixels = image.size.height as usize * image.size.width as usize * image.channels.count();
        let level = |index: usize| (index.wrapping_mul(2_654_435_761) >> 13) as u8;
        Self { image, levels: (0..pixels).map(level).collect() }
    }
}

impl FilmStore for Noise {
    fn film(&self, _index: usize) -> Levels<'_> {
        Levels::Eight(&self.levels)
    }

    fn image(&self) -> ImageConfig {
        self.image
    }
}
