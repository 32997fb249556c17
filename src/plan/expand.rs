//! From a loaded spec to the runs: every setting resolved, nothing defaulted later.
//!
//! In: a [`LoadedSpec`] and what `precision` means on the device. Out: a [`Plan`], or everything in the spec that
//! contradicts itself or asks of a network what it cannot do. An entry's setting wins over the spec's, the spec's over the
//! default of the network's head, and that over [`defaults`].

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::config::{Architecture, AugmentConfig, ComputePrecision, DataConfig, EvaluationConfig, HeadConfig, ImageConfig};
use super::config::{RunConfig, SplitConfig, TrainConfig};
use super::{defaults, label, resolve, rules};
use crate::spec::{self, AgeUnit, LoadedSpec, Precision, ReportEpoch, SpecError};

/// What will be run, and how it will be reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The folder under `results/` and the name in README markers.
    pub name: String,
    /// The heading of the table.
    pub title: String,
    /// Where the films and their ages come from; paths are relative to the working folder.
    pub data: DataConfig,
    /// Which film belongs to which part.
    pub split: SplitConfig,
    /// What the tables say and where they go.
    pub report: ReportConfig,
    /// One per row, in the spec's order.
    pub entries: Vec<PlanEntry>,
}

/// What the tables say and where they go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportConfig {
    /// Unit of every age in tables and plots.
    pub unit: AgeUnit,
    /// Largest error, in that unit, that counts as accurate.
    pub accuracy_within: f64,
    /// Which epoch's weights are reported.
    pub epoch: ReportEpoch,
    /// File whose block between the markers is filled, relative to the working folder.
    pub readme: Option<PathBuf>,
}

/// One row: a network with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanEntry {
    /// The row's name, unique in the plan.
    pub label: String,
    /// Seed by seed, and for each seed fold by fold; never empty.
    pub runs: Vec<PlannedRun>,
}

impl PlanEntry {
    /// The settings of the first run; what is not seed or fold is the same in all of them.
    ///
    /// # Panics
    /// If the entry has no run; [`expand`] makes no such entry.
    pub fn first(&self) -> &RunConfig {
        &self.runs.first().expect("an entry has at least one seed").config
    }
}

/// One training.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// All that can change its numbers, apart from the films.
    pub config: RunConfig,
}

/// An entry of `backbones` with every setting resolved; its runs differ in seed and fold alone.
pub(super) struct ResolvedEntry {
    pub(super) label: String,
    pub(super) architecture: Architecture,
    pub(super) image: ImageConfig,
    pub(super) augment: AugmentConfig,
    pub(super) head: HeadConfig,
    pub(super) train: TrainConfig,
}

/// Resolves every setting of a spec into the runs: seeds × folds for each entry of `backbones`.
///
/// # Errors
/// With every rule between the values of the spec, and every input rule of a network, that does not hold.
pub fn expand(loaded: &LoadedSpec, precision: impl Fn(Precision) -> ComputePrecision) -> Result<Plan, SpecError> {
    let spec = &loaded.spec;
    let split = resolve::split(&spec.split);
    let entries = resolve_entries(loaded, &precision);
    let mut problems = spec::problems(loaded);
    problems.extend(rules::problems(loaded, &split, &entries));
    let data = match resolve::data(&spec.data) {
        Some(data) if problems.is_empty() => data,
        _ => return Err(SpecError::Invalid(problems)),
    };
    let report = resolve::report(&spec.report);
    let shared = Shared {
        seeds: spec.seeds.clone().unwrap_or_else(|| defaults::SEEDS.to_vec()),
        split: split.clone(),
        evaluation: EvaluationConfig { accuracy_within_months: report.accuracy_within * report.unit.months(), epoch: report.epoch },
    };
    let entries = entries.iter().map(|entry| shared.plan_entry(entry)).collect();
    Ok(Plan { name: loaded.name.as_str().to_owned(), title: loaded.title.clone(), data, split, report, entries })
}

fn resolve_entries(loaded: &LoadedSpec, precision: &impl Fn(Precision) -> ComputePrecision) -> Vec<ResolvedEntry> {
    let spec = &loaded.spec;
    let entries = spec.backbones.as_deref().unwrap_or_default();
    let labels = label::labels(entries);
    let resolved = entries.iter().zip(labels).map(|(entry, label)| ResolvedEntry {
        label,
        architecture: resolve::architecture(entry),
        image: resolve::image(&entry.settings.image, &spec.image),
        augment: resolve::augment(&entry.settings.augment, &spec.augment),
        head: resolve::head(&entry.settings.head, &spec.head, entry.name),
        train: resolve::train(&entry.settings.train, &spec.train, precision),
    });
    resolved.collect()
}

/// What all entries have in common.
struct Shared {
    seeds: Vec<u64>,
    split: SplitConfig,
    evaluation: EvaluationConfig,
}

impl Shared {
    fn plan_entry(&self, entry: &ResolvedEntry) -> PlanEntry {
        let folds: Vec<Option<u32>> = match self.split.folds {
            Some(folds) => (0..folds).map(Some).collect(),
            None => vec![None],
        };
        let pairs = self.seeds.iter().flat_map(|seed| folds.iter().map(|fold| (*seed, *fold)));
        let runs = pairs.map(|(seed, fold)| {
            let config = RunConfig {
                architecture: entry.architecture,
                seed,
                fold,
                image: entry.image,
                split: self.split.clone(),
                augment: entry.augment.clone(),
                head: entry.head.clone(),
                train: entry.train.clone(),
                evaluation: self.evaluation,
            };
            PlannedRun { config }
        });
        PlanEntry { label: entry.label.clone(), runs: runs.collect() }
    }
}
