//! A given split: a table that names the part of every film, as `splits.csv` of a study does.
//!
//! In: the table's file and the samples. Out: the part of each sample, or every row and film for which there is none.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind, Problems};
use super::super::sample::Dataset;
use super::super::split::Part;
use super::csv::number_of;
use super::field::Field;
use super::films::without_extension;
use super::table::{LabelTable, Row, TableSource};
use crate::plan::SplitFile;

const KEY: &str = "split.file";

/// The part of every sample. Rows of films that were left out are passed over.
///
/// # Errors
/// If the table cannot be read, names a film twice, or none, or one that is not there, or a part that is not known; or if a
/// sample is not in it.
pub(super) fn read(file: &SplitFile, dataset: &Dataset) -> Result<BTreeMap<String, Part>, DataError> {
    let mut table = LabelTable::read(&TableSource { path: &file.path, sheet: None, what: "the split", key: KEY })?;
    let columns = Columns {
        id: table.require(Field::Id, None, KEY)?,
        split: table.require(Field::Split, None, KEY)?,
        fold: table.find(Field::Fold, None, KEY)?,
    };
    let known = KnownIds::of(dataset);
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    let mut problems = std::mem::take(&mut table.problems);
    for row in &table.rows {
        let written = &row.cells[columns.id];
        let mut note = |kind, found| problems.push(Problem { kind, id: written.clone(), place: table.place(row.line), found });
        let Some(id) = known.find(without_extension(written)) else {
            note(ProblemKind::UnknownInSplit, format!("id {written:?}"));
            continue;
        };
        match columns.part(row, file.folds) {
            Ok(part) => {
                if parts.insert(id.to_owned(), part).is_some() {
                    note(ProblemKind::DuplicateLabel, format!("id {written:?} again"));
                }
            }
            Err(found) => note(ProblemKind::BadPart, found),
        }
    }
    let bad: BTreeSet<&str> = problems.iter().map(|problem| without_extension(&problem.id)).collect();
    let missing: Vec<Problem> = dataset
        .samples
        .iter()
        .filter(|sample| !parts.contains_key(&sample.id) && !bad.contains(sample.id.as_str()))
        .map(|sample| {
            let found = format!("no row with id {:?}", sample.id);
            Problem { kind: ProblemKind::MissingInSplit, id: sample.id.clone(), place: file.path.display().to_string(), found }
        })
        .collect();
    problems.extend(missing);
    if !problems.is_empty() {
        return Err(DataError::Problems(Problems(problems)));
    }
    parts.retain(|id, _| known.used.contains(id.as_str()));
    Ok(parts)
}

/// Where the table has what.
struct Columns {
    id: usize,
    split: usize,
    fold: Option<usize>,
}

impl Columns {
    /// The part that a row names.
    fn part(&self, row: &Row, folds: Option<u32>) -> Result<Part, String> {
        let word = row.cells[self.split].as_str();
        let fold = self.fold.map_or("", |column| row.cells[column].as_str());
        match (word.to_lowercase().as_str(), folds) {
            ("test" | "testing", _) => Ok(Part::Test),
            ("train" | "training", None) => Ok(Part::Train),
            ("val" | "valid" | "validation", None) => Ok(Part::Val),
            ("fold", Some(folds)) => match fold.parse() {
                Ok(number) if number < folds => Ok(Part::Fold(number)),
                _ => Err(format!("fold {fold:?} of {folds}")),
            },
            ("fold", None) => Err(format!("fold {fold:?}, and the spec gives no `split.folds`")),
            ("train" | "training" | "val" | "valid" | "validation", Some(folds)) => Err(format!("{word:?} beside `split.folds: {folds}`")),
            _ => Err(format!("{word:?}")),
        }
    }
}

/// The ids that a row may name.
struct KnownIds<'a> {
    /// Of the samples.
    used: BTreeSet<&'a str>,
    /// Of what was left out as well.
    all: BTreeSet<&'a str>,
    /// By the number without leading zeros, where only one id is that number: spreadsheets drop the zeros.
    by_number: BTreeMap<&'a str, Option<&'a str>>,
}

impl<'a> KnownIds<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        let used: BTreeSet<&str> = dataset.samples.iter().map(|sample| sample.id.as_str()).collect();
        let all: BTreeSet<&str> = used.iter().copied().chain(dataset.excluded.iter().map(|entry| entry.id.as_str())).collect();
        let mut by_number = BTreeMap::new();
        for id in &all {
            if let Some(number) = number_of(id) {
                by_number.entry(number).and_modify(|only| *only = None).or_insert(Some(*id));
            }
        }
        Self { used, all, by_number }
    }

    fn find(&self, id: &str) -> Option<&'a str> {
        self.all.get(id).copied().or_else(|| self.by_number.get(number_of(id)?).copied().flatten())
    }
}
