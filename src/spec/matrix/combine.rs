//! Every combination of the axes for every entry, less what is excluded, plus what is included.

use super::super::key_path::{KeyPath, Step};
use super::super::merge::overlay;
use super::super::node::{Kind, Node};
use super::axis::{AxisKey, EntryName, nested};
use super::object::{Axis, Matrix, Object, Value};
use super::{EXCLUDE, Expanded, MOST_ROWS, MatrixFault, Row, path_of, words};

/// One value of a combination.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) path: &'a [String],
    pub(super) value: &'a Value<'a>,
    /// Whether it came from an axis, and not from an object of `include`.
    is_of_axis: bool,
}

pub(super) type Combination<'a> = Vec<Chosen<'a>>;

/// Multiplies the entries of `backbones` of a merged spec by its matrix.
///
/// # Errors
/// With everything in the matrix that contradicts something else in the spec.
pub(in super::super) fn expand(tree: &Node) -> Result<Expanded, Vec<MatrixFault>> {
    let written = written_entries(tree);
    let plain = |count| (0..count).map(|entry| Row { entry, ..Row::default() }).collect();
    let Some(matrix) = Matrix::of(tree) else {
        return Ok(Expanded { tree: tree.clone(), rows: plain(written.len()) });
    };
    let entries: Vec<EntryName> = written.iter().map(|entry| name_of(entry)).collect();
    let mut faults = unknown_names(&matrix, &entries);
    faults.extend(entries.iter().flat_map(|entry| contradictions(&matrix, entry)));
    faults.extend(too_many(&matrix, &entries));
    // What follows counts on axes that exist and do not contradict each other.
    if faults.is_empty() {
        faults.extend(idle_exclusions(&matrix, &entries));
        faults.extend(idle_inclusions(&matrix, &entries));
    }
    if !faults.is_empty() {
        faults.dedup();
        return Err(faults);
    }
    let combinations: Vec<Vec<Combination>> = entries.iter().map(|entry| combinations(&matrix, entry)).collect();
    if !entries.is_empty() && combinations.iter().all(Vec::is_empty) {
        return Err(vec![MatrixFault::value(path_of(EXCLUDE), "leaves no row at all; leave out less")]);
    }
    Ok(multiplied(tree, &written, &combinations))
}

fn written_entries(tree: &Node) -> Vec<&Node> {
    match tree.get("backbones").map(|node| &node.kind) {
        Some(Kind::List(nodes)) => nodes.iter().collect(),
        _ => Vec::new(),
    }
}

fn name_of(entry: &Node) -> EntryName<'_> {
    match &entry.kind {
        Kind::Text(network) => EntryName { network, label: None },
        Kind::Map(pairs) => {
            let (network, settings) = pairs.first().expect("the schema refuses an empty entry");
            let label =
                settings.get("label").and_then(|label| if let Kind::Text(label) = &label.kind { Some(label.as_str()) } else { None });
            EntryName { network, label }
        }
        _ => unreachable!("the schema refuses any other entry"),
    }
}

/// Names that no entry has.
fn unknown_names(matrix: &Matrix, entries: &[EntryName]) -> Vec<MatrixFault> {
    let known = entries.iter().map(EntryName::shown).collect::<Vec<_>>().join(", ");
    let is_unknown = |name: &str| !entries.iter().any(|entry| entry.is(name));
    let fault = |place: KeyPath, name: &str| {
        MatrixFault::key(place, format!("no entry of `backbones` is called {name:?} (there are: {known}); give its name or its label"))
    };
    let of_key = |place: KeyPath, key: &AxisKey| key.name().filter(|name| is_unknown(name)).map(|name| fault(place, name));
    let mut faults: Vec<MatrixFault> = matrix.axes.iter().filter_map(|axis| of_key(path_of(axis.text), &axis.key)).collect();
    for object in matrix.include.iter().chain(&matrix.exclude) {
        let named = object.backbone.filter(|name| is_unknown(name));
        faults.extend(named.map(|name| fault(object.place.clone().key(super::BACKBONE), name)));
        faults.extend(object.values.iter().filter_map(|(_, key, value)| of_key(value.place.clone(), key)));
    }
    faults
}

