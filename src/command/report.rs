//! `bench-run report SPEC…`: rebuilds tables, plots and the README block from the records alone.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use super::specs::resolve_all;
use super::{Options, together, weights_store};
use crate::error::{DONE, Error, STALE_REPORT};
use crate::execute::{Progress, for_terminal};
use crate::plan::{Plan, SourceConfig};
use crate::record::{KnownFilms, LEAKS_FILE, RecordError, StudyFolder, StudyIndex};
use crate::report::readme::{self, ReadmeError};
use crate::report::{self, Study, StudyEntry};
use crate::robustness::{self, SweepRow};
use crate::weights::Access;

/// Rebuild each spec's report; with `check`, change nothing and say whether that would have changed anything.
///
/// # Errors
/// See [`Error`].
pub fn report(options: &Options, check: bool) -> Result<u8, Error> {
    if !options.only.is_empty() || !options.skip.is_empty() {
        return Err(Error::Usage(
            "--only and --skip choose what is trained, and a report has a row for every run; leave them out".to_owned(),
        ));
    }
    // A report is made of records alone, so that weights may be gone.
    let plans = resolve_all(options, tch::Device::Cpu, &weights_store(options, Access::None))?;
    if check {
        return check_reports(&plans, options);
    }
    let mut studies = Vec::new();
    for plan in &plans {
        let folder = StudyFolder::new(&options.results, &plan.name);
        let mut progress = for_terminal(options.quiet, plan.report.unit);
        let study = write_report(plan, &folder, progress.as_mut())?;
        print_table(&study, options);
        studies.push(study);
    }
    together::write(&studies, &plans, options, true)?;
    Ok(DONE)
}

/// Say which files a report would change, and change none.
fn check_reports(plans: &[Plan], options: &Options) -> Result<u8, Error> {
    let mut code = DONE;
    let mut studies = Vec::new();
    let mut say = |stale: &[String], unit, specs: &[PathBuf]| {
        let mut progress = for_terminal(options.quiet, unit);
        let specs = specs.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ");
        for file in stale {
            progress.note(&format!("{file} is stale; run `bench-run report {specs}`"));
        }
        if !stale.is_empty() {
            code = STALE_REPORT;
        }
    };
    for (plan, path) in plans.iter().zip(&options.specs) {
        let folder = StudyFolder::new(&options.results, &plan.name);
        let mut progress = for_terminal(options.quiet, plan.report.unit);
        let study = study(plan, &folder)?;
        say(&stale_files(plan, &study, &folder, progress.as_mut())?, plan.report.unit, std::slice::from_ref(path));
        studies.push(study);
    }
    if let Some(first) = plans.first() {
        say(&together::stale_files(&studies, &plans, options)?, first.report.unit, &options.specs);
    }
    Ok(code)
}

/// Write tables, plots and the README block of a results folder.
pub(super) fn write_report(plan: &Plan, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<Study, Error> {
    let study = study(plan, folder)?;
    report::write(&study, folder.path())?;
    if let Some(path) = &plan.report.readme {
        unless_absent(readme::fill(path, &report::readme_blocks(&study)), progress)?;
    }
    Ok(study)
}

/// A README that is not there or has no place for the table is common while a study grows; that is said and no error.
fn unless_absent(outcome: Result<bool, ReadmeError>, progress: &mut dyn Progress) -> Result<bool, Error> {
    match outcome {
        Err(error @ (ReadmeError::NoBlock { .. } | ReadmeError::Io { action: "read", .. })) => {
            progress.note(&format!("README block not filled: {error}"));
            Ok(false)
        }
        other => Ok(other?),
    }
}

/// The table, to stdout.
pub(super) fn print_table(study: &Study, options: &Options) {
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{}", report::terminal(study, options.color, options.width));
}

fn study(plan: &Plan, folder: &StudyFolder) -> Result<Study, Error> {
    let Some(index) = StudyIndex::read(folder.path())? else {
        return Err(RecordError::NoStudy { path: folder.path().to_owned() }.into());
    };
    let mut entries = Vec::new();
    for row in &index.rows {
        entries.push(StudyEntry { label: row.label.clone(), loss: row.loss, runs: row.states(folder)? });
    }
    Ok(Study {
        sweeps: sweeps(&index, folder)?,
        name: plan.name.clone(),
        title: plan.title.clone(),
        unit: plan.report.unit,
        accuracy_within: index.accuracy_within_months / plan.report.unit.months(),
        notes: notes(&plan.data.source, index.leaks),
        films: KnownFilms::read(folder.path())?,
        entries,
    })
}

/// How the runs do on changed films, where that was measured.
fn sweeps(index: &StudyIndex, folder: &StudyFolder) -> Result<BTreeMap<String, Vec<SweepRow>>, Error> {
    let ids = index.rows.iter().flat_map(|row| &row.run_ids);
    let read = ids.map(|id| Ok(robustness::read(folder, id)?.map(|rows| (id.clone(), rows))));
    read.filter_map(Result::transpose).collect()
}

/// What must be said beside the figures.
pub(super) fn notes(source: &SourceConfig, leaks: usize) -> Vec<String> {
    let synthetic = matches!(source, SourceConfig::Phantom { .. })
        .then(|| "The films are synthetic: the figures show that the program works and say nothing about patients.".to_owned());
    let flattered = (leaks > 0).then(|| {
        format!(
            "Leaks between parts: {leaks} ({LEAKS_FILE}), let pass by data.allow_leaks. Films of the validation or test part show what the \
             networks were trained on, so that their figures there are flattered."
        )
    });
    synthetic.into_iter().chain(flattered).collect()
}

/// The files that a report would change.
fn stale_files(plan: &Plan, study: &Study, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<Vec<String>, Error> {
    let mut stale = report::stale(&report::render(study)?, folder.path());
    if let Some(path) = &plan.report.readme
        && unless_absent(readme::is_stale(path, &report::readme_blocks(study)), progress)?
    {
        stale.push(path.display().to_string());
    }
    Ok(stale)
}
