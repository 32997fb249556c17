//! The structs that mirror a spec key for key, and the words the whole program shares.
//!
//! Everything is optional here: a spec may extend another, and `plan` fills the defaults. A value that can never be
//! right is refused while it is parsed, by the types of [`values`](super::values), so that the message has its line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::prepare::PrepareSpec;
use super::shape::null_or_value;
use super::values::{AtLeast, Fraction, Lean, NonNegative, Positive, Probability, SpecName, WeightsSource};

/// A spec as written, or several layers of one merged.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// The folder under `results/`; the file's stem where it is not given.
    pub name: Option<SpecName>,
    /// The heading of the table; the name where it is not given.
    pub title: Option<String>,
    /// Another spec, relative to this file, whose keys this one overrides.
    pub extends: Option<PathBuf>,
    /// Where the films and their ages come from.
    pub data: DataSpec,
    /// What every film is turned into.
    pub image: ImageSpec,
    /// Steps on every film before that.
    pub prepare: PrepareSpec,
    /// Which film belongs to which part.
    pub split: SplitSpec,
    /// Random changes of the training films.
    pub augment: AugmentSpec,
    /// The layers between the features and the age.
    pub head: HeadSpec,
    /// How the weights are found.
    pub train: TrainSpec,
    /// The networks to compare, in the order of the table's rows.
    pub backbones: Option<Vec<BackboneEntry>>,
    /// One run per backbone and seed.
    pub seeds: Option<Vec<u64>>,
    /// What the tables say and where they go.
    pub report: ReportSpec,
}

/// `data`: exactly one source, and what is left out of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSpec {
    /// Synthetic hand radiographs, drawn in memory.
    pub phantom: Option<PhantomSource>,
    /// The layout of the RSNA 2017 bone-age challenge; ages in months.
    pub rsna: Option<RsnaSource>,
    /// The folders of the Digital Hand Atlas; ages in years.
    pub hand_atlas: Option<HandAtlasSource>,
    /// A table of labels beside a folder of films.
    pub csv: Option<CsvSource>,
    /// Films whose names carry the labels.
    pub filename: Option<FilenameSource>,
    /// A file of ids to leave out, one a line, each with a reason after a comma.
    pub exclude: Option<PathBuf>,
    /// What an unreadable film, a label without a film or a film without a label does.
    pub on_bad: Option<OnBad>,
    /// Whether films or patients may be in two parts, which every table then says.
    pub allow_leaks: Option<bool>,
}

/// What happens when a film or a label cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBad {
    /// Stop before anything is trained and name what is wrong.
    #[default]
    Stop,
    /// Leave it out, say so, and note it in `excluded.csv`.
    Skip,
}

/// What happens when the loss or a prediction is no longer a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNan {
    /// The run fails.
    #[default]
    Fail,
    /// The run begins anew with half the learning rate, ten times at most, and its record says how often.
    HalveLearningRate,
}

/// `data.phantom`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhantomSource {
    /// Number of films.
    pub count: Option<AtLeast<1>>,
    /// Seed of the drawing.
    pub seed: Option<u64>,
}

/// `data.rsna`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RsnaSource {
    /// Folder of `<id>.png`, or one whose only subfolder holds them.
    pub images: Option<PathBuf>,
    /// The label table, CSV or Excel.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
    /// A table of its own for the test part.
    pub test: Option<TestTable>,
}

/// `test` of `data.rsna` and `data.csv`: films that make the test part.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestTable {
    /// Folder of the films; that of the other films where none is given.
    pub images: Option<PathBuf>,
    /// The label table, with columns of the same names.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
}

/// `data.hand_atlas`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandAtlasSource {
    /// Folder that holds `<RACE><SEX>/<RACE><SEX><AGE>/<id>.jpg`.
    pub root: Option<PathBuf>,
}

/// `data.csv`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvSource {
    /// Folder of the films.
    pub images: Option<PathBuf>,
    /// The label table, CSV or Excel, with a header line.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
    /// Column of the film's id, which is its file name with or without an extension.
    pub id: Option<String>,
    /// Column of the age.
    pub age: Option<String>,
    /// Unit of the age column.
    pub unit: Option<AgeUnit>,
    /// Column of the sex.
    pub sex: Option<String>,
    /// Column that names the patient; films of one patient stay in one part.
    pub group: Option<String>,
    /// Column of the race or population.
    pub race: Option<String>,
    /// A table of its own for the test part.
    pub test: Option<TestTable>,
}

/// `data.filename`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilenameSource {
    /// Folder of the films.
    pub root: Option<PathBuf>,
    /// For example `{id}-{age}-{sex}.jpg`; `{_}` matches what is not needed. Of several the first that fits is taken.
    pub pattern: Option<Patterns>,
    /// Unit of `{age}`.
    pub unit: Option<AgeUnit>,
}

