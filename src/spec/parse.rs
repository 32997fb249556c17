//! From a spec file and `--set` arguments to the merged [`Spec`].
//!
//! In: a path and the arguments. Out: one [`LoadedSpec`], or every fault of every layer with its line. Layers, later ones
//! over earlier ones: the files that `extends` names (the farthest first), the file, each `--set` in order. A file's
//! `name` and `title` are its own and are not handed on to specs that extend it. `null` takes a setting back to its default.
//! A [`matrix`] is multiplied with the entries of `backbones` once all layers are merged.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{Note, Problem, SpecError};
use super::key_path::{KeyPath, Step};
use super::layers::{Layer, read_files, read_set};
use super::locate::Aim;
use super::matrix::{self, Row};
use super::merge;
use super::node::{Kind, Node};
use super::place::{Origin, Place, Spot};
use super::schema::{BackboneEntry, Spec};
use super::typed::{Fault, FaultKind};
use super::values::SpecName;
use super::wording;

/// A spec with all its layers merged. Each value is possible on its own; whether they fit together is checked when the
/// spec is expanded into a plan.
#[derive(Debug)]
pub struct LoadedSpec {
    /// The merged settings, with an entry of `backbones` for each row of the table.
    pub spec: Spec,
    /// The file it was read from.
    pub path: PathBuf,
    /// The folder under `results/`: the file's stem where the spec gives no name.
    pub name: SpecName,
    /// The heading of the table: the name where the spec gives no title.
    pub title: String,
    /// `backbones` as it is written, before a matrix makes several rows of each entry.
    pub(crate) written: Vec<BackboneEntry>,
    /// For each entry of `backbones` where it comes from.
    pub(crate) rows: Vec<Row>,
    layers: Vec<Layer>,
    merged: Node,
}

/// Reads a spec with all that it extends, and lays the `--set` arguments over it.
///
/// # Errors
/// If a file cannot be read or is not YAML, or with every key, word, type and value in it that the schema refuses.
pub fn load(path: &Path, sets: &[String]) -> Result<LoadedSpec, SpecError> {
    let mut layers = read_files(path)?;
    let file = layers.len() - 1;
    let mut problems = Vec::new();
    for argument in sets {
        match read_set(argument, layers.len()) {
            Ok(layer) => layers.push(layer),
            Err(problem) => problems.push(*problem),
        }
    }
    problems.extend(layers.iter().flat_map(layer_problems));
    if !problems.is_empty() {
        return Err(SpecError::Invalid(problems));
    }
    let merged = merge_layers(&layers, file);
    problems.extend(layers.iter().enumerate().flat_map(|(number, layer)| unknown_paths(number, layer, &merged)));
    if !problems.is_empty() {
        return Err(SpecError::Invalid(problems));
    }
    let written = read_merged(&merged);
    let expanded = matrix::expand(&merged).map_err(|faults| {
        SpecError::Invalid(faults.into_iter().map(|fault| problem(&layers, path, &merged, fault.path, fault.aim, fault.message)).collect())
    })?;
    let spec = read_merged(&expanded.tree);
    let name = name_of(&spec, path)?;
    let title = spec.title.clone().unwrap_or_else(|| name.as_str().to_owned());
    let written = written.backbones.unwrap_or_default();
    Ok(LoadedSpec { spec, path: path.to_owned(), name, title, written, rows: expanded.rows, layers, merged })
}

fn read_merged(merged: &Node) -> Spec {
    Spec::deserialize(merged).expect("layers that fit the schema fit it when merged")
}

/// The paths of a layer that cannot be written out and that no later layer replaces.
fn unknown_paths(number: usize, layer: &Layer, merged: &Node) -> Vec<Problem> {
    let is_in_use = |path: &KeyPath| {
        let node = path.steps().iter().try_fold(merged, |node, step| node.step(step));
        node.is_some_and(|node| node.layer == number && node.kind == Kind::Reported)
    };
    let unknown = layer.unknown_paths.iter().filter(|(path, _)| is_in_use(path));
    unknown.map(|(path, reason)| layer.problem(path, Aim::Value, reason.clone())).collect()
}

