//! Rings, bracelets and other metal: bright bands that lie across a finger or a wrist.
//!
//! A film is searched for bright patches (rings) and for thin bright lines (bracelets, which over bone are hardly brighter than
//! it). Each becomes a [`Band`], and what lies about it decides: on both of its sides the limb goes on, and beyond both ends
//! there is none. A side marker has no limb beside it, a bone lies along its limb, and the end of a bone is narrower than its
//! finger and little brighter than the rest of it. All levels are compared within a film's own neighbourhood, since a film may
//! be dark, and have a white border.

use super::film::GreyFilm;
use super::patch::Raster;
use super::ridge;
use super::{Finding, FindingKind};

mod band;

use band::Band;

/// Half the side of the window that a patch must stand out from, pixels of 256, as all lengths here.
const WINDOW: usize = 20;
/// Shares of the brightest in that window: the lower joins a ring to its stone, the higher parts it from bright bone.
const SHARES: [f32; 2] = [0.45, 0.65];
/// Thin pieces from which lines are followed: half the side of a square that is too large for them, the window in which they are
/// compared, and the share of the strongest in it.
const THIN: (usize, usize, f32) = (3, 30, 0.35);

/// What a band is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Ring,
    Bracelet,
}

/// The bands of a film that are taken for metal, as one finding, whose score is that of the most suspicious.
pub(super) fn finding(index: usize, film: &GreyFilm) -> Option<Finding> {
    let (score, shape, band) = suspicions(film).into_iter().max_by(|one, other| one.0.total_cmp(&other.0))?;
    (score >= 1.0).then(|| Finding { index, kind: FindingKind::Metal, score: f64::from(score), reason: reason(shape, &band, film) })
}

fn suspicions(film: &GreyFilm) -> Vec<(f32, Shape, Band)> {
    let raster = Raster::smoothed(film.pixels, film.width);
    let bright = raster.bright_patches(WINDOW, &SHARES);
    let (opening, window, share) = THIN;
    let thin = raster.thin_patches(opening, window, share);
    let lines = ridge::follow(&raster, bright.iter().chain(&thin));
    let rings = bright.iter().filter_map(|patch| Some((Shape::Ring, Band::of(&raster, patch, Shape::Ring.lengths())?)));
    let bracelets = lines.iter().filter_map(|patch| Some((Shape::Bracelet, Band::of(&raster, patch, Shape::Bracelet.lengths())?)));
    let judged = rings.chain(bracelets).filter(|(shape, band)| shape.is_possible(band));
    judged.map(|(shape, band)| (shape.score(&band), shape, band)).collect()
}

/// What each property of a band counts for; the score is the sum, and 1 the threshold.
///
/// Logistic regressions on 292 drawn films with metal (seeds 101 and 102, 256 pixels), their 800 twins without, and half of
/// 1500 films of the RSNA challenge, as they are and with drawn rings and bracelets laid over them; divided by 5, and shifted so
/// that the threshold is at a log-odds of 2.5 for rings and 0.5 for bracelets.
struct Weights {
    constant: f32,
    over_brightest: f32,
    over_limb: f32,
    limb: f32,
    as_bright: f32,
    overhang: f32,
    least_excess: f32,
    fill: f32,
    difference: f32,
    limb_width: f32,
    log_length: f32,
}

const RING: Weights = Weights {
    constant: -1.743,
    over_brightest: 1.622,
    over_limb: -1.327,
    limb: 0.905,
    as_bright: -5.485,
    overhang: -0.948,
    least_excess: 1.400,
    fill: 2.709,
    difference: -1.012,
    limb_width: -0.475,
    log_length: 0.277,
};

const BRACELET: Weights = Weights {
    constant: -2.285,
    over_brightest: 2.014,
    over_limb: -2.261,
    limb: 0.809,
    as_bright: -2.257,
    overhang: -1.123,
    least_excess: 3.061,
    fill: 1.579,
    difference: 0.869,
    limb_width: -0.807,
    log_length: 0.993,
};

impl Shape {
    /// Half lengths that are looked at.
    fn lengths(self) -> std::ops::Range<f32> {
        match self {
            Self::Ring => 4.5..16.0,
            Self::Bracelet => 14.0..50.0,
        }
    }

    /// Whether a band lies across a limb at all. The line of a bracelet may be a row of letters or the edge of a bone too, so
    /// more is asked of it.
    fn is_possible(self, band: &Band) -> bool {
        let limb_is_there = match self {
            Self::Ring => band.limb > 0.05 && band.far_limb > -0.5 && band.over_limb > 0.1,
            Self::Bracelet => band.limb > 0.2 && band.far_limb > 0.15 && band.over_limb < 0.6 && band.least_excess > 0.0,
        };
        let ends_are_free = self == Self::Ring || band.overhang < 0.4 && band.flank_range < 0.6 && band.difference < 0.6;
        limb_is_there && ends_are_free
    }

    fn score(self, band: &Band) -> f32 {
        let weights = match self {
            Self::Ring => RING,
            Self::Bracelet => BRACELET,
        };
        weights.constant
            + weights.over_brightest * band.over_brightest.clamp(-1.0, 1.0)
            + weights.over_limb * band.over_limb
            + weights.limb * band.limb
            + weights.as_bright * band.as_bright
            + weights.overhang * band.overhang
            + weights.least_excess * band.least_excess
            + weights.fill * band.fill
            + weights.difference * band.difference
            + weights.limb_width * band.limb_width
            + weights.log_length * band.half_length.ln()
    }
}

fn reason(shape: Shape, band: &Band, film: &GreyFilm) -> String {
    let what = match shape {
        Shape::Ring => "like a ring",
        Shape::Bracelet => "like a bracelet",
    };
    let percent = |place: f32, side: usize| 100.0 * place / side as f32;
    let [x, y] = band.middle;
    format!(
        "bright band {what}, {:.0} % across and {:.0} % down: level {:.0}, the limb {:.0} and {:.0}, past its ends {:.0}",
        percent(x, film.width),
        percent(y, film.height()),
        band.level,
        band.sides[0],
        band.sides[1],
        band.ground,
    )
}
