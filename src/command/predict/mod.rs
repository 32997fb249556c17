//! `bench-run predict RUN… FILM…`: ages of new films.

mod arguments;
mod maps;
mod rows;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::runs::{PlaceOptions, set_up};
use crate::data::{FilmLabel, FilmLabels, Sex};
use crate::error::{BAD_DATA, DONE, Error};
use crate::predict::{Ensemble, PredictError, Residuals};
use crate::spec::AgeUnit;
use arguments::Arguments;
use maps::Maps;
use rows::{Row, to_csv, to_json};

/// What is to be predicted, and how.
#[derive(Debug, Clone)]
pub struct PredictOptions {
    /// Runs and films, as given.
    pub runs_and_films: Vec<String>,
    /// Where runs are, and where to compute.
    pub place: PlaceOptions,
    /// Sex of all films.
    pub sex: Option<Sex>,
    /// A table with the sex, and perhaps the age, of each film.
    pub labels: Option<PathBuf>,
    /// Unit of the ages in it; they are not read where none is given.
    pub labels_unit: Option<AgeUnit>,
    /// Probability with which the true age lies in the interval.
    pub level: f64,
    /// Views of each film; as many as a run was judged by where none is given.
    pub views: Option<u32>,
    /// Films that go through a network at once.
    pub batch_size: usize,
    /// A folder for a picture of each film with its Grad-CAM map.
    pub maps: Option<PathBuf>,
    /// JSON instead of CSV.
    pub json: bool,
}

/// Print the ages of films as CSV, or as JSON. A film that cannot be read keeps its row, which says why; the others are predicted.
///
/// # Errors
/// See [`Error`].
pub fn predict(options: &PredictOptions) -> Result<u8, Error> {
    let Arguments { runs, films, passed_over } = arguments::sort(&options.runs_and_films, &options.place.results)?;
    let labels = options.labels.as_deref().map(|path| FilmLabels::read(path, options.labels_unit)).transpose()?;
    let (device, unit) = set_up(&options.place, &runs[0])?;
    let ensemble = Ensemble::open(&runs, device, options.views)?;
    let half_width = ensemble.residuals().half_width(options.level).map(|months| months / unit.months());
    say_beforehand(options, &ensemble, &runs, &passed_over, half_width, unit);
    let known: Vec<Option<FilmLabel>> = films.iter().map(|film| labels.as_ref().and_then(|labels| labels.of_file(film))).collect();
    let mut maps = options.maps.as_deref().map(Maps::into).transpose()?;
    let mut rows = Vec::with_capacity(films.len());
    for (films, known) in films.chunks(options.batch_size).zip(known.chunks(options.batch_size)) {
        let sexes: Vec<Option<Sex>> = known.iter().map(|label| label.and_then(|label| label.sex).or(options.sex)).collect();
        for (((film, found), label), sex) in films.iter().zip(ensemble.predict(films, &sexes)).zip(known).zip(&sexes) {
            if let (Some(maps), Ok(_)) = (&mut maps, &found) {
                maps.add(film, *sex, &ensemble)?;
            }
            rows.push(Row::new(film, found, label.and_then(|label| label.age_months), half_width, unit));
        }
    }
    let text = if options.json { to_json(&rows) } else { to_csv(&rows) };
    // A closed pipe is the reader's choice.
    let _ = write!(std::io::stdout(), "{text}");
    if let (Some(maps), Some(folder)) = (&maps, &options.maps) {
        eprintln!(
            "{} picture(s) in {}: orange raises the age, blue lowers it; they show films and are as confidential",
            maps.written(),
            folder.display()
        );
    }
    Ok(say_afterwards(&rows, options, &known, unit))
}

/// What the ages come from, to stderr.
fn say_beforehand(
    options: &PredictOptions,
    ensemble: &Ensemble,
    runs: &[PathBuf],
    passed_over: &[String],
    half_width: Option<f64>,
    unit: AgeUnit,
) {
    for place in passed_over {
        eprintln!("passed over: {place}");
    }
    let films = ensemble.residuals().films();
    let level = options.level * 100.0;
    match half_width {
        Some(width) => eprintln!(
            "{}: ± {width:.2} {} holds the true age of {level} % of films like those of the study, by the errors on {films} validation films",
            if runs.len() == 1 { "one run".to_owned() } else { format!("mean of {} runs", runs.len()) },
            unit.name()
        ),
        None => eprintln!(
            "no interval: {level} % needs at least {} validation films, and there are {films}; ask for less with --level",
            Residuals::films_needed(options.level)
        ),
    }
    if ensemble.views() > 1 {
        eprintln!("each film is seen in {} views", ensemble.views());
    }
    if ensemble.reads_sex() && options.sex.is_none() && options.labels.is_none() {
        eprintln!("the network reads the sex: without --sex or --labels each film counts as between female and male, which costs accuracy");
    }
    if !ensemble.knows_films() {
        eprintln!(
            "not every study says what its films look like, so that strange films are not told apart; run its spec again to add that"
        );
    }
}

/// What stands out among the rows, to stderr; the exit code.
fn say_afterwards(rows: &[Row], options: &PredictOptions, known: &[Option<FilmLabel>], unit: AgeUnit) -> u8 {
    let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let strange = count(&|row| row.is_strange());
    if strange > 0 {
        eprintln!(
            "{strange} of {} films are unlike those of the study (`unlike` above 1): their ages and intervals mean little",
            rows.len()
        );
    }
    if options.labels.is_some() {
        let without = known.iter().filter(|label| label.is_none()).count();
        if without > 0 {
            eprintln!("{without} of {} films have no row in the table of labels", rows.len());
        }
    }
    let errors: Vec<f64> = rows.iter().filter_map(Row::error).collect();
    if !errors.is_empty() {
        let mae = errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64;
        let inside = rows.iter().filter_map(Row::is_inside).filter(|inside| *inside).count();
        eprintln!("MAE over {} films with a true age: {mae:.2} {}; {inside} of them lie in their intervals", errors.len(), unit.name());
    }
    let unread = count(&|row| row.is_unread());
    if unread > 0 {
        eprintln!("bench-run: {unread} of {} films could not be read; their rows say why", rows.len());
        return BAD_DATA;
    }
    DONE
}

/// The film in a message of a row.
fn in_row(error: &PredictError, film: &Path) -> String {
    match error {
        PredictError::Film { reason, .. } => format!("cannot be read: {reason}"),
        other => format!("{}: {other}", film.display()),
    }
}
