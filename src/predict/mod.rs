//! A finished run as a model: new films in, ages out, and a TorchScript module for other programs.
//!
//! In: the folder of a finished run. Out: ages in months of any films, prepared exactly as those that the run was judged by.

mod ensemble;
mod export;
mod interval;
mod parts;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use ensemble::{Ensemble, FilmAge};
pub use interval::Residuals;
use tch::{Device, Kind, Tensor};

use crate::backbone::{Context, Model};
use crate::data::{AugmentKey, Normalization, Sex, TargetScale, augment, read_film, sex_number};
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
    /// There is nothing to make further views of a film by.
    #[error("{}: the run was trained without augmentation, by which further views of a film are made; leave --tta out", .path.display())]
    NoViews {
        /// The folder.
        path: PathBuf,
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
            ages.extend(self.ages_of(&Tensor::stack(&images, 0), &vec![sex; films.len()], 1));
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

    /// Ages averaged over views, of which the first is the image as it is and each other one a random change of it by the run's
    /// augmentation, as where a record is made with `report.tta`. The changes depend on the seed of the run, what is on the image and
    /// the number of the view, and so not on the company in which an image comes.
    ///
    /// # Shapes
    /// Images `[N, C, H, W]` fp32, 0 to 1, and N sexes → N ages in months.
    ///
    /// # Panics
    /// If the number of sexes is not N.
    pub fn ages_of(&self, images: &Tensor, sexes: &[Option<Sex>], views: u32) -> Vec<f64> {
        assert_eq!(images.size()[0], sexes.len() as i64, "one sex per image");
        let numbers: Vec<f32> = sexes.iter().map(|sex| sex_number(*sex) as f32).collect();
        let sex = Tensor::from_slice(&numbers).view([-1, 1]).to_device(self.model.parameters().device());
        let contents: Vec<u64> =
            if views > 1 { (0..images.size()[0]).map(|index| content(&images.get(index))).collect() } else { Vec::new() };
        let sum = (0..views.max(1)).map(|view| {
            if view == 0 {
                return self.outputs(&self.standardise(images), &sex);
            }
            let key = |sample: &u64| AugmentKey { seed: self.config.seed, epoch: 0, sample: *sample, repeat: u64::from(view) };
            let keys: Vec<AugmentKey> = contents.iter().map(key).collect();
            self.outputs(&self.standardise(&augment(images, &self.config.augment, &keys)), &sex)
        });
        let mean = sum.reduce(|sum, next| sum + next).expect("there is one view at least") / f64::from(views.max(1));
        self.in_months(&mean)
    }

    /// # Shapes
    /// Standardised images `[N, C, H, W]` → N ages in months.
    fn ages(&self, images: &Tensor, sex: Option<Sex>) -> Vec<f64> {
        let sex = Tensor::full([images.size()[0], 1], sex_number(sex), (Kind::Float, images.device()));
        self.in_months(&self.outputs(images, &sex))
    }

    fn in_months(&self, outputs: &Tensor) -> Vec<f64> {
        let values = Vec::<f64>::try_from(outputs).expect("a one-dimensional tensor of doubles");
        values.into_iter().map(|value| self.scale.restore(value)).collect()
    }

    /// # Shapes
    /// Standardised images `[N, C, H, W]` and sexes `[N, 1]` → standardised ages `[N]`, doubles.
    fn outputs(&self, images: &Tensor, sex: &Tensor) -> Tensor {
        let context = Context::eval(compute_kind(self.config.train.precision));
        tch::no_grad(|| self.model.forward(images, sex, &context)).view(-1).to_kind(Kind::Double).to_device(Device::Cpu)
    }
}

/// A number that depends on what is on an image alone.
fn content(image: &Tensor) -> u64 {
    let values = Vec::<f32>::try_from(image.to_device(Device::Cpu).contiguous().view(-1)).expect("an image of fp32");
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let digest = blake3::hash(&bytes);
    u64::from_le_bytes(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"))
}
