//! A sheet of films, each with its caption below: pictures of one shape in, a PNG out.
//!
//! Pixels are shown as they are: a small film is enlarged by a whole number, and only one that is larger than its place is reduced.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::super::{ReportError, ReportFile};
use super::backend;
use super::drawing::{Bounds, Drawing, Pen, Words};
use super::layout::{Header, MARGIN};
use super::style::{AXIS, INK, MUTED, SMALL_SIZE, shortened, wrapped};
use crate::spec::{Channels, ImageSize};

/// Longest side of a film in pixels of the PNG; half as many of the drawing.
const LONGEST: u32 = 256;
/// Blank paper between films, and between groups of films that belong together.
const GAP: f64 = 10.0;
const GROUP_GAP: f64 = 30.0;
/// Of the text of a caption, and of one line of it.
const CAPTION_SIZE: f64 = SMALL_SIZE - 0.5;
const LINE: f64 = SMALL_SIZE * 1.35;
/// A part of a caption is cut after so many lines.
const MOST_LINES: usize = 6;
/// Narrowest column: the words of a caption need some room.
const NARROWEST: f64 = 112.0;
/// Narrowest sheet, for its title.
const NARROWEST_SHEET: f64 = 480.0;

/// Films in rows.
pub(in crate::report) struct ContactSheet {
    pub(in crate::report) title: String,
    /// Sentences.
    pub(in crate::report) subtitle: Vec<String>,
    /// Films side by side.
    pub(in crate::report) columns: usize,
    /// How many of them belong together.
    pub(in crate::report) group: usize,
    /// Row by row; a place may stay empty.
    pub(in crate::report) places: Vec<Option<Frame>>,
    /// What every film was turned into.
    pub(in crate::report) size: ImageSize,
    /// Grey or RGB.
    pub(in crate::report) channels: Channels,
}

/// A film with its caption.
pub(in crate::report) struct Frame {
    /// Plane by plane and row by row: C × H × W bytes.
    pub(in crate::report) film: Vec<u8>,
    /// Its parts, each on a line of its own; the first stands out.
    pub(in crate::report) caption: Vec<String>,
}

impl ContactSheet {
    /// The PNG file at that path.
    ///
    /// # Errors
    ///
    /// Where the drawing library fails.
    pub(in crate::report) fn render(&self, path: &str) -> Result<ReportFile, ReportError> {
        let failed = |cause: String| ReportError::Draw { plot: path.to_owned(), cause };
        let (drawing, places) = self.drawing();
        let mut canvas = backend::pixels(&drawing).map_err(failed)?;
        for (place, (left, top)) in self.places.iter().zip(places) {
            if let Some(frame) = place {
                canvas.put(
                    &self.shown(&frame.film).map_err(failed)?,
                    (left * backend::PNG_SCALE) as u32,
                    (top * backend::PNG_SCALE) as u32,
                );
            }
        }
        Ok(ReportFile { path: path.into(), bytes: canvas.encode().map_err(failed)? })
    }

    /// Everything but the films, and the upper left corner of each.
    fn drawing(&self) -> (Drawing, Vec<(f64, f64)>) {
        let ImageSize { height, width } = self.shown_size();
        let (height, width) = (f64::from(height) / backend::PNG_SCALE, f64::from(width) / backend::PNG_SCALE);
        let column = width.max(NARROWEST);
        let lines = self.places.iter().flatten().map(|frame| lines(frame, column).len()).max().unwrap_or(0);
        let row = (height + 4.0 + lines as f64 * LINE + GAP).ceil();
        let left = |place: usize| {
            let column_number = place % self.columns;
            let groups = column_number / self.group.max(1);
            MARGIN + column_number as f64 * (column + GAP) + groups as f64 * (GROUP_GAP - GAP)
        };
        let right = (0..self.columns).map(left).fold(0.0, f64::max) + column + MARGIN;
        let mut drawing = Drawing::new(self.title.clone(), right.max(NARROWEST_SHEET), 0.0);
        let header = Header { title: self.title.clone(), subtitle: self.subtitle.clone(), legend: Vec::new() };
        // A legend without entries leaves a line of blank paper, which is more than films need.
        let top = header.draw(&mut drawing).ceil() - 14.0;
        drawing.height = top + self.places.len().div_ceil(self.columns) as f64 * row + MARGIN - GAP;
        let corner = |place: usize| (left(place), top + (place / self.columns) as f64 * row);
        for (place, frame) in self.places.iter().enumerate() {
            if let Some(frame) = frame {
                draw_frame(&mut drawing, frame, corner(place), (height, width, column));
            }
        }
        (drawing, (0..self.places.len()).map(corner).collect())
    }

