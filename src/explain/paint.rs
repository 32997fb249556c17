//! A map over its film, as a picture in colour.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::Map;
use crate::spec::Channels;

/// How much of the film the strongest colour hides.
const STRONGEST: f32 = 0.75;

/// Colours of what raises the age, from weak to strong. Both tables grow lighter evenly (CIE lightness 25 to 76, the same in both), so
/// that strength can be read without colour, and orange stands against blue, which nearly everybody can tell apart (Okabe and Ito 2008).
const RAISING: [[f32; 3]; 5] = [[101.0, 42.0, 0.0], [145.0, 63.0, 0.0], [196.0, 86.0, 0.0], [223.0, 129.0, 47.0], [237.0, 175.0, 109.0]];
/// Colours of what lowers it.
const LOWERING: [[f32; 3]; 5] = [[0.0, 61.0, 109.0], [0.0, 89.0, 157.0], [14.0, 122.0, 204.0], [75.0, 159.0, 221.0], [133.0, 194.0, 237.0]];

/// A picture in colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Red, green and blue of each pixel, row by row: H × W × 3 bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The same as planes, as films are kept: 3 × H × W bytes.
    pub fn planes(&self) -> Vec<u8> {
        (0..3).flat_map(|channel| self.pixels.iter().skip(channel).step_by(3).copied()).collect()
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let encoded = PngEncoder::new(&mut bytes).write_image(&self.pixels, self.width, self.height, ExtendedColorType::Rgb8);
        encoded.map(|()| bytes).map_err(|error| error.to_string())
    }
}

/// A map over its film: orange where a region raises the age, blue where it lowers it, the film alone where it does neither. The
/// colour of `strongest` in the map's unit is the lightest and hides most of the film; [`Map::largest`] makes full use of the colours.
///
/// # Shapes
/// The film plane by plane and row by row, C × H × W levels, H and W those of the map.
///
/// # Panics
/// If the film has another size than the map.
pub fn paint(map: &Map, film: &[u8], channels: Channels, strongest: f32) -> Picture {
    let area = map.height * map.width;
    assert_eq!(film.len(), area * channels.count(), "the film has the size of the map");
    let plane = |channel: usize| if channels.count() == 1 { 0 } else { channel * area };
    let pixel = |(index, value): (usize, &f32)| {
        let share = if strongest > 0.0 { (value / strongest).clamp(-1.0, 1.0) } else { 0.0 };
        let colour = colour(share);
        let hidden = STRONGEST * share.abs();
        [0, 1, 2].map(|channel| {
            let level = f32::from(film[plane(channel) + index]);
            (level + (colour[channel] - level) * hidden).round() as u8
        })
    };
    Picture { height: map.height as u32, width: map.width as u32, pixels: map.values.iter().enumerate().flat_map(pixel).collect() }
}

/// The colour of a share of the strongest, −1 to 1.
fn colour(share: f32) -> [f32; 3] {
    let table = if share < 0.0 { LOWERING } else { RAISING };
    let place = share.abs() * (table.len() - 1) as f32;
    let below = (place as usize).min(table.len() - 2);
    [0, 1, 2].map(|channel| table[below][channel] + (table[below + 1][channel] - table[below][channel]) * (place - below as f32))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// CIE lightness of an sRGB colour, 0 to 100.
    fn lightness(colour: [f32; 3]) -> f32 {
        let linear = colour.map(|level| {
            let level = level / 255.0;
            if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        });
        let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        if luminance > 0.008_856 { 116.0 * luminance.cbrt() - 16.0 } else { 903.3 * luminance }
    }

    #[test]
    fn colours_grow_lighter_evenly_and_both_signs_alike() {
        for step in 0..20 {
            let (weaker, stronger) = (step as f32 / 20.0, (step + 1) as f32 / 20.0);
            for sign in [1.0, -1.0] {
                let rise = lightness(colour(sign * stronger)) - lightness(colour(sign * weaker));
                assert!((2.0..3.2).contains(&rise), "{weaker} {sign}: {rise}");
            }
            let (one, other) = (lightness(colour(stronger)), lightness(colour(-stronger)));
            assert!((one - other).abs() < 1.5, "{stronger}: {one} {other}");
        }
    }

    #[test]
    fn a_region_that_does_nothing_shows_the_film_and_signs_have_colours_of_their_own() {
        let map = Map { height: 1, width: 3, values: vec![0.0, 2.0, -2.0] };
        let grey = paint(&map, &[10, 10, 10], Channels::Grey, map.largest());
        assert_eq!(grey.pixels[..3], [10, 10, 10]);
        assert!(grey.pixels[3] > 150 && grey.pixels[5] < 100, "{grey:?}");
        assert!(grey.pixels[8] > 150 && grey.pixels[6] < 110, "{grey:?}");
        let colour = paint(&map, &[1, 0, 0, 2, 0, 0, 3, 0, 0], Channels::Rgb, 4.0);
        assert_eq!(colour.pixels[..3], [1, 2, 3]);
        assert!(colour.pixels[3] < grey.pixels[3], "half of the strongest is weaker");
        assert_eq!(colour.planes().len(), 9);
        assert_eq!(colour.planes()[..3], [colour.pixels[0], colour.pixels[3], colour.pixels[6]]);
        let nothing = Map { values: vec![0.0; 3], ..map };
        assert_eq!(paint(&nothing, &[7, 8, 9], Channels::Grey, nothing.largest()).pixels, [7, 7, 7, 8, 8, 8, 9, 9, 9]);
    }

    #[test]
    fn a_png_holds_the_same_pixels() {
        let picture = Picture { height: 1, width: 2, pixels: vec![1, 2, 3, 4, 5, 6] };
        let image = image::load_from_memory(&picture.png().unwrap()).unwrap().to_rgb8();
        assert_eq!((image.dimensions(), image.into_raw()), ((2, 1), picture.pixels));
    }
}
