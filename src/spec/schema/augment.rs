//! `augment`: random changes of the training films.

use serde::Deserialize;

use super::split::Stratum;
use crate::spec::values::{Fraction, Lean, NonNegative, Probability};

/// `augment`: largest change of each kind; each draw is uniform within it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Degrees to either side.
    pub rotate: Option<NonNegative>,
    /// Share of the side to either side.
    pub translate: Option<Fraction>,
    /// Relative change of size to either side.
    pub scale: Option<Fraction>,
    /// Probability of a left-right flip.
    pub flip: Option<Probability>,
    /// Added to the grey level, of a range of 1.
    pub brightness: Option<Fraction>,
    /// Relative change of contrast about the image's mean.
    pub contrast: Option<Fraction>,
    /// Relative change of the exponent of the grey level.
    pub gamma: Option<Fraction>,
    /// Standard deviation of Gaussian noise, of a range of 1.
    pub noise: Option<Fraction>,
    /// Probability of inverting the grey levels.
    pub invert: Option<Probability>,
    /// Degrees to either side by which vertical lines lean.
    pub shear: Option<Lean>,
    /// Standard deviation of an elastic deformation's control points, share of the side.
    pub elastic: Option<Fraction>,
    /// Largest standard deviation of a Gaussian blur, pixels.
    pub blur: Option<NonNegative>,
    /// Largest factor of an unsharp mask.
    pub sharpen: Option<NonNegative>,
    /// Relative change of each colour.
    pub tint: Option<Fraction>,
    /// Probability of erasing a rectangle.
    pub erase: Option<Probability>,
    /// Which classes are drawn equally often.
    pub balance: Option<BalanceSpec>,
}

/// `augment.balance`.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BalanceSpec {
    /// The properties that make a class.
    pub by: Vec<Stratum>,
    /// How often each class is drawn in an epoch.
    #[serde(default)]
    pub to: BalanceTo,
}

/// How often each class is drawn in an epoch; in a spec a word or a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BalanceTo {
    /// As often as classes have films on average: an epoch is as long as without balancing.
    #[default]
    Mean,
    /// As often as the largest class has films: no film is left out of an epoch.
    Max,
    /// So often.
    Count(u32),
}
