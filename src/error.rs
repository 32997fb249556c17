//! Exit codes, and the kinds of error that a caller of the program tells apart.

use crate::data::DataError;

/// Everything was done.
pub const DONE: u8 = 0;
/// Anything unexpected: a folder that cannot be written, a device that is not there.
pub const UNEXPECTED: u8 = 1;
/// A bad command line or spec.
pub const BAD_SPEC: u8 = 2;
/// Bad data: an unreadable film, a label without a film, an age that is no number.
pub const BAD_DATA: u8 = 3;
/// Some runs failed; the others are done and reported.
pub const SOME_RUNS_FAILED: u8 = 4;
/// A checked report is stale.
pub const STALE_REPORT: u8 = 5;

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spec cannot be used.
    #[error(transparent)]
    Spec(#[from] crate::spec::SpecError),
    /// The films or labels cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A record cannot be read or written.
    #[error(transparent)]
    Record(#[from] crate::record::RecordError),
    /// A report cannot be written.
    #[error(transparent)]
    Report(#[from] crate::report::ReportError),
    /// The README block cannot be filled.
    #[error(transparent)]
    Readme(#[from] crate::report::readme::ReadmeError),
    /// The device asked for is not there.
    #[error("{0}")]
    Device(String),
}

impl Error {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Spec(_) => BAD_SPEC,
            // A folder that cannot be written is no fault of the data.
            Self::Data(DataError::Cache { .. } | DataError::NoCacheFolder | DataError::WriteSplit { .. })
            | Self::Record(_)
            | Self::Report(_)
            | Self::Readme(_)
            | Self::Device(_) => UNEXPECTED,
            Self::Data(_) => BAD_DATA,
        }
    }
}