/// Two key paths that set the same thing of an entry.
fn contradictions(matrix: &Matrix, entry: &EntryName) -> Vec<MatrixFault> {
    let axes = axes_of(matrix, entry);
    let mut faults = Vec::new();
    for (index, axis) in axes.iter().enumerate() {
        let earlier = axes[..index].iter().find(|other| overlap(&other.key.path, &axis.key.path));
        let message = |other: &str| format!("sets what `{other}` sets for {} already; keep one of the two", entry.shown());
        faults.extend(earlier.map(|other| MatrixFault::key(path_of(axis.text), message(other.text))));
    }
    for object in matrix.include.iter().filter(|object| object.is_for(entry)) {
        for (text, key, value) in &object.values {
            let partly = axes.iter().find(|axis| axis.key.path != key.path && overlap(&axis.key.path, &key.path));
            let message = |axis: &str| format!("overlaps the axis `{axis}`; write the key paths of single settings in place of `{text}`");
            faults.extend(partly.map(|axis| MatrixFault::key(value.place.clone(), message(axis.text))));
        }
    }
    faults
}

fn overlap(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn axes_of<'a, 'm>(matrix: &'m Matrix<'a>, entry: &EntryName) -> Vec<&'m Axis<'a>> {
    matrix.axes.iter().filter(|axis| axis.key.speaks_of(entry)).collect()
}

/// The rows are counted before any is made.
fn too_many(matrix: &Matrix, entries: &[EntryName]) -> Option<MatrixFault> {
    let of_entry = |entry| axes_of(matrix, entry).iter().fold(1_usize, |count, axis| count.saturating_mul(axis.values.len()));
    let count = entries.iter().map(of_entry).fold(matrix.include.len(), usize::saturating_add);
    let message = format!("these values make {count} rows, counted before `exclude`; a spec has at most {MOST_ROWS}");
    (count > MOST_ROWS).then(|| MatrixFault::key(KeyPath::of("matrix"), message))
}

/// Objects of `exclude` that leave nothing out.
fn idle_exclusions(matrix: &Matrix, entries: &[EntryName]) -> Vec<MatrixFault> {
    let known = matrix.axes.iter().map(|axis| axis.text).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "it has none".to_owned() } else { format!("there are: {known}") };
    let mut faults = Vec::new();
    for object in &matrix.exclude {
        let before = faults.len();
        for (text, _, value) in &object.values {
            match matrix.axes.iter().find(|axis| axis.text == *text) {
                None => faults.push(MatrixFault::key(value.place.clone(), format!("is no axis of this matrix ({known})"))),
                Some(axis) if !axis.values.iter().any(|other| other.settings == value.settings) => {
                    faults.push(MatrixFault::value(
                        value.place.clone(),
                        format!("is none of the values of `{text}`; nothing would be left out"),
                    ));
                }
                Some(_) => {}
            }
        }
        let leaves_out = |entry: &EntryName| object.is_for(entry) && product(&axes_of(matrix, entry)).iter().any(|made| fits(object, made));
        if faults.len() == before && !entries.is_empty() && !entries.iter().any(leaves_out) {
            faults.push(MatrixFault::value(
                object.place.clone(),
                "fits no combination, so that nothing would be left out; mend or remove it",
            ));
        }
    }
    faults
}

/// Objects of `include` that no entry has any use for, or that change nothing.
fn idle_inclusions(matrix: &Matrix, entries: &[EntryName]) -> Vec<MatrixFault> {
    let mut faults = Vec::new();
    for (index, object) in matrix.include.iter().enumerate() {
        if !entries.iter().any(|entry| object.is_for(entry)) && !entries.is_empty() {
            faults.push(MatrixFault::value(
                object.place.clone(),
                "speaks of different entries, so that it is for none; write one mapping for each",
            ));
            continue;
        }
        let is_there = |entry: &EntryName| {
            let made = remaining(matrix, entry);
            let of_axes = object.values.iter().all(|(_, key, _)| axes_of(matrix, entry).iter().any(|axis| axis.key.path == key.path));
            !object.is_for(entry) || (of_axes && made.iter().any(|made| fits(object, made)))
        };
        let same = |other: &Object| {
            other.backbone == object.backbone
                && other.values.len() == object.values.len()
                && object
                    .values
                    .iter()
                    .all(|(text, _, value)| other.values.iter().any(|given| given.0 == *text && given.2.settings == value.settings))
        };
        if matrix.include[..index].iter().any(same) {
            faults.push(MatrixFault::value(object.place.clone(), "is given twice; keep one"));
        } else if !entries.is_empty() && entries.iter().all(is_there) {
            faults.push(MatrixFault::value(object.place.clone(), "adds nothing: the combination is there already; add a key or remove it"));
        }
    }
    faults
}

fn product<'a>(axes: &[&'a Axis<'a>]) -> Vec<Combination<'a>> {
    axes.iter().fold(vec![Vec::new()], |made, axis| {
        let with = |combination: &Combination<'a>, value| {
            let chosen = Chosen { path: &axis.key.path, value, is_of_axis: true };
            combination.iter().copied().chain([chosen]).collect()
        };
        made.iter().flat_map(|combination| axis.values.iter().map(move |value| with(combination, value))).collect()
    })
}

