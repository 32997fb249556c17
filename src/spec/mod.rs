//! What the user asked for: a YAML file, read strictly.

mod schema;
mod shape;
mod values;

pub use schema::*;
pub use values::*;
