//! PNG, JPEG, TIFF, BMP and WebP files into pictures: the bytes of a file in, a picture in its own depth and colours out.
//!
//! What the decoders let pass is looked for here: a cut file, an absurd size, more than one picture.

use std::io::Cursor;

use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::{DecodeError, Format, MAX_FILE_BYTES, check_size};
use super::end_marker::{jpeg_is_complete, png_is_animated, png_is_complete, webp_is_complete};
use super::tiff_pages::count_pages;
use crate::spec::ImageSize;

/// What a decoder may allocate besides the picture, for instance for an embedded colour profile.
const MAX_ALLOCATION: u64 = 1 << 30;

/// Decode a PNG, TIFF, BMP or WebP file.
pub(super) fn decode_raster(bytes: &[u8], format: Format) -> Result<DynamicImage, DecodeError> {
    let damaged = |error: ImageError| match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => truncated(bytes, format),
        ImageError::Unsupported(error) => {
            let found = format!("what is not read ({error})");
            DecodeError::Unsupported { format: format.name(), found, next: "convert it to PNG of 8 or 16 bits" }
        }
        other => DecodeError::Damaged { format: format.name(), cause: other.to_string() },
    };
    check_structure(bytes, format)?;
    let mut decoder = open(bytes, format).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let size = ImageSize { height, width };
    check_size(size)?;
    if decoder.total_bytes() > MAX_FILE_BYTES {
        let found = format!("{size} pixels of {} bytes each", decoder.color_type().bytes_per_pixel());
        return Err(DecodeError::Unsupported { format: format.name(), found, next: "convert it to grey of 8 or 16 bits" });
    }
    // A tag that cannot be read leaves the film as it lies in the file.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// The decoder of a file, with its header read.
fn open(bytes: &[u8], format: Format) -> Result<impl ImageDecoder, ImageError> {
    let image_format = match format {
        Format::Tiff => ImageFormat::Tiff,
        Format::Bmp => ImageFormat::Bmp,
        Format::WebP => ImageFormat::WebP,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png | Format::Dicom => ImageFormat::Png,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    reader.into_decoder()
}

/// Bytes of a file's picture, by its header; none where the header cannot be read.
pub(super) fn picture_bytes(bytes: &[u8], format: Format) -> Option<u64> {
    open(bytes, format).ok().map(|decoder| decoder.total_bytes())
}

fn truncated(bytes: &[u8], format: Format) -> DecodeError {
    DecodeError::Truncated { format: format.name(), bytes: bytes.len() }
}

/// What the file itself says of its end and of its pictures.
fn check_structure(bytes: &[u8], format: Format) -> Result<(), DecodeError> {
    let is_complete = match format {
        Format::Png => png_is_complete(bytes),
        Format::WebP => webp_is_complete(bytes),
        _ => true,
    };
    if !is_complete {
        return Err(truncated(bytes, format));
    }
    let several = |found| Err(DecodeError::Unsupported { format: format.name(), found, next: "save each as a file of its own" });
    match format {
        Format::Tiff => match count_pages(bytes) {
            Some(0 | 1) => Ok(()),
            Some(pages) => several(format!("{pages} pages")),
            None => Err(truncated(bytes, format)),
        },
        Format::Png if png_is_animated(bytes) => several("several frames".to_owned()),
        // One that cannot be opened is refused when it is decoded.
        Format::WebP if WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()) => {
            several("several frames".to_owned())
        }
        _ => Ok(()),
    }
}

/// Decode a JPEG file in strict mode.
pub(super) fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    let damaged = |cause: String| DecodeError::Damaged { format: "JPEG", cause };
    if !jpeg_is_complete(bytes) {
        return Err(truncated(bytes, Format::Jpeg));
    }
    let longest = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(longest).set_max_height(longest);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions().expect("the headers were read");
    let (width, height) = (width as u32, height as u32);
    check_size(ImageSize { height, width })?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    decoder.set_options(options.jpeg_set_out_colorspace(if is_grey { ColorSpace::Luma } else { ColorSpace::RGB }));
    let pixels = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    let image = if is_grey {
        image::GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        image::RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let mut image = image.ok_or_else(|| damaged(format!("fewer pixels than {height}×{width}")))?;
    if let Some(orientation) = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif)) {
        image.apply_orientation(orientation);
    }
    Ok(image)
}
