//! Random changes of the training images, on the batch tensor and its device: batch and keys in, changed batch out.
//!
//! Every image draws from a generator of its own key, and every kind of change is drawn whether it is used or not, so
//! what happens to an image depends neither on its neighbours nor on the other settings. The changes are applied in this
//! order: one resampling for flip, scale, rotation and translation; gamma; contrast; brightness; noise; inversion.
//!
//! What comes into view from outside the image repeats its border: films have borders of any level, black wedges would
//! be a hint at the rotation that no real film gives, and the forearm goes on beyond the lower edge.

use rand::{Rng, RngExt};
use tch::{Kind, Tensor};

use crate::plan::AugmentConfig;
use crate::random::{Purpose, keyed};

/// What the draws of one image depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AugmentKey {
    /// Seed of the run.
    pub seed: u64,
    /// Epoch.
    pub epoch: u64,
    /// Index of the film in its data set.
    pub sample: u64,
    /// How often it was drawn before in the epoch.
    pub repeat: u64,
}

/// What happens to one image.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    flip: bool,
    scale: f64,
    /// Clockwise as seen.
    degrees: f64,
    /// Down and right, as shares of height and width.
    shift: [f64; 2],
    gamma: f64,
    contrast: f64,
    brightness: f64,
    noise_key: u32,
    invert: bool,
}

impl Change {
    fn draw(config: &AugmentConfig, key: &AugmentKey) -> Self {
        let AugmentKey { seed, epoch, sample, repeat } = *key;
        let mut rng = keyed(seed, Purpose::Augment, &[epoch, sample, repeat]);
        let AugmentConfig { rotate, translate, scale, flip, brightness, contrast, gamma, noise: _, invert, balance: _ } = *config;
        let noise_key = rng.next_u32();
        let mut share = || rng.random::<f64>();
        // Evenly within ± the limit.
        let mut within = |limit: f64| limit * (2.0 * share() - 1.0);
        Self {
            degrees: within(rotate),
            shift: [within(translate), within(translate)],
            scale: 1.0 + within(scale),
            gamma: 1.0 + within(gamma),
            contrast: 1.0 + within(contrast),
            brightness: within(brightness),
            flip: share() < flip,
            invert: share() < invert,
            noise_key,
        }
    }

    /// From a place in the new image to the place in the old one, both in shares of half a side from the middle, as
    /// `affine_grid` wants it: two rows of three. In pixels it is a flip after a turn, so it never shears.
    fn source(&self, aspect: f64) -> [f32; 6] {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (sin, cos) = (sin / self.scale, cos / self.scale);
        let [down, right] = self.shift.map(|share| 2.0 * share);
        let mirror = if self.flip { -1.0 } else { 1.0 };
        // `aspect` is width / height: a step down of one share is 1 / aspect of a share to the right.
        let rows = [[mirror * cos, mirror * sin / aspect], [-sin * aspect, cos]];
        let [x, y] = rows.map(|[across, along]| [across, along, -(across * right + along * down)]);
        [x[0], x[1], x[2], y[0], y[1], y[2]].map(|value| value as f32)
    }
}

/// The images, each changed at random within the limits of `config`; without limits the same tensor.
///
/// # Shapes
/// `[N, C, H, W]` fp32, 0 to 1, and one key per image → the same.
///
/// # Panics
/// If the number of keys is not N.
pub fn augment(images: &Tensor, config: &AugmentConfig, keys: &[AugmentKey]) -> Tensor {
    let changes: Vec<Change> = keys.iter().map(|key| Change::draw(config, key)).collect();
    apply(images, config, &changes)
}

