//! Records in; tables, plots and pages for people out.
//!
//! In comes a [`Study`]: every planned run with what its record says. Out go the files of a results folder ([`write()`]), the
//! table for the terminal ([`terminal`]) and the README block ([`readme`]). Everything is derived from the study alone: the
//! same study gives the same bytes, and only `cost.*`, `plots/cost_vs_mae.*`, [`report.html`](PAGE_FILE) and the files for TensorBoard
//! hold what a clock has touched. [`write_mlflow`] writes a study for MLflow. [`data`] reports on films before
//! anything is trained on them.

mod caption;
mod comparison;
mod cost;
pub mod data;
mod figures_csv;
#[cfg(test)]
mod fixtures;
mod html;
mod mlflow;
mod number;
mod out_of_fold;
mod page;
mod plot;
pub mod readme;
mod robustness;
mod sheets;
mod side_by_side;
mod statistics;
mod summary;
mod table;
mod tensorboard;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use self::mlflow::write_mlflow;
pub use self::page::{PAGE_FILE, PageFacts};
pub use self::side_by_side::{name_together, readme_block_together, render_together, terminal_together, write_together};
use self::summary::Summary;
use self::table::Table;
use crate::files::write_if_changed;
use crate::record::format::RunState;
use crate::record::{KnownFilms, RunCard};
use crate::robustness::SweepRow;
use crate::spec::{AgeUnit, Loss};
pub use sheets::{ExplainedFilm, ExplainedSheet, Group, SHEETS, WorstFilm, WorstFilms};

/// Every prediction for a film by a network that was not trained on it, where there are folds.
pub const OUT_OF_FOLD_FILE: &str = "out_of_fold.csv";

/// Everything a report is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The folder under `results/` and the name in README markers.
    pub name: String,
    /// The heading of the table.
    pub title: String,
    /// Unit of every age and error shown.
    pub unit: AgeUnit,
    /// Largest error, in that unit, that counts as accurate.
    pub accuracy_within: f64,
    /// What must be said beside the figures, such as that the films are synthetic; whole sentences.
    pub notes: Vec<String>,
    /// Who is on the films.
    pub films: KnownFilms,
    /// Rows in the spec's order.
    pub entries: Vec<StudyEntry>,
    /// How finished runs do on changed films, by run id; empty where that was not asked for.
    pub sweeps: BTreeMap<String, Vec<SweepRow>>,
    /// What the page shows beside all that; none where no page is wanted.
    pub page: Option<PageFacts>,
    /// Whether there are files for TensorBoard.
    pub tensorboard: bool,
}

/// One row: a backbone with all its runs (seeds × folds).
#[derive(Debug, Clone, PartialEq)]
pub struct StudyEntry {
    /// The row's name, unique in the study.
    pub label: String,
    /// The training loss, on the standardised target.
    pub loss: Loss,
    /// One per seed and fold, in the plan's order.
    pub runs: Vec<RunState>,
    /// What else their folders say, in the same order; empty where that was not read.
    pub cards: Vec<RunCard>,
}

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Relative to the results folder.
    pub path: PathBuf,
    /// All it holds.
    pub bytes: Vec<u8>,
}

/// What [`write()`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Every file of the report.
    pub files: Vec<PathBuf>,
    /// Those whose bytes were other than before.
    pub changed: Vec<PathBuf>,
}

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file or folder could not be written.
    #[error("failed to write {}: {source}; {}", path.display(), next_step(source.kind()))]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A plot could not be drawn.
    #[error("failed to draw {plot}: {cause}; the records are complete, so the report can be built again from them")]
    Draw {
        /// The file it was meant for.
        plot: String,
        /// What the drawing library says.
        cause: String,
    },
    /// Something is where new files were to be written.
    #[error("{} is already there; {next}", path.display())]
    Taken {
        /// A file, or a folder that holds something.
        path: PathBuf,
        /// What to do.
        next: &'static str,
    },
}

/// What to do about a file that cannot be written.
fn next_step(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some disk space, then run the same command again",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable or choose another one, then run the same command again"
        }
        _ => "mend that, then run the same command again; finished runs are kept",
    }
}

