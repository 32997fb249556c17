//! A finished run as a model: new films in, ages out, and a TorchScript module for other programs.
//!
//! In: the folder of a finished run. Out: ages in months of any films, prepared exactly as those that the run was judged by.

mod export;
mod parts;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};

use crate::backbone::{Context, Model};
use crate::data::{Normalization, Sex, TargetScale, read_film, sex_number};
use crate::device::{channels_last, compute_kind};
use crate::plan::RunConfig;
use crate::record::format::{MODEL_FILE, RESULT_FILE};
use crate::record::{RecordError, read_settings};
use crate::weights::{OwnMetadata, WeightsError, WeightsFile, load};

/// Films that go through the network at once.
const BATCH: usize = 16;

/// Why a run gives no ages.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// There is no finished run.
    #[error("{} is not the folder of a finished run (no {RESULT_FILE} in it); give one of results/NAME/runs/", .path.display())]
    NotFinished {
        /// The folder.
        path: PathBuf,
    },
    /// Its record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its weights cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Its weights say nothing of what they need.
    #[error("{} was written by an early version and lacks what predictions need; delete the run's folder and repeat the run", .path.display())]
    NoMetadata {
        /// The file of weights.
        path: PathBuf,
    },
    /// Its settings do not make a model.
    #[error("{}: {reason}", .path.display())]
    Model {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A film cannot be read.
    #[error("{}: {reason}", .path.display())]
    Film {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A module cannot be written.
    #[error("cannot write {}: {reason}", .path.display())]
    Export {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A module that was written gives other ages than the run.
    #[error("{} gives ages that differ by up to {difference} from the run's; it was removed", .path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// Largest difference, relative.
        difference: f64,
    },
}

/// A network with the weights of a finished run.
#[derive(Debug)]
pub struct TrainedModel {
    model: Model,
    config: RunConfig,
    normalization: Normalization,
    scale: TargetScale,
}

impl TrainedModel {
    /// That of a run's folder.
    ///
    /// # Errors
    /// If the run is not finished, or its record cannot be used.
    pub fn open(folder: &Path, device: Device) -> Result<Self, PredictError> {
        if !folder.join(RESULT_FILE).is_file() {
            return Err(PredictError::NotFinished { path: folder.to_owned() });
        }
        let config: RunConfig = read_settings(folder)?;
        let file = WeightsFile::read(&folder.join(MODEL_FILE))?;
        let Some(metadata) = OwnMetadata::of(&file)? else {
            return Err(PredictError::NoMetadata { path: file.path().to_owned() });
        };
        let refused = |reason: String| PredictError::Model { path: folder.to_owned(), reason };
        let model = Model::zeros(&config.architecture, config.image, &config.head, device).map_err(refused)?;
        let report = load(&model, &file, MODEL_FILE)?;
        if let Some(name) = report.missing.first() {
            return Err(refused(format!("{MODEL_FILE} lacks {name}; delete the folder and repeat the run")));
        }
        let OwnMetadata { normalization, target_mean, target_std, .. } = metadata;
        Ok(Self { model, config, normalization, scale: TargetScale { mean: target_mean, std: target_std } })
    }

    /// The settings of the run.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Ages in months of films, in their order; `sex` is used where the run's head reads it.
    ///
    /// # Errors
    /// If a film cannot be read.
    pub fn predict(&self, films: &[PathBuf], sex: Option<Sex>) -> Result<Vec<f64>, PredictError> {
        let mut ages = Vec::with_capacity(films.len());
        for films in films.chunks(BATCH) {
            let images = films.iter().map(|film| self.read(film)).collect::<Result<Vec<_>, _>>()?;
            ages.extend(self.ages(&self.standardise(&Tensor::stack(&images, 0)), sex));
        }
        Ok(ages)
    }

    /// A film as the network's kind of image.
    ///
    /// # Shapes
    /// → `[C, H, W]` fp32, 0 to 1.
    fn read(&self, film: &Path) -> Result<Tensor, PredictError> {
        let image = self.config.image;
        let refused = |error: crate::data::DecodeError| PredictError::Film { path: film.to_owned(), reason: error.to_string() };
        let pixels = read_film(film, &image).map_err(refused)?;
        let shape = [image.channels.count() as i64, i64::from(image.size.height), i64::from(image.size.width)];
        Ok(pixels.levels().to_tensor(Device::Cpu).view(shape))
    }

    fn standardise(&self, images: &Tensor) -> Tensor {
        channels_last(&self.normalization.apply(&images.to_device(self.model.parameters().device())))
    }

    /// # Shapes
    /// Standardised images `[N, C, H, W]` → N ages in months.
    fn ages(&self, images: &Tensor, sex: Option<Sex>) -> Vec<f64> {
        let sex = Tensor::full([images.size()[0], 1], sex_number(sex), (Kind::Float, images.device()));
        let context = Context::eval(compute_kind(self.config.train.precision));
        let ages = tch::no_grad(|| self.model.forward(images, &sex, &context)).view(-1).to_kind(Kind::Double);
        let values = Vec::<f64>::try_from(ages).expect("a one-dimensional tensor of doubles");
        values.into_iter().map(|value| self.scale.restore(value)).collect()
    }
}
