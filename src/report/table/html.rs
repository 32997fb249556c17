//! A table as HTML: with a caption, heads with their scope, and a box of its own to scroll in.

use std::fmt::Write as _;

use super::super::html::{escaped, note};
use super::{Align, Cell, Table, TableRow};

/// The table under `caption`, with its notes below it; the title is left to the page.
pub(in super::super) fn write(table: &Table, caption: &str) -> String {
    with_class(table, caption, "") + &notes(table)
}

/// The same without the notes, with heads to sort it by where the page has the script for that.
pub(in super::super) fn write_sortable(table: &Table, caption: &str) -> String {
    with_class(table, caption, " class=\"sortable\"")
}

/// The notes below a table.
pub(in super::super) fn notes(table: &Table) -> String {
    table.notes_with_best().iter().map(|text| note(text)).collect()
}

fn with_class(table: &Table, caption: &str, class: &str) -> String {
    let caption = escaped(caption);
    // A box that scrolls must be in reach of the keyboard.
    let mut html = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table{class}>\n<caption>{caption}</caption>\n<thead><tr>"
    );
    for heading in &table.headings {
        // The corner of a table says nothing, and a head without words is none.
        if heading.text.is_empty() {
            html.push_str("<td></td>");
            continue;
        }
        let _ = write!(html, "<th scope=\"col\"{}>{}</th>", side(heading.align), escaped(&heading.text));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        match row {
            TableRow::Cells(cells) => {
                let cells = cells.iter().zip(&table.headings).enumerate().map(|(column, (cell, heading))| {
                    let tag = if column == 0 { "th scope=\"row\"" } else { "td" };
                    let end = if column == 0 { "th" } else { "td" };
                    format!("<{tag}{}>{}</{end}>", side(heading.align), words(cell))
                });
                let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
            }
            TableRow::Message { label, text } => {
                let columns = table.headings.len().saturating_sub(1);
                let (label, text) = (escaped(label), escaped(text));
                let _ = writeln!(html, "<tr><th scope=\"row\">{label}</th><td colspan=\"{columns}\" class=\"message\">{text}</td></tr>");
            }
            TableRow::Rule => html.push_str("</tbody>\n<tbody>\n"),
        }
    }
    html + "</tbody>\n</table></div>\n"
}

fn side(align: Align) -> &'static str {
    if align == Align::Right { " class=\"number\"" } else { "" }
}

fn words(cell: &Cell) -> String {
    let text = escaped(&cell.text);
    if cell.is_best { format!("<strong>{text}</strong>") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn every_kind_of_row_is_written_and_every_sign_escaped() {
        insta::assert_snapshot!(write(&example(), "10 \"Epoch\""), @r#"
        <div class="wide" tabindex="0" role="group" aria-label="10 &quot;Epoch&quot;"><table>
        <caption>10 &quot;Epoch&quot;</caption>
        <thead><tr><th scope="col">Backbone</th><th scope="col" class="number">MAE (years)</th><th scope="col" class="number">R²</th></tr></thead>
        <tbody>
        <tr><th scope="row">cnn_a|b</th><td class="number"><strong>0.91 ± 0.03</strong></td><td class="number">−5.30</td></tr>
        <tr><th scope="row">VGG16</th><td colspan="2" class="message">failed: needs 32 × 32 &lt;px&gt;, &quot;8&quot; found</td></tr>
        </tbody>
        <tbody>
        <tr><th scope="row">Mean-age baseline</th><td class="number">4.10</td><td class="number">—</td></tr>
        </tbody>
        </table></div>
        <p class="note">Accuracy: 62 % within ±1 y.</p>
        <p class="note">One run.</p>
        <p class="note">Bold: smallest.</p>
        "#);
    }

    #[test]
    fn a_table_to_sort_leaves_its_notes_to_the_page() {
        let html = write_sortable(&example(), "x");
        assert!(html.contains("<table class=\"sortable\">") && !html.contains("class=\"note\""), "{html}");
        assert_eq!(html.matches("<tbody>").count(), 2, "the baseline is no part of what is sorted");
    }
}
