//! `bench-run plan SPEC…`: what would run, and with which settings; changes nothing.

use std::io::Write;

use super::{Options, resolve, set_up_device};
use crate::error::{DONE, Error};
use crate::plan::describe;

/// Print each spec's runs and resolved settings.
///
/// # Errors
/// See [`Error`].
pub fn plan(options: &Options) -> Result<u8, Error> {
    let device = set_up_device(options)?;
    for path in &options.specs {
        let plan = resolve(path, &options.sets, device)?;
        let _ = writeln!(std::io::stdout(), "{}", describe(&plan));
    }
    Ok(DONE)
}