/// Every file of a study's report, in memory: `table.*`, `cost.*`, `comparison.*`, `statistics.*`, `subgroups.*`, `plots/*`, where there are folds `out_of_fold.csv`, and where runs were tried on changed films `robustness.*`.
/// `report.html` and `tensorboard/*` are there where the study wants them.
///
/// A plot without anything to show is left out.
///
/// # Errors
///
/// Where a plot cannot be drawn.
pub fn render(study: &Study) -> Result<Vec<ReportFile>, ReportError> {
    let summary = Summary::of(study);
    let comparison = comparison::table(study, &summary);
    let mut files = table_files("table", &comparison, &figures_csv::table(study, &summary));
    let short = side_by_side::short(study, &summary);
    files.extend(text_files([("short.md", table::markdown::page(&short)), ("short.tex", table::latex::write(&short))]));
    files.extend(table_files("cost", &cost::table(study), &cost::csv_table(study)));
    if let Some(table) = out_of_fold::table(study, &summary) {
        files.push(ReportFile { path: OUT_OF_FOLD_FILE.into(), bytes: table::csv::write(&table).into_bytes() });
    }
    files.extend(statistics::render(study, &summary));
    files.extend(robustness::render(study, &summary));
    let plots = plot::render(study, &summary)?;
    let page = page::render(study, &summary, &plots);
    files.extend(plots);
    files.extend(page);
    if study.tensorboard {
        files.extend(tensorboard::render(study));
    }
    Ok(files)
}

/// A table in all formats of files: for people `page`, for programs `values`.
fn table_files(name: &str, page: &Table, values: &Table) -> Vec<ReportFile> {
    let texts = [
        ("md", table::markdown::page(page)),
        ("csv", table::csv::write(values)),
        ("json", table::json::write(values)),
        ("tex", table::latex::write(page)),
    ];
    text_files(texts.map(|(format, text)| (format!("{name}.{format}"), text)))
}

fn text_files<N: Into<PathBuf>>(texts: impl IntoIterator<Item = (N, String)>) -> Vec<ReportFile> {
    texts.into_iter().map(|(name, text)| ReportFile { path: name.into(), bytes: text.into_bytes() }).collect()
}

/// Writes every file of a study's report below `folder`, each in one step, and leaves equal ones untouched.
///
/// # Errors
///
/// Where a plot cannot be drawn or a file cannot be written.
pub fn write(study: &Study, folder: &Path) -> Result<Written, ReportError> {
    write_files(render(study)?, folder)
}

/// The table of errors on changed films for a terminal of `width` columns; none where no run was tried on them.
pub fn robustness_terminal(study: &Study, color: bool, width: u16) -> Option<String> {
    robustness::people(study).map(|table| table::terminal::write(&table, color, width))
}

/// Write files below a folder, each only where its bytes change.
///
/// # Errors
///
/// Where one cannot be written.
pub fn write_files(files: Vec<ReportFile>, folder: &Path) -> Result<Written, ReportError> {
    let mut written = Written::default();
    for file in files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|source| ReportError::Write { path: parent.to_owned(), source })?;
        if write_if_changed(&path, &file.bytes).map_err(|source| ReportError::Write { path: path.clone(), source })? {
            written.changed.push(path.clone());
        }
        written.files.push(path);
    }
    Ok(written)
}

/// The files that [`write()`] would change, below `folder`.
pub fn stale(files: &[ReportFile], folder: &Path) -> Vec<String> {
    let differs = |path: &Path, bytes: &[u8]| std::fs::read(path).ok().is_none_or(|present| present != bytes);
    let paths = files.iter().map(|file| (folder.join(&file.path), &file.bytes));
    paths.filter(|(path, bytes)| differs(path, bytes)).map(|(path, _)| path.display().to_string()).collect()
}

/// The comparison table for a terminal of `width` columns, with the best validation MAE in bold where `color` is on.
pub fn terminal(study: &Study, color: bool, width: u16) -> String {
    table::terminal::write(&comparison::table(study, &Summary::of(study)), color, width)
}

