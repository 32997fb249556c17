//! The predictions by which rows are judged: those for the test part, or for the validation part where there is no other.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comparison::BASELINE_LABEL;
use super::super::summary::{Figures, Summary};
use crate::metric::bootstrap::Patients;
use crate::record::KnownFilms;
use crate::record::format::RecordedRun;
use crate::spec::Split;

/// Rows with predictions, in the spec's order, then the baseline.
pub(in crate::report) struct Judged<'a> {
    part: Split,
    pub(in crate::report) rows: Vec<JudgedRow<'a>>,
}

/// A row and what its runs predict.
pub(in crate::report) struct JudgedRow<'a> {
    pub(in crate::report) label: &'a str,
    pub(in crate::report) is_baseline: bool,
    /// Finished runs.
    pub(in crate::report) runs: usize,
    /// Mean over the runs, months.
    pub(in crate::report) val_mae: Option<f64>,
    /// Of every run, ordered by film.
    pub(in crate::report) predictions: Vec<Prediction<'a>>,
}

/// What one run predicts for one film, months.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Prediction<'a> {
    pub(in crate::report) id: &'a str,
    pub(in crate::report) target: f64,
    pub(in crate::report) predicted: f64,
}

impl<'a> Judged<'a> {
    /// None before a run with a test or a validation part is done.
    pub(in crate::report) fn of(summary: &Summary<'a>) -> Option<Self> {
        let has = |part| summary.done().any(|run| run.predictions.iter().any(|row| row.split == part));
        let part = [Split::Test, Split::Val].into_iter().find(|part| has(*part))?;
        let row = |label, is_baseline, runs: &[&'a RecordedRun], figures: &Figures| JudgedRow {
            label,
            is_baseline,
            runs: runs.len(),
            val_mae: figures.val.as_ref().map(|val| val.mae.mean),
            predictions: predictions(runs, part, is_baseline),
        };
        let with_figures = summary.rows.iter().filter_map(|row| Some((row, row.figures.as_ref()?)));
        let mut rows: Vec<JudgedRow> = with_figures.map(|(entry, figures)| row(&entry.entry.label, false, &entry.done, figures)).collect();
        rows.extend(summary.baseline.as_ref().map(|figures| row(BASELINE_LABEL, true, &summary.baseline_runs, figures)));
        rows.retain(|row| !row.predictions.is_empty());
        Some(Self { part, rows })
    }

    /// The network with the smallest validation MAE, by its place; none without a validation part.
    pub(in crate::report) fn best(&self) -> Option<usize> {
        let networks = self.rows.iter().enumerate().filter(|(_, row)| !row.is_baseline);
        let values = networks.filter_map(|(place, row)| Some((place, row.val_mae?)));
        values.reduce(|best, other| if other.1 < best.1 { other } else { best }).map(|(place, _)| place)
    }

    pub(in crate::report) fn is_validation(&self) -> bool {
        self.part == Split::Val
    }

    /// `test` or `validation`.
    pub(in crate::report) fn part_name(&self) -> &'static str {
        if self.is_validation() { "validation" } else { "test" }
    }

    /// Number of films, over all rows.
    pub(in crate::report) fn films(&self) -> usize {
        self.rows.iter().flat_map(|row| &row.predictions).map(|film| film.id).collect::<BTreeSet<_>>().len()
    }

    /// The largest number of runs of a network.
    pub(in crate::report) fn runs(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_baseline).map(|row| row.runs).max().unwrap_or_default()
    }
}

impl<'a> JudgedRow<'a> {
    /// The absolute error of each film, months, averaged over the runs.
    pub(in crate::report) fn film_errors(&self) -> BTreeMap<&'a str, f64> {
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for film in &self.predictions {
            let sum = sums.entry(film.id).or_default();
            *sum = (sum.0 + (film.predicted - film.target).abs(), sum.1 + 1.0);
        }
        sums.into_iter().map(|(id, (errors, runs))| (id, errors / runs)).collect()
    }
}

