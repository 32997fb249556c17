#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde::Deserialize;

use super::*;
use crate::data::testing::{Folder, sample};
use crate::plan::ClaheConfig;
use crate::spec::{Fit, Positive, Tiles};

const OFF: PrepareConfig = PrepareConfig { invert: InvertFilm::Never, crop: CropFilm::None, normalise: NormaliseFilm::None, clahe: None };

fn clahe_config(clip_limit: f64, tiles: i64) -> ClaheConfig {
    ClaheConfig { clip_limit: Positive::try_from(clip_limit).unwrap(), tiles: Tiles::try_from(tiles).unwrap() }
}

fn everything() -> PrepareConfig {
    PrepareConfig { invert: InvertFilm::Auto, crop: CropFilm::Hand, normalise: NormaliseFilm::PerImage, clahe: Some(clahe_config(2.0, 8)) }
}

fn image(prepare: PrepareConfig) -> ImageConfig {
    ImageConfig { size: ImageSize { height: 60, width: 44 }, channels: Channels::Grey, fit: Fit::Pad, prepare }
}

fn grey(height: u32, width: u32, levels: Vec<u8>) -> NativeFilm {
    NativeFilm { pixels: Pixels::Eight(levels), size: ImageSize { height, width }, channels: Channels::Grey }
}

/// Every pixel has a level of its own.
fn numbered(height: u32, width: u32) -> NativeFilm {
    let pixels = Pixels::Sixteen((0..(height * width) as u16).collect());
    NativeFilm { pixels, size: ImageSize { height, width }, channels: Channels::Grey }
}

fn eight(film: &NativeFilm) -> &[u8] {
    match &film.pixels {
        Pixels::Eight(levels) => levels,
        Pixels::Sixteen(_) => panic!("it has sixteen bits"),
    }
}

fn sixteen(film: &NativeFilm) -> &[u16] {
    match &film.pixels {
        Pixels::Sixteen(levels) => levels,
        Pixels::Eight(_) => panic!("it has eight bits"),
    }
}

/// The same film in three equal colours.
fn coloured(film: &NativeFilm) -> NativeFilm {
    let levels = eight(film).iter().flat_map(|level| [*level; 3]).collect();
    NativeFilm { pixels: Pixels::Eight(levels), channels: Channels::Rgb, ..film.clone() }
}

/// The same film with sixteen bits.
fn deep(film: &NativeFilm) -> NativeFilm {
    NativeFilm { pixels: Pixels::Sixteen(film.pixels.levels().widened().into_owned()), ..film.clone() }
}

#[test]
fn what_is_off_leaves_every_bit_as_it_is() {
    let film = numbered(7, 11);
    assert_eq!(prepare(film.clone(), &OFF), film);
}

#[test]
fn inverting_twice_gives_the_film_again_and_once_its_opposite() {
    let film = grey(1, 4, vec![0, 1, 200, 255]);
    assert_eq!(eight(&invert::invert(film.clone())), [255, 254, 55, 0]);
    assert_eq!(sixteen(&invert::invert(deep(&film))), [65_535, 65_535 - 257, 55 * 257, 0]);
    assert_eq!(invert::invert(invert::invert(coloured(&film))), coloured(&film));
}

#[test]
fn a_box_is_cut_out_to_the_pixel() {
    // 7 × 11: rows 2 to 5, columns 3 to 10.
    let cut = crop::cut(&numbered(7, 11), &(2..6), &(3..11));
    assert_eq!(cut.size, ImageSize { height: 4, width: 8 });
    let expected: Vec<u16> = (2..6).flat_map(|row| (3..11).map(move |column| row * 11 + column)).collect();
    assert_eq!(sixteen(&cut), expected);
    let colour = NativeFilm { pixels: Pixels::Eight((0..36).collect()), size: ImageSize { height: 3, width: 4 }, channels: Channels::Rgb };
    assert_eq!(eight(&crop::cut(&colour, &(1..2), &(2..4))), [18, 19, 20, 21, 22, 23]);
    assert_eq!(crop::cut(&numbered(7, 11), &(0..7), &(0..11)), numbered(7, 11));
}

