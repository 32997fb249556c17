//! A film of any size into the one that the network takes.
//!
//! Pixels are weighted by a Lanczos kernel with three lobes, widened by the reduction so that nothing aliases. Of the
//! usual kernels it keeps most of what is one or two pixels wide, as a closing growth plate is once a film of 2000 rows
//! has 128; what it overshoots at the film's hard borders is clipped. A triangle (bilinear) kernel would blur both.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{CropBox, FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::decode::NativeFilm;
use super::jpeg::{Eighths, ReducedFilm};
use super::pixels::{Level, Pixels};
use crate::plan::ImageConfig;
use crate::spec::{Channels, Fit, ImageSize};

/// Scale a film to the config's size and give it the config's channels; its depth stays.
///
/// - [`Fit::Stretch`] scales each direction on its own.
/// - [`Fit::Crop`] scales to cover and cuts the overhang off evenly.
/// - [`Fit::Pad`] scales to lie inside, in the middle, and fills the rest with the median of the film's outermost pixels,
///   so that neither a black nor a white background gets an edge that is not there.
///
/// # Shapes
/// `[H, W, C]` at the film's size → `[C, H, W]` of the config.
pub fn fit(film: &NativeFilm, config: &ImageConfig) -> Pixels {
    match &film.pixels {
        Pixels::Eight(levels) => Level::pixels(fit_raster(Raster::whole(levels, film), config)),
        Pixels::Sixteen(levels) => Level::pixels(fit_raster(Raster::whole(levels, film), config)),
    }
}

/// A film that was decoded at a fraction of its size, as [`fit`] makes it of the whole film but for rounding.
///
/// # Shapes
/// `[H, W]` at the film's fraction → `[C, H, W]` of the config.
pub(super) fn fit_reduced(film: &ReducedFilm, config: &ImageConfig) -> Pixels {
    let ReducedFilm { levels, size, full, eighths } = film;
    Level::pixels(fit_raster(Raster { levels, size: *size, channels: Channels::Grey, full: *full, eighths: eighths.count() }, config))
}

/// The smallest fraction of a film that has at least [`MARGIN`] pixels for each one of the config, in both directions; none
/// where only the whole film has.
pub(super) fn smallest_fraction(film: ImageSize, config: &ImageConfig) -> Option<Eighths> {
    let target = match config.fit {
        Fit::Stretch => config.size,
        Fit::Pad => inner_size(film, config.size),
        Fit::Crop => covering_size(film, config.size),
    };
    let is_enough = |length: u32, eighths: Eighths, wanted: u32| length * eighths.count() >= 8 * MARGIN * wanted;
    let fits = |eighths: &Eighths| is_enough(film.height, *eighths, target.height) && is_enough(film.width, *eighths, target.width);
    Eighths::ALL.into_iter().find(fits)
}

/// Grey pixels as they are, or three times.
///
/// # Shapes
/// `[H, W]` → `[C, H, W]`
pub fn repeat_grey<L: Copy>(pixels: Vec<L>, channels: Channels) -> Vec<L> {
    match channels {
        Channels::Grey => pixels,
        Channels::Rgb => pixels.repeat(3),
    }
}

/// Pixels of a reduced film, at least, for each one that it is resized to. Two would give every frequency that the resized film can
/// have its place; with three, a tenth of a level is the mean difference from resizing the whole film (`scripts/bench-films`).
const MARGIN: u32 = 3;

/// A film of one depth.
#[derive(Clone, Copy)]
struct Raster<'a, L> {
    /// `[H, W, C]`.
    levels: &'a [L],
    size: ImageSize,
    channels: Channels,
    /// The film's own size, of which the raster has some eighths.
    full: ImageSize,
    eighths: u32,
}

impl<'a, L> Raster<'a, L> {
    fn whole(levels: &'a [L], film: &NativeFilm) -> Self {
        Self { levels, size: film.size, channels: film.channels, full: film.size, eighths: 8 }
    }

    /// What of the raster is resized to a size: where the film ends inside a pixel, only its share.
    fn options(&self, size: ImageSize, fit: Fit) -> ResizeOptions {
        let options = ResizeOptions::new();
        if self.eighths == 8 {
            return if fit == Fit::Crop { options.fit_into_destination(None) } else { options };
        }
        let ImageSize { height, width } = self.full;
        let whole = CropBox { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) };
        let cut = if fit == Fit::Crop { CropBox::fit_src_into_dst_size(width, height, size.width, size.height, None) } else { whole };
        let [left, top, width, height] = [cut.left, cut.top, cut.width, cut.height].map(|length| length * f64::from(self.eighths) / 8.0);
        options.crop(left, top, width, height)
    }
}

