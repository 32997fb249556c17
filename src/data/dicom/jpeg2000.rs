//! JPEG 2000 pictures inside DICOM.

use jpeg2k::Image;

use super::super::decode::DecodeError;
use super::stored::wrong_size;
use super::{Layout, damaged, unsupported};

/// Start of a code stream, with the marker of the picture's size (ITU-T T.800, annex A.5.1).
const SIZE_MARKER: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];

/// End of a code stream.
const END: [u8; 2] = [0xff, 0xd9];

/// Tiles of a film: a file with more is made to keep a decoder busy.
const MAX_TILES: u64 = 4096;

/// Unpack a frame.
pub(super) fn decode(data: &[u8], layout: &Layout) -> Result<Vec<u16>, DecodeError> {
    check_header(data, layout)?;
    let image = Image::from_bytes(data).map_err(|error| damaged(format!("the JPEG 2000 inside it: {error}")))?;
    let component = image.components().first().ok_or_else(|| damaged("the JPEG 2000 inside it has no channel"))?;
    let values = component.data();
    if values.len() != layout.area() {
        return Err(damaged("the JPEG 2000 inside it lacks pixels"));
    }
    // A negative number keeps its low bits, as a plain file would store it.
    Ok(values.iter().map(|value| *value as u16).collect())
}

/// Check size, channels, tiles and end of the code stream before memory is taken for it.
fn check_header(data: &[u8], layout: &Layout) -> Result<(), DecodeError> {
    let start = data.windows(4).position(|bytes| bytes == SIZE_MARKER).ok_or_else(|| damaged("no JPEG 2000 inside it"))?;
    let header = data.get(start + 8..start + 42).ok_or_else(|| damaged("the JPEG 2000 inside it is cut off"))?;
    let number = |place: usize| u32::from_be_bytes([header[place], header[place + 1], header[place + 2], header[place + 3]]);
    let [right, bottom, left, top, tile_width, tile_height] = [0, 4, 8, 12, 16, 20].map(number);
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    if (height, width) != (layout.size.height, layout.size.width) {
        return Err(wrong_size(height, width, layout));
    }
    let channels = u16::from_be_bytes([header[32], header[33]]);
    if channels != 1 {
        return Err(unsupported(format!("{channels} channels in its JPEG 2000"), "films have one channel; convert it to PNG"));
    }
    let tiles = u64::from(right.div_ceil(tile_width.max(1))) * u64::from(bottom.div_ceil(tile_height.max(1)));
    if tile_width == 0 || tile_height == 0 || tiles > MAX_TILES {
        return Err(damaged(format!("{tiles} tiles in the JPEG 2000 inside it")));
    }
    let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if !data[..end].ends_with(&END) {
        return Err(damaged("the JPEG 2000 inside it is cut off"));
    }
    Ok(())
}
