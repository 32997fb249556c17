//! What the rows say: figures over all finished runs of a backbone, before any rounding. Ages and errors are in months.

use std::collections::{BTreeMap, HashSet};

use super::{Study, StudyEntry};
use crate::metric::bootstrap::{Bootstrap, Interval, Patients};
use crate::metric::{PartMetrics, mean};
use crate::record::KnownFilms;
use crate::record::format::{PartFigures, RecordedRun, RunState};
use crate::spec::Split;

/// Seed of all intervals, fixed so that a report can be built again.
pub(super) const INTERVAL_SEED: u64 = 0;

/// A study's rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Summary<'a> {
    /// In the spec's order.
    pub(super) rows: Vec<Row<'a>>,
    /// What predicting the training part's mean age comes to; none before a run is done.
    pub(super) baseline: Option<Figures>,
    /// A run of each split, whose training part's mean age is the baseline's prediction.
    pub(super) baseline_runs: Vec<&'a RecordedRun>,
}

/// One backbone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a> {
    /// Where it comes from.
    pub(super) entry: &'a StudyEntry,
    /// Its finished runs.
    pub(super) done: Vec<&'a RecordedRun>,
    /// Causes of its failed runs.
    pub(super) causes: Vec<&'a str>,
    /// Figures over the finished runs; none where there is none.
    pub(super) figures: Option<Figures>,
}

/// Figures per part over several runs; none where the part is empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) train: PartSummary,
    pub(super) val: Option<PartSummary>,
    pub(super) test: Option<PartSummary>,
}

/// Figures of one part over several runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PartSummary {
    /// Films in the part, one number per run.
    pub(super) films: Vec<u64>,
    pub(super) mae: Spread,
    pub(super) rmse: Spread,
    pub(super) bias: Spread,
    pub(super) median_absolute_error: Spread,
    pub(super) r2: Option<Spread>,
    pub(super) concordance: Option<Spread>,
    /// None for the baseline of runs with different losses.
    pub(super) loss: Option<Spread>,
    pub(super) accuracy: Spread,
    /// Bootstrap 95 % interval of the MAE over patients; none for the training part and for fewer than two patients.
    pub(super) mae_interval: Option<Interval>,
    /// Patients on the predicted films; where none is known, films.
    pub(super) patients: usize,
}

/// Mean and standard deviation over runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// Number of runs.
    pub(super) count: usize,
    /// Arithmetic mean.
    pub(super) mean: f64,
    /// Sample standard deviation (divided by count − 1); none for one run.
    pub(super) sd: Option<f64>,
}

impl Spread {
    /// Over `values`; none where there are none.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let centre = (count > 0).then(|| mean(values))?;
        let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
        Some(Self { count, mean: centre, sd: (count > 1).then(|| (squares / (count - 1) as f64).sqrt()) })
    }

    /// In another unit.
    pub(super) fn divided_by(self, divisor: f64) -> Self {
        Self { mean: self.mean / divisor, sd: self.sd.map(|sd| sd / divisor), ..self }
    }
}

impl<'a> Summary<'a> {
    /// Of all that the records of a study hold.
    pub(super) fn of(study: &'a Study) -> Self {
        let rows: Vec<Row> = study.entries.iter().map(|entry| Row::of(entry, &study.films)).collect();
        let baseline_runs = baseline_runs(&rows);
        let baseline = baseline(&rows, &baseline_runs, &study.films);
        Self { rows, baseline, baseline_runs }
    }

    /// Every finished run.
    pub(super) fn done(&self) -> impl Iterator<Item = &'a RecordedRun> {
        self.rows.iter().flat_map(|row| row.done.iter().copied())
    }

    /// Labels of the rows without figures.
    pub(super) fn labels_without_figures(&self) -> Vec<&'a str> {
        self.rows.iter().filter(|row| row.figures.is_none()).map(|row| row.entry.label.as_str()).collect()
    }
}

impl<'a> Row<'a> {
    fn of(entry: &'a StudyEntry, films: &KnownFilms) -> Self {
        let (mut done, mut causes) = (Vec::new(), Vec::new());
        for run in &entry.runs {
            match run {
                RunState::Done(run) => done.push(run.as_ref()),
                RunState::Failed(failure) => causes.push(failure.cause.as_str()),
                RunState::Missing => {}
            }
        }
        let figures = figures(&done, films, |run| &run.result.figures, |_, predicted| predicted);
        Self { entry, done, causes, figures }
    }

