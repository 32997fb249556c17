//! Every kind of change, alone and together.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use tch::{Device, Kind, Tensor};

use super::change::Change;
use super::level::grain;
use super::{AugmentKey, apply, augment};
use crate::plan::AugmentConfig;

pub(super) use super::change::NOTHING;

fn everything() -> AugmentConfig {
    AugmentConfig {
        rotate: 20.0,
        translate: 0.1,
        scale: 0.2,
        flip: 0.5,
        brightness: 0.1,
        contrast: 0.2,
        gamma: 0.3,
        noise: 0.05,
        invert: 0.3,
        shear: 10.0,
        elastic: 0.02,
        blur: 1.5,
        sharpen: 0.5,
        tint: 0.1,
        erase: 0.5,
        ..AugmentConfig::default()
    }
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
    values(&apply(&image, &AugmentConfig { noise: 0.0, elastic: 0.0, ..everything() }, &[change]))
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
    for other in
        [AugmentKey { seed: 9, ..key }, AugmentKey { epoch: 9, ..key }, AugmentKey { sample: 9, ..key }, AugmentKey { repeat: 9, ..key }]
    {
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
        ("shear", range(|change| change.shear_degrees), 0.0, 10.0),
        ("blue", range(|change| change.tint[2]), 1.0, 0.1),
        ("blur", range(|change| 2.0 * change.blur - 1.5), 0.0, 1.5),
        ("sharpen", range(|change| 2.0 * change.sharpen - 0.5), 0.0, 0.5),
    ] {
        assert!(
            (-1.0..-0.97).contains(&((low - middle) / limit)) && (0.97..1.0).contains(&((high - middle) / limit)),
            "{name}: {low} to {high}"
        );
    }
    let share = |of: fn(&Change) -> bool| draws.iter().filter(|change| of(change)).count();
    assert!((160..240).contains(&share(|change| change.flip)) && (85..155).contains(&share(|change| change.invert)));
    assert!((160..240).contains(&share(|change| change.erased.is_some())));
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

#[test]
fn what_is_erased_lies_inside_and_is_neither_a_point_nor_the_film() {
    for change in keys(&(0..300).collect::<Vec<_>>()).iter().map(|key| Change::draw(&everything(), key)) {
        let Some(rectangle) = change.erased else { continue };
        assert!(rectangle.top >= 0.0 && rectangle.top + rectangle.height <= 1.0, "{rectangle:?}");
        assert!(rectangle.left >= 0.0 && rectangle.left + rectangle.width <= 1.0, "{rectangle:?}");
        assert!((0.019..0.201).contains(&(rectangle.height * rectangle.width)), "{rectangle:?}");
    }
}

#[test]
fn a_tint_changes_each_colour_by_its_factor() {
    let image = Tensor::full([1, 3, 2, 2], 0.5, (Kind::Float, Device::Cpu));
    let config = AugmentConfig { tint: 0.2, ..AugmentConfig::default() };
    let tinted = apply(&image, &config, &[Change { tint: [1.2, 1.0, 0.8], ..NOTHING }]);
    assert_close(&values(&tinted), &[0.6, 0.6, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4], "tint");
}

#[test]
fn the_kinds_of_the_first_version_draw_what_they_drew() {
    let key = AugmentKey { seed: 1, epoch: 2, sample: 3, repeat: 4 };
    let change = Change::draw(&everything(), &key);
    let drawn = [change.degrees, change.shift[0], change.shift[1], change.scale, change.gamma, change.contrast, change.brightness];
    let expected = [10.690_858, 0.037_453, -0.018_700, 0.847_297, 1.065_964, 1.125_474, 0.001_126];
    assert!(drawn.iter().zip(expected).all(|(drawn, expected)| (drawn - expected).abs() < 1e-6), "{drawn:?}");
}
