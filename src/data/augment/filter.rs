//! Changes that look at a pixel's surroundings: blur, sharpening and erasing.

use tch::{Kind, Tensor};

use super::change::{Change, Rectangle};
use super::per_image;

use crate::device::send;

/// Standard deviation of the blur that sharpening takes away, pixels.
const SHARPEN_RADIUS: f64 = 1.0;
/// Smallest blur that changes anything; a Gaussian needs some width to be sampled.
const SMALLEST_BLUR: f64 = 1e-3;

/// A Gaussian blur, for each image of its own width; `largest` is the largest standard deviation, pixels.
///
/// # Shapes
/// `[N, C, H, W]` → the same.
pub(super) fn blur(images: &Tensor, largest: f64, changes: &[Change]) -> Tensor {
    let sigmas: Vec<f64> = changes.iter().map(|change| change.blur).collect();
    gaussian(images, largest, &sigmas)
}

/// An unsharp mask: what a blur takes away is added once more, times a factor.
///
/// # Shapes
/// `[N, C, H, W]`, 0 to 1 → the same.
pub(super) fn sharpen(images: &Tensor, changes: &[Change]) -> Tensor {
    let blurred = gaussian(images, SHARPEN_RADIUS, &vec![SHARPEN_RADIUS; changes.len()]);
    (images + (images - blurred) * per_image(images, changes, |change| change.sharpen)).clamp(0.0, 1.0)
}

/// Random erasing (Zhong et al. 2017, arXiv 1708.04896): a rectangle takes the image's mean level.
///
/// # Shapes
/// `[N, C, H, W]` → the same.
pub(super) fn erase(images: &Tensor, changes: &[Change]) -> Tensor {
    let erased = images.copy();
    for (index, rectangle) in changes.iter().enumerate().filter_map(|(index, change)| Some((index as i64, change.erased?))) {
        let image = erased.get(index);
        let mean = image.mean_dim([1i64, 2].as_slice(), true, Kind::Float);
        let size = image.size();
        let [top, left, height, width] = pixels(rectangle, size[1], size[2]);
        image.narrow(1, top, height).narrow(2, left, width).copy_(&mean.expand([size[0], height, width], false));
    }
    erased
}

/// Top, left, height and width in whole pixels; at least one pixel, inside the image.
fn pixels(rectangle: Rectangle, rows: i64, columns: i64) -> [i64; 4] {
    let along = |start: f64, length: f64, side: i64| {
        let length = ((length * side as f64).round() as i64).clamp(1, side);
        [((start * side as f64).round() as i64).min(side - length), length]
    };
    let [top, height] = along(rectangle.top, rectangle.height, rows);
    let [left, width] = along(rectangle.left, rectangle.width, columns);
    [top, left, height, width]
}

/// A Gaussian blur of the same width, in pixels, for all images; the border is repeated.
///
/// # Shapes
/// `[N, C, H, W]` → the same.
pub fn gaussian_blur(images: &Tensor, sigma: f64) -> Tensor {
    gaussian(images, sigma, &vec![sigma; images.size()[0] as usize])
}

/// A separable Gaussian, with one standard deviation per image, cut at three of the largest; the border is repeated.
fn gaussian(images: &Tensor, largest: f64, sigmas: &[f64]) -> Tensor {
    let radius = (3.0 * largest).ceil() as i64;
    let weights: Vec<f32> = sigmas.iter().flat_map(|sigma| weights(*sigma, radius)).collect();
    let size = images.size();
    let (count, channels) = (size[0], size[1]);
    let length = 2 * radius + 1;
    // Every channel of every image is a group with a kernel of its own.
    let kernels = Tensor::from_slice(&weights).view([count, 1, length]).repeat([1, channels, 1]).view([count * channels, 1, length]);
    let kernels = send(kernels, images.device());
    let pad = |xs: &Tensor, sides: [i64; 4]| xs.replication_pad2d(sides);
    let xs = pad(&images.contiguous().view([1, count * channels, size[2], size[3]]), [radius, radius, 0, 0]);
    let xs = xs.conv2d(&kernels.unsqueeze(2), None::<Tensor>, [1, 1], [0, 0], [1, 1], count * channels);
    let xs = pad(&xs, [0, 0, radius, radius]);
    xs.conv2d(&kernels.unsqueeze(3), None::<Tensor>, [1, 1], [0, 0], [1, 1], count * channels).view(size.as_slice())
}

