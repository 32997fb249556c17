//! The top of the page, which says what came out, and its foot.

use std::fmt::Write as _;

use super::super::html::{escaped, paragraph};
use super::super::summary::Summary;
use super::super::{Study, comparison, statistics};
use super::PageFacts;

/// Title, what the films support, what must be said beside it, and what failed.
pub(super) fn head(study: &Study, summary: &Summary) -> String {
    let mut html = format!("<h1>{}</h1>\n", escaped(&study.title));
    let said = statistics::note(study, summary).unwrap_or_else(|| "No run is done yet, so that there are no figures.".to_owned());
    let _ = writeln!(html, "<p class=\"lead\">{}</p>", escaped(&said));
    html += &paragraph(&scope(study, summary));
    if !study.notes.is_empty() {
        let notes: String = study.notes.iter().map(|note| paragraph(note)).collect();
        let _ = writeln!(html, "<div class=\"banner\">\n{notes}</div>");
    }
    let gaps = summary.rows.iter().filter(|row| row.done.len() < row.entry.runs.len());
    let gaps: String = gaps.map(|row| paragraph(&format!("{}: {}.", row.entry.label, comparison::status(row)))).collect();
    if !gaps.is_empty() {
        let _ = writeln!(html, "<div class=\"warning\">\n<p>Not every run is done.</p>\n{gaps}</div>");
    }
    html
}

/// How much was compared on how much.
fn scope(study: &Study, summary: &Summary) -> String {
    let (done, all) = (summary.done().count(), study.entries.iter().map(|entry| entry.runs.len()).sum::<usize>());
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let rows = plural(study.entries.len(), "row");
    let runs = if done == all { plural(all, "run") } else { format!("{done} of {} done", plural(all, "run")) };
    let films = study.page.as_ref().and_then(|facts| facts.parts.as_ref()).and_then(|parts| parts.parts.last());
    let films = films.map_or(String::new(), |all| {
        let patients = if all.patients < all.films { format!(" of {}", plural(all.patients, "patient")) } else { String::new() };
        format!(", {}{patients}", plural(all.films, "film"))
    });
    format!("{rows}, {runs}{films}. Ages and errors are in {}.", study.unit.name())
}

/// Which program wrote the records.
pub(super) fn foot(facts: &PageFacts) -> String {
    let by = facts
        .environment
        .as_ref()
        .map_or_else(|| "bench-run".to_owned(), |found| format!("bench-run {}, revision {}", found.bench_run, found.revision));
    paragraph(&format!("The records are of {by}; this page is made of them alone."))
}
