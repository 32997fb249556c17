//! The settings of augmentation in a plan, each once.

use crate::plan::{AugmentConfig, ImageConfig, Plan};

/// The epoch that is counted, shown and written: the first.
pub(super) const EPOCH: u64 = 1;

/// How the training films of some rows are drawn and changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// The rows of the comparison that are trained so.
    pub(super) rows: Vec<String>,
    pub(super) image: ImageConfig,
    pub(super) augment: AugmentConfig,
    /// Of the first run of the first of these rows.
    pub(super) seed: u64,
    pub(super) fold: Option<u32>,
}

/// Every different setting of image and augmentation, in the order of the rows.
pub(super) fn settings(plan: &Plan) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for entry in &plan.entries {
        let config = entry.first();
        match settings.iter_mut().find(|setting| setting.image == config.image && setting.augment == config.augment) {
            Some(setting) => setting.rows.push(entry.label.clone()),
            None => settings.push(Setting {
                rows: vec![entry.label.clone()],
                image: config.image,
                augment: config.augment.clone(),
                seed: config.seed,
                fold: config.fold,
            }),
        }
    }
    settings
}