fn fit_raster<L: Level>(film: Raster<L>, config: &ImageConfig) -> Vec<L> {
    let interleaved = match config.fit {
        Fit::Stretch | Fit::Crop => scale(film, config.size, config.fit),
        Fit::Pad => pad(film, config.size),
    };
    to_planes(interleaved, film.channels, config.channels)
}

fn to_planes<L: Copy>(pixels: Vec<L>, from: Channels, to: Channels) -> Vec<L> {
    match from {
        Channels::Grey => repeat_grey(pixels, to),
        Channels::Rgb => (0..3).flat_map(|channel| pixels[channel..].iter().copied().step_by(3)).collect(),
    }
}

fn scale<L: Level>(film: Raster<L>, size: ImageSize, fit: Fit) -> Vec<L> {
    if film.full == size {
        return film.levels.to_vec();
    }
    let pixel_type = L::pixel_type(film.channels);
    let bytes = bytemuck::cast_slice(film.levels);
    let source = ImageRef::new(film.size.width, film.size.height, bytes, pixel_type).expect("a film has height × width pixels");
    let mut target = Image::new(size.width, size.height, pixel_type);
    let options = film.options(size, fit).resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).expect("both images are of one pixel type");
    bytemuck::pod_collect_to_vec(target.buffer())
}

