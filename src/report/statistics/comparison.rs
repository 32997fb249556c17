//! `comparison.*`: the difference of every row's error from that of the best row.

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, interval, rounded};
use super::super::summary::{INTERVAL_SEED, patients};
use super::super::table::{Cell, Heading, Table, TableRow};
use super::against_best::{Compared, Verdict};
use super::judged::{Ages, Judged, JudgedRow};
use super::{SIGNIFICANCE, Tables, full, notes_of_all, sentence, values};
use crate::metric::bootstrap::{Bootstrap, Interval, RESAMPLES};

/// MAE of a row, mean over its runs, months.
struct RowError {
    mae: f64,
    interval: Option<Interval>,
}

/// The table, for people and for programs.
pub(super) fn tables(study: &Study, judged: &Judged, compared: &[Compared]) -> Tables {
    let errors: Vec<RowError> = judged.rows.iter().map(|row| RowError::of(study, row)).collect();
    let values = csv_table(study, judged, compared, &errors);
    Tables { pages: vec![table(study, judged, compared, &errors)], values }
}

fn table(study: &Study, judged: &Judged, compared: &[Compared], errors: &[RowError]) -> Table {
    let unit = study.unit.name();
    let judged_by = if judged.is_validation() { "MAE over all validation films" } else { "Test MAE" };
    let headings = ["Backbone".to_owned()].into_iter().map(Heading::left).chain(
        [
            format!("Validation MAE ({unit})"),
            format!("{judged_by} [95 % CI] ({unit})"),
            format!("Above the best [95 % CI] ({unit})"),
            "p".to_owned(),
            "p (Holm)".to_owned(),
        ]
        .map(Heading::right),
    );
    Table {
        name: format!("{}-comparison", study.name),
        title: format!("{}: every row against the best", study.title),
        headings: headings.chain([Heading::left("Verdict")]).collect(),
        rows: rows(study, judged, compared, errors),
        notes: notes(study, judged, compared),
        best: None,
    }
}

fn rows(study: &Study, judged: &Judged, compared: &[Compared], errors: &[RowError]) -> Vec<TableRow> {
    let unit = study.unit;
    let mut rows = Vec::new();
    for ((row, compared), error) in judged.rows.iter().zip(compared).zip(errors) {
        if row.is_baseline {
            rows.push(TableRow::Rule);
        }
        let difference = compared.difference.as_ref();
        let cell = |text: Option<String>| text.unwrap_or_else(|| NOT_MEASURED.to_owned());
        let fields = [
            row.label.to_owned(),
            cell(row.val_mae.map(|months| age(months, unit))),
            age(error.mae, unit) + &interval(error.interval, unit),
            cell(difference.map(|found| age(found.estimate, unit) + &interval(Some(found.interval), unit))),
            cell(difference.map(|found| p_value(found.p))),
            cell(difference.map(|found| p_value(found.corrected))),
            word(compared.verdict).to_owned(),
        ];
        rows.push(TableRow::Cells(fields.map(Cell::plain).into()));
    }
    rows
}

impl RowError {
    fn of(study: &Study, row: &JudgedRow) -> Self {
        let errors = row.film_errors();
        let values: Vec<f64> = errors.values().copied().collect();
        let patients = patients(&study.films, errors.keys().copied());
        let bootstrap = Bootstrap::of_mean(&values, &patients, INTERVAL_SEED);
        Self { mae: values.iter().sum::<f64>() / values.len() as f64, interval: bootstrap.map(|bootstrap| bootstrap.interval()) }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Best => "best by validation MAE",
        Verdict::Worse => "worse",
        Verdict::Better => "better",
        Verdict::Alike => "not told apart",
        Verdict::Open => "not compared",
    }
}

/// Three digits; resamples cannot tell less.
fn p_value(p: f64) -> String {
    rounded(p, 3)
}

