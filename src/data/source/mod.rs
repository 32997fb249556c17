//! Where samples come from: one file per source, and what is left out of them.
//!
//! In: a resolved [`DataConfig`]. Out: a [`Dataset`] sorted by id, or every problem in one error.

mod csv;
mod exclusion;
mod field;
mod filename;
mod films;
mod guess;
mod hand_atlas;
mod known;
mod label;
mod order;
mod parts;
mod phantom;
mod rsna;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod workbook;

use std::collections::{BTreeMap, BTreeSet};

pub use films::film_files;
pub use guess::{Guess, GuessError, GuessedSource, GuessedTable, Told, guess};
pub use known::{FilmLabel, FilmLabels};
pub(super) use order::natural_cmp;

use super::error::DataError;
use super::problem::{Problem, ProblemKind, Problems};
use super::sample::{Dataset, Excluded, Film, Sample};
use super::split::Part;
use crate::plan::{DataConfig, LabelledFilms, SourceConfig};
use crate::spec::OnBad;

/// What a source found, good and bad.
#[derive(Debug, Default)]
struct Loaded {
    samples: Vec<Sample>,
    problems: Vec<Problem>,
    /// As [`Dataset::rows`].
    rows: BTreeMap<String, String>,
}

impl Loaded {
    fn ids(&self) -> BTreeSet<String> {
        self.samples.iter().map(|sample| sample.id.clone()).collect()
    }
}

/// Read labels and list films; no film is opened.
///
/// Samples are sorted by id, numbers by value, and ids are unique. The ids of the exclusion list are left out first, so
/// that listing a bad film settles it; other problems are an error or exclusions, as [`DataConfig::on_bad`] says. Last
/// comes a given split, which must name all that is left.
///
/// # Errors
/// If there are problems that are not to be left out, if a folder, table or column is missing, or if no sample is usable.
pub fn load(config: &DataConfig) -> Result<Dataset, DataError> {
    let (mut loaded, test) = load_source(&config.source)?;
    single_out_duplicates(&mut loaded);
    let mut dataset = Dataset::default();
    if let Some(path) = &config.exclude {
        dataset.excluded = exclusion::apply(path, &mut loaded)?;
    }
    if config.on_bad == OnBad::Stop && !loaded.problems.is_empty() {
        return Err(DataError::Problems(Problems(loaded.problems)));
    }
    leave_out(&mut dataset.excluded, &loaded.problems);
    dataset.samples = loaded.samples;
    dataset.rows = loaded.rows;
    dataset.samples.sort_by(|left, right| natural_cmp(&left.id, &right.id));
    if dataset.samples.is_empty() {
        return Err(no_samples(place(&config.source), dataset.excluded.len()));
    }
    dataset.given = match &config.split {
        Some(file) => parts::read(file, &dataset)?,
        None => dataset.samples.iter().filter(|sample| test.contains(&sample.id)).map(|sample| (sample.id.clone(), Part::Test)).collect(),
    };
    Ok(dataset)
}

/// What a source has, and the ids of those films that make the test part.
fn load_source(source: &SourceConfig) -> Result<(Loaded, BTreeSet<String>), DataError> {
    let loaded = match source {
        SourceConfig::Phantom { count, seed } => phantom::load(*count, *seed),
        SourceConfig::HandAtlas { root } => hand_atlas::load(root)?,
        SourceConfig::Filename { root, pattern, unit } => filename::load(root, pattern, *unit)?,
        SourceConfig::Rsna { films, test } => return with_test(films, test.as_ref(), &rsna::load),
        SourceConfig::Csv { films, columns, unit, test } => {
            let load = |films: &LabelledFilms, test| {
                let source = if test { "data.csv.test" } else { "data.csv" };
                csv::load(&csv::LabelledFolder { source, films, columns, unit: *unit })
            };
            return with_test(films, test.as_ref(), &load);
        }
    };
    Ok((loaded, BTreeSet::new()))
}