    /// Number of runs that were neither finished nor failed.
    pub(super) fn missing(&self) -> usize {
        self.entry.runs.len() - self.done.len() - self.causes.len()
    }
}

/// Figures over `runs`: `of_run` picks a run's figures, and `prediction` says what is predicted for a film, given the run and
/// what its network predicted.
fn figures(
    runs: &[&RecordedRun],
    films: &KnownFilms,
    of_run: fn(&RecordedRun) -> &PartFigures,
    prediction: fn(&RecordedRun, f64) -> f64,
) -> Option<Figures> {
    let train: Vec<&PartMetrics> = runs.iter().map(|run| &of_run(run).train).collect();
    let val: Vec<&PartMetrics> = runs.iter().filter_map(|run| of_run(run).val.as_ref()).collect();
    let test: Vec<&PartMetrics> = runs.iter().filter_map(|run| of_run(run).test.as_ref()).collect();
    let judged = |parts, split| {
        let errors = film_means(runs, split, |run, target, predicted| (prediction(run, predicted) - target).abs());
        let patients = patients(films, errors.keys().copied());
        let errors: Vec<f64> = errors.into_values().collect();
        let interval = Bootstrap::of_mean(&errors, &patients, INTERVAL_SEED).map(|bootstrap| bootstrap.interval());
        part_summary(parts, interval, patients.count())
    };
    Some(Figures { train: part_summary(&train, None, 0)?, val: judged(&val, Split::Val), test: judged(&test, Split::Test) })
}

/// The patients on films with these ids.
pub(super) fn patients<'a>(films: &'a KnownFilms, ids: impl IntoIterator<Item = &'a str>) -> Patients {
    Patients::by_name(ids.into_iter().map(|id| films.patient(id)))
}

/// One value per film of a part, by its id: the mean of `value(run, target, predicted)` over the runs that predicted the film.
pub(super) fn film_means<'a>(
    runs: &[&'a RecordedRun],
    split: Split,
    value: impl Fn(&RecordedRun, f64, f64) -> f64,
) -> BTreeMap<&'a str, f64> {
    let mut films: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for run in runs {
        for row in run.predictions.iter().filter(|row| row.split == split) {
            films.entry(&row.id).or_default().push(value(run, row.target, row.predicted));
        }
    }
    films.into_iter().map(|(id, values)| (id, mean(&values))).collect()
}

/// True and predicted age of every film of a part, each averaged over the runs that predicted the film.
pub(super) fn film_ages(runs: &[&RecordedRun], split: Split) -> Vec<(f64, f64)> {
    let targets = film_means(runs, split, |_, target, _| target);
    targets.into_values().zip(film_means(runs, split, |_, _, predicted| predicted).into_values()).collect()
}

/// Figures of one part over several runs; none where no run has the part.
fn part_summary(parts: &[&PartMetrics], mae_interval: Option<Interval>, patients: usize) -> Option<PartSummary> {
    let over = |figure: fn(&PartMetrics) -> f64| Spread::of(&parts.iter().map(|part| figure(part)).collect::<Vec<_>>());
    let over_some = |figure: fn(&PartMetrics) -> Option<f64>| Spread::of(&parts.iter().filter_map(|part| figure(part)).collect::<Vec<_>>());
    Some(PartSummary {
        films: parts.iter().map(|part| part.count).collect(),
        mae: over(|part| part.mae)?,
        rmse: over(|part| part.rmse)?,
        bias: over(|part| part.bias)?,
        median_absolute_error: over(|part| part.median_absolute_error)?,
        r2: over_some(|part| part.r2),
        concordance: over_some(|part| part.concordance),
        loss: over(|part| part.loss),
        accuracy: over(|part| part.accuracy)?,
        mae_interval,
        patients,
    })
}

/// A finished run of each split. The baseline depends on the split alone, so that each counts once, however many backbones and
/// seeds share it; a spread therefore stands only where there are folds.
fn baseline_runs<'a>(rows: &[Row<'a>]) -> Vec<&'a RecordedRun> {
    let mut seen = HashSet::new();
    let is_new = |run: &&RecordedRun| {
        let parts = &run.result.baseline;
        let errors = [Some(&parts.train), parts.val.as_ref(), parts.test.as_ref()].map(|part| part.map(|part| part.mae.to_bits()));
        seen.insert((run.result.target_mean.to_bits(), errors))
    };
    rows.iter().flat_map(|row| row.done.iter().copied()).filter(is_new).collect()
}

