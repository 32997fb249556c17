//! Areas that may be the hand, and how much each is like one.

use super::mask::Mask;
use super::reduce::Reduced;

/// Thresholds that are tried, between two shares of the range of levels.
const THRESHOLDS: usize = 28;
const LOWEST: f64 = 0.04;
const HIGHEST: f64 = 0.8;
/// Areas that are looked at for each threshold: the hand, or a larger thing and the hand.
const AREAS: usize = 2;
/// Share of the field below which an area is no hand.
const LEAST_SHARE: f64 = 0.03;
/// Range of levels below which a field shows nothing.
const LEAST_RANGE: f32 = 3.0;

/// An area that may be the hand.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) score: f64,
    pub(super) mask: Mask,
}

/// A field, and what every area in it is compared with.
struct Field<'a> {
    area: &'a Mask,
    pixels: f64,
    edge: Mask,
    slopes: &'a [f32],
    usual_slope: f64,
}

/// All areas of a field that may be a hand brighter than its background.
pub(super) fn all(film: &Reduced, slopes: &[f32], area: &Mask) -> Vec<Candidate> {
    let mut levels: Vec<f32> = area.places().map(|place| film.levels[place]).collect();
    levels.sort_unstable_by(f32::total_cmp);
    let percentile = |share: f64| levels[(share * (levels.len() - 1) as f64).round() as usize];
    if levels.is_empty() || percentile(0.99) - percentile(0.01) < LEAST_RANGE {
        return Vec::new();
    }
    let (low, high) = (percentile(0.01), percentile(0.99));
    let field = Field {
        area,
        pixels: levels.len() as f64,
        edge: area.without(&area.eroded(1, false)),
        slopes,
        usual_slope: median(area.places().map(|place| slopes[place]).collect()),
    };
    let thresholds = (0..THRESHOLDS).map(|step| LOWEST + (HIGHEST - LOWEST) * step as f64 / (THRESHOLDS - 1) as f64);
    let areas = thresholds.flat_map(|share| {
        // Lines as thin as the edge of a field would tie the hand to what is beyond.
        film.is_above(low + share as f32 * (high - low), area).opened(1).areas(AREAS)
    });
    areas.filter_map(|mask| judge(mask, &field)).collect()
}

fn judge(mask: Mask, field: &Field) -> Option<Candidate> {
    if (mask.count() as f64) < LEAST_SHARE * field.pixels {
        return None;
    }
    let filled = mask.filled().and(field.area);
    let pixels = filled.count() as f64;
    let share = pixels / field.pixels;
    let touching = filled.and(&field.edge).count() as f64 / field.edge.count() as f64;
    let by_share = ramp(share, 0.05, 0.15) * ramp(share, 0.75, 0.6);
    let by_edge = ramp(touching, 0.35, 0.12);
    if by_share * by_edge == 0.0 {
        return None;
    }
    let solidity = filled.solidity();
    let by_hull = ramp(solidity, 0.94, 0.87) * ramp(solidity, 0.3, 0.5);
    let (rows, columns) = filled.bounds()?;
    let by_box = ramp(pixels / (rows.len() * columns.len()) as f64, 0.85, 0.72);
    let middle = |places: &std::ops::Range<usize>| places.start + places.len() / 3..places.end - places.len() / 3;
    let (middle_rows, middle_columns) = (middle(&rows), middle(&columns));
    let in_middle = middle_rows.clone().flat_map(|row| middle_columns.clone().map(move |column| (row, column)));
    let solid = in_middle.filter(|(row, column)| filled.at(*row, *column)).count();
    let by_middle = ramp(solid as f64 / (middle_rows.len() * middle_columns.len()) as f64, 0.3, 0.6);
    let by_holes = mask.count() as f64 / pixels;
    if by_hull * by_box * by_middle == 0.0 {
        return None;
    }
    let outline = filled.dilated(1).without(&filled.eroded(1, true)).and(field.area);
    // A level is never known better than to a part of one, so that a flat background does not make every edge steep.
    let steepness = median(outline.places().map(|place| field.slopes[place]).collect()) / (field.usual_slope + 0.7);
    let by_outline = steepness / (steepness + 2.0) * share.powf(0.15);
    Some(Candidate { score: by_share * by_edge * by_hull * by_box * by_middle * by_holes * by_outline, mask })
}

/// 0 at `none` and beyond, 1 at `all` and beyond, even between.
fn ramp(value: f64, none: f64, all: f64) -> f64 {
    ((value - none) / (all - none)).clamp(0.0, 1.0)
}

pub(super) fn median(mut values: Vec<f32>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { f64::from(*values.select_nth_unstable_by(middle, f32::total_cmp).1) }
}
