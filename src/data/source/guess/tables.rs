//! Label tables in and beside a folder of films, and the one that fits best.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::super::field::Field;
use super::super::films::FilmFile;
use super::super::table::{LabelTable, TableSource};
use super::column::{self, Columns};
use super::{GuessedSource, GuessedTable, Told, stems};
use crate::spec::AgeUnit;

/// Extensions of tables.
const EXTENSIONS: [&str; 4] = ["csv", "tsv", "txt", "xlsx"];
/// No folder of films has as many tables.
const MOST: usize = 50;

/// What was found.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) best: Option<Told<GuessedSource>>,
    /// What was seen and not used, and why.
    pub(super) remarks: Vec<String>,
}

/// The table that somebody named.
///
/// # Errors
/// Why it does not do.
pub(super) fn named(images: &Path, labels: &Path, films: &[FilmFile]) -> Result<Told<GuessedSource>, String> {
    let columns = read(labels, &stems(films), films.len())?;
    Ok(source(images, labels, &columns.0, &columns.1, "it was named with --labels"))
}

/// The table in or beside the folder that names the most films.
pub(super) fn found(images: &Path, folder: &Path, films: &[FilmFile]) -> Tables {
    let stems = stems(films);
    let mut fitting = Vec::new();
    let mut remarks = Vec::new();
    for path in candidates(folder) {
        match read(&path, &stems, films.len()) {
            Ok((table, columns)) => fitting.push((path, table, columns)),
            Err(cause) => remarks.push(format!("{}: {cause}", path.display())),
        }
    }
    if fitting.is_empty() && remarks.is_empty() {
        remarks.push(format!("tables: there is no CSV or Excel file in {} or beside it", folder.display()));
    }
    // The plainest of those that name the most films: published headings, then the sex, then the fewest columns.
    fitting.sort_by_key(|(_, table, columns)| {
        (std::cmp::Reverse(columns.films), !has_published_age(table, columns), columns.sex.is_none(), table.column_count())
    });
    let mut fitting = fitting.into_iter();
    let Some((path, table, columns)) = fitting.next() else { return Tables { best: None, remarks } };
    // What does not fit is of no interest beside what does.
    let mut remarks: Vec<String> = columns.remarks.iter().map(|remark| format!("{}: {remark}", path.display())).collect();
    for (other, _, columns) in fitting {
        remarks.push(format!("{}: it names {} film(s) too; --labels takes it instead", other.display(), columns.films));
    }
    let best = source(images, &path, &table, &columns, &format!("its rows name {} of {} films", columns.films, films.len()));
    Tables { best: Some(best), remarks }
}

/// Tables in the folder, in the folders in it, and beside it, nearest first.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let beside = match (folder.file_name(), folder.parent()) {
        (Some(_), Some(parent)) if parent.as_os_str().is_empty() => PathBuf::from("."),
        (Some(_), Some(parent)) => parent.to_owned(),
        _ => folder.join(".."),
    };
    let listed = |root: &Path, depth: usize| -> Vec<PathBuf> {
        let entries = WalkDir::new(root).max_depth(depth).sort_by_file_name().into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_file() && !entry.file_name().to_string_lossy().starts_with(['.', '~']));
        let is_table = |path: &PathBuf| {
            let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            EXTENSIONS.contains(&extension.as_str())
        };
        files.map(walkdir::DirEntry::into_path).filter(is_table).collect()
    };
    let paths = listed(folder, 2).into_iter().chain(listed(&beside, 1));
    let plain = |path: PathBuf| path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
    paths.map(plain).take(MOST).collect()
}

fn read(path: &Path, stems: &BTreeSet<String>, count: usize) -> Result<(LabelTable, Columns), String> {
    let source = TableSource { path, sheet: None, what: "the table", key: "--labels" };
    let table = LabelTable::read(&source).map_err(|error| {
        let text = error.to_string();
        text.strip_prefix(&format!("{}: ", path.display())).map(str::to_owned).unwrap_or(text)
    })?;
    let columns = column::find(&table, stems, count)?;
    Ok((table, columns))
}

fn has_published_age(table: &LabelTable, columns: &Columns) -> bool {
    is_found_alone(table, Field::Age, Some(&columns.age.value))
}

/// Whether the column of a field is the one that is taken where none is named.
fn is_found_alone(table: &LabelTable, field: Field, column: Option<&String>) -> bool {
    let alone = table.find(field, None, "").ok();
    alone.is_some_and(|found| found.map(|found| table.column_name(found)) == column.map(String::as_str))
}

fn source(images: &Path, labels: &Path, table: &LabelTable, columns: &Columns, reason: &str) -> Told<GuessedSource> {
    let Columns { id, age, unit, sex, group, race, .. } = columns;
    let (images, labels) = (images.to_owned(), labels.to_owned());
    let name = |told: &Option<Told<String>>| told.as_ref().map(|told| told.value.clone());
    let fields = [
        (Field::Id, Some(id.value.clone())),
        (Field::Age, Some(age.value.clone())),
        (Field::Sex, name(sex)),
        (Field::Group, name(group)),
        (Field::Race, name(race)),
    ];
    let all_alone = fields.iter().all(|(field, column)| is_found_alone(table, *field, column.as_ref()));
    if all_alone && unit.value == AgeUnit::Months && !unit.is_unsure {
        let reason = format!("{reason}, with the columns of the RSNA bone-age challenge, in months");
        return Told::sure(GuessedSource::Rsna { images, labels }, reason);
    }
    let told = GuessedTable {
        images,
        labels,
        id: id.clone(),
        age: age.clone(),
        unit: unit.clone(),
        sex: sex.clone(),
        group: group.clone(),
        race: race.clone(),
    };
    Told::sure(GuessedSource::Csv(Box::new(told)), reason)
}
