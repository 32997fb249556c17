//! One run: from initial weights to figures.

mod age_distribution;
mod checkpoint;
mod early_stopping;
mod ema;
mod epoch;
mod evaluate;
#[cfg(test)]
pub(crate) mod fixtures;
mod loss;
mod lr_finder;
mod lr_schedule;
mod objective;
mod optimizer;
mod outcome;
mod plateau;
mod rates;
#[cfg(test)]
mod reference_tests;
mod step;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torch_fixture;
mod trainer;
mod transfer;
mod trial;
mod work_clock;

pub use checkpoint::{Checkpoint, TrainState};
pub use early_stopping::Best;
pub use epoch::EpochSums;
pub use lr_finder::{LrRow, LrSearch};
pub use lr_schedule::agree_until;
pub use optimizer::Optimizer;
pub use outcome::{EpochRow, PartFigures, PredictionRow, Reply, TimingRow, TrainEvent, TrainedRun};
pub use plateau::PlateauState;
pub use trainer::{Observer, TrainError, TrainingData, train};
pub use trial::{Pace, try_pace};
