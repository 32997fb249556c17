//! A film cut down to a box.

use std::ops::Range;

use crate::data::decode::NativeFilm;
use crate::data::hand::HandRegion;
use crate::data::pixels::Pixels;
use crate::spec::ImageSize;

/// Margin about the hand, as a share of the longer side of its box: a hand is found to about a hundredth of the film's side.
const MARGIN: f64 = 0.03;

/// The hand with a margin.
pub(super) fn to_hand(film: &NativeFilm, hand: &HandRegion) -> NativeFilm {
    let (rows, columns) = hand.with_margin(MARGIN);
    cut(film, &rows, &columns)
}

/// Those rows and columns.
pub(super) fn cut(film: &NativeFilm, rows: &Range<u32>, columns: &Range<u32>) -> NativeFilm {
    let pixels = match &film.pixels {
        Pixels::Eight(levels) => Pixels::Eight(cut_levels(levels, film, rows, columns)),
        Pixels::Sixteen(levels) => Pixels::Sixteen(cut_levels(levels, film, rows, columns)),
    };
    let size = ImageSize { height: rows.len() as u32, width: columns.len() as u32 };
    NativeFilm { pixels, size, channels: film.channels }
}

fn cut_levels<L: Copy>(levels: &[L], film: &NativeFilm, rows: &Range<u32>, columns: &Range<u32>) -> Vec<L> {
    let channels = film.channels.count();
    let line = film.size.width as usize * channels;
    let wanted = columns.start as usize * channels..columns.end as usize * channels;
    rows.clone().flat_map(|row| levels[row as usize * line..][wanted.clone()].iter().copied()).collect()
}
