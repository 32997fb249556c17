//! A film of any size into the one that the network takes.
//!
//! Pixels are weighted by a Lanczos kernel with three lobes, widened by the reduction so that nothing aliases. Of the
//! usual kernels it keeps most of what is one or two pixels wide, as a closing growth plate is once a film of 2000 rows
//! has 128; what it overshoots at the film's hard borders is clipped. A triangle (bilinear) kernel would blur both.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::decode::NativeFilm;
use crate::plan::ImageConfig;
use crate::spec::{Channels, Fit, ImageSize};

/// Scale a film to the config's size and give it the config's channels.
///
/// - [`Fit::Stretch`] scales each direction on its own.
/// - [`Fit::Crop`] scales to cover and cuts the overhang off evenly.
/// - [`Fit::Pad`] scales to lie inside, in the middle, and fills the rest with the median of the film's outermost pixels,
///   so that neither a black nor a white background gets an edge that is not there.
///
/// # Shapes
/// `[H, W, C]` at the film's size → `[C, H, W]` of the config, values 0 to 255.
pub fn fit(film: &NativeFilm, config: &ImageConfig) -> Vec<u8> {
    let interleaved = match config.fit {
        Fit::Stretch => scale(film, config.size, ResizeOptions::new()),
        Fit::Crop => scale(film, config.size, ResizeOptions::new().fit_into_destination(None)),
        Fit::Pad => pad(film, config.size),
    };
    to_planes(interleaved, film.channels, config.channels)
}

/// Grey pixels as they are, or three times.
///
/// # Shapes
/// `[H, W]` → `[C, H, W]`
pub fn repeat_grey(pixels: Vec<u8>, channels: Channels) -> Vec<u8> {
    match channels {
        Channels::Grey => pixels,
        Channels::Rgb => pixels.repeat(3),
    }
}

fn to_planes(pixels: Vec<u8>, from: Channels, to: Channels) -> Vec<u8> {
    match from {
        Channels::Grey => repeat_grey(pixels, to),
        Channels::Rgb => (0..3).flat_map(|channel| pixels[channel..].iter().copied().step_by(3)).collect(),
    }
}

fn scale(film: &NativeFilm, size: ImageSize, options: ResizeOptions) -> Vec<u8> {
    if film.size == size {
        return film.pixels.clone();
    }
    let pixel_type = match film.channels {
        Channels::Grey => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let source = ImageRef::new(film.size.width, film.size.height, &film.pixels, pixel_type).expect("a film has height × width pixels");
    let mut target = Image::new(size.width, size.height, pixel_type);
    let options = options.resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).expect("both images are of one pixel type");
    target.into_vec()
}

fn pad(film: &NativeFilm, size: ImageSize) -> Vec<u8> {
    let inner = inner_size(film.size, size);
    let scaled = scale(film, inner, ResizeOptions::new());
    if inner == size {
        return scaled;
    }
    let channels = film.channels.count();
    let (top, left) = ((size.height - inner.height) / 2, (size.width - inner.width) / 2);
    let row = size.width as usize * channels;
    let mut padded = border_level(film).repeat(size.height as usize * size.width as usize);
    for (y, line) in scaled.chunks_exact(inner.width as usize * channels).enumerate() {
        let start = (top as usize + y) * row + left as usize * channels;
        padded[start..start + line.len()].copy_from_slice(line);
    }
    padded
}

/// The largest size of the film's shape inside another.
fn inner_size(film: ImageSize, size: ImageSize) -> ImageSize {
    let factor = (f64::from(size.height) / f64::from(film.height)).min(f64::from(size.width) / f64::from(film.width));
    let scaled = |length: u32, limit: u32| ((f64::from(length) * factor).round() as u32).clamp(1, limit);
    ImageSize { height: scaled(film.height, size.height), width: scaled(film.width, size.width) }
}

