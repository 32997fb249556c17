//! The names of the table's rows.

use std::borrow::Cow;

use super::config::Architecture;
use super::resolve;
use crate::backbone::registry;
use crate::spec::{AttentionKind, BackboneEntry, Freeze, LoadedSpec, Row};

/// What stands between the name of an entry and the values of its row: no network, file or number has it.
const SEPARATOR: &str = " · ";

/// The name of a row.
pub(super) struct RowLabel {
    /// That of its entry, as the values of the row make it: `Attention CNN (SE)` where they make it one.
    pub(super) entry: String,
    /// Unique in the plan: with the values of the matrix that not all rows of the entry share.
    pub(super) whole: String,
}

/// The names of all rows.
pub(super) fn row_labels(loaded: &LoadedSpec) -> Vec<RowLabel> {
    let resolved = loaded.spec.backbones.as_deref().unwrap_or_default();
    let of_row = |(row, entry): (&Row, &BackboneEntry)| {
        let mut entries = Cow::Borrowed(loaded.written.as_slice());
        if loaded.has_matrix() {
            entries.to_mut()[row.entry] = entry.clone();
        }
        let entry = label(entry, &entries);
        let whole = [&entry].into_iter().chain(&row.words).map(String::as_str).collect::<Vec<_>>().join(SEPARATOR);
        RowLabel { entry, whole }
    };
    loaded.rows.iter().zip(resolved).map(of_row).collect()
}

/// The `label` of an entry, or else the network's display name; a network that stands more than once shows in brackets what its
/// variant is.
fn label(entry: &BackboneEntry, entries: &[BackboneEntry]) -> String {
    entry.settings.label.clone().unwrap_or_else(|| default_label(entry, entries))
}

fn default_label(entry: &BackboneEntry, entries: &[BackboneEntry]) -> String {
    let display_name = registry::info(entry.name).display_name;
    let is_alone = entries.iter().filter(|other| other.name == entry.name).count() == 1;
    let words: Vec<String> = variant(entry).into_iter().chain(start(entry, entries)).collect();
    if is_alone || words.is_empty() { display_name.to_owned() } else { format!("{display_name} ({})", words.join(", ")) }
}

/// What the network starts from, where that is one thing for some entries of it and another for others.
fn start(entry: &BackboneEntry, entries: &[BackboneEntry]) -> Vec<String> {
    let of_this_name = || entries.iter().filter(|other| other.name == entry.name).map(|other| &other.settings);
    let settings = &entry.settings;
    let mut words = Vec::new();
    if of_this_name().any(|other| other.weights.is_some() != settings.weights.is_some()) {
        words.push(if settings.weights.is_some() { "pretrained" } else { "from scratch" }.to_owned());
    }
    if of_this_name().any(|other| other.freeze.unwrap_or_default() != settings.freeze.unwrap_or_default()) {
        match settings.freeze.unwrap_or_default() {
            Freeze::None => {}
            Freeze::Stem => words.push("frozen stem".to_owned()),
            Freeze::Backbone => words.push("frozen".to_owned()),
        }
    }
    words
}

/// The variant in words; none where a network has no variants.
fn variant(entry: &BackboneEntry) -> Option<String> {
    match resolve::architecture(entry) {
        Architecture::Vit { preset, patch_size, drop_path } => {
            Some(with_drop_path(format!("{}, patch {patch_size}", preset.name()), drop_path))
        }
        Architecture::Yolo { scale } => Some(scale.name().to_owned()),
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
