//! What a table says of films that are looked at one by one, such as those of `predict`: their sex and, where the unit is told, age.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind, Problems};
use super::super::sample::Sex;
use super::csv::number_of;
use super::field::Field;
use super::films::without_extension;
use super::label::{SexWords, parse_age};
use super::table::{LabelTable, TableSource};
use crate::spec::AgeUnit;

/// What a table says of one film.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FilmLabel {
    /// Its sex, where the table has such a column and the cell is not empty.
    pub sex: Option<Sex>,
    /// Its age in months, where ages are asked for.
    pub age_months: Option<f64>,
}

/// What a table says of films, by id.
#[derive(Debug, Default)]
pub struct FilmLabels {
    by_id: BTreeMap<String, FilmLabel>,
}

impl FilmLabels {
    /// Read a table as a spec's `labels`; columns are found by their usual names. Ages are read where their unit is given.
    ///
    /// # Errors
    /// If the file is no such table, has no column of ids, or (with a unit) of ages, or if a cell cannot be read; all are named.
    pub fn read(path: &Path, unit: Option<AgeUnit>) -> Result<Self, DataError> {
        let source = "--labels";
        let mut table = LabelTable::read(&TableSource { path, sheet: None, what: "the label table", key: source })?;
        let mut problems = std::mem::take(&mut table.problems);
        let id = table.require(Field::Id, None, source)?;
        let sex = table.find(Field::Sex, None, source)?.map(|column| (column, SexWords::of_column(table.column_name(column))));
        let age = unit.map(|unit| Ok::<_, DataError>((age_column(&table, source)?, unit))).transpose()?;
        let mut by_id = BTreeMap::new();
        for row in &table.rows {
            let film = without_extension(&row.cells[id]).to_owned();
            let mut note = |kind, found| problems.push(Problem { kind, id: film.clone(), place: table.place(row.line), found });
            let mut label = FilmLabel::default();
            if let Some((column, words)) = sex {
                match words.parse(&row.cells[column]) {
                    Ok(sex) => label.sex = sex,
                    Err(found) => note(ProblemKind::BadSex, found),
                }
            }
            if let Some((column, unit)) = age {
                match parse_age(&table.number(&row.cells[column]), unit) {
                    Ok(months) => label.age_months = Some(months),
                    Err(found) => note(ProblemKind::BadAge, found),
                }
            }
            if film.is_empty() {
                note(ProblemKind::EmptyId, "no id".to_owned());
            } else if by_id.insert(film.clone(), label).is_some() {
                note(ProblemKind::DuplicateLabel, format!("id {film:?} again"));
            }
        }
        if problems.is_empty() { Ok(Self { by_id }) } else { Err(DataError::Problems(Problems(problems))) }
    }

    /// What is said of the film in a file: by its name without extension, or by its whole name; some tables write a number without
    /// the zeros that its file name starts with.
    pub fn of_file(&self, film: &Path) -> Option<FilmLabel> {
        let name = film.file_name()?.to_string_lossy();
        let stem = film.file_stem()?.to_string_lossy();
        let plain = number_of(&stem);
        [Some(&*stem), Some(&*name), plain].into_iter().flatten().find_map(|id| self.by_id.get(id)).copied()
    }

    /// How many films the table names.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// The column of ages: one with a usual name, or `age`, which a spec must name because it may be another than the target.
fn age_column(table: &LabelTable, source: &str) -> Result<usize, DataError> {
    let plain = (0..table.column_count()).find(|column| table.column_name(*column).eq_ignore_ascii_case("age"));
    match (table.find(Field::Age, None, source)?, plain) {
        (Some(column), _) | (None, Some(column)) => Ok(column),
        (None, None) => table.require(Field::Age, None, source),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(text: &str, unit: Option<AgeUnit>) -> Result<FilmLabels, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.csv");
        std::fs::write(&path, text).unwrap();
        FilmLabels::read(&path, unit)
    }

    #[test]
    fn films_are_found_by_name_stem_or_number() {
        let labels = read("id,male,boneage\n7.png,True,100\nscan.1,False,24\n", Some(AgeUnit::Months)).unwrap();
        let boy = FilmLabel { sex: Some(Sex::M), age_months: Some(100.0) };
        assert_eq!(labels.of_file(Path::new("a/7.png")), Some(boy));
        assert_eq!(labels.of_file(Path::new("0007.dcm")), Some(boy));
        assert_eq!(labels.of_file(Path::new("a/scan.1")).unwrap().sex, Some(Sex::F));
        assert_eq!(labels.of_file(Path::new("8.png")), None);
    }

    #[test]
    fn ages_are_not_asked_for_without_their_unit_and_every_fault_is_named() {
        assert_eq!(read("id,sex\n7,F\n", None).unwrap().of_file(Path::new("7.png")).unwrap().age_months, None);
        let message = read("id,sex,age\n7,X,12\n8,F,old\n8,F,1\n", Some(AgeUnit::Years)).unwrap_err().to_string();
        for part in ["\"X\"", "\"old\"", "id \"8\" again"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(read("id,sex\n7,F\n", Some(AgeUnit::Years)).unwrap_err().to_string().contains("for the age"));
    }
}
