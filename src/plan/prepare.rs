//! The steps on a film before it is resized, resolved.

use serde::{Deserialize, Serialize};

use super::defaults;
use crate::spec::{ClaheSpec, CropFilm, InvertFilm, NormaliseFilm, Positive, PrepareSpec, Tiles};

/// Steps on a film at its own size, in the order in which they are taken; what is off is not written, so that the records of runs
/// without a step are those of programs that did not know it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PrepareConfig {
    /// When black and white are exchanged.
    #[serde(skip_serializing_if = "is_default")]
    pub invert: InvertFilm,
    /// What the film is cut down to.
    #[serde(skip_serializing_if = "is_default")]
    pub crop: CropFilm,
    /// How its levels are stretched.
    #[serde(skip_serializing_if = "is_default")]
    pub normalise: NormaliseFilm,
    /// How its contrast is equalised; not at all where there is none.
    #[serde(skip_serializing_if = "is_default")]
    pub clahe: Option<ClaheConfig>,
}

/// Settings of contrast-limited adaptive histogram equalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaheConfig {
    /// How often a level may occur in a tile, in multiples of what it would if all occurred equally often.
    pub clip_limit: Positive,
    /// Tiles in each direction.
    pub tiles: Tiles,
}

impl PrepareConfig {
    /// Whether no step is on.
    pub fn is_off(&self) -> bool {
        is_default(self)
    }

    /// Whether a hand is looked for.
    pub fn needs_hand(&self) -> bool {
        self.invert == InvertFilm::Auto || self.crop == CropFilm::Hand
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// An entry's settings over the spec's, those over the defaults.
pub(super) fn prepare(entry: &PrepareSpec, spec: &PrepareSpec) -> PrepareConfig {
    let PrepareSpec { invert, crop, normalise, clahe } = *entry;
    PrepareConfig {
        invert: invert.or(spec.invert).unwrap_or_default(),
        crop: crop.or(spec.crop).unwrap_or_default(),
        normalise: normalise.or(spec.normalise).unwrap_or_default(),
        clahe: resolve_clahe(clahe, spec.clahe),
    }
}

fn resolve_clahe(entry: Option<ClaheSpec>, spec: Option<ClaheSpec>) -> Option<ClaheConfig> {
    let ClaheSpec::On { clip_limit, tiles } = entry.or(spec)? else { return None };
    let (of_spec, tiles_of_spec) = match spec {
        Some(ClaheSpec::On { clip_limit, tiles }) => (clip_limit, tiles),
        _ => (None, None),
    };
    let default = defaults::clahe();
    Some(ClaheConfig {
        clip_limit: clip_limit.or(of_spec).unwrap_or(default.clip_limit),
        tiles: tiles.or(tiles_of_spec).unwrap_or(default.tiles),
    })
}
