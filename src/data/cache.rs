//! Films decoded and resized once, in one memory-mapped file that all runs share.
//!
//! In: the samples of a data set. Out: every film as pixels by its place in the data set, and the films that could not be
//! decoded named. The file is keyed by the data digest, the image settings and the versions of decoding and of synthetic
//! films; it is built under another name and renamed, so that two programs can build it at once and none sees half of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use blake3::Hash;

use super::cache_file::{CacheFile, CacheWriter, FORMAT_VERSION, Remarks, Unreadable};
use super::decode::{DECODE_VERSION, FittedFilm, read_within};
use super::digest::{digest_of, known_film_hashes, on_all_cores, remembered_film_hashes};
use super::error::DataError;
use super::loader::FilmStore;
use super::memory_budget::MemoryBudget;
use super::phantom;
use super::pixels::{Depth, Levels, Pixels};
use super::prepare::{self, PREPARE_VERSION};
use super::problem::{Problem, ProblemKind, Problems};
use super::resize::repeat_grey;
use super::sample::{Dataset, Film, Sample};
use super::source::{film_place, leave_out, no_samples};
use crate::plan::ImageConfig;
use crate::spec::OnBad;

/// Decoded films, by their place in the data set.
#[derive(Debug)]
pub struct FilmCache {
    file: CacheFile,
    path: PathBuf,
    image: ImageConfig,
}

/// A data set with the pixels of its films.
#[derive(Debug)]
pub struct CachedDataset {
    /// The samples whose films could be decoded; the others are among the excluded.
    pub dataset: Dataset,
    /// Their films, in the same order.
    pub cache: FilmCache,
    /// The [`digest`](super::digest()) of the data set, before films that cannot be decoded were left out; another where films
    /// keep more than eight bits, since early versions of this program gave such films eight, and another where films were
    /// decoded at a fraction of their size at this image setting, since early versions decoded all of them whole.
    pub digest: String,
    /// The content of each film, in the same order; for [`leaks`](super::leaks()).
    pub film_hashes: Vec<Option<Hash>>,
    /// What a user should know, for instance that a damaged cache was built anew.
    pub notes: Vec<String>,
}

