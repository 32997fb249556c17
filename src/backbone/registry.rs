//! The only list of backbones: name → paper, rules, defaults, constructor.

use super::attention::AttentionCnn;
use super::cervical_cnn::CervicalCnn;
use super::cnn::Cnn;
use super::efficientnet_v2::EfficientNetV2S;
use super::resnet::ResNet50;
use super::unet::UNetEncoder;
use super::vgg::{Vgg, VggConfig};
use super::vit::VisionTransformer;
use super::yolo::YoloTrunk;
use super::{Backbone, Path};
use crate::plan::{Architecture, ChannelStatistics, HeadConfig, ImageConfig};
use crate::spec::{AttentionKind, BackboneName, ImageSize, Pool, VitPreset, YoloScale};

/// What is known about a network without building it.
#[derive(Debug, Clone, Copy)]
pub struct BackboneInfo {
    /// The name that a spec uses.
    pub name: BackboneName,
    /// The name in tables.
    pub display_name: &'static str,
    /// Authors, year, title and arXiv id of the paper.
    pub paper: &'static str,
    /// Year of the paper; none where the network comes from no paper.
    pub year: Option<u32>,
    /// The sizes that it takes, in words.
    pub input_rule: &'static str,
}

/// What is known about a network.
pub fn info(name: BackboneName) -> BackboneInfo {
    let (display_name, paper, year, input_rule) = match name {
        BackboneName::Vgg16 => ("VGG16", VGG_PAPER, Some(2014), "each side at least 32"),
        BackboneName::Vgg19 => ("VGG19", VGG_PAPER, Some(2014), "each side at least 32"),
        BackboneName::Resnet50 => {
            ("ResNet50", "He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385", Some(2015), "each side at least 32")
        }
        BackboneName::EfficientnetV2S => (
            "EfficientNetV2S",
            "Tan & Le, EfficientNetV2: Smaller Models and Faster Training, arXiv 2104.00298",
            Some(2021),
            "each side at least 32",
        ),
        BackboneName::Vit => (
            "Vision Transformer",
            "Dosovitskiy et al., An Image is Worth 16x16 Words, arXiv 2010.11929",
            Some(2020),
            "each side a multiple of the patch side, with at least 4 patches in all",
        ),
        BackboneName::Unet => (
            "U-Net encoder",
            "Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image Segmentation, arXiv 1505.04597",
            Some(2015),
            "each side at least 16",
        ),
        BackboneName::Cnn => ("CNN", "none: conv 32-64-128 with max-pooling, as in the Keras tutorials", None, "each side at least 22"),
        BackboneName::Attention => (
            "Attention CNN",
            "SE: Hu et al., arXiv 1709.01507; CBAM: Woo et al., arXiv 1807.06521; self-attention: Vaswani et al., arXiv 1706.03762; gate: \
             Oktay et al., arXiv 1804.03999",
            Some(2018),
            "each side at least 22; with self-attention at most 16384 positions after the first stage (259×259 pixels)",
        ),
        BackboneName::Yolo => ("YOLOv8-cls", "none: Jocher et al., Ultralytics YOLO, 2023", Some(2023), "each side at least 32"),
        BackboneName::CervicalCnn => {
            ("Cervical CNN", "none: the network of a public notebook on cervical-spine films", None, "each side at least 4")
        }
    };
    BackboneInfo { name, display_name, paper, year, input_rule }
}

const VGG_PAPER: &str = "Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, arXiv 1409.1556";

/// The variants of a network that lists show: the one that its bare name means first.
pub fn variants(name: BackboneName) -> Vec<Architecture> {
    let vit = |preset, patch_size| Architecture::Vit { preset, patch_size, drop_path: 0.0 };
    match name {
        BackboneName::Vgg16 => vec![Architecture::Vgg16],
        BackboneName::Vgg19 => vec![Architecture::Vgg19],
        BackboneName::Resnet50 => vec![Architecture::Resnet50],
        BackboneName::EfficientnetV2S => vec![Architecture::EfficientnetV2S { drop_path: 0.2 }],
        BackboneName::Vit => {
            let presets = [VitPreset::Small, VitPreset::Tiny, VitPreset::Base];
            let others = [(VitPreset::Small, 8), (VitPreset::Small, 32), (VitPreset::Base, 8), (VitPreset::Base, 32)];
            presets.map(|preset| (preset, 16)).into_iter().chain(others).map(|(preset, patch)| vit(preset, patch)).collect()
        }
        BackboneName::Unet => vec![Architecture::Unet],
        BackboneName::Cnn => vec![Architecture::Cnn],
        BackboneName::Attention => AttentionKind::ALL.map(|kind| Architecture::Attention { kind }).to_vec(),
        BackboneName::Yolo => [YoloScale::N, YoloScale::S, YoloScale::M].map(|scale| Architecture::Yolo { scale }).to_vec(),
        BackboneName::CervicalCnn => vec![Architecture::CervicalCnn],
    }
}

