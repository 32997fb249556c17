//! `bench-run export RUN`: a finished run as a TorchScript module.

use std::io::Write;
use std::path::Path;

use super::inspect::find_record;
use super::runs::{PlaceOptions, set_up};
use crate::error::{DONE, Error};
use crate::predict::TrainedModel;

/// Write a run as a TorchScript module. `run` is its folder, or its id or the beginning of it.
///
/// # Errors
/// See [`Error`].
pub fn export(run: &str, place: &PlaceOptions, torchscript: &Path) -> Result<u8, Error> {
    let folder = find_record(run, &place.results)?;
    let (device, unit) = set_up(place, &folder)?;
    let model = TrainedModel::open(&folder, device)?;
    model.export_torchscript(torchscript, unit)?;
    let config = model.config();
    let sex = if config.head.sex { ", sex [N, 1] (0 female, 1 male, 0.5 unknown)" } else { "" };
    let _ = writeln!(
        std::io::stdout(),
        "{}: forward(images [N, {}, {}, {}]{sex}) gives ages [N, 1] in {}",
        torchscript.display(),
        config.image.channels.count(),
        config.image.size.height,
        config.image.size.width,
        unit.name()
    );
    Ok(DONE)
}
