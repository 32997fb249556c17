#![allow(clippy::unwrap_used, reason = "a test may panic")]

use image::{DynamicImage, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

use super::super::end_marker::PNG_SIGNATURE;
use super::super::testing::{encode, gradient};
use super::*;

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encode(&image.into(), ImageFormat::Png)
}

fn eight(bytes: &[u8], channels: Channels) -> Vec<u8> {
    match decode(bytes, channels).unwrap().pixels {
        Pixels::Eight(levels) => levels,
        deep @ Pixels::Sixteen(_) => panic!("{deep:?}"),
    }
}

fn grey(bytes: &[u8]) -> Vec<u8> {
    eight(bytes, Channels::Grey)
}

#[test]
fn an_eight_bit_grey_png_is_read_exactly() {
    let image = gradient(9, 7, 1);
    let film = decode(&png(image.clone()), Channels::Rgb).unwrap();
    assert_eq!(
        film,
        NativeFilm { pixels: Pixels::Eight(image.into_bytes()), size: ImageSize { height: 9, width: 7 }, channels: Channels::Grey }
    );
}

#[test]
fn sixteen_bits_are_kept_in_grey_and_in_colour() {
    let levels: Vec<u16> = vec![0, 128, 129, 257, 32_768, 65_406, 65_407, 65_535];
    let image: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_raw(4, 2, levels.clone()).unwrap();
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let film = decode(&encode(&image.clone().into(), format), Channels::Rgb).unwrap();
        let expected =
            NativeFilm { pixels: Pixels::Sixteen(levels.clone()), size: ImageSize { height: 2, width: 4 }, channels: Channels::Grey };
        assert_eq!(film, expected, "{format:?}");
        let colour: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_raw(1, 1, vec![51_401, 25_700, 12_850]).unwrap();
        let bytes = encode(&colour.into(), format);
        assert_eq!(decode(&bytes, Channels::Rgb).unwrap().pixels, Pixels::Sixteen(vec![51_401, 25_700, 12_850]), "{format:?}");
        // 0.299 · 51401 + 0.587 · 25700 + 0.114 · 12850 = 31919.7
        assert_eq!(decode(&bytes, Channels::Grey).unwrap().pixels, Pixels::Sixteen(vec![31_920]), "{format:?}");
    }
}

