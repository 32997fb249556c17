//! What the user asked for: a YAML file, read strictly.
//!
//! In: a file, the files that it extends, and `--set` arguments. Out: a [`LoadedSpec`] whose every value is possible, or
//! a [`SpecError`] with file, line, column, key path, what was found, what was expected and what to do.

mod error;
mod json_schema;
mod key_path;
mod layers;
mod locate;
mod merge;
mod node;
mod parse;
mod prepare;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod typed;
mod validate;
mod values;
mod wording;

pub use error::{Origin, Place, Problem, SpecError, Spot};
pub use json_schema::json_schema;
pub use key_path::KeyPath;
pub use parse::{LoadedSpec, load};
pub use prepare::*;
pub use schema::*;
pub(crate) use validate::{LONGEST_SIDE, entry_path, problems};
pub use values::*;
