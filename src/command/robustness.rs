//! `bench-run robustness SPEC…`: how the errors of finished runs grow when films are changed; also after training, where the spec
//! asks for it.

use std::io::Write;

use tch::Device;

use super::finished::{FinishedOptions, FinishedRun, StudyFilms, finished_runs, finished_study};
use super::report::write_report;
use crate::error::{DONE, Error};
use crate::execute::Progress;
use crate::plan::Plan;
use crate::predict::TrainedModel;
use crate::record::StudyFolder;
use crate::report::{self, Study};
use crate::robustness::{FOLDER, SweepFilms, is_current, points, read, sweep, write};
use crate::spec::Split;

/// Measure what is not measured yet, then write each spec's report and print its table.
///
/// # Errors
/// See [`Error`].
pub fn robustness(options: &FinishedOptions) -> Result<u8, Error> {
    let device = options.set_up()?;
    for asked in options.asked()?.each() {
        let plan = asked.plan;
        let mut progress = options.progress(plan);
        let folder = StudyFolder::new(&options.results, &plan.name);
        finished_study(plan, &folder)?;
        let films = StudyFilms::load(plan, options.cache_limit, progress.as_mut())?;
        measure(plan, &folder, &films, device, progress.as_mut())?;
        let study = write_report(asked, &folder, progress.as_mut())?;
        print_table(&study, &folder, options);
    }
    Ok(DONE)
}

fn print_table(study: &Study, folder: &StudyFolder, options: &FinishedOptions) {
    // A closed pipe is the reader's choice.
    if let Some(table) = report::robustness_terminal(study, options.color, options.width) {
        let _ = writeln!(std::io::stdout(), "{table}");
    }
    if !options.quiet {
        let plot = folder.path().join("plots/robustness.svg");
        let _ = writeln!(std::io::stderr(), "every change at every strength: {}", plot.display());
    }
}

/// Try every finished run of a study on changed films, but for those that were tried before and are as they were.
pub(super) fn measure(
    plan: &Plan,
    folder: &StudyFolder,
    films: &StudyFilms,
    device: Device,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let runs: Vec<FinishedRun> = finished_runs(plan, folder, films, progress)?.into_iter().flatten().collect();
    let mut fresh = 0;
    for (number, run) in runs.iter().enumerate() {
        if is_measured(run, folder) {
            continue;
        }
        if fresh == 0 {
            folder.prepare_below(FOLDER)?;
        }
        fresh += 1;
        progress.note(&format!("[{}/{}] {}: {} changes of the films", number + 1, runs.len(), run.label, points().len() - 1));
        measure_run(run, folder, films, device)?;
    }
    progress.note(&format!("errors on changed films: {fresh} run(s) measured, {} already done", runs.len() - fresh));
    Ok(())
}

/// Whether a run has a sweep that is of its present weights. A damaged one is measured again.
fn is_measured(run: &FinishedRun, folder: &StudyFolder) -> bool {
    let figures = &run.record.result.figures;
    let recorded = figures.test.as_ref().or(figures.val.as_ref());
    let precision = run.config.train.precision;
    match (read(folder, &run.id), recorded) {
        (Ok(Some(rows)), Some(recorded)) => is_current(&rows, recorded, precision),
        // Without a validation and a test part there is no film to change.
        (_, None) => true,
        (Ok(None) | Err(_), _) => false,
    }
}

fn measure_run(run: &FinishedRun, folder: &StudyFolder, films: &StudyFilms, device: Device) -> Result<(), Error> {
    let figures = &run.record.result.figures;
    let partition = films.assignment.partition(run.config.fold);
    let (indices, recorded) = match run.part() {
        Split::Test => (&partition.test, figures.test.as_ref()),
        _ => (&partition.val, figures.val.as_ref()),
    };
    let (Some(cached), Some(recorded)) = (films.of(&run.config), recorded) else { return Ok(()) };
    let model = TrainedModel::open(&folder.run(&run.id), device)?;
    let films = SweepFilms { store: &cached.cache, samples: &cached.dataset.samples, indices };
    let rows = sweep(&model, films, &mut |_| {});
    if !is_current(&rows, recorded, run.config.train.precision) {
        return Err(Error::NotTheRecord { run: run.id.clone(), found: rows[0].mae_months, recorded: recorded.mae });
    }
    Ok(write(folder, &run.id, &rows)?)
}
