//! A table or list as text: bytes of a file, their encoding, the delimiter.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::super::error::DataError;

/// What a table may have on disk; one of a million rows has 30 million bytes.
const MAX_BYTES: u64 = 100_000_000;

/// The text of a list, without a byte-order mark.
///
/// # Errors
/// If the file cannot be read or is no text.
pub(super) fn read_text(path: &Path, what: &'static str, key: &str) -> Result<String, DataError> {
    let bytes = read_bytes(path).map_err(|error| unreadable(path.display().to_string(), what, &error, key))?;
    to_text(bytes, path, what)
}

/// The bytes of a table.
///
/// # Errors
/// If it cannot be read, is larger than any, or is a pipe or a device, which may never end.
pub(super) fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Asked of the path, since to open a pipe is to wait for its writer.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other(if found.is_dir() { "it is a folder" } else { "it is no file" }));
    }
    if found.len() > MAX_BYTES {
        return Err(io::Error::other(format!("{} bytes are more than a table has; expected at most {MAX_BYTES}", found.len())));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// UTF-8, or UTF-16, as Excel's "Unicode text" has it. The line ends of an old Macintosh become those of today.
pub(super) fn to_text(bytes: Vec<u8>, path: &Path, what: &'static str) -> Result<String, DataError> {
    let foreign = |line: usize| DataError::UnreadableTable {
        place: format!("{}:{line}", path.display()),
        what,
        cause: "expected text in UTF-8 or UTF-16, found other bytes".to_owned(),
        next: "save it as CSV in UTF-8".to_owned(),
    };
    let text = if let Some(unit) = utf_16_unit(&bytes) {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2)).ok_or_else(|| foreign(1))?
    } else {
        String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            foreign(good.split(|byte| *byte == b'\n').count())
        })?
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// How two bytes make a unit of UTF-16: by the byte-order mark or, without one, by the zero that half of each plain letter is.
fn utf_16_unit(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match *bytes.get(..2)? {
        [0xff, 0xfe] => Some(u16::from_le_bytes),
        [0xfe, 0xff] => Some(u16::from_be_bytes),
        [first, 0] if first != 0 => Some(u16::from_le_bytes),
        [0, second] if second != 0 => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// A file that cannot be read, for a cause, and the key of the spec that names it.
pub(super) fn unreadable(place: String, what: &'static str, cause: &dyn std::fmt::Display, key: &str) -> DataError {
    DataError::UnreadableTable { place, what, cause: cause.to_string(), next: format!("correct `{key}` or the file") }
}

/// The delimiter that the header line has most of.
pub(super) fn detect_delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = |byte: &u8| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        };
        header.as_bytes().iter().copied().filter(outside).count()
    };
    // The last of equals wins, so the comma is last.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Line ends before the first text; the reader passes over them without moving the record's position.
pub(super) fn blank_lines(rest: &str) -> u64 {
    let blank = &rest[..rest.len() - rest.trim_start().len()];
    blank.bytes().filter(|byte| *byte == b'\n').count() as u64
}
