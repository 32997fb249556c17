//! Where a run is worked on until its record is complete: `attempts/<run id>/attempt-<number>/` in the folder of the study.
//!
//! Every attempt writes into a folder of its own, whose number its claim gives it. When all is written, the folder becomes the
//! run's record by one rename, which fails where a record stands. An attempt that was interrupted or killed is left as it is:
//! the next one goes on from its checkpoint.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::RecordError;
use super::claim::{Beats, Claim, Claimed, Holder, Owner};
use super::format::RESULT_FILE;
use crate::files::{remove_leftovers, sync_folder};

/// Name of the folder of all attempts of a study.
pub const ATTEMPTS_FOLDER: &str = "attempts";

const PREFIX: &str = "attempt-";
/// End of the name of what stood in the place of the record and was none.
const BEFORE: &str = "-before";

/// The attempts at one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    folder: PathBuf,
    record: PathBuf,
}

/// The one attempt of this program at a run.
#[derive(Debug)]
pub struct Attempt {
    attempts: Attempts,
    claim: Claim,
}

/// What came of asking for a run.
#[derive(Debug)]
pub enum Begun {
    /// This program works on it.
    Mine(Attempt),
    /// Another does; its name where it can be read.
    Theirs(Option<Owner>),
}

impl Attempts {
    /// Those at a run, whose record is to stand in `record`; nothing is made yet.
    pub fn of(study: &Path, run_id: &str) -> Self {
        Self { folder: study.join(ATTEMPTS_FOLDER).join(run_id), record: study.join("runs").join(run_id) }
    }

    /// The folders of the attempts, the newest first.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut names = self.names();
        names.sort();
        names.into_iter().rev().map(|name| self.folder.join(name)).collect()
    }

    /// The folder that holds all of them.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Who works on the run, as far as one look tells; nothing is changed.
    pub fn holder(&self) -> Option<Holder> {
        super::claim::holder(&self.folder)
    }

    /// Whether the run is finished.
    pub fn has_record(&self) -> bool {
        self.record.join(RESULT_FILE).exists()
    }

    /// The files by which programs claim the run or claimed it once.
    pub fn claims(&self) -> Vec<PathBuf> {
        super::claim::claims(&self.folder)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.starts_with(PREFIX)).collect()
    }

    /// One more than the number of every attempt that was made.
    fn next_number(&self) -> u32 {
        let names = self.names().into_iter();
        let numbers = names.filter_map(|name| name[PREFIX.len()..].trim_end_matches(BEFORE).parse::<u32>().ok());
        numbers.max().map_or(1, |highest| highest.saturating_add(1))
    }

    /// Claim the run and make a folder for the attempt. What stands in the place of the record is looked at only after that.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn begin(&self, beats: &mut Beats) -> Result<Begun, RecordError> {
        let at = |source| RecordError::Write { path: self.folder.clone(), source };
        remove_leftovers(&self.folder, super::claim::STALE);
        match Claim::acquire(&self.folder, self.next_number(), beats).map_err(at)? {
            Claimed::Theirs(owner) => Ok(Begun::Theirs(owner)),
            Claimed::Mine(claim) => {
                let attempt = Attempt { attempts: self.clone(), claim };
                match fs::create_dir(attempt.folder()) {
                    Ok(()) => Ok(Begun::Mine(attempt)),
                    // Somebody was faster between two looks.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        attempt.claim.release();
                        Ok(Begun::Theirs(None))
                    }
                    Err(error) => {
                        attempt.claim.release();
                        Err(at(error))
                    }
                }
            }
        }
    }
}

impl Attempts {
    /// Remove the claims of programs that ended, and the folder where nothing else is in it; false where a program works on the run.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn remove_dead_claims(&self, beats: &mut Beats) -> Result<bool, RecordError> {
        let at = |source| RecordError::Write { path: self.folder.clone(), source };
        match Claim::acquire(&self.folder, self.next_number(), beats).map_err(at)? {
            Claimed::Theirs(_) => Ok(false),
            Claimed::Mine(claim) => {
                claim.release();
                // Only where nobody else is in them.
                let _ = fs::remove_dir(&self.folder);
                let _ = self.folder.parent().map(fs::remove_dir);
                Ok(true)
            }
        }
    }
}

