//! What the data is, as one number: films by their content and labels by their values, wherever the files lie.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use blake3::{Hash, Hasher};

use super::decode::open_film;
use super::hash_memo::HashMemo;
use super::phantom;
use super::sample::{Dataset, Film, Sample, Sex};

/// Run `work` on every number below `count`, on all cores; the results are in the order of the numbers.
pub(super) fn on_all_cores<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The content of every film as one number each; none where the file cannot be read.
///
/// Two films with the same number are the same film.
pub fn film_hashes(samples: &[Sample]) -> Vec<Option<Hash>> {
    on_all_cores(samples.len(), |index| film_hash(&samples[index].film))
}

/// [`film_hashes`], of which only files are read that are not remembered in `folder`.
pub(super) fn remembered_film_hashes(samples: &[Sample], folder: &Path) -> Vec<Option<Hash>> {
    let files: Vec<&Path> = samples.iter().filter_map(file).collect();
    if files.is_empty() {
        return film_hashes(samples);
    }
    let memo = HashMemo::open(folder, &files);
    let contents = on_all_cores(files.len(), |index| memo.content(files[index]));
    let mut contents = memo.keep(&contents).into_iter();
    samples.iter().map(|sample| if file(sample).is_some() { contents.next().flatten() } else { film_hash(&sample.film) }).collect()
}

/// Films that are not remembered are read as long as they are no larger together.
const MOST_READ: u64 = 256 << 20;

/// [`film_hashes`] where most of them are remembered in `folder`, so that little is to be read; nothing is written.
pub(super) fn known_film_hashes(samples: &[Sample], folder: &Path) -> Option<Vec<Option<Hash>>> {
    let files: Vec<&Path> = samples.iter().filter_map(file).collect();
    let memo = HashMemo::open(folder, &files);
    let known: Vec<Option<Hash>> = samples.iter().map(|sample| file(sample).and_then(|path| memo.known(path))).collect();
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let unknown = samples.iter().zip(&known).filter(|(_, known)| known.is_none()).filter_map(|(sample, _)| file(sample));
    if unknown.map(size).sum::<u64>() > MOST_READ {
        return None;
    }
    Some(on_all_cores(samples.len(), |index| known[index].or_else(|| film_hash(&samples[index].film))))
}

fn file(sample: &Sample) -> Option<&Path> {
    match &sample.film {
        Film::File(path) => Some(path),
        Film::Phantom { .. } => None,
    }
}

fn film_hash(film: &Film) -> Option<Hash> {
    match film {
        Film::File(path) => file_hash(path).ok(),
        Film::Phantom { seed, index } => {
            let mut hasher = Hasher::new_derive_key("bench-run 2026 synthetic film");
            hasher.update(&phantom::VERSION.to_le_bytes()).update(&seed.to_le_bytes()).update(&index.to_le_bytes());
            Some(hasher.finalize())
        }
    }
}

/// A piece at a time, since a file that is no film may be larger than memory; one that is too large for a film is none.
fn file_hash(path: &Path) -> std::io::Result<Hash> {
    let file = open_film(path)?;
    Ok(Hasher::new().update_reader(file)?.finalize())
}

/// The digest of a data set: ids, ages, sexes, groups, races and the content of the films, but no path and no order.
///
/// Every film is read once; nothing is decoded. What cannot be decoded follows from the content, so this is also the
/// digest of what is left when such films are left out.
pub fn digest(dataset: &Dataset) -> String {
    digest_of(&dataset.samples, &film_hashes(&dataset.samples))
}

/// [`digest`] where the films are already hashed.
pub(super) fn digest_of(samples: &[Sample], contents: &[Option<Hash>]) -> String {
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_unstable_by(|left, right| samples[*left].id.cmp(&samples[*right].id));
    let mut hasher = Hasher::new_derive_key("bench-run 2026 data digest");
    for index in order {
        let Sample { id, film: _, age_months, sex, group, race } = &samples[index];
        update(&mut hasher, Some(id));
        hasher.update(&age_months.to_le_bytes());
        update(&mut hasher, sex.map(Sex::letter));
        update(&mut hasher, group.as_deref());
        update(&mut hasher, race.as_deref());
        hasher.update(contents[index].as_ref().map_or(&[0; 32], |hash| hash.as_bytes()));
    }
    hasher.finalize().to_hex().to_string()
}

/// A text with its length, so that no two lists of texts look the same.
fn update(hasher: &mut Hasher, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| text.len() as u64);
    hasher.update(&length.to_le_bytes()).update(text.unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Folder, sample};
    use super::*;

    fn digest_samples(samples: Vec<Sample>) -> String {
        digest(&Dataset { samples, ..Dataset::default() })
    }

    #[test]
    fn the_digest_depends_on_every_label_and_on_no_order() {
        let base = vec![sample("1", 10.0, Some(Sex::F), Some("p")), sample("2", 20.0, None, None)];
        let first = digest_samples(base.clone());
        assert_eq!(first, digest_samples(base.iter().rev().cloned().collect()));
        let change = |edit: &dyn Fn(&mut Sample)| {
            let mut samples = base.clone();
            edit(&mut samples[0]);
            digest_samples(samples)
        };
        for (name, other) in [
            ("id", change(&|sample| sample.id = "3".to_owned())),
            ("age", change(&|sample| sample.age_months = 10.5)),
            ("sex", change(&|sample| sample.sex = None)),
            ("group", change(&|sample| sample.group = None)),
            ("race", change(&|sample| sample.race = Some("p".to_owned()))),
            ("group for race", change(&|sample| sample.race = sample.group.take())),
            ("film", change(&|sample| sample.film = Film::Phantom { seed: 4, index: 1 })),
            ("fewer", digest_samples(base[..1].to_vec())),
        ] {
            assert_ne!(first, other, "{name}");
        }
    }

    #[test]
    fn the_digest_is_of_the_content_wherever_the_file_lies() {
        let folder = Folder::new();
        let at = |path| Sample { film: Film::File(path), ..sample("1", 1.0, None, None) };
        let here = digest_samples(vec![at(folder.write("a/1.png", "film"))]);
        assert_eq!(here, digest_samples(vec![at(folder.write("b/x.png", "film"))]));
        assert_ne!(here, digest_samples(vec![at(folder.write("a/1.png", "filn"))]));
        assert_ne!(here, digest_samples(vec![at(folder.path("none"))]));
    }

    #[test]
    fn work_on_all_cores_comes_back_in_order() {
        assert_eq!(on_all_cores(1000, |index| index * 2), (0..1000).map(|index| index * 2).collect::<Vec<_>>());
        assert_eq!(on_all_cores(0, |index| index), [0; 0]);
    }
}
