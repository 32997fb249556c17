//! Keys that may be written in a short or a long form.

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::schema::{BackboneEntry, BackboneName, BackboneSettings, BalanceTo, ImageSize, Patterns};
use super::values::AtLeast;

impl<'de> Deserialize<'de> for ImageSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ImageSizeVisitor)
    }
}

struct ImageSizeVisitor;

impl<'de> Visitor<'de> for ImageSizeVisitor {
    type Value = ImageSize;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a number of pixels or {height, width}")
    }

    fn visit_i64<E: Error>(self, side: i64) -> Result<ImageSize, E> {
        let side = AtLeast::<1>::try_from(side).map_err(E::custom)?;
        Ok(ImageSize::square(side.get() as u32))
    }

    fn visit_u64<E: Error>(self, side: u64) -> Result<ImageSize, E> {
        self.visit_i64(i64::try_from(side).unwrap_or(i64::MAX))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ImageSize, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sides {
            height: AtLeast<1>,
            width: AtLeast<1>,
        }
        let sides = Sides::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(ImageSize { height: sides.height.get() as u32, width: sides.width.get() as u32 })
    }
}

impl<'de> Deserialize<'de> for BalanceTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BalanceToVisitor)
    }
}

struct BalanceToVisitor;

impl Visitor<'_> for BalanceToVisitor {
    type Value = BalanceTo;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("mean, max or a number of films per class")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<BalanceTo, E> {
        match word {
            "mean" => Ok(BalanceTo::Mean),
            "max" => Ok(BalanceTo::Max),
            _ => Err(E::unknown_variant(word, &["mean", "max"])),
        }
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<BalanceTo, E> {
        AtLeast::<1>::try_from(count).map(|count| BalanceTo::Count(count.get() as u32)).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<BalanceTo, E> {
        self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl Serialize for BalanceTo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Mean => serializer.serialize_str("mean"),
            Self::Max => serializer.serialize_str("max"),
            Self::Count(count) => serializer.serialize_u32(*count),
        }
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternsVisitor)
    }
}

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = Patterns;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("text or a list of texts")
    }

    fn visit_str<E: Error>(self, pattern: &str) -> Result<Patterns, E> {
        Ok(Patterns(vec![pattern.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Patterns, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = list.next_element()? {
            patterns.push(pattern);
        }
        if patterns.is_empty() {
            Err(A::Error::custom("expected at least one pattern, found an empty list"))
        } else {
            Ok(Patterns(patterns))
        }
    }
}

impl<'de> Deserialize<'de> for BackboneEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BackboneEntryVisitor)
    }
}

struct BackboneEntryVisitor;

impl<'de> Visitor<'de> for BackboneEntryVisitor {
    type Value = BackboneEntry;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("the name of a backbone, or `name: { settings }`")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<BackboneEntry, E> {
        let name = BackboneName::deserialize(serde::de::value::StrDeserializer::new(name))?;
        Ok(BackboneEntry { name, settings: BackboneSettings::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BackboneEntry, A::Error> {
        let Some((name, settings)) = map.next_entry::<BackboneName, Option<BackboneSettings>>()? else {
            return Err(A::Error::custom("expected the name of a backbone, found an empty mapping"));
        };
        if let Some(other) = map.next_key::<String>()? {
            return Err(A::Error::custom(format!("expected one backbone per list entry, found {other:?} beside {}", name.name())));
        }
        Ok(BackboneEntry { name, settings: settings.unwrap_or_default() })
    }
}

/// For a key whose `null` says something: what is given, even if it is nothing.
#[allow(clippy::option_option, reason = "not given, given as nothing and given are three things")]
pub(super) fn null_or_value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
