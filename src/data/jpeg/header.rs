//! The segments of a JPEG file before its pixels: size, components, tables, and where the pixels begin.

use image::metadata::Orientation;

use super::block::ZIGZAG;
use super::huffman::{AcCodes, Codes};
use crate::spec::ImageSize;

const START_OF_IMAGE: u8 = 0xd8;

/// One of the planes of a film: luminance first, then colour.
#[derive(Debug, Clone)]
pub(super) struct Component {
    id: u8,
    /// Blocks across and down in each of the units that a scan is made of.
    pub(super) across: usize,
    pub(super) down: usize,
    quantisation: usize,
    dc: usize,
    ac: usize,
}

/// All that is said before the pixels.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) size: ImageSize,
    pub(super) components: Vec<Component>,
    /// Units between two restart markers; none where there are no such markers.
    pub(super) restart_interval: Option<usize>,
    /// Where the pixels begin.
    pub(super) pixels_at: usize,
    /// Steps of the coefficients, in the order of the rows of a block.
    quantisation: [Option<Box<[u16; 64]>>; 4],
    dc: [Option<Codes>; 4],
    ac: [Option<AcCodes>; 4],
}

impl Header {
    /// Read the header of a file of the common kind; none of any other.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut header = Self {
            size: ImageSize { height: 0, width: 0 },
            components: Vec::new(),
            restart_interval: None,
            pixels_at: 0,
            quantisation: Default::default(),
            dc: Default::default(),
            ac: Default::default(),
        };
        if !bytes.starts_with(&[0xff, START_OF_IMAGE]) {
            return None;
        }
        let mut position = 2;
        loop {
            let [0xff, marker, high, low] = *bytes.get(position..position + 4)? else { return None };
            let end = position + 2 + usize::from(u16::from_be_bytes([high, low]));
            let segment = bytes.get(position + 4..end)?;
            position = end;
            match marker {
                0xc0 | 0xc1 => header.read_frame(segment)?,
                0xc4 => header.read_huffman(segment)?,
                0xdb => header.read_quantisation(segment)?,
                0xdd => header.restart_interval = Some(read_restart_interval(segment)?).filter(|interval| *interval > 0),
                0xda => {
                    header.read_scan(segment)?;
                    header.pixels_at = position;
                    return Some(header);
                }
                0xe1 if !is_upright(segment) => return None,
                0xee if !is_ycbcr(segment) => return None,
                0xe0..=0xef | 0xfe => {}
                // Progressive, arithmetic, lossless and what is not known.
                _ => return None,
            }
        }
    }

    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        let ([8, high, low, left, right, count], components) = segment.split_first_chunk()? else { return None };
        self.size = ImageSize { height: u16::from_be_bytes([*high, *low]).into(), width: u16::from_be_bytes([*left, *right]).into() };
        let is_known = matches!(count, 1 | 3) && components.len() == 3 * usize::from(*count) && self.components.is_empty();
        if !is_known || self.size.height == 0 || self.size.width == 0 {
            return None;
        }
        for component in components.chunks_exact(3) {
            let (across, down) = (usize::from(component[1] >> 4), usize::from(component[1] & 15));
            let quantisation = usize::from(component[2]);
            self.components.push(Component { id: component[0], across, down, quantisation, dc: 0, ac: 0 });
        }
        let is_usual = self.samples_are_usual();
        // The blocks of a single component follow each other row by row, whatever it says of units.
        if let [only] = self.components.as_mut_slice() {
            (only.across, only.down) = (1, 1);
        }
        let is_rgb = self.components.iter().map(|component| component.id).eq(*b"RGB");
        (is_usual && !is_rgb).then_some(())
    }

    /// Whether no plane is finer than luminance.
    fn samples_are_usual(&self) -> bool {
        let [luminance, colours @ ..] = self.components.as_slice() else { return false };
        let known = |component: &Component| matches!((component.across, component.down), (1 | 2 | 4, 1 | 2 | 4));
        let coarser = |colour: &Component| luminance.across >= colour.across && luminance.down >= colour.down;
        self.components.iter().all(known) && colours.iter().all(coarser)
    }

    fn read_huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while !segment.is_empty() {
            let (head, rest) = segment.split_first_chunk::<17>()?;
            let counts = &head[1..];
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let symbols = rest.get(..total)?;
            segment = &rest[total..];
            let codes = Codes::new(counts, symbols)?;
            let slot = usize::from(head[0] & 15);
            match head[0] >> 4 {
                0 if symbols.iter().all(|symbol| *symbol < 16) => *self.dc.get_mut(slot)? = Some(codes),
                1 => *self.ac.get_mut(slot)? = Some(AcCodes::new(codes)),
                _ => return None,
            }
        }
        Some(())
    }

    fn read_quantisation(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((head, rest)) = segment.split_first() {
            let bytes = match head >> 4 {
                0 => 1,
                1 => 2,
                _ => return None,
            };
            let steps = rest.get(..64 * bytes)?;
            let mut table = Box::new([0; 64]);
            for (place, step) in ZIGZAG.iter().zip(steps.chunks_exact(bytes)) {
                table[usize::from(*place)] = step.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *self.quantisation.get_mut(usize::from(head & 15))? = Some(table);
            segment = &rest[64 * bytes..];
        }
        Some(())
    }

    /// One scan that holds all components in their order, from the first to the last coefficient.
    fn read_scan(&mut self, segment: &[u8]) -> Option<()> {
        let (count, rest) = segment.split_first()?;
        let (components, range) = rest.split_at_checked(2 * usize::from(*count))?;
        if usize::from(*count) != self.components.len() || self.components.is_empty() || range != [0, 63, 0] {
            return None;
        }
        for (component, said) in self.components.iter_mut().zip(components.chunks_exact(2)) {
            if component.id != said[0] {
                return None;
            }
            (component.dc, component.ac) = (usize::from(said[1] >> 4), usize::from(said[1] & 15));
        }
        Some(())
    }

    /// The steps of a component's coefficients, in the order of the rows of a block.
    pub(super) fn quantisation(&self, component: &Component) -> Option<&[u16; 64]> {
        self.quantisation.get(component.quantisation)?.as_deref()
    }

    pub(super) fn dc(&self, component: &Component) -> Option<&Codes> {
        self.dc.get(component.dc)?.as_ref()
    }

    pub(super) fn ac(&self, component: &Component) -> Option<&AcCodes> {
        self.ac.get(component.ac)?.as_ref()
    }
}

fn read_restart_interval(segment: &[u8]) -> Option<usize> {
    Some(u16::from_be_bytes(segment.try_into().ok()?).into())
}

/// Whether an APP1 segment leaves the film as it lies.
fn is_upright(segment: &[u8]) -> bool {
    let orientation = segment.strip_prefix(b"Exif\0\0").and_then(Orientation::from_exif_chunk);
    orientation.is_none_or(|orientation| orientation == Orientation::NoTransforms)
}

/// Whether an APP14 segment leaves three components what they are where nothing is said.
fn is_ycbcr(segment: &[u8]) -> bool {
    segment.strip_prefix(b"Adobe").is_none_or(|adobe| adobe.get(6) == Some(&1))
}
