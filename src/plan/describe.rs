//! A plan as YAML for people: what is shared once, then each row with its resolved settings.

use serde::Serialize;

use super::config::{Architecture, AugmentConfig, DataConfig, HeadConfig, ImageConfig, InputNormalization, SplitConfig, TrainConfig};
use super::config::{RunConfig, TransferConfig};
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

/// The resolved settings of a plan, as YAML. `foresee` tells what is already there of a run.
pub fn describe(plan: &Plan, foresee: &dyn Fn(&RunConfig) -> Option<String>) -> String {
    to_yaml(&description(plan, foresee))
}

fn to_yaml(description: &Description) -> String {
    serde_yaml::to_string(description).expect("settings are plain words, numbers and lists")
}

fn description<'a>(plan: &'a Plan, foresee: &dyn Fn(&RunConfig) -> Option<String>) -> Description<'a> {
    let Plan { name, title, data, needs: _, split, report, entries } = plan;
    let entries = entries.iter().map(|entry| describe_entry(entry, foresee)).collect();
    Description { name, title, data, split, report, entries }
}

fn describe_entry<'a>(entry: &'a PlanEntry, foresee: &dyn Fn(&RunConfig) -> Option<String>) -> EntryDescription<'a> {
    let first = entry.first();
    let run = |config: &RunConfig| {
        let fold = config.fold.map(|fold| format!(", fold {fold}")).unwrap_or_default();
        let there = foresee(config).map(|words| format!(" ({words})")).unwrap_or_default();
        format!("seed {}{fold}{there}", config.seed)
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
        runs: entry.runs.iter().map(|planned| run(&planned.config)).collect(),
    }
}
