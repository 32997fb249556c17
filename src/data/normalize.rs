//! Statistics of the training part, by which images and targets are standardised: films and ages in, mean and standard
//! deviation out.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::loader::FilmStore;
use super::pixels::{Level, Levels};

use crate::device::send;

/// Mean and standard deviation by which grey levels are standardised, per channel, on a range of 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// Per channel.
    pub mean: Vec<f32>,
    /// Per channel.
    pub std: Vec<f32>,
}

impl Normalization {
    /// Over all pixels of the films with those indices; the deviation is at least one grey level (1/255, or 1/65535 of films
    /// of sixteen bits), so that a part of blank films divides by something. The sums are whole numbers, so neither the order
    /// of the films nor rounding has a say.
    ///
    /// # Panics
    /// If there are no films.
    pub fn of(store: &dyn FilmStore, indices: &[usize]) -> Self {
        assert!(!indices.is_empty(), "the training part holds a film");
        let image = store.image();
        let area = image.size.height as usize * image.size.width as usize;
        let mut sums = vec![(0u128, 0u128); image.channels.count()];
        for &index in indices {
            match store.film(index) {
                Levels::Eight(levels) => add(&mut sums, levels, area),
                Levels::Sixteen(levels) => add(&mut sums, levels, area),
            }
        }
        let count = (area * indices.len()) as u128;
        let max = f64::from(store.film(indices[0]).depth().max());
        let moments = |(sum, squares): (u128, u128)| {
            let mean = sum as f64 / count as f64 / max;
            let variance = (squares * count - sum * sum) as f64 / (count as f64 * count as f64);
            (mean as f32, (variance.sqrt() / max).max(1.0 / max) as f32)
        };
        let (mean, std) = sums.into_iter().map(moments).unzip();
        Self { mean, std }
    }

    /// (x − mean) / std.
    ///
    /// # Shapes
    /// `[N, C, H, W]` fp32, 0 to 1 → the same, standardised.
    pub fn apply(&self, images: &Tensor) -> Tensor {
        let per_channel = |values: &[f32]| send(Tensor::from_slice(values).view([1, -1, 1, 1]), images.device());
        (images - per_channel(&self.mean)) / per_channel(&self.std)
    }
}

/// Add the levels of a film, and their squares, to the sums of their channels.
fn add<L: Level>(sums: &mut [(u128, u128)], levels: &[L], area: usize) {
    for (plane, (sum, squares)) in levels.chunks_exact(area).zip(sums) {
        // No film has so many pixels that 64 bits would not hold the sums of one.
        let moments =
            plane.iter().map(|level| (*level).into()).fold((0, 0), |(sum, squares), level: u64| (sum + level, squares + level * level));
        *sum += u128::from(moments.0);
        *squares += u128::from(moments.1);
    }
}

/// Mean and standard deviation of the training ages, in months.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetScale {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the ages themselves (divided by n); 1 month where all ages are equal.
    pub std: f64,
}

impl TargetScale {
    /// Of ages in months.
    ///
    /// # Panics
    /// If there are none.
    pub fn of(ages: &[f64]) -> Self {
        assert!(!ages.is_empty(), "the training part holds an age");
        let count = ages.len() as f64;
        let mean = ages.iter().sum::<f64>() / count;
        let std = (ages.iter().map(|age| (age - mean).powi(2)).sum::<f64>() / count).sqrt();
        Self { mean, std: if std < 1e-6 { 1.0 } else { std } }
    }

    /// Months to what a network is trained on.
    pub fn standardise(&self, months: f64) -> f64 {
        (months - self.mean) / self.std
    }

    /// What a network predicts to months.
    pub fn restore(&self, standardised: f64) -> f64 {
        standardised * self.std + self.mean
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tch::Device;

    use super::*;
    use crate::data::loader::tests::Films;
    use crate::data::pixels::Pixels;
    use crate::spec::{Channels, ImageSize};

    #[test]
    fn channels_are_standardised_each_on_its_own_by_the_given_films_alone() {
        let size = ImageSize { height: 1, width: 2 };
        // Red 0, 255 and 0, 255; green 51 throughout; blue 0, 0, 0, 102. The third film is not of the training part.
        let films = vec![vec![0, 255, 51, 51, 0, 0], vec![0, 255, 51, 51, 0, 102], vec![9, 9, 9, 9, 9, 9]];
        let films = Films::new(films, size, Channels::Rgb);
        let normalization = Normalization::of(&films, &[1, 0]);
        for (channel, (mean, std)) in [(0.5, 0.5), (0.2, 1.0 / 255.0), (0.1, 0.173_205)].into_iter().enumerate() {
            assert!((normalization.mean[channel] - mean).abs() < 1e-6, "mean of channel {channel}: {normalization:?}");
            assert!((normalization.std[channel] - std).abs() < 1e-6, "std of channel {channel}: {normalization:?}");
        }
        let image = Tensor::from_slice(&[1f32, 0.0, 0.2, 0.2, 0.1, 0.1]).view([1, 3, 1, 2]).to_device(Device::Cpu);
        let values = Vec::<f32>::try_from(normalization.apply(&image).view(-1)).unwrap();
        let expected = [1.0, -1.0, 0.0, 0.0, 0.0, 0.0];
        assert!(values.iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-4), "{values:?}");
    }

    #[test]
    fn films_of_sixteen_bits_are_standardised_as_the_same_ones_of_eight() {
        let size = ImageSize { height: 1, width: 4 };
        let eight = vec![vec![0, 255, 51, 7], vec![1, 254, 90, 200]];
        let sixteen = eight.iter().map(|film| Pixels::Sixteen(Levels::Eight(film).widened().into_owned())).collect();
        let of_eight = Normalization::of(&Films::new(eight, size, Channels::Grey), &[0, 1]);
        let of_sixteen = Normalization::of(&Films::of_pixels(sixteen, size, Channels::Grey), &[0, 1]);
        assert!(
            (of_eight.mean[0] - of_sixteen.mean[0]).abs() < 1e-6 && (of_eight.std[0] - of_sixteen.std[0]).abs() < 1e-6,
            "{of_sixteen:?}"
        );
        let dark = Films::of_pixels(vec![Pixels::Sixteen(vec![0, 2, 0, 2])], size, Channels::Grey);
        assert!((Normalization::of(&dark, &[0]).std[0] - 1.0 / 65_535.0).abs() < 1e-9);
    }

    #[test]
    fn targets_are_standardised_and_restored() {
        let scale = TargetScale::of(&[10.0, 20.0, 30.0, 40.0]);
        assert!((scale.mean - 25.0).abs() < 1e-12 && (scale.std - 125f64.sqrt()).abs() < 1e-12, "{scale:?}");
        assert!((scale.standardise(25.0 + 125f64.sqrt()) - 1.0).abs() < 1e-12);
        assert!((scale.restore(scale.standardise(216.0)) - 216.0).abs() < 1e-12);
    }

    #[test]
    fn equal_ages_give_a_standard_deviation_of_one_month() {
        let scale = TargetScale::of(&[84.1, 84.1, 84.1]);
        assert!((scale.std - 1.0).abs() < f64::EPSILON);
        assert!(scale.standardise(84.1).abs() < 1e-9);
    }
}
