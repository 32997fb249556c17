//! Bytes of an image file into pixels at the film's own size.
//!
//! - PNG, JPEG, TIFF, BMP, WebP and DICOM; the type is told by the content, not by the name.
//! - A film of more than 8 bits keeps them: it gets 16, as shares of its full range.
//! - Colour becomes grey by ITU-R 601 luminance with the weights and rounding of Pillow's `convert("L")`.
//! - What is transparent lies on black, as the background of a film.
//! - An orientation tag is obeyed, so that a film is trained on as every viewer shows it.
//! - A cut or damaged file is an error. JPEG is decoded in strict mode, since otherwise what cannot be read turns grey.
//!   What no decoder can tell is damage that leaves valid codes and the end marker in place.
//! - A file of several films (pages, frames) is an error, since only one of them would be used.

use std::io::Read;
use std::path::{Path, PathBuf};

use image::DynamicImage;

use super::decode_raster::{decode_jpeg, decode_raster, picture_bytes};
use super::digest::on_all_cores;
use super::end_marker::{JPEG_SIGNATURE, PNG_SIGNATURE};
use super::jpeg::decode_reduced;
use super::memory_budget::MemoryBudget;
use super::pixels::{Level, Pixels, luminance, on_black};
use super::prepare::prepare;
use super::resize::{fit, fit_reduced, smallest_fraction};
use crate::plan::ImageConfig;
use crate::spec::{Channels, ImageSize};

/// Raised whenever the same file would give other pixels, so that no cache of an older version is used.
pub const DECODE_VERSION: u32 = 3;

/// Three times the largest film scanner's output; more is a damaged header or no film.
const MAX_PIXELS: u64 = 100_000_000;

/// Four bytes for each pixel of the largest film; a larger file or picture is none, and would not fit beside its copies.
pub(super) const MAX_FILE_BYTES: u64 = 4 * MAX_PIXELS;

/// A file that is read only while no other film is decoded.
const LARGE_FILE_BYTES: u64 = 64 << 20;

/// Why a film cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Read(String),
    /// None of the types that are read, by its first bytes.
    #[error("the content is none of PNG, JPEG, TIFF, BMP, WebP and DICOM")]
    UnknownFormat,
    /// The file ends before the image does.
    #[error("the {format} file is cut off after {bytes} bytes")]
    Truncated {
        /// Type of the file.
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
        /// Type of the file.
        format: &'static str,
        /// What the decoder says.
        cause: String,
    },
    /// A sound file of a kind that is not read.
    #[error("the {format} file has {found}; {next}")]
    Unsupported {
        /// Type of the file.
        format: &'static str,
        /// What it has.
        found: String,
        /// What to do.
        next: &'static str,
    },
}

/// A film at its own size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeFilm {
    /// Rows of pixels, the channels of a pixel side by side: `[H, W, C]`.
    pub pixels: Pixels,
    /// Height and width.
    pub size: ImageSize,
    /// Grey also where RGB was asked for and the file is grey.
    pub channels: Channels,
}

/// Type of an image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
    Tiff,
    Bmp,
    WebP,
    Dicom,
}

impl Format {
    /// By the first bytes of a file.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |signature: &[u8]| bytes.starts_with(signature);
        let is_webp = starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        let is_tiff = starts(b"II\x2a\0") || starts(b"MM\0\x2a") || starts(b"II\x2b\0") || starts(b"MM\0\x2b");
        [
            // First, since the 128 bytes before its mark may be the head of another format.
            (bytes.get(128..132) == Some(b"DICM"), Self::Dicom),
            (starts(PNG_SIGNATURE), Self::Png),
            (starts(JPEG_SIGNATURE), Self::Jpeg),
            (is_tiff, Self::Tiff),
            (is_webp, Self::WebP),
            // Before BMP, whose two letters say little.
            (looks_like_dicom(bytes), Self::Dicom),
            (starts(b"BM"), Self::Bmp),
        ]
        .into_iter()
        .find_map(|(is, format)| is.then_some(format))
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::WebP => "WebP",
            Self::Dicom => "DICOM",
        }
    }
}