fn notes(study: &Study, judged: &Judged, compared: &[Compared]) -> Vec<String> {
    let mut notes = study.notes.clone();
    notes.extend(sentence::sentence(study.unit, judged, compared));
    notes.extend(notes_of_all(judged));
    if judged.best().is_none() {
        notes.push("There is no validation part to choose the best row by, and choosing it by the test films would flatter it; give the spec a `split.val`, or folds.".to_owned());
        return notes;
    }
    if judged.runs() > 1 {
        notes.push(
            "Several runs: the errors for a film are averaged over the runs of a row, so that the MAE is the mean of theirs.".to_owned(),
        );
    }
    notes.push(format!(
        "Above the best: the MAE of the row less that of the best row on the same {} films, 95 % CI and p by paired bootstrap over patients, or films where no patient is known ({RESAMPLES} resamples, BCa), which tell no p below 0.001. Each interval is of one comparison alone, and covers the chance of which films are judged, not that of training.",
        judged.part_name()
    ));
    notes.push(format!(
        "p (Holm): corrected for all rows. A row is worse or better where it is below {SIGNIFICANCE}; not told apart does not mean equal: the interval says how large a difference may be."
    ));
    notes
}

/// The table for programs.
fn csv_table(study: &Study, judged: &Judged, compared: &[Compared], errors: &[RowError]) -> Table {
    let unit = study.unit.name();
    let headings = [
        "backbone".to_owned(),
        "part".to_owned(),
        "runs".to_owned(),
        "films".to_owned(),
        "patients".to_owned(),
        format!("val_mae_{unit}"),
        format!("mae_{unit}"),
        format!("mae_ci_low_{unit}"),
        format!("mae_ci_high_{unit}"),
        format!("above_best_{unit}"),
        format!("above_best_ci_low_{unit}"),
        format!("above_best_ci_high_{unit}"),
        "p".to_owned(),
        "p_holm".to_owned(),
        "verdict".to_owned(),
    ];
    let row = |((row, compared), error): ((&JudgedRow, &Compared), &RowError)| {
        let ages = Ages::of(&row.predictions, &study.films);
        let ends = error.interval;
        let difference = compared.difference.as_ref();
        let shown = |months: Option<f64>| full(months.map(|months| months / study.unit.months()));
        vec![
            row.label.to_owned(),
            judged.part_name().to_owned(),
            row.runs.to_string(),
            ages.films.to_string(),
            ages.patients.count().to_string(),
            shown(row.val_mae),
            shown(Some(error.mae)),
            shown(ends.map(|ends| ends.low)),
            shown(ends.map(|ends| ends.high)),
            shown(difference.map(|found| found.estimate)),
            shown(difference.map(|found| found.interval.low)),
            shown(difference.map(|found| found.interval.high)),
            full(difference.map(|found| found.p)),
            full(difference.map(|found| found.corrected)),
            word(compared.verdict).to_owned(),
        ]
    };
    values(study, headings.into(), judged.rows.iter().zip(compared).zip(errors).map(row).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, failed, moved};
    use super::super::super::summary::Summary;
    use super::super::super::table::markdown;
    use super::super::compare;
    use super::*;

    fn page(study: &Study) -> String {
        let summary = Summary::of(study);
        let judged = Judged::of(&summary).unwrap();
        markdown::page(&tables(study, &judged, &compare(&judged, &study.films)).pages[0])
    }

    #[test]
    fn every_row_stands_against_the_best_with_interval_and_both_p_values() {
        let study = StudyBuilder::new()
            .note("The films are synthetic.")
            .entry("VGG16", vec![done(20.0), done(21.0)])
            .entry("CNN", vec![done(9.0)])
            .entry("ViT", vec![moved(9.2, |index| if index % 2 == 0 { 0.5 } else { -0.5 })])
            .entry("U-net", vec![failed("x")])
            .build();
        insta::assert_snapshot!(page(&study));
    }

    #[test]
    fn without_a_validation_part_nothing_is_compared_and_the_reason_is_said() {
        let mut study = StudyBuilder::new().entry("CNN", vec![done(9.0)]).build();
        let crate::record::format::RunState::Done(run) = &mut study.entries[0].runs[0] else { panic!() };
        run.result.figures.val = None;
        let text = page(&study);
        assert!(text.contains("not compared") && text.contains("give the spec a `split.val`".replace('`', "\\`").as_str()), "{text}");
    }
}
