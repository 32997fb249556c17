//! A table as HTML.

use std::fmt::Write as _;

use super::{Align, Cell, Table, TableRow};

/// Text that means itself.
pub(in super::super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The table with its notes below it; the title is left to the page.
pub(in super::super) fn write(table: &Table) -> String {
    let class = |align: Align| if align == Align::Right { " class=\"number\"" } else { "" };
    let mut html = "<div class=\"wide\"><table>\n<thead><tr>".to_owned();
    for heading in &table.headings {
        let _ = write!(html, "<th scope=\"col\"{}>{}</th>", class(heading.align), escaped(&heading.text));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        match row {
            TableRow::Cells(cells) => {
                let cells = cells.iter().zip(&table.headings).enumerate().map(|(column, (cell, heading))| {
                    let tag = if column == 0 { "th scope=\"row\"" } else { "td" };
                    let end = if column == 0 { "th" } else { "td" };
                    format!("<{tag}{}>{}</{end}>", class(heading.align), words(cell))
                });
                let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
            }
            TableRow::Message { label, text } => {
                let columns = table.headings.len().saturating_sub(1);
                let (label, text) = (escaped(label), escaped(text));
                let _ = writeln!(html, "<tr><th scope=\"row\">{label}</th><td colspan=\"{columns}\">{text}</td></tr>");
            }
            TableRow::Rule => html.push_str("</tbody>\n<tbody>\n"),
        }
    }
    html.push_str("</tbody>\n</table></div>\n");
    for note in table.notes_with_best() {
        let _ = writeln!(html, "<p class=\"note\">{}</p>", escaped(&note));
    }
    html
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
        insta::assert_snapshot!(write(&example()), @r#"
        <div class="wide"><table>
        <thead><tr><th scope="col">Backbone</th><th scope="col" class="number">MAE (years)</th><th scope="col" class="number">R²</th></tr></thead>
        <tbody>
        <tr><th scope="row">cnn_a|b</th><td class="number"><strong>0.91 ± 0.03</strong></td><td class="number">−5.30</td></tr>
        <tr><th scope="row">VGG16</th><td colspan="2">failed: needs 32 × 32 &lt;px&gt;, &quot;8&quot; found</td></tr>
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
}