#[test]
fn colour_becomes_grey_as_pillow_does_it() {
    // Expected by `Image.new("RGB", (1, 1), colour).convert("L")` of Pillow.
    for (colour, expected) in
        [([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([255, 255, 255], 255), ([10, 200, 30], 124), ([1, 2, 3], 2)]
    {
        let bytes = png(RgbImage::from_pixel(2, 3, Rgb(colour)));
        assert_eq!(grey(&bytes), [expected; 6], "{colour:?}");
        assert_eq!(eight(&bytes, Channels::Rgb), colour.repeat(6));
    }
}

#[test]
fn what_is_transparent_lies_on_black() {
    let bytes = png(GrayAlphaImage::from_raw(3, 1, vec![200, 255, 200, 128, 200, 0]).unwrap());
    assert_eq!(grey(&bytes), [200, 100, 0]);
    let bytes = png(RgbaImage::from_pixel(1, 1, Rgba([255, 100, 0, 51])));
    assert_eq!(eight(&bytes, Channels::Rgb), [51, 20, 0]);
    let deep: ImageBuffer<LumaA<u16>, _> = ImageBuffer::from_raw(1, 1, vec![200 * 257, 51 * 257]).unwrap();
    assert_eq!(decode(&png(deep), Channels::Grey).unwrap().pixels, Pixels::Sixteen(vec![40 * 257]));
}

#[test]
fn a_palette_is_resolved() {
    // A 2 × 1 PNG of one bit per pixel with the palette red, blue.
    let mut bytes = PNG_SIGNATURE.to_vec();
    let mut data = vec![0x78, 0x01, 0x01, 2, 0, 0xfd, 0xff, 0, 0b0100_0000];
    data.extend(adler32(&[0, 0b0100_0000]).to_be_bytes());
    for (kind, data) in
        [(b"IHDR", vec![0, 0, 0, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0]), (b"PLTE", vec![255, 0, 0, 0, 0, 255]), (b"IDAT", data), (b"IEND", vec![])]
    {
        bytes.extend((data.len() as u32).to_be_bytes());
        let typed = [kind.as_slice(), &data].concat();
        bytes.extend(&typed);
        bytes.extend(crc32(&typed).to_be_bytes());
    }
    assert_eq!(grey(&bytes), [76, 29]);
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| ((a + u32::from(*byte)) % 65_521, (a + b + u32::from(*byte)) % 65_521));
    (b << 16) | a
}

#[test]
fn jpeg_is_read_in_grey_and_in_colour() {
    let image = gradient(40, 24, 0);
    let film = decode(&encode(&image, ImageFormat::Jpeg), Channels::Rgb).unwrap();
    assert_eq!((film.size, film.channels), (ImageSize { height: 40, width: 24 }, Channels::Grey));
    let colour = DynamicImage::from(RgbImage::from_pixel(24, 40, Rgb([200, 60, 20])));
    let film = decode(&encode(&colour, ImageFormat::Jpeg), Channels::Rgb).unwrap();
    assert_eq!(film.channels, Channels::Rgb);
    assert!(
        eight(&encode(&colour, ImageFormat::Jpeg), Channels::Rgb)
            .chunks(3)
            .all(|pixel| pixel.iter().zip([200, 60, 20]).all(|(found, level)| found.abs_diff(level) < 6))
    );
    let levels = grey(&encode(&colour, ImageFormat::Jpeg));
    assert!(levels.iter().all(|level| level.abs_diff(97) < 5) && levels.len() == 40 * 24);
}

#[test]
fn the_orientation_tag_of_a_jpeg_is_obeyed() {
    let upright = encode(&gradient(24, 40, 0), ImageFormat::Jpeg);
    // An APP1 segment that says "turn by 90 degrees": one directory entry, tag 0x0112, value 6.
    let mut tagged = upright[..2].to_vec();
    tagged.extend(b"\xff\xe1\x00\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0");
    tagged.extend(&upright[2..]);
    let turned = decode(&tagged, Channels::Grey).unwrap();
    assert_eq!(turned.size, ImageSize { height: 40, width: 24 });
    // What was the lower left corner is now the upper left one.
    assert_eq!(grey(&tagged)[0], grey(&upright)[23 * 40]);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let colour =
        DynamicImage::from(RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 37 % 256) as u8, (y * 91 % 256) as u8, (x * y % 256) as u8])));
    for (format, image) in [
        (ImageFormat::Png, gradient(48, 64, 0)),
        (ImageFormat::Png, colour.clone()),
        (ImageFormat::Jpeg, gradient(48, 64, 0)),
        (ImageFormat::Jpeg, colour.clone()),
        (ImageFormat::Tiff, gradient(48, 64, 0)),
        (ImageFormat::Tiff, colour.clone()),
        (ImageFormat::Bmp, gradient(48, 64, 0)),
        (ImageFormat::Bmp, colour.clone()),
        (ImageFormat::WebP, colour),
    ] {
        let whole = encode(&image, format);
        assert!(decode(&whole, Channels::Grey).is_ok());
        for length in (0..whole.len()).step_by(7).chain(whole.len() - 12..whole.len()) {
            assert!(decode(&whole[..length], Channels::Grey).is_err(), "{format:?} cut to {length} of {}", whole.len());
            if ![ImageFormat::Png, ImageFormat::Jpeg].contains(&format) {
                continue;
            }
            // As a download leaves it that reserves the whole length first. The last chunk of a PNG has no pixels.
            let zeroed = [&whole[..length], &vec![0; whole.len() - length]].concat();
            if length < whole.len() - 12 {
                assert!(decode(&zeroed, Channels::Grey).is_err(), "{format:?} zero from {length} of {}", whole.len());
            }
        }
        let half = decode(&whole[..whole.len() / 2], Channels::Grey).unwrap_err().to_string();
        assert!(half.ends_with(&format!("file is cut off after {} bytes", whole.len() / 2)), "{format:?}: {half}");
    }
}

