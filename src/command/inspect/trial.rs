//! A training of some seconds that must learn, on the way of all runs: films drawn and cached, a process of its own, a record.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use tch::Device;

use super::super::resolve;
use crate::data::{self, FilmCache};
use crate::error::Error;
use crate::execute::{FailuresOnly, Job, Outcome, Policy, Processes, Retry, Saving, execute};
use crate::interrupt::Interrupt;
use crate::plan::{Plan, course_id, run_id};
use crate::record::format::{RecordedRun, RunState};
use crate::record::{StudyFolder, read_run};
use crate::weights::{Access, WeightsStore};

/// Few films and a small network, so that a laptop takes seconds; enough of both that the loss falls for certain.
const SPEC: &str = "\
name: doctor
data: { phantom: { count: 64, seed: 7 } }
image: { size: 32 }
split: { val: 0.2, test: 0.0 }
head: { hidden: [64], dropout: 0.0 }
train: { epochs: 20, batch_size: 8, learning_rate: 1.0e-3 }
backbones: [cnn]
";

/// The loss of the last epoch is to be at most this share of that of the first.
pub(super) const SHARE: f64 = 0.5;

/// What the training did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learned {
    pub(super) first_loss: f64,
    pub(super) last_loss: f64,
    pub(super) epochs: usize,
    pub(super) images_per_second: f64,
    pub(super) took: Duration,
}

impl Learned {
    pub(super) fn is_enough(&self) -> bool {
        self.last_loss <= self.first_loss * SHARE
    }
}

/// Train in a temporary folder, which is gone afterwards.
///
/// # Errors
/// The cause in words; none of the inner value where it was interrupted.
pub(super) fn learn(device: Device, threads: u32, interrupt: &Interrupt) -> Result<Option<Learned>, String> {
    let folder = tempfile::Builder::new().prefix("bench-run-doctor-").tempdir().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let run = train(device, threads, interrupt, folder.path())?;
    Ok(run.and_then(|run| {
        let (first, last) = (run.epochs.first()?, run.epochs.last()?);
        Some(Learned {
            first_loss: first.train_loss,
            last_loss: last.train_loss,
            epochs: run.epochs.len(),
            images_per_second: run.cost.images_per_second,
            took: start.elapsed(),
        })
    }))
}

fn train(device: Device, threads: u32, interrupt: &Interrupt, folder: &Path) -> Result<Option<RecordedRun>, String> {
    let (plan, mut processes) = prepare(device, threads, folder).map_err(|error| error.to_string())?;
    let study = StudyFolder::new(&folder.join("results"), &plan.name);
    study.prepare().map_err(|error| error.to_string())?;
    let entry = &plan.entries[0];
    let config = entry.first().clone();
    let (run_id, course_id) = (run_id(&config, "doctor"), course_id(&config, "doctor"));
    let job = Job { label: entry.label.clone(), run_id: run_id.clone(), course_id, config };
    let saving = Saving { interrupt: interrupt.clone(), ..Saving::default() };
    let policy = Policy { jobs: 1, retry: Retry::Never, max_failures: None };
    let outcome = execute(&[job], &study, &saving, policy, &mut processes, &mut FailuresOnly).map_err(|error| error.to_string())?;
    if outcome.interrupted {
        return Ok(None);
    }
    recorded(&study.run(&run_id), outcome).map(Some)
}

fn prepare(device: Device, threads: u32, folder: &Path) -> Result<(Plan, Processes), Error> {
    let spec = folder.join("doctor.yaml");
    std::fs::write(&spec, SPEC).map_err(|source| crate::record::RecordError::Write { path: spec.clone(), source })?;
    let store = RefCell::new(WeightsStore::new(Access::None, true, |_, _| {}));
    let plan = resolve(&spec, &[], device, &store)?;
    let dataset = data::load(&plan.data)?;
    let image = plan.entries[0].first().image;
    let cached = FilmCache::open_or_build(dataset.clone(), image, plan.data.on_bad, &folder.join("films"), &mut |_, _| {})?;
    let assignment = data::assign_dataset(&dataset, &plan.split)?;
    let data = vec![(image, cached)];
    let processes = Processes { devices: vec![device], threads, fast: false, data, assignment, weights: std::collections::BTreeMap::new() };
    Ok((plan, processes))
}

fn recorded(folder: &Path, outcome: Outcome) -> Result<RecordedRun, String> {
    match read_run(folder).map_err(|error| error.to_string())? {
        RunState::Done(run) => Ok(*run),
        RunState::Failed(failure) => Err(failure.cause),
        RunState::Missing => Err(format!("it left no record ({outcome:?})")),
    }
}
