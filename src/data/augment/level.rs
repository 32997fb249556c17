//! Changes of grey level or colour.

use tch::{Kind, Tensor};

use super::change::Change;
use super::{hash, per_image};
use crate::device::send;
use crate::plan::AugmentConfig;

/// Gamma, contrast about the image's mean, brightness, tint, noise and inversion, each where `config` allows it.
///
/// # Shapes
/// `[N, C, H, W]`, 0 to 1 → the same.
pub(super) fn change(images: &Tensor, config: &AugmentConfig, changes: &[Change]) -> Tensor {
    let AugmentConfig { brightness, contrast, gamma, tint, noise, invert, .. } = *config;
    let mut xs = images.shallow_clone();
    if gamma != 0.0 {
        xs = xs.clamp(0.0, 1.0).pow(&per_image(&xs, changes, |change| change.gamma));
    }
    if contrast != 0.0 {
        let mean = xs.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float);
        xs = (&xs - &mean) * per_image(&xs, changes, |change| change.contrast) + mean;
    }
    if brightness != 0.0 {
        xs = &xs + per_image(&xs, changes, |change| change.brightness);
    }
    if tint != 0.0 {
        xs = &xs * tints(&xs, changes);
    }
    if noise != 0.0 {
        xs = &xs + grain(&xs, changes) * noise;
    }
    xs = xs.clamp(0.0, 1.0);
    if invert != 0.0 {
        let inverted = per_image(&xs, changes, |change| f64::from(u8::from(change.invert)));
        xs = &xs + (1.0 - 2.0 * &xs) * inverted;
    }
    xs
}

/// One factor per image and channel.
///
/// # Shapes
/// → `[N, C, 1, 1]` fp32.
fn tints(images: &Tensor, changes: &[Change]) -> Tensor {
    let channels = images.size()[1] as usize;
    let factors: Vec<f32> = changes.iter().flat_map(|change| change.tint.into_iter().take(channels)).map(|factor| factor as f32).collect();
    send(Tensor::from_slice(&factors).view([-1, channels as i64, 1, 1]), images.device())
}

/// Standard normal noise, the same in all channels of an image, as film grain is.
///
/// # Shapes
/// `[N, C, H, W]` → `[N, 1, H, W]` fp32.
pub(super) fn grain(images: &Tensor, changes: &[Change]) -> Tensor {
    let size = images.size();
    let keys: Vec<u32> = changes.iter().map(|change| change.noise_key).collect();
    hash::normal(&keys, size[2] * size[3], images.device()).view([-1, 1, size[2], size[3]])
}
