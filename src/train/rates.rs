//! The learning rates of a run: what its settings say, what a range test found, what the schedule `plateau` has come to.

use super::lr_finder::LrSearch;
use super::lr_schedule::learning_rate;
use super::plateau::{Plateau, PlateauState};
use crate::plan::TrainConfig;

/// Gives the learning rate of every step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rates {
    /// As the spec has them, but for a learning rate that was found.
    config: TrainConfig,
    steps_per_epoch: u64,
    search: Option<LrSearch>,
    plateau: Option<Plateau>,
}

impl Rates {
    /// Before the first step.
    pub(super) fn new(config: &TrainConfig, steps_per_epoch: u64) -> Self {
        Self { config: config.clone(), steps_per_epoch, search: None, plateau: config.plateau.map(Plateau::new) }
    }

    /// Steps of a whole epoch.
    pub(super) fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// Take what a range test found as the peak.
    pub(super) fn set_search(&mut self, search: LrSearch) {
        self.config.learning_rate = search.learning_rate;
        self.search = Some(search);
    }

    /// What a range test found.
    pub(super) fn search(&self) -> Option<&LrSearch> {
        self.search.as_ref()
    }

    /// How far the schedule `plateau` has come.
    pub(super) fn plateau(&self) -> Option<PlateauState> {
        self.plateau.map(|plateau| plateau.state)
    }

    /// Go on from what a checkpoint holds.
    ///
    /// # Errors
    /// If it holds another kind of state than these settings need; nothing is changed then.
    pub(super) fn restore(&mut self, search: Option<LrSearch>, state: Option<PlateauState>) -> Result<(), String> {
        if search.is_some() != self.config.find_lr {
            return Err("it was made with another setting of find_lr".to_owned());
        }
        match (&mut self.plateau, state) {
            (None, None) => {}
            (Some(plateau), Some(state)) => plateau.state = state,
            _ => return Err("it was made with another schedule".to_owned()),
        }
        if let Some(search) = search {
            self.set_search(search);
        }
        Ok(())
    }

    /// Take the validation MAE of an epoch that ended, where there is one.
    pub(super) fn end_epoch(&mut self, val_mae: Option<f64>) {
        if let (Some(plateau), Some(val_mae)) = (&mut self.plateau, val_mae) {
            plateau.observe(val_mae, self.config.learning_rate);
        }
    }

    /// The learning rate of a step, counted from 0.
    pub(super) fn at(&self, step: u64) -> f64 {
        learning_rate(&self.config, step, self.steps_per_epoch) * self.plateau.map_or(1.0, |plateau| plateau.state.scale)
    }
}
