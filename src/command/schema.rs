//! `bench-run schema`: the JSON Schema of a spec.

use std::io::Write;

use crate::error::{DONE, Error};
use crate::plan::spec_schema;

/// Print the schema.
///
/// # Errors
/// None at present.
///
/// # Panics
/// Never: a schema is words and numbers.
pub fn schema() -> Result<u8, Error> {
    let text = serde_json::to_string_pretty(&spec_schema()).expect("words and numbers");
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(DONE)
}
