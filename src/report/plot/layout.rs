//! What all plots share: title, subtitle and legend on top, and small panels with common axes.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::drawing::{Anchor, Bounds, Drawing, Mark, Pen, Words};
use super::style::{AXIS, GRID, INK, LABEL_SIZE, MUTED, SMALL_SIZE, TICK_SIZE, TITLE_SIZE, shortened, text_width, wrapped};

/// Blank paper at the edges.
pub(super) const MARGIN: f64 = 16.0;
/// Room for tick labels and the axis title at the left of all panels.
const LEFT: f64 = 66.0;
/// The same at the bottom.
const BOTTOM: f64 = 52.0;
/// Between panels side by side.
const COLUMN_GAP: f64 = 20.0;
/// Length of a sample in the legend, and the blank after it.
const SAMPLE: f64 = 24.0;

/// What stands above a plot.
pub(super) struct Header {
    pub(super) title: String,
    /// Sentences.
    pub(super) subtitle: Vec<String>,
    pub(super) legend: Vec<Key>,
}

/// One entry of a legend.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) sample: Sample,
}

/// What a legend shows before its text.
pub(super) enum Sample {
    /// A line, with or without marks.
    Line(Pen, Option<Mark>),
    /// A mark alone.
    Mark(Mark, RGBColor),
    /// A bar.
    Bar(RGBColor),
}

/// Panels of one size in rows.
pub(super) struct Panels {
    pub(super) count: usize,
    pub(super) columns: usize,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Room above each panel for its title.
    pub(super) title_height: f64,
}

impl Header {
    /// Draws it at the top of a plot of this width and returns where the plot goes on.
    pub(super) fn draw(&self, drawing: &mut Drawing) -> f64 {
        let room = drawing.width - 2.0 * MARGIN;
        let mut y = MARGIN;
        for line in wrapped(&self.title, TITLE_SIZE, true, room) {
            y += TITLE_SIZE * 1.25;
            drawing.words(Words::new(line, (MARGIN, y - 5.0), TITLE_SIZE, INK).bold());
        }
        for line in wrapped(&self.subtitle.join(" "), SMALL_SIZE, false, room) {
            y += SMALL_SIZE * 1.45;
            drawing.words(Words::new(line, (MARGIN, y - 3.0), SMALL_SIZE, MUTED));
        }
        self.draw_legend(drawing, y + 6.0) + 8.0
    }

    /// Draws the legend in as many lines as it needs and returns its lower end.
    fn draw_legend(&self, drawing: &mut Drawing, top: f64) -> f64 {
        let line_height = SMALL_SIZE * 1.6;
        let (mut x, mut y) = (MARGIN, top + line_height - 5.0);
        for key in &self.legend {
            let width = SAMPLE + 6.0 + text_width(&key.text, SMALL_SIZE, false);
            if x > MARGIN && x + width > drawing.width - MARGIN {
                x = MARGIN;
                y += line_height;
            }
            draw_sample(drawing, &key.sample, (x, y - SMALL_SIZE * 0.36));
            let room = drawing.width - MARGIN - x - SAMPLE - 6.0;
            drawing.words(Words::new(shortened(&key.text, SMALL_SIZE, false, room), (x + SAMPLE + 6.0, y), SMALL_SIZE, INK));
            x += width + 20.0;
        }
        y + 5.0
    }
}

fn draw_sample(drawing: &mut Drawing, sample: &Sample, (x, y): (f64, f64)) {
    let middle = (x + SAMPLE / 2.0, y);
    match sample {
        Sample::Line(pen, mark) => {
            drawing.line(vec![(x, y), (x + SAMPLE, y)], *pen);
            if let Some(mark) = mark {
                drawing.mark(middle, *mark, pen.colour);
            }
        }
        Sample::Mark(mark, colour) => drawing.mark(middle, *mark, *colour),
        Sample::Bar(colour) => drawing.area(Bounds { left: x, top: y - 5.0, right: x + SAMPLE, bottom: y + 5.0 }, *colour),
    }
}

