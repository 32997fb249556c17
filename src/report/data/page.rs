//! The data report as one page: facts, histograms and sheets in, HTML out. Pictures are inside the page, so that it can be sent as
//! it is, and nothing on it needs a script.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::ReportFile;
use super::super::html::{self, data_uri, escaped, inline_svg, note, paragraph, section, svg_title};
use super::super::number::rounded;
use super::super::table::{Cell, Heading, Table, TableRow, html as html_table};
use super::facts::{AgeCount, DataFacts, EpochFacts};
use super::histogram::numbered;
use super::prepared::{self, PreparedFacts};
use super::sheet::Sheet;
use super::wording::{self, SEXES};
use super::{FACTS, table_one};
use crate::data::Sex;

/// Rows of a list on the page; the rest is in the JSON file.
const MOST_ROWS: usize = 20;

/// The page.
pub(super) fn write(facts: &DataFacts, histograms: &[ReportFile], sheets: &[Sheet]) -> String {
    let title = format!("{}: the data", facts.title);
    let svg = |name: &str| histograms.iter().find(|file| file.path.to_str() == Some(&format!("{name}.svg"))).map(svg_figure);
    let mut body = format!("<header>\n<h1>{}</h1>\n{}</header>\n<main>\n", escaped(&title), lead(facts));
    body += &section("table-1", "Table 1", &html_table::write(&table_one::table(facts), "Films, ages and sex by part"));
    body += &section("ages", "Ages", &svg("histogram_age").unwrap_or_default());
    let images = wording::images(&facts.images).iter().map(|line| paragraph(line)).collect::<String>();
    body += &section("images", "Images", &format!("{images}{}", sizes(facts)));
    if !facts.prepared.is_empty() {
        body += &section("preparation", "Preparation", &preparation(facts));
    }
    body += &section("epochs", "What an epoch contains", &epochs(facts, &svg));
    body += &section("left-out", "Left out", &left_out(facts));
    body += &section("flagged", "Flagged", &flagged(facts));
    let sheets: String = sheets.iter().map(sheet_figure).collect();
    body += &section("sheets", "Contact sheets", &sheets);
    html::page(&title, &(body + "</main>\n"), None)
}

fn lead(facts: &DataFacts) -> String {
    let parts =
        facts.parts[..facts.parts.len() - 1].iter().map(|part| format!("{} in {}", part.films, wording::part(&part.name).to_lowercase()));
    let mut lead = paragraph(&format!("{}: {}.", wording::films(facts.all().films), parts.collect::<Vec<_>>().join(", ")));
    if facts.synthetic {
        let _ = writeln!(lead, "<p class=\"banner\">{}</p>", escaped(wording::SYNTHETIC));
    }
    if !facts.leaks.is_empty() {
        let items: Vec<String> =
            facts.leaks.iter().take(MOST_ROWS).map(|leak| format!("<li>{}</li>", escaped(&leak.to_string()))).collect();
        let _ = writeln!(
            lead,
            "<div class=\"warning\"><p>{} between parts; {}:</p>\n\
             <ul>\n{}\n</ul>{}</div>",
            wording::plural(facts.leaks.len(), "leak"),
            wording::leaks_are(facts),
            items.join("\n"),
            more(facts.leaks.len())
        );
    }
    lead
}

/// What is said below a list that is cut.
fn more(count: usize) -> String {
    if count > MOST_ROWS { note(&format!("{MOST_ROWS} of {count}; all are in {FACTS}.")) } else { String::new() }
}

fn svg_figure(file: &ReportFile) -> String {
    let svg = String::from_utf8_lossy(&file.bytes);
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    html::figure(&inline_svg(&svg, &format!("{stem}-")), &svg_title(&svg).unwrap_or(stem), None)
}

fn sheet_figure(sheet: &Sheet) -> String {
    let image = format!("<img alt=\"{}\" src=\"{}\">\n", escaped(&sheet.title), data_uri("image/png", &sheet.file.bytes));
    html::figure(&image, &sheet.title, Some(&format!("{} File: {}.", sheet.text, sheet.file.path.display())))
}

