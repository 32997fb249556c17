//! What will be run.
//!
//! In: a loaded spec. Out: a [`Plan`] of runs whose every setting is resolved, each with an id that its numbers hang on.

mod config;
mod defaults;
mod describe;
mod expand;
mod label;
mod prepare;
mod resolve;
mod rules;
mod run_id;
mod spec_schema;
mod statistics;
#[cfg(test)]
mod tests;

pub use config::*;
pub use describe::describe;
pub use expand::{Plan, PlanEntry, PlannedRun, ReportConfig, Surroundings, WeightsFacts, WeightsRequest, expand};
pub use prepare::{ClaheConfig, PrepareConfig};
pub use run_id::{course_id, is_same_course, run_id, run_stem, seed_and_fold};
pub use spec_schema::spec_schema;
pub use statistics::ChannelStatistics;