/// Pairs of ages in the form that metrics take.
pub(in crate::report) struct Ages {
    pub(in crate::report) targets: Vec<f64>,
    pub(in crate::report) predicted: Vec<f64>,
    pub(in crate::report) patients: Patients,
    /// Different films.
    pub(in crate::report) films: usize,
}

impl Ages {
    pub(in crate::report) fn of<'a>(predictions: impl IntoIterator<Item = &'a Prediction<'a>>, known: &'a KnownFilms) -> Self {
        let predictions: Vec<&Prediction> = predictions.into_iter().collect();
        Self {
            targets: predictions.iter().map(|film| film.target).collect(),
            predicted: predictions.iter().map(|film| film.predicted).collect(),
            patients: super::super::summary::patients(known, predictions.iter().map(|film| film.id)),
            films: predictions.iter().map(|film| film.id).collect::<BTreeSet<_>>().len(),
        }
    }

    pub(in crate::report) fn absolute_errors(&self) -> Vec<f64> {
        self.targets.iter().zip(&self.predicted).map(|(target, predicted)| (predicted - target).abs()).collect()
    }

    pub(in crate::report) fn errors(&self) -> Vec<f64> {
        self.targets.iter().zip(&self.predicted).map(|(target, predicted)| predicted - target).collect()
    }
}

fn predictions<'a>(runs: &[&'a RecordedRun], part: Split, is_baseline: bool) -> Vec<Prediction<'a>> {
    let of_run = |run: &&'a RecordedRun| {
        let mean = run.result.target_mean;
        let films = run.predictions.iter().filter(move |row| row.split == part);
        films.map(move |row| Prediction { id: &row.id, target: row.target, predicted: if is_baseline { mean } else { row.predicted } })
    };
    let mut predictions: Vec<Prediction> = runs.iter().flat_map(of_run).collect();
    // Stable, so that the runs of a film keep their order.
    predictions.sort_by_key(|film| film.id);
    predictions
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::*;
    use crate::record::format::RunState;

    #[test]
    fn the_test_part_judges_and_the_validation_part_chooses() {
        let study =
            StudyBuilder::new().entry("A", vec![done(9.0)]).entry("B", vec![failed("x")]).entry("C", vec![done(7.0), done(8.0)]).build();
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let labels: Vec<_> = judged.rows.iter().map(|row| (row.label, row.runs, row.predictions.len())).collect();
        assert_eq!(labels, [("A", 1, 12), ("C", 2, 24), ("Mean-age baseline", 1, 12)]);
        assert_eq!((judged.best(), judged.films(), judged.runs(), judged.part_name()), (Some(1), 12, 2, "test"));
        assert!(judged.rows[2].predictions.iter().all(|film| film.predicted == 110.0));
    }

    #[test]
    fn errors_are_averaged_film_by_film_over_the_runs() {
        let study = StudyBuilder::new().entry("A", vec![done(6.0), done(12.0)]).build();
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let errors = judged.rows[0].film_errors();
        let RunState::Done(first) = &study.entries[0].runs[0] else { panic!() };
        let RunState::Done(second) = &study.entries[0].runs[1] else { panic!() };
        let error = |run: &RecordedRun| {
            let film = run.predictions.iter().find(|row| row.id == "test003").unwrap();
            (film.predicted - film.target).abs()
        };
        assert_eq!(errors["test003"], f64::midpoint(error(first), error(second)));
        assert_eq!(errors.len(), 12);
    }

    #[test]
    fn without_a_test_part_the_validation_part_judges() {
        let mut run = recorded(9.0, 10);
        run.predictions.retain(|row| row.split == Split::Val);
        run.result.figures.test = None;
        let study = StudyBuilder::new().entry("A", vec![RunState::Done(Box::new(run))]).build();
        let judged = Judged::of(&Summary::of(&study)).map(|judged| (judged.part_name(), judged.films()));
        assert_eq!(judged, Some(("validation", 20)));
        let none = StudyBuilder::new().entry("A", vec![failed("x")]).build();
        assert!(Judged::of(&Summary::of(&none)).is_none());
    }
}
