//! From a loaded spec to the runs: every setting resolved, nothing defaulted later.
//!
//! In: a [`LoadedSpec`] and the [`Surroundings`]. Out: a [`Plan`], or everything in the spec that contradicts itself, asks of
//! a network what it cannot do, or names weights that do not fit. A value of the matrix wins over an entry's own setting, that over the
//! spec's, the spec's over the default of the network's head, and that over [`defaults`].

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::config::{Architecture, AugmentConfig, ComputePrecision, DataConfig, EvaluationConfig, HeadConfig, ImageConfig};
use super::config::{InputNormalization, RunConfig, SplitConfig, TrainConfig, TransferConfig};
use super::needs::{Need, Needs};
use super::statistics::ChannelStatistics;
use super::{defaults, label, needs, prepare, resolve, rules};
use crate::spec::{self, AgeUnit, LoadedSpec, Precision, Problem, ReportEpoch, ReportPage, SpecError, WeightsSource};

/// What will be run, and how it will be reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The folder under `results/` and the name in README markers.
    pub name: String,
    /// The heading of the table.
    pub title: String,
    /// Where the films and their ages come from; paths are relative to the working folder.
    pub data: DataConfig,
    /// What the films must tell, as far as only their labels can say whether they do.
    pub needs: Vec<Need>,
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
    /// Views of each validation and test film; none where a film is seen once, as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tta: Option<u32>,
    /// Whether errors on changed films are measured after training.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub robustness: bool,
    /// File whose block between the markers is filled, relative to the working folder.
    pub readme: Option<PathBuf>,
    /// What `report.html` shows.
    pub page: ReportPage,
    /// Whether each run is written for TensorBoard too.
    pub tensorboard: bool,
}

/// One row: a network with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanEntry {
    /// The row's name, unique in the plan.
    pub label: String,
    /// Where the weights are that every run starts from.
    pub weights: Option<WeightsSource>,
    /// Seed by seed, and for each seed fold by fold; never empty.
    pub runs: Vec<PlannedRun>,
}

/// What the words of a spec mean on this machine.
pub struct Surroundings<'a> {
    /// The number format that is used for the one asked for.
    pub precision: &'a dyn Fn(Precision) -> ComputePrecision,
    /// What a source of weights holds for a network, or why it cannot be used.
    pub weights: &'a dyn Fn(&WeightsRequest) -> Result<WeightsFacts, String>,
}

/// Weights that an entry starts from, and what they must fit.
#[derive(Debug, Clone, Copy)]
pub struct WeightsRequest<'a> {
    /// Where they are.
    pub source: &'a WeightsSource,
    /// The network.
    pub architecture: &'a Architecture,
    /// Its images.
    pub image: ImageConfig,
    /// Its head.
    pub head: &'a HeadConfig,
}

/// What is known about weights before anything is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsFacts {
    /// SHA-256 of the file, lower-case hexadecimal; none while it is not downloaded.
    pub sha256: Option<String>,
    /// By what they expect films to be standardised; none where nobody says.
    pub statistics: Option<ChannelStatistics>,
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

/// A row with every setting resolved; its runs differ in seed and fold alone.
pub(super) struct ResolvedEntry {
    pub(super) label: String,
    /// The name that it has in common with the other rows of its entry.
    pub(super) entry_label: String,
    pub(super) architecture: Architecture,
    pub(super) image: ImageConfig,
    pub(super) augment: AugmentConfig,
    pub(super) head: HeadConfig,
    pub(super) train: TrainConfig,
    normalization: InputNormalization,
    weights: Option<WeightsSource>,
    transfer: Option<TransferConfig>,
}

/// Resolves every setting of a spec into the runs: seeds × folds for each entry of `backbones`.
///
/// # Errors
/// With every rule between the values of the spec, and every input rule of a network, that does not hold.
pub fn expand(loaded: &LoadedSpec, surroundings: &Surroundings) -> Result<Plan, SpecError> {
    let spec = &loaded.spec;
    let split = resolve::split(&spec.split, &spec.data);
    let mut entries = resolve_entries(loaded, surroundings);
    let Needs { lacking, needs } = needs::needs(loaded);
    let mut found = spec::contradictions(loaded);
    found.extend(rules::contradictions(loaded, &split, &entries).into_iter().chain(lacking));
    let mut problems = loaded.problems(found);
    // Last, because it may take a download: not for a spec that must be mended anyway.
    if problems.is_empty() {
        problems.extend(find_weights(loaded, surroundings, &mut entries));
    }
    // What is wrong with an entry is wrong with every row that a matrix makes of it, and said once.
    let mut said = Vec::new();
    problems.retain(|problem| {
        !said.contains(problem) && {
            said.push(problem.clone());
            true
        }
    });
    if problems.is_empty() && loaded.has_matrix() {
        problems.extend(twins(loaded, &entries));
    }
    let data = match resolve::data(&spec.data, &spec.split) {
        Some(data) if problems.is_empty() => data,
        _ => return Err(SpecError::Invalid(problems)),
    };
    let report = resolve::report(&spec.report);
    let shared = Shared {
        seeds: spec.seeds.clone().unwrap_or_else(|| defaults::SEEDS.to_vec()),
        split: split.clone(),
        evaluation: EvaluationConfig {
            accuracy_within_months: report.accuracy_within * report.unit.months(),
            epoch: report.epoch,
            tta: report.tta,
        },
    };
    let entries = entries.iter().map(|entry| shared.plan_entry(entry)).collect();
    Ok(Plan { name: loaded.name.as_str().to_owned(), title: loaded.title.clone(), data, needs, split, report, entries })
}

