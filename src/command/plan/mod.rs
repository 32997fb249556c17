//! `bench-run plan SPEC…`: what would run, with which settings, at what cost, and what is already there of it; changes nothing.

mod cost;
mod rows;
mod table;

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use tch::Device;

use super::lanes::share_threads;
use super::prepare::known_films;
use super::specs::{load_all, selection};
use super::{Options, expand, set_up_devices, weights_store};
use crate::data::{self, Assignment, Dataset};
use crate::device;
use crate::error::{DONE, Error};
use crate::execute::{FilmCounts, Place};
use crate::plan::{Plan, ResolvedSpec, resolved};
use crate::weights::Access;
use cost::Costs;
use rows::{PlanRow, plan_rows};

/// What is shown of a plan, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanView {
    /// A spec that reproduces the plan, with the origin of each value, instead of the runs.
    pub resolved: bool,
    /// All facts as JSON.
    pub json: bool,
    /// Whether networks of which no record tells are tried for a moment.
    pub trial: bool,
}

/// The facts of one plan.
#[derive(Debug, Serialize)]
struct PlanReport<'a> {
    name: &'a str,
    title: &'a str,
    spec: &'a Path,
    device: &'a str,
    threads: u32,
    /// Of the first fold where there are folds; none where the labels cannot be read.
    films: Option<FilmCounts>,
    runs: &'a [PlanRow],
    /// For what is not done, one run after another; none where it is not known of every run.
    seconds_left: Option<f64>,
    resolved: &'a ResolvedSpec,
}

/// Print the runs of each spec, or its resolved settings.
///
/// # Errors
/// See [`Error`]; where labels or films cannot be read, the plan is printed before.
pub fn plan(options: &Options, view: PlanView) -> Result<u8, Error> {
    let devices = set_up_devices(options)?;
    let store = weights_store(options, Access::Local);
    let loaded = load_all(options)?;
    let plans = loaded.iter().map(|loaded| expand(loaded, devices[0], &store)).collect::<Result<Vec<_>, _>>()?;
    let selection = selection(options, &plans)?;
    let mut reports = Vec::new();
    let mut trouble = None;
    for ((path, loaded), plan) in options.specs.iter().zip(&loaded).zip(&plans) {
        let settings = resolved(loaded, plan);
        if view.resolved && !view.json {
            print(&settings.to_yaml());
            continue;
        }
        let films = Films::of(plan);
        let place = place(options, &devices);
        if !view.json {
            print(&table::heading(plan, path, &place, &films));
        }
        let mut costs = Costs::new(&options.results, place.clone(), view.trial && films.trouble.is_none(), options.quiet);
        let rows = plan_rows(plan, &selection, &films, &options.results, &mut costs);
        if view.json {
            reports.push(to_json(path, plan, &settings, &place, &films, &rows));
        } else {
            let (drawn, left_out) = table::table(&rows, plan, options.width);
            print(&drawn);
            print(&table::closing(&rows, plan, &films, &costs, &left_out));
        }
        trouble = trouble.or(films.trouble);
    }
    if view.json {
        print(&format!("{:#}\n", serde_json::Value::Array(reports)));
    }
    trouble.map_or(Ok(DONE), Err)
}

fn to_json(path: &Path, plan: &Plan, settings: &ResolvedSpec, place: &Place, films: &Films, rows: &[PlanRow]) -> serde_json::Value {
    let report = PlanReport {
        name: &plan.name,
        title: &plan.title,
        spec: path,
        device: &place.device,
        threads: place.threads,
        films: films.counts(None),
        runs: rows,
        seconds_left: rows::seconds_left(rows),
        resolved: settings,
    };
    serde_json::to_value(report).unwrap_or_else(|error| unreachable!("a plan is plain values: {error}"))
}

/// A closed pipe is the reader's choice.
fn print(text: &str) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Where a run would be computed.
fn place(options: &Options, devices: &[Device]) -> Place {
    Place { device: device::describe(devices[0]), threads: share_threads(options, devices.len()), fast: options.fast }
}

/// What is known of a plan's films.
struct Films {
    /// The labels and their parts; none where there is trouble with them.
    parts: Option<(Dataset, Assignment)>,
    /// Whether the films are cached, and the ids of the runs known.
    prepared: Option<super::prepare::Prepared>,
    trouble: Option<Error>,
}

impl Films {
    /// The labels are read and no film.
    fn of(plan: &Plan) -> Self {
        let assign = |dataset: &Dataset| data::assign_dataset(dataset, &plan.split).map_err(Error::from);
        let labels = data::load(&plan.data).map_err(Error::from);
        let prepared = labels.as_ref().ok().and_then(|dataset| known_films(plan, dataset));
        let dataset = labels.map(|dataset| prepared.as_ref().map_or(dataset, |prepared| prepared.dataset.clone()));
        match dataset.and_then(|dataset| assign(&dataset).map(|assignment| (dataset, assignment))) {
            Ok(parts) => Self { parts: Some(parts), prepared, trouble: None },
            Err(error) => Self { parts: None, prepared: None, trouble: Some(error) },
        }
    }

    fn counts(&self, fold: Option<u32>) -> Option<FilmCounts> {
        let (_, assignment) = self.parts.as_ref()?;
        let fold = fold.or_else(|| assignment.parts().iter().any(|part| matches!(part, data::Part::Fold(_))).then_some(0));
        let partition = assignment.partition(fold);
        Some(FilmCounts { train: partition.train.len(), val: partition.val.len(), test: partition.test.len() })
    }
}
