//! `backbones`: the networks to compare, each with settings of its own.

use serde::{Deserialize, Serialize};

use super::augment::AugmentSpec;
use super::head::HeadSpec;
use super::image::ImageSpec;
use super::train::TrainSpec;
use crate::spec::prepare::PrepareSpec;
use crate::spec::values::{AtLeast, Fraction, WeightsSource};

/// A network by the name that a spec uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
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

impl BackboneSettings {
    /// The settings that only some networks have: the key, whether it is given, and whose it is.
    pub(crate) fn of_some_networks(&self) -> [(&'static str, bool, &'static [BackboneName]); 5] {
        use BackboneName::{Attention, EfficientnetV2S, Vit, Yolo};
        [
            ("preset", self.preset.is_some(), &[Vit]),
            ("patch_size", self.patch_size.is_some(), &[Vit]),
            ("scale", self.scale.is_some(), &[Yolo]),
            ("kind", self.kind.is_some(), &[Attention]),
            ("drop_path", self.drop_path.is_some(), &[EfficientnetV2S, Vit]),
        ]
    }
}

/// Which part of a network keeps the weights that it starts from, running statistics of batch norms included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
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