#[test]
fn a_jpeg_with_a_preview_is_cut_where_the_film_is_cut_not_the_preview() {
    let image = encode(&gradient(48, 64, 0), ImageFormat::Jpeg);
    let preview = encode(&gradient(8, 8, 0), ImageFormat::Jpeg);
    let mut bytes = image[..2].to_vec();
    bytes.extend([0xff, 0xe5]);
    bytes.extend((preview.len() as u16 + 2).to_be_bytes());
    bytes.extend(&preview);
    bytes.extend(&image[2..]);
    assert_eq!(grey(&bytes), grey(&image));
    assert!(matches!(decode(&bytes[..bytes.len() - 2], Channels::Grey), Err(DecodeError::Truncated { format: "JPEG", .. })));
}

#[test]
fn damaged_data_is_refused() {
    let mut bytes = png(gradient(48, 64, 0));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    assert!(matches!(decode(&bytes, Channels::Grey), Err(DecodeError::Damaged { format: "PNG", .. })));
    let whole = encode(&gradient(64, 64, 3), ImageFormat::Jpeg);
    let mut bytes = whole.clone();
    // No Huffman code is all ones; a lenient decoder makes the rest of the film grey.
    let length = whole.len();
    // A byte of ones is followed by a zero, since otherwise it would start a marker.
    bytes.splice(length - 60..length - 30, [0xff, 0x00].repeat(15));
    assert!(matches!(decode(&bytes, Channels::Grey), Err(DecodeError::Damaged { format: "JPEG", .. })));
}

#[test]
fn a_file_of_another_type_is_named_as_such() {
    for bytes in [b"".as_slice(), b"GIF89a", b"<html>not found</html>", b"RIFF\0\0\0\0WAVE"] {
        assert_eq!(decode(bytes, Channels::Grey), Err(DecodeError::UnknownFormat));
    }
}

#[test]
fn an_absurd_size_is_refused_before_memory_is_taken() {
    let mut bytes = png(gradient(2, 2, 0));
    // Height and width of the header chunk, and its checksum.
    bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    let message = decode(&bytes, Channels::Grey).unwrap_err().to_string();
    assert_eq!(message, "65536×65536 pixels; films of up to 100 million pixels are read");

    let mut bytes = encode(&gradient(2, 2, 0), ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(decode(&bytes, Channels::Grey), Err(DecodeError::TooLarge(ImageSize::square(65_535))));
}

#[test]
fn other_formats_are_read_exactly_whatever_their_name() {
    let colour = DynamicImage::from(RgbImage::from_fn(7, 5, |x, y| Rgb([(x * 37) as u8, (y * 51) as u8, (x * y) as u8])));
    for format in [ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP] {
        assert_eq!(eight(&encode(&colour, format), Channels::Rgb), colour.as_bytes(), "{format:?}");
        let image = gradient(9, 7, 1);
        assert_eq!(grey(&encode(&image, format)), image.as_bytes(), "{format:?}");
    }
}

/// Entries of a TIFF directory, tag and value, and the pixels of its one row.
type Page<'a> = (&'a [(u16, u32)], &'a [u8]);

/// A TIFF file of single-strip directories one after another, each of one row: entries of tag and value, and pixels.
fn tiff(pages: &[Page]) -> Vec<u8> {
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    for (page, (extra, pixels)) in pages.iter().enumerate() {
        let count = 8 + extra.len();
        let end = bytes.len() + 2 + 12 * count + 4;
        let given =
            [(256, pixels.len() as u32), (257, 1), (258, 8), (259, 1), (262, 1), (273, end as u32), (278, 1), (279, pixels.len() as u32)];
        let mut entries: Vec<(u16, u32)> = given.into_iter().filter(|(tag, _)| !extra.iter().any(|(own, _)| own == tag)).collect();
        entries.extend(*extra);
        entries.sort_unstable();
        let pad = 12 * (count - entries.len());
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, value) in entries {
            // A type of 4 is a number of four bytes; orientation is told by 3, of two.
            let kind: u16 = if tag == 274 { 3 } else { 4 };
            bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            bytes.extend([1, value].map(u32::to_le_bytes).concat());
        }
        let next = if page + 1 < pages.len() { (end + pixels.len()) as u32 } else { 0 };
        bytes.extend(next.to_le_bytes());
        bytes.extend(vec![0; pad]);
        bytes.extend(*pixels);
    }
    bytes
}

