//! Which column of a table holds what: by its heading, and by what stands in it.

use std::collections::BTreeSet;

use super::super::field::Field;
use super::super::films::without_extension;
use super::super::label::SexWords;
use super::super::table::LabelTable;
use super::Told;
use super::unit::{self, words};
use crate::spec::AgeUnit;

/// Headings of ages in some languages.
const AGES: [&str; 11] = ["age", "ages", "boneage", "alter", "edad", "idade", "eta", "età", "leeftijd", "âge", "wiek"];
/// What a heading may join to `age` without a mark between.
const AGE_ENDINGS: [&str; 10] = ["months", "month", "mo", "m", "years", "year", "yrs", "yr", "y", "inmonths"];
/// Headings of the sex.
const SEXES: [&str; 9] = ["sex", "gender", "male", "female", "geschlecht", "sexe", "sexo", "sesso", "geslacht"];
/// Headings of the patient.
const PATIENTS: [&str; 7] = ["patient", "patientid", "subject", "subjectid", "person", "personid", "mrn"];
/// Headings of the race.
const RACES: [&str; 4] = ["race", "ethnicity", "ethnic", "population"];

/// The columns of a table that fits the films.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) id: Told<String>,
    pub(super) age: Told<String>,
    pub(super) unit: Told<AgeUnit>,
    pub(super) sex: Option<Told<String>>,
    pub(super) group: Option<Told<String>>,
    pub(super) race: Option<Told<String>>,
    /// Films that a row names.
    pub(super) films: usize,
    /// What was seen and cannot be used.
    pub(super) remarks: Vec<String>,
}

/// Find the columns.
///
/// # Errors
/// Why the table does not do.
pub(super) fn find(table: &LabelTable, stems: &BTreeSet<String>, count: usize) -> Result<Columns, String> {
    let columns = table.column_count();
    if table.rows.is_empty() {
        return Err("it has no row below its header".to_owned());
    }
    let (id, films) = find_id(table, stems, columns)?;
    let of_films = films.min(count);
    if of_films * 2 < count && of_films * 2 < table.rows.len() {
        let name = table.column_name(id);
        return Err(format!("its column {name:?} names {of_films} of the {count} films, and most of its rows name no film"));
    }
    let (age, age_reason) = find_age(table, id, columns)?;
    let ages: Vec<f64> = cells(table, age).filter_map(|cell| table.number(cell).parse().ok()).collect();
    let unit = unit::of(table.column_name(age), &ages)?;
    let mut remarks = Vec::new();
    let sex = find_sex(table, &[id, age], &mut remarks);
    let sex_column = sex.as_ref().and_then(|sex| position(table, &sex.value));
    let taken: Vec<usize> = [Some(id), Some(age), sex_column].into_iter().flatten().collect();
    let group = find_group(table, &taken);
    let race = find_race(table, &taken);
    let id_reason = format!("names {of_films} of the {count} films");
    let id = Told::sure(table.column_name(id).to_owned(), id_reason);
    let age = age_reason(table.column_name(age).to_owned());
    Ok(Columns { id, age, unit, sex, group, race, films: of_films, remarks })
}

fn position(table: &LabelTable, name: &str) -> Option<usize> {
    (0..table.column_count()).find(|column| table.column_name(*column) == name)
}

fn cells(table: &LabelTable, column: usize) -> impl Iterator<Item = &str> {
    table.rows.iter().map(move |row| row.cells[column].as_str()).filter(|cell| !cell.is_empty())
}

/// The column that names the most films; of several, the one that is called as ids are, else the first.
fn find_id(table: &LabelTable, stems: &BTreeSet<String>, columns: usize) -> Result<(usize, usize), String> {
    let named = |column: usize| -> usize {
        let ids = cells(table, column).map(without_extension);
        let known = |id: &&str| stems.contains(*id) || stems.contains(id.trim_start_matches('0'));
        ids.filter(known).collect::<BTreeSet<_>>().len()
    };
    let called_so = table.find(Field::Id, None, "").ok().flatten();
    let order = called_so.into_iter().chain(0..columns);
    let counts: Vec<(usize, usize)> = order.map(|column| (column, named(column))).collect();
    let most = counts.iter().map(|(_, films)| *films).max().unwrap_or(0);
    if most == 0 {
        let headings = list(table);
        return Err(format!("none of its columns ({headings}) holds file names of the films"));
    }
    Ok(*counts.iter().find(|(_, films)| *films == most).expect("one of them is the largest"))
}

fn list(table: &LabelTable) -> String {
    (0..table.column_count()).map(|column| format!("{:?}", table.column_name(column))).collect::<Vec<_>>().join(", ")
}

type Reason = fn(String) -> Told<String>;

