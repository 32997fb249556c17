//! The tables and plots of the page: all that the other files of the report hold.

use super::super::html::{self, data_uri, escaped, inline_svg, svg_title};
use super::super::summary::Summary;
use super::super::table::{Table, html as html_table};
use super::super::{ReportFile, Study, comparison, cost, robustness, statistics};
use super::Section;

/// A larger SVG file is shown as its PNG where that is smaller: a mark for each of many thousand films makes no better picture.
const LARGEST_SVG: usize = 400_000;

/// In the order in which they are read.
pub(super) fn sections(study: &Study, summary: &Summary, plots: &[ReportFile]) -> Vec<Section> {
    let results = one_table(study, summary, comparison::table(study, summary), "All rows");
    let mut sections = vec![Section { id: "results", heading: "Results", body: results }];
    let plots = figures(study, plots);
    if !plots.is_empty() {
        sections.push(Section { id: "plots", heading: "Plots", body: plots });
    }
    for (name, tables) in statistics::pages(study, summary) {
        let (id, heading) = match name {
            "comparison" => ("comparison", "Every row against the best"),
            "statistics" => ("agreement", "Agreement and calibration"),
            _ => ("subgroups", "Subgroups"),
        };
        let body = tables.into_iter().map(|table| one_table(study, summary, table, heading)).collect();
        sections.push(Section { id, heading, body });
    }
    if let Some(table) = robustness::people(study) {
        let body = one_table(study, summary, table, "");
        sections.push(Section { id: "robustness", heading: "Errors on changed films", body });
    }
    let mut table = cost::table(study);
    "What each row cost".clone_into(&mut table.title);
    let cost = one_table(study, summary, table, "");
    sections.push(Section { id: "cost", heading: "Cost", body: cost });
    sections
}

/// A table that can be sorted, under its title without that of the study, and without what the top of the page says already.
fn one_table(study: &Study, summary: &Summary, mut table: Table, untitled: &str) -> String {
    let said = statistics::note(study, summary);
    table.notes.retain(|note| !study.notes.contains(note) && Some(note) != said.as_ref());
    let caption = without_study(&table.title, study).unwrap_or_else(|| untitled.to_owned());
    html_table::write_sortable(&table, &caption) + &html_table::notes(&table)
}

/// A title without that of the study before it, with a capital; none where nothing is left.
fn without_study(title: &str, study: &Study) -> Option<String> {
    let rest = title.strip_prefix(&study.title).map_or(title, |rest| rest.trim_start_matches([':', ' ', '—', '–']));
    let mut letters = rest.chars();
    Some(letters.next()?.to_uppercase().chain(letters).collect())
}

/// Every plot under its title.
fn figures(study: &Study, files: &[ReportFile]) -> String {
    let svg = |file: &&ReportFile| file.path.extension().is_some_and(|extension| extension == "svg");
    files.iter().filter(svg).enumerate().map(|(place, file)| one_figure(study, files, file, place + 1)).collect()
}

fn one_figure(study: &Study, files: &[ReportFile], file: &ReportFile, number: usize) -> String {
    let svg = String::from_utf8_lossy(&file.bytes);
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().replace('_', " ");
    let title = svg_title(&svg).unwrap_or_else(|| stem.clone());
    let heading = without_study(&title, study).unwrap_or(stem);
    let png = files.iter().find(|other| other.path == file.path.with_extension("png"));
    let picture = match png {
        // A byte of the PNG takes a third more in a page.
        Some(png) if svg.len() > LARGEST_SVG && png.bytes.len() * 4 / 3 < svg.len() => {
            let width = image::load_from_memory(&png.bytes).map_or(0, |image| image.width() / 2);
            format!("<img alt=\"{}\" width=\"{width}\" src=\"{}\">\n", escaped(&title), data_uri("image/png", &png.bytes))
        }
        _ => inline_svg(&svg, &format!("plot-{number}-")),
    };
    let path = file.path.with_extension("").display().to_string();
    format!("<h3>{}</h3>\n", escaped(&heading)) + &html::figure(&picture, &title, Some(&format!("Files: {path}.svg, {path}.png.")))
}