/// One or several patterns of file names; in a spec a text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(pub Vec<String>);

/// Unit in which an age is read or shown. Inside the program ages are months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgeUnit {
    /// Twelve to the year.
    #[default]
    Months,
    /// Years.
    Years,
}

impl AgeUnit {
    /// Months in one of this unit.
    pub fn months(self) -> f64 {
        match self {
            Self::Months => 1.0,
            Self::Years => 12.0,
        }
    }

    /// The word for headings: `months` or `years`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Years => "years",
        }
    }
}

/// `image`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageSpec {
    /// Height and width in pixels.
    pub size: Option<ImageSize>,
    /// 1 (grey) or 3 (RGB).
    pub channels: Option<Channels>,
    /// How a film that is not of that shape is made to fit.
    pub fit: Option<Fit>,
    /// By which mean and standard deviation its channels are standardised.
    pub normalize: Option<Normalize>,
}

/// By which mean and standard deviation the channels of a film, on a range of 0 to 1, are standardised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalize {
    /// Those that the weights were trained with where weights are given, those of the training part otherwise.
    #[default]
    Auto,
    /// Those of the training part.
    Training,
    /// Those of ImageNet: mean (0.485, 0.456, 0.406), standard deviation (0.229, 0.224, 0.225).
    Imagenet,
    /// 0.5 and 0.5, which takes 0…1 to −1…1, as the Inception networks were trained.
    Inception,
    /// 0 and 1: the film stays as it is.
    None,
}

/// Height and width in pixels; in a spec either one number or `{height, width}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct ImageSize {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

impl ImageSize {
    /// A square.
    pub fn square(side: u32) -> Self {
        Self { height: side, width: side }
    }
}

impl std::fmt::Display for ImageSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.height, self.width)
    }
}

/// Number of channels of an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum Channels {
    /// Luminance.
    #[default]
    Grey,
    /// Red, green, blue.
    Rgb,
}

impl Channels {
    /// 1 or 3.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl TryFrom<u64> for Channels {
    type Error = String;

    fn try_from(count: u64) -> Result<Self, String> {
        match count {
            1 => Ok(Self::Grey),
            3 => Ok(Self::Rgb),
            other => Err(format!("must be 1 (grey) or 3 (RGB), found {other}")),
        }
    }
}

impl From<Channels> for u64 {
    fn from(channels: Channels) -> Self {
        channels.count() as Self
    }
}

/// How a film of another shape is made to fit the image size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Scaled to lie inside, the rest filled with the film's border level.
    #[default]
    Pad,
    /// Scaled in each direction on its own.
    Stretch,
    /// Scaled to cover, the overhang cut off evenly.
    Crop,
}

/// `split`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    /// A table that says which film belongs to which part, as `splits.csv` of a study does.
    pub file: Option<PathBuf>,
    /// Share of the films for validation.
    pub val: Option<Fraction>,
    /// Share of the films for the test part, read once.
    pub test: Option<Fraction>,
    /// Number of folds instead of one validation part.
    pub folds: Option<AtLeast<2>>,
    /// Seed of the assignment.
    pub seed: Option<u64>,
    /// What the parts are made alike in.
    pub stratify: Option<Vec<Stratum>>,
    /// What never straddles two parts.
    pub group: Option<GroupBy>,
}

/// A property by which parts are made alike or classes balanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stratum {
    /// The age in whole years.
    Age,
    /// The sex.
    Sex,
    /// The race or population.
    Race,
}

/// What never straddles two parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// All films of one patient; a film without a known patient is its own.
    #[default]
    Patient,
}

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Seen by the optimizer.
    Train,
    /// Watched during training; may select the epoch.
    Val,
    /// Read once, after all selection.
    Test,
}

impl Split {
    /// `train`, `val` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// `augment`: largest change of each kind; each draw is uniform within it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Degrees to either side.
    pub rotate: Option<NonNegative>,
    /// Share of the side to either side.
    pub translate: Option<Fraction>,
    /// Relative change of size to either side.
    pub scale: Option<Fraction>,
    /// Probability of a left-right flip.
    pub flip: Option<Probability>,
    /// Added to the grey level, of a range of 1.
    pub brightness: Option<Fraction>,
    /// Relative change of contrast about the image's mean.
    pub contrast: Option<Fraction>,
    /// Relative change of the exponent of the grey level.
    pub gamma: Option<Fraction>,
    /// Standard deviation of Gaussian noise, of a range of 1.
    pub noise: Option<Fraction>,
    /// Probability of inverting the grey levels.
    pub invert: Option<Probability>,
    /// Degrees to either side by which vertical lines lean.
    pub shear: Option<Lean>,
    /// Standard deviation of an elastic deformation's control points, share of the side.
    pub elastic: Option<Fraction>,
    /// Largest standard deviation of a Gaussian blur, pixels.
    pub blur: Option<NonNegative>,
    /// Largest factor of an unsharp mask.
    pub sharpen: Option<NonNegative>,
    /// Relative change of each colour.
    pub tint: Option<Fraction>,
    /// Probability of erasing a rectangle.
    pub erase: Option<Probability>,
    /// Which classes are drawn equally often.
    pub balance: Option<BalanceSpec>,
}

