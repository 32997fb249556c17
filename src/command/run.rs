//! `bench-run SPEC…`: trains what is not yet done, then writes the report.

use std::collections::BTreeMap;

use tch::Device;

use super::finished::StudyFilms;
use super::identity::Identities;
use super::lanes::choose_lanes;
use super::prepare::{Prepared, keep_cache_within, prepare_films};
use super::report::{print_table, write_report};
use super::robustness::measure;
use super::screening::{leaks, pairs};
use super::specs::{Asked, resolve_all, selection};
use super::{Options, set_up_devices, together, weights_store};
use crate::data::{self, Assignment};
use crate::device;
use crate::error::{DONE, Error, INTERRUPTED, SOME_RUNS_FAILED};
use crate::execute::{Job, Lanes, Outcome, Place, Policy, Processes, Progress, Saving, Shown, execute, progress, recorded_pace};
use crate::interrupt::Interrupt;
use crate::plan::{Plan, PlanEntry, PlannedRun, RunConfig, Selection, course_id, run_id};
use crate::record::{
    ENVIRONMENT_FILE, Environment, IndexRow, LEAKS_FILE, SPLITS_FILE, StudyFolder, StudyIndex, has_typical, write_typical,
};
use crate::report::Study;
use crate::screen::TypicalFilms;
use crate::weights::{Access, Located};

/// Train and report each spec in turn; the exit code.
///
/// # Errors
/// See [`Error`]; a failing run is no error but has an exit code of its own.
pub fn run(options: &Options, json: bool) -> Result<u8, Error> {
    let interrupt = watch_signals()?;
    let devices = set_up_devices(options)?;
    // All specs are read before anything is trained, so that a mistake in the last one costs nothing.
    let store = weights_store(options, Access::Fetch);
    let asked = resolve_all(options, devices[0], &store)?;
    let selection = selection(options, &asked.plans)?;
    let weights = store.borrow().files();
    let shown = match (json, options.quiet) {
        (true, _) => Shown::AsJson,
        (false, true) => Shown::Quietly,
        (false, false) => Shown::ForPeople,
    };
    let mut code = DONE;
    let mut studies = Vec::new();
    for one in asked.each() {
        let (ended, study) = run_plan(one, &selection, options, shown, &devices, &weights, &interrupt)?;
        code = code.max(ended);
        let Some(study) = study else { return Ok(code) };
        studies.push(study);
    }
    together::write(&studies, &asked.plans, options, shown != Shown::AsJson)?;
    Ok(code)
}

/// Look out for signals; when one ends the program, it says how to go on.
fn watch_signals() -> Result<Interrupt, Error> {
    Interrupt::watch(farewell(), INTERRUPTED).map_err(Error::Signals)
}

/// How to go on after an interruption.
fn farewell() -> String {
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./=:,@+%".contains(c));
    let quoted = |word: String| if plain(&word) { word } else { format!("'{}'", word.replace('\'', r"'\''")) };
    let command: Vec<String> = std::env::args_os().map(|word| quoted(word.to_string_lossy().into_owned())).collect();
    format!("interrupted; all that was finished is kept, and the same command goes on: {}", command.join(" "))
}

