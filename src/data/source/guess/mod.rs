//! What a folder of films seems to be: for whoever has films and, perhaps, a table, and no spec yet.
//!
//! In: the folder, and a label table where one is named. Out: a source with the reason for every guess, or what was tried. No film is
//! opened. Whether the guess holds is for [`load`](super::load) to say, which reads it as any other source.

mod column;
mod name;
mod tables;
mod unit;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::error::DataError;
use super::films::{self, FilmFile};
use crate::spec::AgeUnit;

/// A guess and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// What is guessed.
    pub value: T,
    /// Why, for people.
    pub reason: String,
    /// Whether it should be looked at by whoever knows the films.
    pub is_unsure: bool,
}

impl<T> Told<T> {
    fn sure(value: T, reason: impl Into<String>) -> Self {
        Self { value, reason: reason.into(), is_unsure: false }
    }

    fn unsure(value: T, reason: impl Into<String>) -> Self {
        Self { value, reason: reason.into(), is_unsure: true }
    }
}

/// What a folder of films seems to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// Films found.
    pub films: usize,
    /// Where they and their ages come from.
    pub source: Told<GuessedSource>,
    /// What else was found and not used.
    pub remarks: Vec<String>,
}

/// A source as a spec names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuessedSource {
    /// A table with the columns of the RSNA challenge.
    Rsna {
        /// Folder of the films.
        images: PathBuf,
        /// The table.
        labels: PathBuf,
    },
    /// The folders of the Digital Hand Atlas.
    HandAtlas {
        /// The folder above them.
        root: PathBuf,
    },
    /// Any other table.
    Csv(Box<GuessedTable>),
    /// File names that carry the labels.
    Filename {
        /// Folder of the films.
        root: PathBuf,
        /// Of their names.
        pattern: String,
        /// Unit of the age in them.
        unit: Told<AgeUnit>,
    },
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessedTable {
    /// Folder of the films.
    pub images: PathBuf,
    /// The table.
    pub labels: PathBuf,
    /// Column of the film.
    pub id: Told<String>,
    /// Column of the age.
    pub age: Told<String>,
    /// Unit of that column.
    pub unit: Told<AgeUnit>,
    /// Column of the sex.
    pub sex: Option<Told<String>>,
    /// Column of the patient.
    pub group: Option<Told<String>>,
    /// Column of the race.
    pub race: Option<Told<String>>,
}

/// Why nothing can be guessed.
#[derive(Debug, thiserror::Error)]
pub enum GuessError {
    /// There is no such folder.
    #[error("{}: {found}; expected a folder of films", folder.display())]
    NoFolder {
        /// As given.
        folder: PathBuf,
        /// What is there instead.
        found: &'static str,
    },
    /// The folder has no film.
    #[error(
        "{}: no film in it or below it; expected PNG, JPEG, TIFF, BMP, WebP or DICOM files, found {found}; name the folder that the films are in",
        folder.display()
    )]
    NoFilms {
        /// As given.
        folder: PathBuf,
        /// How many files of which type are there.
        found: String,
    },
    /// The table that was named does not fit.
    #[error("{}: {cause}", labels.display())]
    BadTable {
        /// As given.
        labels: PathBuf,
        /// Why not, and what to do.
        cause: String,
    },
    /// Nothing says how old the patients are.
    #[error("{}", no_ages(folder, *films, tried))]
    NoAges {
        /// As given.
        folder: PathBuf,
        /// Films found.
        films: usize,
        /// What was looked at, and why it does not do.
        tried: Vec<String>,
    },
    /// The folder or a table cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
}

fn no_ages(folder: &Path, films: usize, tried: &[String]) -> String {
    let tried = tried.join("\n  - ");
    format!(
        "{}: {films} film(s), but nothing that says how old the patients are. Looked at:\n  - {tried}\nNext: put a table with a row for each film \
         beside the folder (CSV or Excel, with a header: the film's file name, the age, and sex and patient where they are known), or name \
         it with --labels FILE; file names such as 17-12.5-F.png do as well",
        folder.display()
    )
}

/// Guess what a folder of films is; with the table that is named, or else with what is in and beside the folder.
///
/// # Errors
/// If there is no film, or nothing that gives ages.
pub fn guess(folder: &Path, labels: Option<&Path>) -> Result<Guess, GuessError> {
    let found = films::scan(folder, "").map_err(|error| match error {
        DataError::MissingFolder { path, found, .. } => GuessError::NoFolder { folder: path, found },
        DataError::EmptyFolder { path, found, .. } => GuessError::NoFilms { folder: path, found },
        other => GuessError::Data(other),
    })?;
    let films = found.films;
    let images = folder_of(&films, folder);
    let guess = |source, remarks| Ok(Guess { films: films.len(), source, remarks });
    if let Some(labels) = labels {
        let source = tables::named(&images, labels, &films).map_err(|cause| GuessError::BadTable { labels: labels.to_owned(), cause })?;
        return guess(source, Vec::new());
    }
    let mut tried = Vec::new();
    if let Some(source) = hand_atlas(folder, &films, &mut tried) {
        return guess(source, Vec::new());
    }
    let tables = tables::found(&images, folder, &films);
    if let Some(source) = tables.best {
        return guess(source, tables.remarks);
    }
    tried.extend(tables.remarks);
    match name::guess(&films) {
        Ok((pattern, unit, reason)) => guess(Told::sure(GuessedSource::Filename { root: images, pattern, unit }, reason), Vec::new()),
        Err(reason) => {
            tried.push(reason);
            Err(GuessError::NoAges { folder: folder.to_owned(), films: films.len(), tried })
        }
    }
}

/// The folder that all films are in or below, `folder` itself or one in it.
fn folder_of(films: &[FilmFile], folder: &Path) -> PathBuf {
    let mut common = films[0].path.parent().unwrap_or(folder);
    while !films.iter().all(|film| film.path.starts_with(common)) && common != folder {
        common = common.parent().unwrap_or(folder);
    }
    if common.starts_with(folder) { common.to_owned() } else { folder.to_owned() }
}

/// The folders of an atlas, where nine of ten films lie in such.
fn hand_atlas(folder: &Path, films: &[FilmFile], tried: &mut Vec<String>) -> Option<Told<GuessedSource>> {
    let fits = |film: &&FilmFile| super::hand_atlas::is_of_atlas(&film.path);
    let count = films.iter().filter(fits).count();
    if count * 10 >= films.len() * 9 {
        let example = films.iter().find(fits)?.path.strip_prefix(folder).ok()?.display().to_string();
        let reason = format!("{count} of {} films lie in folders named by race, sex and age, such as {example}", films.len());
        return Some(Told::sure(GuessedSource::HandAtlas { root: folder.to_owned() }, reason));
    }
    tried.push(format!("folders: {count} of {} films lie in one named by race, sex and age (as ASIF05)", films.len()));
    None
}

/// Names of films, with and without the zeros that a number begins with.
fn stems(films: &[FilmFile]) -> BTreeSet<String> {
    let plain = |stem: &str| stem.trim_start_matches('0').to_owned();
    films.iter().flat_map(|film| [film.stem.clone(), plain(&film.stem)]).collect()
}
