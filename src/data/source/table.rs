//! A label table, as text or in an Excel workbook: delimiter or sheet, header, and columns by name or alias.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::error::{DataError, MissingColumn};
use super::super::problem::{Problem, ProblemKind};
use super::workbook::{self, OLD_SIGNATURE, Sheet, ZIP_SIGNATURE};

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Age,
    Sex,
    Group,
    Race,
    /// The part of a given split.
    Split,
    /// The fold of a given split.
    Fold,
}

impl Field {
    /// The key under `data.csv`, and the word of messages.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Age => "age",
            Self::Sex => "sex",
            Self::Group => "group",
            Self::Race => "race",
            Self::Split => "split",
            Self::Fold => "fold",
        }
    }

    /// Names of published tables, in any case; a space and `_` are the same.
    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "image id", "case id"],
            Self::Age => &["boneage", "bone age", "bone age (months)", "ground truth bone age (months)"],
            Self::Sex => &["male", "sex", "gender"],
            Self::Group => &["patient id"],
            Self::Race => &["race", "location"],
            Self::Split => &["split", "part"],
            Self::Fold => &["fold"],
        }
    }
}

/// What a table may have on disk; one of a million rows has 30 million bytes.
const MAX_BYTES: u64 = 100_000_000;

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
            None => matches(&|column| field.aliases().iter().any(|alias| normalise(alias) == normalise(column))),
        };
        match (columns.as_slice(), name) {
            ([column], _) => Ok(Some(*column)),
            ([], None) => Ok(None),
            ([], Some(name)) => Err(self.missing(field, Some(name), source)),
            (several, _) => Err(DataError::AmbiguousColumn {
                place: self.place(self.header_line),
                field: field.key(),
                found: several.iter().map(|column| format!("{:?}", self.header[*column])).collect(),
                next: naming_step(field, source),
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
            next: naming_step(field, source),
        }))
    }
}

fn naming_step(field: Field, source: &str) -> String {
    let key = field.key();
    match source {
        "data.csv" | "data.csv.test" => format!("name the column as `data.csv.{key}`"),
        "split.file" | "--labels" => "rename the column".to_owned(),
        _ => format!("rename the column, or use the source `data.csv` and name it as `data.csv.{key}`"),
    }
}

fn normalise(name: &str) -> String {
    name.to_lowercase().replace(['_', ' '], "")
}

impl TableSource<'_> {
    fn unreadable(&self, cause: &dyn std::fmt::Display) -> DataError {
        unreadable(self.path.display().to_string(), self.what, cause, self.key)
    }

    fn refused(&self, cause: String, next: &str) -> DataError {
        DataError::UnreadableTable { place: self.path.display().to_string(), what: self.what, cause, next: next.to_owned() }
    }
}

/// The text of a list, without a byte-order mark.
///
/// # Errors
/// If the file cannot be read or is no text.
pub(super) fn read_text(path: &Path, what: &'static str, key: &str) -> Result<String, DataError> {
    let bytes = read_bytes(path).map_err(|error| unreadable(path.display().to_string(), what, &error, key))?;
    to_text(bytes, path, what)
}

