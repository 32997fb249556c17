//! Settings and films for tests.

use crate::data::{Film, FilmStore, Levels, Partition, Sample, Sex};
use crate::plan::{
    Architecture, AugmentConfig, ComputePrecision, EvaluationConfig, GivenParts, HeadConfig, ImageConfig, InputNormalization,
    PrepareConfig, RunConfig, SplitConfig, TrainConfig,
};
use crate::spec::{Channels, Fit, GroupBy, ImageSize, Loss, OnNan, Optimizer, Pool, ReportEpoch, Schedule};

/// The defaults of a spec, in fp32.
pub(crate) fn train_config() -> TrainConfig {
    TrainConfig {
        epochs: 10,
        batch_size: 16,
        micro_batch_size: None,
        optimizer: Optimizer::Adam,
        learning_rate: 1e-3,
        find_lr: false,
        backbone_learning_rate: None,
        weight_decay: 0.0,
        schedule: Schedule::Constant,
        plateau: None,
        warmup_epochs: 0.0,
        loss: Loss::Mse,
        gradient_clip: None,
        ema: None,
        early_stop: None,
        precision: ComputePrecision::Fp32,
        on_nan: OnNan::Fail,
    }
}

/// The smallest network over films of 8 × 12 pixels.
pub(crate) fn run_config() -> RunConfig {
    RunConfig {
        architecture: Architecture::CervicalCnn,
        seed: 5,
        fold: None,
        image: ImageConfig {
            size: ImageSize { height: 8, width: 12 },
            channels: Channels::Grey,
            fit: Fit::Pad,
            prepare: PrepareConfig::default(),
        },
        split: SplitConfig {
            val: 0.2,
            test: 0.1,
            folds: None,
            repeats: 1,
            seed: 42,
            stratify: Vec::new(),
            group: GroupBy::Patient,
            given: GivenParts::None,
        },
        augment: AugmentConfig::default(),
        head: HeadConfig { pool: Pool::Flatten, hidden: vec![16], dropout: 0.25, sex: true, age_bins: None },
        train: TrainConfig { epochs: 3, batch_size: 4, ..train_config() },
        evaluation: EvaluationConfig { accuracy_within_months: 12.0, epoch: ReportEpoch::Last, tta: None },
        normalization: InputNormalization::TrainingPart,
        transfer: None,
    }
}

/// Films whose grey level grows with the age, in 11 training, 4 validation and 3 test films.
pub(crate) struct TinyData {
    pub(crate) samples: Vec<Sample>,
    pub(crate) partition: Partition,
    films: Vec<Vec<u8>>,
    image: ImageConfig,
}

impl TinyData {
    pub(crate) fn new() -> Self {
        Self::of(run_config().image)
    }

    /// The same films of another size.
    pub(crate) fn of(image: ImageConfig) -> Self {
        let pixels = image.size.height * image.size.width;
        let months = |index: u32| 12 + index * 11;
        let film = |index: u32| (0..pixels).map(|pixel| (months(index) + (pixel * (index + 3)) % 13) as u8).collect();
        let sample = |index: u32| Sample {
            id: format!("{index}"),
            film: Film::Phantom { seed: 0, index: u64::from(index) },
            age_months: f64::from(months(index)),
            sex: [Some(Sex::F), Some(Sex::M), None][index as usize % 3],
            group: None,
            race: None,
        };
        let (val, rest): (Vec<usize>, Vec<usize>) = (0..18).partition(|index| index % 5 == 2);
        let (test, train) = rest.into_iter().partition(|index| index % 6 == 4);
        Self {
            samples: (0..18).map(sample).collect(),
            partition: Partition { train, val, test },
            films: (0..18).map(film).collect(),
            image,
        }
    }
}

impl FilmStore for TinyData {
    fn film(&self, index: usize) -> Levels<'_> {
        Levels::Eight(&self.films[index])
    }

    fn image(&self) -> ImageConfig {
        self.image
    }
}
