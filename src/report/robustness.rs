//! `robustness.*`: the error of every row on changed films, from what [`crate::robustness`] has kept; nothing where it kept nothing.

use std::collections::BTreeMap;

use super::number::{NOT_MEASURED, age_spread, range};
use super::summary::{Row, Spread, Summary};
use super::table::{Cell, Heading, Table, TableRow};
use super::{ReportFile, Study, table_files};
use crate::metric::mean;
use crate::record::format::RecordedRun;
use crate::robustness::{Change, SweepRow, points};

/// The columns of the table for people: a heading, and the points whose mean it shows.
const COLUMNS: [(&str, &[(Change, f64)]); 10] = [
    ("As they are", &[(Change::Unchanged, 0.0)]),
    ("±15°", &[(Change::Rotation, -15.0), (Change::Rotation, 15.0)]),
    ("±90°", &[(Change::Rotation, -90.0), (Change::Rotation, 90.0)]),
    ("180°", &[(Change::Rotation, 180.0)]),
    ("Flipped", &[(Change::Flip, 1.0)]),
    ("Inverted", &[(Change::Inversion, 1.0)]),
    ("Half resolution", &[(Change::Resolution, 50.0)]),
    ("Quarter", &[(Change::Resolution, 25.0)]),
    ("Blur 2 %", &[(Change::Blur, 2.0)]),
    ("Noise 10 %", &[(Change::Noise, 10.0)]),
];

/// A row of the study on changed films.
pub(super) struct Swept<'a> {
    pub(super) label: &'a str,
    /// The sweeps of its runs, by change and strength.
    runs: Vec<BTreeMap<(Change, u64), &'a SweepRow>>,
}

impl<'a> Swept<'a> {
    /// None where no finished run of the row has a sweep.
    fn of(study: &'a Study, row: &Row<'a>) -> Option<Self> {
        let sweep = |run: &&RecordedRun| study.sweeps.get(&run.result.run_id);
        let by_point = |rows: &'a Vec<SweepRow>| rows.iter().map(|row| ((row.change, row.strength.to_bits()), row)).collect();
        let runs: Vec<_> = row.done.iter().filter_map(sweep).map(by_point).collect();
        (!runs.is_empty()).then_some(Self { label: &row.entry.label, runs })
    }

    /// The mean absolute error, in months, at the mean of some points, over the runs; none where a run lacks one of them.
    pub(super) fn mae(&self, points: &[(Change, f64)]) -> Option<Spread> {
        self.spread(points, |row| row.mae_months)
    }

    fn bias(&self, points: &[(Change, f64)]) -> Option<Spread> {
        self.spread(points, |row| row.bias_months)
    }

    fn spread(&self, points: &[(Change, f64)], figure: fn(&SweepRow) -> f64) -> Option<Spread> {
        let of_run = |run: &BTreeMap<(Change, u64), &SweepRow>| -> Option<f64> {
            let values = points.iter().map(|(change, strength)| run.get(&(*change, strength.to_bits())).map(|row| figure(row)));
            Some(mean(&values.collect::<Option<Vec<f64>>>()?))
        };
        Spread::of(&self.runs.iter().map(of_run).collect::<Option<Vec<f64>>>()?)
    }

    /// Films that each run was judged by.
    fn films(&self) -> Vec<u64> {
        self.runs.iter().filter_map(|run| run.values().next()).map(|row| row.count).collect()
    }
}

/// The rows that have a sweep, in the spec's order.
pub(super) fn swept<'a>(study: &'a Study, summary: &Summary<'a>) -> Vec<Swept<'a>> {
    summary.rows.iter().filter_map(|row| Swept::of(study, row)).collect()
}

/// Which films were changed, in words.
pub(super) fn films_in_words(rows: &[Swept], summary: &Summary) -> String {
    let is_test = summary.done().any(|run| run.result.figures.test.is_some());
    let films: Vec<u64> = rows.iter().flat_map(Swept::films).collect();
    format!("{} {} films", range(&films), if is_test { "test" } else { "validation" })
}

/// The files; none where no run has a sweep.
pub(super) fn render(study: &Study, summary: &Summary) -> Vec<ReportFile> {
    let rows = swept(study, summary);
    if rows.is_empty() {
        return Vec::new();
    }
    table_files("robustness", &table(study, summary, &rows), &values(study, &rows))
}

/// The table for people; none where no run has a sweep.
pub(super) fn people(study: &Study) -> Option<Table> {
    let summary = Summary::of(study);
    let rows = swept(study, &summary);
    (!rows.is_empty()).then(|| table(study, &summary, &rows))
}