impl FilmCache {
    /// Open the cache of a data set, or decode its films on all cores and write it into `folder`.
    ///
    /// `progress` is called with the films done and their total, with both equal at the end.
    ///
    /// # Errors
    /// If a film cannot be decoded and `on_bad` says to stop (all such films in one go), if no film is left, or if the
    /// cache cannot be written.
    pub fn open_or_build(
        dataset: Dataset,
        image: ImageConfig,
        on_bad: OnBad,
        folder: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<CachedDataset, DataError> {
        let film_hashes = remembered_film_hashes(&dataset.samples, folder);
        let digest = digest_of(&dataset.samples, &film_hashes);
        let key = cache_key(&dataset.samples, &digest, &image);
        let path = path_of(folder, &key);
        let mut notes = Vec::new();
        let found = CacheFile::open(&path, &key, &image, dataset.samples.len()).unwrap_or_else(|cause| {
            notes.push(format!("{}: the cache of decoded films was damaged ({cause}); it is built anew", path.display()));
            None
        });
        let (file, remarks) = match found {
            Some(found) => found,
            None => build_and_keep(&dataset, &image, on_bad, &key, &path, progress)?,
        };
        let digest = digest_of_pixels(digest, file.depth(), remarks.has_reduced);
        let (dataset, film_hashes) = separate(dataset, film_hashes, &remarks.unreadable, on_bad)?;
        Ok(CachedDataset { dataset, cache: Self { file, path, image }, digest, film_hashes, notes })
    }

    /// Open the cache of a data set where there is a whole one, and not much of the films' content must be read to know that; nothing
    /// is decoded or written.
    pub fn open_known(dataset: Dataset, image: ImageConfig, on_bad: OnBad, folder: &Path) -> Option<CachedDataset> {
        let film_hashes = known_film_hashes(&dataset.samples, folder)?;
        let digest = digest_of(&dataset.samples, &film_hashes);
        let key = cache_key(&dataset.samples, &digest, &image);
        let path = path_of(folder, &key);
        let (file, remarks) = CacheFile::open(&path, &key, &image, dataset.samples.len()).ok().flatten()?;
        let digest = digest_of_pixels(digest, file.depth(), remarks.has_reduced);
        let (dataset, film_hashes) = separate(dataset, film_hashes, &remarks.unreadable, on_bad).ok()?;
        Some(CachedDataset { dataset, cache: Self { file, path, image }, digest, film_hashes, notes: Vec::new() })
    }

    /// Open a file that another process has open, which has checked it.
    ///
    /// # Errors
    /// If it is gone, or of another image setting.
    pub fn reopen(path: &Path, image: ImageConfig) -> Result<Self, DataError> {
        let failed = |cause: String| DataError::Cache { path: path.to_owned(), action: "read", cause };
        let file = CacheFile::reopen(path, &image).map_err(failed)?.ok_or_else(|| failed("the file is gone".to_owned()))?;
        Ok(Self { file, path: path.to_owned(), image })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of films.
    pub fn len(&self) -> usize {
        self.file.len()
    }

    /// Never, since a cache without films is not made.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FilmStore for FilmCache {
    fn film(&self, index: usize) -> Levels<'_> {
        assert!(index < self.len(), "film {index} of {}", self.len());
        self.file.film(index)
    }

    fn image(&self) -> ImageConfig {
        self.image
    }
}

/// The digest of a data set whose films gave such pixels.
fn digest_of_pixels(digest: String, depth: Depth, has_reduced: bool) -> String {
    let marked = |digest: String, mark: &str| blake3::hash(format!("{digest} {mark}").as_bytes()).to_hex().to_string();
    let digest = if depth == Depth::Sixteen { marked(digest, "Sixteen") } else { digest };
    if has_reduced { marked(digest, "Reduced") } else { digest }
}

fn path_of(folder: &Path, key: &Hash) -> PathBuf {
    folder.join(format!("{}.films", &key.to_hex()[..32]))
}

/// All that the pixels, their order and their number follow from.
fn cache_key(samples: &[Sample], digest: &str, image: &ImageConfig) -> Hash {
    let ImageConfig { size, channels, fit, prepare } = image;
    let mut hasher = blake3::Hasher::new_derive_key("bench-run 2026 film cache key");
    let endian = if cfg!(target_endian = "big") { "big" } else { "little" };
    let settings =
        format!("{FORMAT_VERSION} {DECODE_VERSION} {endian} {} {} {} {fit:?} {digest}", size.height, size.width, channels.count());
    hasher.update(settings.as_bytes());
    if !prepare.is_off() {
        hasher.update(format!(" {PREPARE_VERSION} {prepare:?}").as_bytes());
    }
    // The digest knows no order.
    for sample in samples {
        hasher.update(&(sample.id.len() as u64).to_le_bytes()).update(sample.id.as_bytes());
    }
    hasher.finalize()
}

/// Build a file, again where another program's file took its place and was removed before it could be opened.
fn build_and_keep(
    dataset: &Dataset,
    image: &ImageConfig,
    on_bad: OnBad,
    key: &Hash,
    path: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(CacheFile, Remarks), DataError> {
    for _ in 0..5 {
        if let Some(built) = build(dataset, image, on_bad, key, path, progress)? {
            return Ok(built);
        }
    }
    Err(DataError::Cache { path: path.to_owned(), action: "read back", cause: "the file is gone".to_owned() })
}

/// Decode all films into a file and open it; none where it is gone at once.
fn build(
    dataset: &Dataset,
    image: &ImageConfig,
    on_bad: OnBad,
    key: &Hash,
    path: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<(CacheFile, Remarks)>, DataError> {
    let samples = &dataset.samples;
    let folder = path.parent().expect("the cache is a file in a folder");
    let failed = |error: std::io::Error| DataError::Cache { path: folder.to_owned(), action: "write", cause: error.to_string() };
    let mut writer = CacheWriter::create(folder, key, image).map_err(failed)?;
    let mut remarks = Remarks::default();
    let budget = MemoryBudget::default();
    // Some films at a time, so that memory stays small whatever the size of the data set.
    let at_a_time = 16 * std::thread::available_parallelism().map_or(1, usize::from);
    for (chunk, films) in samples.chunks(at_a_time).enumerate() {
        let first = chunk * at_a_time;
        for (offset, film) in on_all_cores(films.len(), |offset| fitted(&films[offset].film, image, &budget)).into_iter().enumerate() {
            match film {
                Ok(film) => {
                    writer.push(film.pixels.levels()).map_err(failed)?;
                    remarks.has_reduced |= film.is_reduced;
                }
                Err(cause) => remarks.unreadable.push(Unreadable { index: first + offset, cause }),
            }
        }
        progress(first + films.len(), samples.len());
    }
    if !remarks.unreadable.is_empty() && (on_bad == OnBad::Stop || writer.count() == 0) {
        return Err(DataError::Problems(Problems(problems_of(dataset, &remarks.unreadable))));
    }
    if writer.count() == 0 {
        return Err(no_samples("data".to_owned(), 0));
    }
    let _in_use = writer.finish(&remarks, path).map_err(failed)?;
    let read = |cause| DataError::Cache { path: path.to_owned(), action: "read back", cause };
    CacheFile::open(path, key, image, samples.len()).map_err(read)
}

fn fitted(film: &Film, image: &ImageConfig, budget: &MemoryBudget) -> Result<FittedFilm, String> {
    match film {
        Film::File(path) => read_within(path, image, budget).map_err(|error| error.to_string()),
        Film::Phantom { .. } if !image.prepare.is_off() => {
            Ok(FittedFilm { pixels: prepare::prepared_film(film, image)?, is_reduced: false })
        }
        Film::Phantom { seed, index } => {
            let pixels = Pixels::Eight(repeat_grey(phantom::draw(*seed, *index, image.size).pixels, image.channels));
            Ok(FittedFilm { pixels, is_reduced: false })
        }
    }
}

fn problems_of(dataset: &Dataset, unreadable: &[Unreadable]) -> Vec<Problem> {
    let problem = |film: &Unreadable| {
        let Sample { id, film: file, .. } = &dataset.samples[film.index];
        let row = dataset.rows.get(id).map(|row| format!(" ({row})")).unwrap_or_default();
        let place = film_place(file) + &row;
        Problem { kind: ProblemKind::UnreadableFilm, id: id.clone(), place, found: film.cause.clone() }
    };
    unreadable.iter().map(problem).collect()
}

/// Move the samples whose films are not in the cache to the excluded ones.
fn separate(
    mut dataset: Dataset,
    hashes: Vec<Option<Hash>>,
    unreadable: &[Unreadable],
    on_bad: OnBad,
) -> Result<(Dataset, Vec<Option<Hash>>), DataError> {
    let problems = problems_of(&dataset, unreadable);
    if on_bad == OnBad::Stop && !problems.is_empty() {
        return Err(DataError::Problems(Problems(problems)));
    }
    // A list of a million exclusions is not sorted again for nothing.
    if !problems.is_empty() {
        leave_out(&mut dataset.excluded, &problems);
    }
    let is_kept = |index: &usize| unreadable.binary_search_by_key(index, |film| film.index).is_err();
    let kept = dataset.samples.into_iter().zip(hashes).enumerate().filter(|(index, _)| is_kept(index)).map(|(_, pair)| pair);
    let (samples, hashes) = kept.unzip();
    dataset.samples = samples;
    Ok((dataset, hashes))
}

/// Where caches lie where nothing else is said: `films` under `$BENCH_RUN_CACHE`, `$XDG_CACHE_HOME/bench-run` or
/// `~/.cache/bench-run`.
///
/// # Errors
/// If none of the variables is set.
pub fn default_cache_folder() -> Result<PathBuf, DataError> {
    cache_folder_by(&|name| std::env::var_os(name))
}

fn cache_folder_by(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, DataError> {
    let folder = |name: &str, below: &str| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value).join(below))
    };
    folder("BENCH_RUN_CACHE", "films")
        .or_else(|| folder("XDG_CACHE_HOME", "bench-run/films"))
        .or_else(|| folder("HOME", ".cache/bench-run/films"))
        .ok_or(DataError::NoCacheFolder)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