/// A Gaussian at whole pixels, with a sum of one.
fn weights(sigma: f64, radius: i64) -> Vec<f32> {
    let sigma = sigma.max(SMALLEST_BLUR);
    let raw: Vec<f64> = (-radius..=radius).map(|place| (-0.5 * (place as f64 / sigma).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| (weight / sum) as f32).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::super::tests::NOTHING;
    use super::*;

    fn values(xs: &Tensor) -> Vec<f32> {
        Vec::try_from(xs.contiguous().view(-1)).unwrap()
    }

    /// A bright pixel at row 7, column 4 of 15 × 9.
    fn dot(channels: i64) -> Tensor {
        let image = Tensor::zeros([1, channels, 15, 9], (Kind::Float, Device::Cpu));
        let _ = image.narrow(2, 7, 1).narrow(3, 4, 1).fill_(1.0);
        image
    }

    #[test]
    fn a_blur_spreads_a_dot_evenly_to_all_sides_and_each_image_by_its_own_width() {
        let images = Tensor::cat(&[dot(2), dot(2)], 0);
        let blurred = blur(&images, 1.0, &[Change { blur: 1.0, ..NOTHING }, NOTHING]);
        assert!(blurred.get(1).allclose(&images.get(1), 1e-6, 1e-6, false), "a width of zero changes nothing");
        let one = blurred.get(0).get(1);
        assert!((one.sum(Kind::Float).double_value(&[]) - 1.0).abs() < 1e-5);
        let at = |row: i64, column: i64| one.double_value(&[row, column]);
        // Weights of a Gaussian with standard deviation 1, cut at 3: 0.3991 and 0.2420.
        assert!((at(7, 4) - 0.3991 * 0.3991).abs() < 1e-3 && (at(6, 4) - 0.2420 * 0.3991).abs() < 1e-3, "{one}");
        for (row, column) in [(8, 4), (7, 3), (7, 5)] {
            assert!((at(row, column) - at(6, 4)).abs() < 1e-6, "{row} {column}");
        }
        let level = Tensor::full([1, 1, 6, 8], 0.7, (Kind::Float, Device::Cpu));
        assert!(blur(&level, 2.0, &[Change { blur: 2.0, ..NOTHING }]).allclose(&level, 1e-5, 1e-5, false), "the border is repeated");
    }

    #[test]
    fn sharpening_deepens_an_edge_and_leaves_what_is_flat() {
        let pixels: Vec<f32> = (0..60).map(|pixel| if pixel % 10 < 5 { 0.3 } else { 0.6 }).collect();
        let image = Tensor::from_slice(&pixels).view([1, 1, 6, 10]);
        let sharp = values(&sharpen(&image, &[Change { sharpen: 1.0, ..NOTHING }]));
        assert!(sharp[4] < 0.25 && sharp[5] > 0.65, "{sharp:?}");
        assert!((sharp[0] - 0.3).abs() < 1e-5 && (sharp[9] - 0.6).abs() < 1e-5, "{sharp:?}");
        assert_eq!(values(&sharpen(&image, &[NOTHING])), pixels);
    }

    #[test]
    fn erasing_takes_the_rectangle_and_nothing_else() {
        let images = Tensor::rand([2, 3, 10, 20], (Kind::Float, Device::Cpu));
        let rectangle = Rectangle { top: 0.2, left: 0.5, height: 0.3, width: 0.1 };
        let erased = erase(&images, &[NOTHING, Change { erased: Some(rectangle), ..NOTHING }]);
        assert_eq!(erased.get(0), images.get(0));
        let changed = erased.get(1).ne_tensor(&images.get(1)).any_dim(0, false);
        for row in 0..10 {
            for column in 0..20 {
                let inside = (2..5).contains(&row) && (10..12).contains(&column);
                assert_eq!(changed.int64_value(&[row, column]) == 1, inside, "{row} {column}");
            }
        }
        let mean = images.get(1).get(2).mean(Kind::Float).double_value(&[]);
        assert!((erased.double_value(&[1, 2, 3, 11]) - mean).abs() < 1e-5);
    }
}