/// What a spec writes for a variant, in one line.
pub fn spec_entry(architecture: &Architecture) -> String {
    let name = architecture.name().name();
    match architecture {
        Architecture::Vit { preset, patch_size, .. } => format!("{name}: {{ preset: {}, patch_size: {patch_size} }}", preset.name()),
        Architecture::Attention { kind } => format!("{name}: {{ kind: {} }}", kind.name()),
        Architecture::Yolo { scale } => format!("{name}: {{ scale: {} }}", scale.name()),
        _ => name.to_owned(),
    }
}

/// The usual published weights of a variant, as a spec names them, or what to convert; empty where nobody publishes any.
pub fn published_weights(architecture: &Architecture) -> &'static [&'static str] {
    match architecture {
        Architecture::Vgg16 => &["hf:timm/vgg16.tv_in1k"],
        Architecture::Vgg19 => &["hf:timm/vgg19.tv_in1k"],
        Architecture::Resnet50 => &["hf:timm/resnet50.a1_in1k", "hf:timm/resnet50.tv_in1k"],
        Architecture::EfficientnetV2S { .. } => &["hf:timm/tf_efficientnetv2_s.in21k_ft_in1k", "hf:timm/tf_efficientnetv2_s.in1k"],
        Architecture::Vit { preset, patch_size, .. } => match (preset, patch_size) {
            (VitPreset::Tiny, 16) => &["hf:timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k"],
            (VitPreset::Small, 8) => &["hf:timm/vit_small_patch8_224.dino"],
            (VitPreset::Small, 16) => &["hf:timm/vit_small_patch16_224.augreg_in21k_ft_in1k"],
            (VitPreset::Small, 32) => &["hf:timm/vit_small_patch32_224.augreg_in21k_ft_in1k"],
            (VitPreset::Base, 8) => &["hf:timm/vit_base_patch8_224.augreg2_in21k_ft_in1k"],
            (VitPreset::Base, 16) => &["hf:timm/vit_base_patch16_224.augreg2_in21k_ft_in1k"],
            (VitPreset::Base, 32) => &["hf:timm/vit_base_patch32_224.augreg_in21k_ft_in1k"],
            _ => &[],
        },
        Architecture::Yolo { scale: YoloScale::N } => &["yolov8n-cls.pt of ultralytics, converted to safetensors"],
        Architecture::Yolo { scale: YoloScale::S } => &["yolov8s-cls.pt of ultralytics, converted to safetensors"],
        Architecture::Yolo { scale: YoloScale::M } => &["yolov8m-cls.pt of ultralytics, converted to safetensors"],
        Architecture::Unet | Architecture::Cnn | Architecture::Attention { .. } | Architecture::CervicalCnn => &[],
    }
}

/// The side of the smallest square image that a network takes.
///
/// # Panics
/// If it takes none of up to 256 pixels; none here needs more than 64.
pub fn smallest_side(architecture: &Architecture) -> u32 {
    (1..=256).find(|side| check_input(architecture, ImageSize::square(*side)).is_ok()).expect("every network takes some size")
}

/// Whether a network takes images of that size.
///
/// # Errors
/// What it needs instead.
pub fn check_input(architecture: &Architecture, size: ImageSize) -> Result<(), String> {
    let sides = [size.height, size.width];
    let at_least = |smallest: u32| {
        if sides.iter().all(|side| *side >= smallest) {
            return Ok(());
        }
        Err(format!("{} needs images of at least {smallest}×{smallest} pixels, found {size}", architecture.name().name()))
    };
    match architecture {
        Architecture::Vgg16
        | Architecture::Vgg19
        | Architecture::Resnet50
        | Architecture::EfficientnetV2S { .. }
        | Architecture::Yolo { .. } => at_least(32),
        Architecture::Unet => at_least(16),
        Architecture::Cnn => at_least(super::cnn::SMALLEST_SIDE),
        Architecture::Attention { kind } => super::attention::check_input(*kind, size),
        Architecture::CervicalCnn => at_least(4),
        Architecture::Vit { patch_size, .. } => {
            let patches = sides.map(|side| side / patch_size).iter().product::<u32>();
            if sides.iter().any(|side| side % patch_size != 0) || patches < 4 {
                return Err(format!(
                    "vit needs sides that are multiples of its patch_size {patch_size}, with at least 4 patches in all, found {size}"
                ));
            }
            Ok(())
        }
    }
}

