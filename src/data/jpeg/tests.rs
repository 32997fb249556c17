//! The small films of `tests/films` were written by `OpenCV`: `scripts/bench-films --fixtures`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use super::super::decode::decode;
use super::super::decode_raster::decode_jpeg;
use super::super::pixels::Pixels;
use super::super::resize::{fit, fit_reduced, smallest_fraction};
use super::super::testing::{encode, gradient};
use super::*;
use crate::plan::{ImageConfig, PrepareConfig};
use crate::spec::Fit;

/// Colour planes of half the height and width, restart markers, codes made for the film.
const COLOUR_QUARTERS: &[u8] = include_bytes!("../../../tests/films/colour_420_restarts.jpg");
/// Colour planes of half the width.
const COLOUR_HALVES: &[u8] = include_bytes!("../../../tests/films/colour_422.jpg");
const GREY_RESTARTS: &[u8] = include_bytes!("../../../tests/films/grey_restarts.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../../../tests/films/grey_progressive.jpg");

fn reduced(bytes: &[u8], eighths: Eighths) -> Option<ReducedFilm> {
    decode_reduced(bytes, Channels::Grey, |_| Some(eighths))
}

fn whole(bytes: &[u8]) -> (Vec<u8>, ImageSize) {
    let film = decode(bytes, Channels::Grey).unwrap();
    let Pixels::Eight(levels) = film.pixels else { panic!("JPEG has eight bits") };
    (levels, film.size)
}

/// A film without fine detail, but with grain.
fn smooth(height: u32, width: u32) -> DynamicImage {
    let level = |x: u32, y: u32| {
        let wave = 128.0 + 60.0 * (f64::from(x) / 23.0).sin() + 50.0 * (f64::from(y) / 31.0).cos();
        (wave + f64::from((x * 7919 + y * 104_729) % 7)) as u8
    };
    GrayImage::from_fn(width, height, |x, y| Luma([level(x, y)])).into()
}

/// Means of the squares of a film that are one pixel of the reduced one.
fn means(levels: &[u8], full: ImageSize, side: u32) -> Vec<f64> {
    let mean = |top: u32, left: u32| {
        let rows = top..(top + side).min(full.height);
        let columns = left..(left + side).min(full.width);
        let count = f64::from((rows.end - rows.start) * (columns.end - columns.start));
        let sum: u32 = rows.flat_map(|y| columns.clone().map(move |x| u32::from(levels[(y * full.width + x) as usize]))).sum();
        f64::from(sum) / count
    };
    (0..full.height)
        .step_by(side as usize)
        .flat_map(|y| (0..full.width).step_by(side as usize).map(move |x| (y, x)))
        .map(|(y, x)| mean(y, x))
        .collect()
}

#[test]
fn each_pixel_is_about_the_mean_of_those_that_it_stands_for() {
    let encoded = [encode(&smooth(203, 141), ImageFormat::Jpeg), encode(&smooth(64, 72), ImageFormat::Jpeg)];
    let films = encoded.iter().map(Vec::as_slice).chain([COLOUR_QUARTERS, COLOUR_HALVES, GREY_RESTARTS]);
    for (number, bytes) in films.enumerate() {
        let (levels, size) = whole(bytes);
        // The small ones rise by ten levels from pixel to pixel, so that the curve through a pixel is no straight line.
        let tolerance = if number < 2 { 4.0 } else { 12.0 };
        for eighths in Eighths::ALL {
            let film = reduced(bytes, eighths).unwrap();
            let means = means(&levels, size, 8 / eighths.count());
            assert_eq!(film.levels.len(), means.len(), "film {number}");
            let columns = film.size.width as usize;
            let rows = film.size.height as usize;
            // Behind the last row and column lies what the writer filled the block up with.
            let inside = |place: &usize| place / columns + 1 < rows && place % columns + 1 < columns;
            for place in (0..means.len()).filter(inside) {
                let (found, mean) = (f64::from(film.levels[place]), means[place]);
                assert!((found - mean).abs() < tolerance, "film {number}, {eighths:?}, pixel {place}: {found} and {mean}");
            }
            let differences: Vec<f64> = (0..means.len()).filter(inside).map(|place| f64::from(film.levels[place]) - means[place]).collect();
            let bias = differences.iter().sum::<f64>() / differences.len() as f64;
            assert!(bias.abs() < 1.0, "film {number}, {eighths:?}: {bias}");
        }
    }
}

