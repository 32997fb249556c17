//! A YAML document as a tree that remembers which layer each value came from.
//!
//! In: the text of a file or of a `--set` value. Out: the tree, with every key that is given twice. Aliases are
//! expanded up to a limit, so that a small file cannot grow without bound; tags are refused.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::key_path::{KeyPath, Step};
use super::shown::shortened;
use super::syntax;

/// Far above what any spec needs; a bomb of aliases passes it within milliseconds.
const MOST_NODES: usize = 100_000;

/// A value and the number of the layer that it came from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) layer: usize,
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// Was wrong, has been reported, and is passed over so that what follows can be checked too.
    Reported,
}

impl Node {
    /// The value of a key, where this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    pub(super) fn step(&self, step: &Step) -> Option<&Node> {
        match (step, &self.kind) {
            (Step::Key(key), _) => self.get(key),
            (Step::Index(index), Kind::List(nodes)) => nodes.get(*index),
            (Step::Index(_), _) => None,
        }
    }

    pub(super) fn step_mut(&mut self, step: &Step) -> Option<&mut Node> {
        match (step, &mut self.kind) {
            (Step::Key(key), Kind::Map(entries)) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node),
            (Step::Index(index), Kind::List(nodes)) => nodes.get_mut(*index),
            _ => None,
        }
    }
}

/// A parsed document.
pub(super) struct Document {
    pub(super) root: Node,
    /// The paths of all keys that are given more than once in one mapping.
    pub(super) duplicates: Vec<KeyPath>,
}

/// Why a text is not a spec's document.
#[derive(Debug)]
pub(super) struct SyntaxError {
    /// Line and column, counted from 1.
    pub(super) location: Option<(usize, usize)>,
    /// Where began what is wrong, if that is another place.
    pub(super) begin: Option<(usize, usize)>,
    pub(super) message: String,
}

/// Parses the only document of a text.
///
/// # Errors
/// If it is not YAML, or uses a part of YAML that specs do not have.
pub(super) fn parse(text: &str, layer: usize) -> Result<Document, SyntaxError> {
    syntax::check_text(text)?;
    let state = State { layer, ..State::default() };
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let root = match documents.next() {
        Some(document) => Seed(&state).deserialize(document).map_err(|error| state.syntax_error(&error, text))?,
        None => Node { layer, kind: Kind::Null },
    };
    if let Some(Err(error)) = documents.next().map(|second| second.deserialize_any(TakesNothing)) {
        if !error.to_string().contains(NOTHING_HERE) {
            return Err(state.syntax_error(&error, text));
        }
        let message = "a second document begins here; a spec is one document, so put it into a file of its own".to_owned();
        return Err(SyntaxError { location: location(&error), begin: None, message });
    }
    Ok(Document { root, duplicates: state.duplicates.into_inner() })
}

pub(super) fn location(error: &serde_yaml::Error) -> Option<(usize, usize)> {
    error.location().map(|location| (location.line(), location.column()))
}

#[derive(Default)]
struct State {
    layer: usize,
    count: RefCell<usize>,
    path: RefCell<Vec<Step>>,
    duplicates: RefCell<Vec<KeyPath>>,
    /// Our own reason for refusing the document, which the parser's error would wrap in its own words.
    refusal: RefCell<Option<String>>,
}

impl State {
    fn node<E: Error>(&self, kind: Kind) -> Result<Node, E> {
        let mut count = self.count.borrow_mut();
        *count += 1;
        if *count > MOST_NODES {
            return Err(self.refuse(format!("aliases make this more than {MOST_NODES} values; write the values out")));
        }
        Ok(Node { layer: self.layer, kind })
    }

    fn refuse<E: Error>(&self, reason: String) -> E {
        let error = E::custom(&reason);
        self.refusal.replace(Some(reason));
        error
    }

    fn syntax_error(&self, error: &serde_yaml::Error, text: &str) -> SyntaxError {
        match self.refusal.take() {
            Some(message) => SyntaxError { location: location(error), begin: None, message },
            None => syntax::syntax_error(error, text),
        }
    }

    fn within<T>(&self, step: Step, visit: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(step);
        let value = visit();
        self.path.borrow_mut().pop();
        value
    }
}

#[derive(Clone, Copy)]
struct Seed<'a>(&'a State);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.0.node(Kind::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.0.node(Kind::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.0.node(Kind::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.0.node(Kind::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.0.node(u64::try_from(value).map_or(Kind::Negative(value), Kind::Unsigned))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        Err(self.0.refuse(format!("the whole number {value} has more than 64 bits; no setting takes it")))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        Err(self.0.refuse(format!("the whole number {value} has more than 64 bits; no setting takes it")))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.0.node(Kind::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.0.node(Kind::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = self.0.within(Step::Index(nodes.len()), || seq.next_element_seed(self))? {
            nodes.push(node);
        }
        self.0.node(Kind::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        while let Some(KeyText(key)) = map.next_key()? {
            let repeated = !seen.insert(key.clone());
            let node = self.0.within(Step::Key(key.clone()), || {
                if repeated {
                    let path = KeyPath::from_steps(self.0.path.borrow().clone());
                    self.0.duplicates.borrow_mut().push(path);
                }
                map.next_value_seed(self)
            })?;
            if !repeated {
                entries.push((key, node));
            }
        }
        self.0.node(Kind::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let (tag, _) = data.variant::<String>()?;
        Err(self.0.refuse(format!(
            "the tag `!{}` means nothing in a spec; put the value in quotes if it is text",
            shortened(tag.trim_start_matches('!'))
        )))
    }
}

/// A key of a mapping: any scalar, by its text.
pub(super) struct KeyText(pub(super) String);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = KeyText;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a word as the key of a mapping")
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<KeyText, E> {
                Ok(KeyText(key.to_owned()))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

const NOTHING_HERE: &str = "nothing here";

/// Takes no value at all, so that the error carries the place of the value that was offered.
pub(super) struct TakesNothing;

impl Visitor<'_> for TakesNothing {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(NOTHING_HERE)
    }
}
