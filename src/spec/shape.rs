//! Keys that may be written in a short or a long form.

use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::pattern::FilePattern;
use super::schema::{BackboneEntry, BackboneName, BackboneSettings, BalanceTo, ImageSize, Patterns};
use super::shown::quoted;
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
        CheckedPattern::deserialize(StrDeserializer::new(pattern)).map(|CheckedPattern(pattern)| Patterns(vec![pattern]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Patterns, A::Error> {
        let mut patterns = Vec::new();
        while let Some(CheckedPattern(pattern)) = list.next_element()? {
            patterns.push(pattern);
        }
        if patterns.is_empty() {
            Err(A::Error::custom("expected at least one pattern, found an empty list"))
        } else {
            Ok(Patterns(patterns))
        }
    }
}

/// A pattern whose fields can be read.
struct CheckedPattern(String);

impl<'de> Deserialize<'de> for CheckedPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = String::deserialize(deserializer)?;
        let example = "expected something like \"{id}-{age}-{sex}.jpg\"";
        match FilePattern::parse(&pattern) {
            Ok(_) => Ok(Self(pattern)),
            Err(problem) => Err(D::Error::custom(format!("{problem} in {}; {example}", quoted(&pattern)))),
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
        let name = BackboneName::deserialize(StrDeserializer::new(name))?;
        Ok(BackboneEntry { name, settings: BackboneSettings::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BackboneEntry, A::Error> {
        let Some((name, settings)) = map.next_entry::<BackboneName, Option<BackboneSettings>>()? else {
            return Err(A::Error::custom("expected the name of a backbone, found an empty mapping"));
        };
        map.next_key_seed(NothingBeside(name))?;
        Ok(BackboneEntry { name, settings: settings.unwrap_or_default() })
    }
}

/// Refuses any further key of an entry, so that the refusal is shown at that key.
struct NothingBeside(BackboneName);

impl<'de> DeserializeSeed<'de> for NothingBeside {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NothingBeside {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("one backbone")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        let name = self.0.name();
        let step = if BackboneName::ALL.iter().any(|other| other.name() == key) {
            "begin it with `- ` as an entry of its own".to_owned()
        } else {
            format!("indent it further than {name}, if it is a setting of {name}")
        };
        Err(E::custom(format!("expected one backbone per list entry, found this beside {name}; {step}")))
    }
}

/// More entries than this make no table that anybody reads.
const MOST_ENTRIES: usize = 1000;

/// A list of which each entry costs a run or a layer, or `null`.
pub(super) fn short_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    Option::<ShortList<T>>::deserialize(deserializer).map(|list| list.map(|ShortList(entries)| entries))
}

struct ShortList<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ShortList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShortListVisitor(PhantomData))
    }
}

struct ShortListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortListVisitor<T> {
    type Value = ShortList<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ShortList<T>, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MOST_ENTRIES {
            let Some(entry) = list.next_element()? else { return Ok(ShortList(entries)) };
            entries.push(entry);
        }
        let mut count = entries.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        if count > MOST_ENTRIES {
            return Err(A::Error::custom(format!("expected at most {MOST_ENTRIES} entries, found {count}")));
        }
        Ok(ShortList(entries))
    }
}

/// For a key whose `null` says something: what is given, even if it is nothing.
#[allow(clippy::option_option, reason = "not given, given as nothing and given are three things")]
pub(super) fn null_or_value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
