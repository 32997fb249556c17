//! Thin bright lines followed from a piece of them: the arm of a bracelet, whatever it crosses.

use super::patch::{Axes, Patch, Raster};

/// Shorter paths are not followed up, steps of one pixel.
const LEAST_STEPS: usize = 16;
/// Steps in each direction.
const MOST_STEPS: usize = 60;
/// Steps without contrast that are passed over: gaps between links, and the rim of a bone.
const GAP: usize = 4;
/// Contrast that a line must keep, as a share of how much its beginning is brighter than a circle about it.
const KEPT: f32 = 0.15;
const LEAST_CONTRAST: f32 = 3.0;
/// Radius of that circle, pixels.
const CIRCLE: f32 = 14.0;
/// Levels by which a step aside must be brighter than a step straight on.
const STRAIGHT: f32 = 1.5;
/// Where, to either side of a line, it must be darker, pixels.
const BESIDE: [f32; 4] = [3.0, 4.0, 5.0, 6.0];

/// Follows the longer axis of each seed in both directions as long as the line is brighter than both its sides, and returns
/// the lines that are long enough, three pixels thick. A seed on a line that was followed already is passed over.
pub(super) fn follow<'a>(film: &Raster, seeds: impl Iterator<Item = &'a Patch>) -> Vec<Patch> {
    let mut followed = vec![false; film.levels.len()];
    let mut lines = Vec::new();
    for seed in seeds.filter(|seed| seed.pixels.len() >= 5) {
        let axes = Axes::of(seed);
        let [x, y] = axes.middle.map(|place| place as usize);
        if axes.spread[0] < 1.4 * axes.spread[1] || followed[y * film.width + x] {
            continue;
        }
        if let Some(line) = line_through(film, &axes) {
            line.pixels.iter().for_each(|[row, column]| followed[row * film.width + column] = true);
            lines.push(line);
        }
    }
    lines
}

fn line_through(film: &Raster, axes: &Axes) -> Option<Patch> {
    let level = |along: f32, across: f32| film.at(axes.place(along, across));
    let start = (-3..=3).map(|across| across as f32).max_by(|one, other| level(0.0, *one).total_cmp(&level(0.0, *other)))?;
    let circle = (0..16).map(|step| (step as f32 * std::f32::consts::PI / 8.0).sin_cos());
    let around = circle.map(|(sin, cos)| level(CIRCLE * cos, CIRCLE * sin)).sum::<f32>() / 16.0;
    let least = (KEPT * (level(0.0, start) - around)).max(LEAST_CONTRAST);
    let darkest =
        |along: f32, across: f32, side: f32| BESIDE.map(|beside| level(along, across + side * beside)).into_iter().fold(255.0, f32::min);
    let contrast = |along: f32, across: f32| level(along, across) - darkest(along, across, 1.0).max(darkest(along, across, -1.0));
    let mut path = vec![[0.0, start]];
    for sign in [1.0f32, -1.0] {
        let (mut across, mut missed) = (start, 0);
        for step in 1..MOST_STEPS {
            let along = sign * step as f32;
            let worth = |aside: &f32| level(along, across + aside) - STRAIGHT * aside.abs();
            across += [0.0f32, 1.0, -1.0].into_iter().max_by(|one, other| worth(one).total_cmp(&worth(other)))?;
            if contrast(along, across) >= least {
                missed = 0;
                path.push([along, across]);
            } else {
                missed += 1;
            }
            if missed > GAP {
                break;
            }
        }
    }
    (path.len() >= LEAST_STEPS).then(|| Patch { pixels: thick(film, axes, &path) })
}

/// The pixels of a path and of its neighbours to either side, each once.
fn thick(film: &Raster, axes: &Axes, path: &[[f32; 2]]) -> Vec<[usize; 2]> {
    let beside = path.iter().flat_map(|[along, across]| [-1.0, 0.0, 1.0].map(|aside| axes.place(*along, across + aside)));
    let inside = beside.filter_map(|[x, y]| {
        let (x, y) = ((x + 0.5).floor(), (y + 0.5).floor());
        let is_inside = x >= 0.0 && y >= 0.0 && x < film.width as f32 && y < film.height() as f32;
        is_inside.then_some([y as usize, x as usize])
    });
    let mut pixels: Vec<[usize; 2]> = inside.collect();
    pixels.sort_unstable();
    pixels.dedup();
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_line_with_gaps_is_followed_from_a_piece_of_it_to_both_ends() {
        // 80 × 90: an arc of 61 columns, 3 rows thick, with a gap of 2 in every 8, over a bar as bright as half of it.
        let level = |row: usize, column: usize| {
            let arc = 40.0 + (column as f64 - 45.0).powi(2) / 150.0;
            let is_line = (row as f64 - arc).abs() < 1.5 && (15..=75).contains(&column) && column % 8 < 6;
            let ground = if (30..50).contains(&column) { 100 } else { 20 };
            if is_line { 200 } else { ground }
        };
        let film = Raster { levels: (0..80 * 90).map(|pixel| level(pixel / 90, pixel % 90)).collect(), width: 90 };
        let seed = Patch { pixels: (40..43).flat_map(|row| (56..62).map(move |column| [row, column])).collect() };
        let lines = follow(&film, [&seed, &seed].into_iter());
        assert_eq!(lines.len(), 1, "the second seed is on it already");
        let columns = |line: &Patch| line.pixels.iter().map(|[_, column]| *column).collect::<Vec<_>>();
        let columns = columns(&lines[0]);
        let ends = (columns.iter().min().copied(), columns.iter().max().copied());
        assert!(ends.0.is_some_and(|left| (14..=18).contains(&left)) && ends.1.is_some_and(|right| (73..=77).contains(&right)), "{ends:?}");
    }

    #[test]
    fn a_broad_bar_is_no_line() {
        let film = Raster { levels: (0..6400).map(|pixel| if (30..50).contains(&(pixel / 80)) { 200 } else { 20 }).collect(), width: 80 };
        let seed = Patch { pixels: (38..41).flat_map(|row| (30..40).map(move |column| [row, column])).collect() };
        assert!(follow(&film, [&seed].into_iter()).is_empty());
    }
}
