#![allow(clippy::unwrap_used, reason = "a test may panic")]

use image::{DynamicImage, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

use super::super::testing::{encode, gradient};
use super::*;

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encode(&image.into(), ImageFormat::Png)
}

fn grey(bytes: &[u8]) -> Vec<u8> {
    decode(bytes, Channels::Grey).unwrap().pixels
}

#[test]
fn an_eight_bit_grey_png_is_read_exactly() {
    let image = gradient(9, 7, 1);
    let film = decode(&png(image.clone()), Channels::Rgb).unwrap();
    assert_eq!(film, NativeFilm { pixels: image.into_bytes(), size: ImageSize { height: 9, width: 7 }, channels: Channels::Grey });
}

#[test]
fn sixteen_bits_are_narrowed_by_their_full_range() {
    let levels: Vec<u16> = vec![0, 128, 129, 257, 32_768, 65_406, 65_407, 65_535];
    let image: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_raw(4, 2, levels).unwrap();
    assert_eq!(grey(&png(image)), [0, 0, 1, 1, 128, 254, 255, 255]);
    let colour: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_raw(1, 1, vec![200 * 257, 100 * 257, 50 * 257]).unwrap();
    assert_eq!(decode(&png(colour), Channels::Rgb).unwrap().pixels, [200, 100, 50]);
}

#[test]
fn colour_becomes_grey_as_pillow_does_it() {
    // Expected by `Image.new("RGB", (1, 1), colour).convert("L")` of Pillow.
    for (colour, expected) in
        [([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([255, 255, 255], 255), ([10, 200, 30], 124), ([1, 2, 3], 2)]
    {
        let bytes = png(RgbImage::from_pixel(2, 3, Rgb(colour)));
        assert_eq!(grey(&bytes), [expected; 6], "{colour:?}");
        assert_eq!(decode(&bytes, Channels::Rgb).unwrap().pixels, colour.repeat(6));
    }
}

#[test]
fn what_is_transparent_lies_on_black() {
    let bytes = png(GrayAlphaImage::from_raw(3, 1, vec![200, 255, 200, 128, 200, 0]).unwrap());
    assert_eq!(grey(&bytes), [200, 100, 0]);
    let bytes = png(RgbaImage::from_pixel(1, 1, Rgba([255, 100, 0, 51])));
    assert_eq!(decode(&bytes, Channels::Rgb).unwrap().pixels, [51, 20, 0]);
    let deep: ImageBuffer<LumaA<u16>, _> = ImageBuffer::from_raw(1, 1, vec![200 * 257, 51 * 257]).unwrap();
    assert_eq!(grey(&png(deep)), [40]);
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
    assert!(film.pixels.chunks(3).all(|pixel| pixel.iter().zip([200, 60, 20]).all(|(found, level)| found.abs_diff(level) < 6)));
    let film = decode(&encode(&colour, ImageFormat::Jpeg), Channels::Grey).unwrap();
    assert!(film.pixels.iter().all(|level| level.abs_diff(97) < 5) && film.pixels.len() == 40 * 24);
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
    assert_eq!(turned.pixels[0], grey(&upright)[23 * 40]);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let colour =
        DynamicImage::from(RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 37 % 256) as u8, (y * 91 % 256) as u8, (x * y % 256) as u8])));
    for (format, image) in [
        (ImageFormat::Png, gradient(48, 64, 0)),
        (ImageFormat::Png, colour.clone()),
        (ImageFormat::Jpeg, gradient(48, 64, 0)),
        (ImageFormat::Jpeg, colour),
    ] {
        let whole = encode(&image, format);
        assert!(decode(&whole, Channels::Grey).is_ok());
        for length in (0..whole.len()).step_by(7).chain(whole.len() - 12..whole.len()) {
            assert!(decode(&whole[..length], Channels::Grey).is_err(), "{format:?} cut to {length} of {}", whole.len());
            // As a download leaves it that reserves the whole length first. The last chunk of a PNG has no pixels.
            let zeroed = [&whole[..length], &vec![0; whole.len() - length]].concat();
            if length < whole.len() - 12 {
                assert!(decode(&zeroed, Channels::Grey).is_err(), "{format:?} zero from {length} of {}", whole.len());
            }
        }
        let half = decode(&whole[..whole.len() / 2], Channels::Grey).unwrap_err().to_string();
        assert!(half.ends_with(&format!("file is cut off after {} bytes", whole.len() / 2)), "{half}");
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
    for bytes in [b"".as_slice(), b"GIF89a", b"<html>not found</html>"] {
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
