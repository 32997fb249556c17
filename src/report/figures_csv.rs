//! `table.csv`: every figure of the comparison in full precision, for programs. Nothing in it is touched by a clock.

use super::Study;
use super::comparison::{BASELINE_LABEL, status};
use super::summary::{Figures, PartSummary, Spread, Summary};
use super::table::{Cell, Heading, Table, TableRow};
use crate::spec::AgeUnit;

/// What a cell of a figure holds: percent, the unit of ages, or a pure number.
#[derive(Clone, Copy)]
enum Scale {
    Age,
    Percent,
    Plain,
}

/// A figure's column name, unit and place in a [`PartSummary`].
type Column = (&'static str, Scale, fn(&PartSummary) -> Option<Spread>);

/// The figures of each part, in column order.
const COLUMNS: [Column; 8] = [
    ("mae", Scale::Age, |part| Some(part.mae)),
    ("rmse", Scale::Age, |part| Some(part.rmse)),
    ("bias", Scale::Age, |part| Some(part.bias)),
    ("median_absolute_error", Scale::Age, |part| Some(part.median_absolute_error)),
    ("r2", Scale::Plain, |part| part.r2),
    ("concordance", Scale::Plain, |part| part.concordance),
    ("loss", Scale::Plain, |part| part.loss),
    ("accuracy", Scale::Percent, |part| Some(part.accuracy)),
];

/// The parts, as they are named in headings.
const PARTS: [&str; 3] = ["train", "val", "test"];

/// One row per backbone, then the baseline; a figure that was not measured is blank.
pub(super) fn table(study: &Study, summary: &Summary) -> Table {
    let headings = headings(study.unit);
    let within = study.accuracy_within.to_string();
    let row = |label: &str, status: &str, runs: [String; 2], figures: Option<&Figures>| {
        let mut fields = vec![label.to_owned(), status.to_owned()];
        fields.extend(runs);
        fields.push(within.clone());
        match figures {
            Some(figures) => fields.extend(values(figures, study.unit)),
            None => fields.resize(headings.len(), String::new()),
        }
        TableRow::Cells(fields.into_iter().map(Cell::plain).collect())
    };
    let mut rows: Vec<TableRow> = summary
        .rows
        .iter()
        .map(|entry| {
            let runs = [entry.done.len().to_string(), entry.entry.runs.len().to_string()];
            row(&entry.entry.label, &status(entry), runs, entry.figures.as_ref())
        })
        .collect();
    if let Some(figures) = &summary.baseline {
        rows.push(row(BASELINE_LABEL, "done", [String::new(), String::new()], Some(figures)));
    }
    Table {
        name: study.name.clone(),
        title: study.title.clone(),
        rows,
        notes: Vec::new(),
        best: None,
        headings: headings.into_iter().map(Heading::left).collect(),
    }
}

fn headings(unit: AgeUnit) -> Vec<String> {
    let unit = unit.name();
    let mut headings: Vec<String> = ["backbone", "status", "runs_done", "runs_planned"].map(str::to_owned).to_vec();
    headings.push(format!("accuracy_within_{unit}"));
    for part in PARTS {
        headings.push(format!("{part}_films"));
        for (name, scale, _) in COLUMNS {
            let suffix = match scale {
                Scale::Age => format!("_{unit}"),
                Scale::Percent => "_percent".to_owned(),
                Scale::Plain => String::new(),
            };
            headings.extend([format!("{part}_{name}{suffix}"), format!("{part}_{name}_sd{suffix}")]);
        }
        headings.extend(["low", "high"].map(|end| format!("{part}_mae_ci_{end}_{unit}")));
    }
    headings
}

/// The fields of all parts, in the order of [`headings`].
fn values(figures: &Figures, unit: AgeUnit) -> Vec<String> {
    let mut fields = Vec::new();
    for part in [Some(&figures.train), figures.val.as_ref(), figures.test.as_ref()] {
        let text = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        fields.push(part.map_or(String::new(), |part| films(&part.films)));
        for (_, scale, figure) in COLUMNS {
            let divisor = match scale {
                Scale::Age => unit.months(),
                Scale::Percent => 0.01,
                Scale::Plain => 1.0,
            };
            let spread = part.and_then(figure).map(|spread| spread.divided_by(divisor));
            fields.extend([text(spread.map(|spread| spread.mean)), text(spread.and_then(|spread| spread.sd))]);
        }
        let ends = part.and_then(|part| part.mae_interval);
        fields.extend([ends.map(|ends| ends.low), ends.map(|ends| ends.high)].map(|end| text(end.map(|end| end / unit.months()))));
    }
    fields
}

/// The mean number of films per run; whole wherever the runs share a split.
fn films(counts: &[u64]) -> String {
    (counts.iter().sum::<u64>() as f64 / counts.len() as f64).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed};
    use super::super::table::csv;
    use super::*;
    use crate::record::format::RunState;

    fn read(study: &Study) -> Vec<std::collections::BTreeMap<String, String>> {
        let text = csv::write(&table(study, &Summary::of(study)));
        ::csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn figures_are_in_full_precision_and_in_the_unit_of_the_heading() {
        let study = StudyBuilder::new().entry("CNN", vec![done(17.0)]).build();
        let rows = read(&study);
        let RunState::Done(run) = &study.entries[0].runs[0] else { panic!("the run is done") };
        let val = run.result.figures.val.as_ref().unwrap();
        let field = |name: &str| rows[0][name].parse::<f64>().unwrap().to_bits();
        assert_eq!(field("val_mae_years"), (val.mae / 12.0).to_bits());
        assert_eq!(field("val_r2"), val.r2.unwrap().to_bits());
        assert_eq!(field("val_accuracy_percent"), (val.accuracy / 0.01).to_bits());
        assert_eq!(rows[0]["val_mae_sd_years"], "");
        assert_eq!((rows[0]["train_films"].as_str(), rows[0]["test_films"].as_str()), ("80", "12"));
        assert!(field("test_mae_ci_low_years") < field("test_mae_years"));
        assert_eq!(rows[1]["backbone"], "Mean-age baseline");
    }

    #[test]
    fn rows_without_figures_are_blank_after_their_status() {
        let study = StudyBuilder::new().entry("VGG16", vec![failed("a, \"b\"")]).entry("CNN", vec![RunState::Missing]).build();
        let rows = read(&study);
        assert_eq!((rows[0]["status"].as_str(), rows[1]["status"].as_str()), ("failed: a, \"b\"", "not trained"));
        assert!(rows.iter().all(|row| row["val_mae_years"].is_empty()));
    }
}
