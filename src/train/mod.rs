//! One run: from initial weights to figures.

mod checkpoint;
mod early_stopping;
mod ema;
mod epoch;
#[cfg(test)]
pub(crate) mod fixtures;
mod loss;
mod lr_schedule;
mod optimizer;
mod outcome;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;
mod trainer;
mod transfer;
mod work_clock;

pub use checkpoint::{Checkpoint, TrainState};
pub use early_stopping::Best;
pub use epoch::EpochSums;
pub use lr_schedule::agree_until;
pub use optimizer::Optimizer;
pub use outcome::{EpochRow, PartFigures, PredictionRow, Reply, TimingRow, TrainEvent, TrainedRun};
pub use trainer::{Observer, TrainError, TrainingData, train};
