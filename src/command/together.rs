//! The page that several specs of one command line share: a table of each, and all of them side by side.

use std::io::Write;
use std::path::PathBuf;

use super::Options;
use crate::error::Error;
use crate::report::{self, Study};

/// Write the shared page, and print the tables side by side where that `is_shown`; nothing for a single spec.
pub(super) fn write(studies: &[Study], options: &Options, is_shown: bool) -> Result<(), Error> {
    if studies.len() < 2 {
        return Ok(());
    }
    let folder = folder(studies, options);
    report::write_together(studies, &folder)?;
    if !is_shown {
        return Ok(());
    }
    // A closed pipe is the reader's choice.
    let text = report::terminal_together(studies, options.color, options.width);
    let _ = writeln!(std::io::stdout(), "{text}");
    if !options.quiet {
        let _ = writeln!(std::io::stderr(), "all tables on one page: {}", folder.join("table.md").display());
    }
    Ok(())
}

/// The files of the shared page that are not what they would be now.
pub(super) fn stale_files(studies: &[Study], options: &Options) -> Vec<String> {
    if studies.len() < 2 { Vec::new() } else { report::stale(&report::render_together(studies), &folder(studies, options)) }
}

fn folder(studies: &[Study], options: &Options) -> PathBuf {
    options.results.join(report::name_together(studies))
}
