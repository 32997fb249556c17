//! From the words of a spec to a file on this machine, with what it expects of its images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::own::OwnMetadata;
use super::{LoadReport, WeightsError, WeightsFile, load};
use crate::backbone::{Model, registry};
use crate::hub::{HubError, HubFile, HubSettings, Progress, fetch};
use crate::plan::{ChannelStatistics, WeightsFacts, WeightsRequest};
use crate::spec::WeightsSource;
use tch::Device;

/// How far a command may go to look at weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Files are read, and what a hub has is downloaded where it is not in the cache.
    Fetch,
    /// Files and the cache are read; nothing is downloaded.
    Local,
    /// Nothing is read: the command works on records alone.
    None,
}

/// A file of weights on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Where it is from, in words that name no folder.
    pub source: String,
}

impl Located {
    /// Starts a model from the file.
    ///
    /// # Errors
    /// If the file is another than it was, or does not fit.
    pub fn load_into(&self, model: &Model) -> Result<LoadReport, WeightsError> {
        let file = WeightsFile::read(&self.path)?;
        let report = load(model, &file, &self.source)?;
        if report.sha256 == self.sha256 { Ok(report) } else { Err(WeightsError::Changed { path: self.path.clone() }) }
    }
}

/// Is told of a file that is being downloaded and how far it is.
type DownloadObserver<'a> = dyn FnMut(&HubFile, Progress) + 'a;

/// Finds weights, and remembers where they lie.
pub struct WeightsStore<'a> {
    access: Access,
    offline: bool,
    settings: Option<HubSettings>,
    progress: Box<DownloadObserver<'a>>,
    located: BTreeMap<String, Located>,
}

impl<'a> WeightsStore<'a> {
    /// A store that finds hub files as the environment says, and tells `progress` of every download.
    pub fn new(access: Access, offline: bool, progress: impl FnMut(&HubFile, Progress) + 'a) -> Self {
        Self { access, offline, settings: None, progress: Box::new(progress), located: BTreeMap::new() }
    }

    /// Every file found so far, by the digest of its bytes.
    pub fn files(&self) -> BTreeMap<String, Located> {
        self.located.values().map(|located| (located.sha256.clone(), located.clone())).collect()
    }

    /// What a plan must know of weights; the file is read and tried on the network, so that one that does not fit is found
    /// before anything is trained.
    ///
    /// # Errors
    /// If it cannot be had, or does not fit.
    pub fn facts(&mut self, request: &WeightsRequest) -> Result<WeightsFacts, WeightsError> {
        let usual = registry::published_statistics(request.architecture);
        let Some(located) = self.locate(request.source)? else {
            return Ok(WeightsFacts { sha256: None, statistics: usual });
        };
        let file = WeightsFile::read(&located.path)?;
        if let Ok(model) = Model::zeros(request.architecture, request.image, request.head, Device::Cpu) {
            load(&model, &file, &located.source)?;
        }
        let statistics = match OwnMetadata::of(&file)? {
            Some(own) => Some(ChannelStatistics { mean: own.normalization.mean, std: own.normalization.std }),
            None => statistics_beside(&located.path)?.or(usual),
        };
        Ok(WeightsFacts { sha256: Some(located.sha256), statistics })
    }

    fn locate(&mut self, source: &WeightsSource) -> Result<Option<Located>, WeightsError> {
        if self.access == Access::None {
            return Ok(None);
        }
        if let Some(known) = self.located.get(&source.to_string()) {
            return Ok(Some(known.clone()));
        }
        let located = match source {
            WeightsSource::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Located { path: path.clone(), sha256: WeightsFile::read(path)?.sha256(), source: name }
            }
            WeightsSource::Hub(file) => match self.fetch(file)? {
                Some(located) => located,
                None => return Ok(None),
            },
        };
        self.located.insert(source.to_string(), located.clone());
        Ok(Some(located))
    }

    fn fetch(&mut self, file: &HubFile) -> Result<Option<Located>, WeightsError> {
        let settings = match self.settings.take() {
            Some(settings) => settings,
            // Read when the first hub file is asked for: a spec without any does not depend on the environment.
            None => HubSettings::from_environment()?.with_offline(self.offline || self.access == Access::Local),
        };
        let settings = &*self.settings.insert(settings);
        let progress = &mut self.progress;
        let fetched = match fetch(settings, file, &mut |step| progress(file, step)) {
            Ok(fetched) => fetched,
            // What is not here may still be downloaded when the plan is carried out.
            Err(HubError::NotCached { .. }) if self.access == Access::Local => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // By what timm expects images to be standardised. A repository without it is nothing special; a line that fails is, since
        // the run would quietly be standardised otherwise.
        let config = HubFile::try_from(format!("hf:{}/{}@{}/config.json", file.owner(), file.name(), fetched.commit))?;
        match fetch(settings, &config, &mut |_| {}) {
            Ok(_) | Err(HubError::Refused { status: 404, .. } | HubError::NotCached { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let source = format!("{file} at {}", fetched.commit);
        Ok(Some(Located { path: fetched.path, sha256: fetched.sha256, source }))
    }
}

/// What timm's `config.json` beside the weights says; none where there is none, or it is of another kind.
fn statistics_beside(weights: &Path) -> Result<Option<ChannelStatistics>, WeightsError> {
    #[derive(Deserialize)]
    struct Config {
        pretrained_cfg: Option<Pretrained>,
    }
    #[derive(Deserialize)]
    struct Pretrained {
        mean: Option<Vec<f32>>,
        std: Option<Vec<f32>>,
    }
    let path = weights.with_file_name("config.json");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
    let refused = |reason: String| WeightsError::Config { path: path.clone(), reason };
    let config: Config = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let Some(Pretrained { mean: Some(mean), std: Some(std) }) = config.pretrained_cfg else { return Ok(None) };
    let fits = |values: &[f32]| [1, 3].contains(&values.len()) && values.iter().all(|value| value.is_finite());
    if !fits(&mean) || !fits(&std) || mean.len() != std.len() || std.iter().any(|value| *value <= 0.0) {
        return Err(refused(format!("pretrained_cfg has mean {mean:?} and std {std:?}")));
    }
    Ok(Some(ChannelStatistics { mean, std }))
}