/// What the blocks of a README hold, between their markers, as Markdown with title, table and the lines under it: the full table in
/// the block of the study's name, other tables in blocks that add `:short`, `:cost`, `:comparison`, `:statistics` or `:subgroups`.
pub fn readme_blocks(study: &Study) -> Vec<(String, String)> {
    let summary = Summary::of(study);
    let own = [
        (study.name.clone(), table::markdown::block(&comparison::table(study, &summary))),
        (format!("{}:short", study.name), table::markdown::block(&side_by_side::short(study, &summary))),
        (format!("{}:cost", study.name), table::markdown::block(&cost::table(study))),
    ];
    let statistics = statistics::blocks(study, &summary).into_iter().map(|(name, text)| (format!("{}:{name}", study.name), text));
    own.into_iter().chain(statistics).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::*;
    use crate::spec::ReportPage;

    fn study() -> Study {
        let study = StudyBuilder::new().entry("CNN", vec![done(15.5)]).entry("VGG16", vec![failed("out of memory")]).build();
        let page = PageFacts {
            shows: ReportPage::Films,
            spec: "name: 10epoch\n".into(),
            environment: None,
            parts: None,
            has_data_page: false,
            sheets: Vec::new(),
        };
        Study { page: Some(page), tensorboard: true, ..study }
    }

    #[test]
    fn a_report_is_written_whole_and_a_second_time_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("10epoch");
        let first = write(&study(), &results).unwrap();
        assert_eq!(first.files.len(), 38);
        assert_eq!(first.changed, first.files);
        assert!(first.files.iter().all(|path| path.metadata().unwrap().len() > 0));
        let mut present: Vec<PathBuf> = walkdir::WalkDir::new(&results)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect();
        let mut files = first.files.clone();
        present.sort();
        files.sort();
        assert_eq!(present, files, "nothing else is left in the folder");
        assert_eq!(write(&study(), &results).unwrap(), Written { files: first.files, changed: Vec::new() });
    }

    #[test]
    fn a_clock_touches_no_file_but_the_cost_the_page_and_what_tensorboard_shows_over_time() {
        let mut slow = recorded(15.5, 10);
        slow.cost.seconds *= 3.0;
        slow.cost.device = "cuda:0".into();
        slow.timing.iter_mut().for_each(|row| row.train_seconds *= 3.0);
        let mut other = study();
        other.entries[0].runs[0] = RunState::Done(Box::new(slow));
        let (one, two) = (render(&study()).unwrap(), render(&other).unwrap());
        let differing = one.iter().zip(&two).filter(|(a, b)| a != b).map(|(a, _)| a.path.to_str().unwrap()).collect::<Vec<_>>();
        let tables = ["cost.md", "cost.csv", "cost.json", "cost.tex", "plots/cost_vs_mae.svg", "plots/cost_vs_mae.png", "report.html"];
        assert_eq!(differing[..7], tables);
        assert!(differing.len() == 8 && differing[7].starts_with("tensorboard/"), "{differing:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "a file").unwrap();
        let message = write(&study(), &taken).unwrap_err().to_string();
        assert!(message.starts_with(&format!("failed to write {}", taken.display())), "{message}");
        assert!(message.ends_with("then run the same command again; finished runs are kept"), "{message}");
        let full = ReportError::Write { path: "results/table.md".into(), source: ErrorKind::StorageFull.into() };
        assert_eq!(
            full.to_string(),
            "failed to write results/table.md: no storage space; free some disk space, then run the same command again"
        );
    }

    #[test]
    fn the_readme_block_is_the_table_under_a_smaller_heading() {
        let page = String::from_utf8(render(&study()).unwrap()[0].bytes.clone()).unwrap();
        let (name, block) = readme_blocks(&study()).swap_remove(0);
        assert_eq!((name.as_str(), block.replacen("### ", "# ", 1)), ("10epoch", page));
    }

    #[test]
    fn the_terminal_shows_every_row() {
        let text = terminal(&study(), false, 100);
        for part in ["10 Epoch", "CNN", "failed: out of memory", "Mean-age baseline"] {
            assert!(text.contains(part), "{part}");
        }
    }
}