#[test]
fn a_hand_is_cut_out_as_it_lies_and_turned_to_white_where_it_is_dark() {
    let size = ImageSize { height: 150, width: 110 };
    let film = grey(150, 110, phantom::draw(5, 3, size).pixels);
    let (rows, columns) = phantom::extent(5, 3, size);
    let both = PrepareConfig { invert: InvertFilm::Auto, crop: CropFilm::Hand, ..OFF };
    let cropped = prepare(film.clone(), &both);
    // The margin is three hundredths, and a hand is found to one or two.
    let near = |found: u32, drawn: usize| found >= drawn as u32 && found <= drawn as u32 + 16;
    assert!(near(cropped.size.height, rows.len()) && near(cropped.size.width, columns.len()), "{} of {rows:?}, {columns:?}", cropped.size);
    // What is cut out is a part of the film, moved by whole pixels and not changed.
    let place = |row: usize, column: usize| eight(&film)[row * 110 + column];
    let line = |row: usize| &eight(&cropped)[row * cropped.size.width as usize..][..cropped.size.width as usize];
    let matches = |top: usize, left: usize| {
        (0..cropped.size.height as usize).all(|row| line(row).iter().enumerate().all(|(x, level)| *level == place(top + row, left + x)))
    };
    let tops = 0..=(150 - cropped.size.height as usize);
    let found = tops.flat_map(|top| (0..=(110 - cropped.size.width as usize)).map(move |left| (top, left)));
    let (top, left) = found.into_iter().find(|(top, left)| matches(*top, *left)).expect("it is a part of the film");
    assert!(top <= rows.start as usize && left <= columns.start as usize, "{top}, {left} for {rows:?}, {columns:?}");
    assert_eq!(prepare(invert::invert(film), &both), cropped, "an inverted film gives the same");
}

#[test]
fn a_film_without_a_hand_stays_whole() {
    let film = grey(30, 20, (0..600).map(|pixel| (pixel % 20) as u8).collect());
    assert_eq!(prepare(film.clone(), &PrepareConfig { invert: InvertFilm::Auto, crop: CropFilm::Hand, ..OFF }), film);
}

#[test]
fn the_percentiles_of_a_film_become_black_and_white() {
    // 200 pixels: two at 0, two at 255, and 49 each at 20, 40, 60 and 70. The 1st percentile is 0's last, so black stays.
    let pixels = [(2, 0), (49, 20), (49, 40), (49, 60), (49, 70), (2, 255)].map(|(count, level)| vec![level; count]).concat();
    let normal = normalise::per_image(&grey(10, 20, pixels.clone()));
    let expected = [(2, 0), (49, 73), (49, 146), (49, 219), (49, 255), (2, 255)].map(|(count, level)| vec![level; count]).concat();
    assert_eq!(eight(&normal), expected);
    let in_colour = normalise::per_image(&coloured(&grey(10, 20, pixels.clone())));
    assert_eq!(in_colour, coloured(&normal));
    let with_depth = normalise::per_image(&deep(&grey(10, 20, pixels)));
    assert_eq!(sixteen(&with_depth)[10], (65_535.0_f64 * 20.0 / 70.0).round() as u16);
    let flat = grey(5, 4, vec![90; 20]);
    assert_eq!(normalise::per_image(&flat), flat);
}

/// One case of `scripts/reference/clahe.py`.
#[derive(Deserialize)]
struct Reference {
    height: u32,
    width: u32,
    clip_limit: f64,
    tiles: i64,
    kind: String,
    levels: Vec<u16>,
}

