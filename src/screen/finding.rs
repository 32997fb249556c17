//! What is said of a film.

use serde::Serialize;

/// Why a film is worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Hardly anything but background.
    Empty,
    /// Dark bones on a bright background.
    Inverted,
    /// So dark that little can be seen.
    Dark,
    /// A large part of the film is at the darkest or brightest level.
    Clipped,
    /// A ring, a bracelet or other metal was left on.
    Metal,
    /// Unlike the other films: another part of the body, or another view.
    Outlier,
}

impl FindingKind {
    /// Every kind, in the order in which reports show them.
    pub const ALL: [Self; 6] = [Self::Inverted, Self::Empty, Self::Dark, Self::Clipped, Self::Metal, Self::Outlier];

    /// One word for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Inverted => "inverted",
            Self::Dark => "dark",
            Self::Clipped => "clipped",
            Self::Metal => "metal",
            Self::Outlier => "outlier",
        }
    }
}

/// A suspicion about one film.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Index of the film in its data set.
    pub index: usize,
    /// What it is suspected of.
    pub kind: FindingKind,
    /// How strongly: 1 is the threshold, more is more.
    pub score: f64,
    /// What was seen, in words with numbers.
    pub reason: String,
}

/// Two films that show the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicatePair {
    /// Index of the first in its data set.
    pub first: usize,
    /// Index of the second, which is larger.
    pub second: usize,
    /// 1 for the same bytes, else the correlation of the two films once the second is laid over the first.
    pub similarity: f64,
    /// Whether the files hold the same bytes.
    pub exact: bool,
    /// Whether one is the other's mirror image.
    pub mirrored: bool,
    /// Degrees by which one is turned against the other, to the nearest step that was tried.
    pub degrees: f64,
}

/// All that was found in a data set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Suspicions, the strongest of each kind first.
    pub films: Vec<Finding>,
    /// Pairs of films that show the same, the most similar first.
    pub duplicates: Vec<DuplicatePair>,
}
