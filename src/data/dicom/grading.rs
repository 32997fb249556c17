//! From stored values to grey levels (PS3.3, sections C.11.1 and C.11.2): a table with a level for every value that the stored
//! bits can have.
//!
//! First the modality transform (a table, or slope and intercept), then the values of interest: the first table of the VOI LUT
//! sequence, else the first window with a width above zero, else the full range of the stored bits. Last, `MONOCHROME1` is
//! inverted.

use super::super::decode::DecodeError;
use super::elements::Elements;
use super::{Layout, damaged, tag};

/// How stored values become levels.
#[derive(Debug)]
pub(super) struct Grading {
    bits_stored: u16,
    is_signed: bool,
    is_inverted: bool,
    modality: Modality,
    interest: Interest,
}

/// The modality transform.
#[derive(Debug)]
enum Modality {
    Linear { slope: f64, intercept: f64 },
    Table(LookupTable),
}

/// Which values are shown, and how.
#[derive(Debug)]
enum Interest {
    FullRange,
    Window { center: f64, width: f64, function: WindowFunction },
    Table(LookupTable),
}

/// VOI LUT function.
#[derive(Debug, Clone, Copy)]
enum WindowFunction {
    Linear,
    LinearExact,
    Sigmoid,
}

/// A table of either transform.
#[derive(Debug)]
struct LookupTable {
    /// The value of the first entry.
    first: f64,
    entries: Vec<u16>,
    /// The largest number of the entries' bits.
    max: f64,
}

impl LookupTable {
    /// That of a sequence's first item; none where there is no such sequence.
    fn of(elements: &Elements, sequence: u32, is_signed: bool) -> Result<Option<Self>, DecodeError> {
        let Some(item) = elements.item(sequence) else { return Ok(None) };
        let descriptor = item.numbers(tag::LUT_DESCRIPTOR).unwrap_or_default();
        let [length, first, bits] = descriptor[..] else { return Err(damaged("a lookup table without a descriptor of three numbers")) };
        // The standard writes 65536 as 0, which does not fit.
        let length = if length == 0 { 65_536 } else { usize::from(length) };
        if !(1..=16).contains(&bits) {
            return Err(damaged(format!("a lookup table of {bits} bits")));
        }
        let mut entries = item.numbers(tag::LUT_DATA).unwrap_or_default();
        if entries.len() * 2 == length {
            // Entries of eight bits may lie two by two.
            entries = entries.into_iter().flat_map(|pair| [pair & 0xff, pair >> 8]).collect();
        }
        if entries.len() < length {
            return Err(damaged(format!("a lookup table of {length} entries with {}", entries.len())));
        }
        entries.truncate(length);
        let first = if is_signed { f64::from(first.cast_signed()) } else { f64::from(first) };
        Ok(Some(Self { first, entries, max: f64::from(u16::MAX >> (16 - bits)) }))
    }

    /// The entry of a value; the first or the last one of a value outside.
    fn look_up(&self, value: f64) -> f64 {
        let place = (value - self.first).round().clamp(0.0, self.entries.len() as f64 - 1.0);
        f64::from(self.entries[place as usize])
    }
}

impl Grading {
    /// That of a file.
    ///
    /// # Errors
    /// If a table of it cannot be used.
    pub(super) fn of(elements: &Elements, layout: &Layout) -> Result<Self, DecodeError> {
        let modality = match LookupTable::of(elements, tag::MODALITY_LUT_SEQUENCE, layout.is_signed)? {
            Some(table) => Modality::Table(table),
            None => Modality::Linear {
                slope: elements.decimal(tag::RESCALE_SLOPE).filter(|slope| *slope != 0.0).unwrap_or(1.0),
                intercept: elements.decimal(tag::RESCALE_INTERCEPT).unwrap_or(0.0),
            },
        };
        // What comes out of a modality table has no sign.
        let is_signed = match &modality {
            Modality::Table(_) => false,
            Modality::Linear { intercept, .. } => layout.is_signed || *intercept < 0.0,
        };
        let window = (elements.decimal(tag::WINDOW_CENTER), elements.decimal(tag::WINDOW_WIDTH));
        let interest = match (LookupTable::of(elements, tag::VOI_LUT_SEQUENCE, is_signed)?, window) {
            (Some(table), _) => Interest::Table(table),
            (None, (Some(center), Some(width))) if width > 0.0 => Interest::Window { center, width, function: function(elements) },
            _ => Interest::FullRange,
        };
        let Layout { bits_stored, is_signed, is_inverted, .. } = *layout;
        Ok(Self { bits_stored, is_signed, is_inverted, modality, interest })
    }

    /// The level, 0 to `max`, of every stored value.
    pub(super) fn table(&self, max: f64) -> Vec<u16> {
        let range = self.range();
        let level = |stored: u32| {
            let share = self.share(self.modality(stored), range).clamp(0.0, 1.0);
            let share = if self.is_inverted { 1.0 - share } else { share };
            (share * max).round() as u16
        };
        (0..1_u32 << self.bits_stored).map(level).collect()
    }

    /// What the modality transform makes of stored bits.
    fn modality(&self, stored: u32) -> f64 {
        let half = 1_i64 << (self.bits_stored - 1);
        let stored = i64::from(stored);
        let value = if self.is_signed && stored >= half { stored - 2 * half } else { stored } as f64;
        match &self.modality {
            Modality::Linear { slope, intercept } => value * slope + intercept,
            Modality::Table(table) => table.look_up(value),
        }
    }

    /// The smallest and the largest number that the modality transform can give.
    fn range(&self) -> (f64, f64) {
        if let Modality::Table(table) = &self.modality {
            return (0.0, table.max);
        }
        let half = 1_u32 << (self.bits_stored - 1);
        let ends = if self.is_signed { [half, half - 1] } else { [0, 2 * half - 1] };
        let [first, last] = ends.map(|stored| self.modality(stored));
        (first.min(last), first.max(last))
    }

    /// How bright a value is shown, 0 to 1; outside of it where it is beyond what is shown.
    fn share(&self, value: f64, (lowest, highest): (f64, f64)) -> f64 {
        match &self.interest {
            Interest::FullRange if highest > lowest => (value - lowest) / (highest - lowest),
            Interest::FullRange => 0.0,
            Interest::Table(table) => table.look_up(value) / table.max,
            Interest::Window { center, width, function } => function.share(value, *center, *width),
        }
    }
}

fn function(elements: &Elements) -> WindowFunction {
    match elements.text(tag::VOI_LUT_FUNCTION) {
        Some("LINEAR_EXACT") => WindowFunction::LinearExact,
        Some("SIGMOID") => WindowFunction::Sigmoid,
        _ => WindowFunction::Linear,
    }
}

impl WindowFunction {
    /// PS3.3, sections C.11.2.1.2 and C.11.2.1.3.
    fn share(self, value: f64, center: f64, width: f64) -> f64 {
        match self {
            // A window of one value is a threshold.
            Self::Linear if width <= 1.0 => f64::from(u8::from(value > center - 0.5)),
            Self::Linear => (value - (center - 0.5)) / (width - 1.0) + 0.5,
            Self::LinearExact => (value - center) / width + 0.5,
            Self::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
        }
    }
}
