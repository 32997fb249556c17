//! Random changes of the training images, on the batch tensor and its device: batch and keys in, changed batch out.
//!
//! Every image draws from a generator of its own key, and every kind of change is drawn whether it is used or not, so
//! what happens to an image depends neither on its neighbours nor on the other settings. The changes are applied in this
//! order: one resampling for flip, shear, scale, rotation, translation and elastic deformation; blur; sharpening; gamma; contrast;
//! brightness; tint; noise; inversion; erasing.
//!
//! What comes into view from outside the image repeats its border: films have borders of any level, black wedges would
//! be a hint at the rotation that no real film gives, and the forearm goes on beyond the lower edge.

mod change;
mod filter;
mod geometry;
mod hash;
mod level;
mod limits;
mod single;
#[cfg(test)]
mod tests;

use tch::Tensor;

pub use limits::AugmentKind;
pub(super) use limits::at_limits;
pub use single::{FilmChange, change_films};

use crate::device::send;
use crate::plan::AugmentConfig;
use change::Change;
pub use filter::gaussian_blur;

/// What the draws of one image depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AugmentKey {
    /// Seed of the run.
    pub seed: u64,
    /// Epoch.
    pub epoch: u64,
    /// Index of the film in its data set.
    pub sample: u64,
    /// How often it was drawn before in the epoch.
    pub repeat: u64,
}

/// The images, each changed at random within the limits of `config`; without limits the same tensor.
///
/// # Shapes
/// `[N, C, H, W]` fp32, 0 to 1, and one key per image → the same.
///
/// # Panics
/// If the number of keys is not N.
pub fn augment(images: &Tensor, config: &AugmentConfig, keys: &[AugmentKey]) -> Tensor {
    assert_eq!(images.size()[0], keys.len() as i64, "one key per image");
    let changes: Vec<Change> = keys.iter().map(|key| Change::draw(config, key)).collect();
    apply(images, config, &changes)
}

/// Applies the kinds of change that `config` allows.
fn apply(images: &Tensor, config: &AugmentConfig, changes: &[Change]) -> Tensor {
    let AugmentConfig { rotate, translate, scale, shear, elastic, flip, blur, sharpen, .. } = *config;
    let AugmentConfig { brightness, contrast, gamma, tint, noise, invert, erase, .. } = *config;
    let used = |limits: &[f64]| limits.iter().any(|limit| *limit != 0.0);
    let mut xs = images.shallow_clone();
    if used(&[rotate, translate, scale, shear, elastic, flip]) {
        xs = geometry::resample(&xs, elastic, changes);
    }
    if used(&[blur]) {
        xs = filter::blur(&xs, blur, changes);
    }
    if used(&[sharpen]) {
        xs = filter::sharpen(&xs, changes);
    }
    if used(&[brightness, contrast, gamma, tint, noise, invert]) {
        xs = level::change(&xs, config, changes);
    }
    if used(&[erase]) {
        xs = filter::erase(&xs, changes);
    }
    xs
}

/// One number per image, to be multiplied with the images.
///
/// # Shapes
/// → `[N, 1, 1, 1]` fp32.
fn per_image(images: &Tensor, changes: &[Change], value: impl Fn(&Change) -> f64) -> Tensor {
    let values: Vec<f32> = changes.iter().map(|change| value(change) as f32).collect();
    send(Tensor::from_slice(&values).view([-1, 1, 1, 1]), images.device())
}
