//! Commands that look at what is there: `list`, `show`, `diff`, `clean`, `doctor`.

mod clean;
mod diff;
mod doctor;
mod find;
mod leftovers;
mod list;
mod prompt;
mod show;
mod trial;

pub use clean::{CleanOptions, Consent, clean};
pub use diff::diff;
pub use doctor::{DoctorOptions, Terminal, doctor};
pub use leftovers::Kind;
pub use list::list;
pub use show::show;

pub(super) use find::find_record;

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

/// What `list`, `show` and `diff` are told.
#[derive(Debug, Clone)]
pub struct InspectOptions {
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// JSON instead of tables.
    pub json: bool,
    /// Columns of the terminal.
    pub width: u16,
}

/// Print the result of a command; a closed pipe is the reader's choice.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Print the result of a command for programs.
fn print_json(value: &impl Serialize) {
    print(&serde_json::to_string_pretty(value).expect("words and numbers"));
}
