//! What is wrong with a spec, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use super::key_path::KeyPath;
use super::place::Place;
use super::shown::visible;

/// Why a spec cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A spec file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, and the next step.
        cause: String,
    },
    /// A spec extends itself.
    #[error("{chain}: a spec cannot extend itself; remove `extends` from one of these files")]
    Cycle {
        /// The files, each extending the next.
        chain: String,
    },
    /// The spec is read, and says something that it must not.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// What it is about; the root where it is about the spec as a whole.
    pub key: KeyPath,
    /// What was found, what was expected, and the next step.
    pub message: String,
    /// The other places and values that it hangs on.
    pub notes: Vec<Note>,
}

/// Another place or value that a problem hangs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it was written; none for a default, which nobody wrote.
    pub place: Option<Place>,
    /// What is there.
    pub message: String,
}

impl Problem {
    pub(super) fn new(place: Place, key: KeyPath, message: impl Into<String>) -> Self {
        // Some of what messages repeat is decoded, such as the tag `!%1b`, and must not write to the terminal.
        Self { place, key, message: visible(&message.into()), notes: Vec::new() }
    }

    /// The way by which files that nobody named on the command line came in, each said once.
    fn chains(&self) -> Vec<String> {
        let mut chains: Vec<String> = Vec::new();
        let of_notes = self.notes.iter().filter_map(|note| note.place.as_ref());
        for chain in [&self.place].into_iter().chain(of_notes).filter_map(Place::chain) {
            if !chains.contains(&chain) {
                chains.push(chain);
            }
        }
        let is_part = |chain: &String| chains.iter().any(|other| other != chain && other.starts_with(chain.as_str()));
        chains.iter().filter(|chain| !is_part(chain)).cloned().collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_root() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(spot) = &self.place.spot {
            spot.fmt_source(f)?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        for chain in self.chains() {
            write!(f, "\n  = note: {chain}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("  = note: ")?;
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        match self.place.as_ref().and_then(|place| place.spot.as_ref()) {
            Some(spot) => spot.fmt_source(f),
            None => Ok(()),
        }
    }
}
