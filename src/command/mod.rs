//! What each command of the program does, from its arguments to an exit code.

mod backbones;
mod plan;
mod report;
mod run;

use std::path::PathBuf;

use tch::Device;

pub use backbones::backbones;
pub use plan::plan;
pub use report::report;
pub use run::run;

use crate::device::{self, DeviceChoice};
use crate::error::Error;
use crate::plan::Plan;
use crate::{plan as planning, spec};

/// What all commands over specs are told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The specs, in order.
    pub specs: Vec<PathBuf>,
    /// `--set key.path=value`, in order.
    pub sets: Vec<String>,
    /// Where to compute.
    pub device: DeviceChoice,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Say nothing but results and errors.
    pub quiet: bool,
    /// Whether stdout takes colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Read a spec and resolve it for a device.
fn resolve(path: &std::path::Path, sets: &[String], device: Device) -> Result<Plan, Error> {
    let loaded = spec::load(path, sets)?;
    Ok(planning::expand(&loaded, |asked| device::resolve_precision(asked, device))?)
}

/// The device of the options, with the thread count set.
fn set_up_device(options: &Options) -> Result<Device, Error> {
    if let Some(threads) = options.threads {
        device::set_threads(threads);
    }
    device::choose(options.device).map_err(Error::Device)
}