fn table(study: &Study, summary: &Summary, rows: &[Swept]) -> Table {
    let unit = study.unit.name();
    let figures: Vec<Vec<Option<Spread>>> = rows.iter().map(|row| COLUMNS.map(|(_, points)| row.mae(points)).into()).collect();
    let smallest = |column: usize| figures.iter().filter_map(|row| row[column]).map(|figure| figure.mean).reduce(f64::min);
    let cell = |row: &[Option<Spread>], column: usize| {
        let is_best = row[column].map(|figure| figure.mean) == smallest(column) && rows.len() > 1;
        row[column].map_or_else(|| Cell::plain(NOT_MEASURED), |figure| Cell { text: age_spread(figure, study.unit), is_best })
    };
    let mut measured = rows.iter().zip(&figures);
    let mut next = measured.next();
    let lines = summary.rows.iter().map(|row| match next {
        Some((swept, figures)) if swept.label == row.entry.label => {
            next = measured.next();
            let cells = (0..COLUMNS.len()).map(|column| cell(figures, column));
            TableRow::Cells(std::iter::once(Cell::plain(swept.label)).chain(cells).collect())
        }
        _ => TableRow::Message { label: row.entry.label.clone(), text: "not measured".to_owned() },
    });
    Table {
        name: format!("{}-robustness", study.name),
        title: format!("{}: MAE on changed films ({unit})", study.title),
        headings: std::iter::once(Heading::left("Backbone")).chain(COLUMNS.map(|(heading, _)| Heading::right(heading))).collect(),
        rows: lines.collect(),
        notes: notes(study, summary, rows),
        best: (rows.len() > 1).then(|| "smallest MAE of its column".to_owned()),
    }
}

fn notes(study: &Study, summary: &Summary, rows: &[Swept]) -> Vec<String> {
    let mut notes = study.notes.clone();
    notes.push(format!(
        "MAE in {} of the finished networks on the {}, changed before they are standardised; ± the mean of both directions.",
        study.unit.name(),
        films_in_words(rows, summary)
    ));
    let runs = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0);
    if runs > 1 {
        notes.push(format!("Means ± standard deviations over up to {runs} runs of a backbone."));
    }
    notes.push(
        "Blur: standard deviation in % of the shorter side; noise: standard deviation in % of the range of levels; resolution: reduced to \
         a half or a quarter of each side and enlarged again."
            .to_owned(),
    );
    notes.push(
        "A network whose training films were changed in such a way (`augment`) has met the change. All strengths: robustness.csv and \
         plots/robustness."
            .to_owned(),
    );
    notes
}

/// All strengths, for programs.
fn values(study: &Study, rows: &[Swept]) -> Table {
    let headings = ["backbone", "change", "strength", "unit", "runs", "films", "mae_months", "mae_sd_months", "bias_months"];
    let of_point = |row: &Swept, (change, strength): (Change, f64)| -> Option<Vec<String>> {
        let (mae, bias) = (row.mae(&[(change, strength)])?, row.bias(&[(change, strength)])?);
        let words = [row.label, change.name(), &strength.to_string(), change.unit()].map(str::to_owned);
        let sd = mae.sd.map_or(String::new(), |sd| sd.to_string());
        let figures = [mae.count.to_string(), range(&row.films()), mae.mean.to_string(), sd, bias.mean.to_string()];
        Some(words.into_iter().chain(figures).collect())
    };
    let lines = rows.iter().flat_map(|row| points().into_iter().filter_map(move |point| of_point(row, point)));
    Table {
        name: study.name.clone(),
        title: study.title.clone(),
        headings: headings.map(Heading::left).into(),
        rows: lines.map(|fields| TableRow::Cells(fields.into_iter().map(Cell::plain).collect())).collect(),
        notes: Vec::new(),
        best: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed};
    use super::*;

    fn study() -> Study {
        StudyBuilder::new()
            .entry("VGG16", vec![failed("out of memory")])
            .entry("CNN", vec![done(9.0), done(12.0)])
            .entry("ViT", vec![done(10.0)])
            .swept(1.0)
            .build()
    }

    #[test]
    fn errors_are_means_over_runs_and_directions_in_the_unit_of_the_report() {
        let study = study();
        let table = people(&study).unwrap();
        let TableRow::Cells(cells) = &table.rows[1] else { panic!("{:?}", table.rows) };
        let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        // Test errors of 10.5 and 13.5 months, and a tenth of a month for each degree: 12 and 12 + 1.5 months, ± 1.5 · √2.
        assert_eq!(texts[..3], ["CNN", "1.00 ± 0.18", "1.12 ± 0.18"]);
        assert_eq!(table.rows[0], TableRow::Message { label: "VGG16".into(), text: "not measured".into() });
        let TableRow::Cells(cells) = &table.rows[2] else { panic!("{:?}", table.rows) };
        assert!(cells[1].is_best && cells[1].text == "0.96", "{cells:?}");
    }

    #[test]
    fn the_files_hold_every_strength_and_there_are_none_without_a_sweep() {
        let study = study();
        let files = render(&study, &Summary::of(&study));
        let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(names, ["robustness.md", "robustness.csv", "robustness.json", "robustness.tex"]);
        let text = String::from_utf8(files[1].bytes.clone()).unwrap();
        assert_eq!(text.lines().count(), 1 + 2 * points().len());
        assert!(text.contains("\nCNN,rotation,-90,degrees,2,12,21,"), "{text}");
        let page = String::from_utf8(files[0].bytes.clone()).unwrap();
        assert!(page.contains("12 test films") && page.contains("Half resolution"), "{page}");
        assert!(String::from_utf8(files[3].bytes.clone()).unwrap().contains("$\\pm$90$^\\circ$"));
        let without = StudyBuilder::new().entry("CNN", vec![done(9.0)]).build();
        assert!(render(&without, &Summary::of(&without)).is_empty() && people(&without).is_none());
    }
}
