//! Huffman codes of a JPEG file: their definition in, tables for reading and for passing them out.

use super::bits::Bits;

/// Codes up to this length are found by one look.
const LOOKUP_BITS: u32 = 11;
const LOOKUP_SIZE: usize = 1 << LOOKUP_BITS;

/// Longest code (ITU-T T.81, C.1).
const LONGEST: usize = 16;

/// The largest category of an AC coefficient of eight-bit pixels (ITU-T T.81, table F.2).
const MAX_AC_CATEGORY: u8 = 10;

/// Where a block's last coefficient lies in zigzag order.
pub(super) const LAST: usize = 63;

/// The codes of one table.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    /// By the next [`LOOKUP_BITS`]: the length of the code, and its symbol; a length of zero where the code is longer or none.
    short: Vec<(u8, u8)>,
    /// For each length: the first code that is too large, and what to add to a code to have the place of its symbol.
    longer: [(i32, i32); LONGEST + 1],
    symbols: Vec<u8>,
}

impl Codes {
    /// From the number of codes of each length, and their symbols in order; none where there are more than fit.
    pub(super) fn new(counts: &[u8], symbols: &[u8]) -> Option<Self> {
        let mut short = vec![(0, 0); LOOKUP_SIZE];
        let mut longer = [(0, 0); LONGEST + 1];
        let (mut code, mut place) = (0_usize, 0_usize);
        for (length, count) in (1..=LONGEST).zip(counts.iter().map(|count| usize::from(*count))) {
            longer[length] = ((code + count) as i32, place as i32 - code as i32);
            for symbol in symbols.get(place..place + count)? {
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKUP_BITS as usize {
                    let spread = LOOKUP_BITS as usize - length;
                    short[code << spread..(code + 1) << spread].fill((length as u8, *symbol));
                }
                code += 1;
            }
            place += count;
            code <<= 1;
        }
        (place == symbols.len()).then(|| Self { short, longer, symbols: symbols.to_vec() })
    }

    /// Pass the next code; its symbol, or none where there is no such code. Takes up to 16 of the bits available.
    #[inline]
    pub(super) fn next(&self, bits: &mut Bits) -> Option<u8> {
        let (length, symbol) = self.short[bits.peek::<LOOKUP_BITS>()];
        if length > 0 {
            bits.pass(u32::from(length));
            return Some(symbol);
        }
        self.next_long(bits)
    }

    #[cold]
    fn next_long(&self, bits: &mut Bits) -> Option<u8> {
        let next = bits.peek::<{ LONGEST as u32 }>();
        for length in LOOKUP_BITS as usize + 1..=LONGEST {
            let code = (next >> (LONGEST - length)) as i32;
            let (end, offset) = self.longer[length];
            if code < end {
                bits.pass(length as u32);
                return self.symbols.get((code + offset) as usize).copied();
            }
        }
        None
    }
}

/// What one look at the next bits says of AC coefficients that nobody wants.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// Bits of the codes that lie wholly within those looked at; zero where none does.
    bits: u8,
    /// Coefficients that they stand for.
    coefficients: u8,
    /// Whether the last of them ends the block.
    ends_block: bool,
}

/// Codes of AC coefficients: each stands for some zeros and a number behind them.
#[derive(Debug, Clone)]
pub(super) struct AcCodes {
    codes: Codes,
    groups: Vec<Group>,
}

/// What an AC code says.
pub(super) enum Ac {
    /// The coefficients that are left are zeros.
    EndOfBlock,
    /// Zeros and, behind them, a number with as many bits; no bits and fifteen zeros: sixteen zeros.
    Number { zeros: usize, category: u32 },
}

impl Ac {
    fn of(symbol: u8) -> Option<Self> {
        let (zeros, category) = (symbol >> 4, symbol & 15);
        match (zeros, category) {
            (0, 0) => Some(Self::EndOfBlock),
            (1..=14, 0) => None,
            (_, category) if category > MAX_AC_CATEGORY => None,
            (zeros, category) => Some(Self::Number { zeros: zeros.into(), category: category.into() }),
        }
    }
}

impl AcCodes {
    /// With a table of what can be passed at once.
    pub(super) fn new(codes: Codes) -> Self {
        let groups = (0..LOOKUP_SIZE).map(|next| group(&codes, next)).collect();
        Self { codes, groups }
    }

    /// Pass the next code, but not the bits of its number. With them it takes up to 26 of the bits available.
    #[inline]
    pub(super) fn next(&self, bits: &mut Bits) -> Option<Ac> {
        Ac::of(self.codes.next(bits)?)
    }

    /// Pass the rest of a block from the coefficient at `place` on; none where it is not sound.
    #[inline]
    pub(super) fn pass_block(&self, bits: &mut Bits, mut place: usize) -> Option<()> {
        while place <= LAST {
            bits.refill_if_low();
            let group = self.groups[bits.peek::<LOOKUP_BITS>()];
            let after = place + usize::from(group.coefficients);
            // What ends with the last coefficient is counted code by code, for behind it the next block begins.
            if group.bits > 0 && after <= LAST {
                bits.pass(u32::from(group.bits));
                place = after;
                if group.ends_block {
                    return Some(());
                }
                continue;
            }
            match self.next(bits)? {
                Ac::EndOfBlock => return Some(()),
                Ac::Number { zeros, category } => {
                    place += zeros;
                    if place > LAST {
                        return None;
                    }
                    bits.pass(category);
                    place += 1;
                }
            }
        }
        Some(())
    }
}

/// The codes, with their numbers, that lie wholly within some bits.
fn group(codes: &Codes, next: usize) -> Group {
    let mut group = Group::default();
    loop {
        let left = LOOKUP_BITS - u32::from(group.bits);
        let (length, symbol) = codes.short[(next << group.bits) & (LOOKUP_SIZE - 1)];
        let (Some(ac), 1..) = (Ac::of(symbol), length) else { return group };
        let (bits, coefficients, ends_block) = match ac {
            Ac::EndOfBlock => (length, 0, true),
            Ac::Number { zeros, category } => (length + category as u8, zeros as u8 + 1, false),
        };
        if u32::from(bits) > left {
            return group;
        }
        group.bits += bits;
        group.coefficients += coefficients;
        group.ends_block = ends_block;
        if ends_block || u32::from(group.bits) == LOOKUP_BITS {
            return group;
        }
    }
}
