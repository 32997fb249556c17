//! One run: from initial weights to figures.

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

pub use optimizer::Optimizer;
pub use outcome::{EpochRow, PartFigures, PredictionRow, TimingRow, TrainEvent, TrainedRun};
pub use trainer::{TrainError, TrainingData, train};
