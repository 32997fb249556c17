//! Pixels packed by run lengths (PS3.5, annex G): one plane for each byte of a value, the high byte first.

use super::super::decode::DecodeError;
use super::{Layout, damaged};

/// Sixteen numbers: how many planes, and where they begin.
const HEADER_BYTES: usize = 64;

/// Unpack a frame.
pub(super) fn decode(data: &[u8], layout: &Layout) -> Result<Vec<u16>, DecodeError> {
    let header = data.get(..HEADER_BYTES).ok_or_else(|| damaged("its packed pixels have no header"))?;
    let numbers: Vec<usize> =
        header.chunks_exact(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize).collect();
    let planes = layout.value_bytes();
    if numbers[0] != planes {
        return Err(damaged(format!("{} packed planes for {} bits", numbers[0], layout.bits_allocated)));
    }
    let mut values = vec![0; layout.area()];
    for plane in 0..planes {
        let end = if plane + 1 < planes { numbers[plane + 2] } else { data.len() };
        let segment = data.get(numbers[plane + 1]..end).ok_or_else(|| damaged("a packed plane lies outside the pixel data"))?;
        let bytes = unpack(segment, layout.area())?;
        values.iter_mut().zip(bytes).for_each(|(value, byte)| *value = *value << 8 | u16::from(byte));
    }
    Ok(values)
}

/// Literal runs and repeated bytes by turns, until there are as many bytes as asked for.
fn unpack(segment: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::with_capacity(length);
    let mut rest = segment;
    while bytes.len() < length {
        let [control, after @ ..] = rest else { return Err(damaged("a packed plane ends too early")) };
        let run = usize::from(*control);
        rest = match run {
            0..=127 => {
                let literal = after.get(..=run).ok_or_else(|| damaged("a packed plane ends too early"))?;
                bytes.extend_from_slice(literal);
                &after[literal.len()..]
            }
            // No more than padding.
            128 => after,
            _ => {
                let byte = after.first().ok_or_else(|| damaged("a packed plane ends too early"))?;
                bytes.resize(bytes.len() + 257 - run, *byte);
                &after[1..]
            }
        };
    }
    bytes.truncate(length);
    Ok(bytes)
}
