//! Exit codes, and the kinds of error that a caller of the program tells apart.

use std::path::PathBuf;

use crate::data::phantom::PhantomError;
use crate::data::{DataError, GuessError};
use crate::predict::PredictError;
use crate::report::ReportError;

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
/// Interrupted by SIGINT or SIGTERM; the same command goes on. (75 is `EX_TEMPFAIL` of sysexits.h, which schedulers know.)
pub const INTERRUPTED: u8 = 75;

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spec cannot be used.
    #[error(transparent)]
    Spec(#[from] crate::spec::SpecError),
    /// The patterns of `--only` and `--skip` select nothing.
    #[error(transparent)]
    Select(#[from] crate::plan::SelectError),
    /// Options that a command has no use for.
    #[error("{0}")]
    Usage(String),
    /// The films or labels cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A record cannot be read or written.
    #[error(transparent)]
    Record(#[from] crate::record::RecordError),
    /// A report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The README block cannot be filled.
    #[error(transparent)]
    Readme(#[from] crate::report::readme::ReadmeError),
    /// A run gives no ages.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// Synthetic films cannot be written.
    #[error(transparent)]
    Phantom(#[from] PhantomError),
    /// Nothing can be guessed of a folder of films.
    #[error(transparent)]
    Guess(#[from] GuessError),
    /// There is a spec already where one is to be written.
    #[error("{}: is there already and is never overwritten; name another file with --output FILE, or move this one", path.display())]
    SpecExists {
        /// Which.
        path: PathBuf,
    },
    /// A path that a spec cannot hold.
    #[error("{}: its name is no UTF-8, which a spec cannot hold; rename it", path.display())]
    NoText {
        /// Which.
        path: PathBuf,
    },
    /// No run has the name that was given.
    #[error("{run:?} is neither a folder nor the beginning of a run's id below {}; give a folder of RESULTS/NAME/runs/, or --results DIR", results.display())]
    NoSuchRun {
        /// As given.
        run: String,
        /// Where it was looked for.
        results: PathBuf,
    },
    /// Films without a run to predict by.
    #[error(
        "no run among {given}; name one or several finished runs before the films: `bench-run predict RUN… FILM…`; `bench-run list` shows them"
    )]
    NoRun {
        /// The arguments.
        given: String,
    },
    /// Runs without films.
    #[error("no film is given; name files, folders or patterns after the runs: `bench-run predict RUN… FILM…`")]
    NoFilms,
    /// An argument that is neither a run nor a film.
    #[error("{given:?} is neither a film, a folder of films nor a pattern that fits some, and {cause}")]
    NotThere {
        /// As given.
        given: String,
        /// Why it is no run either.
        cause: String,
    },
    /// A folder that was given as a run is none.
    #[error("{}: this folder is no run; give a folder of RESULTS/NAME/runs/ or the beginning of a run's id, which `bench-run list` shows", folder.display())]
    NotARun {
        /// As given.
        folder: PathBuf,
    },
    /// Several runs have the name that was given.
    #[error("{run:?} is the beginning of several runs ({folders}); give more of its id, or its folder")]
    Ambiguous {
        /// As given.
        run: String,
        /// The folders.
        folders: String,
    },
    /// A study has no finished run.
    #[error("no run of {study} is finished ({}); run `bench-run SPEC` first, or name the right folder with --results DIR", folder.display())]
    NothingFinished {
        /// Name of the spec.
        study: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// The films or the split of a spec are no longer those that a run was made with.
    #[error(
        "run {run} was made with other films, another split or other images than the spec {study} now names; give the spec and the \
         --set with which it was run, or run `bench-run SPEC` again"
    )]
    OtherFilms {
        /// Its id.
        run: String,
        /// Name of the spec.
        study: String,
    },
    /// A run's network has another error on unchanged films than its record says.
    #[error(
        "run {run}: on the films as they are its network has an MAE of {found:.3} months, and its record says {recorded:.3}; delete the \
         folder of the run, and run the spec again"
    )]
    NotTheRecord {
        /// Its id.
        run: String,
        /// Now, months.
        found: f64,
        /// Then, months.
        recorded: f64,
    },
    /// The system does not let signals be handled.
    #[error("signals cannot be handled: {0}")]
    Signals(std::io::Error),
    /// The device asked for is not there.
    #[error("{0}")]
    Device(String),
    /// A process that is to train a run cannot begin.
    #[error("{0}")]
    Serve(String),
}

impl Error {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Spec(_)
            | Self::Select(_)
            | Self::Usage(_)
            | Self::Report(ReportError::Taken { .. })
            | Self::NoSuchRun { .. }
            | Self::NotARun { .. }
            | Self::NothingFinished { .. }
            | Self::OtherFilms { .. }
            | Self::Guess(GuessError::NoFolder { .. })
            | Self::SpecExists { .. }
            | Self::NoText { .. }
            | Self::Ambiguous { .. }
            | Self::Predict(PredictError::NotFinished { .. } | PredictError::NoViews { .. })
            | Self::NoRun { .. }
            | Self::NoFilms
            | Self::NotThere { .. }
            | Self::Phantom(PhantomError::NotEmpty { .. }) => BAD_SPEC,
            // A folder that cannot be written is no fault of the data.
            Self::Data(DataError::Cache { .. } | DataError::NoCacheFolder | DataError::WriteSplit { .. })
            | Self::Record(_)
            | Self::Report(_)
            | Self::Readme(_)
            | Self::Phantom(PhantomError::Io { .. })
            | Self::Predict(
                PredictError::Record(_)
                | PredictError::Weights(_)
                | PredictError::NoMetadata { .. }
                | PredictError::Model { .. }
                | PredictError::Export { .. }
                | PredictError::Differs { .. },
            )
            | Self::NotTheRecord { .. }
            | Self::Device(_)
            | Self::Serve(_)
            | Self::Signals(_) => UNEXPECTED,
            Self::Data(_) | Self::Guess(_) | Self::Predict(PredictError::Film { .. }) => BAD_DATA,
        }
    }
}
