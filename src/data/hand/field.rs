//! The collimated field of a film, and fields inside fields.

use super::mask::Mask;
use super::reduce::Reduced;

/// By how much levels of one surround differ; all are tried.
const TOLERANCES: [f32; 4] = [4.0, 8.0, 16.0, 28.0];
/// Share of an area that a field inside it covers.
const FIELD_SHARE: std::ops::Range<f64> = 0.12..0.99;
/// Share of its convex hull that a field fills at least: it has four straight sides.
const LEAST_SOLIDITY: f64 = 0.93;
/// More surrounds than that are not peeled off.
const MOST_SURROUNDS: usize = 3;
/// Fewer pixels show no hand.
const LEAST_PIXELS: usize = 100;

/// The film without its bright frame, then the fields inside it, from the outermost to the innermost.
pub(super) fn nested(frame: &Mask, film: &Reduced) -> Vec<Mask> {
    let whole = Mask::full(film.height, film.width).without(frame);
    if whole.count() * 5 < whole.on.len() * 2 {
        return Vec::new();
    }
    let mut fields = vec![whole];
    for _ in 0..MOST_SURROUNDS {
        let Some(inner) = fields.last().and_then(|outer| inside(outer, film)) else { break };
        let inner = inner.eroded(2, false);
        if inner.count() < LEAST_PIXELS {
            break;
        }
        fields.push(inner);
    }
    fields
}

/// What is four-sided and remains when all that is of the level of the edge, and connected with it, is taken away.
fn inside(outer: &Mask, film: &Reduced) -> Option<Mask> {
    let edge = outer.without(&outer.eroded(1, false));
    let mut levels: Vec<f32> = edge.places().map(|place| film.levels[place]).collect();
    let middle = levels.len() / 2;
    let level = if levels.is_empty() { return None } else { *levels.select_nth_unstable_by(middle, f32::total_cmp).1 };
    let found = TOLERANCES.into_iter().filter_map(|tolerance| {
        let alike = outer.filter(|place| (film.levels[place] - level).abs() <= tolerance);
        let surround = alike.connected_with(edge.places());
        let field = outer.without(&surround).opened(2).areas(1).into_iter().next()?.filled();
        let share = field.count() as f64 / outer.count() as f64;
        let solidity = field.solidity();
        (FIELD_SHARE.contains(&share) && solidity > LEAST_SOLIDITY).then_some((solidity, field))
    });
    found.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, field)| field)
}
