//! Which runs make up the tables of a results folder, so that a report needs nothing but the records.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::format::{RunState, SCHEMA_VERSION};
use super::reader::{check_version, read_json, read_run};
use super::study::StudyFolder;
use crate::spec::{AgeUnit, Loss};

/// Name of the index in the results folder.
pub const INDEX_FILE: &str = "index.json";
/// Name of the list of leaks beside it.
pub const LEAKS_FILE: &str = "leaks.csv";

/// The rows of a study with the ids of their runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyIndex {
    /// Version of this format.
    pub schema_version: u32,
    /// Largest error, in months, that the records count as accurate.
    pub accuracy_within_months: f64,
    /// Unit of the report; none in folders of early versions.
    #[serde(default)]
    pub unit: Option<AgeUnit>,
    /// Films and patients in two parts, which the spec lets pass.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leaks: usize,
    /// Rows in the spec's order.
    pub rows: Vec<IndexRow>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// Its name.
    pub label: String,
    /// The training loss that its records give.
    pub loss: Loss,
    /// Its runs, one per seed and fold.
    pub run_ids: Vec<String>,
}

impl StudyIndex {
    /// A new index.
    pub fn new(accuracy_within_months: f64, unit: AgeUnit, rows: Vec<IndexRow>) -> Self {
        Self { schema_version: SCHEMA_VERSION, accuracy_within_months, unit: Some(unit), leaks: 0, rows }
    }

    /// Write it into its folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, folder: &StudyFolder) -> Result<(), RecordError> {
        folder.write_json(INDEX_FILE, self)
    }

    /// Read it back; none where the folder has none.
    ///
    /// # Errors
    /// If it is damaged or was written by a newer program.
    pub fn read(folder: &Path) -> Result<Option<Self>, RecordError> {
        let path = folder.join(INDEX_FILE);
        if !path.exists() {
            return Ok(None);
        }
        check_version(&path)?;
        read_json(&path).map(Some)
    }
}

impl IndexRow {
    /// The state of every run of the row.
    ///
    /// # Errors
    /// If a record is damaged or was written by a newer program.
    pub fn states(&self, folder: &StudyFolder) -> Result<Vec<RunState>, RecordError> {
        self.run_ids.iter().map(|id| read_run(&folder.run(id))).collect()
    }
}
