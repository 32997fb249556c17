//! `bench-run report SPEC…`: rebuilds tables, plots, page and the README block from the records alone, or writes them for MLflow.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::specs::{Asked, Resolved, resolve_all};
use super::{Options, together, weights_store};
use crate::error::{DONE, Error, STALE_REPORT};
use crate::execute::{Progress, for_terminal};
use crate::plan::{Plan, ResolvedSpec, SourceConfig};
use crate::record::{Environment, FilmParts, KnownFilms, LEAKS_FILE, RecordError, RunCard, SheetFile, StudyFolder, StudyIndex};
use crate::report::readme::{self, ReadmeError};
use crate::report::{self, PAGE_FILE, PageFacts, Study, StudyEntry};
use crate::robustness::{self, SweepRow};
use crate::spec::ReportPage;
use crate::weights::Access;

/// What `report` makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportTask {
    /// Every file of the report.
    Write,
    /// Nothing: it says which files are stale.
    Check,
    /// The records for MLflow, in a store of files.
    Mlflow(PathBuf),
}

/// Rebuild each spec's report, say whether that would change anything, or write the records for another tool.
///
/// # Errors
/// See [`Error`].
pub fn report(options: &Options, task: &ReportTask) -> Result<u8, Error> {
    if !options.only.is_empty() || !options.skip.is_empty() {
        return Err(Error::Usage(
            "--only and --skip choose what is trained, and a report has a row for every run; leave them out".to_owned(),
        ));
    }
    // A report is made of records alone, so that weights may be gone.
    let asked = resolve_all(options, tch::Device::Cpu, &weights_store(options, Access::None))?;
    match task {
        ReportTask::Write => write_reports(&asked, options),
        ReportTask::Check => check_reports(&asked, options),
        ReportTask::Mlflow(store) => write_stores(&asked, options, store),
    }
}

fn write_reports(asked: &Resolved, options: &Options) -> Result<u8, Error> {
    let mut studies = Vec::new();
    for asked in asked.each() {
        let folder = StudyFolder::new(&options.results, &asked.plan.name);
        let mut progress = for_terminal(options.quiet, asked.plan.report.unit);
        let study = write_report(asked, &folder, progress.as_mut())?;
        print_table(&study, options);
        studies.push(study);
    }
    together::write(&studies, &asked.plans, options, true)?;
    Ok(DONE)
}

/// Write every study for MLflow, and leave the results as they are.
fn write_stores(asked: &Resolved, options: &Options, store: &Path) -> Result<u8, Error> {
    for asked in asked.each() {
        let folder = StudyFolder::new(&options.results, &asked.plan.name);
        let study = study(asked, &folder)?;
        report::write_mlflow(&study, &folder, store)?;
        let mut progress = for_terminal(options.quiet, asked.plan.report.unit);
        progress.note(&format!("{} is an experiment of the MLflow file store {}", study.name, store.display()));
    }
    Ok(DONE)
}

/// Say which files a report would change, and change none.
fn check_reports(asked: &Resolved, options: &Options) -> Result<u8, Error> {
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
    for (asked, path) in asked.each().zip(&options.specs) {
        let plan = asked.plan;
        let folder = StudyFolder::new(&options.results, &plan.name);
        let mut progress = for_terminal(options.quiet, plan.report.unit);
        let study = study(asked, &folder)?;
        say(&stale_files(plan, &study, &folder, progress.as_mut())?, plan.report.unit, std::slice::from_ref(path));
        studies.push(study);
    }
    if let Some(first) = asked.plans.first() {
        say(&together::stale_files(&studies, &asked.plans, options)?, first.report.unit, &options.specs);
    }
    Ok(code)
}

/// Write tables, plots, page and the README block of a results folder.
pub(super) fn write_report(asked: Asked, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<Study, Error> {
    let plan = asked.plan;
    let study = study(asked, folder)?;
    report::write(&study, folder.path())?;
    if plan.report.page == ReportPage::None {
        // One of an earlier command may show what is not to be shown.
        folder.remove(PAGE_FILE)?;
    }
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

fn study(asked: Asked, folder: &StudyFolder) -> Result<Study, Error> {
    let plan = asked.plan;
    let Some(index) = StudyIndex::read(folder.path())? else {
        return Err(RecordError::NoStudy { path: folder.path().to_owned() }.into());
    };
    let mut entries = Vec::new();
    for row in &index.rows {
        let cards = row.run_ids.iter().map(|id| RunCard::read(&folder.run(id), id)).collect();
        entries.push(StudyEntry { label: row.label.clone(), loss: row.loss, runs: row.states(folder)?, cards });
    }
    Ok(Study {
        sweeps: sweeps(&index, folder)?,
        name: plan.name.clone(),
        title: plan.title.clone(),
        unit: plan.report.unit,
        accuracy_within: index.accuracy_within_months / plan.report.unit.months(),
        notes: notes(&plan.data.source, index.leaks),
        films: KnownFilms::read(folder.path())?,
        page: page_facts(asked, folder, &entries),
        tensorboard: plan.report.tensorboard,
        entries,
    })
}

/// How the runs do on changed films, where that was measured.
fn sweeps(index: &StudyIndex, folder: &StudyFolder) -> Result<BTreeMap<String, Vec<SweepRow>>, Error> {
    let ids = index.rows.iter().flat_map(|row| &row.run_ids);
    let read = ids.map(|id| Ok(robustness::read(folder, id)?.map(|rows| (id.clone(), rows))));
    read.filter_map(Result::transpose).collect()
}

/// What the page shows beside the figures; none where no page is wanted.
fn page_facts(asked: Asked, folder: &StudyFolder, entries: &[StudyEntry]) -> Option<PageFacts> {
    let shows = asked.plan.report.page;
    if shows == ReportPage::None {
        return None;
    }
    let study = folder.path();
    Some(PageFacts {
        shows,
        spec: as_recorded(asked.spec, entries).for_others().to_yaml(),
        environment: Environment::read(study),
        parts: FilmParts::read(study),
        has_data_page: study.join(super::data::FOLDER).join(report::data::PAGE).exists(),
        sheets: if shows == ReportPage::Films { SheetFile::read_all(study) } else { Vec::new() },
    })
}

/// The spec with the precision of the records: `auto` is another one on the machine of a report than where the runs were made.
fn as_recorded(spec: &ResolvedSpec, entries: &[StudyEntry]) -> ResolvedSpec {
    let mut spec = spec.clone();
    let of_entry = |entry: &StudyEntry| entry.cards.iter().find_map(|card| card.settings.as_ref()).map(|settings| settings.train.precision);
    let precisions: Vec<_> = entries.iter().map(of_entry).collect();
    if let Some(precision) = precisions.iter().flatten().next().filter(|first| precisions.iter().flatten().all(|other| other == *first)) {
        let all = spec.settings.iter_mut().chain(spec.backbones.iter_mut().flat_map(|backbone| &mut backbone.settings));
        for setting in all.filter(|setting| setting.key == "train.precision") {
            setting.value = serde_json::to_value(precision).unwrap_or_default();
        }
    }
    spec
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
    let page = folder.path().join(PAGE_FILE);
    if plan.report.page == ReportPage::None && page.exists() {
        stale.push(page.display().to_string());
    }
    if let Some(path) = &plan.report.readme
        && unless_absent(readme::is_stale(path, &report::readme_blocks(study)), progress)?
    {
        stale.push(path.display().to_string());
    }
    Ok(stale)
}
