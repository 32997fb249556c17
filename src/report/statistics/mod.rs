//! How sure the comparison is and for whom it holds: `comparison.*` (every row against the best), `statistics.*` (agreement and
//! calibration), `subgroups.*` (sex, race, age). Each is Markdown, CSV, JSON and LaTeX, and comes from the predictions alone.

pub(super) mod against_best;
mod agreement;
mod comparison;
pub(super) mod judged;
pub(super) mod pairwise;
mod sentence;
pub(super) mod subgroups;

use self::against_best::compare;
use self::judged::Judged;
use super::summary::Summary;
use super::table::{Cell, Heading, Table, TableRow, csv, json, latex, markdown};
use super::{ReportFile, Study};

/// Whether a difference is one, after Holm's correction.
pub(super) const SIGNIFICANCE: f64 = 0.05;

/// The files; none before a run is done.
pub(super) fn render(study: &Study, summary: &Summary) -> Vec<ReportFile> {
    let file = |(name, Tables { pages, values }): (&str, Tables)| {
        let page = pages.iter().enumerate().map(|(place, table)| if place == 0 { markdown::page(table) } else { markdown::block(table) });
        let page = page.collect::<Vec<_>>().join("\n");
        let tex = pages.iter().map(latex::write).collect::<Vec<_>>().join("\n");
        let texts = [("md", page), ("csv", csv::write(&values)), ("json", json::write(&values)), ("tex", tex)];
        texts.map(|(format, text)| ReportFile { path: format!("{name}.{format}").into(), bytes: text.into_bytes() })
    };
    tables(study, summary).into_iter().flat_map(file).collect()
}

/// The same tables for a README, by name.
pub(super) fn blocks(study: &Study, summary: &Summary) -> Vec<(&'static str, String)> {
    let text = |tables: Tables| tables.pages.iter().map(markdown::block).collect::<Vec<_>>().join("\n");
    tables(study, summary).into_iter().map(|(name, tables)| (name, text(tables))).collect()
}

/// The tables for people, by the name of their files; none before a run is done.
pub(super) fn pages(study: &Study, summary: &Summary) -> Vec<(&'static str, Vec<Table>)> {
    tables(study, summary).into_iter().map(|(name, tables)| (name, tables.pages)).collect()
}

fn tables(study: &Study, summary: &Summary) -> Vec<(&'static str, Tables)> {
    let Some(judged) = Judged::of(summary) else { return Vec::new() };
    let compared = compare(&judged, &study.films);
    vec![
        ("comparison", comparison::tables(study, &judged, &compared)),
        ("statistics", agreement::tables(study, &judged)),
        ("subgroups", subgroups::tables(study, &judged)),
    ]
}

/// The same figures, for people and for programs.
struct Tables {
    /// One below the other.
    pages: Vec<Table>,
    values: Table,
}

/// What the films say about the best row and the others, as a note under a table; none before a run is done.
pub(super) fn note(study: &Study, summary: &Summary) -> Option<String> {
    let judged = Judged::of(summary)?;
    sentence::sentence(study.unit, &judged, &compare(&judged, &study.films))
}

/// What every table here needs to be read.
pub(super) fn notes_of_all(judged: &Judged) -> Option<String> {
    let flattered = "There is no test part: figures are on the validation films, by which the best row was chosen, so that it is flattered";
    judged.is_validation().then(|| format!("{flattered}."))
}

/// A table for programs: full precision, no notes.
fn values(study: &Study, headings: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    Table {
        name: study.name.clone(),
        title: study.title.clone(),
        headings: headings.into_iter().map(Heading::left).collect(),
        rows: rows.into_iter().map(|fields| TableRow::Cells(fields.into_iter().map(Cell::plain).collect())).collect(),
        notes: Vec::new(),
        best: None,
    }
}

/// A number in full precision, blank where there is none.
fn full(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}