#[test]
fn a_tiff_that_is_white_at_zero_is_inverted_and_one_that_lies_is_turned() {
    assert_eq!(grey(&tiff(&[(&[], &[0, 9, 255])])), [0, 9, 255]);
    assert_eq!(grey(&tiff(&[(&[(262, 0)], &[0, 9, 255])])), [255, 246, 0]);
    let turned = decode(&tiff(&[(&[(274, 6)], &[0, 9, 255])]), Channels::Grey).unwrap();
    assert_eq!((turned.size, turned.pixels), (ImageSize { height: 3, width: 1 }, Pixels::Eight(vec![0, 9, 255])));
}

#[test]
fn a_tiff_of_several_pages_is_refused_but_for_previews() {
    let page: Page = (&[], &[1, 2, 3]);
    let message = decode(&tiff(&[page, page]), Channels::Grey).unwrap_err().to_string();
    assert_eq!(message, "the TIFF file has 2 pages; save each as a file of its own");
    assert_eq!(grey(&tiff(&[page, (&[(254, 1)], &[9])])), [1, 2, 3]);
    // A chain that leads back to its start.
    let mut circle = tiff(&[page]);
    let next = circle.len() - 3 - 4;
    circle[next] = 8;
    assert!(matches!(decode(&circle, Channels::Grey), Err(DecodeError::Truncated { format: "TIFF", .. })));
}

#[test]
fn a_tiff_whose_pixels_are_cut_behind_its_directory_is_refused() {
    let whole = tiff(&[(&[], &[7; 40])]);
    for length in whole.len() - 40..whole.len() {
        assert!(decode(&whole[..length], Channels::Grey).is_err(), "cut to {length} of {}", whole.len());
    }
}

#[test]
fn a_kind_of_tiff_that_is_not_read_is_no_damage() {
    // Packed by a codec that nobody has.
    let message = decode(&tiff(&[(&[(259, 34_712)], &[1, 2, 3])]), Channels::Grey).unwrap_err().to_string();
    assert!(
        message.starts_with("the TIFF file has what is not read (") && message.ends_with("; convert it to PNG of 8 or 16 bits"),
        "{message}"
    );
}

#[test]
fn floating_point_pixels_are_refused() {
    let image = DynamicImage::from(image::Rgb32FImage::from_pixel(2, 2, Rgb([0.5, 2.0, -1.0])));
    let message = decode(&encode(&image, ImageFormat::Tiff), Channels::Grey).unwrap_err().to_string();
    assert!(message.contains("the TIFF file has floating-point pixels"), "{message}");
}

#[test]
fn absurd_sizes_of_every_format_are_refused_before_memory_is_taken() {
    let huge = 60_000_u32;
    let mut bmp = encode(&gradient(2, 2, 0), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[huge, huge].map(u32::to_le_bytes).concat());
    for bytes in [bmp, tiff(&[(&[(256, huge), (257, huge), (278, huge)], &[1, 2, 3])])] {
        assert_eq!(decode(&bytes, Channels::Grey), Err(DecodeError::TooLarge(ImageSize::square(huge))));
    }
}