fn merge_layers(layers: &[Layer], file: usize) -> Node {
    let trees = layers.iter().enumerate().map(|(number, layer)| {
        let tree = layer.tree.clone();
        if number < file { merge::inherited(tree) } else { tree }
    });
    trees.reduce(merge::overlay_spec).expect("there is at least the file")
}

fn name_of(spec: &Spec, path: &Path) -> Result<SpecName, SpecError> {
    if let Some(name) = &spec.name {
        return Ok(name.clone());
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    SpecName::try_from(stem).map_err(|refusal| {
        let message = format!("the file's name is the default here, and it {refusal}; give the spec a `name`");
        SpecError::Invalid(vec![Problem::new(Place::whole(Origin::File(path.to_owned())), KeyPath::of("name"), message)])
    })
}

const MORE: &str = "there is more like this; mend these first";

/// Each problem costs another look at the file, and nobody reads more than this at a time.
pub(super) const MOST_PROBLEMS: usize = 20;

/// Everything that the schema refuses in one layer: what is refused is set aside and the rest is read again.
fn layer_problems(layer: &Layer) -> Vec<Problem> {
    let repeated = |path: &KeyPath| {
        let mut problem = layer.problem(path, Aim::RepeatedKey, "this key is given twice; keep one".to_owned());
        if let Origin::File(_) = layer.origin {
            problem.notes.push(Note { place: Some(layer.place(path, Aim::Key)), message: format!("{path} is given here first") });
        }
        problem
    };
    let mut seen = HashSet::new();
    let mut problems: Vec<Problem> = layer.duplicates.iter().filter(|path| seen.insert(*path)).take(MOST_PROBLEMS).map(repeated).collect();
    let of_matrix = matrix::faults(&layer.tree).into_iter().take(MOST_PROBLEMS);
    problems.extend(of_matrix.map(|fault| layer.problem(&fault.path, fault.aim, fault.message)));
    let mut tree = layer.tree.clone();
    while let Err(fault) = Spec::deserialize(&tree) {
        if problems.len() >= MOST_PROBLEMS {
            problems.push(layer.problem(&KeyPath::default(), Aim::Key, MORE.to_owned()));
            break;
        }
        let path = fault.path();
        // A block may lack something only because what was wrong in it is set aside.
        if !problems.iter().any(|problem| problem.key.starts_with(&path)) {
            problems.push(layer.problem(&path, fault.aim, message(&fault, layer)));
        }
        set_aside(&mut tree, path.steps());
    }
    problems
}

fn message(fault: &Fault, layer: &Layer) -> String {
    let plain = wording::message(fault);
    match (&layer.origin, &fault.kind) {
        (Origin::Set(_), FaultKind::WrongType { found, expected }) if found == "a mapping" && expected == "a sequence" => {
            format!("{plain}; --set replaces whole lists and cannot reach into one")
        }
        (_, FaultKind::WrongType { found, .. }) if found == "a list" && fault.path() == KeyPath::of("extends") => {
            "expected the path of a file, found a list; a spec extends one file, which may extend another".to_owned()
        }
        (Origin::File(_), FaultKind::WrongType { .. }) if fault.path().is_root() => {
            let (plain, _) = plain.split_once(';').unwrap_or((&plain, ""));
            format!("{plain}; a spec begins with keys such as `data:` and `backbones:`")
        }
        _ => plain,
    }
}

fn set_aside(tree: &mut Node, steps: &[Step]) {
    let mut node = tree;
    for step in steps {
        node = node.step_mut(step).expect("a fault's path leads to what is wrong");
    }
    node.kind = Kind::Reported;
}

impl LoadedSpec {
    /// Whether any layer gives a key, or its row of the matrix does.
    pub fn gives(&self, key: &KeyPath) -> bool {
        let written = self.written_key(key.clone());
        find(&self.merged, &written).1 == written.steps().len()
    }

    /// A problem with a key, placed where the key was written, or else the nearest block around it.
    pub fn problem(&self, key: KeyPath, message: impl Into<String>) -> Problem {
        self.problem_at(self.written_key(key), Aim::Value, message)
    }

    /// Where the value of a key was written; none where nobody gives it.
    pub fn origin(&self, key: &KeyPath) -> Option<Place> {
        let written = self.written_key(key.clone());
        (self.find(&written).1 == written.steps().len()).then(|| self.place_of(&written, Aim::Value))
    }

    /// A problem with a key as it is written.
    pub(super) fn problem_at(&self, key: KeyPath, aim: Aim, message: impl Into<String>) -> Problem {
        problem(&self.layers, &self.path, &self.merged, key, aim, message.into())
    }

    /// Where a key, as it is written, was written, or else the nearest block around it.
    pub(super) fn place_of(&self, key: &KeyPath, aim: Aim) -> Place {
        place_of(&self.layers, &self.path, &self.merged, key, aim)
    }

    /// What stands for all that is not shown.
    pub(super) fn more(&self) -> Problem {
        Problem::new(Place::whole(Origin::File(self.path.clone())), KeyPath::default(), MORE)
    }

    /// The deepest value on the way to a key as it is written, and the number of steps to it.
    pub(super) fn find(&self, key: &KeyPath) -> (&Node, usize) {
        find(&self.merged, key)
    }

    /// Whether a matrix makes the rows.
    pub(crate) fn has_matrix(&self) -> bool {
        self.rows.iter().any(|row| !row.origins.is_empty())
    }

    /// The key as it is written: what a row of the matrix sets stands in the matrix, all else in the entry of the row.
    pub(super) fn written_key(&self, key: KeyPath) -> KeyPath {
        let [Step::Key(list), Step::Index(index), below @ ..] = key.steps() else { return key };
        let Some(row) = self.rows.get(*index).filter(|_| list == "backbones") else { return key };
        let settings = below.get(1..).unwrap_or_default();
        let sets = |path: &[String]| {
            path.len() <= settings.len() && path.iter().zip(settings).all(|(key, step)| matches!(step, Step::Key(other) if other == key))
        };
        match row.origins.iter().find(|(path, _)| sets(path)) {
            Some((path, place)) => KeyPath::from_steps(place.steps().iter().chain(&settings[path.len()..]).cloned().collect()),
            None => {
                KeyPath::from_steps([Step::Key(list.clone()), Step::Index(row.entry)].into_iter().chain(below.iter().cloned()).collect())
            }
        }
    }
}

/// The deepest value on the way to a key, and the number of steps to it.
fn find<'a>(merged: &'a Node, key: &KeyPath) -> (&'a Node, usize) {
    let mut node = merged;
    for (depth, step) in key.steps().iter().enumerate() {
        match node.step(step) {
            Some(below) => node = below,
            None => return (node, depth),
        }
    }
    (node, key.steps().len())
}

