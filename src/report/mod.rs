//! Records in; tables, plots and pages for people out.

use crate::record::format::RunState;
use crate::spec::AgeUnit;

/// Everything a report is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The folder under `results/` and the name in README markers.
    pub name: String,
    /// The heading of the table.
    pub title: String,
    /// Unit of every age and error shown.
    pub unit: AgeUnit,
    /// Largest error, in that unit, that counts as accurate.
    pub accuracy_within: f64,
    /// Rows in the spec's order.
    pub entries: Vec<StudyEntry>,
}

/// One row: a backbone with all its runs (seeds × folds).
#[derive(Debug, Clone, PartialEq)]
pub struct StudyEntry {
    /// The row's name, unique in the study.
    pub label: String,
    /// One per seed and fold, in the plan's order.
    pub runs: Vec<RunState>,
}
