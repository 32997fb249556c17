//! Stands in for the synthetic hand until it is drawn: a disc whose size grows with the age.

use super::sample::Sex;
use crate::spec::ImageSize;

/// A synthetic film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhantomFilm {
    /// Grey, row-major, height × width.
    pub pixels: Vec<u8>,
}

/// The label of a synthetic film.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomLabel {
    /// Age in months.
    pub age_months: f64,
    /// Sex.
    pub sex: Sex,
    /// Race or population.
    pub race: Option<String>,
}

/// The label of film `index` of the data set `seed`.
pub fn label(seed: u64, index: u64) -> PhantomLabel {
    let age_months = ((seed.wrapping_add(index)).wrapping_mul(7_919) % 216) as f64 + 6.0;
    PhantomLabel { age_months, sex: if index.is_multiple_of(2) { Sex::F } else { Sex::M }, race: None }
}

/// Draw film `index` of the data set `seed`.
pub fn draw(seed: u64, index: u64, size: ImageSize) -> PhantomFilm {
    let radius = label(seed, index).age_months / 222.0 * f64::from(size.height.min(size.width)) / 2.0;
    let (centre_y, centre_x) = (f64::from(size.height) / 2.0, f64::from(size.width) / 2.0);
    let pixel = |y: u32, x: u32| if (f64::from(y) - centre_y).hypot(f64::from(x) - centre_x) < radius { 200 } else { 20 };
    PhantomFilm { pixels: (0..size.height).flat_map(|y| (0..size.width).map(move |x| pixel(y, x))).collect() }
}
