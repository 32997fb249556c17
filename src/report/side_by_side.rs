//! The short layout, in which the field's tables of networks are mostly printed: MAE, loss and accuracy of the training and the
//! validation part. One study has it beside its full table; of several it is one page with all rows side by side.

use std::path::Path;

use super::caption;
use super::comparison::{self, BASELINE_LABEL, accuracy_limit};
use super::number::{NOT_MEASURED, age_spread, percent_spread, plain_spread};
use super::summary::{Figures, PartSummary, Row, Summary};
use super::table::{Cell, Heading, Table, TableRow, csv, json, latex, markdown, terminal};
use super::{ReportError, ReportFile, Study, Written, figures_csv, write_files};
use crate::spec::AgeUnit;

/// Figures of each study; the second decides which row is marked.
const COLUMNS: usize = 6;
const VALIDATION_MAE: usize = 1;

/// Longest folder name that every file system takes, with room for what stands beside it.
const LONGEST_NAME: usize = 150;

/// The name of the folder that the studies share below `results/`: their names, joined by `+`, which no name has in it.
pub fn name_together(studies: &[Study]) -> String {
    let names = studies.iter().map(|study| study.name.as_str()).collect::<Vec<_>>().join("+");
    if names.len() <= LONGEST_NAME {
        return names;
    }
    let start: String = names
        .chars()
        .scan(0, |used, c| {
            *used += c.len_utf8();
            (*used <= LONGEST_NAME).then_some(c)
        })
        .collect();
    format!("{start}+{}", &blake3::hash(names.as_bytes()).to_hex()[..8])
}

/// Every file of the shared page, in memory: `table.md`, `table.csv`, `table.json`, `table.tex`.
pub fn render_together(studies: &[Study]) -> Vec<ReportFile> {
    let side_by_side = table(studies);
    let own: Vec<Table> = studies.iter().map(|study| comparison::table(study, &Summary::of(study))).collect();
    let page = [markdown::page(&side_by_side)].into_iter().chain(own.iter().map(markdown::block)).collect::<Vec<_>>().join("\n");
    let tex = [&side_by_side].into_iter().chain(&own).map(latex::write).collect::<Vec<_>>().join("\n");
    let rows = rows_of_all(studies);
    let files = [("table.md", page), ("table.csv", csv::write(&rows)), ("table.json", json::write(&rows)), ("table.tex", tex)];
    files.into_iter().map(|(name, text)| ReportFile { path: name.into(), bytes: text.into_bytes() }).collect()
}

/// Writes the shared page below `folder`.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_together(studies: &[Study], folder: &Path) -> Result<Written, ReportError> {
    write_files(render_together(studies), folder)
}

/// What a README's block of several studies holds: all rows side by side.
pub fn readme_block_together(studies: &[Study]) -> String {
    markdown::block(&table(studies))
}

/// The studies side by side, for a terminal of `width` columns.
pub fn terminal_together(studies: &[Study], color: bool, width: u16) -> String {
    terminal::write(&table(studies), color, width)
}

/// The short layout of one study, without the notes of the full table but with what its figures need.
pub(super) fn short(study: &Study, summary: &Summary) -> Table {
    let mut table = table(std::slice::from_ref(study));
    table.name = format!("{}-short", study.name);
    table.notes = caption::short_lines(study, summary);
    table
}

/// All studies side by side: a row for each label in the order in which they first stand.
fn table(studies: &[Study]) -> Table {
    let summaries: Vec<Summary> = studies.iter().map(Summary::of).collect();
    let titles = titles(studies);
    let prefixes = titles.iter().map(|title| if studies.len() == 1 { String::new() } else { format!("{title}: ") }).collect::<Vec<_>>();
    let mut labels: Vec<&str> = Vec::new();
    for row in summaries.iter().flat_map(|summary| &summary.rows) {
        if !labels.contains(&row.entry.label.as_str()) {
            labels.push(&row.entry.label);
        }
    }
    let best: Vec<Option<f64>> = summaries.iter().map(best).collect();
    let of_study = |index: usize, figures: &Figures| cells(figures, studies[index].unit, best[index]);
    let row = |label: &&str| {
        let fields =
            summaries.iter().enumerate().flat_map(|(index, summary)| match summary.rows.iter().find(|row| row.entry.label == **label) {
                Some(Row { figures: Some(figures), .. }) => of_study(index, figures),
                Some(row) if !row.causes.is_empty() => blank("failed"),
                Some(_) => blank("not trained"),
                None => blank(NOT_MEASURED),
            });
        TableRow::Cells([Cell::plain(*label)].into_iter().chain(fields).collect())
    };
    let mut rows: Vec<TableRow> = labels.iter().map(row).collect();
    if summaries.iter().any(|summary| summary.baseline.is_some()) {
        let fields = summaries.iter().enumerate().flat_map(|(index, summary)| match &summary.baseline {
            Some(figures) => of_study(index, figures),
            None => blank(NOT_MEASURED),
        });
        rows.push(TableRow::Rule);
        rows.push(TableRow::Cells([Cell::plain(BASELINE_LABEL)].into_iter().chain(fields).collect()));
    }
    Table {
        name: name_together(studies),
        title: titles.join(" and "),
        headings: [Heading::left("Backbone")].into_iter().chain(studies.iter().zip(&prefixes).flat_map(headings)).collect(),
        rows,
        notes: notes(studies, &summaries, &titles),
        best: best
            .iter()
            .any(Option::is_some)
            .then(|| if studies.len() == 1 { "smallest validation MAE" } else { "smallest validation MAE of each" }.to_owned()),
    }
}

