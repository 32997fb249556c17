//! The file of a run's sweep: `robustness/<run id>.csv` in the folder of its study.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::change::{Change, points};
use crate::files::write_atomically;
use crate::metric::PartMetrics;
use crate::plan::ComputePrecision;
use crate::record::{RecordError, StudyFolder};

/// Where the files are, below the folder of a study.
pub const FOLDER: &str = "robustness";

/// How well a run does on films that are changed in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// What is changed.
    pub change: Change,
    /// How much.
    pub strength: f64,
    /// Unit of the strength.
    pub unit: String,
    /// Number of films.
    pub count: u64,
    /// Mean absolute error, months.
    pub mae_months: f64,
    /// Mean error with its sign, months.
    pub bias_months: f64,
}

fn path(study: &StudyFolder, run_id: &str) -> PathBuf {
    study.path().join(FOLDER).join(format!("{run_id}.csv"))
}

/// The sweep of a run, where there is one.
///
/// # Errors
/// If its file is damaged.
pub fn read(study: &StudyFolder, run_id: &str) -> Result<Option<Vec<SweepRow>>, RecordError> {
    let path = path(study, run_id);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RecordError::Sweep { path, reason: error.to_string() }),
    };
    let rows = csv::Reader::from_reader(bytes.as_slice()).deserialize().collect::<Result<_, _>>();
    rows.map(Some).map_err(|error| RecordError::Sweep { path, reason: error.to_string() })
}

/// Keeps the sweep of a run, in one step.
///
/// # Errors
/// If it cannot be written.
pub fn write(study: &StudyFolder, run_id: &str, rows: &[SweepRow]) -> Result<(), RecordError> {
    let path = path(study, run_id);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let encode = |error: &dyn std::fmt::Display| RecordError::Encode { what: FOLDER, reason: error.to_string() };
    for row in rows {
        writer.serialize(row).map_err(|error| encode(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| encode(&error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).and_then(|()| write_atomically(&path, &bytes)).map_err(|source| RecordError::Write { path, source })
}

/// Whether a sweep has every change that is tried now, and its unchanged films have the error that the run's record holds.
pub fn is_current(rows: &[SweepRow], recorded: &PartMetrics, precision: ComputePrecision) -> bool {
    let has_all = rows.iter().map(|row| (row.change, row.strength)).eq(points());
    has_all && rows.iter().all(|row| row.count == recorded.count) && agrees(rows[0].mae_months, recorded.mae, precision)
}

/// Whether an error is the recorded one, but for what another device or number of threads may add.
fn agrees(found: f64, recorded: f64, precision: ComputePrecision) -> bool {
    let share = match precision {
        ComputePrecision::Fp32 => 1e-3,
        ComputePrecision::Bf16 => 2e-2,
    };
    (found - recorded).abs() <= share * recorded.max(1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn rows(mae: f64) -> Vec<SweepRow> {
        let row = |(change, strength): (Change, f64)| SweepRow {
            change,
            strength,
            unit: change.unit().to_owned(),
            count: 3,
            mae_months: mae + strength.abs() / 3.0,
            bias_months: -0.1,
        };
        points().into_iter().map(row).collect()
    }

    #[test]
    fn a_sweep_is_read_back_to_the_last_digit() {
        let folder = tempfile::tempdir().unwrap();
        let study = StudyFolder::new(folder.path(), "study");
        assert_eq!(read(&study, "cnn-s0-1").unwrap(), None);
        write(&study, "cnn-s0-1", &rows(8.123_456_789)).unwrap();
        assert_eq!(read(&study, "cnn-s0-1").unwrap().unwrap(), rows(8.123_456_789));
        let path = folder.path().join("study/robustness/cnn-s0-1.csv");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("change,strength,unit,count,mae_months,bias_months\nunchanged,0.0,,3,"), "{text}");
        std::fs::write(&path, text.replace("rotation", "somersault")).unwrap();
        let message = read(&study, "cnn-s0-1").unwrap_err().to_string();
        assert!(message.contains("cnn-s0-1.csv") && message.contains("delete it"), "{message}");
    }

    #[test]
    fn a_sweep_of_other_changes_films_or_weights_is_not_current() {
        let recorded = |mae, count| PartMetrics { count, mae, ..PartMetrics::compute(&[1.0, 2.0], &[2.0, 4.0], 1.0, 0.5) };
        let fp32 = ComputePrecision::Fp32;
        assert!(is_current(&rows(9.0), &recorded(9.000_1, 3), fp32));
        assert!(!is_current(&rows(9.0), &recorded(9.1, 3), fp32) && is_current(&rows(9.0), &recorded(9.1, 3), ComputePrecision::Bf16));
        assert!(!is_current(&rows(9.0), &recorded(9.0, 4), fp32));
        assert!(!is_current(&rows(9.0)[..20], &recorded(9.0, 3), fp32) && !is_current(&[], &recorded(9.0, 3), fp32));
    }
}
