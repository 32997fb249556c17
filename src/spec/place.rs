//! Where something was written, and how that is shown: `file:line:column`, and the line with a caret.

use std::fmt;
use std::path::PathBuf;

use unicode_width::UnicodeWidthChar;

use super::shown::{is_visible, shortened, visible};

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file or the argument.
    pub origin: Origin,
    /// The files that extend it, the one that names it first; empty for the file that was asked for.
    pub extended_by: Vec<PathBuf>,
    /// The spot in the file, where it is known.
    pub spot: Option<Spot>,
}

impl Place {
    /// The file that was asked for, or an argument, as a whole.
    pub(super) fn whole(origin: Origin) -> Self {
        Self { origin, extended_by: Vec::new(), spot: None }
    }

    /// `18epoch.yaml extends 10epoch.yaml`, for a file that was not asked for by its name.
    pub(super) fn chain(&self) -> Option<String> {
        let Origin::File(path) = &self.origin else { return None };
        let files = self.extended_by.iter().rev().chain([path]).map(|file| visible(&file.display().to_string()));
        (!self.extended_by.is_empty()).then(|| files.collect::<Vec<_>>().join(" extends "))
    }
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
            Self::File(path) => f.write_str(&visible(&path.display().to_string())),
            Self::Set(argument) => write!(f, "--set {}", visible(&shortened(argument))),
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
    pub(super) fn fmt_source(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.column - 1;
        let skipped = before.saturating_sub(SHOWN_BEFORE);
        // A control character would let a file write to the terminal; a tab stays, so that the caret lines up.
        let visible = |c: char| if c == '\t' || is_visible(c) { c } else { char::REPLACEMENT_CHARACTER };
        let shown: String = self.source.chars().skip(skipped).take(before - skipped + SHOWN_AFTER).map(visible).collect();
        let blank = |c: char| if c == '\t' { "\t".to_owned() } else { " ".repeat(c.width().unwrap_or(0)) };
        let indent: String = shown.chars().take(before - skipped).map(blank).collect();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        write!(f, "\n{margin} |\n{number} | {}\n{margin} | {indent}^", shown.trim_end())
    }
}