    /// Height and width of a film on the sheet, in pixels of the PNG.
    fn shown_size(&self) -> ImageSize {
        let ImageSize { height, width } = self.size;
        let longest = height.max(width);
        if longest <= LONGEST {
            let times = (LONGEST / longest).max(1);
            return ImageSize { height: height * times, width: width * times };
        }
        let scaled = |side: u32| ((f64::from(side) * f64::from(LONGEST) / f64::from(longest)).round() as u32).max(1);
        ImageSize { height: scaled(height), width: scaled(width) }
    }

    fn shown(&self, film: &[u8]) -> Result<Picture, String> {
        let ImageSize { height, width } = self.shown_size();
        let pixels = interleaved(film, self.size, self.channels);
        let mut target = Image::new(width, height, PixelType::U8x3);
        let source = ImageRef::new(self.size.width, self.size.height, &pixels, PixelType::U8x3).map_err(|error| error.to_string())?;
        let algorithm = if height >= self.size.height { ResizeAlg::Nearest } else { ResizeAlg::Convolution(FilterType::Lanczos3) };
        let options = ResizeOptions::new().resize_alg(algorithm);
        Resizer::new().resize(&source, &mut target, &options).map_err(|error| error.to_string())?;
        Ok(Picture { pixels: target.into_vec(), height, width })
    }
}

/// A hairline around the film, since films may be as white as the paper, and the caption below it.
fn draw_frame(drawing: &mut Drawing, frame: &Frame, (left, top): (f64, f64), (height, width, column): (f64, f64, f64)) {
    let outer = Bounds { left: left - 1.0, top: top - 1.0, right: left + width + 1.0, bottom: top + height + 1.0 };
    let corners = [(outer.left, outer.top), (outer.right, outer.top), (outer.right, outer.bottom), (outer.left, outer.bottom)];
    drawing.line(corners.into_iter().chain([corners[0]]).collect(), Pen::solid(AXIS, 0.5));
    for (number, (line, is_bold)) in lines(frame, column).into_iter().enumerate() {
        let at = (left, top + height + 4.0 + (number as f64 + 1.0) * LINE - 3.0);
        let words = Words::new(line, at, CAPTION_SIZE, if is_bold { INK } else { MUTED });
        drawing.words(if is_bold { words.bold() } else { words });
    }
}

/// The lines of a caption in a column, and which of them stand out. What is long is broken between words, and cut where it
/// would fill more lines than it may.
fn lines(frame: &Frame, column: f64) -> Vec<(String, bool)> {
    let broken = |(number, text): (usize, &String)| {
        let is_first = number == 0;
        let most = if is_first { 1 } else { MOST_LINES };
        let mut lines = wrapped(text, CAPTION_SIZE, is_first, column);
        if lines.len() > most {
            let rest = lines.split_off(most - 1).join(" ");
            lines.push(shortened(&rest, CAPTION_SIZE, is_first, column));
        }
        lines.into_iter().map(move |line| (line, is_first))
    };
    frame.caption.iter().enumerate().flat_map(broken).collect()
}

/// RGB pixels of a film.
///
/// # Shapes
/// `[C, H, W]` → `[H, W, 3]`
fn interleaved(film: &[u8], size: ImageSize, channels: Channels) -> Vec<u8> {
    let area = size.height as usize * size.width as usize;
    let plane = |channel: usize| if channels.count() == 1 { 0 } else { channel * area };
    (0..area).flat_map(|pixel| (0..3).map(move |channel| film[plane(channel) + pixel])).collect()
}

/// RGB pixels.
pub(super) struct Picture {
    /// `[H, W, 3]`, row by row.
    pub(super) pixels: Vec<u8>,
    pub(super) height: u32,
    pub(super) width: u32,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::drawing::Shape;
    use super::*;

