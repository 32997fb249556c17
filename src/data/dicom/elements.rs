//! The elements of a DICOM file (PS3.5, section 7, and PS3.10): bytes in, the values of the elements that a film needs out.
//!
//! Files with the preamble and mark, with the mark alone, with neither, and bare data sets are read; little-endian with and
//! without value representations, big-endian, and deflated.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::DeflateDecoder;

use super::super::decode::DecodeError;
use super::{FORMAT, damaged, tag, unsupported};

const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
pub(super) const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
const DEFLATED_LITTLE: &str = "1.2.840.10008.1.2.1.99";
const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";

const ITEM: u32 = 0xfffe_e000;
const ITEM_END: u32 = 0xfffe_e00d;
const SEQUENCE_END: u32 = 0xfffe_e0dd;

/// What stands for a length that is not known beforehand.
const UNDEFINED: u32 = u32::MAX;

/// Sequences within sequences; films have two or three.
const MAX_DEPTH: u32 = 16;

/// What a deflated file may unpack to: the largest film of 16 bits, and a quarter as much for all else.
const MAX_INFLATED: u64 = 250_000_000;

/// Whether the element at a position has a value representation: two capital letters behind the tag.
fn has_representation(bytes: &[u8], position: usize) -> bool {
    bytes.get(position + 4..position + 6).is_some_and(|letters| letters.iter().all(u8::is_ascii_uppercase))
}

/// How a data set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Encoding {
    /// With value representations.
    explicit: bool,
    big_endian: bool,
}

impl Encoding {
    fn number(self, bytes: &[u8]) -> u32 {
        let push = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
    }
}

/// A file with what its header says.
#[derive(Debug)]
pub(super) struct DicomFile<'a> {
    /// Length of the file as it is on disk.
    length: usize,
    /// The data set, unpacked.
    data: Cow<'a, [u8]>,
    encoding: Encoding,
    /// How the pixel data is packed.
    pub(super) transfer_syntax: String,
}

/// Find the data set of a file, and how it is written.
pub(super) fn read_file(bytes: &[u8]) -> Result<DicomFile<'_>, DecodeError> {
    let mut reader = Reader { bytes, position: 0, encoding: Encoding { explicit: true, big_endian: false }, length: bytes.len() };
    if bytes.get(128..132) == Some(b"DICM") {
        reader.position = 132;
    } else if bytes.starts_with(b"DICM") {
        reader.position = 4;
    }
    let meta = reader.meta()?;
    let transfer_syntax = match meta.text(tag::TRANSFER_SYNTAX) {
        Some(name) => name.to_owned(),
        None if has_representation(bytes, reader.position) => EXPLICIT_LITTLE.to_owned(),
        None => IMPLICIT_LITTLE.to_owned(),
    };
    let rest = &bytes[reader.position..];
    let data = if transfer_syntax == DEFLATED_LITTLE { Cow::Owned(inflate(rest)?) } else { Cow::Borrowed(rest) };
    // Some programs leave the representations out whatever they announce.
    let explicit = transfer_syntax != IMPLICIT_LITTLE && has_representation(&data, 0);
    let encoding = Encoding { explicit, big_endian: transfer_syntax == EXPLICIT_BIG };
    Ok(DicomFile { length: bytes.len(), data, encoding, transfer_syntax })
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut data = Vec::new();
    DeflateDecoder::new(bytes).take(MAX_INFLATED + 1).read_to_end(&mut data).map_err(|error| damaged(error.to_string()))?;
    if data.len() as u64 > MAX_INFLATED {
        return Err(damaged(format!("it unpacks to more than {MAX_INFLATED} bytes")));
    }
    Ok(data)
}

impl DicomFile<'_> {
    /// The elements of the data set.
    pub(super) fn elements(&self) -> Result<Elements<'_>, DecodeError> {
        let mut reader = Reader { bytes: &self.data, position: 0, encoding: self.encoding, length: self.length };
        reader.elements(Extent::To(self.data.len()), 0)
    }

    /// Whether pixels are packed by a codec.
    pub(super) fn is_encapsulated(&self) -> bool {
        ![IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED_LITTLE, EXPLICIT_BIG].contains(&self.transfer_syntax.as_str())
    }

    /// The error of a file that ends too early.
    pub(super) fn truncated(&self) -> DecodeError {
        DecodeError::Truncated { format: FORMAT, bytes: self.length }
    }

    /// A stored value of one or two bytes.
    pub(super) fn value(&self, bytes: &[u8]) -> u16 {
        self.encoding.number(bytes) as u16
    }
}

