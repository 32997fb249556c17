//! `bench-run SPEC…`: trains what is not yet done, then writes the report.

use std::collections::BTreeMap;

use tch::Device;

use super::prepare::{Prepared, keep_cache_within, prepare_films};
use super::report::{print_table, write_report};
use super::{Options, resolve, set_up_device, weights_store};
use crate::data::{self, Assignment, CachedDataset};
use crate::device;
use crate::error::{DONE, Error, SOME_RUNS_FAILED};
use crate::execute::{Job, NativeTrainer, Progress, execute, for_terminal, silence_guarded_panics};
use crate::plan::{ImageConfig, Plan, RunConfig, run_id};
use crate::record::{Environment, IndexRow, StudyFolder, StudyIndex};
use crate::weights::{Access, Located};

/// Train and report each spec in turn; the exit code.
///
/// # Errors
/// See [`Error`]; a failing run is no error but has an exit code of its own.
pub fn run(options: &Options) -> Result<u8, Error> {
    let device = set_up_device(options)?;
    silence_guarded_panics();
    // All specs are read before anything is trained, so that a mistake in the last one costs nothing.
    let store = weights_store(options, Access::Fetch);
    let plans = options.specs.iter().map(|path| resolve(path, &options.sets, device, &store)).collect::<Result<Vec<_>, _>>()?;
    let weights = store.borrow().files();
    let mut code = DONE;
    for plan in &plans {
        code = code.max(run_plan(plan, options, device, &weights)?);
    }
    Ok(code)
}

fn run_plan(plan: &Plan, options: &Options, device: Device, weights: &BTreeMap<String, Located>) -> Result<u8, Error> {
    let mut progress = for_terminal(options.quiet, plan.report.unit);
    let folder = StudyFolder::new(&options.results, &plan.name);
    folder.prepare()?;
    progress.note(&start_line(plan, device));
    let limit = data::cache_limit(options.cache_limit)?;
    let (cached, assignment) = prepare_data(plan, &folder, progress.as_mut())?;
    keep_cache_within(limit, progress.as_mut())?;
    let identities = Identities::new(&cached, &assignment);
    let jobs = jobs(plan, &identities);
    index(plan, &identities).write(&folder)?;
    folder.write_json("environment.json", &Environment::current(device))?;
    let mut trainer = NativeTrainer::new(device, cached, assignment, weights.clone());
    let outcome = execute(&jobs, &folder, &mut trainer, progress.as_mut())?;
    progress.note(&format!(
        "{} trained, {} already done, {} failed; tables and plots are in {}",
        outcome.trained,
        outcome.skipped,
        outcome.failed,
        folder.path().display()
    ));
    let study = write_report(plan, &folder, progress.as_mut())?;
    print_table(&study, options);
    Ok(if outcome.failed > 0 { SOME_RUNS_FAILED } else { DONE })
}

fn start_line(plan: &Plan, device: Device) -> String {
    let runs: usize = plan.entries.iter().map(|entry| entry.runs.len()).sum();
    let precision = plan.entries.first().and_then(|entry| entry.runs.first()).map(|run| match run.config.train.precision {
        crate::plan::ComputePrecision::Bf16 => "bf16",
        crate::plan::ComputePrecision::Fp32 => "fp32",
    });
    format!(
        "{}: {runs} run(s) on {} with {} thread(s), {}",
        plan.title,
        device::describe(device),
        device::threads(),
        precision.unwrap_or("no precision")
    )
}

/// Load and cache the films, and assign them to parts.
fn prepare_data(
    plan: &Plan,
    folder: &StudyFolder,
    progress: &mut dyn Progress,
) -> Result<(Vec<(ImageConfig, CachedDataset)>, Assignment), Error> {
    let Prepared { cached, dataset } = prepare_films(plan, progress)?;
    for excluded in dataset.excluded.iter().take(5) {
        progress.note(&format!("left out: {}: {}", excluded.id, excluded.reason));
    }
    if dataset.excluded.len() > 5 {
        progress.note(&format!("left out: {} in all, listed in excluded.csv", dataset.excluded.len()));
    }
    folder.write_csv("excluded.csv", &dataset.excluded)?;
    let assignment = data::assign_dataset(&dataset, &plan.split)?;
    assignment.check_no_leak(&dataset.samples, cached.first().map(|(_, films)| films.film_hashes.as_slice()))?;
    assignment.write_csv(&folder.path().join("splits.csv"), &dataset.samples)?;
    Ok((cached, assignment))
}

/// What the films of a plan and their split are, for each of its image settings.
struct Identities(Vec<(ImageConfig, String)>);

impl Identities {
    fn new(cached: &[(ImageConfig, CachedDataset)], assignment: &Assignment) -> Self {
        // Films and split together: a run on other parts of the same films is another run.
        let identity = |films: &CachedDataset| format!("{} {}", films.digest, assignment.digest(&films.dataset.samples));
        Self(cached.iter().map(|(image, films)| (*image, identity(films))).collect())
    }

    /// The id of a run.
    fn run_id(&self, config: &RunConfig) -> String {
        let (_, identity) = self.0.iter().find(|(image, _)| *image == config.image).expect("films were cached for every image setting");
        run_id(config, identity)
    }
}

fn jobs(plan: &Plan, identities: &Identities) -> Vec<Job> {
    let job = |label: &str, config: &RunConfig| Job { label: label.to_owned(), run_id: identities.run_id(config), config: config.clone() };
    plan.entries.iter().flat_map(|entry| entry.runs.iter().map(|run| job(&entry.label, &run.config))).collect()
}

fn index(plan: &Plan, identities: &Identities) -> StudyIndex {
    let row = |entry: &crate::plan::PlanEntry| IndexRow {
        label: entry.label.clone(),
        loss: entry.first().train.loss,
        run_ids: entry.runs.iter().map(|run| identities.run_id(&run.config)).collect(),
    };
    StudyIndex::new(plan.report.accuracy_within * plan.report.unit.months(), plan.report.unit, plan.entries.iter().map(row).collect())
}