fn pad<L: Level>(film: Raster<L>, size: ImageSize) -> Vec<L> {
    let inner = inner_size(film.full, size);
    let scaled = scale(film, inner, Fit::Stretch);
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

/// The smallest size of the film's shape around another.
fn covering_size(film: ImageSize, size: ImageSize) -> ImageSize {
    let factor = (f64::from(size.height) / f64::from(film.height)).max(f64::from(size.width) / f64::from(film.width));
    let scaled = |length: u32| (f64::from(length) * factor).round() as u32;
    ImageSize { height: scaled(film.height), width: scaled(film.width) }
}

/// Median of the outermost pixels, for each channel.
fn border_level<L: Level>(film: Raster<L>) -> Vec<L> {
    let channels = film.channels.count();
    let (height, width) = (film.size.height as usize, film.size.width as usize);
    let mut positions: Vec<usize> = (0..width).flat_map(|x| [x, (height - 1) * width + x]).collect();
    positions.extend((0..height).flat_map(|y| [y * width, y * width + width - 1]));
    let median = |channel: usize| {
        let mut levels: Vec<L> = positions.iter().map(|position| film.levels[position * channels + channel]).collect();
        let middle = levels.len() / 2;
        *levels.select_nth_unstable(middle).1
    };
    (0..channels).map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PrepareConfig;

    fn bytes(film: &NativeFilm, config: &ImageConfig) -> Vec<u8> {
        match fit(film, config) {
            Pixels::Eight(levels) => levels,
            deep @ Pixels::Sixteen(_) => panic!("{deep:?}"),
        }
    }

    fn grey(height: u32, width: u32, level: impl Fn(u32, u32) -> u8) -> NativeFilm {
        let level = &level;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| level(y, x))).collect();
        NativeFilm { pixels: Pixels::Eight(pixels), size: ImageSize { height, width }, channels: Channels::Grey }
    }

    fn config(height: u32, width: u32, fit: Fit, channels: Channels) -> ImageConfig {
        ImageConfig { size: ImageSize { height, width }, channels, fit, prepare: PrepareConfig::default() }
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
        let fitted = rows(&bytes(&film, &config(6, 4, Fit::Pad, Channels::Grey)), 4);
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
        let cropped = bytes(&film, &config(4, 4, Fit::Crop, Channels::Grey));
        assert!(rows(&cropped, 4).iter().all(|row| (118..=138).contains(&row[1]) && (118..=138).contains(&row[2])), "{cropped:?}");
        let stretched = bytes(&film, &config(4, 30, Fit::Stretch, Channels::Grey));
        for row in rows(&stretched, 30) {
            assert_eq!((row[4], row[15], row[25]), (0, 128, 255));
        }
    }

    #[test]
    fn a_fine_pattern_turns_grey_instead_of_aliasing() {
        let film = grey(64, 64, |y, x| if (x + y).is_multiple_of(2) { 0 } else { 255 });
        let fitted = bytes(&film, &config(9, 9, Fit::Stretch, Channels::Grey));
        assert!(fitted.iter().all(|level| (120..=136).contains(level)), "{fitted:?}");
    }

    #[test]
    fn channels_become_planes_and_grey_is_repeated() {
        let pixels = vec![1, 2, 3, 11, 12, 13];
        let colour = NativeFilm { pixels: Pixels::Eight(pixels), size: ImageSize { height: 1, width: 2 }, channels: Channels::Rgb };
        assert_eq!(bytes(&colour, &config(1, 2, Fit::Pad, Channels::Rgb)), [1, 11, 2, 12, 3, 13]);
        let film = grey(1, 2, |_, x| x as u8 + 5);
        assert_eq!(bytes(&film, &config(1, 2, Fit::Pad, Channels::Rgb)), [5, 6, 5, 6, 5, 6]);
    }

    #[test]
    fn a_colour_film_is_padded_channel_by_channel() {
        let colour =
            NativeFilm { pixels: Pixels::Eight([10, 20, 30].repeat(8)), size: ImageSize { height: 2, width: 4 }, channels: Channels::Rgb };
        let fitted = bytes(&colour, &config(4, 4, Fit::Pad, Channels::Rgb));
        assert_eq!(fitted, [[10; 16], [20; 16], [30; 16]].concat());
    }

    #[test]
    fn a_film_of_extreme_shape_keeps_at_least_one_row() {
        let film = grey(1, 5000, |_, _| 77);
        assert_eq!(bytes(&film, &config(8, 8, Fit::Pad, Channels::Grey)), [77; 64]);
    }

    /// A film whose levels have a pattern in both directions.
    fn pattern() -> NativeFilm {
        grey(7, 11, |y, x| (y * 31 + x * 47 + y * x * 5) as u8)
    }

    #[test]
    fn films_of_eight_bits_are_resized_to_the_bytes_that_they_always_were() {
        // Written down before films of sixteen bits were known.
        let film = pattern();
        assert_eq!(bytes(&film, &config(3, 4, Fit::Stretch, Channels::Grey)), [78, 167, 109, 147, 135, 112, 111, 113, 120, 116, 117, 126]);
        assert_eq!(bytes(&film, &config(4, 3, Fit::Pad, Channels::Grey)), [120, 120, 120, 114, 129, 124, 124, 112, 118, 120, 120, 120]);
        assert_eq!(bytes(&film, &config(3, 3, Fit::Crop, Channels::Grey)), [165, 128, 120, 119, 113, 107, 110, 116, 125]);
    }

    #[test]
    fn a_film_of_sixteen_bits_keeps_levels_that_eight_bits_have_not() {
        // Eight neighbouring levels, all of which are one level of eight bits.
        let levels: Vec<u16> = (0..64).map(|place| 30_000 + place % 8).collect();
        let film = NativeFilm { pixels: Pixels::Sixteen(levels.clone()), size: ImageSize::square(8), channels: Channels::Grey };
        assert_eq!(fit(&film, &config(8, 8, Fit::Pad, Channels::Grey)), Pixels::Sixteen(levels));
        let Pixels::Sixteen(halved) = fit(&film, &config(4, 4, Fit::Pad, Channels::Rgb)) else { panic!("it has eight bits") };
        assert_eq!(halved.len(), 3 * 16);
        assert!(halved[..4].is_sorted() && halved[0] < halved[3], "{halved:?}");
        assert!(halved.iter().all(|level| (29_998..=30_009).contains(level)), "{halved:?}");
    }

    #[test]
    fn both_depths_are_resized_alike() {
        let film = pattern();
        let Pixels::Eight(levels) = &film.pixels else { panic!("it has sixteen bits") };
        let deep = NativeFilm { pixels: Pixels::Sixteen(levels.iter().map(|level| u16::from(*level) * 257).collect()), ..film.clone() };
        for way in [Fit::Pad, Fit::Stretch, Fit::Crop] {
            let config = config(5, 4, way, Channels::Grey);
            let Pixels::Sixteen(fitted) = fit(&deep, &config) else { panic!("it has eight bits") };
            for (deep, level) in fitted.iter().zip(bytes(&film, &config)) {
                assert!((f64::from(*deep) / 257.0 - f64::from(level)).abs() < 1.0, "{way:?}: {deep} and {level}");
            }
        }
    }
}
