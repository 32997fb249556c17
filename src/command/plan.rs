//! `bench-run plan SPEC…`: what would run, with which settings, and what is already there of it; changes nothing.

use std::io::Write;

use super::{Options, resolve, set_up_device, weights_store};
use crate::error::{DONE, Error};
use crate::execute::foresee;
use crate::plan::describe;
use crate::weights::Access;

/// Print each spec's runs and resolved settings.
///
/// # Errors
/// See [`Error`].
pub fn plan(options: &Options) -> Result<u8, Error> {
    let device = set_up_device(options)?;
    let weights = weights_store(options, Access::Local);
    for path in &options.specs {
        let plan = resolve(path, &options.sets, device, &weights)?;
        let _ = writeln!(std::io::stdout(), "{}", describe(&plan, &|config| foresee(config, &options.results, &plan.name)));
    }
    Ok(DONE)
}