/// Applies the kinds of change that `config` allows.
fn apply(images: &Tensor, config: &AugmentConfig, changes: &[Change]) -> Tensor {
    assert_eq!(images.size()[0], changes.len() as i64, "one key per image");
    let AugmentConfig { rotate, translate, scale, flip, brightness, contrast, gamma, noise, invert, balance: _ } = *config;
    let used = |limits: &[f64]| limits.iter().any(|limit| *limit != 0.0);
    let per_image = |value: fn(&Change) -> f64| {
        let values: Vec<f32> = changes.iter().map(|change| value(change) as f32).collect();
        Tensor::from_slice(&values).view([-1, 1, 1, 1]).to_device(images.device())
    };
    if !used(&[rotate, translate, scale, flip, brightness, contrast, gamma, noise, invert]) {
        return images.shallow_clone();
    }
    let mut xs = images.shallow_clone();
    if used(&[rotate, translate, scale, flip]) {
        xs = resample(&xs, changes);
    }
    if used(&[gamma]) {
        xs = xs.clamp(0.0, 1.0).pow(&per_image(|change| change.gamma));
    }
    if used(&[contrast]) {
        let mean = xs.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float);
        xs = (xs - &mean) * per_image(|change| change.contrast) + mean;
    }
    if used(&[brightness]) {
        xs += per_image(|change| change.brightness);
    }
    if used(&[noise]) {
        xs += grain(&xs, changes) * noise;
    }
    xs = xs.clamp(0.0, 1.0);
    if used(&[invert]) {
        let inverted = per_image(|change| f64::from(u8::from(change.invert)));
        xs = &xs + (1.0 - 2.0 * &xs) * inverted;
    }
    xs
}

/// Flip, scale, rotation and translation in one bilinear resampling.
fn resample(images: &Tensor, changes: &[Change]) -> Tensor {
    // Modes as in `at::native::GridSamplerInterpolation` and `GridSamplerPadding`.
    const BILINEAR: i64 = 0;
    const BORDER: i64 = 1;
    let size = images.size();
    let aspect = size[3] as f64 / size[2] as f64;
    let sources: Vec<f32> = changes.iter().flat_map(|change| change.source(aspect)).collect();
    let sources = Tensor::from_slice(&sources).view([-1, 2, 3]).to_device(images.device());
    let grid = Tensor::affine_grid_generator(&sources, &size, false);
    images.grid_sampler(&grid, BILINEAR, BORDER, false)
}

