//! Films and labels in, batches out.

pub mod phantom;

mod augment;
mod loader;
mod normalize;
mod order;
mod sample;

pub use augment::{AugmentKey, augment};
pub use loader::{Batch, FilmStore, Loader, LoaderConfig, sex_number, stack_films};
pub use normalize::{Normalization, TargetScale};
pub use order::{Draw, Order};
pub use sample::*;
