//! What a source yields: samples, sorted by id, and what it had to leave out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::split::Part;
use crate::spec::Stratum;

/// One film with its label. Written down, it does not say where its pixels come from: they are in the cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Unique in its data set; the film's file name without extension, or the phantom's number.
    pub id: String,
    /// Where the pixels come from.
    #[serde(skip, default = "nowhere")]
    pub film: Film,
    /// The target, in months.
    pub age_months: f64,
    /// Sex, where the source knows it.
    pub sex: Option<Sex>,
    /// The patient, where the source knows it.
    pub group: Option<String>,
    /// Race or population, where the source knows it.
    pub race: Option<String>,
}

impl Sample {
    /// Whether the label tells a property.
    pub fn tells(&self, property: Stratum) -> bool {
        match property {
            Stratum::Age => true,
            Stratum::Sex => self.sex.is_some(),
            Stratum::Race => self.race.is_some(),
        }
    }
}

fn nowhere() -> Film {
    Film::File(PathBuf::new())
}

/// Where the pixels of a sample come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Film {
    /// A file on disk.
    File(PathBuf),
    /// A synthetic film, drawn when it is needed.
    Phantom {
        /// Seed of the data set.
        seed: u64,
        /// Number of the film in it.
        index: u64,
    },
}

/// Sex as the label tables give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
    /// Given, and neither of the two.
    O,
}

impl Sex {
    /// `F`, `M` or `O`.
    pub fn letter(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
            Self::O => "O",
        }
    }
}

/// Samples of one source, sorted by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// What can be used.
    pub samples: Vec<Sample>,
    /// What was left out, and why.
    pub excluded: Vec<Excluded>,
    /// The parts that come with the films, by id: of all samples, of those of the test part, or of none.
    pub given: BTreeMap<String, Part>,
    /// The row of each sample that has one, by id: the table's name and the row, for messages.
    pub rows: BTreeMap<String, String>,
}

/// A film or label that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
    /// File and row, without the folders, so that it reads the same on every machine.
    pub place: String,
}

impl std::fmt::Display for Excluded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, reason, place } = self;
        write!(f, "{id}: {reason}")?;
        if place.is_empty() { Ok(()) } else { write!(f, ", in {place}") }
    }
}