impl Panels {
    /// Columns that make a page of about the shape of a screen.
    pub(super) fn columns_for(count: usize) -> usize {
        match count {
            0..=1 => 1,
            2 | 4 => 2,
            3 | 5..=12 => 3,
            _ => 4,
        }
    }

    fn rows(&self) -> usize {
        self.count.div_ceil(self.columns)
    }

    /// Width of the whole plot.
    pub(super) fn plot_width(&self) -> f64 {
        LEFT + self.columns as f64 * (self.width + COLUMN_GAP) - COLUMN_GAP + MARGIN + 8.0
    }

    /// Height of the whole plot, given where the panels begin.
    pub(super) fn plot_height(&self, top: f64) -> f64 {
        (top + self.rows() as f64 * (self.title_height + self.height) + BOTTOM).ceil()
    }

    /// The inside of one panel.
    pub(super) fn bounds(&self, index: usize, top: f64) -> Bounds {
        let (row, column) = (index / self.columns, index % self.columns);
        let left = LEFT + column as f64 * (self.width + COLUMN_GAP);
        let top = top + row as f64 * (self.title_height + self.height) + self.title_height;
        Bounds { left, top, right: left + self.width, bottom: top + self.height }
    }

    /// Grid, frame and, at the outer panels, tick labels.
    pub(super) fn draw_axes(&self, drawing: &mut Drawing, top: f64, index: usize, x_axis: &Axis, y_axis: &Axis) {
        let bounds = self.bounds(index, top);
        let is_leftmost = index.is_multiple_of(self.columns);
        let is_lowest = index + self.columns >= self.count;
        draw_frame(drawing, &bounds, (x_axis, is_lowest), (y_axis, is_leftmost));
    }

    /// The names of the common axes, at the left and at the bottom of all panels.
    pub(super) fn draw_axis_titles(&self, drawing: &mut Drawing, top: f64, x_title: &str, y_title: &str) {
        let (first, last) = (self.bounds(0, top), self.bounds(self.rows() * self.columns - 1, top));
        let centre = (f64::midpoint(first.left, last.right), f64::midpoint(first.top, last.bottom));
        let bottom = (centre.0, drawing.height - MARGIN);
        drawing.words(Words::new(x_title, bottom, LABEL_SIZE, INK).anchored(Anchor::Middle));
        drawing.words(Words::new(y_title, (MARGIN + LABEL_SIZE, centre.1), LABEL_SIZE, INK).anchored(Anchor::Middle).upright());
    }
}

/// Grid and frame of a panel, with the labels of those axes that are to have them.
pub(super) fn draw_frame(
    drawing: &mut Drawing,
    bounds: &Bounds,
    (x_axis, has_labels_x): (&Axis, bool),
    (y_axis, has_labels_y): (&Axis, bool),
) {
    for tick in &y_axis.ticks {
        let y = y_axis.pixel(*tick, bounds.bottom, bounds.top);
        drawing.line(vec![(bounds.left, y), (bounds.right, y)], Pen::solid(GRID, 1.0));
        if has_labels_y {
            let at = (bounds.left - 7.0, y + TICK_SIZE * 0.36);
            drawing.words(Words::new(y_axis.label(*tick), at, TICK_SIZE, MUTED).anchored(Anchor::End));
        }
    }
    for tick in &x_axis.ticks {
        let x = x_axis.pixel(*tick, bounds.left, bounds.right);
        drawing.line(vec![(x, bounds.bottom), (x, bounds.bottom + 4.0)], Pen::solid(AXIS, 1.0));
        if has_labels_x {
            let at = (x, bounds.bottom + 6.0 + TICK_SIZE);
            drawing.words(Words::new(x_axis.label(*tick), at, TICK_SIZE, MUTED).anchored(Anchor::Middle));
        }
    }
    let frame = vec![(bounds.left, bounds.top), (bounds.left, bounds.bottom), (bounds.right, bounds.bottom)];
    drawing.line(frame, Pen::solid(AXIS, 1.0));
}
