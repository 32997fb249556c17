//! Films whose grey levels alone are suspicious: nearly empty, inverted, very dark, clipped.

use super::film::GreyFilm;
use super::{Finding, FindingKind};

/// Share of the film that is neither background nor border, below which it counts as empty.
const LEAST_TISSUE: f64 = 0.05;
/// Range of levels from the 1st to the 99th percentile below which there is nothing to see.
const LEAST_RANGE: f64 = 20.0;
/// The 99th percentile of a film that is merely dark.
const DARK_LEVEL: f64 = 60.0;
/// Share of the film at the brightest level; even a bright hand leaves more of it unsaturated.
const CLIPPED_SHARE: f64 = 0.08;
/// By how much what lies about the hand is brighter than the hand in an inverted film.
const INVERTED_DIFFERENCE: f64 = 40.0;

/// What the levels of a film say.
pub(super) fn findings(index: usize, film: &GreyFilm) -> Vec<Finding> {
    let found = [empty(film), inverted(film), dark(film), clipped(film)];
    found.into_iter().flatten().map(|(kind, score, reason)| Finding { index, kind, score, reason }).collect()
}

type Suspicion = (FindingKind, f64, String);

fn empty(film: &GreyFilm) -> Option<Suspicion> {
    let range = film.percentile(0.99) - film.percentile(0.01);
    if range < LEAST_RANGE {
        let reason = format!("levels differ by no more than {range:.0} of 255");
        return Some((FindingKind::Empty, LEAST_RANGE / range.max(1.0), reason));
    }
    let tissue = film.tissue_share();
    let reason = format!("{:.1} % of the film is not background", 100.0 * tissue);
    (tissue < LEAST_TISSUE).then(|| (FindingKind::Empty, LEAST_TISSUE / tissue.max(1e-3), reason))
}

fn inverted(film: &GreyFilm) -> Option<Suspicion> {
    let (around, inside) = (film.surrounding_level(), film.centre_level());
    let difference = around - inside;
    let reason = format!("what surrounds the middle has level {around:.0}, the middle {inside:.0}");
    (difference > INVERTED_DIFFERENCE).then(|| (FindingKind::Inverted, difference / INVERTED_DIFFERENCE, reason))
}

fn dark(film: &GreyFilm) -> Option<Suspicion> {
    let bright = film.percentile(0.99);
    let reason = format!("99 % of the film is darker than level {bright:.0} of 255");
    let range = bright - film.percentile(0.01);
    // A film with next to no levels is empty, and said to be.
    (bright < DARK_LEVEL && range >= LEAST_RANGE).then(|| (FindingKind::Dark, DARK_LEVEL / bright.max(1.0), reason))
}

fn clipped(film: &GreyFilm) -> Option<Suspicion> {
    let share = film.inner_share_at_least(254);
    let reason = format!("{:.0} % of the film is white", 100.0 * share);
    (share > CLIPPED_SHARE).then(|| (FindingKind::Clipped, share / CLIPPED_SHARE, reason))
}
