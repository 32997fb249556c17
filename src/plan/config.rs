//! A run with every setting resolved; nothing is defaulted after this.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::prepare::PrepareConfig;
use crate::spec::{
    AgeUnit, AttentionKind, BackboneName, BalanceTo, Channels, Fit, Freeze, GroupBy, ImageSize, Loss, OnBad, OnNan, Optimizer, Pool,
    ReportEpoch, Schedule, Stratum, VitPreset, YoloScale,
};

/// All that can change the numbers of one run, apart from the films themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Which network.
    pub architecture: Architecture,
    /// Seed of weights, order, augmentation and dropout.
    pub seed: u64,
    /// Which fold is the validation part, counted from 0; none where there are no folds.
    pub fold: Option<u32>,
    /// What every film is turned into.
    pub image: ImageConfig,
    /// Which film belongs to which part.
    pub split: SplitConfig,
    /// Random changes of the training films.
    pub augment: AugmentConfig,
    /// The layers between the features and the age.
    pub head: HeadConfig,
    /// How the weights are found.
    pub train: TrainConfig,
    /// How the run is judged.
    pub evaluation: EvaluationConfig,
    /// By what the channels of a film are standardised.
    #[serde(default, skip_serializing_if = "InputNormalization::is_training_part")]
    pub normalization: InputNormalization,
    /// The weights that the run starts from; none where they are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferConfig>,
}

/// By what the channels of a film, on a range of 0 to 1, are standardised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputNormalization {
    /// By mean and standard deviation of the training part.
    #[default]
    TrainingPart,
    /// By given numbers, one per channel.
    Fixed {
        /// Subtracted.
        mean: Vec<f32>,
        /// What is left is divided by it.
        std: Vec<f32>,
    },
}

impl InputNormalization {
    fn is_training_part(&self) -> bool {
        *self == Self::TrainingPart
    }
}

/// The weights that a run starts from, and what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferConfig {
    /// SHA-256 of the file, lower-case hexadecimal; none while it is not downloaded, which only a plan may be.
    pub sha256: Option<String>,
    /// Which part keeps them.
    pub freeze: Freeze,
    /// The epoch, counted from 1, with which that part begins to be trained.
    pub unfreeze_at: Option<u32>,
}

/// A network with its own settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the registry documents each network")]
pub enum Architecture {
    Vgg16,
    Vgg19,
    Resnet50,
    #[serde(rename = "efficientnet_v2_s")]
    EfficientnetV2S {
        drop_path: f64,
    },
    Vit {
        preset: VitPreset,
        patch_size: u32,
        drop_path: f64,
    },
    Unet,
    Cnn,
    Attention {
        kind: AttentionKind,
    },
    Yolo {
        scale: YoloScale,
    },
    CervicalCnn,
}

impl Architecture {
    /// The name that a spec uses.
    pub fn name(&self) -> BackboneName {
        match self {
            Self::Vgg16 => BackboneName::Vgg16,
            Self::Vgg19 => BackboneName::Vgg19,
            Self::Resnet50 => BackboneName::Resnet50,
            Self::EfficientnetV2S { .. } => BackboneName::EfficientnetV2S,
            Self::Vit { .. } => BackboneName::Vit,
            Self::Unet => BackboneName::Unet,
            Self::Cnn => BackboneName::Cnn,
            Self::Attention { .. } => BackboneName::Attention,
            Self::Yolo { .. } => BackboneName::Yolo,
            Self::CervicalCnn => BackboneName::CervicalCnn,
        }
    }
}

/// What every film is turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Height and width in pixels.
    pub size: ImageSize,
    /// Grey or RGB.
    pub channels: Channels,
    /// How a film of another shape is made to fit.
    pub fit: Fit,
    /// Steps on the film before that.
    #[serde(default, skip_serializing_if = "PrepareConfig::is_off")]
    pub prepare: PrepareConfig,
}

