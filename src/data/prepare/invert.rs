//! Black and white exchanged.

use crate::data::decode::NativeFilm;
use crate::data::pixels::Pixels;

/// The film with every level as far from black as it was from white.
pub(super) fn invert(film: NativeFilm) -> NativeFilm {
    let pixels = match film.pixels {
        Pixels::Eight(levels) => Pixels::Eight(levels.into_iter().map(|level| !level).collect()),
        Pixels::Sixteen(levels) => Pixels::Sixteen(levels.into_iter().map(|level| !level).collect()),
    };
    NativeFilm { pixels, ..film }
}