fn check<const N: usize>(found: &[[u8; N]; N], expected: &dyn Fn(usize, usize, usize) -> f64) {
    for (y, row) in found.iter().enumerate() {
        for (x, level) in row.iter().enumerate() {
            let expected = expected(N, y, x);
            assert!((f64::from(*level) - expected).abs() < 0.51, "{N}: [{y}, {x}] is {level}, not {expected}");
        }
    }
}

#[test]
fn a_block_is_transformed_as_the_formula_says() {
    let mut number = 1_u32;
    let mut draw = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from((number >> 16) % 400) - 200.0
    };
    let frequencies: [[f64; 4]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| draw()));
    let given = frequencies.map(|row| row.map(|number| number as f32));
    let expected = |n: usize, y: usize, x: usize| {
        let wave = |place: usize, frequency: usize| {
            let angle = (2 * place + 1) as f64 * frequency as f64 * std::f64::consts::PI / (2 * n) as f64;
            if frequency == 0 { 1.0 } else { 2_f64.sqrt() * angle.cos() }
        };
        let terms = (0..n).flat_map(|v| (0..n).map(move |u| (v, u)));
        (128.0 + terms.map(|(v, u)| frequencies[v][u] * wave(y, v) * wave(x, u)).sum::<f64>() / 8.0).clamp(0.0, 255.0)
    };
    check(&block::levels::<1>(&given), &expected);
    check(&block::levels::<2>(&given), &expected);
    check(&block::levels::<4>(&given), &expected);
}

