//! `bench-run data SPEC`: what the films are, before anything is trained on them.

use std::io::Write;
use std::path::PathBuf;

use super::prepare::{Prepared, keep_cache_within, prepare_films};
use super::resolve;
use super::screening::{leaks, screen_films};
use crate::data::{self, CacheLimit};
use crate::device;
use crate::error::{DONE, Error};
use crate::execute::{Progress, for_terminal};
use crate::plan::Plan;
use crate::record::{RecordError, StudyFolder};
use crate::report::data::{self as data_report, DataFacts, DataStudy, PAGE};
use crate::weights::{Access, WeightsStore};

/// The folder of the report below the one of the spec.
pub(super) const FOLDER: &str = "data";

/// What the command is told.
#[derive(Debug, Clone)]
pub struct DataOptions {
    /// The spec.
    pub spec: PathBuf,
    /// `--set key.path=value`, in order.
    pub sets: Vec<String>,
    /// Print the facts as JSON.
    pub json: bool,
    /// New file for a list of what was flagged.
    pub write_exclude: Option<PathBuf>,
    /// New folder for the training set of an epoch.
    pub materialise: Option<PathBuf>,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Largest size of the cache of decoded films; that of the environment, or the usual one, where none is given.
    pub cache_limit: Option<CacheLimit>,
    /// Say nothing but results and errors.
    pub quiet: bool,
    /// Whether stdout takes colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Load the films of a spec, write the data report and print its main facts.
///
/// # Errors
/// See [`Error`]; a leak between parts is reported and no error here.
pub fn data(options: &DataOptions) -> Result<u8, Error> {
    if let Some(threads) = options.threads {
        device::set_threads(threads);
    }
    let limit = data::cache_limit(options.cache_limit)?;
    let plan = plan(options)?;
    if let Some(path) = &options.write_exclude {
        data_report::check_exclusion_list(path)?;
    }
    if let Some(folder) = &options.materialise {
        data_report::check_training_set_folder(folder)?;
    }
    let study_folder = StudyFolder::new(&options.results, &plan.name);
    let folder = study_folder.path().join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|source| RecordError::Write { path: folder.clone(), source })?;
    let mut progress = for_terminal(options.quiet || options.json, plan.report.unit);
    let Prepared { cached, dataset } = prepare_films(&plan, progress.as_mut())?;
    let assignment = data::assign_dataset(&dataset, &plan.split)?;
    let findings = screen_films(&plan, &dataset, &study_folder, progress.as_mut())?;
    let leaks = leaks(&cached[0].1, &findings.duplicates, &assignment);
    keep_cache_within(limit, progress.as_mut())?;
    let study = DataStudy { plan: &plan, films: &cached, assignment: &assignment, leaks: &leaks, findings: &findings };
    let (facts, _) = data_report::write(&study, &folder)?;
    print(&facts, &folder.join(PAGE), options);
    write_further(&study, &facts, options, progress.as_mut())?;
    Ok(DONE)
}

/// The plan of the spec; weights are not looked at, since no film depends on them.
fn plan(options: &DataOptions) -> Result<Plan, Error> {
    let offline = true;
    let store = std::cell::RefCell::new(WeightsStore::new(Access::None, offline, |_, _| {}));
    resolve(&options.spec, &options.sets, tch::Device::Cpu, &store)
}

fn print(facts: &DataFacts, page: &std::path::Path, options: &DataOptions) {
    let text = if options.json {
        serde_json::to_string_pretty(facts).expect("words and numbers") + "\n"
    } else {
        data_report::terminal(facts, page, options.color, options.width)
    };
    // A closed pipe is the reader's choice.
    let _ = write!(std::io::stdout(), "{text}");
}

/// The list and the training set, where they are asked for.
fn write_further(study: &DataStudy, facts: &DataFacts, options: &DataOptions, progress: &mut dyn Progress) -> Result<(), Error> {
    if let Some(path) = &options.write_exclude {
        let count = data_report::write_exclusion_list(facts, path)?;
        progress.note(&format!("{}: {count} id(s); delete what you keep, then name the file in `data.exclude`", path.display()));
    }
    if let Some(folder) = &options.materialise {
        let count = data_report::write_training_set(study, folder)?;
        let row = facts.epochs.first().and_then(|epoch| epoch.rows.first()).map_or("the first row", String::as_str);
        progress.note(&format!("{}: {count} training image(s) of epoch 1 of {row}, with labels.csv", folder.display()));
    }
    Ok(())
}
