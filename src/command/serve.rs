//! The commands by which the program starts a process for a run, or for a trial of one; see `execute`.

use crate::error::{DONE, Error};
use crate::execute::{serve, serve_trial};

/// Train the run whose task stands on standard input.
///
/// # Errors
/// If there is no task there.
pub fn train_one_run() -> Result<u8, Error> {
    serve().map_err(Error::Serve)?;
    Ok(DONE)
}

/// Try the run whose task stands on standard input.
///
/// # Errors
/// If there is no task there.
pub fn try_one_run() -> Result<u8, Error> {
    serve_trial().map_err(Error::Serve)?;
    Ok(DONE)
}