/// `augment.balance`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceSpec {
    /// The properties that make a class.
    pub by: Vec<Stratum>,
    /// How often each class is drawn in an epoch.
    #[serde(default)]
    pub to: BalanceTo,
}

/// How often each class is drawn in an epoch; in a spec a word or a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BalanceTo {
    /// As often as classes have films on average: an epoch is as long as without balancing.
    #[default]
    Mean,
    /// As often as the largest class has films: no film is left out of an epoch.
    Max,
    /// So often.
    Count(u32),
}

/// `head`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadSpec {
    /// How the last feature map becomes one vector.
    pub pool: Option<Pool>,
    /// Widths of the hidden layers, each followed by `ReLU` and dropout.
    pub hidden: Option<Vec<AtLeast<1>>>,
    /// Probability that a hidden unit is dropped in training.
    pub dropout: Option<Probability>,
    /// Whether the sex is a further input of the head.
    pub sex: Option<bool>,
}

/// How the last feature map becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Mean over the positions (for a transformer: over the patch tokens).
    Avg,
    /// Maximum over the positions.
    Max,
    /// All positions, one after another.
    Flatten,
    /// The class token of a transformer.
    Token,
}

/// `train`, for the whole spec or for one backbone. Where `null` is a value of its own, the outer option says whether the
/// key is given, so that an entry can switch off what the spec switches on.
#[allow(clippy::option_option, reason = "not given, given as nothing and given are three things")]
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainSpec {
    /// Passes over the training part.
    pub epochs: Option<AtLeast<1>>,
    /// Images per step.
    pub batch_size: Option<AtLeast<1>>,
    /// The update rule.
    pub optimizer: Option<Optimizer>,
    /// Peak learning rate.
    pub learning_rate: Option<Positive>,
    /// Peak learning rate of all but the head, which keeps `learning_rate`; `null` for the same.
    #[serde(deserialize_with = "null_or_value")]
    pub backbone_learning_rate: Option<Option<Positive>>,
    /// Decay of the weights: L2 in the gradient for `adam` and `sgd`, decoupled for `adamw`.
    pub weight_decay: Option<NonNegative>,
    /// How the learning rate changes after the warm-up.
    pub schedule: Option<Schedule>,
    /// Epochs over which the learning rate rises from zero.
    pub warmup_epochs: Option<NonNegative>,
    /// The loss on the standardised target.
    pub loss: Option<Loss>,
    /// Largest L2 norm of all gradients together; `null` for no limit.
    #[serde(deserialize_with = "null_or_value")]
    pub gradient_clip: Option<Option<Positive>>,
    /// Decay of an exponential moving average of the weights, which is then what is evaluated; `null` for none.
    #[serde(deserialize_with = "null_or_value")]
    pub ema: Option<Option<Fraction>>,
    /// Epochs without a better validation MAE after which training ends; `null` for never.
    #[serde(deserialize_with = "null_or_value")]
    pub early_stop: Option<Option<AtLeast<1>>>,
    /// Number format of convolutions and matrix products.
    pub precision: Option<Precision>,
}

/// The update rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Kingma & Ba 2014, arXiv 1412.6980.
    #[default]
    Adam,
    /// Loshchilov & Hutter 2017, arXiv 1711.05101.
    AdamW,
    /// Stochastic gradient descent with momentum 0.9.
    Sgd,
}

/// How the learning rate changes after the warm-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// Half a cosine, down to zero at the last step.
    Cosine,
    /// Divided by ten at 1/3 and at 2/3 of the epochs.
    Step,
}

/// The loss on the standardised target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Mean squared error.
    #[default]
    Mse,
    /// Mean absolute error.
    Mae,
    /// Huber's loss with its corner at 1.
    Huber,
}

/// Number format of convolutions and matrix products, as asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// bf16 where the hardware multiplies it natively, fp32 otherwise.
    #[default]
    Auto,
    /// bf16 with fp32 master weights, norms and loss.
    Bf16,
    /// fp32 throughout.
    Fp32,
}

/// A network by the name that a spec uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the registry documents each network")]
pub enum BackboneName {
    Vgg16,
    Vgg19,
    Resnet50,
    #[serde(rename = "efficientnet_v2_s")]
    EfficientnetV2S,
    Vit,
    Unet,
    Cnn,
    Attention,
    Yolo,
    CervicalCnn,
}

