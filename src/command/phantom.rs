//! `bench-run phantom DIR`: synthetic films as files, in the layout of the RSNA 2017 bone-age challenge.

use std::io::Write;

use indicatif::ProgressBar;

use crate::data::phantom::{self, PhantomSet};
use crate::error::{DONE, Error};

/// Draw the films, write them with their tables, and say how fast that went.
///
/// # Errors
/// If the folder holds something and may not be written over, or if it cannot be written.
pub fn phantom(set: &PhantomSet) -> Result<u8, Error> {
    let bar = ProgressBar::new(set.count);
    let outcome = phantom::write_set(set, &|| bar.inc(1));
    bar.finish_and_clear();
    let speed = outcome?;
    let (folder, plural) = (set.folder.display(), if speed.threads == 1 { "" } else { "s" });
    // A closed pipe is the reader's choice.
    let _ = writeln!(
        std::io::stdout(),
        "{} synthetic films of {} in {folder}: {:.0} a second on each of {} thread{plural}, PNG included",
        set.count,
        set.size,
        speed.per_thread,
        speed.threads
    );
    Ok(DONE)
}
