//! Grad-CAM: Ramprasaath R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
//! Localization", 2017, arXiv 1610.02391; for the age instead of the score of a class, and with its sign.
//!
//! For transformers the map is made of the tokens of the patches as they enter the last block, the class token left out, and laid
//! out on the grid of the patches. The usual tool for it (Gildenblat et al., `pytorch-grad-cam`, "How does it work with Vision
//! Transformers") takes the tokens after the first norm of that block; here they are taken before it, so that the path around
//! the attention counts as well, on which a head that averages the patches mostly depends.

use tch::{Kind, Tensor};

/// The sum over channels of the features, each times the mean of its gradient over all positions.
///
/// # Shapes
/// Features `[N, C, H, W]`, or `[N, 1 + patches, width]` with the grid of the patches, and ages `[N, 1]` that depend on them and on
/// nothing of another image → `[N, H, W]` fp32, coarse, with its sign.
pub(super) fn grad_cam(features: &Tensor, ages: &Tensor, patch_grid: Option<[i64; 2]>) -> Tensor {
    let gradient = Tensor::run_backward(&[ages.sum(Kind::Float)], &[features], false, false).swap_remove(0);
    tch::no_grad(|| {
        let [features, gradient] = [features, &gradient].map(|tensor| as_map(&tensor.to_kind(Kind::Float), patch_grid));
        let weights = gradient.mean_dim([2i64, 3].as_slice(), true, Kind::Float);
        (features * weights).sum_dim_intlist([1i64].as_slice(), false, Kind::Float)
    })
}

/// Enlarged to the size of the film.
///
/// # Shapes
/// `[N, h, w]` → `[N, H, W]`.
pub(super) fn enlarged(maps: &Tensor, size: [i64; 2]) -> Tensor {
    maps.unsqueeze(1).contiguous().upsample_bilinear2d(size, false, None, None).squeeze_dim(1)
}

/// Tokens without the class token as a map; a map as it is.
fn as_map(features: &Tensor, patch_grid: Option<[i64; 2]>) -> Tensor {
    match patch_grid {
        Some([rows, columns]) => features.slice(1, 1, None, 1).transpose(1, 2).unflatten(2, [rows, columns]),
        None => features.shallow_clone(),
    }
}
