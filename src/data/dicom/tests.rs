#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use image::{DynamicImage, GrayImage, ImageFormat};

use super::super::decode::{DecodeError, decode};
use super::super::pixels::Pixels;
use super::super::testing::encode;
use super::*;

const IMPLICIT: &str = "1.2.840.10008.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const RUN_LENGTH: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";
const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";

/// What an element holds.
#[derive(Clone)]
enum Content {
    Text(String),
    Numbers(Vec<u16>),
    Bytes(Vec<u8>),
    /// One item.
    Sequence(Vec<Element>),
    /// Packed pixel data, with an empty table of offsets.
    Fragments(Vec<Vec<u8>>),
}

#[derive(Clone)]
struct Element(u32, [u8; 2], Content);

/// A DICOM file in the making.
#[derive(Clone)]
struct File {
    syntax: &'static str,
    elements: Vec<Element>,
}

impl File {
    /// A film of 2 rows and 3 columns, or what `height` and `width` say.
    fn new(height: u16, width: u16, bits_stored: u16, values: &[u16]) -> Self {
        let allocated = if bits_stored > 8 { 16 } else { 8 };
        let pixels = if allocated == 16 {
            Content::Numbers(values.to_vec())
        } else {
            Content::Bytes(values.iter().map(|value| *value as u8).collect())
        };
        let numbers = [
            (tag::SAMPLES_PER_PIXEL, 1),
            (tag::ROWS, height),
            (tag::COLUMNS, width),
            (tag::BITS_ALLOCATED, allocated),
            (tag::BITS_STORED, bits_stored),
            (tag::HIGH_BIT, bits_stored - 1),
            (tag::PIXEL_REPRESENTATION, 0),
        ];
        let mut elements: Vec<Element> = numbers.map(|(tag, number)| Element(tag, *b"US", Content::Numbers(vec![number]))).into();
        elements.push(Element(0x0008_0060, *b"CS", Content::Text("DX".to_owned())));
        elements.push(Element(tag::PHOTOMETRIC_INTERPRETATION, *b"CS", Content::Text("MONOCHROME2".to_owned())));
        elements.push(Element(tag::PIXEL_DATA, *b"OW", pixels));
        Self { syntax: EXPLICIT, elements }
    }

    fn with(mut self, tag: u32, representation: [u8; 2], content: Content) -> Self {
        self.elements.retain(|element| element.0 != tag);
        self.elements.push(Element(tag, representation, content));
        self.elements.sort_by_key(|element| element.0);
        self
    }

    fn text(self, tag: u32, text: &str) -> Self {
        self.with(tag, *b"DS", Content::Text(text.to_owned()))
    }

    fn number(self, tag: u32, number: u16) -> Self {
        self.with(tag, *b"US", Content::Numbers(vec![number]))
    }

    fn table(self, sequence: u32, descriptor: [u16; 3], entries: &[u16]) -> Self {
        let item = vec![
            Element(tag::LUT_DESCRIPTOR, *b"US", Content::Numbers(descriptor.to_vec())),
            Element(tag::LUT_DATA, *b"OW", Content::Numbers(entries.to_vec())),
        ];
        self.with(sequence, *b"SQ", Content::Sequence(item))
    }

    fn packed(self, syntax: &'static str, fragments: Vec<Vec<u8>>) -> Self {
        Self { syntax, ..self }.with(tag::PIXEL_DATA, *b"OB", Content::Fragments(fragments))
    }

    fn syntax(self, syntax: &'static str) -> Self {
        Self { syntax, ..self }
    }

    /// The data set alone.
    fn data_set(&self) -> Vec<u8> {
        let mut elements = self.elements.clone();
        elements.sort_by_key(|element| element.0);
        let mut bytes = Vec::new();
        for element in &elements {
            write(&mut bytes, element, self.syntax != IMPLICIT, self.syntax == BIG_ENDIAN);
        }
        bytes
    }

