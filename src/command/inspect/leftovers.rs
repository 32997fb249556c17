//! What could be deleted of a results folder and of the cache of films, and deleting it. What a program works on is never touched:
//! whoever deletes anything of a run claims that run first, as whoever trains it does.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::data::{IdleCacheFile, idle_cache_files, remove_idle_cache_file};
use crate::files::is_leftover;
use crate::plan::{Plan, RunConfig};
use crate::record::{Attempts, Beats, Begun, CHECKPOINT_FOLDER, KnownRun, KnownStudy, RecordError, Stage, bytes_below, read_settings};

/// Kinds of things that could be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Attempts at runs that are finished.
    Attempts,
    /// Claims of programs that ended.
    Claims,
    /// Files that a killed program was writing.
    Temporary,
    /// Films in the cache that were not used for long.
    Cache,
    /// The last states of finished runs.
    Checkpoints,
    /// What is left of interrupted runs.
    Abandoned,
    /// Runs that failed.
    Failed,
    /// Finished runs that neither the specs nor their tables name.
    Records,
}

impl Kind {
    /// Every kind, those with which nothing is lost first.
    pub const ALL: [Self; 8] =
        [Self::Attempts, Self::Claims, Self::Temporary, Self::Cache, Self::Checkpoints, Self::Abandoned, Self::Failed, Self::Records];

    /// What it is, and what is lost with it.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Attempts => "attempts: left over from runs that are finished; nothing is lost",
            Self::Claims => "claims: of programs that ended; nothing is lost",
            Self::Temporary => "temporary: files that a killed program was writing; nothing is lost",
            Self::Cache => "cache: decoded films, not used for 30 days; they are decoded again when they are needed",
            Self::Checkpoints => {
                "checkpoints: last states of finished runs; the figures stay, but a run of more epochs would begin from the start"
            }
            Self::Abandoned => "abandoned: interrupted runs; the same command would begin them from the start",
            Self::Failed => "failed: runs that failed, with their logs; the same command would try them again from the start",
            Self::Records => "records: finished runs that neither the specs nor their tables name; their figures and weights are lost",
        }
    }
}

/// A file is taken to be left over once it is an hour old: files are written within moments.
const TEMPORARY_AGE: Duration = Duration::from_secs(60 * 60);
/// Films that were not used for so long are offered.
const CACHE_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A thing that could be deleted.
#[derive(Debug)]
pub(super) struct Leftover {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// More about it, for people.
    pub(super) detail: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Run { study: PathBuf, id: String },
    Folder,
    File,
    Cached(IdleCacheFile),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) leftovers: Vec<Leftover>,
    /// What stays because a program works on it, or may do so.
    pub(super) in_use: Vec<String>,
}

/// What could be deleted of a study. Records are looked at only where its plan is given.
pub(super) fn of_study(study: &KnownStudy, plan: Option<&Plan>, found: &mut Found) {
    for run in &study.runs {
        of_run(study, run, plan, found);
    }
    for folder in ["", "runs", "plots", "attempts", "data", "robustness", "sheets"] {
        temporary(&study.folder.join(folder), &mut found.leftovers);
    }
}

fn of_run(study: &KnownStudy, run: &KnownRun, plan: Option<&Plan>, found: &mut Found) {
    let attempts = Attempts::of(&study.folder, &run.id);
    if let Some(holder) = attempts.holder() {
        found.in_use.push(format!("{}: {} works on it", run.folder.display(), holder));
        return;
    }
    let record = study.folder.join("runs").join(&run.id);
    let whole = |kind, path: PathBuf, detail: String| {
        let what = What::Run { study: study.folder.clone(), id: run.id.clone() };
        Leftover { kind, path, bytes: run.bytes, detail, what }
    };
    match &run.stage {
        Stage::Done(_) if plan.is_some_and(|plan| !is_named(study, run, plan)) => {
            found.leftovers.push(whole(Kind::Records, record, String::new()));
        }
        Stage::Done(_) => {
            let checkpoint = record.join(CHECKPOINT_FOLDER);
            if checkpoint.is_dir() {
                let bytes = bytes_below(&checkpoint);
                found.leftovers.push(Leftover {
                    kind: Kind::Checkpoints,
                    path: checkpoint,
                    bytes,
                    detail: String::new(),
                    what: What::Folder,
                });
            }
            if !attempts.folders().is_empty() {
                let bytes = bytes_below(attempts.folder());
                let path = attempts.folder().to_owned();
                found.leftovers.push(Leftover { bytes, ..whole(Kind::Attempts, path, String::new()) });
                return;
            }
        }
        Stage::Failed(failure) => return found.leftovers.push(whole(Kind::Failed, record, failure.cause.clone())),
        Stage::Partial { place, .. } => {
            return found.leftovers.push(whole(Kind::Abandoned, attempts.folder().to_owned(), format!("at {place}")));
        }
        Stage::Begun => return found.leftovers.push(whole(Kind::Abandoned, run.folder.clone(), "before its first checkpoint".to_owned())),
        // Whoever wrote it may be a newer program; the user is told elsewhere.
        Stage::Running(_) | Stage::Damaged(_) => return,
    }
    if !attempts.claims().is_empty() {
        let bytes = bytes_below(attempts.folder());
        found.leftovers.push(Leftover { bytes, ..whole(Kind::Claims, attempts.folder().to_owned(), String::new()) });
    }
}

