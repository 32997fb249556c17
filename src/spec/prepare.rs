//! `prepare`: steps on a film at its own size, before it is resized and kept.

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::values::Positive;

/// `prepare`, for the whole spec or for one backbone; every step is off where it is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrepareSpec {
    /// Whether black and white are exchanged.
    pub invert: Option<InvertFilm>,
    /// What a film is cut down to.
    pub crop: Option<CropFilm>,
    /// How its levels are stretched.
    pub normalise: Option<NormaliseFilm>,
    /// Whether its contrast is equalised, and how.
    pub clahe: Option<ClaheSpec>,
}

/// When black and white of a film are exchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvertFilm {
    /// Not at all.
    #[default]
    Never,
    /// Where the hand is darker than what surrounds it.
    Auto,
    /// On every film.
    Always,
}

/// What a film is cut down to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CropFilm {
    /// It stays whole.
    #[default]
    None,
    /// The hand with a margin, where one is found.
    Hand,
}

/// How the levels of a film are stretched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NormaliseFilm {
    /// Not at all.
    #[default]
    None,
    /// So that the film's own 1st and 99th percentile become black and white.
    PerImage,
}

/// `prepare.clahe`; in a spec `true`, `false` or `{clip_limit, tiles}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClaheSpec {
    /// Switched off, also where the spec switches it on for other entries.
    Off,
    /// Switched on.
    On {
        /// How often a level may occur in a tile, in multiples of what it would if all occurred equally often.
        clip_limit: Option<Positive>,
        /// Tiles in each direction.
        tiles: Option<Tiles>,
    },
}

/// Tiles in each direction of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Tiles(u32);

impl Tiles {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Tiles {
    type Error = String;

    fn try_from(tiles: i64) -> Result<Self, String> {
        let number = u32::try_from(tiles).ok().filter(|tiles| (1..=64).contains(tiles));
        number.map(Self).ok_or_else(|| format!("must be between 1 and 64, found {tiles}"))
    }
}

impl From<Tiles> for u32 {
    fn from(tiles: Tiles) -> Self {
        tiles.0
    }
}

impl<'de> Deserialize<'de> for ClaheSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ClaheVisitor)
    }
}

struct ClaheVisitor;

impl<'de> Visitor<'de> for ClaheVisitor {
    type Value = ClaheSpec;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("true, false or {clip_limit, tiles}")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<ClaheSpec, E> {
        Ok(if on { ClaheSpec::On { clip_limit: None, tiles: None } } else { ClaheSpec::Off })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ClaheSpec, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Settings {
            #[serde(default)]
            clip_limit: Option<Positive>,
            #[serde(default)]
            tiles: Option<Tiles>,
        }
        let Settings { clip_limit, tiles } = Settings::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(ClaheSpec::On { clip_limit, tiles })
    }
}