    fn sheet(films: usize, size: ImageSize, channels: Channels) -> ContactSheet {
        let film = |number: usize| {
            let bytes = size.height as usize * size.width as usize * channels.count();
            Frame {
                film: (0..bytes).map(|byte| (byte * 3 + number) as u8).collect(),
                caption: vec![format!("a-rather-long-id-of-a-film-{number}"), "12.50 y, F, train".into()],
            }
        };
        ContactSheet {
            title: "Films".into(),
            subtitle: vec!["The films are synthetic.".into()],
            columns: 4,
            group: 2,
            places: (0..films).map(|number| (number != 2).then(|| film(number))).collect(),
            size,
            channels,
        }
    }

    #[test]
    fn every_film_is_on_the_sheet_pixel_by_pixel() {
        for (height, width, channels) in [(32, 20, Channels::Grey), (100, 96, Channels::Rgb), (256, 250, Channels::Grey)] {
            let sheet = sheet(7, ImageSize { height, width }, channels);
            let image = image::load_from_memory(&sheet.render("a.png").unwrap().bytes).unwrap().to_rgb8();
            let times = sheet.shown_size().height / height;
            for (frame, (left, top)) in sheet.places.iter().zip(sheet.drawing().1) {
                let Some(frame) = frame else { continue };
                for (row, column) in [(0, 0), (height - 1, width - 1), (height / 2, 3)] {
                    let at = |start: f64, place: u32| (start * 2.0) as u32 + place * times + times / 2;
                    let found = image.get_pixel(at(left, column), at(top, row)).0;
                    let pixel = (row * width + column) as usize;
                    let plane = if channels == Channels::Rgb { (height * width) as usize } else { 0 };
                    assert_eq!(found, [0, 1, 2].map(|channel| frame.film[pixel + channel * plane]), "{height}×{width}, row {row}");
                }
            }
        }
    }

    #[test]
    fn a_large_film_is_reduced_and_keeps_its_shape() {
        let shown = sheet(1, ImageSize { height: 1024, width: 512 }, Channels::Grey).shown_size();
        assert_eq!(shown, ImageSize { height: 256, width: 128 });
    }

    #[test]
    fn captions_stay_below_their_films_and_overlap_nothing() {
        for (height, width) in [(32, 32), (64, 40), (300, 70), (40, 200)] {
            let (drawing, _) = sheet(10, ImageSize { height, width }, Channels::Grey).drawing();
            let words = drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words) } else { None });
            let boxes: Vec<_> = words.map(|words| (words.text.clone(), words.bounds())).collect();
            assert_eq!(boxes.len(), 2 + 9 * 2);
            for (index, (text, bounds)) in boxes.iter().enumerate() {
                assert!(bounds.right <= drawing.width && bounds.bottom <= drawing.height, "{height}×{width}: {text:?} is cut");
                for (other, other_bounds) in &boxes[..index] {
                    assert!(!bounds.overlaps(other_bounds), "{height}×{width}: {text:?} overlaps {other:?}");
                }
            }
        }
    }

    #[test]
    fn a_long_reason_is_broken_between_words_and_cut_after_some_lines() {
        let caption = |text: &str| Frame { film: Vec::new(), caption: vec!["12".into(), text.into()] };
        let short = lines(&caption("2.50: a disc of 12 pixels at level 255"), NARROWEST);
        let words = short[1..].iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(words, "2.50: a disc of 12 pixels at level 255");
        assert!(short.len() > 2 && short[0] == ("12".to_owned(), true), "{short:?}");
        let long = lines(&caption(&"word ".repeat(80)), NARROWEST);
        assert_eq!(long.len(), 1 + MOST_LINES);
        assert!(long[MOST_LINES].0.ends_with('…'), "{long:?}");
    }

    #[test]
    fn a_grey_sheet_has_one_channel() {
        let grey = sheet(2, ImageSize::square(8), Channels::Grey).render("a.png").unwrap();
        let colour = sheet(2, ImageSize::square(8), Channels::Rgb).render("a.png").unwrap();
        assert_eq!(image::load_from_memory(&grey.bytes).unwrap().color().channel_count(), 1);
        assert_eq!(image::load_from_memory(&colour.bytes).unwrap().color().channel_count(), 3);
    }
}