#[test]
fn films_of_other_kinds_are_left_to_the_strict_decoder() {
    assert_eq!(reduced(PROGRESSIVE, Eighths::One), None);
    assert!(reduced(GREY_RESTARTS, Eighths::One).is_some());
    // One that is turned, and one whose components are said to be red, green and blue.
    let with_segment = |bytes: &[u8], segment: &[u8]| [&bytes[..2], segment, &bytes[2..]].concat();
    let turned = b"\xff\xe1\x00\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    assert_eq!(reduced(&with_segment(GREY_RESTARTS, turned), Eighths::One), None);
    let mut upright = turned.to_vec();
    upright[28] = 1;
    assert!(reduced(&with_segment(GREY_RESTARTS, &upright), Eighths::One).is_some());
    for (transform, is_read) in [(0, false), (1, true)] {
        let adobe = [b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat();
        assert_eq!(reduced(&with_segment(COLOUR_HALVES, &adobe), Eighths::One).is_some(), is_read, "{transform}");
    }
    // Colour that is wanted in colour.
    assert_eq!(decode_reduced(COLOUR_HALVES, Channels::Rgb, |_| Some(Eighths::One)), None);
    assert!(decode_reduced(GREY_RESTARTS, Channels::Rgb, |_| Some(Eighths::One)).is_some());
    assert_eq!(decode_reduced(GREY_RESTARTS, Channels::Grey, |_| None), None);
}

#[test]
fn no_damage_is_taken_for_a_film_that_the_strict_decoder_refuses() {
    let colour = DynamicImage::from(RgbImage::from_fn(24, 17, |x, y| Rgb([(x * 9) as u8, (y * 13) as u8, (x * y) as u8])));
    let colour = encode(&colour, ImageFormat::Jpeg);
    let grey = encode(&gradient(17, 24, 0), ImageFormat::Jpeg);
    for (name, whole) in [("colour", colour.as_slice()), ("grey", &grey), ("quarters", COLOUR_QUARTERS), ("restarts", GREY_RESTARTS)] {
        let mut read = 0;
        for place in 0..whole.len() {
            for change in [0xff, 0x41, 0x10] {
                let mut bytes = whole.to_vec();
                bytes[place] ^= change;
                for eighths in Eighths::ALL {
                    if reduced(&bytes, eighths).is_some() {
                        read += 1;
                        assert!(decode_jpeg(&bytes).is_ok(), "{name}: byte {place} changed by {change}: {:?}", decode_jpeg(&bytes));
                    }
                }
            }
        }
        assert!(read > 100, "{name}: {read}");
        for length in (0..whole.len()).step_by(3) {
            assert_eq!(reduced(&whole[..length], Eighths::One), None, "{name} cut to {length}");
            let zeroed = [&whole[..length], &vec![0; whole.len() - length]].concat();
            assert!(length + 3 > whole.len() || reduced(&zeroed, Eighths::Two).is_none(), "{name} zero from {length}");
        }
    }
}

#[test]
fn a_reduced_film_fits_where_the_whole_one_does() {
    // A slope across and one down: a shift by half a pixel of the reduced film, which are four of the whole one, would change the mean
    // by a level in each direction.
    let slope = GrayImage::from_fn(531, 397, |x, y| Luma([((x * 150 / 531) + (y * 100 / 397)) as u8]));
    let bytes = encode(&slope.into(), ImageFormat::Jpeg);
    let native = decode(&bytes, Channels::Grey).unwrap();
    for fit_by in [Fit::Stretch, Fit::Pad, Fit::Crop] {
        for (height, width) in [(24, 33), (40, 28), (16, 20)] {
            let config =
                ImageConfig { size: ImageSize { height, width }, channels: Channels::Grey, fit: fit_by, prepare: PrepareConfig::default() };
            let film = decode_reduced(&bytes, Channels::Grey, |size| smallest_fraction(size, &config)).unwrap();
            let (Pixels::Eight(whole), Pixels::Eight(found)) = (fit(&native, &config), fit_reduced(&film, &config)) else { panic!() };
            // What fills the border is the median of the film's edge, whose pixels lie further inside on the reduced film.
            let is_border = |place: &usize| fit_by == Fit::Pad && whole[*place] == whole[0] && found[*place] == found[0];
            let inside: Vec<usize> = (0..whole.len()).filter(|place| !is_border(place)).collect();
            let differences = || inside.iter().map(|place| f64::from(found[*place]) - f64::from(whole[*place]));
            let mean = differences().sum::<f64>() / inside.len() as f64;
            assert!(mean.abs() < 0.3, "{fit_by:?} {height}×{width}, {:?}: {mean}", film.eighths);
            assert!(differences().all(|difference| difference.abs() <= 4.0), "{fit_by:?} {height}×{width}, {:?}", film.eighths);
            assert!(whole[0].abs_diff(found[0]) <= 1, "{fit_by:?} {height}×{width}: {} and {}", whole[0], found[0]);
        }
    }
}

#[test]
fn three_pixels_are_left_for_each_one_that_is_wanted() {
    let fraction = |height, width, fit| {
        let config =
            ImageConfig { size: ImageSize { height: 128, width: 64 }, channels: Channels::Grey, fit, prepare: PrepareConfig::default() };
        smallest_fraction(ImageSize { height, width }, &config)
    };
    for (height, width, fit, expected) in [
        (3072, 1536, Fit::Stretch, Some(Eighths::One)),
        (3071, 1536, Fit::Stretch, Some(Eighths::Two)),
        (3072, 1535, Fit::Stretch, Some(Eighths::Two)),
        (1536, 768, Fit::Stretch, Some(Eighths::Two)),
        (768, 384, Fit::Stretch, Some(Eighths::Four)),
        (767, 384, Fit::Stretch, None),
        // 128 of 3072 rows, and 32 of 768 columns.
        (3072, 768, Fit::Pad, Some(Eighths::One)),
        // 64 of 768 columns, and 256 of 3072 rows of which half is cut off.
        (3072, 768, Fit::Crop, Some(Eighths::Two)),
    ] {
        assert_eq!(fraction(height, width, fit), expected, "{height}×{width} by {fit:?}");
    }
}
