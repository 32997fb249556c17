//! Changes of place: all of them in one bilinear resampling.

use tch::{Kind, Tensor};

use super::change::Change;
use super::hash;

use crate::device::send;

/// Control points of an elastic deformation in each direction, as in Ronneberger et al. 2015 (arXiv 1505.04597): three, and the
/// edges between and around them are interpolated by a cubic.
const CONTROL_POINTS: i64 = 3;

/// Flip, shear, scale, rotation, translation and elastic deformation in one bilinear resampling. `elastic` is the standard
/// deviation of the displacement of the control points, as a share of the side.
///
/// # Shapes
/// `[N, C, H, W]` → the same.
pub(super) fn resample(images: &Tensor, elastic: f64, changes: &[Change]) -> Tensor {
    // Modes as in `at::native::GridSamplerInterpolation` and `GridSamplerPadding`.
    const BILINEAR: i64 = 0;
    const BORDER: i64 = 1;
    let size = images.size();
    let aspect = size[3] as f64 / size[2] as f64;
    let sources: Vec<f32> = changes.iter().flat_map(|change| source(change, aspect)).collect();
    let sources = send(Tensor::from_slice(&sources).view([-1, 2, 3]), images.device());
    let mut grid = Tensor::affine_grid_generator(&sources, &size, false);
    if elastic != 0.0 {
        // A side is two units of the grid long.
        grid += displacement(images, changes) * (2.0 * elastic);
    }
    images.grid_sampler(&grid, BILINEAR, BORDER, false)
}

/// From a place in the new image to the place in the old one, both in shares of half a side from the middle, as
/// `affine_grid` wants it: two rows of three. In pixels it is a flip after a shear after a turn.
fn source(change: &Change, aspect: f64) -> [f32; 6] {
    let (sin, cos) = change.degrees.to_radians().sin_cos();
    let (sin, cos) = (sin / change.scale, cos / change.scale);
    let [down, right] = change.shift.map(|share| 2.0 * share);
    let mirror = if change.flip { -1.0 } else { 1.0 };
    let lean = change.shear_degrees.to_radians().tan();
    // `aspect` is width / height: a step down of one share is 1 / aspect of a share to the right.
    let (turned_x, turned_y) = ([cos, sin / aspect], [-sin * aspect, cos]);
    let sheared_x = [turned_x[0] - lean * turned_y[0] / aspect, turned_x[1] - lean * turned_y[1] / aspect];
    let rows = [sheared_x.map(|factor| mirror * factor), turned_y];
    let [x, y] = rows.map(|[across, along]| [across, along, -(across * right + along * down)]);
    [x[0], x[1], x[2], y[0], y[1], y[2]].map(|value| value as f32)
}

/// A smooth field of standard normal displacements, right and down.
///
/// # Shapes
/// → `[N, H, W, 2]` fp32.
fn displacement(images: &Tensor, changes: &[Change]) -> Tensor {
    let size = images.size();
    let keys: Vec<u32> = changes.iter().map(|change| change.elastic_key).collect();
    let points = hash::normal(&keys, 2 * CONTROL_POINTS * CONTROL_POINTS, images.device());
    let points = points.view([-1, 2, CONTROL_POINTS, CONTROL_POINTS]);
    points.upsample_bicubic2d([size[2], size[3]], true, None, None).permute([0, 2, 3, 1]).to_kind(Kind::Float)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::super::tests::NOTHING;
    use super::*;

    #[test]
    fn a_shear_leans_vertical_lines_and_leaves_the_middle_row() {
        // A line down the middle column of 5 × 9; at 45 degrees its lower end leans right by as many pixels as it is below the middle.
        let pixels: Vec<f32> = (0..45).map(|pixel| if pixel % 9 == 4 { 1.0 } else { 0.0 }).collect();
        let image = Tensor::from_slice(&pixels).view([1, 1, 5, 9]);
        let leant = resample(&image, 0.0, &[Change { shear_degrees: 45.0, ..NOTHING }]);
        let found = Vec::<f32>::try_from(leant.view(-1)).unwrap();
        for (pixel, level) in found.iter().enumerate() {
            let expected = if pixel % 9 == 2 + pixel / 9 { 1.0 } else { 0.0 };
            assert!((level - expected).abs() < 1e-5, "row {}, column {}: {level}", pixel / 9, pixel % 9);
        }
    }

    #[test]
    fn an_elastic_deformation_is_smooth_has_its_size_and_its_own_key() {
        let change = |elastic_key| Change { elastic_key, ..NOTHING };
        let images = Tensor::zeros([200, 1, 24, 36], (Kind::Float, Device::Cpu));
        let field = displacement(&images, &(0..200).map(change).collect::<Vec<_>>());
        assert_eq!(field.size(), [200, 24, 36, 2]);
        let corner = field.select(1, 0).select(1, 0);
        let deviation = corner.std(false).double_value(&[]);
        assert!((deviation - 1.0).abs() < 0.12, "a control point lies in the corner: {deviation}");
        assert_ne!(field.get(0), field.get(1));
        let step = (field.narrow(1, 1, 23) - field.narrow(1, 0, 23)).abs().max().double_value(&[]);
        assert!(step < 0.8, "neighbours differ by up to {step}");
        // A bright pixel moves by the displacement at its place, in pixels of each side.
        let image = Tensor::zeros([1, 1, 101, 201], (Kind::Float, Device::Cpu));
        let _ = image.narrow(2, 48, 5).narrow(3, 98, 5).fill_(1.0);
        let moved = resample(&image, 0.02, &[change(3)]);
        let [right, down] = [0, 1].map(|axis| displacement(&image, &[change(3)]).double_value(&[0, 50, 100, axis]));
        let centre = |axis: i64, side: i64| {
            let other: &[i64] = if axis == 2 { &[0, 1, 3] } else { &[0, 1, 2] };
            let weights = moved.sum_dim_intlist(other, false, Kind::Float);
            (&weights * Tensor::arange(side, (Kind::Float, Device::Cpu))).sum(Kind::Float).double_value(&[])
                / weights.sum(Kind::Float).double_value(&[])
        };
        assert!((centre(2, 101) - (50.0 - 0.02 * down * 101.0)).abs() < 0.5, "down: {} for {down}", centre(2, 101));
        assert!((centre(3, 201) - (100.0 - 0.02 * right * 201.0)).abs() < 0.5, "right: {} for {right}", centre(3, 201));
    }
}
