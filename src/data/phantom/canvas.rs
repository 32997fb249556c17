//! Adds shapes to a raster, touching only the pixels that they cover.

use super::shape::{Extent, Frame};

/// Where the hand lies on the film: a similarity from millimetres (y up) to pixels (y down).
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Pixels per millimetre.
    pub(super) scale: f32,
    /// Sine and cosine of the turn, clockwise on the film.
    pub(super) turn: [f32; 2],
    /// −1 for a mirror image, else 1.
    pub(super) mirror: f32,
    /// Pixel of the point (0, 0).
    pub(super) origin: [f32; 2],
}

impl View {
    /// A direction in pixels, of the length of `scale`.
    fn direction(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [sin, cos] = self.turn;
        let x = x * self.mirror;
        [self.scale * (x * cos + y * sin), self.scale * (x * sin - y * cos)]
    }

    /// A point in pixels.
    pub(super) fn point(&self, point: [f32; 2]) -> [f32; 2] {
        let [x, y] = self.direction(point);
        [self.origin[0] + x, self.origin[1] + y]
    }
}

/// A raster of numbers.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    /// Rows.
    pub(super) height: usize,
    /// Columns.
    pub(super) width: usize,
    /// Row by row.
    pub(super) values: Vec<f32>,
}

impl Canvas {
    /// All zeros.
    pub(super) fn new(height: usize, width: usize) -> Self {
        Self { height, width, values: vec![0.0; height * width] }
    }

    /// Replaces the value of every pixel whose centre lies in the extent by `paint(value, u, v)`.
    pub(super) fn paint(&mut self, view: &View, frame: &Frame, extent: Extent, paint: impl Fn(f32, f32, f32) -> f32) {
        let [ax, ay] = frame.axis;
        let origin = view.point(frame.origin);
        let u_axis = view.direction([ax, ay]);
        let v_axis = view.direction([ay, -ax]);
        let corner = |u: f32, v: f32| origin[1] + u * u_axis[1] + v * v_axis[1];
        let rows = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(i, j)| corner(extent.u[i], extent.v[j]));
        let top = rows.iter().copied().fold(f32::INFINITY, f32::min).floor().max(0.0) as usize;
        let bottom = (rows.iter().copied().fold(f32::NEG_INFINITY, f32::max).ceil().max(0.0) as usize).min(self.height);
        let inverse = 1.0 / (view.scale * view.scale);
        let [u_step, v_step] = [u_axis[0] * inverse, v_axis[0] * inverse];
        for row in top..bottom {
            // At the centre of the pixel in column 0.
            let (x, y) = (0.5 - origin[0], row as f32 + 0.5 - origin[1]);
            let u_row = (x * u_axis[0] + y * u_axis[1]) * inverse;
            let v_row = (x * v_axis[0] + y * v_axis[1]) * inverse;
            let [u_from, u_to] = columns(u_row, u_step, extent.u);
            let [v_from, v_to] = columns(v_row, v_step, extent.v);
            let from = u_from.max(v_from).max(0.0).ceil() as usize;
            let to = (u_to.min(v_to).floor() + 1.0).clamp(0.0, self.width as f32) as usize;
            let line = &mut self.values[row * self.width..(row + 1) * self.width];
            for (column, value) in line.iter_mut().enumerate().take(to).skip(from) {
                let column = column as f32;
                *value = paint(*value, u_row + column * u_step, v_row + column * v_step);
            }
        }
    }

    /// Means over squares of `factor` × `factor`.
    pub(super) fn shrink(&self, factor: usize) -> Self {
        if factor == 1 {
            return self.clone();
        }
        let mut small = Self::new(self.height / factor, self.width / factor);
        for (row, line) in self.values.chunks_exact(self.width).enumerate() {
            let start = row / factor * small.width;
            for (sum, square) in small.values[start..start + small.width].iter_mut().zip(line.chunks_exact(factor)) {
                *sum += square.iter().sum::<f32>();
            }
        }
        let share = 1.0 / (factor * factor) as f32;
        small.values.iter_mut().for_each(|value| *value *= share);
        small
    }
}

/// The columns between which `start + column · step` lies within the limits; none if the first is above the last.
fn columns(start: f32, step: f32, [low, high]: [f32; 2]) -> [f32; 2] {
    if step.abs() < 1e-9 {
        return if (low..=high).contains(&start) { [0.0, f32::INFINITY] } else { [1.0, 0.0] };
    }
    let (first, second) = ((low - start) / step, (high - start) / step);
    [first.min(second), first.max(second)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_rectangle_covers_its_own_pixels_and_no_others() {
        let view = View { scale: 2.0, turn: [0.6, 0.8], mirror: 1.0, origin: [21.0, 17.0] };
        let frame = Frame { origin: [1.0, 2.0], axis: [0.8, 0.6] };
        let extent = Extent { u: [-3.0, 6.0], v: [-2.0, 1.0] };
        let mut canvas = Canvas::new(31, 43);
        canvas.paint(&view, &frame, extent, |value, u, v| {
            assert!((-3.01..=6.01).contains(&u) && (-2.01..=1.01).contains(&v), "{u} {v}");
            value + 1.0
        });
        let area: f32 = canvas.values.iter().sum();
        assert!((area - 9.0 * 3.0 * 4.0).abs() < 12.0, "{area} pixels");
        assert!(canvas.values.iter().all(|value| *value <= 1.0));
        let [x, y] = view.point([1.0, 2.0]);
        assert!(canvas.values[y as usize * 43 + x as usize] > 0.0, "the frame's origin is inside");
    }

    #[test]
    fn up_on_the_hand_is_up_on_the_film() {
        let view = View { scale: 1.0, turn: [0.0, 1.0], mirror: 1.0, origin: [10.0, 10.0] };
        let [x, y] = view.point([2.0, 3.0]);
        assert!((x - 12.0).abs() < 1e-6 && (y - 7.0).abs() < 1e-6, "{x} {y}");
    }

    #[test]
    fn shrinking_takes_means_of_squares() {
        let canvas = Canvas { height: 2, width: 4, values: vec![1.0, 3.0, 0.0, 0.0, 5.0, 7.0, 0.0, 8.0] };
        assert_eq!(canvas.shrink(2).values, [4.0, 2.0]);
    }
}
