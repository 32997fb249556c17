//! What is told of finished runs and of the films that they are to judge.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::device::DeviceChoice;

/// Where finished runs are, and where to compute.
#[derive(Debug, Clone, Args)]
pub struct ComputeArgs {
    /// Folder that holds one folder per spec
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub results: PathBuf,
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// CPU threads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

/// The same, and the unit of ages.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    /// Where finished runs are, and where to compute.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// months or years; the report's where none is given
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<UnitArg>,
}

/// Finished runs, and films to predict the ages of.
#[derive(Debug, Clone, Args)]
pub struct PredictArgs {
    /// Finished runs (folders, or beginnings of their ids), whose ages are averaged, and films: files (PNG, JPEG, TIFF, BMP, WebP,
    /// DICOM), folders, or patterns such as 'films/*.png'
    #[arg(value_name = "RUN|FILM", required = true)]
    pub runs_and_films: Vec<String>,
    /// Where runs are, and where to compute.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Sex of all films, where a run's head reads it
    #[arg(long, value_name = "F|M", conflicts_with = "labels")]
    pub sex: Option<SexArg>,
    /// Table (CSV or Excel) with a column of ids and one of the sex of each film
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Unit of the ages in that table: true ages and errors stand beside the predictions
    #[arg(long, value_name = "UNIT", requires = "labels")]
    pub labels_unit: Option<UnitArg>,
    /// Probability with which the true age lies in the interval, for films like those of the study
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = level)]
    pub level: f64,
    /// Views of each film to average over, changed by the run's augmentation; as many as the run was judged by where none is given
    #[arg(long, value_name = "VIEWS", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub tta: Option<u32>,
    /// Films that go through a network at once
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub batch_size: u32,
    /// Folder for a picture of each film with what raises and lowers its age (Grad-CAM)
    #[arg(long, value_name = "DIR")]
    pub gradcam: Option<PathBuf>,
    /// JSON instead of CSV
    #[arg(long)]
    pub json: bool,
}

/// Sex on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum SexArg {
    /// Female.
    F,
    /// Male.
    M,
}

/// Unit on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum UnitArg {
    /// Twelve to the year.
    Months,
    /// Years.
    Years,
}

fn level(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "a number between 0 and 1, such as 0.95".to_owned())?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err("it must lie between 0 and 1, such as 0.95".to_owned()) }
}
