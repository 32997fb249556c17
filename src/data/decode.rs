//! Bytes of a PNG or JPEG file into 8-bit pixels at the film's own size.
//!
//! - The type is told by the content, not by the name.
//! - 16 bits become 8 by their full range: 65535 becomes 255.
//! - Colour becomes grey by ITU-R 601 luminance with the weights and rounding of Pillow's `convert("L")`.
//! - What is transparent lies on black, as the background of a film.
//! - A JPEG's orientation tag is obeyed, so that a film is trained on as every viewer shows it.
//! - A cut or damaged file is an error. JPEG is decoded in strict mode, since otherwise what cannot be read turns grey.
//!   What no decoder can tell is damage that leaves valid codes and the end marker in place.

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::end_marker::{JPEG_SIGNATURE, PNG_SIGNATURE, jpeg_is_complete, png_is_complete};
use super::resize::fit;
use crate::plan::ImageConfig;
use crate::spec::{Channels, ImageSize};

/// Raised whenever the same file would give other pixels, so that no cache of an older version is used.
pub const DECODE_VERSION: u32 = 1;

/// Three times the largest film scanner's output; more is a damaged header or no film.
const MAX_PIXELS: u64 = 100_000_000;

/// What a decoder may allocate besides the picture, for instance for an embedded colour profile.
const MAX_ALLOCATION: u64 = 1 << 30;

/// Why a film cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Read(String),
    /// Neither PNG nor JPEG by its first bytes.
    #[error("the content is neither PNG nor JPEG")]
    UnknownFormat,
    /// The file ends before the image does.
    #[error("the {format} file is cut off after {bytes} bytes")]
    Truncated {
        /// PNG or JPEG.
        format: &'static str,
        /// Length of the file.
        bytes: usize,
    },
    /// Larger than any film.
    #[error("{0} pixels; films of up to 100 million pixels are read")]
    TooLarge(ImageSize),
    /// The decoder gives up.
    #[error("the {format} file is damaged: {cause}")]
    Damaged {
        /// PNG or JPEG.
        format: &'static str,
        /// What the decoder says.
        cause: String,
    },
}

/// A film at its own size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeFilm {
    /// Rows of pixels, the channels of a pixel side by side: `[H, W, C]`, values 0 to 255.
    pub pixels: Vec<u8>,
    /// Height and width.
    pub size: ImageSize,
    /// Grey also where RGB was asked for and the file is grey.
    pub channels: Channels,
}

/// Read a film and make it fit.
///
/// # Shapes
/// `[C, H, W]` of the config, values 0 to 255.
///
/// # Errors
/// If the file cannot be read or decoded.
pub fn read_film(path: &Path, config: &ImageConfig) -> Result<Vec<u8>, DecodeError> {
    let bytes = std::fs::read(path).map_err(|error| DecodeError::Read(error.to_string()))?;
    Ok(fit(&decode(&bytes, config.channels)?, config))
}

/// Decode a PNG or JPEG file; for [`Channels::Rgb`] a grey file stays grey, for [`fit`] to repeat at its smaller size.
///
/// # Errors
/// If the file is of another type, cut off, damaged or too large.
pub fn decode(bytes: &[u8], channels: Channels) -> Result<NativeFilm, DecodeError> {
    let image = if bytes.starts_with(PNG_SIGNATURE) {
        decode_png(bytes)?
    } else if bytes.starts_with(JPEG_SIGNATURE) {
        decode_jpeg(bytes)?
    } else {
        return Err(DecodeError::UnknownFormat);
    };
    Ok(to_film(image, channels))
}

fn decode_png(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    let damaged = |error: image::ImageError| DecodeError::Damaged { format: "PNG", cause: error.to_string() };
    if !png_is_complete(bytes) {
        return Err(DecodeError::Truncated { format: "PNG", bytes: bytes.len() });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(height, width)?;
    DynamicImage::from_decoder(decoder).map_err(damaged)
}

fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    let damaged = |cause: String| DecodeError::Damaged { format: "JPEG", cause };
    if !jpeg_is_complete(bytes) {
        return Err(DecodeError::Truncated { format: "JPEG", bytes: bytes.len() });
    }
    let longest = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(longest).set_max_height(longest);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions().expect("the headers were read");
    let (width, height) = (width as u32, height as u32);
    check_size(height, width)?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    decoder.set_options(options.jpeg_set_out_colorspace(if is_grey { ColorSpace::Luma } else { ColorSpace::RGB }));
    let pixels = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    let image = if is_grey {
        image::GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        image::RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let mut image = image.ok_or_else(|| damaged(format!("fewer pixels than {height}×{width}")))?;
    if let Some(orientation) = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif)) {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

fn check_size(height: u32, width: u32) -> Result<(), DecodeError> {
    if u64::from(height) * u64::from(width) > MAX_PIXELS {
        return Err(DecodeError::TooLarge(ImageSize { height, width }));
    }
    Ok(())
}

fn to_film(image: DynamicImage, channels: Channels) -> NativeFilm {
    let size = ImageSize { height: image.height(), width: image.width() };
    let count = usize::from(image.color().channel_count());
    let has_alpha = image.color().has_alpha();
    let mut pixels = to_eight_bits(image);
    if has_alpha {
        pixels = pixels.chunks_exact(count).flat_map(on_black).collect();
    }
    let is_grey = count <= 2;
    if !is_grey && channels == Channels::Grey {
        pixels = pixels.chunks_exact(3).map(luminance).collect();
    }
    NativeFilm { pixels, size, channels: if is_grey { Channels::Grey } else { channels } }
}

fn to_eight_bits(image: DynamicImage) -> Vec<u8> {
    let narrow = |level: u16| ((u32::from(level) * 255 + 32_767) / 65_535) as u8;
    match image {
        DynamicImage::ImageLuma16(image) => image.into_raw().into_iter().map(narrow).collect(),
        DynamicImage::ImageLumaA16(image) => image.into_raw().into_iter().map(narrow).collect(),
        DynamicImage::ImageRgb16(image) => image.into_raw().into_iter().map(narrow).collect(),
        DynamicImage::ImageRgba16(image) => image.into_raw().into_iter().map(narrow).collect(),
        eight_bits => eight_bits.into_bytes(),
    }
}

/// The colour of a pixel whose last channel says how opaque it is.
fn on_black(pixel: &[u8]) -> impl Iterator<Item = u8> {
    let (alpha, colour) = pixel.split_last().expect("a pixel with alpha has two channels or four");
    let alpha = u16::from(*alpha);
    colour.iter().map(move |level| ((u16::from(*level) * alpha + 127) / 255) as u8)
}

/// 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point.
fn luminance(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [0, 1, 2].map(|channel: usize| u32::from(pixel[channel]));
    ((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
