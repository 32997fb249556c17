//! The story of one run: initial weights, epochs, validation, early stop, final figures.

use std::ops::ControlFlow;
use std::time::Instant;

use tch::{Device, Tensor};

use super::early_stopping::EarlyStopping;
use super::ema::WeightAverage;
use super::epoch::{Pass, evaluate, train_one_epoch};
use super::loss::loss_of_errors;
use super::optimizer::Optimizer;
use super::outcome::{EpochRow, PartFigures, PredictionRow, TimingRow, TrainEvent, TrainedRun};
use super::transfer::TrainedParameters;
use crate::backbone::Model;
use crate::data::{FilmStore, Loader, LoaderConfig, Partition, Sample};
use crate::device;
use crate::metric::PartMetrics;
use crate::plan::RunConfig;
use crate::process;
use crate::spec::{ReportEpoch, Split};
use crate::weights::{Located, OwnMetadata, WeightsError};

/// What a run trains on and is judged by.
#[derive(Clone, Copy)]
pub struct TrainingData<'a> {
    /// All films of the data set.
    pub samples: &'a [Sample],
    /// Their pixels, in the same order.
    pub films: &'a dyn FilmStore,
    /// Which of them belong to which part.
    pub partition: &'a Partition,
    /// The weights that the run starts from, where its settings name some.
    pub weights: Option<&'a Located>,
}

/// Why a run ended without figures.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The model cannot be built as asked for.
    #[error("{0}")]
    Model(String),
    /// The weights to start from cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The loss is no longer a number.
    #[error("the loss is {loss} in epoch {epoch}, step {step}; try a smaller learning_rate, gradient_clip: 1.0 or precision: fp32")]
    Diverged {
        /// Counted from 1.
        epoch: u32,
        /// Counted from 1 within the epoch.
        step: u64,
        /// What it is.
        loss: f64,
    },
    /// The weights predict something that is no number.
    #[error("a prediction is not a number after epoch {epoch}; try a smaller learning_rate, gradient_clip: 1.0 or precision: fp32")]
    Prediction {
        /// Counted from 1.
        epoch: u32,
    },
    /// The observer asked to stop.
    #[error("stopped")]
    Stopped,
}

/// Train one run. Every draw is keyed by the run's seed, so the same settings, films, device and thread count give the
/// same result.
///
/// # Errors
/// See [`TrainError`].
///
/// # Panics
/// If LibTorch fails, for example for lack of memory.
pub fn train(
    config: &RunConfig,
    data: TrainingData,
    device: Device,
    observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
) -> Result<TrainedRun, TrainError> {
    device::make_deterministic(device);
    let model = Model::new(&config.architecture, config.image, &config.head, config.seed, device).map_err(TrainError::Model)?;
    let load_report = data.weights.map(|weights| weights.load_into(&model)).transpose()?;
    let loader_config = LoaderConfig {
        seed: config.seed,
        batch_size: config.train.batch_size as usize,
        augment: config.augment.clone(),
        normalization: config.normalization.clone(),
        device,
    };
    let loader = Loader::new(data.films, data.samples, &data.partition.train, loader_config);
    let parameters = TrainedParameters::new(&model, config);
    let mut run = Run { config, data, pass: Pass { config, model: &model, loader: &loader, parameters: &parameters }, kept: None };
    let mut optimizer = Optimizer::new(&config.train, &parameters.tensors()).with_rate_factors(parameters.rate_factors(&config.train));
    let mut average = config.train.ema.map(|decay| WeightAverage::new(decay, run.all_weights()));
    let mut stopping = EarlyStopping::new(config.train.early_stop);
    let images = run.pass.loader.images_per_epoch() as u64;
    observe_or_stop(observe, TrainEvent::Started { images, epochs: config.train.epochs })?;
    let mut last = 0;
    for epoch in 1..=config.train.epochs {
        let (row, timing) = run.epoch(epoch, &mut optimizer, average.as_mut(), observe)?;
        let better = row.val_mae.is_some_and(|mae| stopping.observe(epoch, mae));
        if better && config.evaluation.epoch == ReportEpoch::Best {
            run.keep(average.as_mut());
        }
        observe_or_stop(observe, TrainEvent::Epoch { row: &row, timing: &timing })?;
        last = epoch;
        if stopping.should_stop(epoch) {
            break;
        }
    }
    if let Some(average) = &mut average {
        average.swap();
    }
    let chosen = stopping.best_epoch().filter(|_| config.evaluation.epoch == ReportEpoch::Best);
    run.restore();
    Ok(TrainedRun { load_report, ..run.finish(last, chosen)? })
}

/// What lives through all epochs of a run.
struct Run<'a> {
    config: &'a RunConfig,
    data: TrainingData<'a>,
    pass: Pass<'a>,
    kept: Option<Vec<Tensor>>,
}

