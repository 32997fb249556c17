//! The comparison table: a row per backbone in the spec's order, then the mean-age baseline.

use super::number::{NOT_MEASURED, age_spread, interval, percent_spread, plain_spread, short_unit};
use super::summary::{Figures, PartSummary, Row, Summary};
use super::table::{Cell, Heading, Table, TableRow};
use super::{Study, caption};
use crate::spec::AgeUnit;

/// Label of the baseline's row.
pub(super) const BASELINE_LABEL: &str = "Mean-age baseline";

/// Column of the figure by which the best row is marked. The test part marks nothing: it is read after all selection.
const VALIDATION_MAE: usize = 2;

/// Figures of all rows, rounded, with the lines that say what they are.
pub(super) fn table(study: &Study, summary: &Summary) -> Table {
    let mut rows: Vec<TableRow> = summary.rows.iter().map(|row| row_of(row, study.unit)).collect();
    if let Some(baseline) = &summary.baseline {
        rows.push(TableRow::Rule);
        rows.push(TableRow::Cells(cells(BASELINE_LABEL.to_owned(), baseline, study.unit)));
    }
    let has_best = mark_best(&mut rows, summary);
    Table {
        name: study.name.clone(),
        title: study.title.clone(),
        headings: headings(study),
        rows,
        notes: caption::lines(study, summary),
        best: has_best.then(|| "smallest validation MAE".to_owned()),
    }
}

fn headings(study: &Study) -> Vec<Heading> {
    let unit = study.unit.name();
    let figures = [
        format!("MAE ({unit})"),
        format!("Validation MAE ({unit})"),
        "Loss".to_owned(),
        "Validation Loss".to_owned(),
        format!("Accuracy ({})", accuracy_limit(study)),
        "Validation Accuracy".to_owned(),
        format!("Test MAE [95 % CI] ({unit})"),
        "R²".to_owned(),
        "Validation R²".to_owned(),
    ];
    [Heading::left("Backbone")].into_iter().chain(figures.map(Heading::right)).collect()
}

/// `±1 y`.
pub(super) fn accuracy_limit(study: &Study) -> String {
    format!("±{} {}", study.accuracy_within, short_unit(study.unit))
}

fn row_of(row: &Row, unit: AgeUnit) -> TableRow {
    let label = row.entry.label.clone();
    match &row.figures {
        Some(figures) => TableRow::Cells(cells(label, figures, unit)),
        None => TableRow::Message { label, text: status(row) },
    }
}

/// What a row without figures says, and the status column of `table.csv`: `done`, `failed: <cause>`, `not trained`, with
/// numbers of runs where they do not all share that fate.
pub(super) fn status(row: &Row) -> String {
    let (all, done, failed, missing) = (row.entry.runs.len(), row.done.len(), row.causes.len(), row.missing());
    let mut text = match row.causes.first() {
        _ if done > 0 => "done".to_owned(),
        Some(cause) => format!("failed: {}", one_line(cause)),
        None => "not trained".to_owned(),
    };
    if all > 1 && done < all && missing < all {
        let counts = [(done, "done"), (failed, "failed"), (missing, "not trained")].into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .enumerate()
            .map(|(place, (count, word))| if place == 0 { format!("{count} of {all} runs {word}") } else { format!("{count} {word}") })
            .collect();
        text = format!("{text} ({})", counts.join(", "));
    }
    text
}

