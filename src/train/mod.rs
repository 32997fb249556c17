//! One run: from initial weights to figures.

mod early_stopping;
mod ema;
#[cfg(test)]
mod fixtures;
mod loss;
mod lr_schedule;
mod optimizer;
mod outcome;

pub use optimizer::Optimizer;
pub use outcome::{EpochRow, PartFigures, PredictionRow, TimingRow};