/// A problem with a key of the merged spec, placed where it was written, or else the nearest block around it.
fn problem(layers: &[Layer], file: &Path, merged: &Node, key: KeyPath, aim: Aim, message: String) -> Problem {
    Problem::new(place_of(layers, file, merged, &key, aim), key, message)
}

/// Where a key of the merged spec was written, or else the nearest block around it.
fn place_of(layers: &[Layer], file: &Path, merged: &Node, key: &KeyPath, aim: Aim) -> Place {
    let (node, depth) = find(merged, key);
    let written = KeyPath::from_steps(key.steps()[..depth].to_vec());
    if written.is_root() { Place::whole(Origin::File(file.to_owned())) } else { layers[node.layer].place(&written, aim) }
}

impl Layer {
    fn problem(&self, path: &KeyPath, aim: Aim, message: String) -> Problem {
        Problem::new(self.place(path, aim), path.clone(), message)
    }

    fn place(&self, path: &KeyPath, aim: Aim) -> Place {
        let spot = match &self.origin {
            // What is said of the whole file needs no line.
            Origin::File(_) if path.is_root() && aim == Aim::Key => None,
            Origin::File(_) => super::locate::locate(&self.text, path.steps(), aim).map(|spot| Spot::new(&self.text, spot)),
            // The whole argument is shown already.
            Origin::Set(_) => None,
        };
        Place { origin: self.origin.clone(), extended_by: self.extended_by.clone(), spot }
    }
}
