//! Which run a name on the command line means.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::record::format::RUN_FILE;
use crate::record::{ATTEMPTS_FOLDER, KnownRun, known_run};

/// The folder that the name of a finished run means: itself, or the one run below `results` whose id begins so.
pub(in crate::command) fn find_record(run: &str, results: &Path) -> Result<PathBuf, Error> {
    let folder = PathBuf::from(run);
    if folder.is_dir() { Ok(folder) } else { the_only(run, results, below(results, run, &["runs"])) }
}

/// The run that a name means, finished or not: a folder of `runs` or `attempts`, or the one run below `results` whose id begins so.
pub(in crate::command) fn find_run(run: &str, results: &Path) -> Result<(PathBuf, KnownRun), Error> {
    let given = PathBuf::from(run);
    let folder = if given.is_dir() {
        given.canonicalize().unwrap_or(given)
    } else {
        let mut found = below(results, run, &["runs", ATTEMPTS_FOLDER]);
        // A record stands before the attempts at it.
        found.dedup_by(|later, earlier| study_and_id(later) == study_and_id(earlier));
        the_only(run, results, found)?
    };
    let known = study_and_id(&folder).and_then(|(study, id)| Some((study.clone(), known_run(&study, &id)?)));
    match known {
        Some((study, known)) if known.folder.join(RUN_FILE).exists() || folder != known.folder => Ok((study, known)),
        _ => Err(Error::NotARun { folder }),
    }
}

/// The study and the id of a folder of `runs`, or of an attempt, or of all attempts at a run.
fn study_and_id(folder: &Path) -> Option<(PathBuf, String)> {
    let parents: Vec<&Path> = folder.ancestors().take(4).collect();
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let run = match parents.as_slice() {
        [run, kind, ..] if matches!(name(kind)?.as_str(), "runs" | ATTEMPTS_FOLDER) => *run,
        [_, run, kind, ..] if name(kind)? == ATTEMPTS_FOLDER => *run,
        _ => return None,
    };
    Some((run.parent()?.parent()?.to_owned(), name(run)?))
}

/// The folders of these kinds, of every study, whose name begins so; those of one run follow each other.
fn below(results: &Path, beginning: &str, kinds: &[&str]) -> Vec<PathBuf> {
    let mut studies: Vec<PathBuf> = std::fs::read_dir(results).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    studies.sort();
    let folders = |study: &PathBuf| {
        let entries = kinds.iter().flat_map(|kind| std::fs::read_dir(study.join(kind)).into_iter().flatten().flatten());
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning)).map(|entry| entry.path());
        let mut named: Vec<PathBuf> = named.collect();
        // `runs` comes after `attempts` in the alphabet.
        named.sort_by(|left, right| (left.file_name(), right.parent()).cmp(&(right.file_name(), left.parent())));
        named
    };
    studies.iter().flat_map(folders).collect()
}

fn the_only(run: &str, results: &Path, mut found: Vec<PathBuf>) -> Result<PathBuf, Error> {
    match found.as_slice() {
        [] => Err(Error::NoSuchRun { run: run.to_owned(), results: results.to_owned() }),
        [_] => Ok(found.remove(0)),
        several => {
            let folders = several.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            Err(Error::Ambiguous { run: run.to_owned(), folders })
        }
    }
}
