//! The grey picture of a large JPEG film at a half, a quarter or an eighth of its size, straight from its frequencies.
//!
//! In: the bytes of a file, and how small the picture may be. Out: the picture, or nothing where the file is not of the common
//! kind (baseline, Huffman codes, one scan, grey or YCbCr, upright) or has the slightest fault: the strict decoder for whole films
//! then decides, so that what is refused and why never depends on this module.
//!
//! JPEG stores blocks of 8 × 8 pixels as frequencies. The lowest N × N of them, put through a transform of N × N, are the block
//! at N/8 of its size, without aliasing (as libjpeg has scaled from version 7 on). All codes are read, but those of higher
//! frequencies, and of colour, are only counted: several by one look into a table.

mod bits;
mod block;
mod header;
mod huffman;
mod scan;
#[cfg(test)]
mod tests;

use super::decode::check_size;
use crate::spec::{Channels, ImageSize};
use header::Header;

/// How many pixels are left of eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eighths {
    One,
    Two,
    Four,
}

impl Eighths {
    /// All, the smallest first.
    pub(super) const ALL: [Self; 3] = [Self::One, Self::Two, Self::Four];

    /// The number.
    pub(super) fn count(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// A grey film at a fraction of its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReducedFilm {
    /// `[H, W]`: rows of pixels, the last row and column of which may be covered by the film in part.
    pub(super) levels: Vec<u8>,
    /// Of the rows of pixels.
    pub(super) size: ImageSize,
    /// Of the whole film.
    pub(super) full: ImageSize,
    /// How much of the whole film's height and width they have.
    pub(super) eighths: Eighths,
}

/// Decode a film to the fraction that `fraction` gives for its size and, if the wanted channels are not grey, only one that is
/// grey itself.
pub(super) fn decode_reduced(bytes: &[u8], wanted: Channels, fraction: impl Fn(ImageSize) -> Option<Eighths>) -> Option<ReducedFilm> {
    let header = Header::read(bytes)?;
    check_size(header.size).ok()?;
    if header.components.len() > 1 && wanted != Channels::Grey {
        return None;
    }
    let eighths = fraction(header.size)?;
    let levels = match eighths {
        Eighths::One => scan::decode::<1>(bytes, &header),
        Eighths::Two => scan::decode::<2>(bytes, &header),
        Eighths::Four => scan::decode::<4>(bytes, &header),
    }?;
    Some(ReducedFilm { levels, size: reduced_size(header.size, eighths.count()), full: header.size, eighths })
}

/// Height and width in pixels of which each stands for 8/N of the film.
fn reduced_size(full: ImageSize, eighths: u32) -> ImageSize {
    let reduced = |length: u32| (length * eighths).div_ceil(8);
    ImageSize { height: reduced(full.height), width: reduced(full.width) }
}
