//! `image`: what every film is turned into.

use serde::{Deserialize, Serialize};

/// `image`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImageSpec {
    /// Height and width in pixels.
    pub size: Option<ImageSize>,
    /// 1 (grey) or 3 (RGB).
    pub channels: Option<Channels>,
    /// How a film that is not of that shape is made to fit.
    pub fit: Option<Fit>,
    /// By which mean and standard deviation its channels are standardised.
    pub normalize: Option<Normalize>,
}

/// By which mean and standard deviation the channels of a film, on a range of 0 to 1, are standardised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Normalize {
    /// Those that the weights were trained with where weights are given, those of the training part otherwise.
    #[default]
    Auto,
    /// Those of the training part.
    Training,
    /// Those of ImageNet: mean (0.485, 0.456, 0.406), standard deviation (0.229, 0.224, 0.225).
    Imagenet,
    /// 0.5 and 0.5, which takes 0…1 to −1…1, as the Inception networks were trained.
    Inception,
    /// 0 and 1: the film stays as it is.
    None,
}

/// Height and width in pixels; in a spec either one number or `{height, width}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct ImageSize {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

impl ImageSize {
    /// A square.
    pub fn square(side: u32) -> Self {
        Self { height: side, width: side }
    }
}

impl std::fmt::Display for ImageSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.height, self.width)
    }
}

/// Number of channels of an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum Channels {
    /// Luminance.
    #[default]
    Grey,
    /// Red, green, blue.
    Rgb,
}

impl Channels {
    /// 1 or 3.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl TryFrom<u64> for Channels {
    type Error = String;

    fn try_from(count: u64) -> Result<Self, String> {
        match count {
            1 => Ok(Self::Grey),
            3 => Ok(Self::Rgb),
            other => Err(format!("must be 1 (grey) or 3 (RGB), found {other}")),
        }
    }
}

impl From<Channels> for u64 {
    fn from(channels: Channels) -> Self {
        channels.count() as Self
    }
}

/// How a film of another shape is made to fit the image size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Scaled to lie inside, the rest filled with the film's border level.
    #[default]
    Pad,
    /// Scaled in each direction on its own.
    Stretch,
    /// Scaled to cover, the overhang cut off evenly.
    Crop,
}
