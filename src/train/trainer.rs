//! The story of one run: initial weights, epochs, validation, early stop, final figures.

use std::time::Instant;

use tch::{Device, Tensor};

use super::checkpoint::{Checkpoint, Training};
use super::early_stopping::EarlyStopping;
use super::ema::WeightAverage;
use super::epoch::{EpochSums, Pass, train_one_epoch};
use super::evaluate::{Evaluation, evaluate};
use super::lr_finder::find_learning_rate;
use super::objective::Objective;
use super::optimizer::Optimizer;
use super::outcome::{EpochRow, PartFigures, PredictionRow, Reply, TimingRow, TrainEvent, TrainedRun};
use super::rates::Rates;
use super::transfer::TrainedParameters;
use super::work_clock::WorkClock;
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
    /// The loss falls at no learning rate.
    #[error("find_lr found no learning rate: from {} to {} the loss did not fall in {steps} steps; give train.learning_rate", .rates[0], .rates[1])]
    NoRate {
        /// Steps until the loss had grown too far.
        steps: usize,
        /// The first and the last rate.
        rates: [f64; 2],
    },
    /// The checkpoint to go on from is of other settings.
    #[error("the checkpoint does not fit this run: {0}; delete the folder `checkpoint` of the run to begin anew")]
    Checkpoint(String),
    /// The observer asked to stop.
    #[error("stopped")]
    Stopped,
}

/// Is told of every event, and answers what is to happen next.
pub type Observer<'a> = dyn FnMut(TrainEvent) -> Reply + 'a;

/// Train one run, from the beginning or on from a checkpoint. Every draw is keyed by the run's seed, so the same settings,
/// films, device and thread count give the same result, however often the run was interrupted.
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
    from: Option<Checkpoint>,
    observe: &mut Observer,
) -> Result<TrainedRun, TrainError> {
    device::prepare();
    let model = match &from {
        None => Model::new(&config.architecture, config.image, &config.head, config.seed, device),
        // Drawing weights takes most of the time of a new model, and the checkpoint has them all.
        Some(_) => Model::zeros(&config.architecture, config.image, &config.head, device),
    };
    let model = model.map_err(TrainError::Model)?;
    let loader = loader(config, data, device);
    let parameters = TrainedParameters::new(&model, config);
    let objective = Objective::new(config.train.loss, &model).map_err(TrainError::Model)?;
    let work = WorkClock::default();
    let run = Run { config, data, pass: Pass { config, model: &model, loader: &loader, parameters: &parameters, objective, work: &work } };
    let mut training = run.begin(from)?;
    let epochs = config.train.epochs;
    let images = loader.images_per_epoch() as u64;
    let done = u64::from(training.epoch - 1) * images + training.sums.images;
    tell(observe, TrainEvent::Started { images, done, epochs }, &mut training)?;
    while training.epoch <= epochs && !training.stopping.should_stop(training.epoch - 1) {
        let (row, timing) = run.epoch(&mut training, observe)?;
        let better = row.val_mae.is_some_and(|mae| training.stopping.observe(row.epoch, mae));
        training.rates.end_epoch(row.val_mae);
        if better && config.evaluation.epoch == ReportEpoch::Best {
            training.keep_best();
        }
        (training.epoch, training.step, training.sums) = (row.epoch + 1, 0, EpochSums::default());
        tell(observe, TrainEvent::Epoch { row: &row, timing: &timing }, &mut training)?;
        let last = row.epoch == epochs || training.stopping.should_stop(row.epoch);
        let checkpoint = training.checkpoint();
        tell(observe, TrainEvent::Checkpoint { checkpoint: &checkpoint, last }, &mut training)?;
    }
    let chosen = training.stopping.best_epoch().filter(|_| config.evaluation.epoch == ReportEpoch::Best);
    training.choose_weights();
    let lr_search = training.rates.search().cloned();
    Ok(TrainedRun { load_report: training.load_report, lr_search, ..run.finish(training.epoch - 1, chosen)? })
}

fn loader<'a>(config: &RunConfig, data: TrainingData<'a>, device: Device) -> Loader<'a> {
    let loader_config = LoaderConfig {
        seed: config.seed,
        batch_size: config.train.batch_size as usize,
        eval_batch_size: config.train.micro_batch_size.unwrap_or(config.train.batch_size) as usize,
        augment: config.augment.clone(),
        normalization: config.normalization.clone(),
        device,
    };
    Loader::new(data.films, data.samples, &data.partition.train, loader_config)
}

/// What stays the same through all epochs of a run.
struct Run<'a> {
    config: &'a RunConfig,
    data: TrainingData<'a>,
    pass: Pass<'a>,
}

