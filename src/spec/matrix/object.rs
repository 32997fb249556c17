//! The objects of `include` and `exclude`, and the lists of values, read from trees that the schema has passed.

use super::super::key_path::KeyPath;
use super::super::node::{Kind, Node};
use super::super::schema::BackboneSettings;
use super::axis::{AxisKey, EntryName};
use super::{BACKBONE, EXCLUDE, INCLUDE, path_of};

/// A value of a key path, and what an entry with nothing else would be.
pub(super) struct Value<'a> {
    pub(super) node: &'a Node,
    pub(super) settings: BackboneSettings,
    pub(super) place: KeyPath,
}

impl<'a> Value<'a> {
    fn of(key: &AxisKey, node: &'a Node, place: KeyPath) -> Option<Self> {
        key.settings(node).ok().map(|settings| Self { node, settings, place })
    }
}

/// A key path with its values.
pub(super) struct Axis<'a> {
    pub(super) text: &'a str,
    pub(super) key: AxisKey,
    pub(super) values: Vec<Value<'a>>,
}

/// An object of `include` or `exclude`.
pub(super) struct Object<'a> {
    pub(super) place: KeyPath,
    /// The entries that it is for, where it says so, by name.
    pub(super) backbone: Option<&'a str>,
    pub(super) values: Vec<(&'a str, AxisKey, Value<'a>)>,
}

impl Object<'_> {
    /// Whether all that it says is of this entry.
    pub(super) fn is_for(&self, entry: &EntryName) -> bool {
        self.backbone.is_none_or(|name| entry.is(name)) && self.values.iter().all(|(_, key, _)| key.speaks_of(entry))
    }
}

/// A matrix as it is written.
pub(super) struct Matrix<'a> {
    pub(super) axes: Vec<Axis<'a>>,
    pub(super) include: Vec<Object<'a>>,
    pub(super) exclude: Vec<Object<'a>>,
}

impl<'a> Matrix<'a> {
    /// The matrix of a merged spec; none where it has none, or took it back.
    pub(super) fn of(tree: &'a Node) -> Option<Self> {
        let Kind::Map(entries) = &tree.get("matrix")?.kind else { return None };
        let axes = entries.iter().filter(|(key, _)| key != INCLUDE && key != EXCLUDE);
        let matrix = Self {
            axes: axes.filter_map(|(text, node)| axis(text, node)).collect(),
            include: objects(tree, INCLUDE),
            exclude: objects(tree, EXCLUDE),
        };
        let is_empty = matrix.axes.is_empty() && matrix.include.is_empty() && matrix.exclude.is_empty();
        (!is_empty).then_some(matrix)
    }
}

/// None for one that a later layer took back.
fn axis<'a>(text: &'a str, node: &'a Node) -> Option<Axis<'a>> {
    let Kind::List(nodes) = &node.kind else { return None };
    let key = AxisKey::parse(text).ok()?;
    let value = |(index, node)| Value::of(&key, node, path_of(text).index(index));
    let values = nodes.iter().enumerate().filter_map(value).collect();
    Some(Axis { text, key, values })
}

fn objects<'a>(tree: &'a Node, list: &str) -> Vec<Object<'a>> {
    let nodes = match tree.get("matrix").and_then(|matrix| matrix.get(list)).map(|node| &node.kind) {
        Some(Kind::List(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    nodes.iter().enumerate().filter_map(|(index, node)| object(node, path_of(list).index(index))).collect()
}

fn object(node: &Node, place: KeyPath) -> Option<Object<'_>> {
    let Kind::Map(entries) = &node.kind else { return None };
    let (mut backbone, mut values) = (None, Vec::new());
    for (text, node) in entries {
        if let (BACKBONE, Kind::Text(name)) = (text.as_str(), &node.kind) {
            backbone = Some(name.as_str());
        } else if let Ok(key) = AxisKey::parse(text)
            && let Some(value) = Value::of(&key, node, place.clone().key(text))
        {
            values.push((text.as_str(), key, value));
        }
    }
    Some(Object { place, backbone, values })
}