/// The films of a label table, and those of a second one that make the test part; `load` is told whether it reads that.
fn with_test(
    films: &LabelledFilms,
    test: Option<&LabelledFilms>,
    load: &dyn Fn(&LabelledFilms, bool) -> Result<Loaded, DataError>,
) -> Result<(Loaded, BTreeSet<String>), DataError> {
    let mut loaded = load(films, false)?;
    let Some(test) = test else { return Ok((loaded, BTreeSet::new())) };
    let mut of_test = load(test, true)?;
    if test.images == films.images {
        // Each table names some of the films; without a label are those that neither names.
        let unlabelled = |problem: &Problem| problem.kind == ProblemKind::FilmWithoutLabel;
        let neither: BTreeSet<String> =
            of_test.problems.iter().filter(|problem| unlabelled(problem)).map(|problem| problem.id.clone()).collect();
        loaded.problems.retain(|problem| !unlabelled(problem) || neither.contains(&problem.id));
        let said_once = [ProblemKind::FilmWithoutLabel, ProblemKind::UnsupportedFormat, ProblemKind::DuplicateFilm];
        of_test.problems.retain(|problem| !said_once.contains(&problem.kind));
    }
    let ids = of_test.ids();
    loaded.samples.append(&mut of_test.samples);
    loaded.problems.append(&mut of_test.problems);
    loaded.rows.append(&mut of_test.rows);
    Ok((loaded, ids))
}

fn place(source: &SourceConfig) -> String {
    match source {
        SourceConfig::Phantom { .. } => "data.phantom".to_owned(),
        SourceConfig::Rsna { films, .. } | SourceConfig::Csv { films, .. } => films.labels.display().to_string(),
        SourceConfig::HandAtlas { root } | SourceConfig::Filename { root, .. } => root.display().to_string(),
    }
}

/// The error of a data set of which nothing is left.
pub(super) fn no_samples(place: String, excluded: usize) -> DataError {
    let found = if excluded == 0 { "no label".to_owned() } else { format!("all {excluded} left out") };
    DataError::NoSamples { place, found, next: "add films with labels, or correct what left them out (`data.on_bad: stop` names it)" }
}

/// No file can be trusted where two have one id: none of them stays a sample.
fn single_out_duplicates(loaded: &mut Loaded) {
    let mut first: BTreeMap<&str, &Sample> = BTreeMap::new();
    let mut problems = Vec::new();
    for sample in &loaded.samples {
        if let Some(other) = first.insert(&sample.id, sample) {
            first.insert(&sample.id, other);
            let kind = ProblemKind::DuplicateFilm;
            let found = format!("same id as {}", film_place(&other.film));
            problems.push(Problem { kind, id: sample.id.clone(), place: film_place(&sample.film), found });
        }
    }
    let twice: BTreeSet<_> = problems.iter().map(|problem| problem.id.clone()).collect();
    loaded.samples.retain(|sample| !twice.contains(&sample.id));
    loaded.problems.append(&mut problems);
}

fn join(list: &mut String, next: &str) {
    if !list.is_empty() {
        list.push_str("; ");
    }
    list.push_str(next);
}

/// Where a film is, for messages.
pub(super) fn film_place(film: &Film) -> String {
    match film {
        Film::File(path) => path.display().to_string(),
        Film::Phantom { index, .. } => format!("synthetic film {index}"),
    }
}

/// Note the samples that problems cost, one entry for each id, in the order of ids.
pub(super) fn leave_out(excluded: &mut Vec<Excluded>, problems: &[Problem]) {
    let mut by_id: BTreeMap<String, Excluded> = excluded.drain(..).map(|entry| (entry.id.clone(), entry)).collect();
    for problem in problems {
        let new = || Excluded { id: problem.id.clone(), reason: String::new(), place: String::new() };
        let entry = by_id.entry(problem.id.clone()).or_insert_with(new);
        join(&mut entry.reason, &problem.reason());
        if !entry.place.split("; ").any(|place| place == problem.short_place()) {
            join(&mut entry.place, problem.short_place());
        }
    }
    excluded.extend(by_id.into_values());
    excluded.sort_by(|left, right| natural_cmp(&left.id, &right.id));
}