impl Run<'_> {
    /// The state before the first step: that of the checkpoint, or else initial weights, taken from a file where one is given.
    fn begin(&self, from: Option<Checkpoint>) -> Result<Training, TrainError> {
        let Pass { config, model, parameters, .. } = self.pass;
        let given = if from.is_none() { self.data.weights } else { None };
        let load_report = given.map(|weights| weights.load_into(model)).transpose()?;
        self.span_bins();
        let mut weights = model.parameters().entries();
        let optimizer = || Optimizer::new(&config.train, &parameters.tensors()).with_rate_factors(parameters.rate_factors(&config.train));
        let mut rates = Rates::new(&config.train, self.pass.loader.steps_per_epoch() as u64);
        if config.train.find_lr && from.is_none() {
            rates.set_search(find_learning_rate(&self.pass, &mut weights, optimizer())?);
        }
        let averaged = || weights.iter().map(|entry| entry.tensor.shallow_clone()).collect();
        let average = config.train.ema.map(|decay| WeightAverage::new(decay, averaged()));
        let stopping = EarlyStopping::new(config.train.early_stop);
        let mut training = Training::new(weights, optimizer(), average, stopping, rates);
        training.load_report = load_report;
        if let Some(checkpoint) = from {
            training.restore(checkpoint).map_err(TrainError::Checkpoint)?;
        }
        Ok(training)
    }

    /// Spread the bins of age, where the head has some, over the ages of the training part.
    fn span_bins(&self) {
        let Some(bins) = self.pass.objective.bins() else { return };
        let scale = self.pass.loader.target_scale();
        let ages = self.data.partition.train.iter().map(|index| scale.standardise(self.data.samples[*index].age_months));
        let (youngest, oldest) = ages.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), age| (low.min(age), high.max(age)));
        bins.span(youngest, oldest);
    }

    /// What is left of an epoch, and its validation, which sees the averaged weights where there is an average.
    fn epoch(&self, training: &mut Training, observe: &mut Observer) -> Result<(EpochRow, TimingRow), TrainError> {
        let epoch = training.epoch;
        train_one_epoch(&self.pass, training, observe)?;
        let start = Instant::now();
        self.pass.work.take();
        if let Some(average) = &mut training.average {
            average.swap();
        }
        let val = self.figures(&self.data.partition.val, epoch, 1)?.map(|(metrics, _)| metrics);
        if let Some(average) = &mut training.average {
            average.swap();
        }
        let sums = training.sums;
        let images = sums.images as f64;
        let val_seconds = start.elapsed().as_secs_f64();
        let work = sums.work_seconds + self.pass.work.take();
        let is_cpu = self.pass.model.parameters().device() == Device::Cpu;
        let timing = TimingRow {
            epoch,
            train_seconds: sums.seconds,
            val_seconds,
            images_per_second: images / sums.seconds,
            peak_memory_mib: process::peak_memory_mib(),
            overhead_seconds: is_cpu.then_some(sums.seconds + val_seconds - work),
        };
        let row = EpochRow {
            epoch,
            learning_rate: sums.learning_rate,
            train_mae: sums.mae / images,
            train_loss: sums.loss / images,
            train_accuracy: sums.accuracy / images,
            val_mae: val.as_ref().map(|val| val.mae),
            val_loss: val.as_ref().map(|val| val.loss),
            val_accuracy: val.as_ref().map(|val| val.accuracy),
        };
        Ok((row, timing))
    }

    /// Figures and predictions, in months, of the present weights on a part, averaged over views of its films; none where it is
    /// empty.
    fn figures(&self, indices: &[usize], epoch: u32, views: u32) -> Result<Option<(PartMetrics, Vec<f64>)>, TrainError> {
        if indices.is_empty() {
            return Ok(None);
        }
        let Evaluation { ages, log_probabilities } = evaluate(&self.pass, indices, views);
        if ages.iter().any(|age| !age.is_finite()) {
            return Err(TrainError::Prediction { epoch });
        }
        Ok(Some((self.metrics(indices, &ages, log_probabilities.as_ref()), ages)))
    }

    fn metrics(&self, indices: &[usize], predicted: &[f64], log_probabilities: Option<&Tensor>) -> PartMetrics {
        let targets: Vec<f64> = indices.iter().map(|index| self.data.samples[*index].age_months).collect();
        let (objective, scale) = (self.pass.objective, self.pass.loader.target_scale());
        let loss = log_probabilities.and_then(|logs| objective.loss_of_distributions(&targets, logs, scale));
        let loss = loss.unwrap_or_else(|| objective.loss_of_ages(&targets, predicted, scale));
        PartMetrics::compute(&targets, predicted, self.config.evaluation.accuracy_within_months, loss)
    }

    /// Final figures of the present weights: of the training part on un-augmented films, of the others over as many views as are asked
    /// for.
    fn finish(self, last: u32, chosen: Option<u32>) -> Result<TrainedRun, TrainError> {
        let reported_epoch = chosen.unwrap_or(last);
        let partition = self.data.partition;
        let train = self.figures(&partition.train, reported_epoch, 1)?;
        let views = self.config.evaluation.tta.unwrap_or(1);
        let val = self.figures(&partition.val, reported_epoch, views)?;
        let test = self.figures(&partition.test, reported_epoch, views)?;
        let mut predictions = Vec::new();
        for (split, indices, part) in [(Split::Val, &partition.val, &val), (Split::Test, &partition.test, &test)] {
            let predicted = part.as_ref().map_or(&[][..], |(_, predicted)| predicted);
            predictions.extend(indices.iter().zip(predicted).map(|(index, predicted)| self.prediction(split, *index, *predicted)));
        }
        let scale = self.pass.loader.target_scale();
        let baseline = |indices: &[usize]| {
            let mean = vec![scale.mean; indices.len()];
            (!indices.is_empty()).then(|| self.metrics(indices, &mean, None))
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
            lr_search: None,
            tta: self.config.evaluation.tta,
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

/// Tell the observer of an event and do as it says.
pub(super) fn tell(observe: &mut Observer, event: TrainEvent, training: &mut Training) -> Result<(), TrainError> {
    let save = matches!(event, TrainEvent::Step { .. });
    let mut reply = observe(event);
    if save && reply == Reply::Save {
        training.read_figures()?;
        reply = observe(TrainEvent::Checkpoint { checkpoint: &training.checkpoint(), last: false });
    }
    if reply == Reply::Stop { Err(TrainError::Stopped) } else { Ok(()) }
}