fn table(caption: &str, headings: Vec<Heading>, rows: Vec<Vec<String>>) -> String {
    let rows = rows.into_iter().map(|row| TableRow::Cells(row.into_iter().map(Cell::plain).collect())).collect();
    let table = Table { name: String::new(), title: String::new(), headings, rows, notes: Vec::new(), best: None };
    html_table::write(&table, caption)
}

/// What was done to the films before they were resized.
fn preparation(facts: &DataFacts) -> String {
    let line = |prepared: &PreparedFacts| {
        let rows = if facts.prepared.len() > 1 { format!("{}: ", prepared.rows.join(", ")) } else { String::new() };
        paragraph(&format!("{rows}{}", prepared::sentence(prepared, MOST_ROWS)))
    };
    facts.prepared.iter().map(line).collect()
}

/// The most frequent sizes, where there are several.
fn sizes(facts: &DataFacts) -> String {
    let sizes = &facts.images.sizes;
    // Where every film has a size of its own, a list of them says less than the range.
    if sizes.len() < 2 || sizes[0].films < 2 {
        return String::new();
    }
    let row = |count: &super::SizeCount| vec![count.size.to_string(), count.films.to_string()];
    let rows = sizes.iter().take(MOST_ROWS).map(row).collect();
    table("Sizes of the films", vec![Heading::left("Height × width"), Heading::right("Films")], rows) + &more(sizes.len())
}

fn epochs(facts: &DataFacts, svg: &dyn Fn(&str) -> Option<String>) -> String {
    let mut html = String::new();
    let mut balanced = 0;
    for epoch in &facts.epochs {
        if facts.epochs.len() > 1 {
            let _ = writeln!(html, "<h3>{}</h3>", escaped(&epoch.rows.join(", ")));
        }
        html.push_str(&paragraph(&wording::epoch(epoch)));
        if !epoch.augment.balance.is_empty() {
            html.push_str(&svg(&numbered("balance", balanced)).unwrap_or_default());
            balanced += 1;
        }
        html.push_str(&age_table(epoch));
    }
    html
}

/// Films and draws of each whole year and sex.
fn age_table(epoch: &EpochFacts) -> String {
    let counts = |counts: &[AgeCount]| -> BTreeMap<(i64, Option<Sex>), usize> {
        counts.iter().map(|count| ((count.years, count.sex), count.films)).collect()
    };
    let (before, after) = (counts(&epoch.before), counts(&epoch.after));
    let is_balanced = !epoch.augment.balance.is_empty();
    let sexes: Vec<Option<Sex>> = SEXES.into_iter().filter(|sex| before.keys().any(|(_, of)| of == sex)).collect();
    let mut headings = vec![Heading::right("Age (whole years)")];
    headings.extend(sexes.iter().map(|sex| Heading::right(format!("films, {}", wording::sex(*sex)))));
    if is_balanced {
        headings.extend(sexes.iter().map(|sex| Heading::right(format!("draws, {}", wording::sex(*sex)))));
    }
    let years: std::collections::BTreeSet<i64> = before.keys().map(|(years, _)| *years).collect();
    let row = |years: &i64| {
        let cells = |counts: &BTreeMap<(i64, Option<Sex>), usize>| -> Vec<String> {
            sexes.iter().map(|sex| counts.get(&(*years, *sex)).map_or("–".to_owned(), usize::to_string)).collect()
        };
        let drawn = if is_balanced { cells(&after) } else { Vec::new() };
        [vec![years.to_string()], cells(&before), drawn].concat()
    };
    table("Films by age and sex", headings, years.iter().map(row).collect())
}

fn left_out(facts: &DataFacts) -> String {
    if facts.excluded.is_empty() {
        return paragraph("No film was left out.");
    }
    let rows = facts
        .excluded
        .iter()
        .take(MOST_ROWS)
        .map(|excluded| vec![excluded.id.clone(), excluded.reason.clone(), excluded.place.clone()])
        .collect();
    let count = paragraph(&format!("{} left out.", wording::films(facts.excluded.len())));
    count
        + &table("Films left out", vec![Heading::left("Id"), Heading::left("Reason"), Heading::left("Place")], rows)
        + &more(facts.excluded.len())
}

