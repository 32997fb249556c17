//! Small films and folders for the tests of this module.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use tempfile::TempDir;

use super::sample::{Film, Sample, Sex};

/// A folder that vanishes with the test.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Write a file, with the folders above it.
    pub(super) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Write a small film whose pixels depend on its number, in the format of the extension.
    pub(super) fn film(&self, relative: &str, number: u8) -> PathBuf {
        let format = ImageFormat::from_path(Path::new(relative)).unwrap();
        self.write(relative, encode(&gradient(9, 7, number), format))
    }
}

/// A grey picture that differs in every row, column and number.
pub(super) fn gradient(height: u32, width: u32, number: u8) -> DynamicImage {
    let level = |x: u32, y: u32| (x * 11 + y * 5 + u32::from(number) * 13) as u8;
    GrayImage::from_fn(width, height, |x, y| Luma([level(x, y)])).into()
}

/// The bytes of a picture's file.
pub(super) fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The bytes of a zip archive with those parts, and with what makes it a workbook of those sheets, if any.
pub(super) fn archive(parts: &[(&str, &[u8])], sheets: &[&str]) -> Vec<u8> {
    use std::fmt::Write as _;
    use std::io::Write as _;

    let mut list = String::new();
    let mut relations = String::new();
    for (index, name) in sheets.iter().enumerate() {
        let number = index + 1;
        write!(list, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>").unwrap();
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
        write!(relations, "<Relationship Id=\"rId{number}\" Type=\"{kind}\" Target=\"worksheets/sheet{number}.xml\"/>").unwrap();
    }
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>"
    );
    let relations =
        format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>");
    let root = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
                Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
                </Relationships>";
    let own: [(&str, &[u8]); 3] =
        [("_rels/.rels", root.as_bytes()), ("xl/workbook.xml", book.as_bytes()), ("xl/_rels/workbook.xml.rels", relations.as_bytes())];
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts.iter().chain(if sheets.is_empty() { &[] } else { own.as_slice() }) {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The bytes of an Excel workbook: sheets with their rows of cells, numbers and truth values as Excel stores them.
pub(super) fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let cell = |(column, text): (usize, &&str), row: usize| {
        let place = format!("{}{row}", char::from(b'A' + column as u8));
        match *text {
            "" => String::new(),
            "TRUE" | "FALSE" => format!("<c r=\"{place}\" t=\"b\"><v>{}</v></c>", u8::from(*text == "TRUE")),
            number if number.parse::<f64>().is_ok() => format!("<c r=\"{place}\"><v>{number}</v></c>"),
            text => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    };
    let row = |(index, cells): (usize, &&[&str])| {
        let cells: String = cells.iter().enumerate().map(|text| cell(text, index + 1)).collect();
        format!("<row r=\"{}\">{cells}</row>", index + 1)
    };
    let xml = |rows: &[&[&str]]| {
        let rows: String = rows.iter().enumerate().map(row).collect();
        format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>")
    };
    let parts: Vec<(String, String)> =
        sheets.iter().enumerate().map(|(index, (_, rows))| (format!("xl/worksheets/sheet{}.xml", index + 1), xml(rows))).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, xml)| (name.as_str(), xml.as_bytes())).collect();
    archive(&parts, &sheets.iter().map(|(name, _)| *name).collect::<Vec<_>>())
}

/// A sample of a synthetic film.
pub(super) fn sample(id: &str, age_months: f64, sex: Option<Sex>, group: Option<&str>) -> Sample {
    let index = id.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte));
    Sample { id: id.to_owned(), film: Film::Phantom { seed: 3, index }, age_months, sex, group: group.map(str::to_owned), race: None }
}
