//! Studies with canned numbers, for tests: no network, no clock, no chance.

use super::{Study, StudyEntry};
use crate::metric::PartMetrics;
use crate::record::format::{
    EpochRow, FailureKind, PartFigures, PredictionRow, RecordedRun, RunCost, RunFailure, RunResult, RunState, SCHEMA_VERSION, TimingRow,
};
use crate::record::{KnownFilm, KnownFilms};
use crate::robustness::{SweepRow, points};
use crate::spec::{AgeUnit, Loss, Split};

/// Builds a study in years, accurate within one, of one row after the other.
pub(super) struct StudyBuilder {
    study: Study,
}

impl StudyBuilder {
    pub(super) fn new() -> Self {
        Self {
            study: Study {
                name: "10epoch".into(),
                title: "10 Epoch".into(),
                unit: AgeUnit::Years,
                accuracy_within: 1.0,
                notes: Vec::new(),
                films: KnownFilms::default(),
                entries: Vec::new(),
                sweeps: std::collections::BTreeMap::new(),
                page: None,
                tensorboard: false,
            },
        }
    }

    pub(super) fn unit(mut self, unit: AgeUnit, accuracy_within: f64) -> Self {
        (self.study.unit, self.study.accuracy_within) = (unit, accuracy_within);
        self
    }

    pub(super) fn note(mut self, note: &str) -> Self {
        self.study.notes.push(note.into());
        self
    }

    /// What is known of the films of [`recorded`], by what `film` says of an id.
    pub(super) fn films(mut self, film: impl Fn(&str) -> KnownFilm) -> Self {
        let ids = recorded(9.0, 1).predictions.into_iter().map(|row| row.id);
        self.study.films = KnownFilms::new(ids.map(|id| (id.clone(), film(&id))));
        self
    }

    pub(super) fn entry(self, label: &str, runs: Vec<RunState>) -> Self {
        self.entry_with_loss(label, Loss::Mse, runs)
    }

    pub(super) fn entry_with_loss(mut self, label: &str, loss: Loss, runs: Vec<RunState>) -> Self {
        self.study.entries.push(StudyEntry { label: label.into(), loss, runs, cards: Vec::new() });
        self
    }

    /// Errors of the finished runs so far on changed films: their test MAE and, for each step of strength, a twentieth of a month times
    /// `slope`; in the second row twice as much, and so on.
    pub(super) fn swept(mut self, slope: f64) -> Self {
        for (entry, place) in self.study.entries.iter().zip(1u32..) {
            for run in &entry.runs {
                let RunState::Done(run) = run else { continue };
                let test = run.result.figures.test.as_ref().map_or((0, 0.0), |test| (test.count, test.mae));
                let row = |(change, strength): (crate::robustness::Change, f64)| SweepRow {
                    change,
                    strength,
                    unit: change.unit().to_owned(),
                    count: test.0,
                    mae_months: test.1
                        + slope * 0.05 * f64::from(place) * (strength - if strength == 0.0 { 0.0 } else { change.neutral() }).abs(),
                    bias_months: 0.5,
                };
                self.study.sweeps.insert(run.result.run_id.clone(), points().into_iter().map(row).collect());
            }
        }
        self
    }

    pub(super) fn build(self) -> Study {
        self.study
    }
}

/// A finished run of ten epochs whose validation MAE is `val_mae` months.
pub(super) fn done(val_mae: f64) -> RunState {
    RunState::Done(Box::new(recorded(val_mae, 10)))
}

/// The same, where the error of each test film is changed by a share of itself, given the film's place.
pub(super) fn moved(val_mae: f64, share: impl Fn(usize) -> f64) -> RunState {
    let mut run = recorded(val_mae, 10);
    for (place, row) in run.predictions.iter_mut().filter(|row| row.split == Split::Test).enumerate() {
        row.predicted += share(place) * (row.predicted - row.target);
    }
    RunState::Done(Box::new(run))
}

pub(super) fn failed(cause: &str) -> RunState {
    RunState::Failed(RunFailure { schema_version: SCHEMA_VERSION, cause: cause.into(), kind: FailureKind::Diverged })
}

