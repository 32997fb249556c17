//! All that changes while a run is trained: handed out between two steps to be kept, and taken back to go on from there.
//!
//! What comes back is everything: weights and running statistics, the optimizer's moments and counts, the average of the
//! weights, the best weights so far, the place in the epoch with its running sums, what early stopping and the schedule `plateau` know,
//! and the learning rate where it was found. Random numbers, other learning rates and frozen parts follow from the place alone. A run
//! that goes on gives the bytes of one that was never interrupted.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::early_stopping::{Best, EarlyStopping};
use super::ema::WeightAverage;
use super::epoch::{EpochSums, UnreadStep};
use super::lr_finder::LrSearch;
use super::optimizer::Optimizer;
use super::plateau::PlateauState;
use super::rates::Rates;
use crate::backbone::parameters::Entry;
use crate::weights::{self, LoadReport};

/// A place in a run and what was counted until there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainState {
    /// The epoch under way, counted from 1; one more than those asked for when all are done.
    pub epoch: u32,
    /// Steps done in it.
    pub step: u64,
    /// Steps of a whole epoch.
    pub steps_per_epoch: u64,
    /// What the steps done added up to.
    pub sums: EpochSums,
    /// The best epoch so far; none before the first validation.
    pub best: Option<Best>,
    /// Updates of each trained tensor.
    pub updates: Vec<i32>,
    /// What became of the weights that the run started from.
    pub load_report: Option<LoadReport>,
    /// What the range test of the learning rate found, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_search: Option<LrSearch>,
    /// How far the schedule `plateau` has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<PlateauState>,
}

impl TrainState {
    /// The place in words.
    pub fn place(&self) -> String {
        match self.step {
            0 => format!("the end of epoch {}", self.epoch.saturating_sub(1)),
            step => format!("step {step} of epoch {}", self.epoch),
        }
    }
}

/// Everything from which a run can go on.
#[derive(Debug)]
pub struct Checkpoint {
    /// The place and the counts.
    pub state: TrainState,
    /// Weights, moments, averages and best weights, by name.
    tensors: Vec<(String, Tensor)>,
}

impl Checkpoint {
    /// One of a state and its tensors, by name.
    pub fn new(state: TrainState, tensors: Vec<(String, Tensor)>) -> Self {
        Self { state, tensors }
    }

    /// Write the tensors as safetensors; [`read`](Self::read) gives them back bit for bit.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_tensors(&self, path: &Path) -> io::Result<()> {
        weights::write_plain(path, &self.tensors)
    }

    /// A checkpoint of a state and the bytes that [`write_tensors`](Self::write_tensors) wrote.
    ///
    /// # Errors
    /// If the bytes are no such file.
    pub fn read(state: TrainState, bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let tensor = |name: &str| -> Result<Tensor, String> {
            let view = file.tensor(name).map_err(|error| error.to_string())?;
            if view.dtype() != Dtype::F32 {
                return Err(format!("{name} is {}, not F32", view.dtype()));
            }
            let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
            Ok(Tensor::from_data_size(view.data(), &shape, Kind::Float))
        };
        let tensors = file.names().into_iter().map(|name| Ok((name.to_owned(), tensor(name)?))).collect::<Result<_, String>>()?;
        Ok(Self { state, tensors })
    }
}

/// All that changes while a run is trained.
pub(super) struct Training {
    /// Every tensor of the model, shared with it.
    weights: Vec<Entry>,
    pub(super) optimizer: Optimizer,
    pub(super) average: Option<WeightAverage>,
    pub(super) stopping: EarlyStopping,
    pub(super) rates: Rates,
    /// Copies of the best weights so far, where those are to be reported.
    pub(super) best: Option<Vec<Tensor>>,
    /// As in [`TrainState`].
    pub(super) epoch: u32,
    pub(super) step: u64,
    pub(super) sums: EpochSums,
    /// The last steps, which the sums do not hold yet; none where there is a checkpoint.
    pub(super) unread: Vec<UnreadStep>,
    pub(super) load_report: Option<LoadReport>,
}

impl Training {
    /// Before the first step.
    pub(super) fn new(
        weights: Vec<Entry>,
        optimizer: Optimizer,
        average: Option<WeightAverage>,
        stopping: EarlyStopping,
        rates: Rates,
    ) -> Self {
        let (best, sums, load_report) = (None, EpochSums::default(), None);
        Self { weights, optimizer, average, stopping, rates, best, epoch: 1, step: 0, sums, unread: Vec::new(), load_report }
    }