    /// The file meta information alone.
    fn meta(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, &Element(tag::TRANSFER_SYNTAX, *b"UI", Content::Text(self.syntax.to_owned())), true, false);
        [b"\x02\0\0\0UL\x04\0".as_slice(), &(bytes.len() as u32).to_le_bytes(), &bytes].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        let data_set = if self.syntax == DEFLATED { deflate(&self.data_set()) } else { self.data_set() };
        [&[0; 128], b"DICM".as_slice(), &self.meta(), &data_set].concat()
    }

    fn pixels(&self) -> Pixels {
        decode(&self.bytes(), Channels::Grey).unwrap().pixels
    }

    fn refusal(&self) -> String {
        decode(&self.bytes(), Channels::Grey).unwrap_err().to_string()
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn push(bytes: &mut Vec<u8>, number: u32, length: usize, big_endian: bool) {
    let four = number.to_be_bytes();
    let part = four[4 - length..].iter();
    if big_endian { bytes.extend(part) } else { bytes.extend(part.rev()) }
}

fn write(bytes: &mut Vec<u8>, Element(tag, representation, content): &Element, explicit: bool, big: bool) {
    let is_long = [*b"OB", *b"OW", *b"SQ", *b"UN"].contains(representation);
    let value = match content {
        Content::Text(text) if text.len() % 2 == 1 => Some(format!("{text} ").into_bytes()),
        Content::Text(text) => Some(text.clone().into_bytes()),
        Content::Bytes(value) => Some(value.clone()),
        Content::Numbers(numbers) => {
            let mut value = Vec::new();
            for number in numbers {
                push(&mut value, u32::from(*number), 2, big);
            }
            Some(value)
        }
        Content::Sequence(_) | Content::Fragments(_) => None,
    };
    push(bytes, tag >> 16, 2, big);
    push(bytes, tag & 0xffff, 2, big);
    if explicit {
        bytes.extend(*representation);
        bytes.extend(if is_long { [0_u8; 2].as_slice() } else { &[] });
    }
    let length = value.as_ref().map_or(u32::MAX, |value| value.len() as u32);
    push(bytes, length, if explicit && !is_long { 2 } else { 4 }, big);
    let delimiter = |bytes: &mut Vec<u8>, element, length| {
        push(bytes, 0xfffe, 2, big);
        push(bytes, element, 2, big);
        push(bytes, length, 4, big);
    };
    match content {
        Content::Sequence(item) => {
            delimiter(bytes, 0xe000, u32::MAX);
            for element in item {
                write(bytes, element, explicit, big);
            }
            delimiter(bytes, 0xe00d, 0);
            delimiter(bytes, 0xe0dd, 0);
        }
        Content::Fragments(fragments) => {
            delimiter(bytes, 0xe000, 0);
            for fragment in fragments {
                delimiter(bytes, 0xe000, fragment.len() as u32);
                bytes.extend(fragment);
            }
            delimiter(bytes, 0xe0dd, 0);
        }
        _ => bytes.extend(value.unwrap_or_default()),
    }
}

/// Six values over 12 bits.
const VALUES: [u16; 6] = [0, 1, 1000, 2048, 4094, 4095];

fn film() -> File {
    File::new(2, 3, 12, &VALUES)
}

/// Shares of the full range, as levels.
fn levels(shares: &[f64]) -> Pixels {
    Pixels::Sixteen(shares.iter().map(|share| (share * 65_535.0).round() as u16).collect())
}

fn full_range() -> Pixels {
    levels(&VALUES.map(|value| f64::from(value) / 4095.0))
}

#[test]
fn every_way_to_write_a_data_set_gives_the_same_film() {
    for syntax in [IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN] {
        let film = decode(&film().syntax(syntax).bytes(), Channels::Rgb).unwrap();
        assert_eq!((film.size, film.channels), (ImageSize { height: 2, width: 3 }, Channels::Grey), "{syntax}");
        assert_eq!(film.pixels, full_range(), "{syntax}");
    }
    let mut preamble = film().bytes();
    preamble[..4].copy_from_slice(b"II\x2a\0");
    for (syntax, bytes) in [
        ("preamble of a TIFF", preamble),
        ("representations announced and left out", [film().meta(), film().syntax(IMPLICIT).data_set()].concat()),
        ("mark without a preamble", [b"DICM".as_slice(), &film().meta(), &film().data_set()].concat()),
        ("neither", [film().meta(), film().data_set()].concat()),
        ("no meta information", film().data_set()),
        ("nor representations", film().syntax(IMPLICIT).data_set()),
    ] {
        assert_eq!(decode(&bytes, Channels::Grey).unwrap().pixels, full_range(), "{syntax}");
    }
}

#[test]
fn eight_stored_bits_stay_bytes() {
    let film = File::new(1, 4, 8, &[0, 1, 128, 255]);
    assert_eq!(film.pixels(), Pixels::Eight(vec![0, 1, 128, 255]));
    assert_eq!(film.text(tag::PHOTOMETRIC_INTERPRETATION, "MONOCHROME1").pixels(), Pixels::Eight(vec![255, 254, 127, 0]));
    // Five of eight bits.
    assert_eq!(File::new(1, 4, 5, &[0, 1, 16, 31]).pixels(), Pixels::Eight(vec![0, 8, 132, 255]));
}

#[test]
fn stored_bits_are_found_wherever_they_lie_and_whatever_their_sign() {
    // Four unused bits below, and rubbish above that is not stored.
    let shifted = VALUES.map(|value| value << 4);
    assert_eq!(File::new(2, 3, 12, &shifted).number(tag::HIGH_BIT, 15).pixels(), full_range());
    assert_eq!(File::new(2, 3, 12, &VALUES.map(|value| value | 0xa000)).pixels(), full_range());
    let signed = File::new(1, 4, 12, &[0x800, 0xfff, 0, 0x7ff]).number(tag::PIXEL_REPRESENTATION, 1);
    assert_eq!(signed.pixels(), levels(&[0.0, 2047.0 / 4095.0, 2048.0 / 4095.0, 1.0]));
}

#[test]
fn monochrome1_is_inverted() {
    let inverted = film().text(tag::PHOTOMETRIC_INTERPRETATION, "MONOCHROME1").pixels();
    assert_eq!(inverted, levels(&VALUES.map(|value| 1.0 - f64::from(value) / 4095.0)));
}

#[test]
fn a_falling_rescale_turns_the_film_over_and_a_rising_one_alone_changes_nothing() {
    let rescaled = |slope, intercept| film().text(tag::RESCALE_SLOPE, slope).text(tag::RESCALE_INTERCEPT, intercept).pixels();
    assert_eq!(rescaled("2.5", "-1024"), full_range());
    assert_eq!(rescaled("-1", "4095"), levels(&VALUES.map(|value| 1.0 - f64::from(value) / 4095.0)));
}

#[test]
fn the_first_window_is_applied_to_rescaled_values() {
    let windowed = |function: Option<&str>| {
        let film = film().text(tag::WINDOW_CENTER, "2000\\50").text(tag::WINDOW_WIDTH, "3001\\400").text(tag::RESCALE_SLOPE, "2");
        function.map_or(film.clone(), |function| film.text(tag::VOI_LUT_FUNCTION, function)).pixels()
    };
    let rescaled = VALUES.map(|value| 2.0 * f64::from(value));
    assert_eq!(windowed(None), levels(&rescaled.map(|value| ((value - 1999.5) / 3000.0 + 0.5).clamp(0.0, 1.0))));
    assert_eq!(windowed(Some("LINEAR")), windowed(None));
    assert_eq!(windowed(Some("LINEAR_EXACT")), levels(&rescaled.map(|value| ((value - 2000.0) / 3001.0 + 0.5).clamp(0.0, 1.0))));
    assert_eq!(windowed(Some("SIGMOID")), levels(&rescaled.map(|value| 1.0 / (1.0 + (-4.0 * (value - 2000.0) / 3001.0).exp()))));
}

#[test]
fn a_window_of_one_is_a_threshold_and_one_of_none_is_no_window() {
    let windowed = |width| film().text(tag::WINDOW_CENTER, "1000").text(tag::WINDOW_WIDTH, width).pixels();
    assert_eq!(windowed("1"), levels(&[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]));
    assert_eq!(windowed("0"), full_range());
}

#[test]
fn lookup_tables_are_applied_and_win_over_a_window() {
    // Values from 1000 on: 0, 512 and 1023 of 10 bits.
    let film = film().text(tag::WINDOW_CENTER, "5").text(tag::WINDOW_WIDTH, "5");
    let shown = film.clone().table(tag::VOI_LUT_SEQUENCE, [3, 1000, 10], &[0, 512, 1023]);
    assert_eq!(shown.pixels(), levels(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]));
    assert_eq!(shown.clone().syntax(IMPLICIT).pixels(), shown.pixels());
    let film = File::new(1, 4, 12, &[999, 1000, 1001, 1002]).table(tag::MODALITY_LUT_SEQUENCE, [3, 1000, 8], &[0, 51, 255]);
    assert_eq!(film.pixels(), levels(&[0.0, 0.0, 0.2, 1.0]));
    // Entries of eight bits, two by two.
    let film = File::new(1, 4, 12, &[0, 1, 2, 3]).table(tag::VOI_LUT_SEQUENCE, [4, 0, 8], &[0x3300, 0xff66]);
    assert_eq!(film.pixels(), levels(&[0.0, 0.2, 0.4, 1.0]));
    let refusal = film.table(tag::VOI_LUT_SEQUENCE, [400, 0, 8], &[1, 2]).refusal();
    assert!(refusal.contains("a lookup table of 400 entries with 2"), "{refusal}");
}

