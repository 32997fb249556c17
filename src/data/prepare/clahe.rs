//! Contrast-limited adaptive histogram equalisation (Zuiderveld 1994, in Graphics Gems IV, pages 474–485).
//!
//! Conventions, and so numbers, are those of `createCLAHE` of `OpenCV`: a grid of tiles for which the film is reflected beyond its
//! right and lower edge where it does not divide; a limit in multiples of the even share of a level, what is above it being dealt
//! out evenly; each pixel between the curves of the four nearest tiles. A film in colour is shifted, all colours alike, by as
//! much as its luminance changes.

use crate::data::decode::NativeFilm;
use crate::data::pixels::{Level, Pixels, luminance};
use crate::plan::ClaheConfig;
use crate::spec::{Channels, ImageSize};

/// The film with its contrast equalised.
pub(super) fn equalise(film: &NativeFilm, config: ClaheConfig) -> NativeFilm {
    let pixels = match &film.pixels {
        Pixels::Eight(levels) => Level::pixels(equalised(levels, film, config)),
        Pixels::Sixteen(levels) => Level::pixels(equalised(levels, film, config)),
    };
    NativeFilm { pixels, size: film.size, channels: film.channels }
}

fn equalised<L: Level>(levels: &[L], film: &NativeFilm, config: ClaheConfig) -> Vec<L> {
    if film.channels == Channels::Grey {
        return equalised_grey(levels, film.size, config);
    }
    let before: Vec<L> = levels.chunks_exact(3).map(luminance).collect();
    let after = equalised_grey(&before, film.size, config);
    let max = largest::<L>() as i64;
    let shift = |level: &L, by: i64| L::from_number(((*level).into() as i64 + by).clamp(0, max) as u64);
    let pixels = levels.chunks_exact(3).zip(before.into_iter().zip(after));
    pixels
        .flat_map(|(pixel, (before, after))| pixel.iter().map(move |level| shift(level, after.into() as i64 - before.into() as i64)))
        .collect()
}

fn largest<L: Level>() -> u64 {
    (1 << (8 * size_of::<L>())) - 1
}

/// Which tiles a row or column lies between, and how far from the first to the second.
struct Between {
    tiles: [usize; 2],
    second: f32,
}

fn between(place: usize, tile_length: usize, tiles: usize) -> Between {
    let position = place as f32 * (1.0 / tile_length as f32) - 0.5;
    let before = position.floor();
    let first = before.max(0.0) as usize;
    Between { tiles: [first, ((before + 1.0) as usize).min(tiles - 1)], second: position - before }
}

fn equalised_grey<L: Level>(levels: &[L], size: ImageSize, config: ClaheConfig) -> Vec<L> {
    let grid = Grid::new(levels, size, config);
    let width = size.width as usize;
    let columns: Vec<Between> = (0..width).map(|column| between(column, grid.tile_width, grid.tiles)).collect();
    let mut equalised = Vec::with_capacity(levels.len());
    // The curves of 16-bit levels are long: only those of the two rows of tiles in use are kept.
    let mut curves: Vec<Option<Vec<Vec<L>>>> = (0..grid.tiles).map(|_| None).collect();
    for (row, line) in levels.chunks_exact(width).enumerate() {
        let rows = between(row, grid.tile_height, grid.tiles);
        let [upper, lower] = rows.tiles;
        curves[..upper].iter_mut().for_each(|passed| *passed = None);
        for row_of_tiles in [upper, lower] {
            curves[row_of_tiles].get_or_insert_with(|| (0..grid.tiles).map(|column| grid.curve(row_of_tiles, column)).collect());
        }
        let [Some(upper), Some(lower)] = [&curves[upper], &curves[lower]] else { unreachable!("both were just made") };
        for (level, Between { tiles: [left, right], second }) in line.iter().zip(&columns) {
            let level = (*level).into() as usize;
            let value = |curve: &[L]| curve[level].into() as f32;
            let across = |curves: &[Vec<L>]| value(&curves[*left]) * (1.0 - second) + value(&curves[*right]) * second;
            let mixed = across(upper) * (1.0 - rows.second) + across(lower) * rows.second;
            equalised.push(L::from_number(mixed.round_ties_even().clamp(0.0, largest::<L>() as f32) as u64));
        }
    }
    equalised
}

/// A film divided into tiles.
struct Grid<'a, L> {
    levels: &'a [L],
    height: usize,
    width: usize,
    tiles: usize,
    tile_height: usize,
    tile_width: usize,
    clip_limit: f64,
}

impl<'a, L: Level> Grid<'a, L> {
    fn new(levels: &'a [L], size: ImageSize, config: ClaheConfig) -> Self {
        let (height, width) = (size.height as usize, size.width as usize);
        let tiles = config.tiles.get() as usize;
        let divides = height.is_multiple_of(tiles) && width.is_multiple_of(tiles);
        // Where one side does not divide, OpenCV adds a pixel to each tile of the other even if that one does.
        let tile = |side: usize| if divides { side / tiles } else { side / tiles + 1 };
        Self { levels, height, width, tiles, tile_height: tile(height), tile_width: tile(width), clip_limit: config.clip_limit.get() }
    }

    /// What becomes of each level in a tile.
    fn curve(&self, row: usize, column: usize) -> Vec<L> {
        let max = largest::<L>();
        let mut counts = vec![0_usize; max as usize + 1];
        for y in row * self.tile_height..(row + 1) * self.tile_height {
            let line = &self.levels[reflected(y, self.height) * self.width..][..self.width];
            for x in column * self.tile_width..(column + 1) * self.tile_width {
                counts[line[reflected(x, self.width)].into() as usize] += 1;
            }
        }
        let pixels = self.tile_height * self.tile_width;
        clip(&mut counts, ((self.clip_limit * pixels as f64 / (max + 1) as f64) as usize).max(1));
        let scale = max as f32 / pixels as f32;
        let mut below = 0;
        let level = |count: usize| {
            below += count;
            L::from_number((below as f32 * scale).round_ties_even().min(max as f32) as u64)
        };
        counts.into_iter().map(level).collect()
    }
}

/// A place beyond the end of a side, reflected about the last pixel, which is not repeated.
fn reflected(place: usize, side: usize) -> usize {
    if side == 1 {
        return 0;
    }
    let period = 2 * (side - 1);
    let place = place % period;
    place.min(period - place)
}

/// Cut counts off at a limit and deal out evenly what was cut off.
fn clip(counts: &mut [usize], limit: usize) {
    let mut cut_off = 0;
    for count in counts.iter_mut() {
        cut_off += count.saturating_sub(limit);
        *count = (*count).min(limit);
    }
    let (share, rest) = (cut_off / counts.len(), cut_off % counts.len());
    for count in counts.iter_mut() {
        *count += share;
    }
    let step = counts.len().checked_div(rest).unwrap_or(1).max(1);
    for count in counts.iter_mut().step_by(step).take(rest) {
        *count += 1;
    }
}
