//! Synthetic left-hand radiographs: numbers in (seed and index), a label and a film out.
//!
//! They show that the program works, and say nothing about patients. A film is drawn from its *bone age*, which is the
//! label: a chronological age is drawn evenly between 0 and 18 years, and the bone age differs from it by a normal draw
//! with a standard deviation of 0.9 years, as between healthy children. The same (seed, index) gives the same label and
//! the same film at every size, apart from the grain.

mod anatomy;
mod canvas;
mod film;
mod shape;
mod skeleton;

use rand::RngExt;
use rand_distr::StandardNormal;

use crate::data::Sex;
use crate::random::{Purpose, keyed};
use crate::spec::ImageSize;

/// Raised whenever a film or a label changes for the same (seed, index); part of the data's digest.
pub const VERSION: u32 = 1;

/// Oldest bone age, months.
const OLDEST: f64 = 216.0;

/// What is known of a synthetic film.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomLabel {
    /// Bone age in whole months, 0 to 216.
    pub age_months: f64,
    /// Female or male, equally often.
    pub sex: Sex,
    /// Always none: a drawn hand has no race, and none is made up.
    pub race: Option<String>,
}

/// A synthetic film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhantomFilm {
    /// Grey levels, 0 black to 255 white, row by row: height × width values.
    pub pixels: Vec<u8>,
}

// What the draws of one film are for; each has its own stream, so that a change to one leaves the others alone.
const LABEL: u64 = 0;
const CHILD: u64 = 1;
const EXPOSURE: u64 = 2;
const GRAIN: u64 = 3;

/// The label of a film.
pub fn label(seed: u64, index: u64) -> PhantomLabel {
    let mut rng = keyed(seed, Purpose::Phantom, &[index, LABEL]);
    let chronological = rng.random::<f64>() * OLDEST;
    let advance = 0.9 * 12.0 * rng.sample::<f64, _>(StandardNormal);
    // Reflected at both ends, so that no age is piled up there.
    let age = (chronological + advance).abs();
    let age = if age > OLDEST { (2.0 * OLDEST - age).max(0.0) } else { age };
    let sex = if rng.random::<bool>() { Sex::F } else { Sex::M };
    PhantomLabel { age_months: age.round(), sex, race: None }
}

/// The film of a label at a size.
pub fn draw(seed: u64, index: u64, size: ImageSize) -> PhantomFilm {
    let PhantomLabel { age_months, sex, race: _ } = label(seed, index);
    draw_age(seed, index, age_months / 12.0, sex, size)
}

/// A film of a given age in years and sex, with all else drawn from (seed, index).
fn draw_age(seed: u64, index: u64, age: f64, sex: Sex, size: ImageSize) -> PhantomFilm {
    let stream = |purpose: u64| keyed(seed, Purpose::Phantom, &[index, purpose]);
    let hand = skeleton::grow(age, sex, &mut stream(CHILD));
    let exposure = film::Exposure::draw(&mut stream(EXPOSURE));
    let pixels = film::expose(&hand, anatomy::growth(age, sex), &exposure, size, &mut stream(GRAIN));
    PhantomFilm { pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: ImageSize = ImageSize { height: 48, width: 40 };

    fn mean(pixels: &[u8]) -> f64 {
        pixels.iter().map(|level| f64::from(*level)).sum::<f64>() / pixels.len() as f64
    }

    #[test]
    fn a_film_depends_on_its_seed_and_index_alone() {
        let first = draw(1, 2, SIZE);
        assert_eq!(first.pixels.len(), 48 * 40);
        assert_eq!(first, draw(1, 2, SIZE));
        assert_ne!(first, draw(1, 3, SIZE));
        assert_ne!(first, draw(2, 2, SIZE));
        assert_eq!(label(1, 2), label(1, 2));
    }

    #[test]
    fn labels_cover_all_ages_and_both_sexes_evenly() {
        let labels: Vec<PhantomLabel> = (0..2000).map(|index| label(5, index)).collect();
        let mut per_band = [0; 6];
        for PhantomLabel { age_months, .. } in &labels {
            assert!((0.0..=216.0).contains(age_months) && age_months.fract() == 0.0, "{age_months}");
            per_band[((age_months / 36.0) as usize).min(5)] += 1;
        }
        assert!(per_band.iter().all(|count| (270..400).contains(count)), "{per_band:?}");
        let girls = labels.iter().filter(|label| label.sex == Sex::F).count();
        assert!((900..1100).contains(&girls), "{girls} girls");
    }

    #[test]
    fn the_same_hand_is_drawn_at_every_size() {
        let coarse = |side: u32| {
            let pixels = draw(3, 4, ImageSize::square(side)).pixels;
            let block = side as usize / 16;
            let block_mean = |place: usize| {
                let rows = (0..block).map(|row| ((place / 16) * block + row) * side as usize + (place % 16) * block);
                rows.map(|start| mean(&pixels[start..start + block])).sum::<f64>() / block as f64
            };
            (0..256).map(block_mean).collect::<Vec<f64>>()
        };
        let (small, large) = (coarse(32), coarse(96));
        let difference = small.iter().zip(&large).map(|(a, b)| (a - b).abs()).sum::<f64>() / 256.0;
        assert!(difference < 4.0, "grey levels differ by {difference} on the mean");
    }

    #[test]
    fn bones_are_bright_on_a_dark_ground_in_wide_and_tall_films() {
        for (height, width) in [(64, 48), (48, 64), (33, 33)] {
            let (height, width) = (height as usize, width as usize);
            let size = ImageSize { height: height as u32, width: width as u32 };
            let pixels = draw_age(1, 1, 10.0, Sex::F, size).pixels;
            let middle: Vec<u8> = (height / 3..2 * height / 3).map(|row| pixels[row * width + width / 2]).collect();
            let edge = mean(&pixels[(height / 2) * width..(height / 2) * width + 4]);
            assert!(mean(&middle) > edge + 35.0, "{height}×{width}: middle {}, edge {edge}", mean(&middle));
        }
    }

    #[test]
    fn a_growing_hand_covers_more_of_the_film() {
        let covered = |age: f64, sex: Sex| {
            let bright = |index| draw_age(2, index, age, sex, SIZE).pixels.iter().filter(|level| **level > 60).count();
            (0..8).map(bright).sum::<usize>()
        };
        for sex in [Sex::F, Sex::M] {
            let areas: Vec<usize> = [1.0, 6.0, 16.0].map(|age| covered(age, sex)).to_vec();
            assert!(areas.is_sorted_by(|a, b| a < b), "{sex:?}: {areas:?}");
        }
        assert!(covered(16.0, Sex::M) > covered(16.0, Sex::F), "a boy's grown hand is the larger one");
    }
}
