//! Pairs of films that show the same, kept so that every two films are compared once.

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::study::StudyFolder;
use crate::plan::ImageConfig;
use crate::screen::DuplicatePair;

/// Name of the file in the folder of the study.
const PAIRS_FILE: &str = "duplicates.json";

/// The pairs of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownPairs {
    /// All that the pairs follow from, besides the image settings.
    pub key: String,
    /// The size at which films were compared.
    pub image: ImageConfig,
    /// The pairs, by the places of the films in the data set.
    pub pairs: Vec<DuplicatePair>,
}

impl KnownPairs {
    /// Read them back; none where there is no such file or where it is of no use, since films can always be compared again.
    pub fn read(folder: &StudyFolder) -> Option<Self> {
        let text = std::fs::read(folder.path().join(PAIRS_FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Write them into their folder.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&self, folder: &StudyFolder) -> Result<(), RecordError> {
        folder.write_json(PAIRS_FILE, self)
    }
}
