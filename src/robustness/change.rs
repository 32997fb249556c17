//! Which changes, and how strong.

use serde::{Deserialize, Serialize};

use crate::data::FilmChange;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// None: the films as they are.
    Unchanged,
    /// A turn, clockwise.
    Rotation,
    /// Left and right change places, as for the other hand.
    Flip,
    /// Added to the levels.
    Brightness,
    /// Factor of the distance from the film's mean level.
    Contrast,
    /// White becomes black.
    Inversion,
    /// Gaussian blur.
    Blur,
    /// Gaussian noise.
    Noise,
    /// Reduced, then enlarged to the old size.
    Resolution,
}

impl Change {
    /// Those that change something.
    pub const ALL: [Self; 8] =
        [Self::Rotation, Self::Flip, Self::Brightness, Self::Contrast, Self::Inversion, Self::Blur, Self::Noise, Self::Resolution];

    /// Its name, as in the files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Rotation => "rotation",
            Self::Flip => "flip",
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::Inversion => "inversion",
            Self::Blur => "blur",
            Self::Noise => "noise",
            Self::Resolution => "resolution",
        }
    }

    /// What a strength is measured in; empty where a change is made or not.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Unchanged | Self::Flip | Self::Inversion => "",
            Self::Rotation => "degrees",
            Self::Brightness | Self::Noise => "% of the range",
            Self::Contrast => "% of the film's",
            Self::Blur => "% of the side",
            Self::Resolution => "% of each side",
        }
    }

    /// The strength at which a film is as it was.
    pub fn neutral(self) -> f64 {
        match self {
            Self::Contrast | Self::Resolution => 100.0,
            _ => 0.0,
        }
    }

    /// The strengths that are tried, ascending, without the neutral one.
    pub fn strengths(self) -> &'static [f64] {
        match self {
            Self::Unchanged => &[0.0],
            Self::Rotation => &[-180.0, -150.0, -120.0, -90.0, -60.0, -30.0, -15.0, 15.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0],
            Self::Flip | Self::Inversion => &[1.0],
            Self::Brightness => &[-30.0, -20.0, -10.0, 10.0, 20.0, 30.0],
            Self::Contrast => &[50.0, 75.0, 125.0, 150.0],
            Self::Blur => &[0.5, 1.0, 2.0, 4.0],
            Self::Noise => &[2.0, 5.0, 10.0, 20.0],
            Self::Resolution => &[12.5, 25.0, 50.0, 75.0],
        }
    }

    /// What is done to the films at a strength.
    pub fn at(self, strength: f64) -> FilmChange {
        let share = strength / 100.0;
        match self {
            Self::Unchanged => FilmChange::Nothing,
            Self::Rotation => FilmChange::Rotate(strength),
            Self::Flip => FilmChange::Flip,
            Self::Brightness => FilmChange::Brightness(share),
            Self::Contrast => FilmChange::Contrast(share),
            Self::Inversion => FilmChange::Invert,
            Self::Blur => FilmChange::Blur(share),
            Self::Noise => FilmChange::Noise(share),
            Self::Resolution => FilmChange::Resolution(share),
        }
    }
}

/// Every change at every strength, the films as they are first.
pub fn points() -> Vec<(Change, f64)> {
    let of = |change: Change| change.strengths().iter().map(move |strength| (change, *strength));
    std::iter::once(Change::Unchanged).chain(Change::ALL).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_rise_and_leave_out_the_neutral_one() {
        for change in Change::ALL {
            let strengths = change.strengths();
            assert!(strengths.is_sorted_by(|a, b| a < b) && !strengths.contains(&change.neutral()), "{change:?}");
        }
        assert_eq!(points()[0], (Change::Unchanged, 0.0));
        assert_eq!(points().len(), 39);
    }
}
