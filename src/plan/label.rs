//! The names of the table's rows.

use super::config::Architecture;
use super::resolve;
use crate::backbone::registry;
use crate::spec::{AttentionKind, BackboneEntry, VitPreset, YoloScale};

/// One name per entry: its `label`, or else the network's display name; a network that stands more than once shows in
/// brackets what its variant is.
pub(super) fn labels(entries: &[BackboneEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.settings.label.clone().unwrap_or_else(|| default_label(entry, entries))).collect()
}

fn default_label(entry: &BackboneEntry, entries: &[BackboneEntry]) -> String {
    let display_name = registry::info(entry.name).display_name;
    let is_alone = entries.iter().filter(|other| other.name == entry.name).count() == 1;
    match variant(entry) {
        Some(variant) if !is_alone => format!("{display_name} ({variant})"),
        _ => display_name.to_owned(),
    }
}

/// The variant in words; none where a network has no variants.
fn variant(entry: &BackboneEntry) -> Option<String> {
    match resolve::architecture(entry) {
        Architecture::Vit { preset, patch_size, drop_path } => {
            let preset = match preset {
                VitPreset::Tiny => "tiny",
                VitPreset::Small => "small",
                VitPreset::Base => "base",
            };
            Some(with_drop_path(format!("{preset}, patch {patch_size}"), drop_path))
        }
        Architecture::Yolo { scale } => Some(
            match scale {
                YoloScale::N => "n",
                YoloScale::S => "s",
                YoloScale::M => "m",
            }
            .to_owned(),
        ),
        Architecture::Attention { kind } => Some(
            match kind {
                AttentionKind::Se => "SE",
                AttentionKind::Cbam => "CBAM",
                AttentionKind::SelfAttention => "self-attention",
                AttentionKind::Gate => "gate",
            }
            .to_owned(),
        ),
        Architecture::EfficientnetV2S { drop_path } => Some(format!("drop path {drop_path}")),
        Architecture::Vgg16
        | Architecture::Vgg19
        | Architecture::Resnet50
        | Architecture::Unet
        | Architecture::Cnn
        | Architecture::CervicalCnn => None,
    }
}

fn with_drop_path(words: String, drop_path: f64) -> String {
    if drop_path > 0.0 { format!("{words}, drop path {drop_path}") } else { words }
}
