//! What is in two parts: films and patients of which one side of the split would give the other away.
//!
//! In: samples and the part of each. Out: [`Leak`]s, which stop a run ([`refuse`]) unless the spec lets them pass.

use std::collections::BTreeMap;

use blake3::Hash;
use serde::Serialize;

use super::error::DataError;
use super::problem::{Problem, ProblemKind, Problems};
use super::sample::Sample;
use super::split::Assignment;

/// Two films in two parts that should be in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leak {
    /// What the two have in common.
    pub what: String,
    /// Id of the first film.
    pub first: String,
    /// The part it is in.
    pub first_part: String,
    /// Id of the second.
    pub second: String,
    /// The part it is in.
    pub second_part: String,
}

impl Leak {
    /// Two samples that have something in common, if they are in two parts.
    pub fn between(what: &str, [first, second]: [usize; 2], samples: &[Sample], assignment: &Assignment) -> Option<Self> {
        let [first_part, second_part] = assignment.apart(first, second)?;
        Some(Self {
            what: what.to_owned(),
            first: samples[first].id.clone(),
            first_part: first_part.to_string(),
            second: samples[second].id.clone(),
            second_part: second_part.to_string(),
        })
    }
}

impl std::fmt::Display for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, first, first_part, second, second_part } = self;
        write!(f, "{what}: film {first} is in {first_part}, film {second} in {second_part}")
    }
}

/// Every id, patient and film content that is in two parts or folds.
///
/// `film_hashes`, where given, has the content of each sample's film: the same film under two ids is a leak as well.
///
/// # Panics
/// If these are not the samples that were assigned.
pub fn leaks(assignment: &Assignment, samples: &[Sample], film_hashes: Option<&[Option<Hash>]>) -> Vec<Leak> {
    assert_eq!(samples.len(), assignment.parts().len(), "the samples are those that were assigned");
    let mut seen: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let hash = film_hashes.and_then(|hashes| hashes[index]);
        let marks = [
            Some(("id", sample.id.clone())),
            sample.group.clone().map(|group| ("patient", group)),
            hash.map(|hash| ("film content", hash.to_hex()[..12].to_owned())),
        ];
        for (what, name) in marks.into_iter().flatten() {
            let first = *seen.entry((what, name.clone())).or_insert(index);
            found.extend(Leak::between(&format!("{what} {name:?}"), [first, index], samples, assignment));
        }
    }
    found
}

/// # Errors
/// With every leak, if there is one.
pub fn refuse(leaks: &[Leak]) -> Result<(), DataError> {
    if leaks.is_empty() {
        return Ok(());
    }
    let problem =
        |leak: &Leak| Problem { kind: ProblemKind::Leak, id: leak.second.clone(), place: "split".to_owned(), found: leak.to_string() };
    Err(DataError::Problems(Problems(leaks.iter().map(problem).collect())))
}
