//! Whether an image file reaches its end.
//!
//! Decoders fill the missing rows of a cut file with grey and say nothing, so the file's own structure is walked here:
//! the chunks of a PNG up to `IEND`, the segments of a JPEG up to its end-of-image marker, the length that a WebP gives. Bytes
//! after it do no harm.

/// First bytes of every PNG file.
pub(super) const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// First bytes of every JPEG file.
pub(super) const JPEG_SIGNATURE: &[u8] = b"\xff\xd8\xff";

/// Whether a PNG file holds all of its chunks (PNG specification, section 5.3: length, type, data, checksum).
pub(super) fn png_is_complete(bytes: &[u8]) -> bool {
    let mut position = PNG_SIGNATURE.len();
    loop {
        let Some(head) = bytes.get(position..position + 8) else { return false };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let end = position + 12 + length;
        if end > bytes.len() {
            return false;
        }
        if head.ends_with(b"IEND") {
            return true;
        }
        position = end;
    }
}

/// Whether a complete PNG file is an animation: its control chunk announces more than one frame.
pub(super) fn png_is_animated(bytes: &[u8]) -> bool {
    let mut position = PNG_SIGNATURE.len();
    while let Some(&[a, b, c, d, ref kind @ ..]) = bytes.get(position..position + 8) {
        match kind {
            b"acTL" => return bytes.get(position + 8..position + 12).is_some_and(|frames| !matches!(frames, [0, 0, 0, 0 | 1])),
            // The control chunk comes before the pixels.
            b"IDAT" => return false,
            _ => position += 12 + u32::from_be_bytes([a, b, c, d]) as usize,
        }
    }
    false
}

/// Whether a JPEG file reaches its end-of-image marker (ITU-T T.81, annex B).
///
/// Segments are passed by their length, so that the end marker of an embedded preview is not taken for the film's.
pub(super) fn jpeg_is_complete(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xd9;
    let mut position = 2;
    while let Some(found) = next_marker(bytes, position) {
        let (marker, after) = found;
        if marker == END_OF_IMAGE {
            return true;
        }
        position = after + if has_length(marker) { segment_length(bytes, after) } else { 0 };
    }
    false
}

/// The next marker and the position behind it. Inside entropy-coded data `ff 00` is a byte of data, and `ff ff` a fill.
fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut position = from;
    loop {
        position += bytes.get(position..)?.iter().position(|byte| *byte == 0xff)?;
        match *bytes.get(position + 1)? {
            0x00 => position += 2,
            0xff => position += 1,
            marker => return Some((marker, position + 2)),
        }
    }
}

/// Whether a marker starts a segment with a length: all but TEM, the restarts and the start of the image.
fn has_length(marker: u8) -> bool {
    !matches!(marker, 0x01 | 0xd0..=0xd8)
}

fn segment_length(bytes: &[u8], position: usize) -> usize {
    match bytes.get(position..position + 2) {
        Some(length) => usize::from(u16::from_be_bytes([length[0], length[1]])),
        None => bytes.len(),
    }
}

/// Whether a WebP file holds all that its header announces (RIFF: the length of what follows the first eight bytes).
pub(super) fn webp_is_complete(bytes: &[u8]) -> bool {
    bytes.get(4..8).is_some_and(|length| {
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        bytes.len() >= length.saturating_add(8)
    })
}