/// The value of an element.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// As it is written.
    Bytes(&'a [u8]),
    /// The first item of a sequence.
    Item(Elements<'a>),
    /// Packed pixel data, the table of offsets left out.
    Fragments(Vec<&'a [u8]>),
}

/// Elements by tag: those that a film needs.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    values: BTreeMap<u32, Value<'a>>,
    encoding: Encoding,
}

impl<'a> Elements<'a> {
    /// The value of an element.
    pub(super) fn get(&self, tag: u32) -> Option<&Value<'a>> {
        self.values.get(&tag)
    }

    /// The bytes of an element.
    pub(super) fn bytes(&self, tag: u32) -> Option<&'a [u8]> {
        match self.values.get(&tag)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The first item of a sequence.
    pub(super) fn item(&self, tag: u32) -> Option<&Elements<'a>> {
        match self.values.get(&tag)? {
            Value::Item(item) => Some(item),
            _ => None,
        }
    }

    /// The whole numbers of an element, of two bytes each.
    pub(super) fn numbers(&self, tag: u32) -> Option<Vec<u16>> {
        let bytes = self.bytes(tag)?;
        Some(bytes.chunks_exact(2).map(|pair| self.encoding.number(pair) as u16).collect())
    }

    /// The first whole number of an element.
    pub(super) fn number(&self, tag: u32) -> Option<u16> {
        self.bytes(tag)?.get(..2).map(|pair| self.encoding.number(pair) as u16)
    }

    /// As [`number`](Self::number), of an element that every film has.
    pub(super) fn needed(&self, tag: u32, name: &str) -> Result<u16, DecodeError> {
        self.number(tag).ok_or_else(|| damaged(format!("it has no {name} ({:04x},{:04x})", tag >> 16, tag & 0xffff)))
    }

    /// The first text of an element, without padding; none where it is empty.
    pub(super) fn text(&self, tag: u32) -> Option<&'a str> {
        let text = std::str::from_utf8(self.bytes(tag)?).ok()?;
        let first = text.split('\\').next().unwrap_or_default().trim_matches([' ', '\0']);
        (!first.is_empty()).then_some(first)
    }

    /// The first decimal number of an element, where it is finite.
    pub(super) fn decimal(&self, tag: u32) -> Option<f64> {
        self.text(tag)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// Which elements are kept: what describes the file and the pixels, and the pixels.
fn is_kept(tag: u32) -> bool {
    matches!(tag >> 16, 0x0002 | 0x0028) || tag == tag::PIXEL_DATA
}

/// Where a run of elements or items ends.
#[derive(Debug, Clone, Copy)]
enum Extent {
    /// At a position.
    To(usize),
    /// At a delimiter.
    Delimited,
}

/// Tag, value representation and length of an element.
struct Header {
    tag: u32,
    is_sequence: bool,
    /// Of unknown representation.
    is_unknown: bool,
    length: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    encoding: Encoding,
    /// Length of the file, for messages.
    length: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.position.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.position..end));
        let taken = taken.ok_or(DecodeError::Truncated { format: FORMAT, bytes: self.length })?;
        self.position += length;
        Ok(taken)
    }

    fn number(&mut self, length: usize) -> Result<u32, DecodeError> {
        let encoding = self.encoding;
        Ok(encoding.number(self.take(length)?))
    }

    /// The file meta information, which is little-endian with representations in every file.
    fn meta(&mut self) -> Result<Elements<'a>, DecodeError> {
        let mut values = BTreeMap::new();
        while self.bytes.get(self.position..self.position + 2) == Some(&[2, 0]) {
            let header = self.header()?;
            if header.length == UNDEFINED {
                return Err(damaged("its meta information has an element without a length"));
            }
            values.insert(header.tag, Value::Bytes(self.take(header.length as usize)?));
        }
        Ok(Elements { values, encoding: self.encoding })
    }

    fn header(&mut self) -> Result<Header, DecodeError> {
        let tag = self.number(2)? << 16 | self.number(2)?;
        // Items and delimiters have no representation in any file.
        if !self.encoding.explicit || tag >> 16 == 0xfffe {
            let is_sequence = [tag::MODALITY_LUT_SEQUENCE, tag::VOI_LUT_SEQUENCE].contains(&tag);
            return Ok(Header { tag, is_sequence, is_unknown: false, length: self.number(4)? });
        }
        let representation = self.take(2)?;
        if !representation.iter().all(u8::is_ascii_uppercase) {
            return Err(damaged(format!("no value representation behind ({:04x},{:04x})", tag >> 16, tag & 0xffff)));
        }
        let is_long =
            matches!(representation, b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV");
        if is_long {
            self.take(2)?;
        }
        let length = self.number(if is_long { 4 } else { 2 })?;
        Ok(Header { tag, is_sequence: representation == b"SQ", is_unknown: representation == b"UN", length })
    }

    fn elements(&mut self, extent: Extent, depth: u32) -> Result<Elements<'a>, DecodeError> {
        let mut elements = Elements { values: BTreeMap::new(), encoding: self.encoding };
        loop {
            if matches!(extent, Extent::To(end) if self.position >= end) {
                return Ok(elements);
            }
            let header = self.header()?;
            if header.tag == ITEM_END {
                return Ok(elements);
            }
            let value = self.element_value(&header, depth)?;
            if is_kept(header.tag) {
                elements.values.entry(header.tag).or_insert(value);
            }
            // What follows the pixels is padding and signatures.
            if header.tag == tag::PIXEL_DATA && depth == 0 {
                return Ok(elements);
            }
        }
    }

    fn element_value(&mut self, header: &Header, depth: u32) -> Result<Value<'a>, DecodeError> {
        if header.tag == tag::PIXEL_DATA && header.length == UNDEFINED {
            return self.fragments();
        }
        if header.length == UNDEFINED && header.is_unknown {
            // PS3.5, section 6.2.2: such a sequence is written without representations.
            let outer = std::mem::replace(&mut self.encoding, Encoding { explicit: false, big_endian: false });
            let item = self.items(Extent::Delimited, depth)?;
            self.encoding = outer;
            return Ok(Value::Item(item));
        }
        if header.length == UNDEFINED {
            return Ok(Value::Item(self.items(Extent::Delimited, depth)?));
        }
        let start = self.position;
        let bytes = self.take(header.length as usize)?;
        if !header.is_sequence || !is_kept(header.tag) {
            return Ok(Value::Bytes(bytes));
        }
        self.position = start;
        let item = self.items(Extent::To(start + bytes.len()), depth)?;
        Ok(Value::Item(item))
    }

    /// The first item of a sequence; the others are passed over.
    fn items(&mut self, extent: Extent, depth: u32) -> Result<Elements<'a>, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(unsupported(format!("sequences nested more than {MAX_DEPTH} deep"), "export the file again"));
        }
        let mut first = None;
        while !matches!(extent, Extent::To(end) if self.position >= end) {
            let header = self.header()?;
            match (header.tag, header.length) {
                (SEQUENCE_END, _) => break,
                (ITEM, UNDEFINED) => {
                    let item = self.elements(Extent::Delimited, depth + 1)?;
                    first.get_or_insert(item);
                }
                (ITEM, length) => {
                    let start = self.position;
                    let end = start + self.take(length as usize)?.len();
                    if first.is_none() {
                        self.position = start;
                        first = Some(self.elements(Extent::To(end), depth + 1)?);
                        self.position = end;
                    }
                }
                (other, _) => return Err(damaged(format!("({:04x},{:04x}) where an item should be", other >> 16, other & 0xffff))),
            }
        }
        Ok(first.unwrap_or(Elements { values: BTreeMap::new(), encoding: self.encoding }))
    }

    /// Packed pixel data: a table of offsets, then pieces.
    fn fragments(&mut self) -> Result<Value<'a>, DecodeError> {
        let mut fragments = Vec::new();
        loop {
            let header = self.header()?;
            match (header.tag, header.length) {
                (SEQUENCE_END, _) => return Ok(Value::Fragments(fragments.split_off(1.min(fragments.len())))),
                (ITEM, UNDEFINED) => return Err(damaged("a piece of the pixel data has no length")),
                (ITEM, length) => fragments.push(self.take(length as usize)?),
                (other, _) => return Err(damaged(format!("({:04x},{:04x}) inside the pixel data", other >> 16, other & 0xffff))),
            }
        }
    }
}
