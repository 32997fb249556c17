//! Occlusion: Matthew D. Zeiler and Rob Fergus, "Visualizing and Understanding Convolutional Networks", 2014, arXiv 1311.2901,
//! section 4.2, for the age instead of the probability of a class.

use tch::{Kind, Tensor};

/// Films with a patch that go through the network at once.
const BATCH: usize = 16;
/// Sides of the patch in the shorter side of the film: about the width of a wrist's row of bones, or of two finger joints.
const PATCHES_IN_SIDE: f64 = 6.0;

/// The side of the patch for a film, in pixels; it moves by half of it.
pub(super) fn patch_side(height: i64, width: i64) -> i64 {
    ((height.min(width) as f64 / PATCHES_IN_SIDE).round() as i64).max(2)
}

/// For each pixel the mean, over all places of the patch that cover it, of the age of the film less that of the film with the patch.
///
/// The patch is zero, which standardised images are at the mean level of the training part (or at that which the spec gives).
///
/// # Shapes
/// A standardised image `[1, C, H, W]`; `ages` gives the months of N images `[N, C, H, W]` → `[H, W]` doubles, months.
pub(super) fn occlusion(image: &Tensor, side: i64, ages: &dyn Fn(&Tensor) -> Vec<f64>) -> Tensor {
    let [height, width] = [2, 3].map(|dimension| image.size()[dimension]);
    let [tall, wide] = [height, width].map(|length| side.min(length));
    let rows = places(height, tall);
    let corners: Vec<(i64, i64)> = rows.iter().flat_map(|top| places(width, wide).into_iter().map(move |left| (*top, left))).collect();
    let whole = ages(image)[0];
    let options = (Kind::Double, tch::Device::Cpu);
    let (sum, count) = (Tensor::zeros([height, width], options), Tensor::zeros([height, width], options));
    let covered = |tensor: &Tensor, (top, left): (i64, i64)| tensor.narrow(-2, top, tall).narrow(-1, left, wide);
    for corners in corners.chunks(BATCH) {
        let images = image.repeat([corners.len() as i64, 1, 1, 1]);
        for (index, corner) in corners.iter().enumerate() {
            let _ = covered(&images.get(index as i64), *corner).zero_();
        }
        for (age, corner) in ages(&images).into_iter().zip(corners) {
            let _ = covered(&sum, *corner).g_add_scalar_(whole - age);
            let _ = covered(&count, *corner).g_add_scalar_(1.0);
        }
    }
    sum / count
}

/// Where a patch begins along a side: every half of its length, and at the very end.
fn places(side: i64, patch: i64) -> Vec<i64> {
    let last = side - patch;
    let step = (patch / 2).max(1) as usize;
    let mut places: Vec<i64> = (0..=last).step_by(step).collect();
    if places.last() != Some(&last) {
        places.push(last);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_cover_every_pixel_and_stay_inside() {
        for (side, patch) in [(32, 5), (33, 6), (7, 7), (100, 17), (9, 2), (5, 1)] {
            let places = places(side, patch);
            assert!(places.iter().all(|place| *place >= 0 && place + patch <= side), "{side} {patch}: {places:?}");
            assert!((0..side).all(|pixel| places.iter().any(|place| (*place..place + patch).contains(&pixel))), "{side} {patch}");
        }
    }
}