fn flagged(facts: &DataFacts) -> String {
    let mut html = paragraph(&format!("Found: {}.", wording::flags(facts)));
    if !facts.flagged.is_empty() || !facts.duplicates.is_empty() {
        html.push_str(
            "<p>A flag is a question, not a verdict: no film is left out by it. <code>--write-exclude FILE</code> writes a list to edit and to \
             name in <code>data.exclude</code>.</p>\n",
        );
    }
    if !facts.flagged.is_empty() {
        let row = |flag: &super::FlagFact| vec![flag.id.clone(), flag.kind.name().to_owned(), rounded(flag.score, 2), flag.reason.clone()];
        let headings = vec![Heading::left("Id"), Heading::left("Flag"), Heading::right("Score"), Heading::left("What was seen")];
        html.push_str(&table("Flagged films", headings, facts.flagged.iter().take(MOST_ROWS).map(row).collect()));
        html.push_str(&more(facts.flagged.len()));
    }
    if !facts.duplicates.is_empty() {
        let row = |pair: &super::DuplicateFact| {
            let film = |id: &str, part: &str| format!("{id} ({part})");
            vec![film(&pair.first, &pair.first_part), film(&pair.second, &pair.second_part), pair.alike.to_string()]
        };
        let headings = vec![Heading::left("Film (part)"), Heading::left("Film (part)"), Heading::left("How alike")];
        html.push_str(&table("Films that show the same", headings, facts.duplicates.iter().take(MOST_ROWS).map(row).collect()));
        html.push_str(&more(facts.duplicates.len()));
    }
    html
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::Project;
    use super::super::render;
    use crate::data::Excluded;

    fn page(project: &Project) -> String {
        let (_, files) = render(&project.study()).unwrap();
        let page = files.into_iter().find(|file| file.path.to_str() == Some(super::super::PAGE)).unwrap();
        String::from_utf8(page.bytes).unwrap()
    }

    #[test]
    fn the_page_holds_everything_and_needs_nothing() {
        let mut project = Project::new("augment: { rotate: 15, balance: { by: [age] } }");
        project.leaks = vec![super::super::fixtures::leak("film content \"ab\"")];
        let excluded =
            |number: usize| Excluded { id: format!("x{number}"), reason: "cut <off> & lost".into(), place: format!("{number}.png") };
        project.films[0].1.dataset.excluded = (0..25).map(excluded).collect();
        let page = page(&project);
        for part in [
            "<title>Small &amp; quick: the data</title>",
            "The films are synthetic",
            "1 leak between parts",
            "cut &lt;off&gt; &amp; lost",
            "20 of 25; all are in data.json.",
            "a bar of 4 pixels, &lt;bright&gt; &amp; long",
            "similarity 0.988, mirrored, turned by 5°",
            "draws, female",
            "sheets/flagged_inverted.png",
            "<td>x19</td>",
        ] {
            assert!(page.contains(part) || page.contains(&part.replace("td>", "th>").replace("<th>", "<th scope=\"row\">")), "{part}");
        }
        assert!(!page.contains(">x20<"));
        assert_eq!(page.matches("<svg ").count(), 2);
        assert_eq!(page.matches("data:image/png;base64,").count(), 6);
        for outside in ["<script", "href=\"http", "src=\"http", "src=\"sheets"] {
            assert!(!page.contains(outside), "{outside}");
        }
        for tag in ["section", "figure", "table", "tr", "td", "th", "p", "ul", "div"] {
            let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn an_epoch_that_is_not_balanced_has_no_column_of_draws() {
        let page = page(&Project::new(""));
        assert!(page.contains("films, female") && !page.contains("draws, female"));
        assert!(page.contains("No film was left out."));
    }
}