/// Whether a file without a preamble is DICOM: by its mark, or, where an old program left that out as well, by its first element, which is of the file meta information (group 2) or the first group of a data set (8).
fn looks_like_dicom(bytes: &[u8]) -> bool {
    let [first, second] = [b"\x02\0", b"\x08\0"].map(|group| bytes.starts_with(group) && bytes.get(3) == Some(&0));
    bytes.starts_with(b"DICM") || first || second
}

/// Whether a file is DICOM, by its first bytes; not where it cannot be read.
pub(super) fn is_dicom(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(132).read_to_end(&mut start));
    read.is_ok() && Format::of(&start) == Some(Format::Dicom)
}

/// Read a film, prepare it and make it fit.
///
/// # Shapes
/// `[C, H, W]` of the config.
///
/// # Errors
/// If the file cannot be read or decoded.
pub fn read_film(path: &Path, config: &ImageConfig) -> Result<Pixels, DecodeError> {
    read_within(path, config, &MemoryBudget::default()).map(|film| film.pixels)
}

/// [`read_film`] of several files, on all cores; in their order.
pub fn read_films(paths: &[PathBuf], config: &ImageConfig) -> Vec<Result<Pixels, DecodeError>> {
    let budget = MemoryBudget::default();
    on_all_cores(paths.len(), |index| read_within(&paths[index], config, &budget).map(|film| film.pixels))
}

/// [`read_film`] of the bytes of a file.
///
/// # Errors
/// If they cannot be decoded.
pub fn read_film_bytes(bytes: &[u8], config: &ImageConfig) -> Result<Pixels, DecodeError> {
    fit_file(bytes, config).map(|film| film.pixels)
}

/// Read a film at its own size.
pub(super) fn read_native(path: &Path, channels: Channels) -> Result<NativeFilm, DecodeError> {
    decode(&read_file(path)?, channels)
}

/// The bytes of a film's file.
fn read_file(path: &Path) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    let read = open_film(path).and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(0) => Err(DecodeError::Read("it is empty".to_owned())),
        Ok(_) => Ok(bytes),
        Err(error) => Err(DecodeError::Read(error.to_string())),
    }
}

/// A film's file, whose length is that of a film.
///
/// # Errors
/// If it cannot be opened, is too large, or is a pipe or a device, which may never end.
pub(super) fn open_film(path: &Path) -> std::io::Result<std::fs::File> {
    // Asked of the path, since to open a pipe is to wait for its writer.
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let length = found.len();
    if length > MAX_FILE_BYTES {
        return Err(std::io::Error::other(format!("{length} bytes are more than a film has; expected at most {MAX_FILE_BYTES}")));
    }
    std::fs::File::open(path)
}

/// [`read_film`] among others that are read at the same time, which all take their memory from one budget.
pub(super) fn read_within(path: &Path, config: &ImageConfig, budget: &MemoryBudget) -> Result<FittedFilm, DecodeError> {
    // A file that cannot be looked at is refused when it is opened.
    let length = std::fs::metadata(path).map_or(0, |found| found.len());
    let share = (length > LARGE_FILE_BYTES).then(|| budget.take_all());
    let bytes = read_file(path)?;
    let _share = share.unwrap_or_else(|| budget.take(memory_needed(&bytes)));
    fit_file(&bytes, config)
}

/// A film that fits, and how it became so.
pub(super) struct FittedFilm {
    pub(super) pixels: Pixels,
    /// Whether it was decoded at a fraction of its size.
    pub(super) is_reduced: bool,
}

/// Decode an image file, prepare it and make it fit. A large JPEG film is decoded no larger than needed where no step is on, see [`decode_reduced`].
fn fit_file(bytes: &[u8], config: &ImageConfig) -> Result<FittedFilm, DecodeError> {
    if config.prepare.is_off()
        && Format::of(bytes) == Some(Format::Jpeg)
        && let Some(film) = decode_reduced(bytes, config.channels, |size| smallest_fraction(size, config))
    {
        return Ok(FittedFilm { pixels: fit_reduced(&film, config), is_reduced: true });
    }
    Ok(FittedFilm { pixels: fit(&prepare(decode(bytes, config.channels)?, &config.prepare), config), is_reduced: false })
}

