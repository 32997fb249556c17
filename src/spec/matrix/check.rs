//! What is wrong with the matrix of one layer, each value held against the schema by itself.

use super::super::key_path::KeyPath;
use super::super::node::{Kind, Node};
use super::super::schema::BackboneSettings;
use super::axis::{AxisKey, ValueFault};
use super::{BACKBONE, EXCLUDE, INCLUDE, MatrixFault, path_of};

/// Everything that the schema refuses in the matrix of a layer, and lists that say nothing or say something twice.
pub(in super::super) fn faults(tree: &Node) -> Vec<MatrixFault> {
    let Some(Kind::Map(entries)) = tree.get("matrix").map(|matrix| &matrix.kind) else { return Vec::new() };
    let mut faults = Vec::new();
    for (key, node) in entries {
        let path = path_of(key);
        match (key.as_str(), &node.kind) {
            // Takes back what a layer below gives.
            (_, Kind::Null) => {}
            (INCLUDE | EXCLUDE, Kind::List(objects)) => objects_faults(objects, &path, &mut faults),
            (INCLUDE | EXCLUDE, _) => faults.push(MatrixFault::value(path, "expected a list of mappings, such as [{train.epochs: 3}]")),
            _ => axis_faults(key, node, &path, &mut faults),
        }
    }
    faults
}

fn axis_faults(text: &str, node: &Node, path: &KeyPath, faults: &mut Vec<MatrixFault>) {
    let key = match AxisKey::parse(text) {
        Ok(key) => key,
        Err(message) => return faults.push(MatrixFault::key(path.clone(), message)),
    };
    let nodes = match &node.kind {
        Kind::List(nodes) if nodes.is_empty() => {
            return faults
                .push(MatrixFault::value(path.clone(), "expected at least one value, found an empty list; give some, or remove it"));
        }
        Kind::List(nodes) => nodes,
        Kind::Map(below) => {
            let first = below.first().map_or("KEY", |(key, _)| key.as_str());
            let message = format!("expected a list of values, found a mapping; write the whole key path: {text}.{first}: [a, b]");
            return faults.push(MatrixFault::value(path.clone(), message));
        }
        _ => return faults.push(MatrixFault::value(path.clone(), "expected a list of values; write it as [a, b]")),
    };
    let mut seen: Vec<Option<BackboneSettings>> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let place = path.clone().index(index);
        let settings = match key.settings(node) {
            Ok(settings) => settings,
            // What is wrong with the key path is wrong for every value, and said once.
            Err(fault @ ValueFault::Key(_)) => return faults.push(placed(fault, path)),
            Err(fault) => {
                faults.push(placed(fault, &place));
                seen.push(None);
                continue;
            }
        };
        if let Some(twin) = seen.iter().position(|other| other.as_ref() == Some(&settings)) {
            faults.push(MatrixFault::value(place, format!("is the same value as {}; keep one", path.clone().index(twin))));
        }
        seen.push(Some(settings));
    }
}

fn placed(fault: ValueFault, path: &KeyPath) -> MatrixFault {
    match fault {
        ValueFault::Key(message) => MatrixFault::key(path.clone(), message),
        ValueFault::Value { below, message } => {
            let steps = path.steps().iter().cloned().chain(below).collect();
            MatrixFault::value(KeyPath::from_steps(steps), message)
        }
    }
}

fn objects_faults(objects: &[Node], path: &KeyPath, faults: &mut Vec<MatrixFault>) {
    if objects.len() > super::MOST_ROWS {
        let message = format!("expected at most {} mappings, found {}", super::MOST_ROWS, objects.len());
        return faults.push(MatrixFault::value(path.clone(), message));
    }
    for (index, object) in objects.iter().enumerate() {
        let place = path.clone().index(index);
        let Kind::Map(entries) = &object.kind else {
            faults.push(MatrixFault::value(place, "expected a mapping from key paths to values, such as {train.epochs: 3}"));
            continue;
        };
        if !entries.iter().any(|(key, _)| key != BACKBONE) {
            faults.push(MatrixFault::value(place.clone(), "expected at least one key path with its value, such as {train.epochs: 3}"));
        }
        faults.extend(entries.iter().filter_map(|(key, node)| pair_fault(key, node, place.clone().key(key))));
    }
}

fn pair_fault(text: &str, node: &Node, place: KeyPath) -> Option<MatrixFault> {
    if text == BACKBONE {
        let message = "expected the name or the label of an entry of `backbones`";
        return (!matches!(node.kind, Kind::Text(_))).then(|| MatrixFault::value(place, message));
    }
    match AxisKey::parse(text) {
        Err(message) => Some(MatrixFault::key(place, message)),
        Ok(key) => key.settings(node).err().map(|fault| placed(fault, &place)),
    }
}