/// Train and report one spec; the exit code, and what is reported unless it was interrupted.
fn run_plan(
    asked: Asked,
    selection: &Selection,
    options: &Options,
    shown: Shown,
    devices: &[Device],
    weights: &BTreeMap<String, Located>,
    interrupt: &Interrupt,
) -> Result<(u8, Option<Study>), Error> {
    let plan = asked.plan;
    let mut progress = progress(shown, plan.report.unit);
    let folder = StudyFolder::new(&options.results, &plan.name);
    folder.prepare()?;
    progress.note(&start_line(plan, devices));
    let limit = data::cache_limit(options.cache_limit)?;
    let (Prepared { cached, .. }, assignment, leaks) = prepare_data(plan, &folder, progress.as_mut())?;
    keep_cache_within(limit, progress.as_mut())?;
    let identities = Identities::new(&cached, &assignment, &plan.split);
    let jobs = jobs(plan, &identities, selection);
    let all: usize = plan.entries.iter().map(|entry| entry.runs.len()).sum();
    if jobs.len() < all {
        progress.note(&format!("{} of {all} runs are selected by --only and --skip; the tables keep the rows of all", jobs.len()));
    }
    index(plan, &identities, leaks).write(&folder)?;
    let mut processes = Processes {
        devices: devices.to_vec(),
        threads: device::threads(),
        fast: options.fast,
        data: cached,
        assignment,
        weights: weights.clone(),
    };
    let saving = Saving {
        every: options.checkpoint_minutes,
        last: options.last_checkpoint,
        results: Some(options.results.clone()),
        interrupt: interrupt.clone(),
    };
    let lanes = choose_lanes(options, &jobs, &folder, &mut processes, progress.as_mut())?;
    folder.write_json(ENVIRONMENT_FILE, &Environment::current(&devices_in_words(devices), lanes.threads, options.fast))?;
    progress.planned(&work(&jobs, &processes, &lanes, options));
    let policy = Policy { jobs: lanes.jobs, retry: options.retry, max_failures: options.max_failures };
    let outcome = execute(&jobs, &folder, &saving, policy, &mut processes, progress.as_mut())?;
    if outcome.interrupted {
        progress.note(&farewell());
        return Ok((INTERRUPTED, None));
    }
    describe_films(&processes, &folder, outcome.trained > 0)?;
    if plan.report.robustness && outcome.trained + outcome.skipped > 0 {
        let films = StudyFilms { cached: processes.data, assignment: processes.assignment };
        device::prepare();
        device::make_deterministic(devices[0]);
        measure(plan, &folder, &films, devices[0], progress.as_mut())?;
    }
    progress.note(&format!("{}; tables and plots are in {}", in_words(outcome), folder.path().display()));
    let study = write_report(asked, &folder, progress.as_mut())?;
    if shown != Shown::AsJson {
        print_table(&study, options);
    }
    let code = if outcome.failed > 0 || outcome.given_up > 0 { SOME_RUNS_FAILED } else { DONE };
    Ok((code, Some(study)))
}

/// Keep what the films look like, for `predict`; again where something was trained, since films or parts may be others than before.
fn describe_films(processes: &Processes, folder: &StudyFolder, anew: bool) -> Result<(), Error> {
    for (image, cached) in &processes.data {
        if !anew && has_typical(folder, image) {
            continue;
        }
        // With folds, this is all but the test part.
        let parts = processes.assignment.partition(None);
        if let Some(typical) = TypicalFilms::of(&cached.cache, &parts.train, &parts.val) {
            write_typical(folder, image, &typical)?;
        }
    }
    Ok(())
}

fn in_words(outcome: Outcome) -> String {
    let Outcome { trained, skipped, failed, given_up, interrupted: _ } = outcome;
    let given_up = if given_up > 0 { format!(", {given_up} not tried after so many failures") } else { String::new() };
    format!("{trained} trained, {skipped} already done, {failed} failed{given_up}")
}

fn devices_in_words(devices: &[Device]) -> String {
    devices.iter().map(|device| device::describe(*device)).collect::<Vec<_>>().join(", ")
}

fn start_line(plan: &Plan, devices: &[Device]) -> String {
    let runs: usize = plan.entries.iter().map(|entry| entry.runs.len()).sum();
    let precision = plan.entries.first().and_then(|entry| entry.runs.first()).map(|run| match run.config.train.precision {
        crate::plan::ComputePrecision::Bf16 => "bf16",
        crate::plan::ComputePrecision::Fp32 => "fp32",
    });
    format!("{}: {runs} run(s) on {}, {}", plan.title, devices_in_words(devices), precision.unwrap_or("no precision"))
}

