//! Rows with their names at the left, over one common horizontal axis.

use super::axis::Axis;
use super::drawing::{Anchor, Drawing, Pen, Words};
use super::layout::MARGIN;
use super::style::{AXIS, GRID, INK, LABEL_SIZE, MUTED, TICK_SIZE, shortened_name, text_width, wrapped};

/// Width of the longest name that is not broken or shortened.
const LONGEST_LABEL: f64 = 260.0;

/// Where the rows are: their axis, and its ends in pixels.
pub(super) struct Rows {
    pub(super) axis: Axis,
    pub(super) left: f64,
    pub(super) right: f64,
    /// Room for the names.
    labels: f64,
}

impl Rows {
    /// Rows with these names, whose axis ends at `right`.
    pub(super) fn new<'a>(axis: Axis, names: impl Iterator<Item = &'a str>, right: f64) -> Self {
        let labels = names.map(|name| text_width(name, LABEL_SIZE, false)).fold(0.0, f64::max).min(LONGEST_LABEL);
        Self { axis, left: MARGIN + labels + 12.0, right, labels }
    }

    /// The pixel of a value; of one beyond the axis, the axis' end.
    pub(super) fn pixel(&self, value: f64) -> f64 {
        self.axis.pixel(value.clamp(self.axis.min, self.axis.max), self.left, self.right)
    }

    /// Grid, tick labels and title below the rows, down to the end of the drawing.
    pub(super) fn draw_axis(&self, drawing: &mut Drawing, (top, bottom): (f64, f64), title: &str) {
        for tick in &self.axis.ticks {
            let x = self.axis.pixel(*tick, self.left, self.right);
            drawing.line(vec![(x, top), (x, bottom)], Pen::solid(GRID, 1.0));
            let label = Words::new(self.axis.label(*tick), (x, bottom + 6.0 + TICK_SIZE), TICK_SIZE, MUTED);
            drawing.words(label.anchored(Anchor::Middle));
        }
        drawing.line(vec![(self.left, top), (self.left, bottom)], Pen::solid(AXIS, 1.0));
        let at = (f64::midpoint(self.left, self.right), drawing.height - MARGIN);
        drawing.words(Words::new(title, at, LABEL_SIZE, INK).anchored(Anchor::Middle));
    }

    /// The name of a row about the height of its middle: on one line or, where it is long, on two.
    pub(super) fn draw_label(&self, drawing: &mut Drawing, label: &str, middle: f64) {
        let lines = self.label_lines(label);
        for (index, line) in lines.iter().enumerate() {
            let lower = (index as f64 - (lines.len() as f64 - 1.0) / 2.0) * LABEL_SIZE * 1.25;
            let at = (self.left - 10.0, middle + lower + LABEL_SIZE * 0.36);
            drawing.words(Words::new(line, at, LABEL_SIZE, INK).anchored(Anchor::End));
        }
    }

    fn label_lines(&self, label: &str) -> Vec<String> {
        let lines = wrapped(label, LABEL_SIZE, false, self.labels);
        match lines.as_slice() {
            [_] | [_, _] => lines,
            _ => vec![shortened_name(label, LABEL_SIZE, false, self.labels)],
        }
    }
}
