//! What happened, on disk. A run's folder holds the files that [`mod@format`] names; `result.json` is written last.

mod attempts;
mod card;
mod catalogue;
pub mod checkpoint;
mod claim;
mod environment;
mod films;
pub mod format;
mod index;
mod pairs;
mod parts;
mod reader;
mod seal;
mod search;
mod sheets;
mod study;
#[cfg(test)]
mod tests;
mod typical;
mod writer;

use std::io;
use std::path::PathBuf;

use crate::files::write_advice;
pub use attempts::{ATTEMPTS_FOLDER, Attempt, Attempts, Begun};
pub use card::RunCard;
pub use catalogue::{KnownRun, KnownStudy, Stage, bytes_below, catalogue, known_run, study};
pub use checkpoint::{CHECKPOINT_FOLDER, CheckpointFolder, SavedState};
pub use claim::{BEAT, Beats, Holder, Owner};
pub use environment::{ENVIRONMENT_FILE, Environment};
pub use films::{KnownFilm, KnownFilms, SPLITS_FILE};
pub use index::{INDEX_FILE, IndexRow, LEAKS_FILE, StudyIndex};
pub use pairs::KnownPairs;
pub use parts::{FilmPart, FilmParts};
pub use reader::{read_result, read_run, read_settings, read_value};
pub use seal::check_weights;
pub use search::{FoundRun, find_runs, record_folders};
pub use sheets::{SHEETS_FOLDER, SheetFile};
pub use study::StudyFolder;
pub use typical::{has_typical, read_typical, write_typical};
pub use writer::{RunWriter, append_log, write_failure};

/// Why a record cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}; {}", .path.display(), write_advice(.source.kind()))]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}; delete its folder to train that run again", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is there, but not as this program writes it.
    #[error("{} is damaged ({reason}); delete its folder to train that run again", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The list of films of a study cannot be used.
    #[error("cannot use {}: {reason}; run the spec again, which writes it anew", .path.display())]
    List {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was measured on changed films cannot be used.
    #[error("cannot use {}: {reason}; delete it, and `bench-run robustness SPEC` measures it again", .path.display())]
    Sweep {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file was written by a newer program.
    #[error("{} has record version {found}, this program knows up to {known}; update bench-run or use another results folder", .path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program reads.
        known: u32,
    },
    /// A report was asked for where nothing was run.
    #[error("{} holds no records; run `bench-run SPEC` first, or name the right folder with --results DIR", .path.display())]
    NoStudy {
        /// The folder of the spec.
        path: PathBuf,
    },
    /// A value cannot be put into its file's format.
    #[error("cannot encode {what}: {reason}")]
    Encode {
        /// Which file.
        what: &'static str,
        /// Why.
        reason: String,
    },
}