/// The title of each study; its name where another has the same title.
fn titles(studies: &[Study]) -> Vec<String> {
    let is_alone = |study: &Study| studies.iter().filter(|other| other.title == study.title).count() == 1;
    studies.iter().map(|study| if is_alone(study) { study.title.clone() } else { study.name.clone() }).collect()
}

fn headings((study, prefix): (&Study, &String)) -> [Heading; COLUMNS] {
    let unit = study.unit.name();
    [
        format!("{prefix}MAE ({unit})"),
        format!("{prefix}Validation MAE ({unit})"),
        format!("{prefix}Loss"),
        format!("{prefix}Validation Loss"),
        format!("{prefix}Accuracy ({})", accuracy_limit(study)),
        format!("{prefix}Validation Accuracy"),
    ]
    .map(Heading::right)
}

fn cells(figures: &Figures, unit: AgeUnit, best: Option<f64>) -> Vec<Cell> {
    let of = |part: Option<&PartSummary>, text: &dyn Fn(&PartSummary) -> Option<String>| {
        Cell::plain(part.and_then(text).unwrap_or_else(|| NOT_MEASURED.to_owned()))
    };
    let (train, val) = (Some(&figures.train), figures.val.as_ref());
    let mae = |part: &PartSummary| Some(age_spread(part.mae, unit));
    let loss = |part: &PartSummary| part.loss.map(plain_spread);
    let accuracy = |part: &PartSummary| Some(percent_spread(part.accuracy));
    let mut cells = vec![of(train, &mae), of(val, &mae), of(train, &loss), of(val, &loss), of(train, &accuracy), of(val, &accuracy)];
    cells[VALIDATION_MAE].is_best = val.is_some_and(|val| Some(val.mae.mean.to_bits()) == best.map(f64::to_bits));
    cells
}

/// A word in place of the first figure.
fn blank(word: &str) -> Vec<Cell> {
    let others = std::iter::repeat_n(NOT_MEASURED, COLUMNS - 1);
    [word].into_iter().chain(others).map(Cell::plain).collect()
}

/// The smallest validation MAE of a study, be it the baseline's.
fn best(summary: &Summary) -> Option<f64> {
    let figures = summary.rows.iter().filter_map(|row| row.figures.as_ref()).chain(&summary.baseline);
    figures.filter_map(|figures| figures.val.as_ref().map(|val| val.mae.mean)).reduce(f64::min)
}

/// What must be known to read figures of several studies beside each other.
fn notes(studies: &[Study], summaries: &[Summary], titles: &[String]) -> Vec<String> {
    let mut notes = vec![format!(
        "Rows are matched by their names; {NOT_MEASURED} where a study has no such row or no such figure. What the figures are of stands under each study's own table."
    )];
    let comparable = |index: usize| summaries[index].baseline.as_ref().map(identity);
    let first = (0..studies.len()).find_map(|index| comparable(index).map(|identity| (index, identity)));
    if let Some((first, identity)) = first {
        let others: Vec<&str> = (0..studies.len())
            .filter(|index| comparable(*index).is_some_and(|other| other != identity))
            .map(|index| titles[index].as_str())
            .collect();
        if !others.is_empty() {
            notes.push(format!(
                "The films or their parts are others in {} than in {}: their figures must not be compared with each other.",
                others.join(", "),
                titles[first]
            ));
        }
    }
    notes
}

/// What the baseline comes to, which hangs on films and parts alone.
fn identity(figures: &Figures) -> Vec<(Vec<u64>, u64)> {
    let parts = [Some(&figures.train), figures.val.as_ref(), figures.test.as_ref()];
    parts.into_iter().flatten().map(|part| (part.films.clone(), part.mae.mean.to_bits())).collect()
}

