//! Grey levels and colours of eight or of sixteen bits: films as they were decoded and resized in, numbers from 0 to 1 out.
//!
//! A film keeps the depth of its file until it becomes a tensor. Films of eight bits stay bytes.

use std::borrow::Cow;

use fast_image_resize::PixelType;
use tch::{Device, Kind, Tensor};

use crate::device::send;
use crate::spec::Channels;

/// Bits of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// 0 to 255.
    Eight,
    /// 0 to 65535.
    Sixteen,
}

impl Depth {
    /// Bytes of one level.
    pub fn bytes(self) -> usize {
        match self {
            Self::Eight => 1,
            Self::Sixteen => 2,
        }
    }

    /// The largest level.
    pub fn max(self) -> u16 {
        match self {
            Self::Eight => 255,
            Self::Sixteen => u16::MAX,
        }
    }
}

/// Levels of a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// 0 to 255.
    Eight(Vec<u8>),
    /// 0 to 65535.
    Sixteen(Vec<u16>),
}

/// Levels of a film that lie somewhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Levels<'a> {
    /// 0 to 255.
    Eight(&'a [u8]),
    /// 0 to 65535.
    Sixteen(&'a [u16]),
}

impl Pixels {
    /// The levels where they lie.
    pub fn levels(&self) -> Levels<'_> {
        match self {
            Self::Eight(levels) => Levels::Eight(levels),
            Self::Sixteen(levels) => Levels::Sixteen(levels),
        }
    }

    /// One film after another; of sixteen bits where one of them is.
    pub fn join<'a>(films: impl Iterator<Item = Levels<'a>> + Clone) -> Self {
        if films.clone().any(|film| film.depth() == Depth::Sixteen) {
            return Self::Sixteen(films.flat_map(|film| film.widened().into_owned()).collect());
        }
        let bytes = films.flat_map(|film| match film {
            Levels::Eight(levels) => levels,
            Levels::Sixteen(_) => &[],
        });
        Self::Eight(bytes.copied().collect())
    }
}

impl<'a> Levels<'a> {
    /// From 0 to 255, for eyes and for rough questions.
    pub fn to_eight_bits(self) -> Cow<'a, [u8]> {
        match self {
            Self::Eight(levels) => Cow::Borrowed(levels),
            Self::Sixteen(levels) => levels.iter().map(|level| (level >> 8) as u8).collect(),
        }
    }

    /// Bits of each level.
    pub fn depth(self) -> Depth {
        match self {
            Self::Eight(_) => Depth::Eight,
            Self::Sixteen(_) => Depth::Sixteen,
        }
    }

    /// Number of levels.
    pub fn len(self) -> usize {
        match self {
            Self::Eight(levels) => levels.len(),
            Self::Sixteen(levels) => levels.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The levels in memory, those of sixteen bits in the order of the machine.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Eight(levels) => levels,
            Self::Sixteen(levels) => bytemuck::cast_slice(levels),
        }
    }

    /// The same film with sixteen bits: 255 becomes 65535, so that every level is the same share of the largest.
    pub fn widened(self) -> Cow<'a, [u16]> {
        match self {
            Self::Eight(levels) => Cow::Owned(levels.iter().map(|level| u16::from(*level) * 257).collect()),
            Self::Sixteen(levels) => Cow::Borrowed(levels),
        }
    }

    /// The levels as shares of the largest; films travel to the device as they are and become numbers there.
    ///
    /// # Shapes
    /// → `[len]` fp32, 0 to 1.
    pub fn to_tensor(self, device: Device) -> Tensor {
        let numbers = match self {
            Self::Eight(levels) => send(Tensor::from_slice(levels), device),
            Self::Sixteen(levels) => {
                let signed: &[i16] = bytemuck::cast_slice(levels);
                send(Tensor::from_slice(signed), device).to_kind(Kind::Int).bitwise_and(i64::from(u16::MAX))
            }
        };
        numbers.to_kind(Kind::Float) / f64::from(self.depth().max())
    }
}

/// A level of either depth, for what is done to both alike.
pub(super) trait Level: bytemuck::Pod + Ord + Into<u64> {
    /// Levels side by side, in the resizer's words.
    fn pixel_type(channels: Channels) -> PixelType;

    /// Levels as those of a film.
    fn pixels(levels: Vec<Self>) -> Pixels;

    /// The level of a number that is one.
    fn from_number(number: u64) -> Self;
}

impl Level for u8 {
    fn pixel_type(channels: Channels) -> PixelType {
        match channels {
            Channels::Grey => PixelType::U8,
            Channels::Rgb => PixelType::U8x3,
        }
    }

    fn pixels(levels: Vec<Self>) -> Pixels {
        Pixels::Eight(levels)
    }

    fn from_number(number: u64) -> Self {
        number as Self
    }
}

impl Level for u16 {
    fn pixel_type(channels: Channels) -> PixelType {
        match channels {
            Channels::Grey => PixelType::U16,
            Channels::Rgb => PixelType::U16x3,
        }
    }

    fn pixels(levels: Vec<Self>) -> Pixels {
        Pixels::Sixteen(levels)
    }

    fn from_number(number: u64) -> Self {
        number as Self
    }
}

/// The colour of a pixel whose last channel says how opaque it is, on black.
pub(super) fn on_black<L: Level>(pixel: &[L]) -> impl Iterator<Item = L> {
    let max = (1_u64 << (8 * size_of::<L>())) - 1;
    let (alpha, colour) = pixel.split_last().expect("a pixel with alpha has two channels or four");
    let alpha: u64 = (*alpha).into();
    colour.iter().map(move |level| L::from_number(((*level).into() * alpha + max / 2) / max))
}

/// 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point.
pub(super) fn luminance<L: Level>(pixel: &[L]) -> L {
    let [red, green, blue]: [u64; 3] = [0, 1, 2].map(|channel: usize| pixel[channel].into());
    L::from_number((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn numbers(levels: Levels) -> Vec<f32> {
        Vec::try_from(levels.to_tensor(Device::Cpu)).unwrap()
    }

    #[test]
    fn sixteen_bits_become_shares_of_their_range_above_the_sign_bit_too() {
        let found = numbers(Levels::Sixteen(&[0, 1, 0x7fff, 0x8000, 0xffff]));
        assert_eq!(found, [0.0, 1.0 / 65_535.0, 32_767.0 / 65_535.0, 32_768.0 / 65_535.0, 1.0]);
    }

    #[test]
    fn every_level_of_eight_bits_is_the_same_number_when_widened() {
        let bytes: Vec<u8> = (0..=255).collect();
        let film = Levels::Eight(&bytes);
        assert_eq!(numbers(film), numbers(Levels::Sixteen(&film.widened())));
    }

    #[test]
    fn films_of_both_depths_are_joined_with_sixteen_bits() {
        let (bytes, words) = ([1, 255], [7]);
        let films = [Levels::Eight(&bytes), Levels::Sixteen(&words)];
        assert_eq!(Pixels::join(films.into_iter()), Pixels::Sixteen(vec![257, 65_535, 7]));
        assert_eq!(Pixels::join(films[..1].iter().copied()), Pixels::Eight(vec![1, 255]));
    }
}
