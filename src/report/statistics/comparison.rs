//! `comparison.*`: the difference of every row's error from that of the best row.

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, interval, rounded};
use super::super::summary::INTERVAL_SEED;
use super::super::table::{Cell, Heading, Table, TableRow};
use super::against_best::{Compared, Verdict};
use super::judged::{Ages, Judged, JudgedRow, Prediction};
use super::{SIGNIFICANCE, full, notes_of_all, sentence, values};
use crate::metric::bootstrap::{Bootstrap, RESAMPLES};
use crate::metric::mae;

/// The table for people.
pub(super) fn table(study: &Study, judged: &Judged, compared: &[Compared]) -> Table {
    let (unit, part) = (study.unit.name(), judged.part_name());
    let part = format!("{}{}", part[..1].to_uppercase(), &part[1..]);
    let headings = ["Backbone".to_owned()].into_iter().map(Heading::left).chain(
        [
            format!("Validation MAE ({unit})"),
            format!("{part} MAE [95 % CI] ({unit})"),
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
        rows: rows(study, judged, compared),
        notes: notes(study, judged, compared),
        best: None,
    }
}

fn rows(study: &Study, judged: &Judged, compared: &[Compared]) -> Vec<TableRow> {
    let unit = study.unit;
    let mut rows = Vec::new();
    for (row, compared) in judged.rows.iter().zip(compared) {
        if row.is_baseline {
            rows.push(TableRow::Rule);
        }
        let (error, bootstrap) = error(study, row);
        let difference = compared.difference.as_ref();
        let cell = |text: Option<String>| text.unwrap_or_else(|| NOT_MEASURED.to_owned());
        let fields = [
            row.label.to_owned(),
            cell(row.val_mae.map(|months| age(months, unit))),
            age(error, unit) + &interval(bootstrap.map(|bootstrap| bootstrap.interval()), unit),
            cell(difference.map(|found| age(found.estimate, unit) + &interval(Some(found.interval), unit))),
            cell(difference.map(|found| p_value(found.p))),
            cell(difference.map(|found| p_value(found.corrected))),
            word(compared.verdict).to_owned(),
        ];
        rows.push(TableRow::Cells(fields.map(Cell::plain).into()));
    }
    rows
}

/// MAE of the predictions averaged over the runs, months.
fn error(study: &Study, row: &JudgedRow) -> (f64, Option<Bootstrap>) {
    let averaged = row.averaged();
    let films: Vec<Prediction> =
        averaged.iter().map(|(id, (target, predicted))| Prediction { id, target: *target, predicted: *predicted }).collect();
    let ages = Ages::of(&films, &study.films);
    (mae(&ages.targets, &ages.predicted), Bootstrap::of_mean(&ages.absolute_errors(), &ages.patients, INTERVAL_SEED))
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
        notes.push(format!(
            "Several runs: the predictions for a film are averaged over the runs of a row (up to {}) before errors are taken, so that the MAE here is that of their mean, and no larger than the mean MAE of the comparison table.",
            judged.runs()
        ));
    }
    notes.push(format!(
        "Above the best: the MAE of the row less that of the best row on the same {} films, 95 % CI and p by paired bootstrap over patients, or films where no patient is known ({RESAMPLES} resamples, BCa), which tell no p below 0.001. Each interval is of one comparison alone.",
        judged.part_name()
    ));
    notes.push(format!(
        "p (Holm): corrected for all rows. A row is worse or better where it is below {SIGNIFICANCE}; not told apart does not mean equal: the interval says how large a difference may be."
    ));
    notes
}

/// The table for programs.
pub(super) fn csv_table(study: &Study, judged: &Judged, compared: &[Compared]) -> Table {
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
    let row = |(row, compared): (&JudgedRow, &Compared)| {
        let ages = Ages::of(&row.predictions, &study.films);
        let (error, bootstrap) = error(study, row);
        let ends = bootstrap.map(|bootstrap| bootstrap.interval());
        let difference = compared.difference.as_ref();
        let shown = |months: Option<f64>| full(months.map(|months| months / study.unit.months()));
        vec![
            row.label.to_owned(),
            judged.part_name().to_owned(),
            row.runs.to_string(),
            ages.films.to_string(),
            ages.patients.count().to_string(),
            shown(row.val_mae),
            shown(Some(error)),
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
    values(study, headings.into(), judged.rows.iter().zip(compared).map(row).collect())
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
        markdown::page(&table(study, &judged, &compare(&judged, &study.films)))
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
