//! One or several finished runs as one model: the mean of their ages, how far they differ, an interval, and what is odd about a film.

use std::path::{Path, PathBuf};

use tch::{Device, Tensor};

use super::interval::Residuals;
use super::{PredictError, TrainedModel};
use crate::data::{DecodeError, Pixels, Sex, read_films};
use crate::plan::ImageConfig;
use crate::record::format::RunState;
use crate::record::{read_run, read_typical};
use crate::screen::{TypicalFilms, large_image, screen_levels};

/// Several runs, whose ages are averaged.
#[derive(Debug)]
pub struct Ensemble {
    models: Vec<Member>,
    residuals: Residuals,
}

/// One run.
#[derive(Debug)]
struct Member {
    /// The id of the run.
    id: String,
    model: TrainedModel,
    /// Views of a film that its age is the mean of.
    views: u32,
    /// What the films of its study look like.
    typical: Option<TypicalFilms>,
}

/// What is said of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmAge {
    /// Months; the mean over the runs.
    pub months: f64,
    /// Sample standard deviation between the runs, months; none for one run.
    pub spread: Option<f64>,
    /// How unlike the films of the study it is, from 0; above 1 it is like none of them. None where the study does not say.
    pub unlike: Option<f64>,
    /// What its grey levels make one ask: nearly empty, inverted, very dark, clipped.
    pub findings: Vec<String>,
}

impl FilmAge {
    /// Whether the film is one that the runs know nothing of.
    pub fn is_strange(&self) -> bool {
        self.unlike.is_some_and(|score| score > 1.0)
    }
}

impl Ensemble {
    /// Those of the folders of finished runs. `views` is the number of views of each film; where none is given, each run takes as
    /// many as its record was made with.
    ///
    /// # Errors
    /// If a run is not finished, its record cannot be used, or it has no augmentation to make views by.
    pub fn open(folders: &[PathBuf], device: Device, views: Option<u32>) -> Result<Self, PredictError> {
        let (mut models, mut records) = (Vec::new(), Vec::new());
        for folder in folders {
            let model = TrainedModel::open(folder, device)?;
            let RunState::Done(record) = read_run(folder)? else { return Err(PredictError::NotFinished { path: folder.clone() }) };
            let views = views.or(record.result.tta).unwrap_or(1);
            if views > 1 && !model.config().augment.changes_films() {
                return Err(PredictError::NoViews { path: folder.clone() });
            }
            let typical = study_of(folder).and_then(|study| read_typical(&study, &model.config().image));
            models.push(Member { id: record.result.run_id.clone(), model, views, typical });
            records.push(record);
        }
        Ok(Self { models, residuals: Residuals::of(records.iter().map(|record| &**record)) })
    }

    /// Errors on films that the runs were not trained on.
    pub fn residuals(&self) -> &Residuals {
        &self.residuals
    }

    /// The runs, with their ids.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &TrainedModel)> {
        self.models.iter().map(|member| (member.id.as_str(), &member.model))
    }

    /// Whether any run's head reads the sex.
    pub fn reads_sex(&self) -> bool {
        self.models.iter().any(|member| member.model.config().head.sex)
    }

    /// Whether all runs know what the films of their studies look like.
    pub fn knows_films(&self) -> bool {
        self.models.iter().all(|member| member.typical.is_some())
    }

    /// The largest number of views that a run takes of a film.
    pub fn views(&self) -> u32 {
        self.models.iter().map(|member| member.views).max().unwrap_or(1)
    }

    /// Ages of films in their order, each with its sex; a film that cannot be read gives an error in its place. All go through the
    /// networks at once.
    pub fn predict(&self, films: &[PathBuf], sexes: &[Option<Sex>]) -> Vec<Result<FilmAge, PredictError>> {
        let mut read = Films::new(films);
        // A film that one setting cannot read is read by none.
        for member in &self.models {
            read.at(&member.model.config().image);
        }
        let findings = read.findings();
        let usable: Vec<usize> = (0..films.len()).filter(|film| read.problem(*film).is_none()).collect();
        let mut ages: Vec<Vec<f64>> = vec![Vec::new(); films.len()];
        let mut unlike: Vec<Option<f64>> = vec![None; films.len()];
        if !usable.is_empty() {
            let sexes: Vec<Option<Sex>> = usable.iter().map(|film| sexes[*film]).collect();
            for member in &self.models {
                let image = member.model.config().image;
                let at_this = read.at(&image);
                let pixels: Vec<&Pixels> = usable.iter().filter_map(|film| at_this[*film].as_ref().ok()).collect();
                let images = stacked(&pixels, &image);
                let scores = member.typical.as_ref().map(|typical| typical.scores(&images));
                for (place, months) in member.model.ages_of(&images, &sexes, member.views).into_iter().enumerate() {
                    ages[usable[place]].push(months);
                    let score = scores.as_ref().map(|scores| scores[place]);
                    unlike[usable[place]] = [unlike[usable[place]], score].into_iter().flatten().reduce(f64::max);
                }
            }
        }
        let result = |(film, findings): (usize, Vec<String>)| match read.problem(film) {
            Some(error) => Err(PredictError::Film { path: films[film].clone(), reason: error.to_string() }),
            None => Ok(FilmAge { months: mean(&ages[film]), spread: spread(&ages[film]), unlike: unlike[film], findings }),
        };
        findings.into_iter().enumerate().map(result).collect()
    }
}

/// The folder of the study that a run's folder is in.
fn study_of(folder: &Path) -> Option<PathBuf> {
    folder.canonicalize().ok()?.parent()?.parent().map(Path::to_owned)
}

/// # Shapes
/// → `[N, C, H, W]` fp32, 0 to 1.
fn stacked(films: &[&Pixels], image: &ImageConfig) -> Tensor {
    let shape = [films.len() as i64, image.channels.count() as i64, i64::from(image.size.height), i64::from(image.size.width)];
    Pixels::join(films.iter().map(|film| film.levels())).levels().to_tensor(Device::Cpu).view(shape)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> Option<f64> {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Films, read once for each image setting.
struct Films<'a> {
    paths: &'a [PathBuf],
    read: Vec<(ImageConfig, Vec<Result<Pixels, DecodeError>>)>,
}

impl<'a> Films<'a> {
    fn new(paths: &'a [PathBuf]) -> Self {
        Self { paths, read: Vec::new() }
    }

    fn at(&mut self, image: &ImageConfig) -> &[Result<Pixels, DecodeError>] {
        let known = self.read.iter().position(|(known, _)| known == image);
        let place = known.unwrap_or_else(|| {
            self.read.push((*image, read_films(self.paths, image)));
            self.read.len() - 1
        });
        &self.read[place].1
    }

    /// Why a film cannot be read.
    fn problem(&self, film: usize) -> Option<&DecodeError> {
        self.read.iter().find_map(|(_, films)| films[film].as_ref().err())
    }

    /// What the grey levels of each film say; nothing of one that cannot be read.
    fn findings(&self) -> Vec<Vec<String>> {
        let films = read_films(self.paths, &large_image());
        let words = |film: &Pixels| screen_levels(film).into_iter().map(|finding| format!("{}: {}", finding.kind.name(), finding.reason));
        films.iter().map(|film| film.as_ref().map(|film| words(film).collect()).unwrap_or_default()).collect()
    }
}
