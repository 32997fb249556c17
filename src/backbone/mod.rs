//! Images in, features out: the networks to compare.
//!
//! A backbone is the trunk of a published network without its classifier; [`Model`] puts the regression head on it.
//! [`registry`] is the only list of them.

pub mod context;
pub mod layers;
pub mod parameters;
pub mod registry;

mod age_bins;
mod attention;
mod cervical_cnn;
mod cnn;
mod efficientnet_v2;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
pub(crate) mod fixture;
mod head;
mod model;
mod position_embedding;
#[cfg(test)]
mod published_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
pub(crate) mod reference_tests;
mod resnet;
mod unet;
mod vgg;
mod vit;
#[cfg(test)]
pub(crate) mod walk_tests;
mod yolo;

use tch::Tensor;

pub use age_bins::AgeBins;
pub use context::Context;
pub use model::{Model, Part};
pub use parameters::{Parameters, Path};
pub use position_embedding::resample_position_embedding;

/// The shape of a backbone's features for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureShape {
    /// `[C, H, W]`.
    Map {
        /// C.
        channels: i64,
        /// H.
        height: i64,
        /// W.
        width: i64,
    },
    /// `[1 + patches, width]`: a class token, then the patches.
    Tokens {
        /// Number of patches.
        patches: i64,
        /// Width of a token.
        width: i64,
    },
}

/// One stage of a backbone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Channels that leave the stage.
    pub channels: i64,
    /// Image pixels per pixel of the stage, rounded to a power of two (or the patch side).
    pub stride: i64,
}

/// A network without its head.
pub trait Backbone: std::fmt::Debug {
    /// The output of every stage, first to last; the last is what the head reads.
    ///
    /// # Shapes
    /// `[N, C, H, W]`, standardised grey or RGB → per stage `[N, channels, H', W']`, or `[N, 1 + patches, width]` for a
    /// transformer, whose stages are its blocks; of the context's kind or fp32.
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor>;

    /// The output of the last stage.
    ///
    /// # Shapes
    /// As the last of [`forward_stages`](Self::forward_stages).
    fn forward_features(&self, xs: &Tensor, context: &Context) -> Tensor {
        self.forward_stages(xs, context).pop().expect("a backbone has a stage")
    }

    /// The stages, first to last.
    fn stages(&self) -> Vec<Stage>;

    /// The shape of the features for the image size the backbone was built for.
    fn feature_shape(&self) -> FeatureShape;
}