/// Planes of literal runs and, of the first value, a repeated one.
fn run_lengths(values: &[u16]) -> Vec<u8> {
    let plane = |shift: u32| -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().map(|value| (value >> shift) as u8).collect();
        let mut packed = vec![255, bytes[0], (bytes.len() - 3) as u8];
        packed.extend(&bytes[2..]);
        packed
    };
    let (high, low) = (plane(8), plane(0));
    let numbers = [2, 64, 64 + high.len() as u32].into_iter().chain([0; 13]);
    numbers.flat_map(u32::to_le_bytes).chain(high).chain(low).collect()
}

#[test]
fn run_lengths_are_unpacked() {
    let values = [700, 700, 0, 65_535, 256, 255];
    let film = File::new(2, 3, 16, &values).packed(RUN_LENGTH, vec![run_lengths(&values)]);
    assert_eq!(film.pixels(), Pixels::Sixteen(values.to_vec()));
    let short = film.packed(RUN_LENGTH, vec![run_lengths(&values[..5])]);
    assert!(short.refusal().contains("a packed plane ends too early"), "{}", short.refusal());
}

#[test]
fn a_jpeg_in_two_pieces_is_unpacked_and_read_strictly() {
    let picture = GrayImage::from_fn(24, 16, |x, y| image::Luma([(x * 9 + y * 3) as u8]));
    let mut jpeg = encode(&DynamicImage::from(picture.clone()), ImageFormat::Jpeg);
    jpeg.resize(jpeg.len().next_multiple_of(2), 0);
    let film = |fragments| File::new(16, 24, 8, &[]).packed(JPEG_BASELINE, fragments);
    let Pixels::Eight(found) = film(vec![jpeg[..100].to_vec(), jpeg[100..].to_vec()]).pixels() else { panic!("it has sixteen bits") };
    assert!(found.iter().zip(picture.as_raw()).all(|(found, level)| found.abs_diff(*level) < 8), "{found:?}");
    let refusal = film(vec![jpeg[..jpeg.len() - 40].to_vec()]).refusal();
    assert!(refusal.contains("the JPEG inside it is cut off"), "{refusal}");
    let refusal = File::new(16, 25, 8, &[]).packed(JPEG_BASELINE, vec![jpeg]).refusal();
    assert!(refusal.contains("the picture inside it has 16×24 pixels, the file says 16×25"), "{refusal}");
}

