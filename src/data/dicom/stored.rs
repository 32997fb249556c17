//! The pixel data of a file into stored values: plain, by run lengths, JPEG or JPEG 2000.

use super::super::decode::DecodeError;
use super::elements::{DicomFile, Elements, Value};
use super::{Layout, damaged, jpeg, jpeg2000, run_length, tag, unsupported};

/// The stored bits of every pixel, row by row, as a number from 0: what [`Grading`](super::grading::Grading) has an entry for.
pub(super) type StoredValues = Vec<u16>;

const RUN_LENGTH: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: [&str; 2] = ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"];
const JPEG_2000: [&str; 2] = ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"];

/// Read the pixels of a file.
pub(super) fn read(file: &DicomFile, elements: &Elements, layout: &Layout) -> Result<StoredValues, DecodeError> {
    let values = match elements.get(tag::PIXEL_DATA) {
        Some(Value::Bytes(bytes)) if !file.is_encapsulated() => plain(file, bytes, layout)?,
        Some(Value::Fragments(fragments)) if file.is_encapsulated() => packed(file, &fragments.concat(), layout)?,
        _ => return Err(damaged("its pixel data is not written as its transfer syntax says")),
    };
    let shift = layout.high_bit + 1 - layout.bits_stored;
    let mask = u16::MAX >> (16 - layout.bits_stored);
    Ok(values.into_iter().map(|value| (value >> shift) & mask).collect())
}

fn plain(file: &DicomFile, bytes: &[u8], layout: &Layout) -> Result<Vec<u16>, DecodeError> {
    let bytes = bytes.get(..layout.area() * layout.value_bytes()).ok_or_else(|| file.truncated())?;
    Ok(bytes.chunks_exact(layout.value_bytes()).map(|value| file.value(value)).collect())
}

fn packed(file: &DicomFile, data: &[u8], layout: &Layout) -> Result<Vec<u16>, DecodeError> {
    let syntax = file.transfer_syntax.as_str();
    match syntax {
        RUN_LENGTH => run_length::decode(data, layout),
        JPEG_BASELINE | JPEG_EXTENDED => jpeg::decode(data, layout),
        _ if JPEG_LOSSLESS.contains(&syntax) => jpeg::decode(data, layout),
        _ if JPEG_2000.contains(&syntax) => jpeg2000::decode(data, layout),
        _ => Err(unsupported(format!("pixels packed by {}", name(syntax)), "convert it to an uncompressed transfer syntax, or to PNG")),
    }
}

/// A transfer syntax in words, where it is a usual one.
fn name(syntax: &str) -> String {
    let words = match syntax {
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.92" | "1.2.840.10008.1.2.4.93" => "JPEG 2000 part 2",
        "1.2.840.10008.1.2.4.201" | "1.2.840.10008.1.2.4.202" | "1.2.840.10008.1.2.4.203" => "high-throughput JPEG 2000",
        "1.2.840.10008.1.2.4.110" | "1.2.840.10008.1.2.4.111" | "1.2.840.10008.1.2.4.112" => "JPEG XL",
        _ if syntax.starts_with("1.2.840.10008.1.2.4.10") => "MPEG",
        _ => "a transfer syntax that is not read",
    };
    format!("{words} ({syntax})")
}

/// The error of a picture inside the file whose size is not the film's.
pub(super) fn wrong_size(height: u32, width: u32, layout: &Layout) -> DecodeError {
    damaged(format!("the picture inside it has {height}×{width} pixels, the file says {}", layout.size))
}