/// Whether a combination has every value that an object names.
fn fits(object: &Object, combination: &Combination) -> bool {
    let has =
        |key: &AxisKey, value: &Value| combination.iter().any(|chosen| chosen.path == key.path && chosen.value.settings == value.settings);
    object.values.iter().all(|(_, key, value)| has(key, value))
}

/// The combinations of the axes that speak of an entry, less what is excluded; none where no axis does.
fn remaining<'a>(matrix: &'a Matrix<'a>, entry: &EntryName) -> Vec<Combination<'a>> {
    let axes = axes_of(matrix, entry);
    if axes.is_empty() {
        return Vec::new();
    }
    let mut made = product(&axes);
    for object in matrix.exclude.iter().filter(|object| object.is_for(entry)) {
        made.retain(|combination| !fits(object, combination));
    }
    made
}

/// All combinations of an entry.
fn combinations<'a>(matrix: &'a Matrix<'a>, entry: &EntryName) -> Vec<Combination<'a>> {
    let axes = axes_of(matrix, entry);
    let mut made = remaining(matrix, entry);
    let of_axes = made.len();
    for object in matrix.include.iter().filter(|object| object.is_for(entry)) {
        let is_taken_by = |combination: &Combination| {
            let clashes = |key: &AxisKey, value: &Value| {
                let same_path = |chosen: &&Chosen| chosen.is_of_axis && chosen.path == key.path;
                combination.iter().find(same_path).is_some_and(|chosen| chosen.value.settings != value.settings)
            };
            !object.values.iter().any(|(_, key, value)| clashes(key, value))
        };
        let fitting: Vec<&mut Combination> = made[..of_axes].iter_mut().filter(|combination| is_taken_by(combination)).collect();
        if fitting.is_empty() {
            let mut new: Combination = object.values.iter().map(chosen).collect();
            new.sort_by_key(|chosen| axes.iter().position(|axis| axis.key.path == chosen.path).unwrap_or(axes.len()));
            made.push(new);
        } else {
            for combination in fitting {
                add(combination, object);
            }
        }
    }
    // An entry that the matrix does not speak of keeps its row.
    if made.is_empty() && axes.is_empty() { vec![Vec::new()] } else { made }
}

fn chosen<'a>((_, key, value): &'a (&'a str, AxisKey, Value<'a>)) -> Chosen<'a> {
    Chosen { path: &key.path, value, is_of_axis: false }
}

/// Values of axes stay; those of earlier objects are replaced.
fn add<'a>(combination: &mut Combination<'a>, object: &'a Object<'a>) {
    for added in object.values.iter().map(chosen) {
        match combination.iter_mut().find(|chosen| chosen.path == added.path) {
            Some(present) if present.is_of_axis => {}
            Some(present) => *present = added,
            None => combination.push(added),
        }
    }
}

fn multiplied(tree: &Node, written: &[&Node], combinations: &[Vec<Combination>]) -> Expanded {
    let (mut nodes, mut rows) = (Vec::new(), Vec::new());
    let keys = words::keys(combinations.iter().flatten());
    for (entry, (node, combinations)) in written.iter().zip(combinations).enumerate() {
        for (combination, words) in combinations.iter().zip(words::of(combinations, &keys)) {
            nodes.push(with_values(node, combination));
            let origins = combination.iter().map(|chosen| (chosen.path.to_vec(), chosen.value.place.clone())).collect();
            rows.push(Row { entry, words, origins });
        }
    }
    let mut tree = tree.clone();
    if let Some(list) = tree.step_mut(&Step::Key("backbones".to_owned())) {
        list.kind = Kind::List(nodes);
    }
    Expanded { tree, rows }
}

/// An entry with the values of a combination laid over its own settings.
fn with_values(entry: &Node, combination: &Combination) -> Node {
    let empty = || Node { layer: entry.layer, kind: Kind::Map(Vec::new()) };
    let (network, settings) = match &entry.kind {
        Kind::Map(pairs) => pairs.first().map(|(network, settings)| (network.clone(), settings.clone())).expect("an entry has a name"),
        Kind::Text(network) => (network.clone(), empty()),
        _ => return entry.clone(),
    };
    let settings = if settings.kind == Kind::Null { empty() } else { settings };
    let settings = combination.iter().fold(settings, |settings, chosen| overlay(settings, nested(chosen.path, chosen.value.node.clone())));
    Node { layer: entry.layer, kind: Kind::Map(vec![(network, settings)]) }
}
