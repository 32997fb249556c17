//! A drawing as SVG and as PNG, by the backends of `plotters`.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontTransform, IntoTextStyle as _, RGBColor};

use super::contact_sheet::Picture;
use super::drawing::{Anchor, Drawing, Mark, Pen, Shape, Words};
use super::style::{PAPER, font, line_height};

/// Pixels of the PNG to one of the drawing, for screens of high density.
pub(super) const PNG_SCALE: f64 = 2.0;
/// Steps of the SVG to one pixel: the backend knows whole numbers only, and curves of whole pixels would look shaky.
const SVG_SCALE: f64 = 10.0;

/// What a backend does differently with text.
#[derive(Clone, Copy)]
struct Target {
    scale: f64,
    /// The library's font size for one pixel to the em.
    font_size: f64,
    /// Ems from the top at which the library places a text down to its baseline.
    baseline: f64,
}

/// The SVG file.
///
/// # Errors
///
/// What the drawing library says.
pub(super) fn svg(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let size = ((drawing.width * SVG_SCALE) as u32, (drawing.height * SVG_SCALE) as u32);
    let mut text = String::new();
    // The backend divides sizes by 1.24 and moves a text anchored at its top down by 0.76 em.
    let target = Target { scale: SVG_SCALE, font_size: 1.24, baseline: 0.76 };
    draw(SVGBackend::with_string(&mut text, size), drawing, target)?;
    let (_, body) = text.split_once('\n').ok_or("the library wrote no SVG")?;
    let (width, height) = (drawing.width.round(), drawing.height.round());
    let title = drawing.title.replace('&', "&amp;").replace('<', "&lt;");
    let head = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n<title>{title}</title>\n",
        size.0, size.1
    );
    Ok((head + body).into_bytes())
}

/// The PNG file.
///
/// # Errors
///
/// What the drawing library or the encoder says.
pub(super) fn png(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let Canvas { pixels, height, width } = pixels(drawing)?;
    encode(&pixels, height, width, ExtendedColorType::Rgb8)
}

/// A drawing as pixels.
pub(super) struct Canvas {
    /// RGB, row by row.
    pixels: Vec<u8>,
    height: u32,
    width: u32,
}

/// The pixels of the PNG, for pictures to be put among them.
///
/// # Errors
///
/// What the drawing library says.
pub(super) fn pixels(drawing: &Drawing) -> Result<Canvas, String> {
    let (width, height) = ((drawing.width * PNG_SCALE) as u32, (drawing.height * PNG_SCALE) as u32);
    let mut pixels = vec![0; (width * height * 3) as usize];
    // The backend places the baseline half a line height below the top.
    let target = Target { scale: PNG_SCALE, font_size: line_height(1.0), baseline: line_height(1.0) / 2.0 };
    draw(BitMapBackend::with_buffer(&mut pixels, (width, height)), drawing, target)?;
    Ok(Canvas { pixels, height, width })
}

impl Canvas {
    /// Put a picture over what is there, its upper left corner at a place; what lies beyond the edges is cut off.
    pub(super) fn put(&mut self, picture: &Picture, left: u32, top: u32) {
        let columns = picture.width.min(self.width.saturating_sub(left)) as usize;
        for row in 0..picture.height.min(self.height.saturating_sub(top)) {
            let from = (row * picture.width) as usize * 3;
            let to = ((top + row) * self.width + left) as usize * 3;
            self.pixels[to..to + 3 * columns].copy_from_slice(&picture.pixels[from..from + 3 * columns]);
        }
    }

    /// As a PNG file, of one channel where nothing has colour.
    ///
    /// # Errors
    ///
    /// What the encoder says.
    pub(super) fn encode(&self) -> Result<Vec<u8>, String> {
        let is_grey = self.pixels.chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
        if is_grey {
            let grey: Vec<u8> = self.pixels.iter().copied().step_by(3).collect();
            encode(&grey, self.height, self.width, ExtendedColorType::L8)
        } else {
            encode(&self.pixels, self.height, self.width, ExtendedColorType::Rgb8)
        }
    }
}

fn encode(pixels: &[u8], height: u32, width: u32, colour: ExtendedColorType) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(pixels, width, height, colour).map_err(|problem| problem.to_string())?;
    Ok(bytes)
}

