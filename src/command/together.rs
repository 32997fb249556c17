//! The page that several specs of one command line share: a table of each, and all of them side by side.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Options;
use crate::error::Error;
use crate::plan::Plan;
use crate::report::readme::{self, ReadmeError};
use crate::report::{self, Study};

/// Write the shared page, fill the block of a README that is named as its folder, and print the tables side by side where that
/// `is_shown`; nothing for a single spec.
pub(super) fn write(studies: &[Study], plans: &[Plan], options: &Options, is_shown: bool) -> Result<(), Error> {
    if studies.len() < 2 {
        return Ok(());
    }
    let folder = folder(studies, options);
    report::write_together(studies, &folder)?;
    for path in readmes(plans) {
        if_there(readme::fill(path, &block(studies)))?;
    }
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

/// The files of the shared page, and READMEs, that are not what they would be now.
pub(super) fn stale_files(studies: &[Study], plans: &[Plan], options: &Options) -> Result<Vec<String>, Error> {
    if studies.len() < 2 {
        return Ok(Vec::new());
    }
    let mut stale = report::stale(&report::render_together(studies), &folder(studies, options));
    for path in readmes(plans) {
        if if_there(readme::is_stale(path, &block(studies)))? {
            stale.push(path.display().to_string());
        }
    }
    Ok(stale)
}

/// The READMEs that the specs name, each once.
fn readmes(plans: &[Plan]) -> BTreeSet<&Path> {
    plans.iter().filter_map(|plan| plan.report.readme.as_deref()).collect()
}

/// The block of a README with the tables of all specs side by side.
fn block(studies: &[Study]) -> [readme::Body; 1] {
    [(report::name_together(studies), report::readme_block_together(studies))]
}

/// Most READMEs have no such block, and each spec has said already where its README is not there.
fn if_there(outcome: Result<bool, ReadmeError>) -> Result<bool, Error> {
    match outcome {
        Err(ReadmeError::NoBlock { .. } | ReadmeError::Io { action: "read", .. }) => Ok(false),
        other => Ok(other?),
    }
}

fn folder(studies: &[Study], options: &Options) -> PathBuf {
    options.results.join(report::name_together(studies))
}
