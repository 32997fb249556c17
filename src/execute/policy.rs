//! How many runs at once, what is done about those that fail, and what became of them.

use crate::record::format::RunFailure;

/// Which of the runs that failed before are tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retry {
    /// Those whose cause was outside of the run: memory, a disk, a crash.
    #[default]
    Outside,
    /// All of them.
    Failed,
    /// None.
    Never,
}

impl Retry {
    pub(super) fn tries(self, failure: &RunFailure) -> bool {
        match self {
            Self::Outside => failure.kind.is_from_outside(),
            Self::Failed => true,
            Self::Never => false,
        }
    }
}

/// How many runs at once, and what is done about those that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Runs trained at the same time.
    pub jobs: usize,
    /// Which failed runs are tried again.
    pub retry: Retry,
    /// After so many failures nothing more is begun.
    pub max_failures: Option<usize>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { jobs: 1, retry: Retry::default(), max_failures: None }
    }
}

/// What became of the jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Trained now.
    pub trained: usize,
    /// Found complete, or completed by another program meanwhile.
    pub skipped: usize,
    /// Tried and failed, now or before.
    pub failed: usize,
    /// Not tried, because too many others failed.
    pub given_up: usize,
    /// Whether a signal ended the training; the same command goes on.
    pub interrupted: bool,
}
