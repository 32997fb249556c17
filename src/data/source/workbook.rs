//! A sheet of an Excel workbook: the bytes of an `.xlsx` file in, rows of texts out.
//!
//! A workbook is a zip archive, and a small one can unpack to more than a machine has. So it is unpacked once for its size
//! alone, and what the cells hold is counted while they are read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetType, Xlsx};

use super::table::Row;

/// First bytes of a zip archive, and so of a workbook.
pub(super) const ZIP_SIGNATURE: &[u8] = b"PK\x03\x04";

/// First bytes of an Excel file of before 2007, or of one with a password.
pub(super) const OLD_SIGNATURE: &[u8] = b"\xd0\xcf\x11\xe0";

/// What a workbook may unpack to; a label table of ten thousand films takes two million bytes.
const MAX_UNPACKED: usize = 64 << 20;

/// What the texts of all cells may take in memory.
const MAX_CELLS: usize = 256 << 20;

/// A sheet that holds a table.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Its name in the workbook.
    pub(super) name: String,
    /// Rows with their numbers as Excel shows them; those without any cell are left out.
    pub(super) rows: Vec<Row>,
}

/// Why a workbook cannot be read, and what to do.
pub(super) type Refusal = (String, Option<&'static str>);

/// Read a sheet; the first one where no name is given.
///
/// # Errors
/// If the bytes are no workbook, if it is too large, or if there is no such sheet.
pub(super) fn read(bytes: &[u8], name: Option<&str>) -> Result<Sheet, Refusal> {
    check_size(bytes)?;
    let damaged = |error: calamine::XlsxError| (format!("the Excel workbook is damaged: {error}"), None);
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let sheets: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let name = choose(&sheets, name)?;
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut memory = 0;
    while let Some(cell) = reader.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let line = u64::from(row) + 1;
        if rows.last().is_none_or(|last| last.line != line) {
            rows.push(Row { line, cells: Vec::new() });
        }
        let cells = &mut rows.last_mut().expect("a row was just there or made").cells;
        let column = column as usize;
        memory += text.len() + (column + 1).saturating_sub(cells.len()) * size_of::<String>();
        if memory > MAX_CELLS {
            return Err(too_large());
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
    }
    Ok(Sheet { name, rows })
}

fn too_large() -> Refusal {
    ("the Excel workbook is too large for a label table".to_owned(), Some("save the sheet as CSV in UTF-8"))
}

/// Unpack every part of the archive, and keep none.
fn check_size(bytes: &[u8]) -> Result<(), Refusal> {
    let no_archive = |error: zip::result::ZipError| (format!("the content is no Excel workbook (.xlsx): {error}"), None);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(no_archive)?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(no_archive)?;
        let mut unpacked = Vec::new();
        let read = part.take(left as u64 + 1).read_to_end(&mut unpacked);
        read.map_err(|error| (format!("the Excel workbook is damaged: {error}"), None))?;
        left = left.checked_sub(unpacked.len()).ok_or_else(too_large)?;
        if !announces_no_more_than_it_has(&unpacked) {
            return Err(("the Excel workbook is damaged: a part announces more texts than it can have".to_owned(), None));
        }
    }
    Ok(())
}

/// Whether a part that announces a number of texts, for which the reader takes memory, could have as many.
fn announces_no_more_than_it_has(part: &[u8]) -> bool {
    const ANNOUNCED: &[u8] = b"uniqueCount";
    // In another encoding the number would not be seen here.
    if part.starts_with(b"\xff\xfe") || part.starts_with(b"\xfe\xff") {
        return false;
    }
    let places = part.windows(ANNOUNCED.len()).enumerate().filter(|(_, window)| *window == ANNOUNCED);
    let mut numbers = places.map(|(place, _)| {
        let value = part[place + ANNOUNCED.len()..].iter().skip_while(|byte| b" \t\r\n=\"'+".contains(byte));
        value
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0_usize, |number, digit| number.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    });
    numbers.all(|number| number <= part.len())
}

fn choose(sheets: &[String], name: Option<&str>) -> Result<String, Refusal> {
    let found = match name {
        None => sheets.first(),
        Some(name) => sheets
            .iter()
            .find(|sheet| sheet.as_str() == name)
            .or_else(|| sheets.iter().find(|sheet| sheet.trim().eq_ignore_ascii_case(name.trim()))),
    };
    found.cloned().ok_or_else(|| match name {
        None => ("the Excel workbook has no sheet with cells".to_owned(), None),
        Some(name) => {
            let known = sheets.iter().map(|sheet| format!("{sheet:?}")).collect::<Vec<_>>().join(", ");
            (format!("no sheet {name:?} in the Excel workbook (it has {known})"), Some("correct the key `sheet`"))
        }
    })
}

/// A cell as its text would be in CSV.
fn text_of(cell: &DataRef) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(date) => date.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}