#[test]
fn no_damage_makes_a_decoder_panic() {
    let colour = DynamicImage::from(RgbImage::from_fn(7, 5, |x, y| Rgb([(x * 37) as u8, (y * 51) as u8, (x * y) as u8])));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP] {
        let whole = encode(&colour, format);
        for place in 0..whole.len() {
            for change in [0xff, 0x80, 0x01] {
                let mut bytes = whole.clone();
                bytes[place] ^= change;
                // Damage may leave another picture behind; what matters is that this returns.
                drop(decode(&bytes, Channels::Grey));
            }
        }
    }
}

#[cfg(not(feature = "dicom"))]
#[test]
fn a_build_without_dicom_says_which_feature_it_needs() {
    let message = decode(&[&[0; 128], b"DICM".as_slice()].concat(), Channels::Grey).unwrap_err().to_string();
    assert!(message.contains("build bench-run with its cargo feature `dicom`, or convert it to PNG"), "{message}");
}

#[test]
fn dicom_is_known_by_its_mark_whatever_the_bytes_before_it_say() {
    for (start, rest, expected) in [
        (b"II\x2a\0".as_slice(), b"DICM".as_slice(), Some(Format::Dicom)),
        (b"II\x2a\0", b"....", Some(Format::Tiff)),
        (b"DICM", b"....", Some(Format::Dicom)),
        (b"\x08\0\x05\0", b"....", Some(Format::Dicom)),
        (b"\x02\0\0\0", b"....", Some(Format::Dicom)),
        (b"\x02\0\0\x01", b"....", None),
        (b"BM", b"....", Some(Format::Bmp)),
    ] {
        let mut bytes = vec![0x20; 132];
        bytes[..start.len()].copy_from_slice(start);
        bytes[128..].copy_from_slice(rest);
        assert_eq!(Format::of(&bytes), expected, "{start:?} {rest:?}");
    }
}

#[test]
fn kinds_that_no_encoder_here_writes_are_read_as_pillow_reads_them() {
    macro_rules! kept {
        ($name:literal) => {
            ($name, include_bytes!(concat!("../../tests/fuzz/seeds/", $name)).as_slice())
        };
    }
    // Expected by `Image.open(FILE).convert("RGB").convert("L")` of Pillow at these rows and columns; no two JPEG or WebP decoders agree to
    // the last level.
    for ((name, bytes), expected, tolerance) in [
        (kept!("cmyk.jpg"), [112, 134, 135, 108], 3),
        (kept!("progressive.jpg"), [1, 70, 206, 35], 3),
        (kept!("progressive_colour.jpg"), [115, 132, 135, 117], 3),
        (kept!("palette.bmp"), [115, 135, 155, 100], 0),
        (kept!("palette.png"), [115, 135, 155, 100], 0),
        (kept!("interlaced.png"), [0, 68, 195, 42], 0),
        (kept!("fax.tif"), [0, 0, 255, 0], 0),
        (kept!("jpeg.tif"), [112, 132, 139, 106], 3),
        (kept!("lossy.webp"), [102, 129, 134, 99], 6),
    ] {
        let film = decode(bytes, Channels::Grey).unwrap();
        assert_eq!(film.size, ImageSize { height: 20, width: 16 }, "{name}");
        let found = [(0, 0), (5, 3), (9, 12), (19, 15)].map(|(row, column)| grey(bytes)[row * 16 + column]);
        assert!(found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance), "{name}: {found:?}");
    }
}

#[test]
fn a_png_that_moves_is_refused() {
    let bytes = include_bytes!("../../tests/fuzz/seeds/animated.png");
    let message = decode(bytes, Channels::Grey).unwrap_err().to_string();
    assert_eq!(message, "the PNG file has several frames; save each as a file of its own");
}
