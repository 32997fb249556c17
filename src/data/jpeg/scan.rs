//! The pixels of a film: entropy-coded blocks in, rows of grey levels at N/8 of the film's size out.

use super::bits::{Bits, Segment};
use super::block::{ZIGZAG, last_wanted, levels};
use super::header::{Component, Header};
use super::huffman::{Ac, AcCodes, Codes, LAST};
use super::reduced_size;

const END_OF_IMAGE: u8 = 0xd9;

/// The largest category of a DC difference of eight-bit pixels (ITU-T T.81, table F.1).
const MAX_DC_CATEGORY: u8 = 11;

/// What a plane is decoded with.
struct Plane<'a> {
    across: usize,
    down: usize,
    dc: &'a Codes,
    ac: &'a AcCodes,
    quantisation: &'a [u16; 64],
}

impl<'a> Plane<'a> {
    fn new(header: &'a Header, component: &Component) -> Option<Self> {
        Some(Self {
            across: component.across,
            down: component.down,
            dc: header.dc(component)?,
            ac: header.ac(component)?,
            quantisation: header.quantisation(component)?,
        })
    }
}

/// Where blocks of N × N pixels are put.
struct Canvas {
    pixels: Vec<u8>,
    stride: usize,
}

impl Canvas {
    fn put<const N: usize>(&mut self, row: usize, column: usize, block: &[[u8; N]; N]) {
        for (y, line) in block.iter().enumerate() {
            let start = (row * N + y) * self.stride + column * N;
            self.pixels[start..start + N].copy_from_slice(line);
        }
    }

    /// The upper left corner.
    fn cut(mut self, height: usize, width: usize) -> Vec<u8> {
        if width < self.stride {
            for y in 1..height {
                self.pixels.copy_within(y * self.stride..y * self.stride + width, y * width);
            }
        }
        self.pixels.truncate(height * width);
        self.pixels
    }
}

/// Luminance at N/8 of its size, `[H, W]`; none where anything is not as it should be.
pub(super) fn decode<const N: usize>(bytes: &[u8], header: &Header) -> Option<Vec<u8>> {
    let planes = header.components.iter().map(|component| Plane::new(header, component)).collect::<Option<Vec<_>>>()?;
    let (luminance, colours) = planes.split_first()?;
    let units_across = (header.size.width as usize).div_ceil(8 * luminance.across);
    let units_down = (header.size.height as usize).div_ceil(8 * luminance.down);
    let units = units_across * units_down;
    let stride = units_across * luminance.across * N;
    let mut canvas = Canvas { pixels: vec![0; stride * units_down * luminance.down * N], stride };
    let interval = header.restart_interval.unwrap_or(units);
    let mut segment = Segment::default();
    let mut position = header.pixels_at;
    for (number, first) in (0..units).step_by(interval).enumerate() {
        let (marker, after) = segment.read(bytes, position)?;
        position = after;
        let last = (first + interval).min(units);
        // Restarts are counted from 0 to 7 over and over, and the end follows the last unit.
        if marker != if last == units { END_OF_IMAGE } else { 0xd0 + (number % 8) as u8 } {
            return None;
        }
        let mut bits = segment.bits();
        let mut level = 0;
        for unit in first..last {
            let (row, column) = (unit / units_across * luminance.down, unit % units_across * luminance.across);
            for block in 0..luminance.down * luminance.across {
                let pixels = luminance_block::<N>(&mut bits, luminance, &mut level)?;
                canvas.put(row + block / luminance.across, column + block % luminance.across, &pixels);
            }
            for colour in colours {
                pass_blocks(&mut bits, colour)?;
            }
        }
        if !bits.is_at_end() {
            return None;
        }
    }
    let size = reduced_size(header.size, N as u32);
    Some(canvas.cut(size.height as usize, size.width as usize))
}

/// The next block's pixels; `level` is the DC coefficient before and after it.
fn luminance_block<const N: usize>(bits: &mut Bits, plane: &Plane, level: &mut i32) -> Option<[[u8; N]; N]> {
    bits.refill();
    let category = plane.dc.next(bits).filter(|category| *category <= MAX_DC_CATEGORY)?;
    *level = level.wrapping_add(bits.signed(category.into()));
    let mut frequencies = [[0.0; 4]; 4];
    frequencies[0][0] = *level as f32 * f32::from(plane.quantisation[0]);
    let last = const { last_wanted(N) };
    let mut next = 1;
    while next <= last {
        bits.refill_if_low();
        let Ac::Number { zeros, category } = plane.ac.next(bits)? else {
            next = LAST + 1;
            break;
        };
        next += zeros;
        if next > LAST {
            return None;
        }
        let at = usize::from(ZIGZAG[next]);
        let (row, column) = (at / 8, at % 8);
        let number = bits.signed(category);
        if row < N && column < N {
            frequencies[row][column] = number as f32 * f32::from(plane.quantisation[at]);
        }
        next += 1;
    }
    plane.ac.pass_block(bits, next)?;
    (!bits.is_past_end()).then(|| levels::<N>(&frequencies))
}

/// Pass the blocks of a plane that is not wanted.
fn pass_blocks(bits: &mut Bits, plane: &Plane) -> Option<()> {
    for _ in 0..plane.across * plane.down {
        bits.refill();
        let category = plane.dc.next(bits).filter(|category| *category <= MAX_DC_CATEGORY)?;
        bits.pass(category.into());
        plane.ac.pass_block(bits, 1)?;
        if bits.is_past_end() {
            return None;
        }
    }
    Some(())
}