/// The rows of every study's `table.csv` under each other, after its name; a column that a study lacks is blank.
fn rows_of_all(studies: &[Study]) -> Table {
    let tables: Vec<Table> = studies.iter().map(|study| figures_csv::table(study, &Summary::of(study))).collect();
    let mut columns: Vec<&str> = Vec::new();
    for heading in tables.iter().flat_map(|table| &table.headings) {
        if !columns.contains(&heading.text.as_str()) {
            columns.push(&heading.text);
        }
    }
    let mut rows = Vec::new();
    for (study, table) in studies.iter().zip(&tables) {
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| table.headings.iter().position(|heading| heading.text == **column)).collect();
        for row in &table.rows {
            let TableRow::Cells(cells) = row else { continue };
            let field = |place: &Option<usize>| place.map_or_else(|| Cell::plain(""), |place| cells[place].clone());
            rows.push(TableRow::Cells([Cell::plain(study.name.as_str())].into_iter().chain(places.iter().map(field)).collect()));
        }
    }
    let headings = ["spec"].into_iter().chain(columns).map(Heading::left).collect();
    Table { name: name_together(studies), title: String::new(), headings, rows, notes: Vec::new(), best: None }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::*;
    use crate::record::format::RunState;

    fn study(name: &str, title: &str, builder: StudyBuilder) -> Study {
        Study { name: name.into(), title: title.into(), ..builder.build() }
    }

    fn two() -> [Study; 2] {
        let ten = StudyBuilder::new().note("Ten.").entry("CNN", vec![done(15.5)]).entry("VGG16", vec![failed("x")]);
        let eighteen =
            StudyBuilder::new().note("Eighteen.").entry("ViT", vec![RunState::Missing]).entry("CNN", vec![done(12.0), done(13.0)]);
        [study("10epoch", "10 Epoch", ten), study("18epoch", "18 Epoch", eighteen)]
    }

    fn file(studies: &[Study], name: &str) -> String {
        let file = render_together(studies).into_iter().find(|file| file.path == Path::new(name));
        String::from_utf8(file.expect("it is written").bytes).expect("it is text")
    }

    #[test]
    fn rows_meet_by_their_names_and_every_study_has_its_table_below() {
        let studies = two();
        insta::assert_snapshot!(file(&studies, "table.md"));
        assert_eq!(name_together(&studies), "10epoch+18epoch");
        let text = terminal_together(&studies, false, 200);
        assert!(text.contains("10 Epoch and 18 Epoch") && text.contains("VGG16"), "{text}");
        assert_eq!(file(&studies, "table.tex").matches("\\begin{table}").count(), 3);
    }

    #[test]
    fn the_figures_of_all_studies_stand_under_each_other_for_programs() {
        let [ten, _] = two();
        let months = study("months", "Months", StudyBuilder::new().unit(AgeUnit::Months, 12.0).entry("CNN", vec![done(15.5)]));
        let text = file(&[ten, months], "table.csv");
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let headings = reader.headers().expect("it has a header").clone();
        let place = |name: &str| headings.iter().position(|heading| heading == name).expect(name);
        let rows: Vec<::csv::StringRecord> = reader.records().map(|row| row.expect("every row is whole")).collect();
        let names: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[1])).collect();
        assert_eq!(
            names,
            [("10epoch", "CNN"), ("10epoch", "VGG16"), ("10epoch", BASELINE_LABEL), ("months", "CNN"), ("months", BASELINE_LABEL)]
        );
        let (years, months) = (place("val_mae_years"), place("val_mae_months"));
        assert!(rows[0][years].parse::<f64>().is_ok() && rows[0][months].is_empty(), "{text}");
        assert!(rows[3][years].is_empty() && rows[3][months].parse::<f64>().is_ok(), "{text}");
    }

    #[test]
    fn other_films_or_parts_are_said() {
        let [ten, mut eighteen] = two();
        let warning = "The films or their parts are others in 18 Epoch than in 10 Epoch";
        assert!(!file(&[ten.clone(), eighteen.clone()], "table.md").contains("others in"));
        let mut other = recorded(12.0, 10);
        other.result.baseline.train.mae += 1.0;
        eighteen.entries[1].runs = vec![RunState::Done(Box::new(other))];
        assert!(file(&[ten, eighteen], "table.md").contains(warning));
    }

    #[test]
    fn studies_of_one_title_go_by_their_names() {
        let same = [study("a", "Ages", StudyBuilder::new().entry("CNN", vec![done(9.0)])), study("b", "Ages", StudyBuilder::new())];
        let table = table(&same);
        assert_eq!((table.title.as_str(), table.headings[1].text.as_str()), ("a and b", "a: MAE (years)"));
    }

    #[test]
    fn names_of_many_studies_stay_names_of_folders() {
        let studies: Vec<Study> = (0..60).map(|number| study(&format!("größe{number}"), "x", StudyBuilder::new())).collect();
        let (name, fewer) = (name_together(&studies), name_together(&studies[..59]));
        assert!(name.len() <= LONGEST_NAME + 9 && name.starts_with("größe0+größe1+") && name != fewer, "{name}");
    }
}
