//! Films and labels in, batches out.

mod sample;

pub use sample::*;
