//! What will be run.

mod config;

pub use config::*;
