//! From a plan to films: its source read, and every film decoded for each of the plan's image settings.

use std::path::Path;

use crate::data::{self, CacheLimit, CachedDataset, Dataset, FilmCache};
use crate::error::Error;
use crate::execute::Progress;
use crate::plan::{ImageConfig, Plan, check_needs};

/// Films ready for use.
pub(super) struct Prepared {
    /// One per image setting of the plan, in the order of first use; never empty.
    pub(super) cached: Vec<(ImageConfig, CachedDataset)>,
    /// The samples whose films can be used, and what was left out.
    pub(super) dataset: Dataset,
}

/// Load the source and cache its films for every image setting of the plan.
pub(super) fn prepare_films(plan: &Plan, progress: &mut dyn Progress) -> Result<Prepared, Error> {
    let mut dataset = data::load(&plan.data)?;
    check_needs(&plan.needs, &|property| dataset.samples.iter().any(|sample| sample.tells(property)))?;
    let cache_folder = data::default_cache_folder()?;
    let mut cached: Vec<(ImageConfig, CachedDataset)> = Vec::new();
    for image in image_settings(plan) {
        let films = cache_films(dataset.clone(), image, plan, &cache_folder, progress)?;
        for note in &films.notes {
            progress.note(note);
        }
        dataset = films.dataset.clone();
        cached.push((image, films));
    }
    Ok(Prepared { cached, dataset })
}

/// The films of the plan where they are known without decoding one: none where they are not cached for every image setting.
pub(super) fn known_films(plan: &Plan, dataset: &Dataset) -> Option<Prepared> {
    let cache_folder = data::default_cache_folder().ok()?;
    let mut dataset = dataset.clone();
    let mut cached = Vec::new();
    for image in image_settings(plan) {
        let films = FilmCache::open_known(dataset, image, plan.data.on_bad, &cache_folder)?;
        dataset = films.dataset.clone();
        cached.push((image, films));
    }
    Some(Prepared { cached, dataset })
}

/// Remove what was used longest ago from the cache; the films at hand are in use and stay.
pub(super) fn keep_cache_within(limit: CacheLimit, progress: &mut dyn Progress) -> Result<(), Error> {
    for note in data::keep_within(&data::default_cache_folder()?, limit) {
        progress.note(&note);
    }
    Ok(())
}

/// The films of a data set at another image setting than the plan's.
pub(super) fn films_at(image: ImageConfig, dataset: &Dataset, plan: &Plan, progress: &mut dyn Progress) -> Result<CachedDataset, Error> {
    cache_films(dataset.clone(), image, plan, &data::default_cache_folder()?, progress)
}

fn cache_films(
    dataset: Dataset,
    image: ImageConfig,
    plan: &Plan,
    cache_folder: &Path,
    progress: &mut dyn Progress,
) -> Result<CachedDataset, Error> {
    let mut decoding = |done: usize, of: usize| progress.decoding(done, of);
    Ok(FilmCache::open_or_build(dataset, image, plan.data.on_bad, cache_folder, &mut decoding)?)
}

/// Every different image setting of the plan, in the order of first use.
fn image_settings(plan: &Plan) -> Vec<ImageConfig> {
    let mut settings = Vec::new();
    for run in plan.entries.iter().flat_map(|entry| &entry.runs) {
        if !settings.contains(&run.config.image) {
            settings.push(run.config.image);
        }
    }
    settings
}
