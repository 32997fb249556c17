//! How many pictures a TIFF file holds: its bytes in, a number out.
//!
//! The decoder reads the first directory and says nothing of others. They are counted by walking the chain (TIFF 6.0,
//! section 2; eight-byte numbers where it is a `BigTIFF`); a directory whose `NewSubfileType` marks it as a smaller copy of
//! another, as scanners add for previews, is no picture of its own.

const NEW_SUBFILE_TYPE: u64 = 254;

/// Directories in a chain; more are a loop or no film.
const MAX_DIRECTORIES: usize = 1000;

/// Numbers of a file at their places.
struct Numbers<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// `BigTIFF`.
    wide: bool,
}

impl Numbers<'_> {
    fn read(&self, position: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(position..position.checked_add(length)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }

    /// An offset in the file.
    fn offset(&self, position: usize) -> Option<usize> {
        usize::try_from(self.read(position, if self.wide { 8 } else { 4 })?).ok()
    }

    /// The next directory, and whether this one is a picture of its own.
    fn directory(&self, position: usize) -> Option<(usize, bool)> {
        let (count_bytes, entry_bytes, value_at) = if self.wide { (8, 20, 12) } else { (2, 12, 8) };
        let entries = usize::try_from(self.read(position, count_bytes)?).ok()?;
        let first = position.checked_add(count_bytes)?;
        let end = first.checked_add(entries.checked_mul(entry_bytes)?)?;
        let next = self.offset(end)?;
        let subfile = (0..entries).map(|entry| first + entry * entry_bytes).find(|entry| self.read(*entry, 2) == Some(NEW_SUBFILE_TYPE));
        let is_smaller_copy = subfile.and_then(|entry| self.read(entry + value_at, 4)).is_some_and(|bits| bits & 1 == 1);
        Some((next, !is_smaller_copy))
    }
}

/// Pictures of a TIFF file that are no smaller copies; none where the chain of directories leads out of the file or in a circle.
pub(super) fn count_pages(bytes: &[u8]) -> Option<usize> {
    let big_endian = bytes.starts_with(b"MM");
    let narrow = Numbers { bytes, big_endian, wide: false };
    let numbers = Numbers { bytes, big_endian, wide: narrow.read(2, 2)? == 43 };
    let mut position = numbers.offset(if numbers.wide { 8 } else { 4 })?;
    let mut pages = 0;
    for _ in 0..MAX_DIRECTORIES {
        if position == 0 {
            return Some(pages);
        }
        let (next, is_picture) = numbers.directory(position)?;
        pages += usize::from(is_picture);
        position = next;
    }
    None
}
