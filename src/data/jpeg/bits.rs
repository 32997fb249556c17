//! The entropy-coded bytes of a JPEG file as bits: stuffed bytes in, numbers of some bits out.

use memchr::memchr;

/// More zeros behind a segment than the codes of any block are long, so that only the end of a block asks whether it was passed.
const PADDING: usize = 64 * 4 + 8;

/// Bytes between two markers, with what follows a byte of ones removed (ITU-T T.81, F.1.2.3).
#[derive(Debug, Default)]
pub(super) struct Segment {
    bytes: Vec<u8>,
    length: usize,
}

impl Segment {
    /// Read on to the next marker; the marker and the position behind it.
    pub(super) fn read(&mut self, bytes: &[u8], from: usize) -> Option<(u8, usize)> {
        self.bytes.clear();
        let mut position = from;
        loop {
            let rest = bytes.get(position..)?;
            let ones = memchr(0xff, rest)?;
            self.bytes.extend_from_slice(&rest[..ones]);
            position += ones + 2;
            match *rest.get(ones + 1)? {
                0x00 => self.bytes.push(0xff),
                // A byte of ones before a marker fills up.
                0xff => position -= 1,
                marker => {
                    self.length = self.bytes.len();
                    self.bytes.resize(self.length + PADDING, 0);
                    return Some((marker, position));
                }
            }
        }
    }

    /// Its bits from the start.
    pub(super) fn bits(&self) -> Bits<'_> {
        Bits { bytes: &self.bytes, length: self.length, position: 0, buffer: 0, available: 0 }
    }
}

/// A place in a segment.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    length: usize,
    /// The next byte to be taken into the buffer.
    position: usize,
    /// The next bits, from the highest down.
    buffer: u64,
    /// How many of them count.
    available: u32,
}

impl Bits<'_> {
    /// Make at least 56 bits available.
    #[inline]
    pub(super) fn refill(&mut self) {
        if let Some(next) = self.bytes.get(self.position..self.position + 8) {
            let next = u64::from_be_bytes(next.try_into().expect("eight bytes"));
            self.buffer |= next >> self.available;
            self.position += ((63 - self.available) >> 3) as usize;
            // 56 or more, for as many bytes as fit.
            self.available |= 0b11_1000;
        }
    }

    /// [`Bits::refill`] where fewer than 32 bits are available.
    #[inline]
    pub(super) fn refill_if_low(&mut self) {
        if self.available < 32 {
            self.refill();
        }
    }

    /// The next bits, as a number.
    #[inline]
    pub(super) fn peek<const COUNT: u32>(&self) -> usize {
        (self.buffer >> (64 - COUNT)) as usize
    }

    /// Pass some bits, fewer than are available.
    #[inline]
    pub(super) fn pass(&mut self, count: u32) {
        self.buffer <<= count;
        self.available -= count;
    }

    /// The signed number of a category and its bits (ITU-T T.81, F.2.2.1: RECEIVE and EXTEND).
    #[inline]
    pub(super) fn signed(&mut self, category: u32) -> i32 {
        if category == 0 {
            return 0;
        }
        let bits = (self.buffer >> (64 - category)) as i32;
        self.pass(category);
        if bits < 1 << (category - 1) { bits - (1 << category) + 1 } else { bits }
    }

    /// Bits that were passed but are not there.
    fn passed(&self) -> usize {
        self.position * 8 - self.available as usize
    }

    /// Whether more bits were passed than the segment has.
    #[inline]
    pub(super) fn is_past_end(&self) -> bool {
        self.passed() > self.length * 8
    }

    /// Whether nothing but the rest of a byte is left.
    pub(super) fn is_at_end(&self) -> bool {
        !self.is_past_end() && self.length * 8 - self.passed() < 8
    }
}
