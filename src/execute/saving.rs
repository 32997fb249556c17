//! When a checkpoint is written, and what a run goes on from.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::interrupt::Interrupt;
use crate::plan::RunConfig;
use crate::record::{CheckpointFolder, SavedState};
use crate::train::{TrainState, agree_until};

/// What becomes of the last checkpoint of a finished run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastCheckpoint {
    /// It is kept where a longer run can go on from it.
    Keep,
    /// It is removed.
    Drop,
}

/// How the runs of a plan are kept from being lost.
#[derive(Debug, Clone)]
pub struct Saving {
    /// Longest time between two checkpoints within an epoch.
    pub every: Duration,
    /// What becomes of the last checkpoint of a finished run.
    pub last: LastCheckpoint,
    /// The folder whose finished runs a longer one may go on from; none where it is to begin anew.
    pub results: Option<PathBuf>,
    /// Tells that the program is to save and stop.
    pub interrupt: Interrupt,
}

impl Default for Saving {
    /// Every ten minutes, kept, and continued nowhere.
    fn default() -> Self {
        Self { every: Duration::from_secs(600), last: LastCheckpoint::Keep, results: None, interrupt: Interrupt::default() }
    }
}

impl LastCheckpoint {
    /// Whether the last checkpoint of a finished run is worth keeping: a longer run can go on from it only where the learning
    /// rates until then are the same.
    pub(super) fn keeps(self, config: &RunConfig, state: &TrainState) -> bool {
        let mut longer = config.train.clone();
        longer.epochs += 1;
        self == Self::Keep && agree_until(&config.train, &longer, state.steps_per_epoch)
    }

    /// Remove the checkpoint of a finished run, unless it is to be kept.
    pub(super) fn tidy(self, folder: &CheckpointFolder, config: &RunConfig) {
        let kept = folder.peek().is_some_and(|state| self.keeps(config, &state.train));
        if !kept {
            // What stays only takes space.
            let _ = folder.remove();
        }
    }
}

/// The largest part of a run's time that writing checkpoints at the ends of its epochs may take: one in so many.
const SHARE: u32 = 50;
/// A checkpoint that is written in less is written after every epoch, however short.
const CHEAP: Duration = Duration::from_millis(100);

/// Whether the time for a checkpoint has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    every: Duration,
    /// When the last one was written, or the run began.
    last: Instant,
    /// How long writing that one took; nothing before the first.
    cost: Duration,
}

impl Clock {
    pub(super) fn new(every: Duration, now: Instant) -> Self {
        Self { every, last: now, cost: Duration::ZERO }
    }

    /// Whether one is to be written in the midst of an epoch.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= self.every
    }

    /// Whether one is to be written at the end of an epoch: always, but where a large network has short epochs, writing would
    /// take longer than training.
    pub(super) fn is_worth(&self, now: Instant) -> bool {
        self.cost < CHEAP || self.is_due(now) || now.saturating_duration_since(self.last) >= self.cost * SHARE
    }

    /// One was written.
    pub(super) fn saved(&mut self, begin: Instant, end: Instant) {
        (self.last, self.cost) = (end, end.saturating_duration_since(begin));
    }
}

/// Whether a checkpoint may be used for a run of that id, with a reason where not.
pub(super) fn is_of(run_id: &str, state: &SavedState) -> Result<(), String> {
    if state.run_id == run_id { Ok(()) } else { Err(format!("it is of the run {}", state.run_id)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Schedule;
    use crate::train::fixtures::run_config;

    #[test]
    fn a_checkpoint_is_due_when_the_last_one_is_long_enough_ago() {
        let start = Instant::now();
        let mut clock = Clock::new(Duration::from_secs(60), start);
        assert!(!clock.is_due(start + Duration::from_secs(59)));
        assert!(clock.is_due(start + Duration::from_secs(60)));
        clock.saved(start + Duration::from_secs(59), start + Duration::from_secs(60));
        assert!(!clock.is_due(start + Duration::from_secs(100)));
        assert!(Clock::new(Duration::ZERO, start).is_due(start), "after every step");
    }

    #[test]
    fn after_an_epoch_there_is_a_checkpoint_unless_writing_it_takes_long_for_so_short_an_epoch() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut clock = Clock::new(Duration::from_secs(600), start);
        assert!(clock.is_worth(at(1)), "the first one always");
        clock.saved(at(1), at(100));
        assert!(clock.is_worth(at(101)), "99 ms are nothing");
        clock.saved(at(1000), at(1500));
        assert!(!clock.is_worth(at(1500 + 24_999)) && clock.is_worth(at(1500 + 25_000)), "half a second in 25");
        let mut always = Clock::new(Duration::ZERO, start);
        always.saved(at(0), at(5000));
        assert!(always.is_worth(at(5001)));
    }

    #[test]
    fn a_last_checkpoint_is_kept_only_where_a_longer_run_can_go_on_from_it() {
        let state = TrainState { steps_per_epoch: 5, ..TrainState::default() };
        for (schedule, warmup_epochs, keeps) in
            [(Schedule::Constant, 0.0, true), (Schedule::Constant, 1.0, true), (Schedule::Cosine, 0.0, false), (Schedule::Step, 0.0, false)]
        {
            let mut config = run_config();
            (config.train.schedule, config.train.warmup_epochs) = (schedule, warmup_epochs);
            assert_eq!(LastCheckpoint::Keep.keeps(&config, &state), keeps, "{schedule:?}, warm-up {warmup_epochs}");
            assert!(!LastCheckpoint::Drop.keeps(&config, &state));
        }
    }
}
