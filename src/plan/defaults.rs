//! Every setting that a spec leaves out, with where its value comes from.
//!
//! Two more places hold defaults, because they belong to a network: [`registry::default_head`] for the head, and the
//! `Default` of the words of the spec (`fit: pad`, `schedule: constant`, `preset: small` and so on).
//!
//! [`registry::default_head`]: crate::backbone::registry::default_head

use super::config::{AugmentConfig, SplitConfig, TrainConfig};
use super::config::{ComputePrecision, GivenParts, ImageConfig, PlateauConfig};
use super::prepare::{ClaheConfig, PrepareConfig};
use crate::spec::{AgeUnit, Channels, Fit, GroupBy, ImageSize, Loss, OnNan, Optimizer, Positive, Schedule, Tiles};

/// Synthetic films, when `data.phantom` gives no `count`: enough that each whole year has about twenty.
pub(super) const PHANTOM_COUNT: u64 = 400;

/// Seed of the synthetic films. Any number would do; it is fixed so that the same spec is the same data.
pub(super) const PHANTOM_SEED: u64 = 7;

/// One seed, so that the plainest spec trains each network once.
pub(super) const SEEDS: [u64; 1] = [0];

/// Stochastic depth of EfficientNetV2-S: Tan & Le 2021, section 4.1, give a survival probability of 0.8.
pub(super) const EFFICIENTNET_DROP_PATH: f64 = 0.2;

/// None for a transformer, as in Dosovitskiy et al. 2020, who use dropout alone.
pub(super) const VIT_DROP_PATH: f64 = 0.0;

/// Patch side of a transformer: the "16x16 words" of Dosovitskiy et al. 2020.
pub(super) const VIT_PATCH_SIZE: u32 = 16;

/// As many bins as Gao et al. 2018 (arXiv 1807.00748) have years, rounded; over 18 years each is a good two months wide.
pub(super) const AGE_BINS: u32 = 100;

/// `PyTorch`'s `ReduceLROnPlateau`.
pub(super) const PLATEAU: PlateauConfig = PlateauConfig { patience: 10, factor: 0.1 };

/// 128×128 grey, as in the public notebook on cervical-spine films; padded, so that no bone is cut off or distorted.
pub(super) fn image() -> ImageConfig {
    ImageConfig { size: ImageSize::square(128), channels: Channels::Grey, fit: Fit::Pad, prepare: PrepareConfig::default() }
}

/// 2.0 and 8×8, what studies of radiographs use most often; the grid is that of `OpenCV`.
///
/// # Panics
/// Never: both are possible values.
pub(super) fn clahe() -> ClaheConfig {
    let clip_limit = Positive::try_from(2.0).expect("2 is above 0");
    ClaheConfig { clip_limit, tiles: Tiles::try_from(8).expect("8 is between 1 and 64") }
}

/// 70 % training, 20 % validation as in the notebooks of the field (80/20 with seed 42), and 10 % that is read once.
pub(super) fn split() -> SplitConfig {
    SplitConfig {
        val: 0.2,
        test: 0.1,
        folds: None,
        repeats: 1,
        seed: 42,
        stratify: Vec::new(),
        group: GroupBy::Patient,
        given: GivenParts::None,
    }
}

/// No change of the training films: augmentation is a choice that a spec should show.
pub(super) fn augment() -> AugmentConfig {
    AugmentConfig::default()
}

/// Adam at 1e-3 on the mean squared error, what Keras' `compile` does in the field's notebooks; 16 images a step as in the
/// one on cervical-spine films, which fits a laptop; 10 epochs as in the first of the tables that this program fills.
pub(super) fn train(precision: ComputePrecision) -> TrainConfig {
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
        precision,
        on_nan: OnNan::Fail,
    }
}

/// Whole years: what the field's tables are in.
pub(super) const REPORT_UNIT: AgeUnit = AgeUnit::Years;

/// One year to either side, in whatever unit the report is.
pub(super) fn accuracy_within(unit: AgeUnit) -> f64 {
    AgeUnit::Years.months() / unit.months()
}
