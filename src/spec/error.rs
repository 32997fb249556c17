//! What is wrong with a spec, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use super::key_path::KeyPath;

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
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_root() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.place.spot {
            Some(spot) => spot.fmt_source(f),
            None => Ok(()),
        }
    }
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file or the argument.
    pub origin: Origin,
    /// The spot in the file, where it is known.
    pub spot: Option<Spot>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        match &self.spot {
            Some(spot) => write!(f, ":{}:{}", spot.line, spot.column),
            None => Ok(()),
        }
    }
}

/// What a layer of settings was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A spec file.
    File(PathBuf),
    /// The argument of a `--set`.
    Set(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Set(argument) => write!(f, "--set {argument}"),
        }
    }
}

/// A spot in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The line itself.
    pub source: String,
}

/// How much of a long line is shown before and after the caret.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 60;

impl Spot {
    pub(super) fn new(text: &str, (line, column): (usize, usize)) -> Self {
        Self { line, column, source: text.lines().nth(line - 1).unwrap_or_default().to_owned() }
    }

    /// The source line with a caret under the column, as compilers print it.
    fn fmt_source(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.column - 1;
        let skipped = before.saturating_sub(SHOWN_BEFORE);
        // A control character would let a file write to the terminal; a tab stays, so that the caret lines up.
        let visible = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
        let shown: String = self.source.chars().skip(skipped).take(before - skipped + SHOWN_AFTER).map(visible).collect();
        let indent: String = shown.chars().take(before - skipped).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        write!(f, "\n{margin} |\n{number} | {}\n{margin} | {indent}^", shown.trim_end())
    }
}
