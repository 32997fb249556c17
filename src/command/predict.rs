//! `bench-run predict RUN FILM…`: ages of new films; `bench-run export RUN`: the run as a TorchScript module.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::inspect::find_record;
use crate::data::Sex;
use crate::device::{self, DeviceChoice};
use crate::error::{DONE, Error};
use crate::predict::TrainedModel;
use crate::record::StudyIndex;
use crate::spec::AgeUnit;

/// Where a finished run is, and where to compute.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The run's folder, or its id or the beginning of it.
    pub run: String,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// Where to compute.
    pub device: DeviceChoice,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// Unit of the ages; the report's where none is given.
    pub unit: Option<AgeUnit>,
}

/// A film with its age.
#[derive(Serialize)]
struct Row<'a> {
    film: &'a Path,
    predicted: f64,
    unit: &'static str,
}

/// Print the ages of films as CSV, or as JSON.
///
/// # Errors
/// See [`Error`].
pub fn predict(options: &RunOptions, films: &[PathBuf], sex: Option<Sex>, json: bool) -> Result<u8, Error> {
    let (model, unit) = open(options)?;
    let ages = model.predict(films, sex)?;
    let row = |(film, months): (&'_ PathBuf, f64)| (film.clone(), months / unit.months());
    let rows: Vec<(PathBuf, f64)> = films.iter().zip(ages).map(row).collect();
    let rows: Vec<Row> = rows.iter().map(|(film, predicted)| Row { film, predicted: *predicted, unit: unit.name() }).collect();
    let text = if json { to_json(&rows) } else { to_csv(&rows) };
    // A closed pipe is the reader's choice.
    let _ = write!(std::io::stdout(), "{text}");
    Ok(DONE)
}

fn to_json(rows: &[Row]) -> String {
    serde_json::to_string_pretty(rows).expect("names and numbers") + "\n"
}

fn to_csv(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("names and numbers");
    }
    String::from_utf8(writer.into_inner().expect("a vector takes all")).expect("paths are shown as text")
}

/// Write the run as a TorchScript module.
///
/// # Errors
/// See [`Error`].
pub fn export(options: &RunOptions, torchscript: &Path) -> Result<u8, Error> {
    let (model, unit) = open(options)?;
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

fn open(options: &RunOptions) -> Result<(TrainedModel, AgeUnit), Error> {
    if let Some(threads) = options.threads {
        device::set_threads(threads);
    }
    let device = device::choose(options.device).map_err(Error::Device)?;
    let folder = find_record(&options.run, &options.results)?;
    let model = TrainedModel::open(&folder, device)?;
    let reported = match folder.parent().and_then(Path::parent) {
        Some(study) => StudyIndex::read(study)?.and_then(|index| index.unit),
        None => None,
    };
    Ok((model, options.unit.or(reported).unwrap_or(AgeUnit::Years)))
}