/// Whether a finished run is one of the plan, or of the tables as they stand.
fn is_named(study: &KnownStudy, run: &KnownRun, plan: &Plan) -> bool {
    let in_index = study.index.as_ref().is_some_and(|index| index.rows.iter().any(|row| row.run_ids.contains(&run.id)));
    // A record whose settings cannot be read may be any.
    let Ok(settings) = read_settings(&run.folder) else { return true };
    let planned = plan.entries.iter().flat_map(|entry| &entry.runs).any(|run| is_same_run(&settings, &run.config));
    in_index || planned
}

/// Whether a spec could mean the run: `auto` may have been another precision on another machine, and weights that are not here have
/// no checksum.
fn is_same_run(recorded: &RunConfig, planned: &RunConfig) -> bool {
    let mut planned = planned.clone();
    planned.train.precision = recorded.train.precision;
    if let (Some(planned), Some(recorded)) = (&mut planned.transfer, &recorded.transfer) {
        planned.sha256 = planned.sha256.take().or_else(|| recorded.sha256.clone());
    }
    if planned.transfer.is_some() {
        // Without the weights nobody says how they want films standardised.
        planned.normalization.clone_from(&recorded.normalization);
    }
    planned == *recorded
}

fn temporary(folder: &Path, leftovers: &mut Vec<Leftover>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_old = entry.metadata().and_then(|found| found.modified()).is_ok_and(|changed| is_past(changed, TEMPORARY_AGE));
        if is_leftover(&entry.file_name()) && is_old {
            let path = entry.path();
            let what = if path.is_dir() { What::Folder } else { What::File };
            leftovers.push(Leftover { kind: Kind::Temporary, bytes: bytes_below(&path), path, detail: String::new(), what });
        }
    }
}

fn is_past(time: SystemTime, age: Duration) -> bool {
    time.elapsed().is_ok_and(|found| found >= age)
}

/// What could be deleted of the cache of films.
pub(super) fn of_cache(folder: &Path, found: &mut Found) {
    for file in idle_cache_files(folder, CACHE_AGE) {
        let detail = format!("last used {}", crate::human::minute(file.used));
        let (path, bytes) = (file.path.clone(), file.bytes);
        found.leftovers.push(Leftover { kind: Kind::Cache, path, bytes, detail, what: What::Cached(file) });
    }
}

impl Leftover {
    /// Delete it; false where a program has begun to use it.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub(super) fn delete(&self, beats: &mut Beats) -> Result<bool, RecordError> {
        let at = |source| RecordError::Write { path: self.path.clone(), source };
        match &self.what {
            What::Folder => std::fs::remove_dir_all(&self.path).map_err(at).map(|()| true),
            What::File => std::fs::remove_file(&self.path).map_err(at).map(|()| true),
            What::Cached(file) => Ok(remove_idle_cache_file(file)),
            What::Run { study, id } => self.delete_of_run(&Attempts::of(study, id), beats),
        }
    }

    fn delete_of_run(&self, attempts: &Attempts, beats: &mut Beats) -> Result<bool, RecordError> {
        if self.kind == Kind::Claims {
            return attempts.remove_dead_claims(beats);
        }
        let Begun::Mine(attempt) = attempts.begin(beats)? else { return Ok(false) };
        let is_done = attempts.has_record();
        match self.kind {
            Kind::Attempts => attempt.discard(),
            Kind::Records => attempt.erase()?,
            // Somebody may have finished it a moment ago.
            _ if is_done => {
                attempt.discard();
                return Ok(false);
            }
            _ => attempt.erase()?,
        }
        Ok(true)
    }
}
