//! The command by which the program starts a process for a run; see `execute::serve`.

use crate::error::{DONE, Error};
use crate::execute::serve;

/// Train the run whose task stands on standard input.
///
/// # Errors
/// If there is no task there.
pub fn train_one_run() -> Result<u8, Error> {
    serve().map_err(Error::Serve)?;
    Ok(DONE)
}
