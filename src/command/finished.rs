//! The finished runs of a study, with the films that they were judged by.

use std::path::PathBuf;

use tch::Device;

use super::identity::identity;
use super::prepare::{Prepared, keep_cache_within, prepare_films};
use super::specs::{Resolved, resolve_loaded};
use crate::data::{self, Assignment, CacheLimit, CachedDataset};
use crate::device::{self, DeviceChoice};
use crate::error::Error;
use crate::execute::{Progress, for_terminal};
use crate::plan::{ImageConfig, Plan, RunConfig, run_id};
use crate::record::format::{RESULT_FILE, RecordedRun, RunState};
use crate::record::{RecordError, StudyFolder, StudyIndex, read_settings};
use crate::spec::{self, Split};
use crate::weights::{Access, WeightsStore};

/// What commands over finished studies are told.
#[derive(Debug, Clone)]
pub struct FinishedOptions {
    /// The specs, in order.
    pub specs: Vec<PathBuf>,
    /// `--set key.path=value`, in order.
    pub sets: Vec<String>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Where to compute.
    pub device: DeviceChoice,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// Largest size of the cache of decoded films; that of the environment, or the usual one, where none is given.
    pub cache_limit: Option<CacheLimit>,
    /// Say nothing but results and errors.
    pub quiet: bool,
    /// Whether stdout takes colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: u16,
}

impl FinishedOptions {
    /// The device, made ready to repeat what training computed.
    pub(super) fn set_up(&self) -> Result<Device, Error> {
        if let Some(threads) = self.threads {
            device::set_threads(threads);
        }
        let device = device::choose(self.device).map_err(Error::Device)?;
        device::prepare();
        device::make_deterministic(device);
        Ok(device)
    }

    /// The specs with their plans, all read before anything is done; weights are not looked at, since the runs have theirs.
    pub(super) fn asked(&self) -> Result<Resolved, Error> {
        let offline = true;
        let store = std::cell::RefCell::new(WeightsStore::new(Access::None, offline, |_, _| {}));
        let loaded = self.specs.iter().map(|path| spec::load(path, &self.sets)).collect::<Result<Vec<_>, _>>()?;
        resolve_loaded(&loaded, Device::Cpu, &store)
    }

    /// Progress of a plan.
    pub(super) fn progress(&self, plan: &Plan) -> Box<dyn Progress> {
        for_terminal(self.quiet, plan.report.unit)
    }
}

/// The films of a study and which part each is of.
pub(super) struct StudyFilms {
    pub(super) cached: Vec<(ImageConfig, CachedDataset)>,
    pub(super) assignment: Assignment,
}

impl StudyFilms {
    /// Those of a plan, from the cache or decoded anew.
    pub(super) fn load(plan: &Plan, limit: Option<CacheLimit>, progress: &mut dyn Progress) -> Result<Self, Error> {
        let limit = data::cache_limit(limit)?;
        let Prepared { cached, dataset } = prepare_films(plan, progress)?;
        keep_cache_within(limit, progress)?;
        let assignment = data::assign_dataset(&dataset, &plan.split)?;
        Ok(Self { cached, assignment })
    }

    /// The films as a run's images are; none where the plan has no such images.
    pub(super) fn of(&self, config: &RunConfig) -> Option<&CachedDataset> {
        self.cached.iter().find(|(image, _)| *image == config.image).map(|(_, films)| films)
    }

    /// Whether a run was made with these films and this split: its id says so.
    fn are_those_of(&self, config: &RunConfig, id: &str) -> bool {
        self.of(config).is_some_and(|films| run_id(config, &identity(films, &self.assignment, config.fold)) == id)
    }
}

/// A finished run.
pub(super) struct FinishedRun {
    /// Name of its row.
    pub(super) label: String,
    pub(super) id: String,
    pub(super) config: RunConfig,
    pub(super) record: RecordedRun,
}

impl FinishedRun {
    /// The part that it is judged by: test where there is one, else validation.
    pub(super) fn part(&self) -> Split {
        if self.record.result.figures.test.is_some() { Split::Test } else { Split::Val }
    }
}

/// The finished runs of each row that has some, in the order of the rows; rows without one are noted.
///
/// # Errors
/// If nothing was run, no run is finished, or the films are no longer those of a run.
pub(super) fn finished_runs(
    plan: &Plan,
    folder: &StudyFolder,
    films: &StudyFilms,
    progress: &mut dyn Progress,
) -> Result<Vec<Vec<FinishedRun>>, Error> {
    let index = study_index(folder)?;
    let mut rows = Vec::new();
    for row in &index.rows {
        let mut runs = Vec::new();
        for (id, state) in row.run_ids.iter().zip(row.states(folder)?) {
            let RunState::Done(record) = state else { continue };
            let config = read_settings(&folder.run(id))?;
            if !films.are_those_of(&config, id) {
                return Err(Error::OtherFilms { run: id.clone(), study: plan.name.clone() });
            }
            runs.push(FinishedRun { label: row.label.clone(), id: id.clone(), config, record: *record });
        }
        let wanted = row.run_ids.len();
        if runs.len() < wanted {
            progress.note(&format!("{}: {} of {wanted} run(s) finished; run the spec again to train the rest", row.label, runs.len()));
        }
        if !runs.is_empty() {
            rows.push(runs);
        }
    }
    if rows.is_empty() { Err(unfinished(plan, folder)) } else { Ok(rows) }
}

/// What was run of a plan, before films are decoded for it.
///
/// # Errors
/// If nothing was run, no run is finished, or one was made with images that the plan has not.
pub(super) fn finished_study(plan: &Plan, folder: &StudyFolder) -> Result<StudyIndex, Error> {
    let index = study_index(folder)?;
    let finished: Vec<&String> =
        index.rows.iter().flat_map(|row| &row.run_ids).filter(|id| folder.run(id).join(RESULT_FILE).exists()).collect();
    if finished.is_empty() {
        return Err(unfinished(plan, folder));
    }
    let images: Vec<ImageConfig> = plan.entries.iter().flat_map(|entry| &entry.runs).map(|run| run.config.image).collect();
    for id in finished {
        if !images.contains(&read_settings(&folder.run(id))?.image) {
            return Err(Error::OtherFilms { run: id.clone(), study: plan.name.clone() });
        }
    }
    Ok(index)
}

fn study_index(folder: &StudyFolder) -> Result<StudyIndex, Error> {
    StudyIndex::read(folder.path())?.ok_or_else(|| RecordError::NoStudy { path: folder.path().to_owned() }.into())
}

fn unfinished(plan: &Plan, folder: &StudyFolder) -> Error {
    Error::NothingFinished { study: plan.name.clone(), folder: folder.path().to_owned() }
}
