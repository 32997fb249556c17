//! `matrix`: values to combine, each combination a row of its own.

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// `matrix`: key paths with lists of values, and the lists `include` and `exclude`.
///
/// The keys are key paths into the spec, so that no struct can name them: `train.KEY`, `image.KEY`, `augment.KEY`,
/// `prepare.KEY` and `head.KEY`, `backbones.*.KEY` and `backbones.NAME.KEY`. What stands in it is checked by
/// `spec::matrix`, value by value; a loaded spec has one entry of `backbones` for each combination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MatrixSpec;

impl<'de> Deserialize<'de> for MatrixSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MatrixVisitor)
    }
}

struct MatrixVisitor;

impl<'de> Visitor<'de> for MatrixVisitor {
    type Value = MatrixSpec;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a mapping from key paths to lists of values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MatrixSpec, A::Error> {
        while map.next_entry::<String, IgnoredAny>()?.is_some() {}
        Ok(MatrixSpec)
    }
}