fn resolve_entries(loaded: &LoadedSpec, surroundings: &Surroundings) -> Vec<ResolvedEntry> {
    let spec = &loaded.spec;
    let entries = spec.backbones.as_deref().unwrap_or_default();
    let labels = label::row_labels(loaded);
    let resolved = entries.iter().zip(labels).map(|(entry, label)| {
        let image = resolve::image(&entry.settings.image, &spec.image, prepare::prepare(&entry.settings.prepare, &spec.prepare));
        let train = resolve::train(&entry.settings.train, &spec.train, surroundings.precision);
        ResolvedEntry {
            label: label.whole,
            entry_label: label.entry,
            architecture: resolve::architecture(entry),
            image,
            augment: resolve::augment(&entry.settings.augment, &spec.augment),
            head: resolve::head(&entry.settings.head, &spec.head, entry.name, train.loss),
            train,
            normalization: resolve::normalization(&entry.settings.image, &spec.image, image.channels, None),
            weights: entry.settings.weights.clone(),
            transfer: None,
        }
    });
    resolved.collect()
}

/// Rows of a matrix that would be the same runs under two names.
fn twins(loaded: &LoadedSpec, entries: &[ResolvedEntry]) -> Vec<Problem> {
    let written = loaded.spec.backbones.as_deref().unwrap_or_default();
    let same = |one: &ResolvedEntry, other: &ResolvedEntry| {
        // Of a file that is not downloaded no digest is known, which says nothing about another such file.
        let is_known = one.transfer.as_ref().is_none_or(|transfer| transfer.sha256.is_some());
        (one.architecture, one.image) == (other.architecture, other.image)
            && (&one.augment, &one.head, &one.train) == (&other.augment, &other.head, &other.train)
            && (&one.normalization, &one.transfer) == (&other.normalization, &other.transfer)
            && (is_known || one.weights == other.weights)
    };
    let mut problems = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(twin) = entries[..index].iter().find(|other| same(other, entry)) else { continue };
        // One pair of rows says enough of two entries.
        if problems.last().is_some_and(|(row, _): &(usize, Problem)| *row == loaded.rows[index].entry) {
            continue;
        }
        let message = format!(
            "the rows {:?} and {:?} are the same run; a value of `matrix` takes the place of the entry's own, so leave one of them out",
            twin.label, entry.label
        );
        problems.push((loaded.rows[index].entry, loaded.problem(spec::entry_path(index, &written[index]), message)));
    }
    problems.into_iter().map(|(_, problem)| problem).collect()
}

/// Looks at the weights of every entry that starts from some, and notes what a run needs of them; the problems met.
fn find_weights(loaded: &LoadedSpec, surroundings: &Surroundings, entries: &mut [ResolvedEntry]) -> Vec<Problem> {
    let written = loaded.spec.backbones.as_deref().unwrap_or_default();
    let mut problems = Vec::new();
    for (index, (entry, written)) in entries.iter_mut().zip(written).enumerate() {
        let Some(source) = &entry.weights else { continue };
        let request = WeightsRequest { source, architecture: &entry.architecture, image: entry.image, head: &entry.head };
        match (surroundings.weights)(&request) {
            Ok(facts) => {
                let settings = &written.settings;
                let channels = entry.image.channels;
                entry.normalization = resolve::normalization(&settings.image, &loaded.spec.image, channels, facts.statistics.as_ref());
                entry.transfer = Some(TransferConfig {
                    sha256: facts.sha256,
                    freeze: settings.freeze.unwrap_or_default(),
                    unfreeze_at: settings.unfreeze_at.map(|epoch| epoch.get() as u32),
                });
            }
            Err(message) => problems.push(loaded.problem(spec::entry_path(index, written).key("weights"), message)),
        }
    }
    problems
}

/// What all entries have in common.
struct Shared {
    seeds: Vec<u64>,
    split: SplitConfig,
    evaluation: EvaluationConfig,
}

impl Shared {
    fn plan_entry(&self, entry: &ResolvedEntry) -> PlanEntry {
        let folds = self.split.fold_numbers();
        let split = SplitConfig { repeats: 1, ..self.split.clone() };
        let pairs = self.seeds.iter().flat_map(|seed| folds.iter().map(|fold| (*seed, *fold)));
        let runs = pairs.map(|(seed, fold)| {
            let config = RunConfig {
                architecture: entry.architecture,
                seed,
                fold,
                image: entry.image,
                split: split.clone(),
                augment: entry.augment.clone(),
                head: entry.head.clone(),
                train: entry.train.clone(),
                evaluation: self.evaluation,
                normalization: entry.normalization.clone(),
                transfer: entry.transfer.clone(),
            };
            PlannedRun { config }
        });
        PlanEntry { label: entry.label.clone(), weights: entry.weights.clone(), runs: runs.collect() }
    }
}
