//! Puts the tensors of a file into a model, and makes the few fit that may differ.

use tch::{Device, Tensor};

use super::own::OwnMetadata;
use super::{Adapted, LoadReport, WeightsError, WeightsFile};
use crate::backbone::parameters::Entry;
use crate::backbone::{Model, Part, registry, resample_position_embedding};
use crate::plan::Architecture;
use crate::spec::ImageSize;

/// The tensor of a transformer that depends on the size of its images.
const POSITION_EMBEDDING: &str = "pos_embed";

/// Starts a model from a file: every tensor of the trunk is taken from it, the head only where all of it is there and fits.
///
/// The first convolution may have been made for another number of channels: its weights are summed over three channels for a
/// grey image, which gives what three equal channels would give; weights for grey are shared out evenly over three. The
/// position embedding of a transformer is resampled to the grid of the model's images as timm does.
///
/// # Errors
/// If the file does not cover the trunk, has a tensor of another shape, holds layers that the trunk has not, or holds
/// numbers that are not finite. The model is then of no use.
pub fn load(model: &Model, file: &WeightsFile, source: &str) -> Result<LoadReport, WeightsError> {
    let fitting = Fitting { model, file, names: file.names(), network: model.architecture().name().name() };
    let entries = model.parameters().entries();
    let (head, trunk): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| model.part(&entry.name) == Part::Head);
    let mut report = LoadReport { source: source.to_owned(), sha256: file.sha256(), ..LoadReport::default() };
    fitting.check_coverage(&trunk)?;
    for entry in &trunk {
        fitting.load_trunk_tensor(entry, &mut report)?;
    }
    fitting.load_head(&head, &mut report)?;
    fitting.sort_the_rest(&trunk, &mut report)?;
    Ok(report)
}

struct Fitting<'a> {
    model: &'a Model,
    file: &'a WeightsFile,
    names: Vec<String>,
    network: &'static str,
}

impl Fitting<'_> {
    fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|present| present.as_str().cmp(name)).is_ok()
    }

    fn check_coverage(&self, trunk: &[Entry]) -> Result<(), WeightsError> {
        let missing: Vec<String> = trunk.iter().map(|entry| entry.name.clone()).filter(|name| !self.has(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let advice = match self.names.first() {
            Some(first) => format!("its names begin with {first}: are they another network's?"),
            None => "it is empty".to_owned(),
        };
        Err(WeightsError::Missing { path: self.file.path().to_owned(), network: self.network, missing, of: trunk.len(), advice })
    }

    fn load_trunk_tensor(&self, entry: &Entry, report: &mut LoadReport) -> Result<(), WeightsError> {
        let found = self.file.tensor(&entry.name)?.expect("coverage was checked");
        let expected = entry.tensor.size();
        if found.size() == expected {
            put(entry, &found);
            report.loaded.push(entry.name.clone());
            return Ok(());
        }
        let (fitted, change) = self.adapt(entry, &found)?;
        put(entry, &fitted);
        report.adapted.push(Adapted { name: entry.name.clone(), change });
        Ok(())
    }

    fn adapt(&self, entry: &Entry, found: &Tensor) -> Result<(Tensor, String), WeightsError> {
        let (from, to) = (found.size(), entry.tensor.size());
        if entry.name == POSITION_EMBEDDING && from.len() == 3 && from[2] == to[2] {
            return self.resample(found, &to);
        }
        let is_first_conv = self.model.part(&entry.name) == Part::Stem && from.len() == 4 && to.len() == 4;
        if is_first_conv && from[0] == to[0] && from[2..] == to[2..] {
            match (from[1], to[1]) {
                (3, 1) => return Ok((found.sum_dim_intlist([1].as_slice(), true, found.kind()), "summed over three channels".to_owned())),
                (1, 3) => return Ok((found.repeat([1, 3, 1, 1]) / 3.0, "shared out over three channels".to_owned())),
                _ => {}
            }
        }
        Err(self.wrong_shape(entry.name == POSITION_EMBEDDING, &entry.name, &from, &to))
    }

    fn resample(&self, found: &Tensor, to: &[i64]) -> Result<(Tensor, String), WeightsError> {
        let Architecture::Vit { patch_size, .. } = *self.model.architecture() else {
            return Err(self.wrong_shape(false, POSITION_EMBEDDING, &found.size(), to));
        };
        let grid_of = |size: ImageSize| [i64::from(size.height / patch_size), i64::from(size.width / patch_size)];
        let patches = found.size()[1] - 1;
        let own = OwnMetadata::of(self.file)?.map(|own| grid_of(own.image.size));
        let side = (patches.max(0) as f64).sqrt().round() as i64;
        let old = own.filter(|[rows, columns]| rows * columns == patches).unwrap_or([side; 2]);
        if patches < 1 || old[0] * old[1] != patches {
            return Err(self.wrong_shape(true, POSITION_EMBEDDING, &found.size(), to));
        }
        let new = grid_of(self.model.image().size);
        let change = format!("resampled from {}×{} to {}×{} positions", old[0], old[1], new[0], new[1]);
        Ok((resample_position_embedding(found, old, new), change))
    }

    fn wrong_shape(&self, is_embedding: bool, name: &str, found: &[i64], expected: &[i64]) -> WeightsError {
        let advice = if is_embedding {
            "only a class token and a square grid of patches can be resampled"
        } else {
            "are they another network's, or of another preset, scale or patch size?"
        };
        let shapes = format!("{name} with shape {found:?}, {} has {expected:?}", self.network);
        WeightsError::Shape { path: self.file.path().to_owned(), shapes, advice }
    }

    /// All of the head or nothing: half a head is of no use.
    fn load_head(&self, head: &[Entry], report: &mut LoadReport) -> Result<(), WeightsError> {
        let mut found = Vec::new();
        for entry in head {
            match self.file.tensor(&entry.name)? {
                Some(tensor) if tensor.size() == entry.tensor.size() => found.push(tensor),
                _ => break,
            }
        }
        let fits = found.len() == head.len();
        for (entry, tensor) in head.iter().zip(&found).filter(|_| fits) {
            put(entry, tensor);
        }
        let names = head.iter().map(|entry| entry.name.clone());
        if fits {
            report.loaded.extend(names);
        } else {
            report.missing.extend(names);
        }
        Ok(())
    }

    /// What the file has and the model has not taken.
    fn sort_the_rest(&self, trunk: &[Entry], report: &mut LoadReport) -> Result<(), WeightsError> {
        let top = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let trunk_tops: Vec<String> = trunk.iter().map(|entry| top(&entry.name)).collect();
        let mut larger = Vec::new();
        for name in &self.names {
            let taken = report.loaded.contains(name) || report.adapted.iter().any(|adapted| adapted.name == *name);
            // Counts the batches that a norm has seen; PyTorch writes it and nothing here or there reads it.
            if taken || name.ends_with("num_batches_tracked") {
                continue;
            }
            if self.model.part(name) == Part::Head || registry::is_classifier(self.model.architecture(), name) {
                report.left_out.push(name.clone());
            } else if trunk_tops.contains(&top(name)) {
                larger.push(name.clone());
            } else {
                report.unexpected.push(name.clone());
            }
        }
        if larger.is_empty() {
            return Ok(());
        }
        Err(WeightsError::Larger { path: self.file.path().to_owned(), network: self.network, unexpected: larger })
    }
}

fn put(entry: &Entry, value: &Tensor) {
    let device: Device = entry.tensor.device();
    tch::no_grad(|| entry.tensor.shallow_clone().copy_(&value.to_device(device)));
}