/// The pattern of `scripts/reference/clahe.py`.
fn pattern(height: u32, width: u32, sixteen_bits: bool) -> NativeFilm {
    let (height, width) = (i64::from(height), i64::from(width));
    let level = |y: i64, x: i64| {
        let disc = (2 * y - height).pow(2) + (2 * x - width).pow(2) < (height * height) / 2;
        20 + 2 * y + x + 60 * i64::from(disc) + (y * 31 + x * 47 + y * x * 5) % 23
    };
    let places = || (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    let pixels = if sixteen_bits {
        Pixels::Sixteen(places().map(|(y, x)| (level(y, x) * 257 + (y * 7 + x * 13) % 251) as u16).collect())
    } else {
        Pixels::Eight(places().map(|(y, x)| level(y, x) as u8).collect())
    };
    NativeFilm { pixels, size: ImageSize { height: height as u32, width: width as u32 }, channels: Channels::Grey }
}

#[test]
fn contrast_is_equalised_as_by_opencv() {
    let cases: Vec<Reference> = serde_json::from_str(include_str!("../../../tests/reference/clahe.json")).unwrap();
    assert_eq!(cases.len(), 8);
    for Reference { height, width, clip_limit, tiles, kind, levels } in cases {
        let is_deep = kind == "u16";
        let equal = clahe::equalise(&pattern(height, width, is_deep), clahe_config(clip_limit, tiles));
        let found: Vec<u16> = match &equal.pixels {
            Pixels::Eight(levels) => levels.iter().map(|level| u16::from(*level)).collect(),
            Pixels::Sixteen(levels) => levels.clone(),
        };
        let worst = found.iter().zip(&levels).map(|(found, expected)| found.abs_diff(*expected)).max().unwrap();
        assert!(found.len() == levels.len() && worst <= 1, "{height}×{width}, {tiles} tiles, {kind}: differs by up to {worst}");
    }
}

#[test]
fn equal_colours_are_equalised_as_grey_and_others_keep_their_differences() {
    let film = pattern(24, 32, false);
    let config = clahe_config(2.0, 4);
    assert_eq!(clahe::equalise(&coloured(&film), config), coloured(&clahe::equalise(&film, config)));
    let mut tinted = coloured(&film);
    let Pixels::Eight(levels) = &mut tinted.pixels else { panic!("it has sixteen bits") };
    levels.iter_mut().step_by(3).for_each(|red| *red += 5);
    let equal = clahe::equalise(&tinted, config);
    let kept = eight(&equal).chunks_exact(3).filter(|pixel| pixel[0] == pixel[1].saturating_add(5)).count();
    assert!(kept > 700, "{kept} of 768, the others being clamped");
}

#[test]
fn a_film_of_one_pixel_survives_every_step() {
    for film in [grey(1, 1, vec![9]), grey(1, 300, vec![9; 300]), coloured(&grey(2, 1, vec![0, 255]))] {
        assert_eq!(prepare(film.clone(), &everything()).size, film.size);
    }
}

#[test]
fn stages_are_the_steps_that_are_on_and_end_with_what_is_kept() {
    let film = Film::Phantom { seed: 5, index: 3 };
    let image = image(everything());
    let stages = prepare_stages(&film, &image).unwrap();
    let steps: Vec<&str> = stages.iter().map(|stage| stage.step.as_str()).collect();
    assert_eq!([steps[0], steps[1], steps[3], steps[4]], ["as it is", "invert: not needed", "normalise: per image", "clahe: 2, 8×8"]);
    assert!(steps.len() == 5 && steps[2].starts_with("crop: ") && stages[1].film == stages[0].film, "{steps:?}");
    assert_eq!(Pixels::Eight(stages[4].film.clone()), prepared_film(&film, &image).unwrap());
    assert!(stages.windows(2).skip(1).all(|pair| pair[0].film != pair[1].film));
}

#[test]
fn a_file_goes_through_the_steps_before_it_is_resized() {
    let folder = Folder::new();
    let pixels = phantom::draw(5, 3, ImageSize { height: 240, width: 176 }).pixels;
    let path = folder.write(
        "hand.png",
        crate::data::testing::encode(
            &image::DynamicImage::ImageLuma8(image::GrayImage::from_raw(176, 240, pixels.clone()).unwrap()),
            image::ImageFormat::Png,
        ),
    );
    let image = image(PrepareConfig { clahe: None, ..everything() });
    let expected = fit(&prepare(grey(240, 176, pixels), &image.prepare), &image);
    assert_eq!(crate::data::read_film(&path, &image).unwrap(), expected);
}

#[test]
fn films_that_are_inverted_or_show_no_hand_are_counted() {
    let folder = Folder::new();
    let size = ImageSize { height: 120, width: 88 };
    let hand = phantom::draw(5, 3, size).pixels;
    let write = |name: &str, pixels: Vec<u8>| {
        let raster = image::DynamicImage::ImageLuma8(image::GrayImage::from_raw(88, 120, pixels).unwrap());
        let path = folder.write(name, crate::data::testing::encode(&raster, image::ImageFormat::Png));
        Sample { film: Film::File(path), ..sample(name, 1.0, None, None) }
    };
    let samples = [
        write("hand.png", hand.clone()),
        write("dark.png", hand.iter().map(|level| !level).collect()),
        write("none.png", vec![7; 88 * 120]),
    ];
    let found = preparation(&samples, &image(everything()));
    assert_eq!(found, Preparation { inverted: vec![1], without_hand: vec![2] });
    let crop_alone = PrepareConfig { crop: CropFilm::Hand, ..OFF };
    assert_eq!(preparation(&samples, &image(crop_alone)), Preparation { inverted: vec![], without_hand: vec![2] });
    assert_eq!(preparation(&samples, &image(OFF)), Preparation::default());
}
