//! A plan as YAML for people: what is shared once, then each row with its resolved settings.

use serde::Serialize;

use super::config::TransferConfig;
use super::config::{Architecture, AugmentConfig, DataConfig, HeadConfig, ImageConfig, InputNormalization, SplitConfig, TrainConfig};
use super::expand::{Plan, PlanEntry, ReportConfig};
use crate::spec::WeightsSource;

#[derive(Serialize)]
struct Description<'a> {
    name: &'a str,
    title: &'a str,
    data: &'a DataConfig,
    split: &'a SplitConfig,
    report: &'a ReportConfig,
    entries: Vec<EntryDescription<'a>>,
}

#[derive(Serialize)]
struct EntryDescription<'a> {
    label: &'a str,
    #[serde(with = "serde_yaml::with::singleton_map")]
    architecture: Architecture,
    image: ImageConfig,
    augment: &'a AugmentConfig,
    head: &'a HeadConfig,
    train: &'a TrainConfig,
    normalization: &'a InputNormalization,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<&'a WeightsSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<&'a TransferConfig>,
    runs: Vec<String>,
}

/// The resolved settings of a plan, as YAML.
pub fn describe(plan: &Plan) -> String {
    to_yaml(&description(plan))
}

fn to_yaml(description: &Description) -> String {
    serde_yaml::to_string(description).expect("settings are plain words, numbers and lists")
}

fn description(plan: &Plan) -> Description<'_> {
    let Plan { name, title, data, split, report, entries } = plan;
    let entries = entries.iter().map(describe_entry).collect();
    Description { name, title, data, split, report, entries }
}

fn describe_entry(entry: &PlanEntry) -> EntryDescription<'_> {
    let first = entry.first();
    let run = |seed: u64, fold: Option<u32>| match fold {
        Some(fold) => format!("seed {seed}, fold {fold}"),
        None => format!("seed {seed}"),
    };
    EntryDescription {
        label: &entry.label,
        architecture: first.architecture,
        image: first.image,
        augment: &first.augment,
        head: &first.head,
        train: &first.train,
        normalization: &first.normalization,
        weights: entry.weights.as_ref(),
        transfer: first.transfer.as_ref(),
        runs: entry.runs.iter().map(|planned| run(planned.config.seed, planned.config.fold)).collect(),
    }
}
