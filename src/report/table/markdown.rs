//! GitHub-flavoured Markdown: columns padded, so that the source can be read as well.

use std::fmt::Write as _;

use super::{Align, Cell, Table, TableRow};

/// A page of its own: the title as its heading, the table, the notes as a list.
pub(in super::super) fn page(table: &Table) -> String {
    format!("# {}", block(table).trim_start_matches("### "))
}

/// The same under a third-level heading, to stand inside another page.
pub(in super::super) fn block(table: &Table) -> String {
    let mut text = format!("### {}\n\n", escaped(&table.title));
    let rows = cells(table);
    // A long message would push every figure to the right; it sticks out of its column instead.
    let padded: Vec<&Vec<String>> = rows.iter().filter_map(|(row, is_message)| (!is_message).then_some(row)).collect();
    let width = |column: usize| padded.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
    let widths: Vec<usize> = (0..table.headings.len()).map(width).collect();
    for (index, (row, _)) in rows.iter().enumerate() {
        push_row(&mut text, row, &widths, table);
        if index == 0 {
            push_alignment(&mut text, &widths, table);
        }
    }
    let notes = table.notes_with_best();
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in &notes {
        let _ = writeln!(text, "- {}", escaped(note));
    }
    text
}

/// The header and every row, escaped, all of one length, and whether each is a message.
fn cells(table: &Table) -> Vec<(Vec<String>, bool)> {
    let header = (table.headings.iter().map(|heading| escaped(&heading.text)).collect(), false);
    let rows = table.rows.iter().filter_map(|row| match row {
        TableRow::Cells(cells) => {
            let field = |cell: &Cell| if cell.is_best { format!("**{}**", escaped(&cell.text)) } else { escaped(&cell.text) };
            Some((cells.iter().map(field).collect(), false))
        }
        TableRow::Message { label, text } => {
            let mut fields = vec![String::new(); table.headings.len()];
            (fields[0], fields[1]) = (escaped(label), escaped(text));
            Some((fields, true))
        }
        TableRow::Rule => None,
    });
    [header].into_iter().chain(rows).collect()
}

fn push_row(text: &mut String, row: &[String], widths: &[usize], table: &Table) {
    for ((cell, width), heading) in row.iter().zip(widths).zip(&table.headings) {
        let _ = match heading.align {
            Align::Left => write!(text, "| {cell:<width$} "),
            Align::Right => write!(text, "| {cell:>width$} "),
        };
    }
    text.push_str("|\n");
}

fn push_alignment(text: &mut String, widths: &[usize], table: &Table) {
    for (width, heading) in widths.iter().zip(&table.headings) {
        let _ = match heading.align {
            Align::Left => write!(text, "| {} ", "-".repeat(*width)),
            Align::Right => write!(text, "| {}: ", "-".repeat(*width - 1)),
        };
    }
    text.push_str("|\n");
}

/// Characters that would end a cell or start markup, made harmless; a line break would end the row.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '`' | '\\' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn columns_are_padded_aligned_and_escaped() {
        insta::assert_snapshot!(page(&example()), @r#"
        # 10 Epoch & more

        | Backbone          |     MAE (years) |    R² |
        | ----------------- | --------------: | ----: |
        | cnn_a\|b          | **0.91 ± 0.03** | −5.30 |
        | VGG16             | failed: needs 32 × 32 &lt;px>, "8" found |       |
        | Mean-age baseline |            4.10 |     — |

        - Accuracy: 62 % within ±1 y.
        - One run.
        - Bold: smallest.
        "#);
    }

    #[test]
    fn a_block_differs_from_a_page_by_its_heading_alone() {
        let (page, block) = (page(&example()), block(&example()));
        assert_eq!(page.strip_prefix("# "), block.strip_prefix("### "));
    }
}