/// Whether a tensor of the trunk is of its first stage: what `freeze: stem` means.
pub fn is_stem(architecture: &Architecture, name: &str) -> bool {
    let prefixes: &[&str] = match architecture {
        Architecture::Vgg16 | Architecture::Vgg19 => &["features.0.", "features.2."],
        Architecture::Resnet50 => &["conv1.", "bn1."],
        Architecture::EfficientnetV2S { .. } => &["conv_stem.", "bn1."],
        Architecture::Vit { .. } => &["patch_embed.", "cls_token", "pos_embed"],
        Architecture::Unet => &["inc."],
        Architecture::Cnn | Architecture::Attention { .. } | Architecture::CervicalCnn => &["features.0."],
        Architecture::Yolo { .. } => &["model.0."],
    };
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a tensor of the reference network is of the classifier that the head stands in for.
pub fn is_classifier(architecture: &Architecture, name: &str) -> bool {
    let prefixes: &[&str] = match architecture {
        // timm's first, then torchvision's.
        Architecture::Vgg16 | Architecture::Vgg19 => &["pre_logits.", "head.", "classifier."],
        Architecture::Resnet50 => &["fc."],
        Architecture::EfficientnetV2S { .. } => &["classifier."],
        Architecture::Vit { .. } => &["head.", "fc_norm.", "pre_logits."],
        Architecture::Yolo { .. } => &["model.9.linear."],
        Architecture::Unet => &["up1.", "up2.", "up3.", "up4.", "outc."],
        Architecture::Cnn | Architecture::Attention { .. } | Architecture::CervicalCnn => &["classifier.", "fc."],
    };
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// By what the images of the usual published weights are standardised; none where nobody publishes any.
pub fn published_statistics(architecture: &Architecture) -> Option<ChannelStatistics> {
    match architecture {
        Architecture::Vgg16 | Architecture::Vgg19 | Architecture::Resnet50 => Some(ChannelStatistics::imagenet()),
        Architecture::EfficientnetV2S { .. } | Architecture::Vit { .. } => Some(ChannelStatistics::inception()),
        Architecture::Yolo { .. } => Some(ChannelStatistics::none()),
        Architecture::Unet | Architecture::Cnn | Architecture::Attention { .. } | Architecture::CervicalCnn => None,
    }
}

/// The head that a network has where the spec says nothing: 512 hidden units with dropout 0.5, as in the project whose
/// tables this program fills, except where a network is defined with its own.
pub fn default_head(name: BackboneName) -> HeadConfig {
    let head = HeadConfig { pool: Pool::Avg, hidden: vec![512], dropout: 0.5, sex: false, age_bins: None };
    match name {
        BackboneName::Cnn | BackboneName::Attention => HeadConfig { pool: Pool::Flatten, ..head },
        BackboneName::CervicalCnn => HeadConfig { pool: Pool::Flatten, hidden: vec![128], dropout: 0.0, ..head },
        BackboneName::Vit => HeadConfig { pool: Pool::Token, ..head },
        _ => head,
    }
}

/// The trunk with new weights under `path`, for images of that size.
pub fn build(architecture: &Architecture, path: &Path, image: ImageConfig) -> Box<dyn Backbone> {
    match *architecture {
        Architecture::Vgg16 => Box::new(Vgg::new(path, image, VggConfig::vgg16())),
        Architecture::Vgg19 => Box::new(Vgg::new(path, image, VggConfig::vgg19())),
        Architecture::Resnet50 => Box::new(ResNet50::new(path, image)),
        Architecture::EfficientnetV2S { drop_path } => Box::new(EfficientNetV2S::new(path, image, drop_path)),
        Architecture::Vit { preset, patch_size, drop_path } => {
            Box::new(VisionTransformer::new(path, image, preset, i64::from(patch_size), drop_path))
        }
        Architecture::Unet => Box::new(UNetEncoder::new(path, image)),
        Architecture::Cnn => Box::new(Cnn::new(path, image)),
        Architecture::Attention { kind } => Box::new(AttentionCnn::new(path, image, kind)),
        Architecture::Yolo { scale } => Box::new(YoloTrunk::new(path, image, scale)),
        Architecture::CervicalCnn => Box::new(CervicalCnn::new(path, image)),
    }
}