/// A lossless JPEG of one channel (ITU-T T.81, annex H), each value predicted by its left neighbour.
fn lossless_jpeg(height: u16, width: u16, precision: u8, values: &[u16]) -> Vec<u8> {
    use std::fmt::Write as _;

    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc3, 0, 11, precision];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0]);
    // Seventeen codes of five bits: the number of the code is the number of the difference's bits.
    bytes.extend([0xff, 0xc4, 0, 36, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(0..17);
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0]);
    let mut bits = String::new();
    for (place, value) in values.iter().enumerate() {
        let (row, column) = (place / usize::from(width), place % usize::from(width));
        let predicted = match (row, column) {
            (0, 0) => 1 << (precision - 1),
            (_, 0) => i32::from(values[place - usize::from(width)]),
            _ => i32::from(values[place - 1]),
        };
        // Differences count modulo 65536.
        let difference = i32::from((i32::from(*value) - predicted) as i16);
        let length = (32 - difference.unsigned_abs().leading_zeros()) as usize;
        write!(bits, "{length:05b}").unwrap();
        if length > 0 && length < 16 {
            let code = if difference < 0 { difference + (1 << length) - 1 } else { difference };
            write!(bits, "{code:0length$b}").unwrap();
        }
    }
    bits += &"1".repeat(bits.len().next_multiple_of(8) - bits.len());
    for byte in bits.as_bytes().chunks(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()) {
        bytes.push(byte);
        bytes.extend((byte == 0xff).then_some(0));
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn a_lossless_jpeg_gives_every_value_back() {
    let values: Vec<u16> = (0..80).map(|place| (place * 9173 % 65_536) as u16).collect();
    let film = File::new(8, 10, 16, &[]).packed(JPEG_LOSSLESS, vec![lossless_jpeg(8, 10, 16, &values)]);
    assert_eq!(film.pixels(), Pixels::Sixteen(values));
    assert_eq!(film_of(JPEG_LOSSLESS, lossless_jpeg(2, 3, 12, &VALUES)).pixels(), full_range());
}

fn film_of(syntax: &'static str, packed: Vec<u8>) -> File {
    film().packed(syntax, vec![packed])
}

/// 32 rows of 33 columns with 12 bits: 4095 in the first 9 columns, else 1000 in the first 20 rows, else 7. Made by
/// `openjpeg.utils.encode_array(array, bits_stored=12, photometric_interpretation=2)` of pylibjpeg-openjpeg 2.6.0.
const JPEG_2000_CODE: &str = "ff4fff5100290000000000210000002000000000000000000000002100000020000000000000000000010b0101ff52000c00000001000504040001ff5c00\
    134060686870686870686870686870686870ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e32ff90000a0000000000\
    f50001ff93dfe0100bc18824cff00707e60901f80100073d3f0c4c2cbf06f7c3f6078fe42603f006028bd4e5c8a2bf105142ac2f47793a9f0b6ed258d5bfcff02307\
    e62501f804801a9be00e68ef56ee1adbbc3eccb0d77a1f1dc0329afe77847668f9e904261f4a99cbc018b2c813d81f7b3fdfcff0350fd85207e6124400ec46121857\
    38de33dad3f231cedaece5aed33a8ff794097f508baf703a6840322beee06808907f99bc360fdf465aeab210e4f675afc7f2310fd84a03f005268f3fa464ae92345e\
    5bb8750373803c60accf711712c535939b0d7425568c4afc493f1b7ed18c884ea09069dbc53fffd9";

fn jpeg_2000() -> Vec<u8> {
    (0..JPEG_2000_CODE.len()).step_by(2).map(|place| u8::from_str_radix(&JPEG_2000_CODE[place..place + 2], 16).unwrap()).collect()
}

#[test]
fn jpeg_2000_keeps_twelve_bits() {
    let film = File::new(32, 33, 12, &[]).packed(JPEG_2000, vec![jpeg_2000()]);
    let value = |place: usize| match (place / 33, place % 33) {
        (_, ..9) => 4095.0,
        (..20, _) => 1000.0,
        _ => 7.0,
    };
    assert_eq!(film.pixels(), levels(&(0..32 * 33).map(|place| value(place) / 4095.0).collect::<Vec<_>>()));
    for length in (0..jpeg_2000().len()).step_by(9) {
        let cut = film.clone().packed(JPEG_2000, vec![jpeg_2000()[..length].to_vec()]);
        assert!(decode(&cut.bytes(), Channels::Grey).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn what_is_not_read_is_said() {
    for (name, file, message) in [
        ("frames", film().text(tag::NUMBER_OF_FRAMES, "4"), "the DICOM file has 4 frames; save the one to train on as a file of its own"),
        (
            "colour",
            film().number(tag::SAMPLES_PER_PIXEL, 3).text(tag::PHOTOMETRIC_INTERPRETATION, "RGB"),
            "has 3 samples per pixel in RGB; films are MONOCHROME1 or MONOCHROME2",
        ),
        ("depth", film().number(tag::BITS_ALLOCATED, 32), "has 32 bits allocated for a pixel"),
        ("bits", film().number(tag::BITS_STORED, 17), "is damaged: 17 bits stored up to bit 11 of 16"),
        ("JPEG-LS", film_of("1.2.840.10008.1.2.4.80", vec![0; 8]), "has pixels packed by JPEG-LS (1.2.840.10008.1.2.4.80); convert it"),
        ("plain under a packed syntax", film().syntax(RUN_LENGTH), "its pixel data is not written as its transfer syntax says"),
        ("large", film().number(tag::ROWS, 60_000).number(tag::COLUMNS, 60_000), "60000×60000 pixels; films of up to"),
        ("empty", film().number(tag::ROWS, 0), "is damaged: its size is 0×3"),
    ] {
        let refusal = file.refusal();
        assert!(refusal.contains(message), "{name}: {refusal}");
    }
    let without = |tag: u32| {
        let mut file = film();
        file.elements.retain(|element| element.0 != tag);
        file.refusal()
    };
    assert!(without(tag::PIXEL_DATA).contains("has no picture; it may be a report"), "{}", without(tag::PIXEL_DATA));
    assert!(without(tag::ROWS).contains("it has no Rows (0028,0010)"), "{}", without(tag::ROWS));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let packed = film().packed(RUN_LENGTH, vec![run_lengths(&VALUES)]);
    for (name, file) in
        [("plain", film()), ("implicit", film().syntax(IMPLICIT)), ("deflated", film().syntax(DEFLATED)), ("packed", packed)]
    {
        let whole = file.bytes();
        assert!(decode(&whole, Channels::Grey).is_ok(), "{name}");
        for length in 0..whole.len() {
            assert!(decode(&whole[..length], Channels::Grey).is_err(), "{name} cut to {length} of {} bytes", whole.len());
        }
    }
    let half = &film().bytes()[..280];
    assert_eq!(decode(half, Channels::Grey), Err(DecodeError::Truncated { format: "DICOM", bytes: 280 }));
}

#[test]
fn lengths_that_the_file_has_not_cost_nothing() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let million = vec![0; 1_000_000];
    (0..251).for_each(|_| encoder.write_all(&million).unwrap());
    let zeros = encoder.finish().unwrap();
    let start = |syntax| [&[0; 128], b"DICM".as_slice(), &film().syntax(syntax).meta()].concat();
    let explicit = |bytes: &[u8]| [start(EXPLICIT).as_slice(), bytes].concat();
    for (name, bytes, message) in [
        ("huge element", explicit(b"\x28\0\x10\0OB\0\0\xf0\xff\xff\xff"), "is cut off"),
        ("huge item", explicit(b"\x28\0\x10\x30SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xf0\xff\xff\xff"), "is cut off"),
        (
            "nested without end",
            explicit(&b"\x28\0\x10\x30SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff".repeat(100_000)),
            "nested more than 16 deep",
        ),
        ("bomb", [start(DEFLATED), zeros].concat(), "it unpacks to more than 250000000 bytes"),
    ] {
        let message_found = decode(&bytes, Channels::Grey).unwrap_err().to_string();
        assert!(message_found.contains(message), "{name}: {message_found}");
    }
}

#[test]
fn a_picture_inside_that_claims_to_be_huge_is_refused_before_memory_is_taken() {
    let mut code = jpeg_2000();
    code[8..16].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let refusal = File::new(32, 33, 12, &[]).packed(JPEG_2000, vec![code]).refusal();
    assert!(refusal.contains("65535×65535 pixels, the file says 32×33"), "{refusal}");
    let mut tiles = jpeg_2000();
    tiles[24..32].copy_from_slice(&[0; 8]);
    let refusal = File::new(32, 33, 12, &[]).packed(JPEG_2000, vec![tiles]).refusal();
    assert!(refusal.contains("tiles in the JPEG 2000"), "{refusal}");
    let refusal = film_of(JPEG_LOSSLESS, lossless_jpeg(60_000, 60_000, 16, &[1, 2])).refusal();
    assert!(refusal.contains("60000×60000 pixels, the file says 2×3"), "{refusal}");
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let values: Vec<u16> = (0..80).map(|place| (place * 9173 % 65_536) as u16).collect();
    let lossless = File::new(8, 10, 16, &[]).packed(JPEG_LOSSLESS, vec![lossless_jpeg(8, 10, 16, &values)]);
    let run_length = film().packed(RUN_LENGTH, vec![run_lengths(&VALUES)]);
    let jpeg_2000 = File::new(32, 33, 12, &[]).packed(JPEG_2000, vec![jpeg_2000()]);
    let shown = film().table(tag::VOI_LUT_SEQUENCE, [3, 1000, 10], &[0, 512, 1023]).text(tag::WINDOW_WIDTH, "7");
    for file in [lossless, run_length, jpeg_2000, shown.clone(), shown.syntax(IMPLICIT)] {
        let whole = file.bytes();
        for place in 128..whole.len() {
            for change in [0xff, 0x80, 0x01] {
                let mut bytes = whole.clone();
                bytes[place] ^= change;
                // Damage may leave another film behind; what matters is that this returns.
                drop(decode(&bytes, Channels::Grey));
            }
        }
    }
}
