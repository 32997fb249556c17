//! JSON for programs: the rows as objects under the names of the columns.

use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{Cell, Table, TableRow};

/// The whole file: `name`, `title` and `rows`. A column of which every field is a number holds numbers; an empty field is `null`.
pub(in super::super) fn write(table: &Table) -> String {
    serde_json::to_string_pretty(&Rows { table, is_number: numbers(table) }).expect("words and numbers") + "\n"
}

/// Which columns hold nothing but numbers.
fn numbers(table: &Table) -> Vec<bool> {
    let cells = |column: usize| {
        table.rows.iter().filter_map(move |row| if let TableRow::Cells(cells) = row { Some(cells[column].text.as_str()) } else { None })
    };
    (0..table.headings.len()).map(|column| cells(column).filter(|text| !text.is_empty()).all(|text| number(text).is_some())).collect()
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

struct Rows<'a> {
    table: &'a Table,
    is_number: Vec<bool>,
}

/// The rows, as a sequence of objects.
struct Objects<'a>(&'a Rows<'a>);

/// One row, in the order of the columns.
struct Object<'a>(&'a Rows<'a>, &'a [Cell]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut whole = serializer.serialize_struct("Table", 3)?;
        whole.serialize_field("name", &self.table.name)?;
        whole.serialize_field("title", &self.table.title)?;
        whole.serialize_field("rows", &Objects(self))?;
        whole.end()
    }
}

impl Serialize for Objects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        for row in &self.0.table.rows {
            match row {
                TableRow::Cells(cells) => rows.serialize_element(&Object(self.0, cells))?,
                TableRow::Message { label, text } => rows.serialize_element(&Object(self.0, &[Cell::plain(label), Cell::plain(text)]))?,
                TableRow::Rule => {}
            }
        }
        rows.end()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Rows { table, is_number }, cells) = self;
        let mut object = serializer.serialize_map(Some(cells.len()))?;
        for ((heading, is_number), cell) in table.headings.iter().zip(is_number).zip(*cells) {
            match number(&cell.text).filter(|_| *is_number) {
                _ if cell.text.is_empty() => object.serialize_entry(&heading.text, &())?,
                // A whole number stays one.
                Some(_) if cell.text.parse::<i64>().is_ok() => object.serialize_entry(&heading.text, &cell.text.parse::<i64>().ok())?,
                Some(value) => object.serialize_entry(&heading.text, &value)?,
                None => object.serialize_entry(&heading.text, &cell.text)?,
            }
        }
        object.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::Heading;
    use super::*;

    #[test]
    fn numbers_are_numbers_and_nothing_is_null() {
        let row = |texts: [&str; 4]| TableRow::Cells(texts.map(Cell::plain).to_vec());
        let table = Table {
            name: "ten".into(),
            title: "10 \"Epoch\"".into(),
            headings: ["backbone", "films", "mae", "version"].map(Heading::left).to_vec(),
            rows: vec![row(["CNN", "20", "1.5", "2"]), TableRow::Rule, row(["16", "", "", "2b"])],
            notes: Vec::new(),
            best: None,
        };
        let found: serde_json::Value = serde_json::from_str(&write(&table)).unwrap();
        let expected = serde_json::json!({ "name": "ten", "title": "10 \"Epoch\"", "rows": [
            { "backbone": "CNN", "films": 20, "mae": 1.5, "version": "2" },
            { "backbone": "16", "films": null, "mae": null, "version": "2b" },
        ] });
        assert_eq!(found, expected);
        let text = write(&table);
        assert!(text.find("backbone") < text.find("films"), "columns keep their order");
    }
}
