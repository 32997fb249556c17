//! What the headers of film files tell: size, format and depth, without decoding a film.

use std::collections::BTreeMap;
use std::path::Path;

use image::{ImageDecoder as _, ImageFormat, ImageReader};

use super::facts::{ImageFacts, SizeCount};
use crate::data::{DicomHeader, Film, Sample, dicom_header};
use crate::spec::ImageSize;

/// What the header of one file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    size: ImageSize,
    format: String,
    bits_per_channel: u16,
    channels: u8,
}

/// The header of a film; none where the file tells nothing that is known here.
fn read_header(path: &Path) -> Option<Header> {
    // First, since the bytes before the mark of a DICOM file may be the head of another format.
    if let Some(DicomHeader { size, bits_stored }) = dicom_header(path) {
        return Some(Header { size, format: "DICOM".to_owned(), bits_per_channel: bits_stored, channels: 1 });
    }
    let reader = ImageReader::open(path).ok()?.with_guessed_format().ok()?;
    let format = match reader.format()? {
        ImageFormat::Png => "PNG".to_owned(),
        ImageFormat::Jpeg => "JPEG".to_owned(),
        other => other.extensions_str().first()?.to_uppercase(),
    };
    let decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let colour = decoder.original_color_type();
    let channels = colour.channel_count().max(1);
    Some(Header { size: ImageSize { height, width }, format, bits_per_channel: colour.bits_per_pixel() / u16::from(channels), channels })
}

/// The files of all films.
pub fn facts(samples: &[Sample]) -> ImageFacts {
    let header = |sample: &Sample| match &sample.film {
        Film::File(path) => read_header(path),
        Film::Phantom { .. } => None,
    };
    collect(&samples.iter().map(header).collect::<Vec<_>>())
}

fn collect(headers: &[Option<Header>]) -> ImageFacts {
    let mut facts = ImageFacts { unknown: headers.iter().filter(|header| header.is_none()).count(), ..ImageFacts::default() };
    let (mut heights, mut widths) = (Vec::new(), Vec::new());
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for Header { size, format, bits_per_channel, channels } in headers.iter().flatten() {
        facts.files += 1;
        heights.push(size.height);
        widths.push(size.width);
        *sizes.entry((size.height, size.width)).or_default() += 1;
        *facts.formats.entry(format.clone()).or_default() += 1;
        *facts.bits_per_channel.entry(*bits_per_channel).or_default() += 1;
        *facts.channels.entry(*channels).or_default() += 1;
    }
    facts.height = ends_and_middle(heights);
    facts.width = ends_and_middle(widths);
    facts.sizes = sizes.into_iter().map(|((height, width), films)| SizeCount { size: ImageSize { height, width }, films }).collect();
    // Sizes of equal number stay in their own order.
    facts.sizes.sort_by_key(|count| std::cmp::Reverse(count.films));
    facts
}

/// Smallest, middle (the upper of two) and largest.
fn ends_and_middle(mut values: Vec<u32>) -> Option<[u32; 3]> {
    values.sort_unstable();
    Some([*values.first()?, *values.get(values.len() / 2)?, *values.last()?])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use image::{DynamicImage, GrayImage, ImageBuffer, Luma, RgbImage};

    use super::*;

    #[test]
    fn headers_tell_size_format_depth_and_channels() {
        let folder = tempfile::tempdir().unwrap();
        let deep: DynamicImage = ImageBuffer::<Luma<u16>, Vec<u16>>::new(30, 40).into();
        let films: [(&str, DynamicImage); 4] = [
            ("a.png", GrayImage::new(30, 40).into()),
            ("b.jpg", RgbImage::new(30, 20).into()),
            ("c.png", deep),
            ("d.png", GrayImage::new(10, 50).into()),
        ];
        let sample = |path: std::path::PathBuf| Sample {
            id: path.display().to_string(),
            film: Film::File(path),
            age_months: 1.0,
            sex: None,
            group: None,
            race: None,
        };
        let mut samples = Vec::new();
        for (name, film) in films {
            film.save(folder.path().join(name)).unwrap();
            samples.push(sample(folder.path().join(name)));
        }
        std::fs::write(folder.path().join("e.png"), "no film").unwrap();
        samples.push(sample(folder.path().join("e.png")));
        let facts = facts(&samples);
        assert_eq!((facts.files, facts.unknown), (4, 1));
        assert_eq!((facts.height, facts.width), (Some([20, 40, 50]), Some([10, 30, 30])));
        assert_eq!(facts.formats, [("JPEG".to_owned(), 1), ("PNG".to_owned(), 3)].into());
        assert_eq!(facts.bits_per_channel, [(8, 3), (16, 1)].into());
        assert_eq!(facts.channels, [(1, 3), (3, 1)].into());
        assert_eq!((facts.sizes[0].films, facts.sizes[0].size), (2, ImageSize { height: 40, width: 30 }));
        assert_eq!(facts.sizes.len(), 3);
    }
}
