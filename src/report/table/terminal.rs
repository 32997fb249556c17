//! A table that fits the terminal, with the notes wrapped below it.

use comfy_table::{Attribute, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table as Drawn, TableStyle, Width};

use super::{Align, Table, TableRow};

/// Lines above and below and under the header, none between columns, so that a message can run over all figures.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Blanks at the right of every column but the last, besides the one that the style puts between columns.
const GAP: u16 = 1;

/// Stands where a message begins until the table is laid out; a private character, which no text holds.
const MESSAGE_MARK: char = '\u{f8ff}';

/// The table in at most `width` columns where its words allow that, with the best figures in bold where `color` is on. What
/// does not fit beside the first columns stands below them, with the labels repeated.
pub(in super::super) fn write(table: &Table, color: bool, width: u16) -> String {
    let widths = whole_words(table);
    let mut text = format!("{}\n", table.title);
    for columns in groups(&widths, width) {
        let part = part(table, &columns);
        let widths: Vec<u16> = columns.iter().map(|column| widths[*column]).collect();
        let drawn = drawn(&part, &widths, color, width).to_string();
        // The line under one part is the line above the next.
        let drawn = if columns[1] == 1 { drawn.as_str() } else { drawn.split_once('\n').map_or("", |(_, rest)| rest) };
        text.push_str(&with_messages(drawn, &part, usize::from(width)));
    }
    let notes = if color { table.notes_with_best() } else { table.notes.clone() };
    for note in &notes {
        text.push_str(&wrapped(note, usize::from(width), 2));
        text.push('\n');
    }
    text
}

/// The columns of each table that fits, the labels always being the first.
fn groups(widths: &[u16], width: u16) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut used = u16::MAX;
    for (column, needed) in widths.iter().enumerate().skip(1) {
        let needed = needed + GAP + 1;
        match groups.last_mut() {
            Some(group) if used.saturating_add(needed) <= width => {
                group.push(column);
                used += needed;
            }
            _ => {
                groups.push(vec![0, column]);
                used = widths[0] + needed;
            }
        }
    }
    groups
}

/// Some columns of a table.
fn part(table: &Table, columns: &[usize]) -> Table {
    let rows = table.rows.iter().map(|row| match row {
        TableRow::Cells(cells) => TableRow::Cells(columns.iter().map(|column| cells[*column].clone()).collect()),
        other => other.clone(),
    });
    Table { headings: columns.iter().map(|column| table.headings[*column].clone()).collect(), rows: rows.collect(), ..table.clone() }
}

/// The table with a mark in place of every message.
fn drawn(table: &Table, widths: &[u16], color: bool, width: u16) -> Drawn {
    let mut drawn = Drawn::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    if color {
        drawn.enforce_styling();
    } else {
        drawn.force_no_tty();
    }
    drawn.set_header(table.headings.iter().map(|heading| comfy_table::Cell::new(&heading.text).add_attribute(Attribute::Bold)));
    for row in &table.rows {
        if let Some(cells) = cells(row, table.headings.len()) {
            drawn.add_row(cells);
        }
    }
    let fits = widths.iter().map(|width| width + GAP + 1).sum::<u16>() - GAP - 1 <= width;
    for (index, (column, heading)) in drawn.column_iter_mut().zip(&table.headings).enumerate() {
        column.set_cell_alignment(if heading.align == Align::Left { CellAlignment::Left } else { CellAlignment::Right });
        let gap = if index + 1 < table.headings.len() { GAP } else { 0 };
        column.set_padding((0, gap));
        if fits {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(widths[index] + gap)));
        }
    }
    drawn
}

