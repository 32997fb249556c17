//! A film as a short vector that a copy of it shares, whatever became of the copy's size, compression or exposure.

use tch::{Device, Kind, Tensor};

use crate::data::{FilmStore, gaussian_blur, stack_films};

/// Sides of the films that are described, pixels.
pub(super) const SIDE: u32 = 64;
/// Sides of the map that is the descriptor.
const MAP_SIDE: i64 = 32;
/// Cut off on every side: borders and markers are alike in many films, and a turned copy has others.
const MARGIN: i64 = 5;
/// Structures between these standard deviations are kept, pixels: bones, but neither noise nor exposure.
const FINE: f64 = 1.5;
const COARSE: f64 = 4.0;
/// Over which the local contrast is evened out, so that a bright bone counts as much as a dark one.
const CONTRAST: f64 = 6.0;
/// Added to the local variance, of a range of 1: what is fainter is noise.
const NOISE_VARIANCE: f64 = 1e-5;
/// Modes as in `at::native::GridSamplerInterpolation` and `GridSamplerPadding`.
const BILINEAR: i64 = 0;
const BORDER: i64 = 1;
/// Films that are looked at together.
const CHUNK: usize = 128;

/// A film turned and perhaps mirrored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pose {
    pub(super) degrees: f64,
    pub(super) mirrored: bool,
}

/// Every pose in which a copy is looked for; larger turns than the outermost are found as long as they are nearer to it than
/// half a step.
pub(super) fn poses() -> Vec<Pose> {
    let degrees = (-3..=3).map(|step| 3.0 * f64::from(step));
    degrees.flat_map(|degrees| [false, true].map(|mirrored| Pose { degrees, mirrored })).collect()
}

/// The descriptors of films in a pose.
///
/// # Shapes
/// N films of any size → `[N, 1024]` fp32, each of mean 0 and length 1; a film without structure is all zeros.
pub(super) fn descriptors(films: &dyn FilmStore, count: usize, pose: Pose) -> Tensor {
    let indices: Vec<usize> = (0..count).collect();
    let chunks: Vec<Tensor> =
        indices.chunks(CHUNK).map(|chunk| describe(&posed(&small_grey(&stack_films(films, chunk, Device::Cpu)), pose))).collect();
    Tensor::cat(&chunks, 0)
}

/// The descriptors of images as they are.
///
/// # Shapes
/// `[N, C, H, W]` fp32, 0 to 1 → `[N, 1024]`.
pub(super) fn describe_images(images: &Tensor) -> Tensor {
    describe(&small_grey(images))
}

/// # Shapes
/// `[N, C, H, W]` → `[N, 1, 64, 64]` fp32, 0 to 1.
fn small_grey(images: &Tensor) -> Tensor {
    let side = i64::from(SIDE);
    let grey = images.mean_dim([1i64].as_slice(), true, Kind::Float);
    if grey.size()[2..] == [side, side] { grey } else { grey.internal_upsample_bilinear2d_aa([side, side], false, None, None) }
}

fn posed(images: &Tensor, pose: Pose) -> Tensor {
    if pose == (Pose { degrees: 0.0, mirrored: false }) {
        return images.shallow_clone();
    }
    let (sin, cos) = pose.degrees.to_radians().sin_cos();
    let mirror = if pose.mirrored { -1.0 } else { 1.0 };
    let rows = [mirror * cos, mirror * sin, 0.0, -sin, cos, 0.0].map(|value| value as f32);
    let count = images.size()[0];
    let affine = Tensor::from_slice(&rows).view([1, 2, 3]).expand([count, -1, -1], false);
    images.grid_sampler(&Tensor::affine_grid_generator(&affine, images.size(), false), BILINEAR, BORDER, false)
}

/// # Shapes
/// `[N, 1, 64, 64]` → `[N, 1024]`.
fn describe(images: &Tensor) -> Tensor {
    let band = gaussian_blur(images, FINE) - gaussian_blur(images, COARSE);
    let even = &band / (gaussian_blur(&band.square(), CONTRAST) + NOISE_VARIANCE).sqrt();
    let inner = i64::from(SIDE) - 2 * MARGIN;
    let map = even.narrow(2, MARGIN, inner).narrow(3, MARGIN, inner).adaptive_avg_pool2d([MAP_SIDE, MAP_SIDE]).flatten(1, -1);
    let centred = &map - map.mean_dim([1i64].as_slice(), true, Kind::Float);
    let length = centred.square().sum_dim_intlist([1i64].as_slice(), true, Kind::Float).sqrt();
    centred / length.clamp_min(1e-3)
}
