//! Why data cannot be used. Each message has the place, what was found, what was expected and the next step.

use crate::files::write_advice;
use std::path::PathBuf;

use super::problem::{Problems, printable};

/// A column that is needed and not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// The header of the label table.
    pub place: String,
    /// What was looked for.
    pub wanted: String,
    /// The table's columns.
    pub found: Vec<String>,
    /// The nearest of them.
    pub suggestion: Option<String>,
    /// What to do.
    pub next: String,
}

impl std::fmt::Display for MissingColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, wanted, found, suggestion, next } = self;
        write!(f, "{place}: no column {wanted}; found {}", printable(&found.join(", ")))?;
        if let Some(name) = suggestion {
            write!(f, "; did you mean {}?", printable(&format!("{name:?}")))?;
        }
        write!(f, "; {next}")
    }
}

/// Why data cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// Films or labels that cannot be used, all in one go.
    #[error("{0}")]
    Problems(Problems),

    /// A folder of films that is not there.
    #[error("{}: {found}; expected a folder of films; correct `{key}`", path.display())]
    MissingFolder {
        /// As the spec gives it.
        path: PathBuf,
        /// What is there instead.
        found: &'static str,
        /// Key of the spec.
        key: String,
    },

    /// A folder without a film.
    #[error("{}: no film in it or below it; expected PNG, JPEG, TIFF, BMP, WebP or DICOM files, found {found}; correct `{key}` or add films", path.display())]
    EmptyFolder {
        /// As the spec gives it.
        path: PathBuf,
        /// How many files of which type are there.
        found: String,
        /// Key of the spec.
        key: String,
    },

    /// A folder that cannot be listed.
    #[error("{}: cannot list the folder: {cause}; make it readable", path.display())]
    UnreadableFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },

    /// A label table or exclusion list that cannot be read.
    #[error("{place}: cannot read {what}: {cause}; {next}")]
    UnreadableTable {
        /// The file, with a line where one is known.
        place: String,
        /// Which table it is.
        what: &'static str,
        /// Why not.
        cause: String,
        /// What to do.
        next: String,
    },

    /// A column that is needed and not found.
    #[error("{0}")]
    MissingColumn(Box<MissingColumn>),

    /// Several columns that could be meant.
    #[error("{place}: columns {} could each be the {field}; {next}", found.join(" and "))]
    AmbiguousColumn {
        /// The header of the label table.
        place: String,
        /// What was looked for.
        field: &'static str,
        /// The columns.
        found: Vec<String>,
        /// What to do.
        next: String,
    },

    /// A file-name pattern that cannot be used.
    #[error("data.filename.pattern: {problem} in {pattern:?}; expected something like \"{{id}}-{{age}}-{{sex}}.jpg\"")]
    Pattern {
        /// As the spec gives it.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },

    /// Nothing is left to train on.
    #[error("{place}: no usable film: {found}; expected at least one film with a label; {next}")]
    NoSamples {
        /// Where the data is.
        place: String,
        /// What was found.
        found: String,
        /// What to do.
        next: &'static str,
    },

    /// The cache of decoded films cannot be written or read.
    #[error("{}: cannot {action} the cache of decoded films: {cause}; free space there or set BENCH_RUN_CACHE to a folder that can be written", path.display())]
    Cache {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        cause: String,
    },

    /// A largest size of the cache that is none.
    #[error("{variable}: {cause}")]
    CacheLimit {
        /// Where it is said.
        variable: &'static str,
        /// What is wrong with it.
        cause: String,
    },

    /// No folder for the cache is known.
    #[error("no folder for the cache of decoded films: neither BENCH_RUN_CACHE, XDG_CACHE_HOME nor HOME is set; set BENCH_RUN_CACHE")]
    NoCacheFolder,

    /// Parts that cannot be made.
    #[error("split: {found}; expected {expected}; {next}")]
    Split {
        /// What the films are.
        found: String,
        /// What the spec asks for.
        expected: String,
        /// What to do.
        next: &'static str,
    },

    /// The list of parts cannot be written.
    #[error("cannot write {}: {cause}; {}", .path.display(), write_advice(*.kind))]
    WriteSplit {
        /// The file.
        path: PathBuf,
        /// What kind of error it is.
        kind: std::io::ErrorKind,
        /// What the system says.
        cause: String,
    },
}