    /// Steps done since the beginning.
    pub(super) fn global_step(&self) -> u64 {
        u64::from(self.epoch - 1) * self.rates.steps_per_epoch() + self.step
    }

    /// Keep copies of the weights that the validation just saw: those of the average where there is one.
    pub(super) fn keep_best(&mut self) {
        let copies = |tensors: &mut dyn Iterator<Item = &Tensor>| tensors.map(|tensor| tensor.detach().copy()).collect();
        self.best = Some(match &self.average {
            Some(average) => copies(&mut average.averages().iter()),
            None => copies(&mut self.weights.iter().map(|entry| &entry.tensor)),
        });
    }

    /// Put the weights that are to be reported in the place of the others: the best where they were kept, else the average.
    pub(super) fn choose_weights(&mut self) {
        if let Some(best) = self.best.take() {
            tch::no_grad(|| {
                for (entry, best) in self.weights.iter_mut().zip(&best) {
                    entry.tensor.copy_(best);
                }
            });
        } else if let Some(average) = &mut self.average {
            average.swap();
        }
    }

    /// Everything from which this run can go on. Its tensors are shared with the run: they are to be written before the
    /// next step.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let state = TrainState {
            epoch: self.epoch,
            step: self.step,
            steps_per_epoch: self.rates.steps_per_epoch(),
            sums: self.sums,
            best: self.stopping.best(),
            updates: self.optimizer.updates(),
            load_report: self.load_report.clone(),
            lr_search: self.rates.search().cloned(),
            plateau: self.rates.plateau(),
        };
        Checkpoint::new(state, self.tensors().into_iter().map(|(name, tensor)| (name, tensor.detach())).collect())
    }

    /// Go on from a checkpoint of the same settings.
    ///
    /// # Errors
    /// If it is of another network or optimizer; nothing is changed then.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), String> {
        let Checkpoint { state, tensors } = checkpoint;
        let mut saved: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        let best: Option<Vec<Tensor>> = self.weights.iter().map(|entry| saved.remove(&format!("best.{}", entry.name))).collect();
        let mut own = self.tensors();
        let misfit = own.iter().find(|(name, tensor)| saved.get(name).is_none_or(|saved| saved.size() != tensor.size()));
        if let Some((name, _)) = misfit {
            return Err(format!("it has no {name} of the right shape"));
        }
        let updates = self.optimizer.updates().len();
        if own.len() != saved.len() || state.updates.len() != updates {
            return Err(format!(
                "it holds {} tensors and {} counts instead of {} and {updates}",
                saved.len(),
                state.updates.len(),
                own.len()
            ));
        }
        if state.steps_per_epoch != self.rates.steps_per_epoch() {
            return Err(format!("its epochs have {} steps instead of {}", state.steps_per_epoch, self.rates.steps_per_epoch()));
        }
        let TrainState { epoch, step, steps_per_epoch: _, sums, best: best_epoch, updates, load_report, lr_search, plateau } = state;
        self.rates.restore(lr_search, plateau)?;
        tch::no_grad(|| {
            for (name, tensor) in &mut own {
                tensor.copy_(&saved[name]);
            }
        });
        self.optimizer.set_updates(&updates);
        self.stopping.restore(best_epoch);
        (self.epoch, self.step, self.sums, self.load_report) = (epoch, step, sums, load_report);
        self.best = best;
        Ok(())
    }

    /// Every tensor that changes, by a name that no other has; those of the best weights only where they were kept.
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let named = |kind: &str, entry: &Entry, tensor: &Tensor| (format!("{kind}.{}", entry.name), tensor.shallow_clone());
        let mut tensors: Vec<_> = self.weights.iter().map(|entry| named("weight", entry, &entry.tensor)).collect();
        for (entry, (first, second)) in self.weights.iter().filter(|entry| entry.trainable).zip(self.optimizer.moments()) {
            tensors.push(named("first_moment", entry, first));
            tensors.extend(second.map(|second| named("second_moment", entry, second)));
        }
        for (kind, others) in [("average", self.average.as_ref().map(WeightAverage::averages)), ("best", self.best.as_deref())] {
            tensors.extend(self.weights.iter().zip(others.into_iter().flatten()).map(|(entry, tensor)| named(kind, entry, tensor)));
        }
        tensors
    }
}
