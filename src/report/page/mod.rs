//! `report.html`: the whole study as one file that needs no other and no network.
//!
//! In come the study and its plots; out comes a page of tables, plots, sheets of films, a card for each run and the commands that make
//! it all again. It shows what a clock has touched, as `cost.*` do. A [`PageFacts`] says what the records alone do not.

mod figures;
mod films;
mod lead;
mod repeat;
mod runs;
#[cfg(test)]
mod tests;

use super::summary::Summary;
use super::{ReportFile, Study, html};
use crate::record::{Environment, FilmParts, SheetFile};
use crate::spec::ReportPage;

/// Name of the page in the folder of a study.
pub const PAGE_FILE: &str = "report.html";

/// The page stays below so many bytes, so that it can be sent by mail.
const MOST_BYTES: usize = 5_000_000;

/// What the page shows beyond tables and plots.
#[derive(Debug, Clone, PartialEq)]
pub struct PageFacts {
    /// With films or without; [`ReportPage::None`] makes no page.
    pub shows: ReportPage,
    /// The spec with every value, as YAML; folders and files of the user's machine by their last part.
    pub spec: String,
    /// Program, library and machine; none where the study has no record of them.
    pub environment: Option<Environment>,
    /// The films of each part; none where no list of them is left.
    pub parts: Option<FilmParts>,
    /// Whether there is a report on the films beside the page.
    pub has_data_page: bool,
    /// Sheets of films, by name.
    pub sheets: Vec<SheetFile>,
}

/// The page; none where the study wants none. `plots` are the files of the plots, in their order.
pub(super) fn render(study: &Study, summary: &Summary, plots: &[ReportFile]) -> Option<ReportFile> {
    let facts = study.page.as_ref().filter(|facts| facts.shows != ReportPage::None)?;
    let mut sections = figures::sections(study, summary, plots);
    let behind = [runs::section(study, facts), repeat::section(study, facts)];
    let used: usize = sections.iter().chain(&behind).map(|section| section.body.len()).sum();
    sections.extend(films::sections(study, facts, MOST_BYTES.saturating_sub(used)));
    sections.extend(behind);
    let links: Vec<String> =
        sections.iter().map(|section| format!("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.heading)).collect();
    let links = links.concat();
    let main: String = sections.iter().map(|section| html::section(section.id, section.heading, &section.body)).collect();
    let body = format!(
        "<header>\n{}<nav aria-label=\"Contents\">\n<ul>\n{links}</ul>\n</nav>\n</header>\n<main>\n{main}</main>\n<footer>\n{}</footer>\n",
        lead::head(study, summary),
        lead::foot(facts)
    );
    let page = html::page(&study.title, &body, Some(html::SORTING));
    Some(ReportFile { path: PAGE_FILE.into(), bytes: page.into_bytes() })
}

/// A part of the page.
struct Section {
    /// Letters and dashes, unique.
    id: &'static str,
    heading: &'static str,
    /// HTML.
    body: String,
}