/// Standard normal noise, the same in all channels of an image, as film grain is.
///
/// The value at a pixel is a hash of its number and the image's key, so it is made on the device, for all pixels at once,
/// and needs no generator there. The hash is `lowbias32` with the constants 0x21f0aaad and 0x735a2d97 (C. Wellons,
/// hash-prospector); both are below 2³¹, so that no product leaves 63 bits.
///
/// # Shapes
/// `[N, C, H, W]` → `[N, 1, H, W]` fp32.
fn grain(images: &Tensor, changes: &[Change]) -> Tensor {
    const LOW_32_BITS: i64 = 0xffff_ffff;
    let fold = |xs: &Tensor, shift: i64| xs.bitwise_xor_tensor(&xs.bitwise_right_shift_tensor_scalar(shift));
    let hash = |xs: &Tensor| {
        let xs = (fold(xs, 16) * 0x21f0_aaad_i64).bitwise_and(LOW_32_BITS);
        let xs = (fold(&xs, 15) * 0x735a_2d97_i64).bitwise_and(LOW_32_BITS);
        fold(&xs, 15)
    };
    let size = images.size();
    let pixels = Tensor::arange(size[2] * size[3], (Kind::Int64, images.device())).view([1, 1, size[2], size[3]]);
    let keys: Vec<i64> = changes.iter().map(|change| i64::from(change.noise_key)).collect();
    let keys = Tensor::from_slice(&keys).view([-1, 1, 1, 1]).to_device(images.device());
    let bits = hash(&hash(&pixels).bitwise_xor_tensor(&keys)).bitwise_right_shift_tensor_scalar(8);
    // Odd multiples of 2⁻²⁴ between −1 and 1 are exact in fp32, and never ±1, where the inverse of the error function ends.
    let even = (bits * 2 + (1 - (1 << 24))).to_kind(Kind::Float) * 2f64.powi(-24);
    even.erfinv() * std::f64::consts::SQRT_2
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use tch::Device;

    use super::*;

    const NOTHING: Change = Change {
        flip: false,
        scale: 1.0,
        degrees: 0.0,
        shift: [0.0; 2],
        gamma: 1.0,
        contrast: 1.0,
        brightness: 0.0,
        noise_key: 0,
        invert: false,
    };

    fn everything() -> AugmentConfig {
        let (rotate, flip, invert) = (20.0, 0.5, 0.3);
        let rest =
            AugmentConfig { translate: 0.1, scale: 0.2, brightness: 0.1, contrast: 0.2, gamma: 0.3, noise: 0.05, ..Default::default() };
        AugmentConfig { rotate, flip, invert, ..rest }
    }

    fn keys(samples: &[u64]) -> Vec<AugmentKey> {
        samples.iter().map(|&sample| AugmentKey { seed: 1, epoch: 2, sample, repeat: 0 }).collect()
    }

    fn values(xs: &Tensor) -> Vec<f32> {
        Vec::try_from(xs.contiguous().view(-1)).unwrap()
    }

    /// One image of one channel, changed.
    fn changed(pixels: &[f32], [height, width]: [i64; 2], change: Change) -> Vec<f32> {
        let image = Tensor::from_slice(pixels).view([1, 1, height, width]);
        values(&apply(&image, &AugmentConfig { noise: 0.0, ..everything() }, &[change]))
    }

    fn assert_close(found: &[f32], expected: &[f32], what: &str) {
        let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
        assert!(found.len() == expected.len() && found.iter().zip(expected).all(close), "{what}: {found:?} instead of {expected:?}");
    }

    #[test]
    fn changes_of_place_move_pixels_where_they_should_go() {
        type Case<'a> = (&'a str, [i64; 2], Change, &'a [f32], &'a [f32]);
        let cases: [Case; 6] = [
            ("nothing", [2, 3], NOTHING, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
            ("flip", [2, 3], Change { flip: true, ..NOTHING }, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], &[0.3, 0.2, 0.1, 0.6, 0.5, 0.4]),
            ("clockwise", [2, 2], Change { degrees: 90.0, ..NOTHING }, &[0.1, 0.2, 0.3, 0.4], &[0.3, 0.1, 0.4, 0.2]),
            // A quarter down of 4 rows and half of 2 columns to the right: by one pixel each; the border is repeated.
            (
                "translation",
                [4, 2],
                Change { shift: [0.25, 0.5], ..NOTHING },
                &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
                &[0.1, 0.1, 0.1, 0.1, 0.3, 0.3, 0.5, 0.5],
            ),
            // Twice as large about the middle of 4 columns: their places come from 0.75, 1.25, 1.75 and 2.25.
            ("scale", [1, 4], Change { scale: 2.0, ..NOTHING }, &[0.0, 0.4, 0.8, 0.4], &[0.3, 0.5, 0.7, 0.7]),
            // The flip comes first: what was left is on the right, then goes down.
            ("flip, then clockwise", [2, 2], Change { flip: true, degrees: 90.0, ..NOTHING }, &[0.1, 0.2, 0.3, 0.4], &[0.4, 0.2, 0.3, 0.1]),
        ];
        for (name, size, change, pixels, expected) in cases {
            assert_close(&changed(pixels, size, change), expected, name);
        }
    }

    #[test]
    fn a_wide_image_turns_without_shear() {
        // A cross about the middle of 5 × 9 stays a cross of the same arms when turned by a right angle.
        let cross = |row: i64, column: i64| if (row == 2 && (column - 4).abs() <= 2) || (column == 4 && row == 1) { 1.0 } else { 0.0 };
        let turned = |row: i64, column: i64| if (column == 4) || (row == 2 && column == 5) { 1.0 } else { 0.0 };
        let draw = |level: &dyn Fn(i64, i64) -> f32| (0..45).map(|pixel| level(pixel / 9, pixel % 9)).collect::<Vec<f32>>();
        let found = changed(&draw(&cross), [5, 9], Change { degrees: 90.0, ..NOTHING });
        assert_close(&found, &draw(&turned), "cross");
    }

    #[test]
    fn changes_of_level_follow_their_formulas() {
        let pixels = [0.1, 0.2, 0.4, 0.5];
        for (name, change, expected) in [
            ("brightness", Change { brightness: 0.2, ..NOTHING }, [0.3, 0.4, 0.6, 0.7]),
            ("brightness, clamped", Change { brightness: -0.3, ..NOTHING }, [0.0, 0.0, 0.1, 0.2]),
            ("contrast about the mean of 0.3", Change { contrast: 1.5, ..NOTHING }, [0.0, 0.15, 0.45, 0.6]),
            ("gamma", Change { gamma: 2.0, ..NOTHING }, [0.01, 0.04, 0.16, 0.25]),
            ("inversion", Change { invert: true, ..NOTHING }, [0.9, 0.8, 0.6, 0.5]),
            ("gamma before brightness", Change { gamma: 2.0, brightness: 0.1, ..NOTHING }, [0.11, 0.14, 0.26, 0.35]),
        ] {
            assert_close(&changed(&pixels, [2, 2], change), &expected, name);
        }
    }

    #[test]
    fn without_limits_the_images_are_the_same_storage() {
        let images = Tensor::rand([2, 1, 4, 3], (Kind::Float, Device::Cpu));
        let same = augment(&images, &AugmentConfig::default(), &keys(&[0, 1]));
        assert_eq!(same.data_ptr(), images.data_ptr());
    }

    #[test]
    fn an_image_is_changed_alike_in_any_company_and_stays_in_range() {
        for channels in [1, 3] {
            let images = Tensor::rand([3, channels, 13, 18], (Kind::Float, Device::Cpu));
            let together = augment(&images, &everything(), &keys(&[7, 8, 9]));
            assert_eq!(together.size(), images.size());
            assert!(values(&together).iter().all(|value| (0.0..=1.0).contains(value)));
            for place in 0..3 {
                let alone = augment(&images.narrow(0, place, 1), &everything(), &keys(&[7 + place as u64]));
                assert_close(&values(&alone), &values(&together.narrow(0, place, 1)), "alone and together");
            }
            assert_eq!(together, augment(&images, &everything(), &keys(&[7, 8, 9])), "the same again");
        }
    }

    #[test]
    fn every_part_of_the_key_and_nothing_else_in_the_settings_changes_a_draw() {
        let key = AugmentKey { seed: 1, epoch: 2, sample: 3, repeat: 0 };
        let base = Change::draw(&everything(), &key);
        for other in [
            AugmentKey { seed: 9, ..key },
            AugmentKey { epoch: 9, ..key },
            AugmentKey { sample: 9, ..key },
            AugmentKey { repeat: 9, ..key },
        ] {
            assert_ne!(base, Change::draw(&everything(), &other), "{other:?}");
        }
        let no_turn = Change::draw(&AugmentConfig { rotate: 0.0, ..everything() }, &key);
        assert_eq!(Change { degrees: base.degrees, ..no_turn }, base);
    }

    #[test]
    fn draws_fill_their_limits_and_no_more() {
        let draws: Vec<Change> = keys(&(0..400).collect::<Vec<_>>()).iter().map(|key| Change::draw(&everything(), key)).collect();
        let range = |value: fn(&Change) -> f64| {
            let values = draws.iter().map(value);
            [values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max)]
        };
        for (name, [low, high], middle, limit) in [
            ("rotate", range(|change| change.degrees), 0.0, 20.0),
            ("down", range(|change| change.shift[0]), 0.0, 0.1),
            ("scale", range(|change| change.scale), 1.0, 0.2),
            ("gamma", range(|change| change.gamma), 1.0, 0.3),
            ("brightness", range(|change| change.brightness), 0.0, 0.1),
        ] {
            assert!(
                (-1.0..-0.97).contains(&((low - middle) / limit)) && (0.97..1.0).contains(&((high - middle) / limit)),
                "{name}: {low} to {high}"
            );
        }
        let share = |of: fn(&Change) -> bool| draws.iter().filter(|change| of(change)).count();
        assert!((160..240).contains(&share(|change| change.flip)) && (85..155).contains(&share(|change| change.invert)));
    }

    #[test]
    fn noise_is_standard_normal_and_differs_between_images() {
        let change = |noise_key| Change { noise_key, ..NOTHING };
        let images = Tensor::zeros([2, 3, 100, 90], (Kind::Float, Device::Cpu));
        let noise = grain(&images, &[change(1), change(2)]);
        assert_eq!(noise.size(), [2, 1, 100, 90]);
        let values: Vec<f64> = values(&noise).into_iter().map(f64::from).collect();
        let (first, second) = values.split_at(9000);
        let moment = |xs: &[f64], power: i32| xs.iter().map(|x| x.powi(power)).sum::<f64>() / xs.len() as f64;
        for image in [first, second] {
            assert!(moment(image, 1).abs() < 0.04, "mean {}", moment(image, 1));
            assert!((moment(image, 2) - 1.0).abs() < 0.06, "variance {}", moment(image, 2));
            assert!((moment(image, 4) - 3.0).abs() < 0.4, "fourth moment {}", moment(image, 4));
        }
        let mean_product = |pairs: &mut dyn Iterator<Item = (&f64, &f64)>| pairs.map(|(a, b)| a * b).sum::<f64>() / 9000.0;
        assert!(mean_product(&mut first.iter().zip(second)).abs() < 0.04, "between images");
        assert!(mean_product(&mut first.iter().zip(&first[1..])).abs() < 0.04, "between neighbours");
        assert!(mean_product(&mut first.iter().zip(&first[90..])).abs() < 0.04, "between rows");
    }
}