/// Which film belongs to which part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitConfig {
    /// Share of the films for validation; without meaning where there are folds.
    pub val: f64,
    /// Share of the films for the test part.
    pub test: f64,
    /// Number of folds, each the validation part once.
    pub folds: Option<u32>,
    /// How often the folds are drawn. In a run's settings always 1: its fold says which draw it is of, and the others are nothing
    /// to it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub repeats: u32,
    /// Seed of the assignment.
    pub seed: u64,
    /// What the parts are made alike in.
    pub stratify: Vec<Stratum>,
    /// What never straddles two parts.
    pub group: GroupBy,
    /// Which parts come with the films; what is in them goes into a run's id by the split's digest.
    #[serde(default, skip_serializing_if = "GivenParts::is_none")]
    pub given: GivenParts,
}

impl SplitConfig {
    /// The fold of each run of a backbone and seed: those of the first draw, then those of the further ones; one run without a fold
    /// where there are none.
    pub fn fold_numbers(&self) -> Vec<Option<u32>> {
        match self.folds {
            Some(folds) => (0..folds.saturating_mul(self.repeats)).map(Some).collect(),
            None => vec![None],
        }
    }
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

/// Which parts come with the films, so that they are not dealt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenParts {
    /// None.
    #[default]
    None,
    /// The test part, which has a label table of its own.
    Test,
    /// All, by a file.
    All,
}

impl GivenParts {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Largest random change of each kind; see [`AugmentSpec`](crate::spec::AugmentSpec).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AugmentConfig {
    /// Degrees to either side.
    pub rotate: f64,
    /// Share of the side to either side.
    pub translate: f64,
    /// Relative change of size to either side.
    pub scale: f64,
    /// Probability of a left-right flip.
    pub flip: f64,
    /// Added to the grey level, of a range of 1.
    pub brightness: f64,
    /// Relative change of contrast about the image's mean.
    pub contrast: f64,
    /// Relative change of the exponent of the grey level.
    pub gamma: f64,
    /// Standard deviation of Gaussian noise, of a range of 1.
    pub noise: f64,
    /// Probability of inverting the grey levels.
    pub invert: f64,
    /// Degrees to either side by which vertical lines lean.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shear: f64,
    /// Standard deviation of an elastic deformation's control points, share of the side.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub elastic: f64,
    /// Standard deviation of a Gaussian blur, pixels.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blur: f64,
    /// Factor of an unsharp mask.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sharpen: f64,
    /// Relative change of each colour.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tint: f64,
    /// Probability of erasing a rectangle.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub erase: f64,
    /// The properties that make a class; empty for no balancing.
    pub balance: Vec<Stratum>,
    /// How often a class is drawn where classes are balanced.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance_to: BalanceTo,
}

impl AugmentConfig {
    /// Whether any film is ever changed; balancing changes none.
    pub fn changes_films(&self) -> bool {
        let unbalanced = Self { balance: Vec::new(), balance_to: BalanceTo::default(), ..self.clone() };
        unbalanced != Self::default()
    }
}

/// A setting that is off says nothing, so that runs without it keep their ids when it is added.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The layers between the features and the age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadConfig {
    /// How the last feature map becomes one vector.
    pub pool: Pool,
    /// Widths of the hidden layers.
    pub hidden: Vec<u32>,
    /// Probability that a hidden unit is dropped in training.
    pub dropout: f64,
    /// Whether the sex is a further input.
    pub sex: bool,
    /// Number of bins of age, one output for each; none where the only output is the age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_bins: Option<u32>,
}

