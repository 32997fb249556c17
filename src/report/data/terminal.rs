//! The data report for a terminal: Table 1 and the main facts below it.

use std::fmt::Write;
use std::path::Path;

use super::super::table::terminal::{wrapped, write as write_table};
use super::facts::DataFacts;
use super::{prepared, table_one, wording};

/// Lists are cut after so many entries.
const MOST_LINES: usize = 5;
/// Columns of the words at the left.
const INDENT: usize = 11;

/// Table 1 and the main facts, in at most `width` columns; `page` is where the page lies.
pub fn terminal(facts: &DataFacts, page: &Path, color: bool, width: u16) -> String {
    let mut text = write_table(&table_one::table(facts), color, width);
    text.push('\n');
    let mut line = |heading: &str, words: &str| {
        let words = wrapped(words, usize::from(width).saturating_sub(INDENT).max(20), 0);
        let _ = writeln!(text, "{heading:<10} {}", words.replace('\n', &format!("\n{}", " ".repeat(INDENT))));
    };
    for (number, words) in wording::images(&facts.images).iter().enumerate() {
        line(if number == 0 { "Images" } else { "" }, words);
    }
    for prepared in &facts.prepared {
        let rows = if facts.prepared.len() > 1 { format!("{}: ", prepared.rows.join(", ")) } else { String::new() };
        line("Prepared", &format!("{rows}{}", prepared::sentence(prepared, MOST_LINES)));
    }
    for epoch in &facts.epochs {
        let rows = if facts.epochs.len() > 1 { format!("{}: ", epoch.rows.join(", ")) } else { String::new() };
        line("Epoch", &format!("{rows}{}", wording::epoch(epoch)));
    }
    line("Left out", &wording::films(facts.excluded.len()));
    for excluded in facts.excluded.iter().take(MOST_LINES) {
        line("", &excluded.to_string());
    }
    if facts.excluded.len() > MOST_LINES {
        line("", &format!("and {} more", facts.excluded.len() - MOST_LINES));
    }
    for (number, leak) in facts.leaks.iter().take(MOST_LINES).enumerate() {
        line(if number == 0 { "Leaks" } else { "" }, &leak.to_string());
    }
    if facts.leaks.len() > MOST_LINES {
        line("", &format!("and {} more", facts.leaks.len() - MOST_LINES));
    }
    if !facts.leaks.is_empty() {
        line("", wording::leaks_are(facts));
    }
    line("Flagged", &wording::flags(facts));
    // A path is to be clicked or copied whole.
    let _ = writeln!(text, "{:<10} {}", "Page", page.display());
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Project;
    use super::*;

    #[test]
    fn the_terminal_shows_table_one_and_where_the_page_lies() {
        let mut project = Project::new("augment: { balance: { by: [sex] } }");
        project.leaks = (0..7).map(|number| super::super::fixtures::leak(&format!("leak {number}"))).collect();
        let text = terminal(&DataFacts::of(&project.study()), Path::new("results/small/data/data.html"), false, 120);
        for part in [
            "Table 1",
            "Training",
            "synthetic",
            "Classes by sex are drawn equally often",
            "Left out   0 films",
            "leak 4",
            "and 2 more",
            "Flagged    2 inverted, 1 dark, 1 pair of duplicates",
            "Page       results/small/data/data.html",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains("leak 5") && !text.contains('\u{1b}'), "{text}");
    }
}
