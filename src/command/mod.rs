//! What each command of the program does, from its arguments to an exit code.

mod backbones;
mod data;
mod download;
mod explain;
mod export;
mod finished;
mod identity;
mod init;
mod inspect;
mod lanes;
mod phantom;
mod plan;
mod predict;
mod prepare;
mod report;
mod robustness;
mod run;
mod runs;
mod schema;
mod screening;
mod serve;
mod specs;
mod tables;
mod together;

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use tch::Device;

pub use backbones::backbones;
pub use data::{DataOptions, data};
pub use explain::{ExplainChoice, explain};
pub use export::export;
pub use finished::FinishedOptions;
pub use init::{InitOptions, init};
pub use inspect::{CleanOptions, Consent, DoctorOptions, InspectOptions, Kind, Terminal, clean, diff, doctor, list, show};
pub use lanes::JobsChoice;
pub use phantom::phantom;
pub use plan::{PlanView, plan};
pub use predict::{PredictOptions, predict};
pub use report::{ReportTask, report};
pub use robustness::robustness;
pub use run::run;
pub use runs::PlaceOptions;
pub use schema::schema;
pub use serve::{train_one_run, try_one_run};

use crate::data::CacheLimit;
use crate::device::{self, DeviceChoice};
use crate::error::Error;
use crate::execute::{LastCheckpoint, Retry};
use crate::hub::{HubFile, Progress};
use crate::plan::{Plan, Surroundings};
use crate::spec::LoadedSpec;
use crate::weights::{Access, WeightsStore};
use crate::{plan as planning, spec};
use download::DownloadBar;

/// What all commands over specs are told.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Options {
    /// The specs, in order.
    pub specs: Vec<PathBuf>,
    /// `--set key.path=value`, in order.
    pub sets: Vec<String>,
    /// Patterns of the runs that are trained; all where there are none.
    pub only: Vec<String>,
    /// Patterns of the runs that are not.
    pub skip: Vec<String>,
    /// Where to compute.
    pub device: DeviceChoice,
    /// Several CUDA devices, each with a run of its own; none for the one above.
    pub devices: Vec<DeviceChoice>,
    /// Whether what repeats itself only nearly may be used where it is faster.
    pub fast: bool,
    /// Runs trained at the same time; one for each device where none is given.
    pub jobs: Option<JobsChoice>,
    /// Which failed runs are tried again.
    pub retry: Retry,
    /// After so many failures nothing more is begun.
    pub max_failures: Option<usize>,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Largest size of the cache of decoded films; that of the environment, or the usual one, where none is given.
    pub cache_limit: Option<CacheLimit>,
    /// Download nothing.
    pub offline: bool,
    /// Longest time between two checkpoints within an epoch.
    pub checkpoint_minutes: Duration,
    /// What becomes of the last checkpoint of a finished run.
    pub last_checkpoint: LastCheckpoint,
    /// Say nothing but results and errors.
    pub quiet: bool,
    /// Whether stdout takes colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Read a spec and resolve it for a device and the weights at hand.
fn resolve(path: &std::path::Path, sets: &[String], device: Device, store: &RefCell<WeightsStore>) -> Result<Plan, Error> {
    expand(&spec::load(path, sets)?, device, store)
}

/// Resolve a spec that is read already.
fn expand(loaded: &LoadedSpec, device: Device, store: &RefCell<WeightsStore>) -> Result<Plan, Error> {
    let surroundings = Surroundings {
        precision: &|asked| device::resolve_precision(asked, device),
        weights: &|request| store.borrow_mut().facts(request).map_err(|error| error.to_string()),
    };
    Ok(planning::expand(loaded, &surroundings)?)
}

/// The plan of a spec for whoever trains nothing: nothing is downloaded, and weights that are not here are no fault.
fn offline_plan(path: &std::path::Path, sets: &[String]) -> Result<Plan, Error> {
    let offline = true;
    let store = RefCell::new(WeightsStore::new(Access::Local, offline, |_, _| {}));
    resolve(path, sets, Device::Cpu, &store)
}

/// Where weights are looked for; a download is shown unless the user wants quiet.
fn weights_store(options: &Options, access: Access) -> RefCell<WeightsStore<'static>> {
    let mut bar = DownloadBar::new(options.quiet);
    let show = move |file: &HubFile, progress: Progress| bar.show(&file.to_string(), progress.done, progress.total);
    RefCell::new(WeightsStore::new(access, options.offline, show))
}

/// The device of the options, with the thread count set.
fn set_up_device(options: &Options) -> Result<Device, Error> {
    if let Some(threads) = options.threads {
        device::set_threads(threads);
    }
    device::choose(options.device).map_err(Error::Device)
}

/// The devices of the options, of which there is at least one, with the thread count set.
fn set_up_devices(options: &Options) -> Result<Vec<Device>, Error> {
    if options.devices.is_empty() {
        return Ok(vec![set_up_device(options)?]);
    }
    options.devices.iter().map(|choice| device::choose(*choice).map_err(Error::Device)).collect()
}