/// How the weights are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Passes over the training part.
    pub epochs: u32,
    /// Images per step.
    pub batch_size: u32,
    /// Most images that go through the network at once, where a batch is split and the gradients of its parts are added up. It
    /// says how a step is computed; the batch stays what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<u32>,
    /// The update rule.
    pub optimizer: Optimizer,
    /// Peak learning rate; without meaning where it is found.
    pub learning_rate: f64,
    /// Whether the peak learning rate is found by a range test before the training.
    #[serde(default, skip_serializing_if = "is_default")]
    pub find_lr: bool,
    /// Peak learning rate of all but the head, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone_learning_rate: Option<f64>,
    /// Decay of the weights.
    pub weight_decay: f64,
    /// How the learning rate changes after the warm-up.
    pub schedule: Schedule,
    /// When the learning rate is lowered, where the schedule is `plateau`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<PlateauConfig>,
    /// Epochs over which the learning rate rises from zero.
    pub warmup_epochs: f64,
    /// The loss on the standardised target.
    pub loss: Loss,
    /// Largest L2 norm of all gradients together.
    pub gradient_clip: Option<f64>,
    /// Decay of an exponential moving average of the weights.
    pub ema: Option<f64>,
    /// Epochs without a better validation MAE after which training ends.
    pub early_stop: Option<u32>,
    /// Number format of convolutions and matrix products.
    pub precision: ComputePrecision,
    /// What is done when the loss is no longer a number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_nan: OnNan,
}

/// When and how far the schedule `plateau` lowers the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlateauConfig {
    /// Epochs without a better validation MAE that are let pass.
    pub patience: u32,
    /// What the learning rate is multiplied by after one more.
    pub factor: f64,
}

/// Number format of convolutions and matrix products, as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComputePrecision {
    /// bf16 with fp32 master weights, norms and loss.
    Bf16,
    /// fp32 throughout.
    Fp32,
}

/// How a run is judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EvaluationConfig {
    /// Largest error that counts as accurate.
    pub accuracy_within_months: f64,
    /// Which epoch's weights are reported.
    pub epoch: ReportEpoch,
    /// Views of each validation and test film, over which the final predictions are averaged; none where a film is seen once, as
    /// it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tta: Option<u32>,
}

/// Where the films and their ages come from, resolved. Not part of a run's identity: the data's digest is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataConfig {
    /// The one source.
    #[serde(with = "serde_yaml::with::singleton_map")]
    pub source: SourceConfig,
    /// A file of ids to leave out.
    pub exclude: Option<PathBuf>,
    /// What an unusable film or label does.
    pub on_bad: OnBad,
    /// Whether films or patients may be in two parts.
    pub allow_leaks: bool,
    /// A table of the parts that the films belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitFile>,
}

/// A table that says which film belongs to which part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitFile {
    /// The table.
    pub path: PathBuf,
    /// Number of folds in it, where it has folds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folds: Option<u32>,
}

/// A folder of films with their label table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelledFilms {
    /// Folder of films.
    pub images: PathBuf,
    /// Label table.
    pub labels: PathBuf,
    /// Sheet of an Excel workbook; the first where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// The one source of a spec; see [`DataSpec`](crate::spec::DataSpec) for the layouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceConfig {
    /// Synthetic films.
    Phantom {
        /// Number of films.
        count: u64,
        /// Seed of the drawing.
        seed: u64,
    },
    /// RSNA 2017 layout.
    Rsna {
        /// The films.
        #[serde(flatten)]
        films: LabelledFilms,
        /// The films of the test part, where they have a table of their own.
        #[serde(skip_serializing_if = "Option::is_none")]
        test: Option<LabelledFilms>,
    },
    /// Digital Hand Atlas layout.
    HandAtlas {
        /// Top folder.
        root: PathBuf,
    },
    /// A table beside a folder.
    Csv {
        /// The films.
        #[serde(flatten)]
        films: LabelledFilms,
        /// Column names; a column that is not given is found by its alias.
        columns: CsvColumns,
        /// Unit of the age column.
        unit: AgeUnit,
        /// The films of the test part, where they have a table of their own.
        #[serde(skip_serializing_if = "Option::is_none")]
        test: Option<LabelledFilms>,
    },
    /// Labels in file names.
    Filename {
        /// Folder of films.
        root: PathBuf,
        /// The patterns, of which the first that fits is taken.
        pattern: Vec<String>,
        /// Unit of `{age}`.
        unit: AgeUnit,
    },
}

/// Column names of a label table, where they are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CsvColumns {
    /// Id column.
    pub id: Option<String>,
    /// Age column.
    pub age: Option<String>,
    /// Sex column.
    pub sex: Option<String>,
    /// Patient column.
    pub group: Option<String>,
    /// Race column.
    pub race: Option<String>,
}