/// The bytes of a table.
///
/// # Errors
/// If it cannot be read, is larger than any, or is a pipe or a device, which may never end.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Asked of the path, since to open a pipe is to wait for its writer.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other(if found.is_dir() { "it is a folder" } else { "it is no file" }));
    }
    if found.len() > MAX_BYTES {
        return Err(io::Error::other(format!("{} bytes are more than a table has; expected at most {MAX_BYTES}", found.len())));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// UTF-8, or UTF-16, as Excel's "Unicode text" has it. The line ends of an old Macintosh become those of today.
fn to_text(bytes: Vec<u8>, path: &Path, what: &'static str) -> Result<String, DataError> {
    let foreign = |line: usize| DataError::UnreadableTable {
        place: format!("{}:{line}", path.display()),
        what,
        cause: "expected text in UTF-8 or UTF-16, found other bytes".to_owned(),
        next: "save it as CSV in UTF-8".to_owned(),
    };
    let text = if let Some(unit) = utf_16_unit(&bytes) {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2)).ok_or_else(|| foreign(1))?
    } else {
        String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            foreign(good.split(|byte| *byte == b'\n').count())
        })?
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// How two bytes make a unit of UTF-16: by the byte-order mark or, without one, by the zero that half of each plain letter is.
fn utf_16_unit(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match *bytes.get(..2)? {
        [0xff, 0xfe] => Some(u16::from_le_bytes),
        [0xfe, 0xff] => Some(u16::from_be_bytes),
        [first, 0] if first != 0 => Some(u16::from_le_bytes),
        [0, second] if second != 0 => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn unreadable(place: String, what: &'static str, cause: &dyn std::fmt::Display, key: &str) -> DataError {
    DataError::UnreadableTable { place, what, cause: cause.to_string(), next: format!("correct `{key}` or the file") }
}

/// The delimiter that the header line has most of.
fn detect_delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = |byte: &u8| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        };
        header.as_bytes().iter().copied().filter(outside).count()
    };
    // The last of equals wins, so the comma is last.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Line ends before the first text; the reader passes over them without moving the record's position.