/// Median of the outermost pixels, for each channel.
fn border_level(film: &NativeFilm) -> Vec<u8> {
    let channels = film.channels.count();
    let (height, width) = (film.size.height as usize, film.size.width as usize);
    let mut positions: Vec<usize> = (0..width).flat_map(|x| [x, (height - 1) * width + x]).collect();
    positions.extend((0..height).flat_map(|y| [y * width, y * width + width - 1]));
    let median = |channel: usize| {
        let mut levels: Vec<u8> = positions.iter().map(|position| film.pixels[position * channels + channel]).collect();
        let middle = levels.len() / 2;
        *levels.select_nth_unstable(middle).1
    };
    (0..channels).map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(height: u32, width: u32, level: impl Fn(u32, u32) -> u8) -> NativeFilm {
        let level = &level;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| level(y, x))).collect();
        NativeFilm { pixels, size: ImageSize { height, width }, channels: Channels::Grey }
    }

    fn config(height: u32, width: u32, fit: Fit, channels: Channels) -> ImageConfig {
        ImageConfig { size: ImageSize { height, width }, channels, fit }
    }

    fn rows(pixels: &[u8], width: usize) -> Vec<Vec<u8>> {
        pixels.chunks_exact(width).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn a_film_of_the_right_size_keeps_every_pixel() {
        let film = grey(5, 3, |y, x| (y * 40 + x * 7) as u8);
        for way in [Fit::Pad, Fit::Stretch, Fit::Crop] {
            assert_eq!(fit(&film, &config(5, 3, way, Channels::Grey)), film.pixels, "{way:?}");
        }
    }

    #[test]
    fn padding_centres_the_film_and_fills_with_the_border_level() {
        // 4 × 8 into 6 × 4: scaled to 2 × 4, two rows above and below.
        let film = grey(4, 8, |y, x| if y == 0 || y == 3 || x == 0 || x == 7 { 90 } else { 100 });
        let fitted = rows(&fit(&film, &config(6, 4, Fit::Pad, Channels::Grey)), 4);
        for y in [0, 1, 4, 5] {
            assert_eq!(fitted[y], [90; 4], "row {y}");
        }
        assert!(fitted[2].iter().all(|level| (88..=102).contains(level)) && fitted[2] == fitted[3], "{fitted:?}");
        assert!(fitted[2][1] > 90, "{fitted:?}");
    }

    #[test]
    fn cropping_keeps_the_middle_and_stretching_keeps_all() {
        // Left third black, middle third grey, right third white.
        let film = grey(10, 30, |_, x| [0, 128, 255][(x / 10) as usize]);
        let cropped = fit(&film, &config(4, 4, Fit::Crop, Channels::Grey));
        assert!(rows(&cropped, 4).iter().all(|row| (118..=138).contains(&row[1]) && (118..=138).contains(&row[2])), "{cropped:?}");
        let stretched = fit(&film, &config(4, 30, Fit::Stretch, Channels::Grey));
        for row in rows(&stretched, 30) {
            assert_eq!((row[4], row[15], row[25]), (0, 128, 255));
        }
    }

    #[test]
    fn a_fine_pattern_turns_grey_instead_of_aliasing() {
        let film = grey(64, 64, |y, x| if (x + y).is_multiple_of(2) { 0 } else { 255 });
        let fitted = fit(&film, &config(9, 9, Fit::Stretch, Channels::Grey));
        assert!(fitted.iter().all(|level| (120..=136).contains(level)), "{fitted:?}");
    }

    #[test]
    fn channels_become_planes_and_grey_is_repeated() {
        let pixels = vec![1, 2, 3, 11, 12, 13];
        let colour = NativeFilm { pixels, size: ImageSize { height: 1, width: 2 }, channels: Channels::Rgb };
        assert_eq!(fit(&colour, &config(1, 2, Fit::Pad, Channels::Rgb)), [1, 11, 2, 12, 3, 13]);
        let film = grey(1, 2, |_, x| x as u8 + 5);
        assert_eq!(fit(&film, &config(1, 2, Fit::Pad, Channels::Rgb)), [5, 6, 5, 6, 5, 6]);
    }

    #[test]
    fn a_colour_film_is_padded_channel_by_channel() {
        let colour = NativeFilm { pixels: [10, 20, 30].repeat(8), size: ImageSize { height: 2, width: 4 }, channels: Channels::Rgb };
        let fitted = fit(&colour, &config(4, 4, Fit::Pad, Channels::Rgb));
        assert_eq!(fitted, [[10; 16], [20; 16], [30; 16]].concat());
    }

    #[test]
    fn a_film_of_extreme_shape_keeps_at_least_one_row() {
        let film = grey(1, 5000, |_, _| 77);
        assert_eq!(fit(&film, &config(8, 8, Fit::Pad, Channels::Grey)), [77; 64]);
    }
}
