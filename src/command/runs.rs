//! What commands over finished runs share: where runs are, and where to compute.

use std::path::{Path, PathBuf};

use tch::Device;

use crate::device::{self, DeviceChoice};
use crate::error::Error;
use crate::record::StudyIndex;
use crate::spec::AgeUnit;

/// Where runs are, and where to compute.
#[derive(Debug, Clone)]
pub struct PlaceOptions {
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Where to compute.
    pub device: DeviceChoice,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// Unit of the ages; the report's where none is given.
    pub unit: Option<AgeUnit>,
}

/// The device, with its threads set, and the unit of ages: that which is asked for, else that of the run's report.
///
/// # Errors
/// If the device is not there or the index of the run's study cannot be read.
pub(super) fn set_up(place: &PlaceOptions, run: &Path) -> Result<(Device, AgeUnit), Error> {
    if let Some(threads) = place.threads {
        device::set_threads(threads);
    }
    let device = device::choose(place.device).map_err(Error::Device)?;
    let reported = match run.parent().and_then(Path::parent) {
        Some(study) => StudyIndex::read(study)?.and_then(|index| index.unit),
        None => None,
    };
    Ok((device, place.unit.or(reported).unwrap_or(AgeUnit::Years)))
}