type Outcome<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw<B: DrawingBackend>(backend: B, drawing: &Drawing, target: Target) -> Result<(), String> {
    let root = backend.into_drawing_area();
    let all = || -> Outcome<B> {
        root.fill(&PAPER)?;
        for shape in &drawing.shapes {
            draw_shape(&root, shape, target)?;
        }
        root.present()
    };
    all().map_err(|problem| problem.to_string())
}

fn draw_shape<B: DrawingBackend>(root: &DrawingArea<B, Shift>, shape: &Shape, target: Target) -> Outcome<B> {
    let place = |(x, y): (f64, f64)| ((x * target.scale).round() as i32, (y * target.scale).round() as i32);
    match shape {
        Shape::Line { points, pen } => {
            for piece in dashes(points, pen) {
                let style = pen.colour.stroke_width((pen.width * target.scale).round().max(1.0) as u32);
                root.draw(&PathElement::new(piece.into_iter().map(place).collect::<Vec<_>>(), style))?;
            }
            Ok(())
        }
        Shape::Area { bounds, colour } => {
            root.draw(&Rectangle::new([place((bounds.left, bounds.top)), place((bounds.right, bounds.bottom))], colour.filled()))
        }
        Shape::Region { points, colour, opacity } => {
            let corners: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
            root.draw(&Polygon::new(corners, colour.mix(*opacity).filled()))
        }
        Shape::Mark { at, mark, colour } => draw_mark(root, place(*at), *mark, *colour, target),
        Shape::Words(words) => draw_words(root, words, target),
    }
}

fn draw_mark<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    (x, y): (i32, i32),
    mark: Mark,
    colour: RGBColor,
    target: Target,
) -> Outcome<B> {
    let scaled = |length: f64| (length * target.scale).round() as i32;
    match mark {
        Mark::Disc(radius) => root.draw(&Circle::new((x, y), scaled(radius), colour.filled())),
        Mark::Ring(radius) => {
            root.draw(&Circle::new((x, y), scaled(radius), colour.filled()))?;
            root.draw(&Circle::new((x, y), scaled(radius - 1.0), PAPER.filled()))
        }
        Mark::Diamond(half) => root.draw(&Polygon::new(diamond((x, y), scaled(half)), colour.filled())),
        Mark::HollowDiamond(half) => {
            root.draw(&Polygon::new(diamond((x, y), scaled(half)), colour.filled()))?;
            root.draw(&Polygon::new(diamond((x, y), scaled(half - 1.5)), PAPER.filled()))
        }
    }
}

fn diamond((x, y): (i32, i32), half: i32) -> [(i32, i32); 4] {
    [(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
}

fn draw_words<B: DrawingBackend>(root: &DrawingArea<B, Shift>, words: &Words, target: Target) -> Outcome<B> {
    let h_pos = match words.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let mut font = font(words.size * target.scale * target.font_size, words.is_bold);
    let raise = words.size * target.baseline;
    let (mut x, mut y) = words.at;
    if words.is_upright {
        font = font.transform(FontTransform::Rotate270);
        x -= raise;
    } else {
        y -= raise;
    }
    let style = font.into_text_style(root).color(&words.colour).pos(Pos::new(h_pos, VPos::Top));
    root.draw_text(&words.text, &style, ((x * target.scale).round() as i32, (y * target.scale).round() as i32))
}

/// The pieces of a line that are drawn: all of it, or its dashes.
fn dashes(points: &[(f64, f64)], pen: &Pen) -> Vec<Vec<(f64, f64)>> {
    let Some((dash, gap)) = pen.dash else {
        return vec![points.to_vec()];
    };
    let mut pieces = Vec::new();
    for pair in points.windows(2) {
        let ((from_x, from_y), (to_x, to_y)) = (pair[0], pair[1]);
        let length = (to_x - from_x).hypot(to_y - from_y);
        let at = |along: f64| (from_x + (to_x - from_x) * along / length, from_y + (to_y - from_y) * along / length);
        let mut start = 0.0;
        while start < length {
            pieces.push(vec![at(start), at((start + dash).min(length))]);
            start += dash + gap;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashed_line_ends_where_the_line_ends() {
        let pen = Pen { colour: PAPER, width: 1.0, dash: Some((6.0, 4.0)) };
        let pieces = dashes(&[(0.0, 0.0), (0.0, 23.0)], &pen);
        assert_eq!(pieces, [[(0.0, 0.0), (0.0, 6.0)], [(0.0, 10.0), (0.0, 16.0)], [(0.0, 20.0), (0.0, 23.0)]]);
    }
}