/// The baseline over those runs.
fn baseline(rows: &[Row], runs: &[&RecordedRun], films: &KnownFilms) -> Option<Figures> {
    let mut figures = figures(runs, films, |run| &run.result.baseline, |run, _| run.result.target_mean)?;
    let losses: HashSet<_> = rows.iter().filter(|row| !row.done.is_empty()).map(|row| row.entry.loss).collect();
    if losses.len() > 1 {
        for part in [Some(&mut figures.train), figures.val.as_mut(), figures.test.as_mut()].into_iter().flatten() {
            part.loss = None;
        }
    }
    Some(figures)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed};
    use super::*;
    use crate::record::KnownFilm;
    use crate::spec::Loss;

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn one_run_has_no_spread_and_several_have_the_sample_one() {
        assert_eq!(Spread::of(&[4.0]), Some(Spread { count: 1, mean: 4.0, sd: None }));
        assert_eq!(Spread::of(&[4.0, 8.0, 6.0]), Some(Spread { count: 3, mean: 6.0, sd: Some(2.0) }));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn figures_are_over_the_finished_runs_alone() {
        let study = StudyBuilder::new().entry("VGG16", vec![done(10.0), failed("out of memory"), done(14.0), RunState::Missing]).build();
        let summary = Summary::of(&study);
        let row = &summary.rows[0];
        let val = row.figures.as_ref().unwrap().val.as_ref().unwrap();
        assert_eq!((row.done.len(), row.causes.as_slice(), row.missing()), (2, ["out of memory"].as_slice(), 1));
        assert_eq!(val.mae.count, 2);
        assert!(near(val.mae.mean, 12.0) && near(val.mae.sd.unwrap(), 8.0_f64.sqrt()), "{val:?}");
    }

    #[test]
    fn a_row_without_a_finished_run_has_no_figures() {
        let study = StudyBuilder::new().entry("VGG16", vec![failed("x")]).entry("CNN", vec![RunState::Missing]).build();
        let summary = Summary::of(&study);
        assert_eq!(summary.labels_without_figures(), ["VGG16", "CNN"]);
        assert_eq!(summary.baseline, None);
    }

    #[test]
    fn the_interval_of_the_mae_is_over_films_after_averaging_over_runs() {
        let study = StudyBuilder::new().entry("CNN", vec![done(10.0), done(14.0)]).build();
        let row = &Summary::of(&study).rows[0];
        let test = row.figures.as_ref().unwrap().test.clone().unwrap();
        let errors: Vec<f64> =
            film_means(&row.done, Split::Test, |_, target, predicted| (predicted - target).abs()).into_values().collect();
        assert_eq!((errors.len() as u64, errors.len()), (test.films[0], test.patients));
        let expected = Bootstrap::of_mean(&errors, &Patients::of_films(errors.len()), INTERVAL_SEED).unwrap();
        assert_eq!(test.mae_interval, Some(expected.interval()));
        let ends = test.mae_interval.unwrap();
        assert!(ends.low < test.mae.mean && test.mae.mean < ends.high, "{test:?}");
    }

    #[test]
    fn patients_are_resampled_where_the_films_name_them() {
        let twins = |id: &str| KnownFilm { patient: Some(id[..id.len() - 1].into()), ..KnownFilm::default() };
        let study = StudyBuilder::new().films(twins).entry("CNN", vec![done(10.0)]).build();
        let summary = Summary::of(&study);
        let test = summary.rows[0].figures.as_ref().unwrap().test.clone().unwrap();
        assert_eq!((test.films[0], test.patients), (12, 2), "test000 to test009, and test010 with test011");
        let films = StudyBuilder::new().entry("CNN", vec![done(10.0)]).build();
        assert_ne!(test.mae_interval, Summary::of(&films).rows[0].figures.as_ref().unwrap().test.as_ref().unwrap().mae_interval);
    }

    #[test]
    fn a_split_counts_once_in_the_baseline_however_many_runs_share_it() {
        let study = StudyBuilder::new().entry("CNN", vec![done(10.0), done(14.0)]).entry("VGG16", vec![done(9.0)]).build();
        let baseline = Summary::of(&study).baseline.unwrap();
        assert_eq!((baseline.train.mae.count, baseline.train.mae.sd), (1, None));
    }

    #[test]
    fn a_baseline_of_runs_with_different_losses_has_no_loss() {
        let study = StudyBuilder::new().entry("CNN", vec![done(10.0)]).entry_with_loss("VGG16", Loss::Mae, vec![done(9.0)]).build();
        let baseline = Summary::of(&study).baseline.unwrap();
        assert_eq!(baseline.val.unwrap().loss, None);
    }
}
