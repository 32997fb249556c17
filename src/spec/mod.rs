//! What the user asked for: a YAML file, read strictly.
//!
//! In: a file, the files that it extends, and `--set` arguments. Out: a [`LoadedSpec`] whose every value is possible, or
//! a [`SpecError`] with file, line, column, key path, what was found, what was expected and what to do.

mod advice;
mod contradiction;
mod error;
mod json_schema;
mod key_path;
mod layers;
mod locate;
mod matrix;
mod merge;
mod node;
mod owner;
mod parse;
mod paths;
mod pattern;
mod place;
mod prepare;
mod schema;
mod shape;
mod shown;
mod sources;
mod syntax;
#[cfg(test)]
mod tests;
mod typed;
mod validate;
mod values;
mod wording;

pub(crate) use contradiction::Contradiction;
pub use error::{Note, Problem, SpecError};
pub use json_schema::json_schema;
pub use key_path::KeyPath;
pub(crate) use matrix::Row;
pub use parse::{LoadedSpec, load};
pub(crate) use pattern::FilePattern;
pub use place::{Origin, Place, Spot};
pub use prepare::*;
pub use schema::*;
pub(crate) use validate::{LONGEST_SIDE, contradictions, entry_path};
pub use values::*;
