//! DICOM files into grey films: the bytes of a file in, a film of 8 or 16 bits out, as a viewer shows it at first.
//!
//! The elements are read by [`elements`], the stored values by [`stored`], and [`grading`] makes levels of them. A film of
//! more than 8 stored bits gets 16. One frame of one sample per pixel (`MONOCHROME1` or `MONOCHROME2`) is read, of 8 or 16
//! allocated bits; all else is refused in words. Pixel spacing, overlays and annotations are not looked at.
//!
//! Lengths that a file gives are believed only where the file has so many bytes, nothing is nested deeper than a few levels,
//! and codecs run only once the size in their own header is the film's: so a damaged or hostile file costs no more memory
//! than a film does.

mod elements;
mod grading;
mod jpeg;
mod jpeg2000;
mod run_length;
mod stored;
#[cfg(test)]
mod tests;

use elements::{Elements, read_file};
use grading::Grading;
use stored::StoredValues;

use super::decode::{DecodeError, NativeFilm, check_size};
use super::pixels::Pixels;
use crate::spec::{Channels, ImageSize};

const FORMAT: &str = "DICOM";

/// Tags of the elements that are read, group and element.
mod tag {
    pub(super) const TRANSFER_SYNTAX: u32 = 0x0002_0010;
    pub(super) const SAMPLES_PER_PIXEL: u32 = 0x0028_0002;
    pub(super) const PHOTOMETRIC_INTERPRETATION: u32 = 0x0028_0004;
    pub(super) const NUMBER_OF_FRAMES: u32 = 0x0028_0008;
    pub(super) const ROWS: u32 = 0x0028_0010;
    pub(super) const COLUMNS: u32 = 0x0028_0011;
    pub(super) const BITS_ALLOCATED: u32 = 0x0028_0100;
    pub(super) const BITS_STORED: u32 = 0x0028_0101;
    pub(super) const HIGH_BIT: u32 = 0x0028_0102;
    pub(super) const PIXEL_REPRESENTATION: u32 = 0x0028_0103;
    pub(super) const WINDOW_CENTER: u32 = 0x0028_1050;
    pub(super) const WINDOW_WIDTH: u32 = 0x0028_1051;
    pub(super) const RESCALE_INTERCEPT: u32 = 0x0028_1052;
    pub(super) const RESCALE_SLOPE: u32 = 0x0028_1053;
    pub(super) const VOI_LUT_FUNCTION: u32 = 0x0028_1056;
    pub(super) const MODALITY_LUT_SEQUENCE: u32 = 0x0028_3000;
    pub(super) const LUT_DESCRIPTOR: u32 = 0x0028_3002;
    pub(super) const LUT_DATA: u32 = 0x0028_3006;
    pub(super) const VOI_LUT_SEQUENCE: u32 = 0x0028_3010;
    pub(super) const PIXEL_DATA: u32 = 0x7fe0_0010;
}

/// Decode a DICOM file.
///
/// # Errors
/// If it is cut off, damaged, too large, or of a kind that is not read.
pub(super) fn decode(bytes: &[u8]) -> Result<NativeFilm, DecodeError> {
    let file = read_file(bytes)?;
    let elements = file.elements()?;
    if elements.get(tag::PIXEL_DATA).is_none() {
        return Err(unsupported("no picture", "it may be a report or a directory; move it out of the folder"));
    }
    let layout = Layout::of(&elements)?;
    let grading = Grading::of(&elements, &layout)?;
    let stored = stored::read(&file, &elements, &layout)?;
    let pixels = match layout.bits_stored {
        ..=8 => Pixels::Eight(grade(&stored, &grading.table(255.0).iter().map(|level| *level as u8).collect::<Vec<_>>())),
        _ => Pixels::Sixteen(grade(&stored, &grading.table(65_535.0))),
    };
    Ok(NativeFilm { pixels, size: layout.size, channels: Channels::Grey })
}

/// Height, width and bits stored of a film; none where it is not read.
pub(super) fn size_and_bits(bytes: &[u8]) -> Option<(ImageSize, u16)> {
    let file = read_file(bytes).ok()?;
    let Layout { size, bits_stored, .. } = Layout::of(&file.elements().ok()?).ok()?;
    Some((size, bits_stored))
}

fn grade<L: Copy>(stored: &StoredValues, table: &[L]) -> Vec<L> {
    stored.iter().map(|value| table[usize::from(*value)]).collect()
}

/// How the pixels of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    size: ImageSize,
    bits_allocated: u16,
    bits_stored: u16,
    high_bit: u16,
    is_signed: bool,
    /// `MONOCHROME1`: the smallest value is white.
    is_inverted: bool,
}

impl Layout {
    fn of(elements: &Elements) -> Result<Self, DecodeError> {
        let size =
            ImageSize { height: elements.needed(tag::ROWS, "Rows")?.into(), width: elements.needed(tag::COLUMNS, "Columns")?.into() };
        if size.height == 0 || size.width == 0 {
            return Err(damaged(format!("its size is {size}")));
        }
        check_size(size)?;
        let frames = elements.text(tag::NUMBER_OF_FRAMES).and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
        if frames > 1 {
            return Err(unsupported(format!("{frames} frames"), "save the one to train on as a file of its own"));
        }
        let bits_allocated = elements.needed(tag::BITS_ALLOCATED, "Bits Allocated")?;
        let bits_stored = elements.number(tag::BITS_STORED).unwrap_or(bits_allocated);
        let high_bit = elements.number(tag::HIGH_BIT).unwrap_or(bits_stored.saturating_sub(1));
        if ![8, 16].contains(&bits_allocated) {
            return Err(unsupported(format!("{bits_allocated} bits allocated for a pixel"), "convert it to 8 or 16"));
        }
        if bits_stored == 0 || high_bit >= bits_allocated || high_bit + 1 < bits_stored {
            return Err(damaged(format!("{bits_stored} bits stored up to bit {high_bit} of {bits_allocated}")));
        }
        let is_inverted = is_inverted(elements)?;
        Ok(Self {
            size,
            bits_allocated,
            bits_stored,
            high_bit,
            is_signed: elements.number(tag::PIXEL_REPRESENTATION) == Some(1),
            is_inverted,
        })
    }

    /// Number of pixels.
    fn area(&self) -> usize {
        self.size.height as usize * self.size.width as usize
    }

    /// Bytes of a stored value.
    fn value_bytes(&self) -> usize {
        usize::from(self.bits_allocated / 8)
    }
}

fn is_inverted(elements: &Elements) -> Result<bool, DecodeError> {
    let interpretation = elements.text(tag::PHOTOMETRIC_INTERPRETATION).unwrap_or("MONOCHROME2");
    let samples = elements.number(tag::SAMPLES_PER_PIXEL).unwrap_or(1);
    match (interpretation, samples) {
        ("MONOCHROME1", 1) => Ok(true),
        ("MONOCHROME2", 1) => Ok(false),
        _ => {
            let found = format!("{samples} samples per pixel in {interpretation}");
            Err(unsupported(found, "films are MONOCHROME1 or MONOCHROME2; convert it to PNG"))
        }
    }
}

fn damaged(cause: impl Into<String>) -> DecodeError {
    DecodeError::Damaged { format: FORMAT, cause: cause.into() }
}

fn unsupported(found: impl Into<String>, next: &'static str) -> DecodeError {
    DecodeError::Unsupported { format: FORMAT, found: found.into(), next }
}
