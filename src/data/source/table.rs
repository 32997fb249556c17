//! A label table, as text or in an Excel workbook: delimiter or sheet, header, and columns by name or alias.

use std::path::{Path, PathBuf};

use super::super::error::{DataError, MissingColumn};
use super::super::problem::{Problem, ProblemKind};
use super::field::Field;
use super::text::{blank_lines, detect_delimiter, read_bytes, to_text, unreadable};
use super::workbook::{self, OLD_SIGNATURE, Sheet, ZIP_SIGNATURE};

/// What the cells of a table may take in memory.
const MAX_CELLS: usize = 512 << 20;

/// One row of a label table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its line in the file or its row in the sheet, counted from 1.
    pub(super) line: u64,
    /// Trimmed, as many as the header has.
    pub(super) cells: Vec<String>,
}

/// How a table is written.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    Text { delimiter: u8 },
    Sheet { name: String },
}

/// A table of the spec.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableSource<'a> {
    pub(super) path: &'a Path,
    /// Which sheet of an Excel workbook; the first where none is named.
    pub(super) sheet: Option<&'a str>,
    /// For messages.
    pub(super) what: &'static str,
    /// The key of the spec that names it.
    pub(super) key: &'a str,
}

/// A label table as read.
#[derive(Debug)]
pub(super) struct LabelTable {
    path: PathBuf,
    form: Form,
    header_line: u64,
    header: Vec<String>,
    /// Rows that fit the header.
    pub(super) rows: Vec<Row>,
    /// Rows that do not.
    pub(super) problems: Vec<Problem>,
}

impl LabelTable {
    /// Read a table with a header line, or with a header row in an Excel workbook.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8 nor a workbook, has no such sheet or no header.
    pub(super) fn read(source: &TableSource) -> Result<Self, DataError> {
        let bytes = read_bytes(source.path).map_err(|error| source.unreadable(&error))?;
        let is_workbook = source.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
        if bytes.starts_with(OLD_SIGNATURE) {
            let cause = "it is an Excel file of before 2007, or has a password".to_owned();
            return Err(source.refused(cause, "save it without a password as .xlsx, or as CSV in UTF-8"));
        }
        if is_workbook || bytes.starts_with(ZIP_SIGNATURE) {
            return Self::of_workbook(source, &bytes);
        }
        if let Some(sheet) = source.sheet {
            return Err(source.refused(format!("it is no Excel workbook, so that it has no sheet {sheet:?}"), "remove the key `sheet`"));
        }
        Self::of_text(source, &to_text(bytes, source.path, source.what)?)
    }

    fn of_workbook(source: &TableSource, bytes: &[u8]) -> Result<Self, DataError> {
        let read = workbook::read(bytes, source.sheet);
        let Sheet { name, rows } = read.map_err(|(cause, next)| match next {
            Some(next) => source.refused(cause, next),
            None => source.unreadable(&cause),
        })?;
        let mut table = Self::empty(source.path, Form::Sheet { name });
        for mut row in rows {
            // A sheet has no end of a row of its own: what is behind its last cell is empty.
            if row.cells.len() < table.header.len() {
                row.cells.resize(table.header.len(), String::new());
            }
            table.take_row(row);
        }
        table.with_header(source)
    }

