//! What the runs of a plan cost: sizes by building each network once, times by records or trials.

use std::io::Write;
use std::path::{Path, PathBuf};

use tch::Device;

use crate::backbone::Model;
use crate::execute::{Pace, Place, guarded, recorded_pace, tried_pace};
use crate::plan::RunConfig;

/// How large a network is, and how fast.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    /// Parameters and billions of operations for one film; none for a network that cannot be built, which its run will say.
    pub(super) size: Option<(u64, f64)>,
    /// None where nobody knows.
    pub(super) pace: Option<Pace>,
}

/// Costs by settings, each found once.
pub(super) struct Costs {
    results: PathBuf,
    place: Place,
    trial: bool,
    quiet: bool,
    known: Vec<(RunConfig, Cost)>,
    /// Why a trial told nothing.
    pub(super) notes: Vec<String>,
}

impl Costs {
    pub(super) fn new(results: &Path, place: Place, trial: bool, quiet: bool) -> Self {
        Self { results: results.to_owned(), place, trial, quiet, known: Vec::new(), notes: Vec::new() }
    }

    /// The cost of a run in the row `label`; its pace is looked for only where it `is_open`, and tried only where no record tells.
    pub(super) fn of(&mut self, label: &str, config: &RunConfig, is_open: bool) -> Cost {
        let alike = RunConfig { seed: 0, fold: None, ..config.clone() };
        if let Some((_, cost)) = self.known.iter().find(|(known, cost)| *known == alike && (cost.pace.is_some() || !is_open)) {
            return cost.clone();
        }
        let size = guarded(|| Model::zeros(&config.architecture, config.image, &config.head, Device::Cpu)).ok();
        let size = size.map(|model| (model.parameters().count(), model.gflops()));
        let pace = if is_open { self.pace(label, config) } else { None };
        let cost = Cost { size, pace };
        self.known.push((alike, cost.clone()));
        cost
    }

    fn pace(&mut self, label: &str, config: &RunConfig) -> Option<Pace> {
        let recorded = recorded_pace(config, &self.place, &self.results);
        if recorded.is_some() || !self.trial || self.notes.iter().any(|note| note.starts_with(&format!("{label}: "))) {
            return recorded;
        }
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "trying {label} for a moment, for the time that it will take");
        }
        tried_pace(config, &self.place).map_err(|cause| self.notes.push(format!("{label}: no estimate of time and memory: {cause}"))).ok()
    }
}
