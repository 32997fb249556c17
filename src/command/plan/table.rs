//! A plan for people.

use std::path::Path;

use super::Films;
use super::cost::Costs;
use super::rows::{PlanRow, seconds_left};
use crate::command::tables::{Column, fitting_table};
use crate::execute::{FilmCounts, Foreseen, KnownBy, Place};
use crate::human::{duration, size, spaced};
use crate::plan::{ComputePrecision, Plan};

/// What is known before any network is looked at.
pub(super) fn heading(plan: &Plan, spec: &Path, place: &Place, films: &Films) -> String {
    let runs: usize = plan.entries.iter().map(|entry| entry.runs.len()).sum();
    let mut precisions: Vec<&str> = plan.entries.iter().map(|entry| precision(entry.first().train.precision)).collect();
    precisions.dedup();
    let films = match films.counts(None) {
        Some(FilmCounts { train, val, test }) => format!("films: {train} training, {val} validation, {test} test"),
        None => "how many films is not known, see below".to_owned(),
    };
    let Place { device, threads, fast: _ } = place;
    format!(
        "{} ({}): {runs} run(s) on {device} with {threads} thread(s), {}; {films}\n",
        plan.title,
        spec.display(),
        precisions.join(" and ")
    )
}

fn precision(precision: ComputePrecision) -> &'static str {
    match precision {
        ComputePrecision::Bf16 => "bf16",
        ComputePrecision::Fp32 => "fp32",
    }
}

/// The runs, and the headings of the columns for which there is no room.
pub(super) fn table(rows: &[PlanRow], plan: &Plan, width: u16) -> (String, Vec<&'static str>) {
    let has_folds = plan.split.folds.is_some();
    let text = |heading, gives_way| Column { heading, is_number: false, gives_way };
    let number = |heading, gives_way| Column { heading, is_number: true, gives_way };
    let mut columns = vec![text("run", Some(4)), text("row", None), number("seed", Some(5))];
    columns.extend(has_folds.then_some(number("fold", None)));
    columns.extend([number("epochs", Some(2)), number("parameters", Some(1)), number("GFLOPs", Some(0)), number("time", None)]);
    columns.extend([number("memory", Some(3)), text("state", None)]);
    let cells = |row: &PlanRow| {
        let mut cells = vec![row.id(), row.label.clone(), row.seed.to_string()];
        cells.extend(has_folds.then(|| row.fold.map(|fold| fold.to_string()).unwrap_or_default()));
        cells.extend([
            row.epochs.to_string(),
            row.parameters.map_or_else(unknown, spaced),
            row.gflops.map_or_else(unknown, |gflops| format!("{gflops:.2}")),
            time(row),
            row.memory_mib.map_or_else(unknown, |mebibytes| size((mebibytes * f64::from(1 << 20)) as u64)),
            row.state.to_string(),
        ]);
        cells
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let (drawn, left_out) = fitting_table(&columns, &rows, width);
    (drawn + "\n", left_out)
}

fn unknown() -> String {
    "–".to_owned()
}

fn time(row: &PlanRow) -> String {
    let said = row.seconds.map_or_else(unknown, duration);
    if row.is_done() && row.seconds.is_some() { format!("took {said}") } else { said }
}

/// What the table does not say.
pub(super) fn closing(rows: &[PlanRow], plan: &Plan, films: &Films, costs: &Costs, left_out: &[&str]) -> String {
    let mut lines = vec![summary(rows)];
    if !left_out.is_empty() {
        lines.push(format!("Not shown, for lack of width: {}; --json has all.", left_out.join(", ")));
    }
    let all: usize = plan.entries.iter().map(|entry| entry.runs.len()).sum();
    if rows.len() < all {
        lines.push(format!("{} of the plan's {all} run(s) are left out by --only and --skip.", all - rows.len()));
    }
    let absent = plan.entries.iter().filter(|entry| entry.first().transfer.as_ref().is_some_and(|transfer| transfer.sha256.is_none()));
    lines.extend(
        absent.filter_map(|entry| entry.weights.as_ref()).map(|weights| format!("{weights} is not downloaded yet; a run does so first.")),
    );
    if rows.iter().any(|row| row.run_id.is_none()) && films.trouble.is_none() {
        lines.push("The ends of the ids (…) hang on the content of films and weights, and are known once a run has read them.".to_owned());
    }
    if films.counts(None).is_some() && plan.split.folds.is_some() {
        lines.push("Films are counted for the first fold.".to_owned());
    }
    lines.extend(known_by(rows));
    lines.extend(costs.notes.iter().cloned());
    lines.push("Every setting, and where it comes from: plan --resolved".to_owned());
    lines.join("\n") + "\n"
}

fn summary(rows: &[PlanRow]) -> String {
    let count = |is: &dyn Fn(&Foreseen) -> bool| rows.iter().filter(|row| is(&row.state)).count();
    let counts = [
        (count(&|state| matches!(state, Foreseen::Done)), "done"),
        (count(&|state| matches!(state, Foreseen::Running { .. })), "running"),
        (count(&|state| matches!(state, Foreseen::Partial { .. } | Foreseen::Continues { .. })), "to go on with"),
        (count(&|state| matches!(state, Foreseen::ToDo { .. })), "to do"),
        (count(&|state| matches!(state, Foreseen::Failed { .. })), "failed"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let is_all_done = rows.iter().all(PlanRow::is_done);
    let left = match seconds_left(rows) {
        _ if is_all_done => "; nothing is left to train".to_owned(),
        Some(seconds) => format!("; about {} left, one run after another", duration(seconds)),
        None => String::new(),
    };
    format!("{} run(s): {}{left}", rows.len(), counts.join(", "))
}

fn known_by(rows: &[PlanRow]) -> Option<String> {
    let has = |known_by| rows.iter().any(|row| row.known_by == Some(known_by));
    let how = match (has(KnownBy::Record), has(KnownBy::Trial)) {
        (true, true) => "by runs that are recorded here, and otherwise by a few steps on noise",
        (true, false) => "by runs that are recorded here",
        (false, true) => "by a few steps on noise",
        (false, false) => return None,
    };
    Some(format!("Time and memory (largest of the process) are known {how}."))
}
