#![allow(clippy::unwrap_used, reason = "a test may panic")]

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
    assert!(missing.contains("/nowhere/labels.csv: cannot read the label table") && missing.contains("`data.rsna.labels`"), "{missing}");
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