impl BackboneName {
    /// Every network, in the order in which lists show them.
    pub const ALL: [Self; 10] = [
        Self::Vgg16,
        Self::Vgg19,
        Self::Resnet50,
        Self::EfficientnetV2S,
        Self::Vit,
        Self::Unet,
        Self::Cnn,
        Self::Attention,
        Self::Yolo,
        Self::CervicalCnn,
    ];

    /// The name that a spec uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vgg16 => "vgg16",
            Self::Vgg19 => "vgg19",
            Self::Resnet50 => "resnet50",
            Self::EfficientnetV2S => "efficientnet_v2_s",
            Self::Vit => "vit",
            Self::Unet => "unet",
            Self::Cnn => "cnn",
            Self::Attention => "attention",
            Self::Yolo => "yolo",
            Self::CervicalCnn => "cervical_cnn",
        }
    }
}

/// One entry of `backbones`: a name, or a name with settings of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneEntry {
    /// Which network.
    pub name: BackboneName,
    /// What differs from the spec for this entry alone.
    pub settings: BackboneSettings,
}

/// The settings that an entry of `backbones` may carry.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackboneSettings {
    /// The row's name in tables; the network's display name where it is not given.
    pub label: Option<String>,
    /// Size of a `vit`: tiny, small, base.
    pub preset: Option<VitPreset>,
    /// Patch side of a `vit`.
    pub patch_size: Option<AtLeast<1>>,
    /// Size of a `yolo`: n, s, m.
    pub scale: Option<YoloScale>,
    /// Kind of an `attention`: se, cbam, self, gate.
    pub kind: Option<AttentionKind>,
    /// Rate of stochastic depth of an `efficientnet_v2_s` or a `vit`, towards which it grows from block to block.
    pub drop_path: Option<Fraction>,
    /// Published or own weights to start from: a safetensors file, or `hf:OWNER/NAME[@REVISION][/FILE]` on a hub.
    pub weights: Option<WeightsSource>,
    /// Which part of a network with `weights` keeps them.
    pub freeze: Option<Freeze>,
    /// The epoch, counted from 1, with which what `freeze` holds begins to be trained.
    pub unfreeze_at: Option<AtLeast<2>>,
    /// `image` for this entry alone.
    pub image: ImageSpec,
    /// `prepare` for this entry alone.
    pub prepare: PrepareSpec,
    /// `augment` for this entry alone.
    pub augment: AugmentSpec,
    /// `head` for this entry alone.
    pub head: HeadSpec,
    /// `train` for this entry alone.
    pub train: TrainSpec,
}

/// Which part of a network keeps the weights that it starts from, running statistics of batch norms included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freeze {
    /// Everything is trained.
    #[default]
    None,
    /// The first stage; for a transformer the patch projection, the class token and the position embedding.
    Stem,
    /// Everything but the head.
    Backbone,
}

/// Size of a vision transformer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VitPreset {
    /// Width 192, 3 heads.
    Tiny,
    /// Width 384, 6 heads.
    #[default]
    Small,
    /// Width 768, 12 heads.
    Base,
}

impl VitPreset {
    /// The word of the spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Base => "base",
        }
    }
}

/// Size of a `YOLOv8` classification trunk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YoloScale {
    /// Nano: depth 0.33, width 0.25.
    #[default]
    N,
    /// Small: depth 0.33, width 0.50.
    S,
    /// Medium: depth 0.67, width 0.75.
    M,
}

impl YoloScale {
    /// The word of the spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::S => "s",
            Self::M => "m",
        }
    }
}

/// What attends in the attention network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttentionKind {
    /// Squeeze-and-excitation, Hu 2017.
    Se,
    /// Convolutional block attention module, Woo 2018.
    #[default]
    Cbam,
    /// Multi-head self-attention over the positions, Vaswani 2017.
    #[serde(rename = "self")]
    SelfAttention,
    /// Gates on the earlier stages, Oktay 2018.
    Gate,
}

impl AttentionKind {
    /// Every kind, the default first.
    pub const ALL: [Self; 4] = [Self::Cbam, Self::Se, Self::SelfAttention, Self::Gate];

    /// The word of the spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Se => "se",
            Self::Cbam => "cbam",
            Self::SelfAttention => "self",
            Self::Gate => "gate",
        }
    }
}

/// `report`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSpec {
    /// Unit of every age in tables and plots.
    pub unit: Option<AgeUnit>,
    /// Largest error, in that unit, that counts as accurate.
    pub accuracy_within: Option<Positive>,
    /// Which epoch's weights are reported.
    pub epoch: Option<ReportEpoch>,
    /// File whose block between the markers is filled, relative to the working folder.
    pub readme: Option<PathBuf>,
}

/// Which epoch's weights are reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportEpoch {
    /// The last one trained.
    #[default]
    Last,
    /// The one with the smallest validation MAE.
    Best,
}
