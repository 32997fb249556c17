//! From a spec file and `--set` arguments to the merged [`Spec`].
//!
//! In: a path and the arguments. Out: one [`LoadedSpec`], or every fault of every layer with its line. Layers, later ones
//! over earlier ones: the files that `extends` names (the farthest first), the file, each `--set` in order. A file's
//! `name` and `title` are its own and are not handed on to specs that extend it. `null` takes a setting back to its default.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{Note, Problem, SpecError};
use super::key_path::{KeyPath, Step};
use super::layers::{Layer, read_files, read_set};
use super::locate::Aim;
use super::merge;
use super::node::{Kind, Node};
use super::place::{Origin, Place, Spot};
use super::schema::Spec;
use super::typed::{Fault, FaultKind};
use super::values::SpecName;
use super::wording;

/// A spec with all its layers merged. Each value is possible on its own; whether they fit together is checked when the
/// spec is expanded into a plan.
#[derive(Debug)]
pub struct LoadedSpec {
    /// The merged settings.
    pub spec: Spec,
    /// The file it was read from.
    pub path: PathBuf,
    /// The folder under `results/`: the file's stem where the spec gives no name.
    pub name: SpecName,
    /// The heading of the table: the name where the spec gives no title.
    pub title: String,
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
    let spec = read_merged(&merged);
    let name = name_of(&spec, path)?;
    let title = spec.title.clone().unwrap_or_else(|| name.as_str().to_owned());
    Ok(LoadedSpec { spec, path: path.to_owned(), name, title, layers, merged })
}

fn read_merged(merged: &Node) -> Spec {
    Spec::deserialize(merged).expect("layers that fit the schema fit it when merged")
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
    /// Whether any layer gives a key.
    pub fn gives(&self, key: &KeyPath) -> bool {
        self.find(key).1 == key.steps().len()
    }

    /// A problem with a key, placed where the key was written, or else the nearest block around it.
    pub fn problem(&self, key: KeyPath, message: impl Into<String>) -> Problem {
        self.problem_at(key, Aim::Value, message)
    }

    pub(super) fn problem_at(&self, key: KeyPath, aim: Aim, message: impl Into<String>) -> Problem {
        Problem::new(self.place_of(&key, aim), key, message)
    }

    /// Where a key was written, or else the nearest block around it.
    pub(super) fn place_of(&self, key: &KeyPath, aim: Aim) -> Place {
        let (node, depth) = self.find(key);
        let written = KeyPath::from_steps(key.steps()[..depth].to_vec());
        if written.is_root() { self.whole() } else { self.layers[node.layer].place(&written, aim) }
    }

    /// What stands for all that is not shown.
    pub(super) fn more(&self) -> Problem {
        Problem::new(self.whole(), KeyPath::default(), MORE)
    }

    fn whole(&self) -> Place {
        Place::whole(Origin::File(self.path.clone()))
    }

    /// The deepest value on the way to a key, and the number of steps to it.
    pub(super) fn find(&self, key: &KeyPath) -> (&Node, usize) {
        let mut node = &self.merged;
        for (depth, step) in key.steps().iter().enumerate() {
            match node.step(step) {
                Some(below) => node = below,
                None => return (node, depth),
            }
        }
        (node, key.steps().len())
    }
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
