//! The runs of a plan, each with what it costs and what is there of it.

use std::path::Path;

use serde::Serialize;

use super::Films;
use super::cost::Costs;
use crate::command::identity::Identities;
use crate::execute::{Foreseen, KnownBy, Pace, foresee};
use crate::plan::{Plan, RunConfig, Selection, run_id, run_stem};
use crate::record::format::RunState;
use crate::record::{StudyFolder, read_run};

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlanRow {
    /// The row of the table that it belongs to.
    pub(super) label: String,
    /// The network as a spec names it.
    pub(super) backbone: &'static str,
    /// None while the films have not been read, on whose content it hangs.
    pub(super) run_id: Option<String>,
    /// The id without its hash.
    pub(super) stem: String,
    pub(super) seed: u64,
    pub(super) fold: Option<u32>,
    pub(super) epochs: u32,
    pub(super) parameters: Option<u64>,
    /// For one film.
    pub(super) gflops: Option<f64>,
    /// Of what is left to train; of a finished run, what it took.
    pub(super) seconds: Option<f64>,
    pub(super) memory_mib: Option<f64>,
    /// How the time and the memory of a run that is not finished are known.
    pub(super) known_by: Option<KnownBy>,
    pub(super) state: Foreseen,
}

impl PlanRow {
    pub(super) fn is_done(&self) -> bool {
        self.state == Foreseen::Done
    }

    /// The id, or what is known of it.
    pub(super) fn id(&self) -> String {
        self.run_id.clone().unwrap_or_else(|| format!("{}-…", self.stem))
    }
}

/// Every run of a plan that is selected.
pub(super) fn plan_rows(plan: &Plan, selection: &Selection, films: &Films, results: &Path, costs: &mut Costs) -> Vec<PlanRow> {
    let identities = films.prepared.as_ref().zip(films.parts.as_ref());
    let identities = identities.map(|(prepared, (_, assignment))| Identities::new(&prepared.cached, assignment, &plan.split));
    let mut rows = Vec::new();
    for entry in &plan.entries {
        for run in entry.runs.iter().filter(|run| selection.takes(entry, &run.config)) {
            // Weights that are still to be downloaded have no digest yet.
            let has_weights = run.config.transfer.as_ref().is_none_or(|transfer| transfer.sha256.is_some());
            let id = identities.as_ref().filter(|_| has_weights).map(|identities| run_id(&run.config, identities.of(&run.config)));
            rows.push(plan_row(&entry.label, &run.config, id, plan, films, results, costs));
        }
    }
    rows
}

fn plan_row(
    label: &str,
    config: &RunConfig,
    run_id: Option<String>,
    plan: &Plan,
    films: &Films,
    results: &Path,
    costs: &mut Costs,
) -> PlanRow {
    let state = foresee(config, run_id.as_deref(), results, &plan.name);
    let cost = costs.of(label, config, state != Foreseen::Done);
    let took = run_id.as_ref().filter(|_| state == Foreseen::Done).and_then(|id| spent(results, plan, id));
    let (seconds, memory_mib) = match (&state, cost.pace) {
        (Foreseen::Done, _) => took.unzip(),
        (_, Some(pace)) => (left(&pace, config, &state, films), pace.memory_mib),
        (_, None) => (None, None),
    };
    PlanRow {
        label: label.to_owned(),
        backbone: config.architecture.name().name(),
        stem: run_stem(config),
        seed: config.seed,
        fold: config.fold,
        epochs: config.train.epochs,
        parameters: cost.size.map(|(parameters, _)| parameters),
        gflops: cost.size.map(|(_, gflops)| gflops),
        seconds,
        memory_mib: memory_mib.filter(|memory| *memory > 0.0),
        known_by: cost.pace.filter(|_| state != Foreseen::Done).map(|pace| pace.known_by),
        run_id,
        state,
    }
}

/// Seconds and memory that a finished run took.
fn spent(results: &Path, plan: &Plan, id: &str) -> Option<(f64, f64)> {
    match read_run(&StudyFolder::new(results, &plan.name).run(id)) {
        Ok(RunState::Done(record)) => Some((record.cost.seconds, record.cost.peak_memory_mib.unwrap_or_default())),
        _ => None,
    }
}

fn left(pace: &Pace, config: &RunConfig, state: &Foreseen, films: &Films) -> Option<f64> {
    let epochs = config.train.epochs.saturating_sub(state.epochs_done());
    films.counts(config.fold).map(|films| pace.seconds(epochs, films, config))
}

/// For all that is not done, one run after another; none where it is not known of every such run.
pub(super) fn seconds_left(rows: &[PlanRow]) -> Option<f64> {
    rows.iter().filter(|row| !row.is_done()).map(|row| row.seconds).sum()
}
