//! A label table joined with a folder of films: the sources `csv` and `rsna`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind};
use super::super::sample::{Film, Sample, Sex};
use super::Loaded;
use super::field::Field;
use super::films::{self, FilmFile, FilmFolder};
use super::label::{SexWords, parse_age};
use super::order::natural_cmp;
use super::table::{LabelTable, Row, TableSource};
use crate::plan::{CsvColumns, LabelledFilms};
use crate::spec::AgeUnit;

/// A label table beside a folder of films.
pub(super) struct LabelledFolder<'a> {
    /// `data.csv` or `data.rsna`, or `test` below one of them, for messages.
    pub(super) source: &'static str,
    pub(super) films: &'a LabelledFilms,
    pub(super) columns: &'a CsvColumns,
    pub(super) unit: AgeUnit,
}

/// Read the table, list the folder, and join the two by id.
///
/// # Errors
/// If the folder or the table cannot be used at all.
pub(super) fn load(config: &LabelledFolder) -> Result<Loaded, DataError> {
    let LabelledFilms { images, labels, sheet } = config.films;
    let key = format!("{}.labels", config.source);
    let mut table = LabelTable::read(&TableSource { path: labels, sheet: sheet.as_deref(), what: "the label table", key: &key })?;
    let columns = Columns::find(&table, config)?;
    let FilmFolder { films, unsupported } = films::scan(images, &format!("{}.images", config.source))?;
    let mut loaded = Loaded { problems: std::mem::take(&mut table.problems), ..Loaded::default() };
    let first = loaded.problems.len();
    let unread: BTreeMap<_, _> = (first..).zip(&unsupported).map(|(place, problem)| (problem.id.clone(), place)).collect();
    loaded.problems.extend(unsupported);
    let mut index = FilmIndex::new(films);
    loaded.problems.append(&mut index.problems);

    let mut by_id: Vec<_> = rows_by_id(&table, &columns, &mut loaded.problems).into_iter().collect();
    // The first examples of a problem are then of the first ids, which mostly are of the first rows.
    by_id.sort_by(|left, right| natural_cmp(&left.0, &right.0));
    for (id, rows) in by_id {
        let Some(film) = index.take(&id) else {
            let line = rows[0].line;
            if let Some(problem) = unread.get(&id) {
                let place = &mut loaded.problems[*problem].place;
                *place = format!("{place} ({})", table.short_place(line));
            } else {
                let found = format!("no film for id {id:?} in {}", images.display());
                loaded.problems.push(Problem { kind: ProblemKind::LabelWithoutFilm, id, place: table.place(line), found });
            }
            continue;
        };
        match read_rows(&rows, &table, &columns, config.unit) {
            Ok(label) if !index.duplicates.contains(&film.stem) => {
                loaded.rows.insert(film.stem.clone(), table.short_place(rows[0].line));
                loaded.samples.push(label.into_sample(film));
            }
            Ok(_) => {}
            Err(problems) => loaded.problems.extend(problems.into_iter().map(|problem| Problem { id: film.stem.clone(), ..problem })),
        }
    }
    loaded.problems.extend(index.unlabelled(labels));
    Ok(loaded)
}

/// Where the table has what.
struct Columns {
    id: usize,
    age: usize,
    sex: Option<(usize, SexWords)>,
    group: Option<usize>,
    race: Option<usize>,
}

impl Columns {
    fn find(table: &LabelTable, config: &LabelledFolder) -> Result<Self, DataError> {
        let CsvColumns { id, age, sex, group, race } = config.columns;
        let sex = table.find(Field::Sex, sex.as_deref(), config.source)?;
        Ok(Self {
            id: table.require(Field::Id, id.as_deref(), config.source)?,
            age: table.require(Field::Age, age.as_deref(), config.source)?,
            sex: sex.map(|column| (column, SexWords::of_column(table.column_name(column)))),
            group: table.find(Field::Group, group.as_deref(), config.source)?,
            race: table.find(Field::Race, race.as_deref(), config.source)?,
        })
    }
}

/// Rows of each id, in the order of ids.
fn rows_by_id<'t>(table: &'t LabelTable, columns: &Columns, problems: &mut Vec<Problem>) -> BTreeMap<String, Vec<&'t Row>> {
    let mut by_id: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in &table.rows {
        let id = films::without_extension(&row.cells[columns.id]);
        if id.is_empty() {
            let found = "no id".to_owned();
            let id = table.row_name(row.line);
            problems.push(Problem { kind: ProblemKind::EmptyId, id, place: table.place(row.line), found });
        } else {
            by_id.entry(id.to_owned()).or_default().push(row);
        }
    }
    by_id
}

