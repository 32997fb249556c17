//! What will be run.
//!
//! In: a loaded spec. Out: a [`Plan`] of runs whose every setting is resolved, each with an id that its numbers hang on.

mod config;
mod defaults;
mod expand;
mod label;
mod needs;
mod prepare;
mod resolve;
mod resolved;
mod rules;
mod run_id;
mod select;
mod spec_schema;
mod statistics;
#[cfg(test)]
mod tests;

pub use config::*;
pub use expand::{Plan, PlanEntry, PlannedRun, ReportConfig, Surroundings, WeightsFacts, WeightsRequest, expand};
pub use needs::{Need, check_needs};
pub use prepare::{ClaheConfig, PrepareConfig};
pub use resolved::{ResolvedBackbone, ResolvedSpec, Setting, resolved};
pub use run_id::{course_id, is_same_course, run_id, run_stem, seed_and_fold};
pub use select::{SelectError, Selection, selected};
pub use spec_schema::spec_schema;
pub use statistics::ChannelStatistics;
