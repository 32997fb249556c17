//! Tables of the terminal that hold no figures of runs.

use std::ops::Range;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr;

/// A column that gives way where the terminal is narrow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    /// Whether its cells are aligned to the right.
    pub(super) is_number: bool,
    /// The columns with the smallest numbers give way first; none stays whatever the width.
    pub(super) gives_way: Option<u8>,
}

/// A table that fits the terminal; the columns `numbers` are aligned to the right.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>, numbers: Range<usize>, width: u16) -> String {
    drawn(headings, rows, |column| numbers.contains(&column), width)
}

fn drawn(headings: &[&str], rows: Vec<Vec<String>>, is_number: impl Fn(usize) -> bool, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(headings);
    table.add_rows(rows);
    for place in (0..headings.len()).filter(|place| is_number(*place)) {
        if let Some(column) = table.column_mut(place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// The last column is folded to this where that lets another one stay.
const LAST_WIDTH: usize = 16;

/// A table without the columns for which the terminal has no room, and their headings.
pub(super) fn fitting_table(columns: &[Column], rows: &[Vec<String>], width: u16) -> (String, Vec<&'static str>) {
    let cells = |column: usize| rows.iter().map(move |row| row[column].width());
    let widths: Vec<usize> =
        columns.iter().enumerate().map(|(index, column)| cells(index).max().unwrap_or_default().max(column.heading.width())).collect();
    let needed = |kept: &[usize]| {
        let of = |index: &usize| if *index + 1 == columns.len() { widths[*index].min(LAST_WIDTH) } else { widths[*index] };
        kept.iter().map(of).sum::<usize>() + 3 * kept.len() + 1
    };
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let mut left_out = Vec::new();
    while needed(&kept) > usize::from(width) {
        let next = kept.iter().copied().filter(|index| columns[*index].gives_way.is_some()).min_by_key(|index| columns[*index].gives_way);
        let Some(next) = next else { break };
        kept.retain(|index| *index != next);
        left_out.push(columns[next].heading);
    }
    let headings: Vec<&str> = kept.iter().map(|index| columns[*index].heading).collect();
    let rows = rows.iter().map(|row| kept.iter().map(|index| row[*index].clone()).collect()).collect();
    (drawn(&headings, rows, |place| columns[kept[place]].is_number, width), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { heading: "name", is_number: false, gives_way: None },
        Column { heading: "parameters", is_number: true, gives_way: Some(0) },
        Column { heading: "state", is_number: false, gives_way: None },
    ];

    #[test]
    fn a_column_gives_way_where_there_is_no_room_for_it() {
        let rows = [vec!["ResNet50".to_owned(), "24 551 361".to_owned(), "to do from the beginning, for want of a record".to_owned()]];
        let (wide, left_out) = fitting_table(&COLUMNS, &rows, 80);
        assert!(wide.contains("24 551 361") && left_out.is_empty(), "{wide}");
        let (narrow, left_out) = fitting_table(&COLUMNS, &rows, 36);
        assert!(!narrow.contains("24 551 361") && narrow.contains("ResNet50"), "{narrow}");
        assert_eq!(left_out, ["parameters"]);
        assert!(narrow.lines().all(|line| line.width() <= 36), "{narrow}");
    }
}