/// What a row says of a film.
struct Label {
    age_months: f64,
    sex: Option<Sex>,
    group: Option<String>,
    race: Option<String>,
}

impl Label {
    fn into_sample(self, film: FilmFile) -> Sample {
        let Self { age_months, sex, group, race } = self;
        Sample { id: film.stem, film: Film::File(film.path), age_months, sex, group, race }
    }
}

/// The label that the rows of one id give, or all that is wrong with them.
fn read_rows(rows: &[&Row], table: &LabelTable, columns: &Columns, unit: AgeUnit) -> Result<Label, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut note = |kind, row: &Row, found| problems.push(Problem { kind, id: String::new(), place: table.place(row.line), found });
    let row = rows[0];
    for other in &rows[1..] {
        note(ProblemKind::DuplicateLabel, other, format!("id {:?} again, first in {}", other.cells[columns.id], table.row_name(row.line)));
    }
    let age = parse_age(&table.number(&row.cells[columns.age]), unit).map_err(|found| note(ProblemKind::BadAge, row, found));
    let sex = columns.sex.map_or(Ok(None), |(column, words)| {
        let name = table.column_name(column);
        words.parse(&row.cells[column]).map_err(|found| note(ProblemKind::BadSex, row, format!("{found} in column {name:?}")))
    });
    let text = |column: Option<usize>| column.map(|column| row.cells[column].clone()).filter(|text| !text.is_empty());
    match (age, sex) {
        (Ok(age_months), Ok(sex)) if problems.is_empty() => {
            Ok(Label { age_months, sex, group: text(columns.group), race: text(columns.race) })
        }
        _ => Err(problems),
    }
}

/// Films by id.
struct FilmIndex {
    films: BTreeMap<String, FilmFile>,
    /// Ids that a number without its leading zeros stands for, where only one does.
    by_number: BTreeMap<String, Option<String>>,
    taken: BTreeSet<String>,
    /// Ids that several files have.
    duplicates: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl FilmIndex {
    fn new(films: Vec<FilmFile>) -> Self {
        let mut index = Self {
            films: BTreeMap::new(),
            by_number: BTreeMap::new(),
            taken: BTreeSet::new(),
            duplicates: BTreeSet::new(),
            problems: Vec::new(),
        };
        for film in films {
            index.add(film);
        }
        index
    }

    fn add(&mut self, film: FilmFile) {
        if let Some(first) = self.films.get(&film.stem) {
            self.problems.push(duplicate_film(&film, first));
            self.duplicates.insert(film.stem);
            return;
        }
        if let Some(number) = number_of(&film.stem) {
            let stem = Some(film.stem.clone());
            self.by_number.entry(number.to_owned()).and_modify(|only| *only = None).or_insert(stem);
        }
        self.films.insert(film.stem.clone(), film);
    }

    /// The film of an id. Some tables write a number without the zeros that its file name starts with.
    fn take(&mut self, id: &str) -> Option<FilmFile> {
        let stem = if self.films.contains_key(id) { id.to_owned() } else { self.by_number.get(number_of(id)?)?.clone()? };
        // Two spellings of one number in the table cannot both have the film.
        self.taken.insert(stem.clone()).then(|| self.films[&stem].clone())
    }

    fn unlabelled(&self, labels: &Path) -> Vec<Problem> {
        let without = self.films.values().filter(|film| !self.taken.contains(&film.stem));
        let problem = |film: &FilmFile| Problem {
            kind: ProblemKind::FilmWithoutLabel,
            id: film.stem.clone(),
            place: film.path.display().to_string(),
            found: format!("no row with id {:?} in {}", film.stem, labels.display()),
        };
        without.map(problem).collect()
    }
}

/// A number without leading zeros; none where the id is something else.
pub(super) fn number_of(id: &str) -> Option<&str> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| id.trim_start_matches('0'))
}

/// The problem of a second file with an id.
fn duplicate_film(film: &FilmFile, first: &FilmFile) -> Problem {
    Problem {
        kind: ProblemKind::DuplicateFilm,
        id: film.stem.clone(),
        place: film.path.display().to_string(),
        found: format!("same id as {}", first.path.display()),
    }
}
