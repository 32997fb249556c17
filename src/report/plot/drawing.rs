//! A plot as data: lines, areas, regions, marks and words, in pixels from the top left.

use plotters::style::RGBColor;

use super::style::text_width;

/// All of a plot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What it shows, for readers that cannot see it.
    pub(super) title: String,
    /// Later ones cover earlier ones.
    pub(super) shapes: Vec<Shape>,
}

/// One thing on the paper.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Joined points.
    Line { points: Vec<(f64, f64)>, pen: Pen },
    /// A filled rectangle.
    Area { bounds: Bounds, colour: RGBColor },
    /// What a closed line of points holds; an opacity below 1 lets what is under it be seen.
    Region { points: Vec<(f64, f64)>, colour: RGBColor, opacity: f64 },
    /// A mark of one film or epoch.
    Mark { at: (f64, f64), mark: Mark, colour: RGBColor },
    /// Text.
    Words(Words),
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pen {
    pub(super) colour: RGBColor,
    pub(super) width: f64,
    /// Lengths of dash and gap.
    pub(super) dash: Option<(f64, f64)>,
}

/// Forms that differ without colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    /// A filled disc of a radius.
    Disc(f64),
    /// A disc of a radius with a white inside.
    Ring(f64),
    /// A filled square on its corner, of half a diagonal.
    Diamond(f64),
    /// A square on its corner with a white inside.
    HollowDiamond(f64),
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    pub(super) text: String,
    /// On the baseline, at the start, middle or end of the text.
    pub(super) at: (f64, f64),
    /// Pixels to the em.
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    pub(super) is_bold: bool,
    pub(super) anchor: Anchor,
    /// Whether it reads upwards.
    pub(super) is_upright: bool,
}

/// Which end of a text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Drawing {
    pub(super) fn new(title: String, width: f64, height: f64) -> Self {
        Self { width, height, title, shapes: Vec::new() }
    }

    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, pen: Pen) {
        self.shapes.push(Shape::Line { points, pen });
    }

    pub(super) fn area(&mut self, bounds: Bounds, colour: RGBColor) {
        self.shapes.push(Shape::Area { bounds, colour });
    }

    pub(super) fn region(&mut self, points: Vec<(f64, f64)>, colour: RGBColor, opacity: f64) {
        self.shapes.push(Shape::Region { points, colour, opacity });
    }

    pub(super) fn mark(&mut self, at: (f64, f64), mark: Mark, colour: RGBColor) {
        self.shapes.push(Shape::Mark { at, mark, colour });
    }

    pub(super) fn words(&mut self, words: Words) {
        self.shapes.push(Shape::Words(words));
    }
}

impl Pen {
    pub(super) fn solid(colour: RGBColor, width: f64) -> Self {
        Self { colour, width, dash: None }
    }
}

impl Words {
    /// Plain text that starts at a place on its baseline.
    pub(super) fn new(text: impl Into<String>, at: (f64, f64), size: f64, colour: RGBColor) -> Self {
        Self { text: text.into(), at, size, colour, is_bold: false, anchor: Anchor::Start, is_upright: false }
    }

    pub(super) fn bold(self) -> Self {
        Self { is_bold: true, ..self }
    }

    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) fn upright(self) -> Self {
        Self { is_upright: true, ..self }
    }

    pub(super) fn width(&self) -> f64 {
        text_width(&self.text, self.size, self.is_bold)
    }

    /// The paper that it covers, from the top of capitals to the bottom of descenders.
    pub(super) fn bounds(&self) -> Bounds {
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => self.width() / 2.0,
            Anchor::End => self.width(),
        };
        let after = self.width() - before;
        let (above, below) = (0.74 * self.size, 0.2 * self.size);
        let (x, y) = self.at;
        if self.is_upright {
            Bounds { left: x - above, top: y - after, right: x + below, bottom: y + before }
        } else {
            Bounds { left: x - before, top: y - above, right: x + after, bottom: y + below }
        }
    }
}

impl Bounds {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The same with this much more paper on every side.
    pub(super) fn grown(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    pub(super) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left && other.right <= self.right && self.top <= other.top && other.bottom <= self.bottom
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}
