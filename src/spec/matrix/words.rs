//! What tells the rows of an entry apart: `learning rate 0.0001`.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::node::{Kind, Node};
use super::combine::{Chosen, Combination};
use super::object::Value;

/// Key paths with the words that stand for them.
pub(super) type Keys<'a> = BTreeMap<&'a [String], String>;

/// Words for every key path of a matrix: its last key, after its section where another path ends in the same key.
pub(super) fn keys<'a>(combinations: impl Iterator<Item = &'a Combination<'a>>) -> Keys<'a> {
    let paths: Vec<&[String]> = combinations.flatten().map(|chosen| chosen.path).collect();
    let last = |path: &[String]| path.last().cloned().unwrap_or_default();
    let words = |path: &&'a [String]| {
        let is_alone = paths.iter().all(|other| other == path || last(other) != last(path));
        let shown = if is_alone { last(path) } else { path.join(" ") };
        (*path, shown.replace('_', " "))
    };
    paths.iter().map(words).collect()
}

/// For each combination of an entry the values that not all of them share.
pub(super) fn of(combinations: &[Combination], keys: &Keys) -> Vec<Vec<String>> {
    let differs = |chosen: &Chosen| {
        let same = |other: &Combination| find(other, chosen.path).is_some_and(|value| value.settings == chosen.value.settings);
        !combinations.iter().all(same)
    };
    // Two files of one name are told apart by their folders.
    let is_ambiguous = |chosen: &Chosen| {
        let twin = |other: &Combination| {
            find(other, chosen.path).is_some_and(|value| {
                value.settings != chosen.value.settings && short(chosen.path, value.node) == short(chosen.path, chosen.value.node)
            })
        };
        combinations.iter().any(twin)
    };
    let words = |chosen: &Chosen| {
        let key = keys.get(chosen.path).map_or("", String::as_str);
        let value = if is_ambiguous(chosen) { value(chosen.value.node) } else { short(chosen.path, chosen.value.node) };
        format!("{key} {value}")
    };
    combinations.iter().map(|combination| combination.iter().filter(|chosen| differs(chosen)).map(words).collect()).collect()
}

fn find<'a>(combination: &Combination<'a>, path: &[String]) -> Option<&'a Value<'a>> {
    combination.iter().find(|chosen| chosen.path == path).map(|found| found.value)
}

/// A value of a key path, weights by the name of their file.
fn short(path: &[String], node: &Node) -> String {
    let text = value(node);
    if path.last().is_none_or(|key| key != "weights") || text.starts_with("hf:") {
        return text.trim_start_matches("hf:").to_owned();
    }
    Path::new(&text).file_stem().map_or(text.clone(), |stem| stem.to_string_lossy().into_owned())
}

fn value(node: &Node) -> String {
    let list = |nodes: &[Node]| nodes.iter().map(value).collect::<Vec<_>>().join(", ");
    match &node.kind {
        Kind::Null => "none".to_owned(),
        Kind::Bool(true) => "yes".to_owned(),
        Kind::Bool(false) => "no".to_owned(),
        Kind::Unsigned(number) => number.to_string(),
        Kind::Negative(number) => number.to_string(),
        Kind::Float(number) if *number != 0.0 && number.abs() < 1e-4 => format!("{number:e}"),
        Kind::Float(number) => number.to_string(),
        Kind::Text(text) => text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        Kind::List(nodes) if nodes.is_empty() => "none".to_owned(),
        Kind::List(nodes) => list(nodes),
        Kind::Map(entries) => mapping(entries),
        Kind::Reported => String::new(),
    }
}

fn mapping(entries: &[(String, Node)]) -> String {
    if entries.is_empty() {
        return "as it is".to_owned();
    }
    if let [(first, height), (second, width)] = entries
        && [first.as_str(), second.as_str()] == ["height", "width"]
    {
        return format!("{}×{}", value(height), value(width));
    }
    let pair = |(key, node): &(String, Node)| format!("{} {}", key.replace('_', " "), value(node));
    entries.iter().map(pair).collect::<Vec<_>>().join(", ")
}
