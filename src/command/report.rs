//! `bench-run report SPEC…`: rebuilds tables, plots and the README block from the records alone.

use std::io::Write;

use super::{Options, resolve};
use crate::error::{DONE, Error, STALE_REPORT};
use crate::execute::{Progress, for_terminal};
use crate::plan::Plan;
use crate::record::{RecordError, StudyFolder, StudyIndex};
use crate::report::{self, Study, StudyEntry};

/// Rebuild each spec's report; with `check`, change nothing and say whether that would have changed anything.
///
/// # Errors
/// See [`Error`].
pub fn report(options: &Options, check: bool) -> Result<u8, Error> {
    let mut code = DONE;
    for path in &options.specs {
        let plan = resolve(path, &options.sets, tch::Device::Cpu)?;
        let folder = StudyFolder::new(&options.results, &plan.name);
        let mut progress = for_terminal(options.quiet, plan.report.unit);
        if check {
            let stale = stale_files(&plan, &folder)?;
            for file in &stale {
                progress.note(&format!("{file} is stale; run `bench-run report {}`", path.display()));
            }
            if !stale.is_empty() {
                code = STALE_REPORT;
            }
        } else {
            let study = write_report(&plan, &folder, progress.as_mut())?;
            print_table(&study, options.color);
        }
    }
    Ok(code)
}

/// Write tables, plots and the README block of a results folder.
pub(super) fn write_report(plan: &Plan, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<Study, Error> {
    let study = study(plan, folder)?;
    report::write(&study, folder.path())?;
    if let Some(readme) = &plan.report.readme
        && let Some(note) = report::fill_readme(&study, readme)?
    {
        progress.note(&note);
    }
    Ok(study)
}

/// The table, to stdout.
pub(super) fn print_table(study: &Study, color: bool) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{}", report::terminal(study, color));
}

fn study(plan: &Plan, folder: &StudyFolder) -> Result<Study, Error> {
    let Some(index) = StudyIndex::read(folder.path())? else {
        return Err(RecordError::NoStudy { path: folder.path().to_owned() }.into());
    };
    Ok(Study {
        name: plan.name.clone(),
        title: plan.title.clone(),
        unit: plan.report.unit,
        accuracy_within: index.accuracy_within_months / plan.report.unit.months(),
        entries: index.states(folder)?.into_iter().map(|(label, runs)| StudyEntry { label, runs }).collect(),
    })
}

fn stale_files(plan: &Plan, folder: &StudyFolder) -> Result<Vec<String>, Error> {
    let study = study(plan, folder)?;
    let mut stale = report::stale(&study, folder.path())?;
    if let Some(readme) = &plan.report.readme
        && report::readme_is_stale(&study, readme)?
    {
        stale.push(readme.display().to_string());
    }
    Ok(stale)
}
