//! Films and labels in, batches out.
//!
//! [`load`] finds samples, [`FilmCache`] turns their films into pixels once for all runs, [`assign`] says which sample
//! belongs to which part.

pub mod phantom;

mod augment;
mod cache;
mod cache_file;
mod cache_limit;
mod decode;
mod decode_raster;
#[cfg(feature = "dicom")]
mod dicom;
mod digest;
mod end_marker;
mod error;
mod hand;
mod hash_memo;
mod jpeg;
mod leak;
mod loader;
mod memory_budget;
mod normalize;
mod order;
mod pixels;
mod prepare;
mod preview;
mod problem;
mod resize;
mod sample;
mod source;
mod split;
#[cfg(test)]
mod testing;
mod tiff_pages;

pub use augment::{AugmentKey, AugmentKind, FilmChange, augment, change_films, gaussian_blur};
pub use cache::*;
pub use cache_limit::{CacheLimit, IdleCacheFile, cache_bytes, cache_limit, idle_cache_files, keep_within, remove_idle_cache_file};
pub use decode::*;
pub use digest::*;
pub use error::*;
pub use hand::HandRegion;
pub use leak::{Leak, leaks, refuse};
pub use loader::{Batch, FilmStore, Loader, LoaderConfig, sex_number, stack_films};
pub use normalize::{Normalization, TargetScale};
pub use order::{Draw, Order};
pub use pixels::{Depth, Levels, Pixels};
pub use prepare::{Preparation, PreparedStage, preparation, prepare_stages};
pub use preview::*;
pub use problem::*;
pub use resize::*;
pub use sample::*;
pub use source::{FilmLabel, FilmLabels, Guess, GuessError, GuessedSource, GuessedTable, Told, film_files, guess, load};
pub use split::*;