fn blank_lines(rest: &str) -> u64 {
    let blank = &rest[..rest.len() - rest.trim_start().len()];
    blank.bytes().filter(|byte| *byte == b'\n').count() as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::testing::{Folder, archive, workbook};
    use super::*;

    fn source<'a>(path: &'a Path, sheet: Option<&'a str>) -> TableSource<'a> {
        TableSource { path, sheet, what: "the label table", key: "data.rsna.labels" }
    }

    fn read(text: impl AsRef<[u8]>) -> Result<LabelTable, DataError> {
        let folder = Folder::new();
        let path = folder.write("labels.csv", text);
        LabelTable::read(&source(&path, None))
    }

    #[test]
    fn every_delimiter_line_end_and_blank_line_gives_the_same_table_with_the_right_lines() {
        let plain = "\nid,boneage,male\n1,12.5,True\n\n  \n\"2\",13,\"a,b\"\n";
        for (name, text) in [
            ("comma", plain.to_owned()),
            ("mark", format!("\u{feff}{plain}")),
            ("crlf", plain.replace('\n', "\r\n")),
            ("tab", "\nid\tboneage\tmale\n1\t12.5\tTrue\n\n\t\t\n2\t13\ta,b".to_owned()),
            ("semicolon", "\n id ; boneage ; male \n1 ;12.5;True\n\n;;\n2;13;a,b\n".to_owned()),
            ("trailing", "\nid,boneage,male\n1,12.5,True,,\n,\n,,,\n2,13,\"a,b\"".to_owned()),
        ] {
            let table = read(text).unwrap();
            assert_eq!(table.header, ["id", "boneage", "male"], "{name}");
            let rows: Vec<_> = table.rows.iter().map(|row| (row.line, row.cells.join("|"))).collect();
            assert_eq!(rows, [(3, "1|12.5|True".to_owned()), (6, "2|13|a,b".to_owned())], "{name}");
            assert_eq!(table.problems, [], "{name}");
        }
    }

    #[test]
    fn a_short_or_long_row_is_a_problem_with_its_line() {
        let table = read("id,boneage\n1\n2,3\n4,5,6\n").unwrap();
        assert_eq!(table.rows.len(), 1);
        let found: Vec<_> = table.problems.iter().map(|problem| (problem.id.as_str(), problem.found.as_str())).collect();
        assert_eq!(found, [("line 2", "1 in the row, 2 in the header"), ("line 4", "3 in the row, 2 in the header")]);
        assert!(table.problems[0].place.ends_with("labels.csv:2"));
    }

    #[test]
    fn a_decimal_comma_is_read_where_it_cannot_delimit() {
        assert_eq!(read("id;boneage\n1;12,5").unwrap().number("12,5"), "12.5");
        assert_eq!(read("id\tboneage\n1\t12,5").unwrap().number("12,5"), "12.5");
        assert_eq!(read("id,boneage\n1,2").unwrap().number("12,5"), "12,5");
    }

    #[test]
    fn columns_are_found_by_every_published_header() {
        for (header, columns) in [
            ("id,boneage,male", [Some(0), Some(1), Some(2)]),
            ("Image ID,male,Bone Age (months)", [Some(0), Some(2), Some(1)]),
            ("Case ID,Sex,Ground truth bone age (months)", [Some(0), Some(2), Some(1)]),
            ("image_ID,dir,patient_ID,sex,bone_age", [Some(0), Some(4), Some(3)]),
            ("ID,Male,Boneage,Chronological", [Some(0), Some(2), Some(1)]),
            ("Case ID,Bone Age,Male,Location", [Some(0), Some(1), Some(2)]),
            ("Case ID,Sex", [Some(0), None, Some(1)]),
        ] {
            let table = read(header).unwrap();
            let found = [Field::Id, Field::Age, Field::Sex].map(|field| table.find(field, None, "data.rsna").unwrap());
            assert_eq!(found, columns, "{header}");
        }
    }

    #[test]
    fn a_missing_column_lists_the_columns_and_the_nearest() {
        let table = read("film,bonage,sex\n1,2,M").unwrap();
        let message = table.require(Field::Age, None, "data.rsna").unwrap_err().to_string();
        assert!(message.contains("labels.csv:1: no column for the age; expected one of boneage, bone age,"), "{message}");
        assert!(message.contains("found \"film\", \"bonage\", \"sex\"; did you mean \"bonage\"?"), "{message}");
        let message = table.find(Field::Id, Some("films"), "data.csv").unwrap_err().to_string();
        assert!(message.contains("no column \"films\", which `data.csv.id` names"), "{message}");
        assert!(message.contains("did you mean \"film\"?; name the column as `data.csv.id`"), "{message}");
        assert_eq!(table.find(Field::Id, Some(" FILM "), "data.csv"), Ok(Some(0)));
        assert_eq!(table.find(Field::Race, None, "data.csv"), Ok(None));
    }

    #[test]
    fn two_columns_that_could_be_meant_are_an_error() {
        let table = read("id,Case ID,age,age\n").unwrap();
        let message = table.require(Field::Id, None, "data.csv").unwrap_err().to_string();
        assert!(message.contains("columns \"id\" and \"Case ID\" could each be the id; name the column"), "{message}");
        assert!(table.find(Field::Age, Some("age"), "data.csv").is_err());
    }

    #[test]
    fn a_table_that_cannot_be_read_says_where_and_what_to_do() {
        let missing = LabelTable::read(&source(Path::new("/nowhere/labels.csv"), None)).unwrap_err().to_string();
        assert!(
            missing.contains("/nowhere/labels.csv: cannot read the label table") && missing.contains("`data.rsna.labels`"),
            "{missing}"
        );
        let bytes = read(b"id,boneage\n1,2\n\xff,3\n").unwrap_err().to_string();
        assert!(bytes.contains("labels.csv:3") && bytes.contains("UTF-8"), "{bytes}");
        let empty = read("\n\n").unwrap_err().to_string();
        assert!(empty.contains("it is empty"), "{empty}");
    }

    #[test]
    fn utf_16_with_its_mark_is_read() {
        let text = "\u{feff}id\tboneage\r\n1\t12,5\r\n";
        for bytes in
            [text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()]
        {
            let table = read(bytes).unwrap();
            assert_eq!((table.header.join("|"), table.rows[0].cells.join("|")), ("id|boneage".to_owned(), "1|12,5".to_owned()));
        }
    }

    fn read_workbook(bytes: Vec<u8>, sheet: Option<&str>) -> Result<LabelTable, DataError> {
        let folder = Folder::new();
        let path = folder.write("labels.xlsx", bytes);
        LabelTable::read(&source(&path, sheet))
    }

    #[test]
    fn a_sheet_is_the_same_table_and_its_places_are_sheet_and_row() {
        let bytes = workbook(&[
            ("Notes", &[&["nothing"]]),
            (
                "Ages",
                &[
                    &[],
                    &["id", "boneage", "male", "note"],
                    &["1", "12.5", "TRUE", ""],
                    &[],
                    &["x2", "13", "FALSE", "a,b"],
                    &["3"],
                    &["", "", "", "", "5"],
                ],
            ),
        ]);
        let table = read_workbook(bytes.clone(), Some("ages ")).unwrap();
        assert_eq!(table.header, ["id", "boneage", "male", "note"]);
        let rows: Vec<_> = table.rows.iter().map(|row| (row.line, row.cells.join("|"))).collect();
        let expected = [(3, "1|12.5|true|"), (5, "x2|13|false|a,b"), (6, "3|||")].map(|(line, cells)| (line, cells.to_owned()));
        assert_eq!(rows, expected);
        assert_eq!(table.problems.len(), 1);
        assert_eq!((table.problems[0].id.as_str(), table.problems[0].found.as_str()), ("row 7", "5 in the row, 4 in the header"));
        assert!(table.problems[0].place.ends_with("labels.xlsx, sheet \"Ages\", row 7"), "{}", table.problems[0].place);
        let message = table.require(Field::Age, Some("bonage"), "data.csv").unwrap_err().to_string();
        assert!(message.contains("labels.xlsx, sheet \"Ages\", row 2: no column \"bonage\""), "{message}");
        assert_eq!(read_workbook(bytes.clone(), None).unwrap().header, ["nothing"]);
        let message = read_workbook(bytes, Some("Labels")).unwrap_err().to_string();
        assert!(
            message.contains("no sheet \"Labels\" in the Excel workbook (it has \"Notes\", \"Ages\"); correct the key `sheet`"),
            "{message}"
        );
        let folder = Folder::new();
        let path = folder.write("labels.csv", "id,boneage\n");
        let message = LabelTable::read(&source(&path, Some("Ages"))).unwrap_err().to_string();
        assert!(message.contains("it is no Excel workbook, so that it has no sheet \"Ages\"; remove the key `sheet`"), "{message}");
    }

    #[test]
    fn what_is_no_workbook_or_would_not_fit_is_refused() {
        let sheet = |xml: &str| archive(&[("xl/worksheets/sheet1.xml", xml.as_bytes())], &["A"]);
        let long = "9".repeat(100_000);
        let shared = format!("<sst uniqueCount=\"1\"><si><t>{long}</t></si></sst>");
        let rows = |count: usize, row: &dyn Fn(usize) -> String| (1..=count).map(row).collect::<String>();
        let cells = rows(3000, &|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>"));
        let repeated = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
        let wide = rows(1000, &|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>"));
        for (name, bytes, message) in [
            ("text", b"id,boneage\n1,2\n".to_vec(), "the content is no Excel workbook (.xlsx)"),
            (
                "cut",
                {
                    let mut whole = workbook(&[("A", &[&["id"]])]);
                    whole.truncate(300);
                    whole
                },
                "the content is no Excel workbook (.xlsx)",
            ),
            ("old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "before 2007, or has a password; save it without a password as .xlsx"),
            ("bomb", sheet(&" ".repeat(65 << 20)), "too large for a label table; save the sheet as CSV"),
            ("wide rows", sheet(&format!("<worksheet><sheetData>{wide}</sheetData></worksheet>")), "too large for a label table"),
            (
                "one long text in many cells",
                archive(&[("xl/worksheets/sheet1.xml", repeated.as_bytes()), ("xl/sharedStrings.xml", shared.as_bytes())], &["A"]),
                "too large for a label table",
            ),
            (
                "many texts announced",
                archive(&[("xl/sharedStrings.xml", b"<sst uniqueCount=\"99999999999999\"></sst>")], &["A"]),
                "a part announces more texts than it can have",
            ),
            ("another archive", archive(&[("readme.txt", b"hello")], &[]), "the Excel workbook"),
        ] {
            let refusal = read_workbook(bytes, None).unwrap_err().to_string();
            assert!(refusal.contains(message), "{name}: {refusal}");
            assert!(refusal.contains("labels.xlsx: cannot read the label table"), "{name}: {refusal}");
        }
    }
}