impl Attempt {
    /// Remove what stands in the place of the record, whatever it is, with this and all earlier attempts. It is out of the way at
    /// once, so that no half of it is ever taken for a record.
    ///
    /// # Errors
    /// If it cannot be moved; it is then still whole.
    pub fn erase(self) -> Result<(), RecordError> {
        let record = self.attempts.record.clone();
        let aside = self.folder().join("erased");
        match fs::rename(&record, &aside) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                self.claim.release();
                return Err(RecordError::Write { path: record, source });
            }
            _ => {}
        }
        self.discard();
        Ok(())
    }

    /// Where it writes.
    pub fn folder(&self) -> PathBuf {
        self.attempts.folder.join(format!("{PREFIX}{:06}", self.claim.number()))
    }

    /// The folders of earlier attempts, the newest first.
    pub fn earlier(&self) -> Vec<PathBuf> {
        let own = self.folder();
        self.attempts.folders().into_iter().filter(|folder| *folder != own).collect()
    }

    /// Move what stands in the place of the record, and is not complete, to the earlier attempts.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn retire(&self) -> Result<(), RecordError> {
        let aside = self.attempts.folder.join(format!("{PREFIX}{:06}{BEFORE}", self.claim.number()));
        match fs::rename(&self.attempts.record, aside) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(RecordError::Write { path: self.attempts.record.clone(), source })
            }
            _ => Ok(()),
        }
    }

    /// Show that this program is alive; false where another has taken over.
    pub fn beat(&mut self) -> bool {
        self.claim.beat()
    }

    /// Make the attempt the record of its run, by one rename; false where a record stands, which is left as it is.
    ///
    /// # Errors
    /// If the folder cannot be moved; the attempt then stays, and the claim is given back.
    pub fn publish(self) -> Result<bool, RecordError> {
        let (from, to) = (self.folder(), self.attempts.record.clone());
        let records = to.parent().unwrap_or(Path::new("."));
        let moved = fs::create_dir_all(records)
            .and_then(|()| if to.join(RESULT_FILE).exists() { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) })
            .and_then(|()| fs::rename(from, &to));
        let published = match moved {
            Ok(()) => true,
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => false,
            Err(source) => {
                self.claim.release();
                return Err(RecordError::Write { path: to, source });
            }
        };
        sync_folder(records);
        self.discard();
        Ok(published)
    }

    /// End without a record: others may go on from here.
    pub fn leave(self) {
        self.claim.release();
    }

    /// Remove this and all earlier attempts, which are of no use any more.
    pub fn discard(self) {
        let folder = self.attempts.folder.clone();
        for attempt in self.attempts.folders() {
            // What stays only takes space.
            let _ = fs::remove_dir_all(attempt);
        }
        self.claim.release();
        remove_leftovers(&folder, super::claim::STALE);
        // Only where nobody else is in them.
        let _ = fs::remove_dir(&folder);
        let _ = folder.parent().map(fs::remove_dir);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn mine(begun: Begun) -> Attempt {
        match begun {
            Begun::Mine(attempt) => attempt,
            Begun::Theirs(owner) => panic!("it is claimed by {owner:?}"),
        }
    }

    fn begin(attempts: &Attempts) -> Attempt {
        mine(attempts.begin(&mut Beats::default()).unwrap())
    }

    #[test]
    fn an_attempt_becomes_the_record_and_leaves_nothing_behind() {
        let study = tempfile::tempdir().unwrap();
        let attempts = Attempts::of(study.path(), "cnn-s0");
        let attempt = begin(&attempts);
        assert!(matches!(attempts.begin(&mut Beats::default()).unwrap(), Begun::Theirs(Some(_))));
        fs::write(attempt.folder().join(RESULT_FILE), "{}").unwrap();
        assert!(attempt.publish().unwrap());
        assert_eq!(fs::read_to_string(study.path().join("runs/cnn-s0/result.json")).unwrap(), "{}");
        assert!(!study.path().join(ATTEMPTS_FOLDER).exists());
    }

    #[test]
    fn a_record_that_stands_is_never_replaced() {
        let study = tempfile::tempdir().unwrap();
        let attempts = Attempts::of(study.path(), "cnn-s0");
        let attempt = begin(&attempts);
        fs::write(attempt.folder().join(RESULT_FILE), "second").unwrap();
        let record = study.path().join("runs/cnn-s0");
        fs::create_dir_all(&record).unwrap();
        fs::write(record.join(RESULT_FILE), "first").unwrap();
        assert!(!attempt.publish().unwrap());
        assert_eq!(fs::read_to_string(record.join(RESULT_FILE)).unwrap(), "first");
        // Nor one that is not seen, for the rename itself refuses.
        fs::rename(record.join(RESULT_FILE), record.join("other")).unwrap();
        let attempt = begin(&attempts);
        fs::write(attempt.folder().join(RESULT_FILE), "second").unwrap();
        assert!(!attempt.publish().unwrap());
        assert!(record.join("other").exists() && !record.join(RESULT_FILE).exists());
    }

    #[test]
    fn the_next_attempt_writes_elsewhere_and_sees_what_was_left_and_what_stood_in_the_way() {
        let study = tempfile::tempdir().unwrap();
        let attempts = Attempts::of(study.path(), "cnn-s0");
        let first = begin(&attempts);
        let left = first.folder();
        first.leave();
        let record = study.path().join("runs/cnn-s0");
        fs::create_dir_all(&record).unwrap();
        fs::write(record.join("failure.json"), "{}").unwrap();
        let second = begin(&attempts);
        second.retire().unwrap();
        assert!(!record.exists());
        let earlier = second.earlier();
        assert_eq!(earlier.len(), 2, "{earlier:?}");
        assert!(earlier[0].join("failure.json").exists() && earlier[1] == left && second.folder() != left, "{earlier:?}");
    }
}
