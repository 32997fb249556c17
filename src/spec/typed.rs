//! Reads the typed schema from a tree, so that whatever is wrong comes with its key path.
//!
//! In: a [`Node`]. Out: any type of the schema, or the [`Fault`] that serde met. A tree is used instead of the parser's
//! own deserializer because its errors are words without structure, and because merged layers have no text.

use std::fmt::Display;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::key_path::{KeyPath, Step};
use super::locate::Aim;
use super::node::{Kind, Node};
use super::shown::{float, quoted};

/// In characters.
const LONGEST_REFUSAL: usize = 500;

/// What is wrong with a value, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// From the value outwards: errors travel up.
    steps: Vec<Step>,
    pub(super) aim: Aim,
    pub(super) kind: FaultKind,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FaultKind {
    /// A key that the mapping does not have.
    UnknownKey { known: &'static [&'static str] },
    /// A word that is none of those expected.
    UnknownWord { found: String, known: &'static [&'static str] },
    /// A mapping lacks a key.
    Missing(&'static str),
    /// A value of another type than expected, both in serde's words.
    WrongType { found: String, expected: String },
    /// The type refused the value, for the reason given.
    Refused(String),
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self { steps: Vec::new(), aim: Aim::Value, kind }
    }

    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The way from the tree's root to what is wrong.
    pub(super) fn path(&self) -> KeyPath {
        KeyPath::from_steps(self.steps.iter().rev().cloned().collect())
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.path(), self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        let message = message.to_string();
        // Some types repeat the whole text that they refuse.
        let end = message.char_indices().nth(LONGEST_REFUSAL).map(|(end, _)| end);
        Self::new(FaultKind::Refused(end.map_or(message.clone(), |end| format!("{}…", &message[..end]))))
    }

    fn invalid_type(unexpected: Unexpected, expected: &dyn Expected) -> Self {
        Self::new(FaultKind::WrongType { found: found(unexpected), expected: expected.to_string() })
    }

    fn invalid_value(unexpected: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(FaultKind::UnknownWord { found: variant.to_owned(), known: expected })
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(FaultKind::UnknownKey { known: expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(FaultKind::Missing(field))
    }
}

fn found(unexpected: Unexpected) -> String {
    match unexpected {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        // `1.0` and not `1`, which is another type.
        Unexpected::Float(value) => float(value),
        Unexpected::Str(text) => quoted(text),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Unsigned(value) => visitor.visit_u64(*value),
            Kind::Negative(value) => visitor.visit_i64(*value),
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::List(nodes) => visitor.visit_seq(List { nodes: nodes.iter().enumerate() }),
            Kind::Map(entries) => visitor.visit_map(Map { entries: entries.iter(), value: None }),
            // The tree passes such entries over; only a root can be one, and then nothing more is to be read.
            Kind::Reported => visitor.visit_map(Map { entries: [].iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// A key without a value is an empty block: `train:` says as little as `train: {}`.
    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match &self.kind {
            Kind::Null => visitor.visit_map(Map { entries: [].iter(), value: None }),
            // Derived structs would take a list as their fields in order.
            Kind::List(_) => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, words: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        if let Kind::Text(text) = &self.kind {
            return visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(text.as_str()));
        }
        let Err(fault) = self.deserialize_any(OneOf(words));
        Err(fault)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// Takes nothing; says which words would have been right.
struct OneOf(&'static [&'static str]);

impl Visitor<'_> for OneOf {
    type Value = std::convert::Infallible;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "one of {}", self.0.join(", "))
    }
}

struct List<'de> {
    nodes: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.nodes.find(|(_, node)| node.kind != Kind::Reported) else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|fault| fault.below(Step::Index(index)))
    }
}

struct Map<'de> {
    entries: std::slice::Iter<'de, (String, Node)>,
    value: Option<&'de (String, Node)>,
}

impl<'de> MapAccess<'de> for Map<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.find(|(_, node)| node.kind != Kind::Reported);
        let Some((key, _)) = self.value else { return Ok(None) };
        let in_key = |fault: Fault| Fault { aim: Aim::Key, ..fault.below(Step::Key(key.clone())) };
        seed.deserialize(StrDeserializer::new(key)).map(Some).map_err(in_key)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, node) = self.value.expect("serde asks for a value after its key");
        seed.deserialize(node).map_err(|fault| fault.below(Step::Key(key.clone())))
    }
}

/// The keys of a struct of the schema.
pub(super) fn known_keys<T: for<'de> serde::Deserialize<'de>>() -> &'static [&'static str] {
    // Asking with a key that no struct has brings the list: serde keeps it nowhere else.
    let node = Node { layer: 0, kind: Kind::Null };
    let entries = [("\0".to_owned(), node)];
    match T::deserialize(MapAccessDeserializer::new(Map { entries: entries.iter(), value: None })) {
        Err(Fault { kind: FaultKind::UnknownKey { known }, .. }) => known,
        _ => &[],
    }
}