fn cells(row: &TableRow, columns: usize) -> Option<Vec<comfy_table::Cell>> {
    match row {
        TableRow::Cells(cells) => Some(
            cells
                .iter()
                .map(|cell| {
                    let shown = comfy_table::Cell::new(&cell.text);
                    if cell.is_best { shown.add_attribute(Attribute::Bold) } else { shown }
                })
                .collect(),
        ),
        TableRow::Message { label, .. } => {
            let mut cells = vec![comfy_table::Cell::new(""); columns];
            (cells[0], cells[1]) = (comfy_table::Cell::new(label), comfy_table::Cell::new(MESSAGE_MARK).set_alignment(CellAlignment::Left));
            Some(cells)
        }
        TableRow::Rule => None,
    }
}

/// Widths at which no figure and no word of a heading is broken.
fn whole_words(table: &Table) -> Vec<u16> {
    let length = |text: &str| text.chars().count() as u16;
    let mut widths: Vec<u16> =
        table.headings.iter().map(|heading| heading.text.split_whitespace().map(length).max().unwrap_or(0)).collect();
    for row in &table.rows {
        match row {
            TableRow::Cells(cells) => cells.iter().zip(&mut widths).for_each(|(cell, width)| *width = (*width).max(length(&cell.text))),
            TableRow::Message { label, .. } => widths[0] = widths[0].max(length(label)),
            TableRow::Rule => {}
        }
    }
    widths
}

/// Puts the messages where their marks are, without blanks at the ends of lines.
fn with_messages(drawn: &str, table: &Table, width: usize) -> String {
    let mut messages = table.rows.iter().filter_map(|row| if let TableRow::Message { text, .. } = row { Some(text) } else { None });
    let mut out = String::new();
    for line in drawn.lines() {
        let marked = line.split_once(MESSAGE_MARK).and_then(|(before, _)| Some((before, messages.next()?)));
        match marked {
            Some((before, text)) => {
                let indent = before.chars().count();
                out.push_str(before);
                out.push_str(&wrapped(text, width.saturating_sub(indent).max(12), 0).replace('\n', &format!("\n{}", " ".repeat(indent))));
            }
            None => out.push_str(line.trim_end()),
        }
        out.push('\n');
    }
    out
}

/// Breaks between words; further lines are indented by `indent`.
pub(in super::super) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn without_colour_there_is_no_escape_sequence() {
        insta::assert_snapshot!(write(&example(), false, 80), @r#"
        10 Epoch & more
        ─────────────────────────────────────
        Backbone           MAE (years)     R²
        ─────────────────────────────────────
        cnn_a|b            0.91 ± 0.03  −5.30
        VGG16              failed: needs 32 × 32 <px>, "8" found
        Mean-age baseline         4.10      —
        ─────────────────────────────────────
        Accuracy: 62 % within ±1 y.
        One run.
        "#);
    }

    #[test]
    fn a_narrow_terminal_puts_further_columns_below_and_wraps_the_rest() {
        insta::assert_snapshot!(write(&example(), false, 34), @r#"
        10 Epoch & more
        ──────────────────────────────
        Backbone           MAE (years)
        ──────────────────────────────
        cnn_a|b            0.91 ± 0.03
        VGG16              failed: needs
                           32 × 32 <px>,
                           "8" found
        Mean-age baseline         4.10
        ──────────────────────────────
        Backbone              R²
        ────────────────────────
        cnn_a|b            −5.30
        VGG16              failed: needs
                           32 × 32 <px>,
                           "8" found
        Mean-age baseline      —
        ────────────────────────
        Accuracy: 62 % within ±1 y.
        One run.
        "#);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [34, 44, 60, 200] {
            let text = write(&example(), false, width);
            assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}:\n{text}");
        }
    }

    #[test]
    fn with_colour_the_best_figure_is_bold() {
        let text = write(&example(), true, 80);
        let bold = text.lines().find(|line| line.contains("0.91 ± 0.03")).expect("the row is there");
        assert!(bold.contains("\u{1b}[1m"), "{bold:?}");
        assert!(!text.lines().any(|line| line.contains("4.10") && line.contains('\u{1b}')), "{text:?}");
        assert!(text.ends_with("Bold: smallest.\n"), "{text:?}");
    }
}
