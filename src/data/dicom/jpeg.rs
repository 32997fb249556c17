//! JPEG pictures inside DICOM: baseline ones as JPEG files are read, in strict mode; lossless ones of up to 16 bits.

use image::DynamicImage;
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use super::super::decode::DecodeError;
use super::super::decode_raster::decode_jpeg;
use super::super::end_marker::jpeg_is_complete;
use super::stored::wrong_size;
use super::{Layout, damaged, unsupported};

/// Unpack a frame.
pub(super) fn decode(data: &[u8], layout: &Layout) -> Result<Vec<u16>, DecodeError> {
    if !jpeg_is_complete(data) {
        return Err(damaged("the JPEG inside it is cut off"));
    }
    let failed = |error: jpeg_decoder::Error| match error {
        jpeg_decoder::Error::Unsupported(what) => {
            unsupported(format!("JPEG pixels with {what:?}"), "convert it to an uncompressed transfer syntax")
        }
        other => damaged(other.to_string()),
    };
    let mut decoder = Decoder::new(data);
    decoder.read_info().map_err(failed)?;
    let info = decoder.info().ok_or_else(|| damaged("the JPEG inside it has no frame"))?;
    if (u32::from(info.height), u32::from(info.width)) != (layout.size.height, layout.size.width) {
        return Err(wrong_size(info.height.into(), info.width.into(), layout));
    }
    match (info.coding_process, info.pixel_format) {
        (CodingProcess::Lossless, PixelFormat::L8) => Ok(decoder.decode().map_err(failed)?.into_iter().map(u16::from).collect()),
        (CodingProcess::Lossless, PixelFormat::L16) => {
            let bytes = decoder.decode().map_err(failed)?;
            Ok(bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect())
        }
        (_, PixelFormat::L8) => lossy(data),
        (_, format) => Err(unsupported(format!("{format:?} pixels in its JPEG"), "films have one channel; convert it to PNG")),
    }
    .and_then(|values| if values.len() == layout.area() { Ok(values) } else { Err(damaged("the JPEG inside it lacks pixels")) })
}

fn lossy(data: &[u8]) -> Result<Vec<u16>, DecodeError> {
    match decode_jpeg(data)? {
        DynamicImage::ImageLuma8(image) => Ok(image.into_raw().into_iter().map(u16::from).collect()),
        _ => Err(damaged("the JPEG inside it is not grey")),
    }
}
