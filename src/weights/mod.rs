//! Weights in and out: safetensors files that a network starts from, and those that a run leaves.
//!
//! In: a [`WeightsSource`](crate::spec::WeightsSource) and a [`Model`](crate::backbone::Model). Out: the model with the file's
//! values, and a [`LoadReport`] of what was taken, what was changed to fit, and what was not used. Nothing is filled by
//! guess: a trunk that the file does not cover is an error.

mod error;
mod file;
mod fit;
mod own;
mod report;
mod store;
#[cfg(test)]
mod tests;

pub use error::WeightsError;
pub use file::WeightsFile;
pub use fit::load;
pub(crate) use own::write_plain;
pub use own::{OwnMetadata, write};
pub use report::{Adapted, LoadReport};
pub use store::{Access, Located, WeightsStore};
