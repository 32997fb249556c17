//! Where the hand lies on a film: grey levels of any size in; a box, a mask and a measure of how sure it is out.
//!
//! Films differ in all that a fixed threshold would need: the field is collimated, straight or turned, inside a surround that is
//! black, white or grey; backgrounds slope; markers are brighter than bone; the wrist leaves the film; some films are inverted. So
//! the film is reduced to [`WORKING_SIDE`] pixels and every reading of it is tried and judged by its shape:
//!
//! 1. `field`: the film without bright strips and corners at its edges, and inside it, one in another, the collimated
//!    fields: what remains, four-sided, when the surround is peeled off from the edge.
//! 2. `candidate`: in each field, as it is and inverted, the large connected areas above each of many thresholds. A hand
//!    covers a fair share of its field, touches little of the field's edge, fills its convex hull and its box in part only, for
//!    fingers are apart, is solid in its middle, and has a steep outline.
//! 3. `refine`: the best one grows down to a level just above the background beside it, so that dim fingertips are in.
//!
//! Nothing is learnt: thresholds are shares and shapes, found on 100-pixel films of the RSNA set and tried on others and on phantoms.

mod candidate;
mod field;
mod mask;
mod reduce;
mod refine;

use std::ops::Range;

use super::decode::NativeFilm;
use crate::spec::ImageSize;

use candidate::Candidate;
use mask::Mask;
use reduce::Reduced;

/// Longer side of the reduced film on which the hand is looked for.
const WORKING_SIDE: u32 = 100;

/// A measure below which a find is not believed; the best a clear hand reaches is about 0.8.
const LEAST_CONFIDENCE: f64 = 0.3;

/// By how much an inverted reading must be better: films are rarely inverted.
const INVERTED_HANDICAP: f64 = 0.85;

/// Where a hand lies on a film.
#[derive(Debug, Clone, PartialEq)]
pub struct HandRegion {
    /// Rows of the film that the hand covers.
    pub rows: Range<u32>,
    /// Columns of the film that the hand covers.
    pub columns: Range<u32>,
    /// How much like a hand it is, from 0.3 to about 0.8.
    pub confidence: f64,
    /// Whether the hand is darker than what surrounds it.
    pub is_inverted: bool,
    /// The hand on the reduced film.
    mask: Mask,
    size: ImageSize,
}

impl HandRegion {
    /// Look for a hand on a film.
    ///
    /// # Shapes
    /// `[H, W, C]` of any height, width and depth, grey or RGB.
    pub fn find(film: &NativeFilm) -> Option<Self> {
        let reduced = reduce::reduce(film, WORKING_SIDE);
        let best = [false, true].into_iter().filter_map(|is_inverted| {
            let found = find_brighter(&if is_inverted { reduced.inverted() } else { reduced.clone() })?;
            Some((found.score * if is_inverted { INVERTED_HANDICAP } else { 1.0 }, is_inverted, found))
        });
        let (confidence, is_inverted, found) = best.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let (rows, columns) = found.mask.bounds()?;
        let native = |places: Range<usize>, side: usize, length: u32| {
            reduce::first_place(places.start, side, length)..reduce::first_place(places.end, side, length)
        };
        (confidence >= LEAST_CONFIDENCE).then(|| Self {
            rows: native(rows, found.mask.height, film.size.height),
            columns: native(columns, found.mask.width, film.size.width),
            confidence,
            is_inverted,
            mask: found.mask,
            size: film.size,
        })
    }

    /// Whether a place of the film belongs to the hand, to the precision of the reduced film.
    pub fn contains(&self, row: u32, column: u32) -> bool {
        let place = |place: u32, length: u32, side: usize| (place as usize * side / length as usize).min(side - 1);
        self.mask.at(place(row, self.size.height, self.mask.height), place(column, self.size.width, self.mask.width))
    }

    /// The box with a margin to each side that is a share of its longer side, as far as the film goes.
    pub fn with_margin(&self, share: f64) -> (Range<u32>, Range<u32>) {
        let longer = self.rows.len().max(self.columns.len());
        let margin = (share * longer as f64).round() as u32;
        let grown = |places: &Range<u32>, length: u32| places.start.saturating_sub(margin)..(places.end + margin).min(length);
        (grown(&self.rows, self.size.height), grown(&self.columns, self.size.width))
    }
}

/// The best candidate for a hand that is brighter than its background.
fn find_brighter(film: &Reduced) -> Option<Candidate> {
    let smooth = film.smoothed();
    let slopes = smooth.slopes();
    let mut best: Option<(usize, Candidate)> = None;
    let fields = field::nested(&film.bright_frame(), &smooth);
    for (depth, area) in fields.iter().enumerate() {
        // What is found in an inner field is not disturbed by the edges of the outer ones.
        let bonus = 1.0 + 0.08 * depth as f64;
        for mut candidate in candidate::all(&smooth, &slopes, area) {
            candidate.score *= bonus;
            if best.as_ref().is_none_or(|(_, best)| candidate.score > best.score) {
                best = Some((depth, candidate));
            }
        }
    }
    let (depth, found) = best?;
    Some(Candidate { score: found.score, mask: refine::refine(&smooth, &fields[depth], &found.mask) })
}

#[cfg(test)]
mod tests;
