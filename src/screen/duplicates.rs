//! Films that show the same: equal bytes, or equal pictures whatever became of size, compression, exposure, a small turn or a
//! mirror.

use std::collections::{BTreeMap, HashMap};

use blake3::Hash;
use tch::{Kind, Tensor};

use super::descriptor::{Pose, descriptors, poses};
use super::finding::{Alike, DuplicatePair};
use crate::data::{Assignment, FilmStore, Leak, Sample};

/// Raised whenever other pairs are found than before.
pub const DUPLICATES_VERSION: u32 = 1;
/// Correlation of two films from which on they are taken for the same. Of the 1.1 million pairs of 1500 hands of different
/// children the most alike have 0.93, and copies (made smaller or larger, turned by up to 8 degrees, mirrored, compressed with
/// JPEG quality 30 to 80) more than 0.95 in 99 of 100 cases.
const SAME: f64 = 0.95;
/// Films whose correlations with all others are held at once.
const CHUNK: i64 = 1024;

/// How alike the films of a data set are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likeness {
    /// Pairs that show the same, the most similar first.
    pub(super) pairs: Vec<DuplicatePair>,
    /// For each film, the correlation with the film that is most like it; 0 where it is the only one.
    pub(super) nearest: Vec<f64>,
}

/// Compares every film with every other in every pose. `hashes` are those of the files, where films are files.
pub(super) fn compare(films: &dyn FilmStore, hashes: &[Option<Hash>]) -> Likeness {
    let count = hashes.len();
    let upright = Pose { degrees: 0.0, mirrored: false };
    let originals = descriptors(films, count, upright).tr();
    let mut found: BTreeMap<(usize, usize), DuplicatePair> = BTreeMap::new();
    let mut nearest = vec![0.0f64; count];
    for pose in poses() {
        let posed = descriptors(films, count, pose);
        for start in (0..count as i64).step_by(CHUNK as usize) {
            let rows = CHUNK.min(count as i64 - start);
            let likeness = without_self(&posed.narrow(0, start, rows).matmul(&originals), start);
            note_nearest(&likeness, start, &mut nearest);
            note_pairs(&likeness, start, pose, &mut found);
        }
    }
    for pair in exact_pairs(hashes) {
        found.insert((pair.first, pair.second), pair);
    }
    let mut pairs: Vec<DuplicatePair> = found.into_values().collect();
    pairs.sort_by(|a, b| b.alike.similarity.total_cmp(&a.alike.similarity).then((a.first, a.second).cmp(&(b.first, b.second))));
    Likeness { pairs, nearest }
}

/// The pairs that are in two parts, but for files with the same bytes, which [`leaks`](crate::data::leaks()) names.
pub fn straddling(pairs: &[DuplicatePair], samples: &[Sample], assignment: &Assignment) -> Vec<Leak> {
    let leak = |pair: &DuplicatePair| {
        let what = format!("films that show the same ({})", pair.alike);
        Leak::between(&what, [pair.first, pair.second], samples, assignment)
    };
    pairs.iter().filter(|pair| !pair.alike.exact).filter_map(leak).collect()
}

/// The likenesses with −1 where a film meets itself: it is no copy of itself.
fn without_self(likeness: &Tensor, start: i64) -> Tensor {
    let minus_one = Tensor::full([likeness.size()[0]], -1.0, (Kind::Float, likeness.device()));
    likeness.diagonal_scatter(&minus_one, start, 0, 1)
}

fn note_nearest(likeness: &Tensor, start: i64, nearest: &mut [f64]) {
    let best = likeness.amax([1i64].as_slice(), false).to_kind(Kind::Double);
    let best = Vec::<f64>::try_from(best).expect("a one-dimensional tensor of doubles");
    for (place, value) in nearest.iter_mut().skip(start as usize).zip(best) {
        *place = place.max(value);
    }
}

fn note_pairs(likeness: &Tensor, start: i64, pose: Pose, found: &mut BTreeMap<(usize, usize), DuplicatePair>) {
    let places = likeness.ge(SAME).nonzero();
    let places = Vec::<Vec<i64>>::try_from(places).expect("pairs of indices");
    for place in places {
        let similarity = likeness.double_value(&place).min(1.0);
        let (turned, other) = ((start + place[0]) as usize, place[1] as usize);
        let (first, second) = (turned.min(other), turned.max(other));
        // Turned the other way round where the second is the one that was turned.
        let degrees = if turned == first || pose.mirrored { pose.degrees } else { -pose.degrees };
        let alike = Alike { similarity, exact: false, mirrored: pose.mirrored, degrees: degrees + 0.0 };
        let pair = DuplicatePair { first, second, alike };
        let best = found.entry((first, second)).or_insert_with(|| pair.clone());
        if similarity > best.alike.similarity {
            *best = pair;
        }
    }
}

/// Pairs of files with the same bytes; of more than two, each with the first.
fn exact_pairs(hashes: &[Option<Hash>]) -> Vec<DuplicatePair> {
    let mut seen: HashMap<Hash, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (second, hash) in hashes.iter().enumerate() {
        let Some(hash) = hash else { continue };
        match seen.get(hash) {
            Some(&first) => pairs.push(DuplicatePair { first, second, alike: Alike::EXACT }),
            None => drop(seen.insert(*hash, second)),
        }
    }
    pairs
}
