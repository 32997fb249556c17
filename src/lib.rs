//! Trains many neural networks on one set of X-ray films and says honestly which predicts age best.
//!
//! The modules, in the order in which data flows through them: spec → plan → data → backbone → train → record → report.

pub mod backbone;
pub mod data;
pub mod device;
mod files;
pub mod metric;
pub mod plan;
pub mod random;
pub mod record;
pub mod report;
pub mod spec;
