//! The data report: what a data set holds before anything is trained on it.
//!
//! In comes a [`DataStudy`]: the films of a plan with their parts and what a screening found. Out go the files of
//! `results/<name>/data/` ([`write()`]), the text for the terminal ([`terminal()`]), a list of ids to leave out
//! ([`write_exclusion_list`]) and the training set as files ([`write_training_set`]). The same films and settings give the same bytes.

mod augmentation;
mod exclusion;
mod facts;
#[cfg(test)]
mod fixtures;
mod histogram;
mod image_file;
mod page;
mod prepared;
mod sheet;
mod table_one;
mod terminal;
mod training_set;
mod wording;

use std::path::Path;

pub use exclusion::{check_exclusion_list, write_exclusion_list};
pub use facts::{
    AgeCount, AgeFacts, DataFacts, DuplicateFact, EpochFacts, FlagFact, ImageFacts, PartFacts, RaceCount, SexCount, SizeCount,
};
pub use image_file::facts as image_facts;
pub use prepared::PreparedFacts;
pub use terminal::terminal;
pub use training_set::{check_training_set_folder, write_training_set};

use super::{ReportError, ReportFile, Written, write_files};
use crate::data::{Assignment, CachedDataset, Leak, Sample};
use crate::plan::{ImageConfig, Plan, SourceConfig};
use crate::screen::Findings;

/// Name of the page in the folder of the report.
pub const PAGE: &str = "data.html";
/// Name of the facts in the folder of the report.
pub const FACTS: &str = "data.json";
/// Folder of the contact sheets below it.
const SHEETS: &str = "sheets";

/// Everything a data report is made of.
#[derive(Debug, Clone, Copy)]
pub struct DataStudy<'a> {
    /// What would be run.
    pub plan: &'a Plan,
    /// The films for each image setting of the plan; not empty, and with the same samples in each.
    pub films: &'a [(ImageConfig, CachedDataset)],
    /// Which film belongs to which part.
    pub assignment: &'a Assignment,
    /// What is in two parts.
    pub leaks: &'a [Leak],
    /// What a screening says of the films.
    pub findings: &'a Findings,
}

impl<'a> DataStudy<'a> {
    /// The first image setting's films, by which all is shown that depends on no setting.
    fn first(&self) -> &'a CachedDataset {
        &self.films.first().expect("a plan has an image setting").1
    }

    /// The films of an image setting of the plan.
    fn films_of(&self, image: ImageConfig) -> &'a CachedDataset {
        self.films.iter().find(|(of, _)| *of == image).map_or_else(|| self.first(), |(_, films)| films)
    }

    fn samples(&self) -> &'a [Sample] {
        &self.first().dataset.samples
    }

    fn is_synthetic(&self) -> bool {
        matches!(self.plan.data.source, SourceConfig::Phantom { .. })
    }

    /// What every page, plot and sheet says where it holds.
    fn notes(&self) -> Vec<String> {
        if self.is_synthetic() { vec![wording::SYNTHETIC.to_owned()] } else { Vec::new() }
    }
}

/// Every file of a data report, in memory, with the facts that it is made of.
///
/// # Errors
///
/// Where a plot or sheet cannot be drawn.
fn render(study: &DataStudy) -> Result<(DataFacts, Vec<ReportFile>), ReportError> {
    let facts = DataFacts::of(study);
    let histograms = histogram::render(study, &facts)?;
    let sheets = sheet::render(study, &facts)?;
    let page = page::write(&facts, &histograms, &sheets);
    let json = serde_json::to_string_pretty(&facts).expect("words and numbers") + "\n";
    let mut files =
        vec![ReportFile { path: FACTS.into(), bytes: json.into_bytes() }, ReportFile { path: PAGE.into(), bytes: page.into_bytes() }];
    files.extend(histograms);
    files.extend(sheets.into_iter().map(|sheet| sheet.file));
    Ok((facts, files))
}

/// Writes every file of a data report into `folder`, each in one step, and removes sheets and histograms of an earlier report
/// that this one does not have.
///
/// # Errors
///
/// Where a plot cannot be drawn or a file cannot be written.
pub fn write(study: &DataStudy, folder: &Path) -> Result<(DataFacts, Written), ReportError> {
    let (facts, files) = render(study)?;
    let written = write_files(files, folder)?;
    for below in [folder.to_owned(), folder.join(SHEETS)] {
        remove_pictures(&below, &written)?;
    }
    Ok((facts, written))
}

/// Removes the pictures of a folder that are not among the files of the report; anything else is left alone.
fn remove_pictures(folder: &Path, written: &Written) -> Result<(), ReportError> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_picture = path.extension().is_some_and(|extension| extension == "png" || extension == "svg");
        if is_picture && !written.files.contains(&path) {
            std::fs::remove_file(&path).map_err(|source| ReportError::Write { path, source })?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::fixtures::Project;
    use super::*;

    #[test]
    fn a_report_is_the_same_bytes_every_time_and_leaves_no_sheet_of_an_earlier_one() {
        let project = Project::new("augment: { rotate: 15, flip: 0.5, balance: { by: [age, sex] } }");
        let folder = tempfile::tempdir().unwrap();
        let (_, first) = write(&project.study(), folder.path()).unwrap();
        assert_eq!(first.changed, first.files);
        let names: Vec<_> = first.files.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "data.json",
                "data.html",
                "histogram_age.svg",
                "histogram_age.png",
                "balance.svg",
                "balance.png",
                "sheets/sample.png",
                "sheets/augmented.png",
                "sheets/operations.png",
                "sheets/flagged_inverted.png",
                "sheets/flagged_dark.png",
                "sheets/duplicates.png",
            ]
        );
        std::fs::write(folder.path().join("sheets/flagged_empty.png"), "old").unwrap();
        std::fs::write(folder.path().join("sheets/mine.txt"), "mine").unwrap();
        let (_, second) = write(&project.study(), folder.path()).unwrap();
        assert!(second.changed.is_empty(), "{:?}", second.changed);
        assert!(!folder.path().join("sheets/flagged_empty.png").exists() && folder.path().join("sheets/mine.txt").exists());
    }

    #[test]
    fn without_augmentation_and_findings_there_are_fewer_files() {
        let mut project = Project::new("");
        project.findings = Findings::default();
        let (facts, files) = render(&project.study()).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(names, ["data.json", "data.html", "histogram_age.svg", "histogram_age.png", "sheets/sample.png"]);
        assert_eq!(facts.epochs[0].draws, facts.epochs[0].training_films);
    }

    #[test]
    #[ignore = "writes the report for a person to look at: BENCH_RUN_PLOTS=folder"]
    fn show() {
        let folder = std::path::PathBuf::from(std::env::var_os("BENCH_RUN_PLOTS").unwrap());
        write(&Project::new("augment: { rotate: 15, balance: { by: [age] } }").study(), &folder.join("data")).unwrap();
    }
}
