//! Lays one layer of settings over another.

use super::node::{Kind, Node};

/// The keys of `data` that name a source; a layer that names one replaces the source of the layers below it.
pub(super) const SOURCES: [&str; 5] = ["phantom", "rsna", "hand_atlas", "csv", "filename"];

/// What a file says about itself alone and hands on to no spec that extends it: two specs under one name would share a
/// results folder.
const OWN_KEYS: [&str; 3] = ["name", "title", "extends"];

/// The settings that a file hands on to a spec that extends it.
pub(super) fn inherited(mut base: Node) -> Node {
    if let Kind::Map(entries) = &mut base.kind {
        entries.retain(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
    }
    base
}

/// A whole spec laid over another: mappings key by key, lists and single values replaced.
pub(super) fn overlay_spec(mut base: Node, top: Node) -> Node {
    if let (Some(below), Some(above)) = (base.step_mut(&super::key_path::Step::Key("data".to_owned())), top.get("data")) {
        keep_sources_named_by(below, above);
    }
    overlay(base, top)
}

fn keep_sources_named_by(below: &mut Node, above: &Node) {
    let named = |source: &str| above.get(source).is_some_and(|node| node.kind != Kind::Null);
    if !SOURCES.into_iter().any(named) {
        return;
    }
    if let Kind::Map(entries) = &mut below.kind {
        entries.retain(|(key, _)| !SOURCES.contains(&key.as_str()) || named(key));
    }
}

/// One value laid over another: mappings key by key, everything else replaced.
pub(super) fn overlay(base: Node, top: Node) -> Node {
    match (base.kind, top.kind) {
        (Kind::Map(mut entries), Kind::Map(over)) => {
            for (key, node) in over {
                match entries.iter_mut().find(|(existing, _)| *existing == key) {
                    Some((_, below)) => {
                        let old = std::mem::replace(below, Node { layer: 0, kind: Kind::Null });
                        *below = overlay(old, node);
                    }
                    None => entries.push((key, node)),
                }
            }
            Node { layer: base.layer, kind: Kind::Map(entries) }
        }
        (_, kind) => Node { layer: top.layer, kind },
    }
}