impl Run<'_> {
    /// One epoch and its validation, which sees the averaged weights where there is an average.
    fn epoch(
        &self,
        epoch: u32,
        optimizer: &mut Optimizer,
        mut average: Option<&mut WeightAverage>,
        observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>,
    ) -> Result<(EpochRow, TimingRow), TrainError> {
        let start = Instant::now();
        let trained = train_one_epoch(&self.pass, epoch, optimizer, average.as_deref_mut(), observe)?;
        let train_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        if let Some(average) = average.as_deref_mut() {
            average.swap();
        }
        let val = self.figures(&self.data.partition.val, epoch)?.map(|(metrics, _)| metrics);
        if let Some(average) = average {
            average.swap();
        }
        let timing = TimingRow {
            epoch,
            train_seconds,
            val_seconds: start.elapsed().as_secs_f64(),
            images_per_second: trained.images as f64 / train_seconds,
            peak_memory_mib: process::peak_memory_mib(),
        };
        let row = EpochRow {
            epoch,
            learning_rate: trained.learning_rate,
            train_mae: trained.mae,
            train_loss: trained.loss,
            train_accuracy: trained.accuracy,
            val_mae: val.as_ref().map(|val| val.mae),
            val_loss: val.as_ref().map(|val| val.loss),
            val_accuracy: val.as_ref().map(|val| val.accuracy),
        };
        Ok((row, timing))
    }

    /// Figures and predictions, in months, of the present weights on a part; none where it is empty.
    fn figures(&self, indices: &[usize], epoch: u32) -> Result<Option<(PartMetrics, Vec<f64>)>, TrainError> {
        if indices.is_empty() {
            return Ok(None);
        }
        let predicted = evaluate(&self.pass, indices);
        if predicted.iter().any(|age| !age.is_finite()) {
            return Err(TrainError::Prediction { epoch });
        }
        Ok(Some((self.metrics(indices, &predicted), predicted)))
    }

    fn metrics(&self, indices: &[usize], predicted: &[f64]) -> PartMetrics {
        let targets: Vec<f64> = indices.iter().map(|index| self.data.samples[*index].age_months).collect();
        let scale = self.pass.loader.target_scale();
        let errors = targets.iter().zip(predicted).map(|(target, predicted)| (predicted - target) / scale.std);
        let loss = loss_of_errors(self.config.train.loss, errors);
        PartMetrics::compute(&targets, predicted, self.config.evaluation.accuracy_within_months, loss)
    }

    fn all_weights(&self) -> Vec<Tensor> {
        self.pass.model.parameters().entries().into_iter().map(|entry| entry.tensor).collect()
    }

    /// Keep a copy of the weights that the validation just saw.
    fn keep(&mut self, average: Option<&mut WeightAverage>) {
        let copy = |run: &Self| run.all_weights().iter().map(|weight| weight.detach().copy()).collect();
        self.kept = Some(match average {
            Some(average) => {
                average.swap();
                let copies = copy(self);
                average.swap();
                copies
            }
            None => copy(self),
        });
    }

    /// Put the kept weights back, if any were kept.
    fn restore(&mut self) {
        if let Some(kept) = self.kept.take() {
            tch::no_grad(|| {
                for (weight, kept) in self.all_weights().iter_mut().zip(&kept) {
                    weight.copy_(kept);
                }
            });
        }
    }

    /// Final figures of the present weights, on un-augmented films.
    fn finish(self, last: u32, chosen: Option<u32>) -> Result<TrainedRun, TrainError> {
        let reported_epoch = chosen.unwrap_or(last);
        let partition = self.data.partition;
        let train = self.figures(&partition.train, reported_epoch)?;
        let val = self.figures(&partition.val, reported_epoch)?;
        let test = self.figures(&partition.test, reported_epoch)?;
        let mut predictions = Vec::new();
        for (split, indices, part) in [(Split::Val, &partition.val, &val), (Split::Test, &partition.test, &test)] {
            let predicted = part.as_ref().map_or(&[][..], |(_, predicted)| predicted);
            predictions.extend(indices.iter().zip(predicted).map(|(index, predicted)| self.prediction(split, *index, *predicted)));
        }
        let scale = self.pass.loader.target_scale();
        let baseline = |indices: &[usize]| {
            let mean = vec![scale.mean; indices.len()];
            (!indices.is_empty()).then(|| self.metrics(indices, &mean))
        };
        let not_empty = "a training part is never empty";
        let entries = self.pass.model.parameters().entries();
        Ok(TrainedRun {
            epochs_trained: last,
            reported_epoch,
            epoch_chosen_on: chosen.map(|_| Split::Val),
            baseline: PartFigures {
                train: baseline(&partition.train).expect(not_empty),
                val: baseline(&partition.val),
                test: baseline(&partition.test),
            },
            figures: PartFigures { train: train.expect(not_empty).0, val: val.map(|part| part.0), test: test.map(|part| part.0) },
            metadata: OwnMetadata {
                architecture: self.config.architecture,
                image: self.config.image,
                normalization: self.pass.loader.normalization().clone(),
                target_mean: scale.mean,
                target_std: scale.std,
            },
            load_report: None,
            parameters: self.pass.model.parameters().count(),
            gflops: self.pass.model.gflops(),
            predictions,
            weights: entries.into_iter().map(|entry| (entry.name, entry.tensor.detach())).collect(),
        })
    }

    fn prediction(&self, split: Split, index: usize, predicted: f64) -> PredictionRow {
        let sample = &self.data.samples[index];
        PredictionRow { id: sample.id.clone(), split, target: sample.age_months, predicted }
    }
}

pub(super) fn observe_or_stop(observe: &mut dyn FnMut(TrainEvent) -> ControlFlow<()>, event: TrainEvent) -> Result<(), TrainError> {
    if observe(event).is_break() { Err(TrainError::Stopped) } else { Ok(()) }
}