/// A finished run over 80 training, 20 validation and 12 test films.
pub(super) fn recorded(val_mae: f64, epochs: u32) -> RecordedRun {
    let predictions: Vec<PredictionRow> =
        predictions(Split::Val, 20, val_mae).into_iter().chain(predictions(Split::Test, 12, val_mae + 1.5)).collect();
    let mean = 110.0;
    let of = |split, predicted: fn(&PredictionRow, f64) -> f64, loss| {
        let rows: Vec<&PredictionRow> = predictions.iter().filter(|row| row.split == split).collect();
        let targets: Vec<f64> = rows.iter().map(|row| row.target).collect();
        let values: Vec<f64> = rows.iter().map(|row| predicted(row, mean)).collect();
        PartMetrics::compute(&targets, &values, 12.0, loss)
    };
    let scaled = (val_mae / 50.0).powi(2);
    let figures = PartFigures {
        train: PartMetrics { count: 80, mae: val_mae * 0.8, ..of(Split::Val, |row, _| row.predicted, scaled * 0.6) },
        val: Some(of(Split::Val, |row, _| row.predicted, scaled)),
        test: Some(of(Split::Test, |row, _| row.predicted, scaled * 1.1)),
    };
    let baseline = PartFigures {
        train: PartMetrics { count: 80, mae: 47.0, ..of(Split::Val, |_, mean| mean, 1.0) },
        val: Some(of(Split::Val, |_, mean| mean, 0.98)),
        test: Some(of(Split::Test, |_, mean| mean, 1.02)),
    };
    RecordedRun {
        epochs: (1..=epochs).map(|epoch| epoch_row(epoch, val_mae)).collect(),
        timing: (1..=epochs).map(timing_row).collect(),
        predictions: predictions.clone(),
        result: RunResult {
            schema_version: SCHEMA_VERSION,
            run_id: format!("cnn-s0-{:04x}", (val_mae * 100.0) as u32),
            epochs_trained: epochs,
            reported_epoch: epochs,
            epoch_chosen_on: None,
            figures,
            baseline,
            target_mean: mean,
            target_std: 55.0,
            normalization: None,
            found_learning_rate: None,
            tta: None,
            parameters: 1_234_567,
            gflops: 0.4567,
            micro_batch_size: None,
            learning_rate_halvings: 0,
            files: std::collections::BTreeMap::new(),
            blake3: String::new(),
        },
        cost: cost(),
    }
}

/// Ages from 12 to 216 months; errors of both signs, from a tenth to about twice `mae`, whose mean size is `mae`.
fn predictions(split: Split, count: u32, mae: f64) -> Vec<PredictionRow> {
    let shape = |index: u32| 0.1 + f64::from(index * 7 % count) / f64::from(count) * 1.9;
    let mean_shape = (0..count).map(shape).sum::<f64>() / f64::from(count);
    (0..count)
        .map(|index| {
            let target = 12.0 + 204.0 * f64::from(index) / f64::from(count - 1);
            let sign = if index % 2 == 0 { 1.0 } else { -1.0 };
            let predicted = target + sign * mae * shape(index) / mean_shape;
            PredictionRow { id: format!("{}{index:03}", split.name()), split, target, predicted }
        })
        .collect()
}

/// Falls from about 45 months towards `val_mae`, validation with a wobble.
fn epoch_row(epoch: u32, val_mae: f64) -> EpochRow {
    let fall = (-0.45 * f64::from(epoch)).exp();
    let wobble = f64::from(epoch * 5 % 7) / 7.0 * 3.0;
    let train_mae = val_mae * 0.85 + 45.0 * fall;
    EpochRow {
        epoch,
        learning_rate: 1e-3,
        train_mae,
        train_loss: (train_mae / 50.0).powi(2),
        train_accuracy: 0.4,
        val_mae: Some(val_mae + 30.0 * fall + wobble),
        val_loss: Some(0.3),
        val_accuracy: Some(0.35),
    }
}

fn cost() -> RunCost {
    RunCost { seconds: 83.25, images_per_second: 321.5, peak_memory_mib: Some(812.4), device: "cpu".into(), threads: 2, fast: false }
}

fn timing_row(epoch: u32) -> TimingRow {
    TimingRow {
        epoch,
        train_seconds: 8.0,
        val_seconds: 0.3,
        images_per_second: 321.5,
        peak_memory_mib: Some(812.4),
        overhead_seconds: None,
    }
}
