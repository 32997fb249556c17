//! A film of any size, depth and colour as a small grey one.

use super::mask::Mask;
use crate::data::decode::NativeFilm;
use crate::data::pixels::{Level, Pixels, luminance};
use crate::spec::Channels;

/// Share of the brightest level from which an area at the edge of the film may be a frame.
const FRAME_SHARE: f32 = 0.85;

/// Grey levels from 0 to 255 with fractions, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reduced {
    pub(super) levels: Vec<f32>,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// The film's means over equal cells, so that neither side has more than `longest`.
pub(super) fn reduce(film: &NativeFilm, longest: u32) -> Reduced {
    let (height, width) = (film.size.height, film.size.width);
    let factor = f64::from(height.max(width)) / f64::from(longest);
    let side = |length: u32| if factor > 1.0 { ((f64::from(length) / factor).round() as usize).max(1) } else { length as usize };
    let (rows, columns) = (side(height), side(width));
    let levels = match &film.pixels {
        Pixels::Eight(levels) => cell_means(levels, film, rows, columns, 1.0),
        Pixels::Sixteen(levels) => cell_means(levels, film, rows, columns, 257.0),
    };
    Reduced { levels, height: rows, width: columns }
}

/// The first row or column of the film that a cell of the reduced film stands for; the film's length for the one after the last.
pub(super) fn first_place(cell: usize, side: usize, length: u32) -> u32 {
    (cell * length as usize).div_ceil(side) as u32
}

fn cell_means<L: Level + Into<u64>>(levels: &[L], film: &NativeFilm, rows: usize, columns: usize, scale: f64) -> Vec<f32> {
    let (height, width) = (film.size.height as usize, film.size.width as usize);
    let channels = film.channels.count();
    let mut sums = vec![0_u64; rows * columns];
    let mut counts = vec![0_u64; rows * columns];
    let column_of: Vec<usize> = (0..width).map(|x| x * columns / width).collect();
    for (y, row) in levels.chunks_exact(width * channels).enumerate() {
        let first = (y * rows / height) * columns;
        for (pixel, column) in row.chunks_exact(channels).zip(&column_of) {
            let grey: u64 = if film.channels == Channels::Grey { pixel[0].into() } else { luminance(pixel).into() };
            sums[first + column] += grey;
            counts[first + column] += 1;
        }
    }
    sums.into_iter().zip(counts).map(|(sum, count)| (sum as f64 / (count as f64 * scale)) as f32).collect()
}

impl Reduced {
    pub(super) fn inverted(&self) -> Self {
        Self { levels: self.levels.iter().map(|level| 255.0 - level).collect(), ..*self }
    }

    /// The level at a place; beyond an edge that of the edge.
    fn clamped(&self, row: isize, column: isize) -> f32 {
        let row = row.clamp(0, self.height as isize - 1) as usize;
        let column = column.clamp(0, self.width as isize - 1) as usize;
        self.levels[row * self.width + column]
    }

    fn map(&self, level: impl Fn(isize, isize) -> f32) -> Vec<f32> {
        let places = (0..self.height as isize).flat_map(|row| (0..self.width as isize).map(move |column| (row, column)));
        places.map(|(row, column)| level(row, column)).collect()
    }

    /// With the grain taken out by the kernel (1, 2, 1) in both directions.
    pub(super) fn smoothed(&self) -> Self {
        let across =
            Self { levels: self.map(|y, x| (self.clamped(y, x - 1) + 2.0 * self.clamped(y, x) + self.clamped(y, x + 1)) / 4.0), ..*self };
        let levels = across.map(|y, x| (across.clamped(y - 1, x) + 2.0 * across.clamped(y, x) + across.clamped(y + 1, x)) / 4.0);
        Self { levels, ..across }
    }

    /// How steep the levels are at each place.
    pub(super) fn slopes(&self) -> Vec<f32> {
        self.map(|y, x| {
            let down = self.clamped(y + 1, x) - self.clamped(y - 1, x);
            let across = self.clamped(y, x + 1) - self.clamped(y, x - 1);
            down.hypot(across) / 2.0
        })
    }

    pub(super) fn is_above(&self, threshold: f32, within: &Mask) -> Mask {
        within.filter(|place| self.levels[place] > threshold)
    }

    /// Bright strips along the film's edge and bright corners, which are no part of any field; and what they blur into.
    pub(super) fn bright_frame(&self) -> Mask {
        let brightest = self.levels.iter().copied().fold(0.0, f32::max);
        let all = Mask::full(self.height, self.width);
        let bright = all.filter(|place| self.levels[place] >= FRAME_SHARE * brightest);
        let mut frame = all.filter(|_| false);
        for area in bright.areas(usize::MAX) {
            let sides = area.touched_sides();
            if sides >= 2 || (sides == 1 && area.eroded(2, true).count() == 0) {
                frame = frame.or(&area);
            }
        }
        frame.dilated(2)
    }
}
