//! Which arguments of `predict` are runs, and which are films.

use std::path::{Path, PathBuf};

use super::super::inspect::find_record;
use crate::data::film_files;
use crate::error::Error;
use crate::record::INDEX_FILE;
use crate::record::format::RESULT_FILE;

/// The arguments, told apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Arguments {
    /// Folders of runs.
    pub(super) runs: Vec<PathBuf>,
    /// Film files, each once.
    pub(super) films: Vec<PathBuf>,
    /// Files in the folders that may be films and are of no kind that is read.
    pub(super) passed_over: Vec<String>,
}

/// A folder with a record is a run; any other file or folder holds films; what is no path is a pattern of films or the beginning of a
/// run's id.
///
/// # Errors
/// If there are no runs or no films, or if an argument is neither.
pub(super) fn sort(given: &[String], results: &Path) -> Result<Arguments, Error> {
    let mut sorted = Arguments::default();
    for text in given {
        let path = Path::new(text);
        if path.join(RESULT_FILE).is_file() {
            sorted.runs.push(path.to_owned());
        } else if path.join(INDEX_FILE).is_file() {
            // The folder of a study, whose plots are no films.
            return Err(Error::NotARun { folder: path.to_owned() });
        } else if path.is_dir() {
            let (films, unsupported) = films_of(path, sorted.runs.is_empty())?;
            sorted.films.extend(films);
            sorted.passed_over.extend(unsupported);
        } else if path.exists() {
            sorted.films.push(path.to_owned());
        } else {
            let films = matching(text);
            match find_record(text, results) {
                _ if !films.is_empty() => sorted.films.extend(films),
                Ok(run) => sorted.runs.push(run),
                // The first argument is meant as a run; later ones may be either.
                Err(error) if sorted.runs.is_empty() || matches!(error, Error::Ambiguous { .. }) => return Err(error),
                Err(error) => return Err(Error::NotThere { given: text.clone(), cause: error.to_string() }),
            }
        }
    }
    if sorted.runs.is_empty() {
        return Err(Error::NoRun { given: given.join(", ") });
    }
    if sorted.films.is_empty() {
        return Err(Error::NoFilms);
    }
    let mut seen = std::collections::HashSet::new();
    sorted.films.retain(|film| seen.insert(film.clone()));
    Ok(sorted)
}

/// The films below a folder. Where no run was named yet, a folder without films was meant as one.
fn films_of(folder: &Path, may_be_run: bool) -> Result<(Vec<PathBuf>, Vec<String>), Error> {
    match film_files(folder) {
        Ok((films, unsupported)) => Ok((films, unsupported.into_iter().map(|problem| problem.place).collect())),
        Err(_) if may_be_run => Err(Error::NotARun { folder: folder.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

/// The files that a pattern fits, sorted; none where it is no pattern.
fn matching(pattern: &str) -> Vec<PathBuf> {
    if !pattern.contains(['*', '?', '[']) {
        return Vec::new();
    }
    let paths = glob::glob(pattern).into_iter().flatten().filter_map(Result::ok);
    paths.filter(|path| path.is_file()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn runs_films_folders_and_patterns_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).display().to_string();
        for run in ["results/study/runs/cnn-s0-1", "results/study/runs/vit-s0-2"] {
            std::fs::create_dir_all(at(run)).unwrap();
            std::fs::write(at(run).join(RESULT_FILE), "{}").unwrap();
        }
        std::fs::create_dir_all(at("films/below")).unwrap();
        for film in ["films/a.png", "films/below/b.jpg", "films/c.gif", "one.png"] {
            std::fs::write(at(film), "").unwrap();
        }
        let sorted = |given: &[String]| sort(given, &at("results"));
        let found = sorted(&["cnn-s0".into(), text("results/study/runs/vit-s0-2"), text("films"), text("*.png"), text("one.png")]).unwrap();
        assert_eq!(found.runs, [at("results/study/runs/cnn-s0-1"), at("results/study/runs/vit-s0-2")]);
        assert_eq!(found.films, [at("films/a.png"), at("films/below/b.jpg"), at("one.png")]);
        assert_eq!(found.passed_over, [text("films/c.gif")]);
        for (given, expected) in [
            (vec![text("one.png")], "no run among"),
            (vec!["cnn".to_owned()], "no film is given"),
            (vec!["cnn".to_owned(), "gone.png".to_owned()], "\"gone.png\" is neither a film"),
            (vec!["resnet50".to_owned(), text("one.png")], "\"resnet50\" is neither a folder nor the beginning of a run's id"),
            (vec![text("results/study"), text("one.png")], "this folder is no run"),
        ] {
            let message = sorted(&given).unwrap_err().to_string();
            assert!(message.contains(expected), "{given:?}: {message}");
        }
    }
}