/// About as many bytes as decoding a file takes, by its header; that of a file that cannot be decoded does not matter.
fn memory_needed(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    let picture = match Format::of(bytes) {
        // What is packed in it is not known from outside; hardly anything packs films to less than a thirtieth.
        Some(Format::Dicom) => 30 * length,
        Some(format) => picture_bytes(bytes, format).unwrap_or(0),
        None => 0,
    };
    // Grey, upright or without transparency, it is a second one for a moment.
    length + 2 * picture
}

/// Decode an image file; for [`Channels::Rgb`] a grey file stays grey, for [`fit`] to repeat at its smaller size.
///
/// # Errors
/// If the file is of another type, cut off, damaged or too large, or holds several films.
pub fn decode(bytes: &[u8], channels: Channels) -> Result<NativeFilm, DecodeError> {
    match Format::of(bytes).ok_or(DecodeError::UnknownFormat)? {
        Format::Jpeg => to_film(decode_jpeg(bytes)?, Format::Jpeg, channels),
        Format::Dicom => decode_dicom(bytes),
        format => to_film(decode_raster(bytes, format)?, format, channels),
    }
}

#[cfg(feature = "dicom")]
fn decode_dicom(bytes: &[u8]) -> Result<NativeFilm, DecodeError> {
    super::dicom::decode(bytes)
}

#[cfg(not(feature = "dicom"))]
fn decode_dicom(_: &[u8]) -> Result<NativeFilm, DecodeError> {
    let found = "a film that this build cannot read".to_owned();
    Err(DecodeError::Unsupported { format: "DICOM", found, next: "build bench-run with its cargo feature `dicom`, or convert it to PNG" })
}

/// What the header of a DICOM file says of its film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DicomHeader {
    /// Height and width.
    pub size: ImageSize,
    /// Bits of a pixel that are used.
    pub bits_stored: u16,
}

/// The header of a DICOM film; none where the file is something else, or a film that is not read.
#[cfg(feature = "dicom")]
pub fn dicom_header(path: &Path) -> Option<DicomHeader> {
    if !is_dicom(path) {
        return None;
    }
    let (size, bits_stored) = super::dicom::size_and_bits(&read_file(path).ok()?)?;
    Some(DicomHeader { size, bits_stored })
}

/// None, since this build reads no DICOM.
#[cfg(not(feature = "dicom"))]
pub fn dicom_header(_: &Path) -> Option<DicomHeader> {
    None
}

/// # Errors
/// If no film has as many pixels.
pub(super) fn check_size(size: ImageSize) -> Result<(), DecodeError> {
    if u64::from(size.height) * u64::from(size.width) > MAX_PIXELS {
        return Err(DecodeError::TooLarge(size));
    }
    Ok(())
}

fn to_film(image: DynamicImage, format: Format, channels: Channels) -> Result<NativeFilm, DecodeError> {
    let size = ImageSize { height: image.height(), width: image.width() };
    let color = image.color();
    let layout = Layout { channels: usize::from(color.channel_count()), has_alpha: color.has_alpha(), wanted: channels };
    let pixels = match image {
        DynamicImage::ImageLuma16(image) => layout.flatten(image.into_raw()),
        DynamicImage::ImageLumaA16(image) => layout.flatten(image.into_raw()),
        DynamicImage::ImageRgb16(image) => layout.flatten(image.into_raw()),
        DynamicImage::ImageRgba16(image) => layout.flatten(image.into_raw()),
        image if color.bytes_per_pixel() == color.channel_count() => layout.flatten(image.into_bytes()),
        _ => {
            let found = "floating-point pixels, whose range is not known".to_owned();
            return Err(DecodeError::Unsupported { format: format.name(), found, next: "convert it to whole numbers of 8 or 16 bits" });
        }
    };
    let is_grey = layout.channels <= 2;
    Ok(NativeFilm { pixels, size, channels: if is_grey { Channels::Grey } else { channels } })
}

/// What the channels of a decoded pixel are.
struct Layout {
    channels: usize,
    has_alpha: bool,
    wanted: Channels,
}

impl Layout {
    /// Without transparency, and grey where that is wanted.
    fn flatten<L: Level>(&self, mut levels: Vec<L>) -> Pixels {
        if self.has_alpha {
            levels = levels.chunks_exact(self.channels).flat_map(on_black).collect();
        }
        if self.channels > 2 && self.wanted == Channels::Grey {
            levels = levels.chunks_exact(3).map(luminance).collect();
        }
        L::pixels(levels)
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