    fn of_text(source: &TableSource, text: &str) -> Result<Self, DataError> {
        let delimiter = detect_delimiter(text);
        let mut table = Self::empty(source.path, Form::Text { delimiter });
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut memory = 0;
        for record in reader.records() {
            let record = record.map_err(|error| source.unreadable(&error))?;
            // A text takes a piece of its own besides its three numbers.
            memory += record.as_slice().len() + record.len() * (size_of::<String>() + 16);
            if memory > MAX_CELLS {
                return Err(source.refused("it has too many cells for a label table".to_owned(), "save only the columns that are needed"));
            }
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                let line = record.position().map_or(0, |position| position.line() + blank_lines(&text[position.byte() as usize..]));
                table.take_row(Row { line, cells });
            }
        }
        table.with_header(source)
    }

    fn empty(path: &Path, form: Form) -> Self {
        Self { path: path.to_owned(), form, header_line: 1, header: Vec::new(), rows: Vec::new(), problems: Vec::new() }
    }

    fn with_header(self, source: &TableSource) -> Result<Self, DataError> {
        if self.header.is_empty() { Err(source.unreadable(&"it is empty")) } else { Ok(self) }
    }

    fn take_row(&mut self, mut row: Row) {
        if self.header.is_empty() {
            self.header_line = row.line;
            self.header = row.cells;
            return;
        }
        // Spreadsheets leave empty cells at the end of rows.
        while row.cells.len() > self.header.len() && row.cells.last().is_some_and(String::is_empty) {
            row.cells.pop();
        }
        if row.cells.len() == self.header.len() {
            self.rows.push(row);
        } else {
            let found = format!("{} in the row, {} in the header", row.cells.len(), self.header.len());
            self.problems.push(Problem { kind: ProblemKind::BadRow, id: self.row_name(row.line), place: self.place(row.line), found });
        }
    }

    /// `path:line`, or path, sheet and row.
    pub(super) fn place(&self, line: u64) -> String {
        self.place_in(&self.path, line)
    }

    /// As [`place`](Self::place), without folders.
    pub(super) fn short_place(&self, line: u64) -> String {
        self.place_in(Path::new(self.path.file_name().unwrap_or_default()), line)
    }

    fn place_in(&self, path: &Path, line: u64) -> String {
        match &self.form {
            Form::Text { .. } => format!("{}:{line}", path.display()),
            Form::Sheet { name } => format!("{}, sheet {name:?}, row {line}", path.display()),
        }
    }

    /// What stands for the id of a row that has none.
    pub(super) fn row_name(&self, line: u64) -> String {
        match &self.form {
            Form::Text { .. } => format!("line {line}"),
            Form::Sheet { .. } => format!("row {line}"),
        }
    }

    /// How many columns the header has.
    pub(super) fn column_count(&self) -> usize {
        self.header.len()
    }

    /// The name of a column.
    pub(super) fn column_name(&self, column: usize) -> &str {
        &self.header[column]
    }

    /// A number as the table writes it; where no comma delimits, one may stand for the decimal point.
    pub(super) fn number(&self, cell: &str) -> String {
        if self.form == (Form::Text { delimiter: b',' }) { cell.to_owned() } else { cell.replacen(',', ".", 1) }
    }

    /// The column of a field: the one that is named, else the one that has an alias as its name.
    ///
    /// # Errors
    /// If the named one is not there, or if several could be meant.
    pub(super) fn find(&self, field: Field, name: Option<&str>, source: &str) -> Result<Option<usize>, DataError> {
        let matches = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..self.header.len()).filter(|column| wanted(&self.header[*column])).collect()
        };
        let columns = match name {
            Some(name) => match matches(&|column| column == name.trim()) {
                exact if !exact.is_empty() => exact,
                _ => matches(&|column| column.to_lowercase() == name.trim().to_lowercase()),
            },
            None => matches(&|column| field.is_usual_name(column)),
        };
        match (columns.as_slice(), name) {
            ([column], _) => Ok(Some(*column)),
            ([], None) => Ok(None),
            ([], Some(name)) => Err(self.missing(field, Some(name), source)),
            (several, _) => Err(DataError::AmbiguousColumn {
                place: self.place(self.header_line),
                field: field.key(),
                found: several.iter().map(|column| format!("{:?}", self.header[*column])).collect(),
                next: field.naming_step(source),
            }),
        }
    }

    /// The column of a field that every table must have.
    ///
    /// # Errors
    /// As for [`find`](Self::find), and if there is none.
    pub(super) fn require(&self, field: Field, name: Option<&str>, source: &str) -> Result<usize, DataError> {
        self.find(field, name, source)?.ok_or_else(|| self.missing(field, None, source))
    }

    fn missing(&self, field: Field, name: Option<&str>, source: &str) -> DataError {
        let candidates = name.map_or_else(|| field.aliases().to_vec(), |name| vec![name]);
        let likeness = |column: &str| {
            let column = column.to_lowercase();
            candidates.iter().map(|name| strsim::jaro_winkler(&name.to_lowercase(), &column)).fold(0.0, f64::max)
        };
        let nearest = self.header.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
        let wanted = match name {
            Some(name) => format!("{name:?}, which `data.csv.{}` names", field.key()),
            None => format!("for the {}; expected one of {}", field.key(), field.aliases().join(", ")),
        };
        DataError::MissingColumn(Box::new(MissingColumn {
            place: self.place(self.header_line),
            wanted,
            found: self.header.iter().map(|column| format!("{column:?}")).collect(),
            suggestion: nearest.filter(|column| likeness(column) > 0.75).cloned(),
            next: field.naming_step(source),
        }))
    }
}

impl TableSource<'_> {
    fn unreadable(&self, cause: &dyn std::fmt::Display) -> DataError {
        unreadable(self.path.display().to_string(), self.what, cause, self.key)
    }

    fn refused(&self, cause: String, next: &str) -> DataError {
        DataError::UnreadableTable { place: self.path.display().to_string(), what: self.what, cause, next: next.to_owned() }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