/// Load and cache the films, and assign them to parts; the number of leaks that the spec lets pass.
fn prepare_data(plan: &Plan, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<(Prepared, Assignment, usize), Error> {
    let prepared = prepare_films(plan, progress)?;
    let dataset = &prepared.dataset;
    for excluded in dataset.excluded.iter().take(5) {
        progress.note(&format!("left out: {excluded}"));
    }
    if dataset.excluded.len() > 5 {
        progress.note(&format!("left out: {} in all, listed in excluded.csv", dataset.excluded.len()));
    }
    folder.write_csv("excluded.csv", &dataset.excluded)?;
    let assignment = data::assign_dataset(dataset, &plan.split)?;
    let leaks = check_leaks(plan, &prepared, &assignment, folder, progress)?;
    assignment.write_csv(&folder.path().join(SPLITS_FILE), &dataset.samples)?;
    Ok((prepared, assignment, leaks))
}

/// The number of leaks, all of which the spec lets pass.
fn check_leaks(
    plan: &Plan,
    prepared: &Prepared,
    assignment: &Assignment,
    folder: &StudyFolder,
    progress: &mut dyn Progress,
) -> Result<usize, Error> {
    let pairs = pairs(plan, prepared, folder, progress)?;
    let leaks = leaks(&prepared.cached[0].1, &pairs, assignment);
    if !plan.data.allow_leaks {
        data::refuse(&leaks)?;
    }
    match leaks.first() {
        None => folder.remove(LEAKS_FILE)?,
        Some(first) => {
            folder.write_csv(LEAKS_FILE, &leaks)?;
            progress.note(&format!("{} leak(s) between parts are let pass, such as {first}; all are in {LEAKS_FILE}", leaks.len()));
        }
    }
    Ok(leaks.len())
}

/// The work of each job: in seconds where every network was timed here before, else in billions of operations.
fn work(jobs: &[Job], processes: &Processes, lanes: &Lanes, options: &Options) -> Vec<f64> {
    if jobs.len() < 2 {
        return vec![1.0; jobs.len()];
    }
    let place = Place { device: device::describe(processes.devices[0]), threads: lanes.threads, fast: options.fast };
    let films = |job: &Job| processes.assignment.partition(job.config.fold).train.len() as f64;
    let passes = |job: &Job| films(job) * f64::from(job.config.train.epochs);
    let mut paces: Vec<(RunConfig, Option<f64>, f64)> = Vec::new();
    let mut cost = |job: &Job| {
        let alike = RunConfig { seed: 0, fold: None, ..job.config.clone() };
        if let Some((_, seconds, gflops)) = paces.iter().find(|(known, _, _)| *known == alike) {
            return (*seconds, *gflops);
        }
        let seconds = recorded_pace(&job.config, &place, &options.results).map(|pace| pace.train_seconds);
        let gflops = super::lanes::gflops(job);
        paces.push((alike, seconds, gflops));
        (seconds, gflops)
    };
    let costs: Vec<(Option<f64>, f64)> = jobs.iter().map(&mut cost).collect();
    let timed: Option<Vec<f64>> = jobs.iter().zip(&costs).map(|(job, (seconds, _))| seconds.map(|seconds| seconds * passes(job))).collect();
    timed.unwrap_or_else(|| jobs.iter().zip(&costs).map(|(job, (_, gflops))| gflops * passes(job)).collect())
}

/// The runs that are selected, of all that the plan has.
fn jobs(plan: &Plan, identities: &Identities, selection: &Selection) -> Vec<Job> {
    let job = |label: &str, config: &RunConfig| Job {
        label: label.to_owned(),
        run_id: run_id(config, identities.of(config)),
        course_id: course_id(config, identities.of(config)),
        config: config.clone(),
    };
    let of_entry = |entry| selected_runs(entry, selection).map(move |run| (entry, run));
    plan.entries.iter().flat_map(of_entry).map(|(entry, run): (&PlanEntry, _)| job(&entry.label, &run.config)).collect()
}

fn selected_runs<'a>(entry: &'a PlanEntry, selection: &'a Selection) -> impl Iterator<Item = &'a PlannedRun> {
    entry.runs.iter().filter(|run| selection.takes(entry, &run.config))
}

fn index(plan: &Plan, identities: &Identities, leaks: usize) -> StudyIndex {
    let row = |entry: &PlanEntry| IndexRow {
        label: entry.label.clone(),
        loss: entry.first().train.loss,
        run_ids: entry.runs.iter().map(|run| run_id(&run.config, identities.of(&run.config))).collect(),
    };
    let rows = plan.entries.iter().map(row).collect();
    let accuracy_within = plan.report.accuracy_within * plan.report.unit.months();
    StudyIndex { leaks, ..StudyIndex::new(accuracy_within, plan.report.unit, rows) }
}
