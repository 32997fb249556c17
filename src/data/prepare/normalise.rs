//! The levels of a film stretched to the whole range.

use crate::data::decode::NativeFilm;
use crate::data::pixels::{Level, Pixels, luminance};
use crate::spec::Channels;

/// Share of a film's pixels below black, and above white: a few pixels, such as those of a marker or a scratch, do not decide.
const CUT_OFF: f64 = 0.01;

/// The film with its 1st percentile of grey levels at black and its 99th at white, all colours stretched alike; as it is where the
/// two are one level.
pub(super) fn per_image(film: &NativeFilm) -> NativeFilm {
    let pixels = match &film.pixels {
        Pixels::Eight(levels) => Level::pixels(stretched(levels, film.channels, 255)),
        Pixels::Sixteen(levels) => Level::pixels(stretched(levels, film.channels, 65_535)),
    };
    NativeFilm { pixels, size: film.size, channels: film.channels }
}

fn stretched<L: Level>(levels: &[L], channels: Channels, max: u64) -> Vec<L> {
    let mut counts = vec![0_usize; max as usize + 1];
    let mut count = |level: u64| counts[level as usize] += 1;
    match channels {
        Channels::Grey => levels.iter().for_each(|level| count((*level).into())),
        Channels::Rgb => levels.chunks_exact(3).for_each(|pixel| count(luminance(pixel).into())),
    }
    let [low, high] = [CUT_OFF, 1.0 - CUT_OFF].map(|share| percentile(&counts, share));
    if low == high {
        return levels.to_vec();
    }
    let stretch = |level: &L| {
        let level = (*level).into().clamp(low, high) - low;
        // Rounded to the nearest.
        L::from_number((2 * level * max + (high - low)) / (2 * (high - low)))
    };
    levels.iter().map(stretch).collect()
}

/// The smallest level that is not exceeded by that share of the pixels.
fn percentile(counts: &[usize], share: f64) -> u64 {
    let wanted = (share * counts.iter().sum::<usize>() as f64).ceil() as usize;
    let mut seen = 0;
    let reached = counts.iter().position(|count| {
        seen += count;
        seen >= wanted.max(1)
    });
    reached.unwrap_or_default() as u64
}