/// A cause as one line of a table.
pub(super) fn one_line(cause: &str) -> String {
    cause.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cells(label: String, figures: &Figures, unit: AgeUnit) -> Vec<Cell> {
    let of = |part: Option<&PartSummary>, text: &dyn Fn(&PartSummary) -> Option<String>| {
        Cell::plain(part.and_then(text).unwrap_or_else(|| NOT_MEASURED.to_owned()))
    };
    let (train, val, test) = (Some(&figures.train), figures.val.as_ref(), figures.test.as_ref());
    let mae = |part: &PartSummary| Some(age_spread(part.mae, unit));
    let loss = |part: &PartSummary| part.loss.map(plain_spread);
    let accuracy = |part: &PartSummary| Some(percent_spread(part.accuracy));
    let r2 = |part: &PartSummary| part.r2.map(plain_spread);
    let test_mae = |part: &PartSummary| Some(age_spread(part.mae, unit) + &interval(part.mae_interval, unit));
    vec![
        Cell::plain(label),
        of(train, &mae),
        of(val, &mae),
        of(train, &loss),
        of(val, &loss),
        of(train, &accuracy),
        of(val, &accuracy),
        of(test, &test_mae),
        of(train, &r2),
        of(val, &r2),
    ]
}

/// Marks the smallest validation MAE, be it the baseline's; false where there is none.
fn mark_best(rows: &mut [TableRow], summary: &Summary) -> bool {
    let val_mae = |figures: &Figures| figures.val.as_ref().map(|val| val.mae.mean);
    let per_row = summary.rows.iter().filter_map(|row| row.figures.as_ref()).chain(&summary.baseline).map(val_mae);
    let values: Vec<Option<f64>> = per_row.collect();
    let Some(best) = values.iter().flatten().copied().reduce(f64::min) else {
        return false;
    };
    let with_cells = rows.iter_mut().filter_map(|row| if let TableRow::Cells(cells) = row { Some(cells) } else { None });
    for (cells, value) in with_cells.zip(values) {
        cells[VALIDATION_MAE].is_best = value.is_some_and(|value| value.to_bits() == best.to_bits());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed};
    use super::super::table::{markdown, terminal};
    use super::*;
    use crate::record::format::RunState;

    fn study() -> Study {
        StudyBuilder::new()
            .entry("VGG19", vec![done(17.0)])
            .entry("VGG16", vec![failed("needs images of at least 32 × 32, found 8 × 8")])
            .entry("CNN", vec![done(15.5)])
            .entry("U-net", vec![RunState::Missing])
            .build()
    }

    #[test]
    fn rows_follow_the_spec_and_the_baseline_is_last() {
        let study = study();
        insta::assert_snapshot!(markdown::page(&table(&study, &Summary::of(&study))), @"
        # 10 Epoch

        | Backbone          | MAE (years) | Validation MAE (years) |  Loss | Validation Loss | Accuracy (±1 y) | Validation Accuracy | Test MAE [95 % CI] (years) |     R² | Validation R² |
        | ----------------- | ----------: | ---------------------: | ----: | --------------: | --------------: | ------------------: | -------------------------: | -----: | ------------: |
        | VGG19             |        1.13 |                   1.42 | 0.069 |           0.116 |          35.0 % |              35.0 % |          1.54 [1.08, 2.04] |  0.902 |         0.902 |
        | VGG16             | failed: needs images of at least 32 × 32, found 8 × 8 |                        |       |                 |                 |                     |                            |        |               |
        | CNN               |        1.03 |               **1.29** | 0.058 |           0.096 |          40.0 % |              40.0 % |          1.42 [1.01, 1.90] |  0.919 |         0.919 |
        | U-net             | not trained |                        |       |                 |                 |                     |                            |        |               |
        | Mean-age baseline |        3.92 |                   4.47 | 1.000 |           0.980 |          10.0 % |              10.0 % |          4.64 [3.22, 6.18] | −0.004 |        −0.004 |

        - MAE, Loss, Accuracy and R² without a further word: the training part, not augmented, in evaluation mode. Films: training n = 80, validation n = 20, test n = 12.
        - Weights: after the last epoch (10).
        - Loss: mean squared error, on the standardised target.
        - Accuracy: share of films whose absolute error is at most 1 y.
        - One run per backbone (n = 1), so no spread is given.
        - 95 % CI: bootstrap of the mean error over the test films (BCa, 2000 resamples).
        - CNN has the smallest validation MAE. On these 12 test films it beats VGG19 by 0.13 years [0.09, 0.17] and the mean-age baseline by 3.22 [1.59, 4.91] (differences of the MAE with 95 % CI; paired bootstrap, 5 % level, Holm-corrected for 2 comparisons, one run each, so that the chance of training is not in it).
        - Mean-age baseline: the mean age of the training part, predicted for every film.
        - Bold: smallest validation MAE.
        ");
    }

    #[test]
    fn the_terminal_shows_the_same_rows() {
        let study = study();
        insta::assert_snapshot!(terminal::write(&table(&study, &Summary::of(&study)), false, 130), @"
        10 Epoch
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        Backbone           MAE (years)    Validation   Loss    Validation  Accuracy    Validation     Test MAE [95 %      R²    Validation
                                         MAE (years)                 Loss    (±1 y)      Accuracy        CI] (years)                    R²
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        VGG19                     1.13          1.42  0.069         0.116    35.0 %        35.0 %  1.54 [1.08, 2.04]   0.902         0.902
        VGG16              failed: needs images of at least 32 × 32, found 8 × 8
        CNN                       1.03          1.29  0.058         0.096    40.0 %        40.0 %  1.42 [1.01, 1.90]   0.919         0.919
        U-net              not trained
        Mean-age baseline         3.92          4.47  1.000         0.980    10.0 %        10.0 %  4.64 [3.22, 6.18]  −0.004        −0.004
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        MAE, Loss, Accuracy and R² without a further word: the training part, not augmented, in evaluation mode. Films: training n = 80,
          validation n = 20, test n = 12.
        Weights: after the last epoch (10).
        Loss: mean squared error, on the standardised target.
        Accuracy: share of films whose absolute error is at most 1 y.
        One run per backbone (n = 1), so no spread is given.
        95 % CI: bootstrap of the mean error over the test films (BCa, 2000 resamples).
        CNN has the smallest validation MAE. On these 12 test films it beats VGG19 by 0.13 years [0.09, 0.17] and the mean-age baseline by
          3.22 [1.59, 4.91] (differences of the MAE with 95 % CI; paired bootstrap, 5 % level, Holm-corrected for 2 comparisons, one run
          each, so that the chance of training is not in it).
        Mean-age baseline: the mean age of the training part, predicted for every film.
        ");
    }

    #[test]
    fn months_have_their_own_headings_and_digits() {
        use crate::spec::AgeUnit;
        let study = StudyBuilder::new().unit(AgeUnit::Months, 12.0).entry("CNN", vec![done(15.5)]).build();
        let table = table(&study, &Summary::of(&study));
        let headings: Vec<&str> = table.headings.iter().map(|heading| heading.text.as_str()).collect();
        assert_eq!(headings[1..3], ["MAE (months)", "Validation MAE (months)"]);
        assert_eq!(headings[5], "Accuracy (±12 mo)");
        let TableRow::Cells(cells) = &table.rows[0] else { panic!("the row has figures") };
        assert_eq!(cells[2].text, "15.5");
    }

    #[test]
    fn seeds_are_shown_as_mean_and_standard_deviation() {
        let study = StudyBuilder::new().entry("CNN", vec![done(12.0), done(24.0)]).build();
        let table = table(&study, &Summary::of(&study));
        let TableRow::Cells(cells) = &table.rows[0] else { panic!("the row has figures") };
        assert_eq!(cells[2].text, "1.50 ± 0.71");
        assert!(cells[7].text.starts_with("1.62 ± 0.71 ["), "{}", cells[7].text);
    }

    #[test]
    fn a_baseline_that_no_backbone_beats_is_the_best_row() {
        let study = StudyBuilder::new().entry("CNN", vec![done(90.0)]).build();
        let table = table(&study, &Summary::of(&study));
        let marks: Vec<bool> =
            table.rows.iter().filter_map(|row| if let TableRow::Cells(cells) = row { Some(cells[2].is_best) } else { None }).collect();
        assert_eq!(marks, [false, true]);
    }

    #[test]
    fn a_status_counts_runs_where_their_fates_differ() {
        for (runs, expected) in [
            (vec![done(9.0)], "done"),
            (vec![done(9.0), done(8.0)], "done"),
            (vec![RunState::Missing], "not trained"),
            (vec![RunState::Missing, RunState::Missing], "not trained"),
            (vec![failed("out of\nmemory")], "failed: out of memory"),
            (vec![failed("x"), failed("y")], "failed: x (2 of 2 runs failed)"),
            (vec![failed("x"), RunState::Missing], "failed: x (1 of 2 runs failed, 1 not trained)"),
            (vec![done(9.0), failed("x"), RunState::Missing], "done (1 of 3 runs done, 1 failed, 1 not trained)"),
        ] {
            let study = StudyBuilder::new().entry("CNN", runs).build();
            assert_eq!(status(&Summary::of(&study).rows[0]), expected);
        }
    }
}
