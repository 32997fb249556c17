//! Finds the line and column of a key path in a document.
//!
//! The parser tells places only in its errors, so the document is walked once more along the path and refused at its end.
//! This costs a second parse for each problem that is reported and nothing for a good spec.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::key_path::Step;
use super::node::{TakesNothing, location};

/// Which end of a `key: value` pair is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Key,
    /// The key where it is written for the last time, when it is written twice.
    RepeatedKey,
    Value,
}

/// Line and column, counted from 1, of what `path` leads to; none where the document has no such path.
pub(super) fn locate(text: &str, path: &[Step], aim: Aim) -> Option<(usize, usize)> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let occurrence = if aim == Aim::RepeatedKey { 2 } else { 1 };
    let walk = Walk { path, aim, occurrence };
    walk.deserialize(document).err().and_then(|error| location(&error))
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    path: &'a [Step],
    aim: Aim,
    occurrence: usize,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() { deserializer.deserialize_any(TakesNothing) } else { deserializer.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list or a mapping")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut position = 0;
        loop {
            let found = match &self.path[0] {
                Step::Index(index) if *index == position => seq.next_element_seed(Walk { path: &self.path[1..], ..self })?.is_some(),
                _ => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !found {
                return Ok(());
            }
            position += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let Step::Key(wanted) = &self.path[0] else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let last = self.path.len() == 1;
        loop {
            let refused = (last && self.aim != Aim::Value && self.occurrence == 1).then_some(wanted.as_str());
            let Some(key) = map.next_key_seed(KeyWalk { refused })? else { return Ok(()) };
            if key != *wanted {
                map.next_value::<IgnoredAny>()?;
            } else if last && self.aim != Aim::Value {
                self.occurrence -= 1;
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Walk { path: &self.path[1..], ..self })?;
            }
        }
    }
}

/// Reads a key, and refuses it if it is the one looked for.
struct KeyWalk<'a> {
    refused: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for KeyWalk<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyWalk<'_> {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a word as the key of a mapping")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        if self.refused == Some(key) { Err(E::custom("found")) } else { Ok(key.to_owned()) }
    }
}
