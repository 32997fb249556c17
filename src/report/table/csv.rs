//! Comma-separated values with a header line; notes have no place here.

use super::{Table, TableRow};

/// The whole file.
pub(in super::super) fn write(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut record = |fields: Vec<&str>| writer.write_record(fields).expect("every row has as many fields as the header");
    record(table.headings.iter().map(|heading| heading.text.as_str()).collect());
    for row in &table.rows {
        match row {
            TableRow::Cells(cells) => record(cells.iter().map(|cell| cell.text.as_str()).collect()),
            TableRow::Message { label, text } => {
                let mut fields = vec![""; table.headings.len()];
                (fields[0], fields[1]) = (label, text);
                record(fields);
            }
            TableRow::Rule => {}
        }
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn fields_with_commas_and_quotes_are_quoted() {
        insta::assert_snapshot!(write(&example()), @r#"
        Backbone,MAE (years),R²
        cnn_a|b,0.91 ± 0.03,−5.30
        VGG16,"failed: needs 32 × 32 <px>, ""8"" found",
        Mean-age baseline,4.10,—
        "#);
    }
}
