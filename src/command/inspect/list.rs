//! `bench-run list`: the studies and runs below a results folder.

use serde::Serialize;

use super::{InspectOptions, print, print_json};
use crate::command::tables::{Column, fitting_table};
use crate::error::{DONE, Error};
use crate::human::{minute, size, timestamp};
use crate::record::{KnownRun, KnownStudy, Stage, catalogue};
use crate::spec::AgeUnit;

/// A study for programs.
#[derive(Serialize)]
struct StudyRow {
    study: String,
    folder: String,
    bytes: u64,
    runs: Vec<RunRow>,
}

/// A run for programs; ages in months.
#[derive(Serialize)]
pub(super) struct RunRow {
    pub(super) id: String,
    /// The row of the table that it belongs to; none where no table has it.
    pub(super) label: Option<String>,
    /// `done`, `failed`, `partial`, `running`, `begun` or `damaged`.
    pub(super) state: &'static str,
    /// More of the state: the cause, the place, or who works on it.
    pub(super) detail: Option<String>,
    /// Epochs that are done.
    pub(super) epochs: Option<usize>,
    pub(super) val_mae_months: Option<f64>,
    pub(super) test_mae_months: Option<f64>,
    pub(super) changed: Option<String>,
    pub(super) bytes: u64,
    pub(super) folder: String,
}

/// Print the studies and their runs.
///
/// # Errors
/// None at present: a folder that is not there holds nothing.
pub fn list(options: &InspectOptions) -> Result<u8, Error> {
    let studies = catalogue(&options.results);
    if options.json {
        let rows: Vec<StudyRow> = studies.iter().map(study_row).collect();
        print_json(&rows);
        return Ok(DONE);
    }
    if studies.is_empty() {
        let results = options.results.display();
        print(&format!("{results}: no runs yet; `bench-run SPEC` trains some, and --results DIR looks elsewhere"));
        return Ok(DONE);
    }
    let text: Vec<String> = studies.iter().map(|study| in_words(study, options.width)).collect();
    print(&text.join("\n\n"));
    Ok(DONE)
}

fn study_row(study: &KnownStudy) -> StudyRow {
    let KnownStudy { name, folder, index: _, runs, bytes } = study;
    let runs = runs.iter().map(|run| run_row(study, run)).collect();
    StudyRow { study: name.clone(), folder: folder.display().to_string(), bytes: *bytes, runs }
}

/// A run for programs.
pub(super) fn run_row(study: &KnownStudy, run: &KnownRun) -> RunRow {
    let KnownRun { id, folder, stage, changed, bytes } = run;
    let (val, test) = match stage {
        Stage::Done(result) => (result.figures.val.as_ref().map(|part| part.mae), result.figures.test.as_ref().map(|part| part.mae)),
        _ => (None, None),
    };
    RunRow {
        id: id.clone(),
        label: label_of(study, id),
        state: state(stage),
        detail: detail(stage),
        epochs: epochs(stage),
        val_mae_months: val,
        test_mae_months: test,
        changed: changed.map(timestamp),
        bytes: *bytes,
        folder: folder.display().to_string(),
    }
}

/// The row of the study's table that a run belongs to.
pub(super) fn label_of(study: &KnownStudy, id: &str) -> Option<String> {
    let rows = &study.index.as_ref()?.rows;
    rows.iter().find(|row| row.run_ids.iter().any(|run| run == id)).map(|row| row.label.clone())
}

/// The unit of the study's report.
pub(super) fn unit_of(study: &KnownStudy) -> AgeUnit {
    study.index.as_ref().and_then(|index| index.unit).unwrap_or(AgeUnit::Years)
}

fn state(stage: &Stage) -> &'static str {
    match stage {
        Stage::Done(_) => "done",
        Stage::Running(_) => "running",
        Stage::Failed(_) => "failed",
        Stage::Partial { .. } => "partial",
        Stage::Begun => "begun",
        Stage::Damaged(_) => "damaged",
    }
}

fn epochs(stage: &Stage) -> Option<usize> {
    match stage {
        Stage::Done(result) => Some(result.epochs_trained as usize),
        Stage::Partial { epochs, .. } => Some(*epochs),
        _ => None,
    }
}

fn detail(stage: &Stage) -> Option<String> {
    match stage {
        Stage::Done(_) => None,
        Stage::Running(holder) => Some(holder.to_string()),
        Stage::Failed(failure) => Some(failure.cause.clone()),
        Stage::Partial { place, .. } => Some(format!("goes on from {place}")),
        Stage::Begun => Some("left before its first checkpoint".to_owned()),
        Stage::Damaged(reason) => Some(reason.clone()),
    }
}

/// How far a run is, in a few words.
pub(super) fn stage_in_words(stage: &Stage) -> String {
    match stage {
        Stage::Done(result) => format!("done, {} epochs", result.epochs_trained),
        other => format!("{}: {}", state(other), detail(other).unwrap_or_default()),
    }
}

fn in_words(study: &KnownStudy, width: u16) -> String {
    let unit = unit_of(study);
    let age = |months: Option<f64>| months.map_or_else(|| "–".to_owned(), |months| format!("{:.2}", months / unit.months()));
    let row = |run: &KnownRun| {
        let RunRow { id, label, val_mae_months, test_mae_months, .. } = run_row(study, run);
        let name = label.map_or_else(|| format!("{id} (in no table)"), |label| format!("{id} ({label})"));
        let when = run.changed.map_or_else(String::new, minute);
        vec![name, stage_in_words(&run.stage), when, age(val_mae_months), age(test_mae_months), size(run.bytes)]
    };
    let text = |heading, gives_way| Column { heading, is_number: false, gives_way };
    let number = |heading, gives_way| Column { heading, is_number: true, gives_way };
    let columns = [
        text("run", None),
        text("state", None),
        text("when (UTC)", Some(1)),
        number("val MAE", None),
        number("test MAE", Some(2)),
        number("on disk", Some(0)),
    ];
    let rows: Vec<Vec<String>> = study.runs.iter().map(row).collect();
    let (drawn, _) = fitting_table(&columns, &rows, width);
    let count = rows.len();
    format!("{}: {count} run(s), {} in all, MAE in {}\n{drawn}", study.folder.display(), size(study.bytes), unit.name())
}