fn find_age(table: &LabelTable, id: usize, columns: usize) -> Result<(usize, Reason), String> {
    let others = || (0..columns).filter(move |column| *column != id);
    let numeric: Vec<usize> = others().filter(|column| is_ages(table, *column)).collect();
    let called = |exact: bool| {
        let alias = table.find(Field::Age, None, "").ok().flatten();
        numeric.iter().copied().find(|column| if exact { Some(*column) == alias } else { is_age_heading(table.column_name(*column)) })
    };
    if let Some(column) = called(true).or_else(|| called(false)) {
        return Ok((column, |name| Told::sure(name, "its heading says so, and it holds ages")));
    }
    if let Some(column) = others().find(|column| is_age_heading(table.column_name(*column))) {
        let found = cells(table, column).find(|cell| table.number(cell).parse::<f64>().is_err()).unwrap_or("nothing");
        return Err(format!("its column {:?} holds {found:?}, which is no number of months or years", table.column_name(column)));
    }
    let unclear: Vec<usize> = numeric.iter().copied().filter(|column| !is_switch(table, *column)).collect();
    match unclear.as_slice() {
        [only] => Ok((*only, |name| Told::unsure(name, "no heading says age; it is the only column of numbers: please check"))),
        [] => Err(format!("none of its columns ({}) holds ages", list(table))),
        _ => Err(format!("no heading of its columns ({}) says which holds the age; call it `age`", list(table))),
    }
}

/// Whether nine of ten cells are numbers that an age can have, and one at least is there.
fn is_ages(table: &LabelTable, column: usize) -> bool {
    let (mut all, mut ages) = (0, 0);
    for cell in cells(table, column) {
        all += 1;
        ages += usize::from(table.number(cell).parse::<f64>().is_ok_and(|age| (0.0..=1440.0).contains(&age)));
    }
    all > 0 && ages * 10 >= all * 9
}

/// Whether it only says yes or no.
fn is_switch(table: &LabelTable, column: usize) -> bool {
    cells(table, column).collect::<BTreeSet<_>>().len() <= 2
}

fn is_age_heading(heading: &str) -> bool {
    let says =
        |word: &String| AGES.contains(&word.as_str()) || word.strip_prefix("age").is_some_and(|ending| AGE_ENDINGS.contains(&ending));
    words(heading).iter().any(says)
}

fn says(heading: &str, known: &[&str]) -> bool {
    let words = words(heading);
    known.contains(&words.concat().as_str()) || words.iter().any(|word| known.contains(&word.as_str()))
}

fn find_sex(table: &LabelTable, taken: &[usize], remarks: &mut Vec<String>) -> Option<Told<String>> {
    let free = || (0..table.column_count()).filter(|column| !taken.contains(column));
    let alias = table.find(Field::Sex, None, "").ok().flatten().filter(|column| !taken.contains(column));
    let called = alias.or_else(|| free().find(|column| says(table.column_name(*column), &SEXES)));
    let reads = |column: usize| {
        let words = SexWords::of_column(table.column_name(column));
        cells(table, column).find(|cell| words.parse(cell).is_err()).map_or(Ok(()), |cell| Err(cell.to_owned()))
    };
    let name = |column: usize| table.column_name(column).to_owned();
    match called.map(|column| (column, reads(column))) {
        Some((column, Ok(()))) if cells(table, column).next().is_some() => Some(Told::sure(name(column), "its heading says so")),
        Some((column, Err(cell))) => {
            remarks.push(format!(
                "column {:?} holds {cell:?}, which is not read as a sex (M, F, male, female; true and false under `male`)",
                name(column)
            ));
            None
        }
        _ => {
            let by_content = free().find(|column| reads(*column).is_ok() && cells(table, *column).next().is_some());
            by_content.map(|column| Told::sure(name(column), "it holds only F and M"))
        }
    }
}

fn find_group(table: &LabelTable, taken: &[usize]) -> Option<Told<String>> {
    let mut free = (0..table.column_count()).filter(|column| !taken.contains(column));
    let column = free.find(|column| says(table.column_name(*column), &PATIENTS) && cells(table, *column).next().is_some())?;
    let patients = cells(table, column).collect::<BTreeSet<_>>().len();
    let name = table.column_name(column).to_owned();
    Some(Told::sure(name, format!("{patients} patients; all films of one stay in one part")))
}

fn find_race(table: &LabelTable, taken: &[usize]) -> Option<Told<String>> {
    let mut free = (0..table.column_count()).filter(|column| !taken.contains(column));
    let column = free.find(|column| says(table.column_name(*column), &RACES))?;
    let races = cells(table, column).collect::<BTreeSet<_>>().len();
    (races > 0).then(|| Told::sure(table.column_name(column).to_owned(), format!("{races} different; for the tables of the data report")))
}
