//! What is said of a film.

use serde::{Deserialize, Serialize};

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
    /// Labelled with another age than all networks read, none of which had seen the film.
    Label,
}

impl FindingKind {
    /// Every kind, in the order in which reports show them.
    pub const ALL: [Self; 7] = [Self::Inverted, Self::Empty, Self::Dark, Self::Clipped, Self::Metal, Self::Outlier, Self::Label];

    /// One word for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Inverted => "inverted",
            Self::Dark => "dark",
            Self::Clipped => "clipped",
            Self::Metal => "metal",
            Self::Outlier => "outlier",
            Self::Label => "label",
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DuplicatePair {
    /// Index of the first in its data set.
    pub first: usize,
    /// Index of the second, which is larger.
    pub second: usize,
    /// How the two are the same.
    #[serde(flatten)]
    pub alike: Alike,
}

/// How two films are the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alike {
    /// 1 for the same bytes, else the correlation of the two films once the second is laid over the first.
    pub similarity: f64,
    /// Whether the files hold the same bytes.
    pub exact: bool,
    /// Whether one is the other's mirror image.
    pub mirrored: bool,
    /// Degrees by which one is turned against the other, to the nearest step that was tried.
    pub degrees: f64,
}

impl Alike {
    /// The same bytes.
    pub const EXACT: Self = Self { similarity: 1.0, exact: true, mirrored: false, degrees: 0.0 };
}

impl std::fmt::Display for Alike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.exact {
            return f.write_str("same bytes");
        }
        write!(f, "similarity {:.3}", self.similarity)?;
        if self.mirrored {
            f.write_str(", mirrored")?;
        }
        // Which of the two was turned, and so the sign, is chance.
        if self.degrees == 0.0 { Ok(()) } else { write!(f, ", turned by {:.0}°", self.degrees.abs()) }
    }
}

/// All that was found in a data set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Suspicions, the strongest of each kind first.
    pub films: Vec<Finding>,
    /// Pairs of films that show the same, the most similar first.
    pub duplicates: Vec<DuplicatePair>,
}

impl Findings {
    /// Bring suspicions into their order.
    pub fn sort(&mut self) {
        self.films.sort_by(|a, b| a.kind.cmp(&b.kind).then(b.score.total_cmp(&a.score)).then(a.index.cmp(&b.index)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_described_by_what_differs() {
        assert_eq!(Alike::EXACT.to_string(), "same bytes");
        let alike = Alike { similarity: 0.987_65, exact: false, mirrored: true, degrees: -5.0 };
        assert_eq!(alike.to_string(), "similarity 0.988, mirrored, turned by 5°");
        assert_eq!(Alike { mirrored: false, degrees: 0.0, ..alike }.to_string(), "similarity 0.988");
    }
}
