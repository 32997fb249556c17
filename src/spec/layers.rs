//! The layers of a spec as trees: the chain of files, and the `--set` arguments.
//!
//! In: paths and arguments. Out: one [`Layer`] each, not yet held against the schema.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::error::{Note, Problem, SpecError};
use super::key_path::KeyPath;
use super::locate::{Aim, locate};
use super::node::{self, Kind, Node, SyntaxError};
use super::paths;
use super::place::{Origin, Place, Spot};
use super::shown::visible;

/// No spec is this long: a film or a table given by mistake is refused before it is parsed. The parser's time also grows
/// with the square of the length where brackets are nested on purpose; up to here that is a second or two.
const MOST_BYTES: u64 = 64 << 10;

/// Nobody follows a longer chain of files.
const MOST_LEVELS: usize = 32;

/// One layer of settings.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) origin: Origin,
    /// The files that extend it, the one that names it first.
    pub(super) extended_by: Vec<PathBuf>,
    pub(super) text: String,
    pub(super) tree: Node,
    pub(super) duplicates: Vec<KeyPath>,
    /// Paths that cannot be written out here, with the reason: see [`paths`].
    pub(super) unknown_paths: Vec<(KeyPath, String)>,
}

/// The files of a spec: the one that is extended by all others first, the one at `path` last.
///
/// # Errors
/// If one cannot be read, is not YAML, or extends itself in the end.
pub(super) fn read_files(path: &Path) -> Result<Vec<Layer>, SpecError> {
    let mut files = vec![(path.to_owned(), read_file(path).map_err(|cause| SpecError::Unreadable { path: path.to_owned(), cause })?)];
    loop {
        let (path, text) = files.last().expect("there is at least the first file");
        let Some(base) = base_of(&parse_file(path, text, 0, heirs(&files, files.len() - 1))?)? else { break };
        let seen = |(file, _): &(PathBuf, String)| is_same_file(file, &base);
        if files.iter().any(seen) {
            let names = files.iter().map(|(file, _)| file).chain([&base]).map(|file| file.display().to_string());
            return Err(SpecError::Cycle { chain: names.collect::<Vec<_>>().join(" extends ") });
        }
        let heirs = || heirs(&files, files.len() - 1);
        if files.len() == MOST_LEVELS {
            let cause = format!("is level {} of a chain of files; {MOST_LEVELS} are read at most", MOST_LEVELS + 1);
            return Err(extends_problem(path, text, heirs(), format!("{}: {cause}", visible(&base.display().to_string()))));
        }
        let text = read_base(&base).map_err(|cause| {
            let message = format!("{}: {cause}; the path is taken from this file's folder", visible(&base.display().to_string()));
            extends_problem(path, text, heirs(), message)
        })?;
        files.push((base, text));
    }
    // Layers are numbered from the farthest file on, which is known only now.
    let numbered = files.iter().enumerate().rev().enumerate();
    numbered.map(|(number, (index, (path, text)))| parse_file(path, text, number, heirs(&files, index))).collect()
}

/// The files that extend one of a chain, the one that names it first.
fn heirs(files: &[(PathBuf, String)], index: usize) -> Vec<PathBuf> {
    files[..index].iter().rev().map(|(path, _)| path.clone()).collect()
}

/// The file that a layer extends, taken from its own folder.
fn base_of(layer: &Layer) -> Result<Option<PathBuf>, SpecError> {
    let Origin::File(path) = &layer.origin else { return Ok(None) };
    let key = KeyPath::of("extends");
    if let Some((_, reason)) = layer.unknown_paths.iter().find(|(place, _)| *place == key) {
        return Err(extends_problem(path, &layer.text, layer.extended_by.clone(), reason.clone()));
    }
    Ok(match layer.tree.get("extends").map(|node| &node.kind) {
        Some(Kind::Text(base)) => Some(path.parent().unwrap_or(Path::new("")).join(base)),
        // Anything else is refused, with its line, when the layer is held against the schema.
        _ => None,
    })
}

fn is_same_file(left: &Path, right: &Path) -> bool {
    left == right || matches!((fs::canonicalize(left), fs::canonicalize(right)), (Ok(left), Ok(right)) if left == right)
}

fn extends_problem(path: &Path, text: &str, extended_by: Vec<PathBuf>, message: String) -> SpecError {
    let key = KeyPath::of("extends");
    let spot = locate(text, key.steps(), Aim::Value).map(|spot| Spot::new(text, spot));
    let place = Place { origin: Origin::File(path.to_owned()), extended_by, spot };
    SpecError::Invalid(vec![Problem::new(place, key, message)])
}

fn parse_file(path: &Path, text: &str, number: usize, extended_by: Vec<PathBuf>) -> Result<Layer, SpecError> {
    let origin = Origin::File(path.to_owned());
    let place = |spot| Place { origin: origin.clone(), extended_by: extended_by.clone(), spot };
    let whole = |spot, message: String| Problem::new(place(spot), KeyPath::default(), message);
    let spot = |location| Spot::new(text, location);
    match node::parse(text, number) {
        Ok(document) if document.root.kind == Kind::Null => {
            let message = "there is nothing in this file; a spec has at least `data:` and `backbones:`".to_owned();
            Err(SpecError::Invalid(vec![whole(None, message)]))
        }
        Ok(document) => Ok(Layer::new(origin, extended_by, text, document.root, document.duplicates)),
        Err(SyntaxError { location, begin, message }) => {
            let mut problem = whole(location.map(spot), message);
            problem.notes.extend(begin.map(|begin| Note { place: Some(place(Some(spot(begin)))), message: "it begins here".to_owned() }));
            Err(SpecError::Invalid(vec![problem]))
        }
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("cannot be opened: {error}"),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err("this is a folder; give the spec file in it".to_owned());
    }
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("this is no spec: it is longer than 64 KiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf_8(error.as_bytes(), error.utf8_error().valid_up_to()))?;
    // A text of two bytes a character, where each second one is empty, may pass for UTF-8.
    if matches!(text.as_bytes(), [0, _, ..] | [_, 0, ..]) {
        return Err(UTF_16.to_owned());
    }
    // Some editors begin a file with a byte-order mark, which says nothing in UTF-8.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

const UTF_16: &str = "is written as UTF-16; save the file as UTF-8 (in Windows' editor: Save as, Encoding)";

fn not_utf_8(bytes: &[u8], good: usize) -> String {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return UTF_16.to_owned();
    }
    let line = bytes[..good].split(|byte| *byte == b'\n').count();
    format!("line {line} is not UTF-8; save the file as UTF-8")
}

/// As `read_file`, for a file that a spec names: one that could keep the program waiting is not opened.
fn read_base(path: &Path) -> Result<String, String> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Err("this is no file but a pipe, a socket or a device".to_owned()),
        _ => read_file(path),
    }
}

/// The layer of a `--set key.path=value`, whose value is YAML.
///
/// # Errors
/// If it has no `=`, a key path with an empty part, or a value that is not YAML.
pub(super) fn read_set(argument: &str, number: usize) -> Result<Layer, Box<Problem>> {
    let problem = |key, message: String| Box::new(Problem::new(Place::whole(Origin::Set(argument.to_owned())), key, message));
    let Some((dotted, value)) = argument.split_once('=') else {
        return Err(problem(KeyPath::default(), "expected key.path=value, such as train.epochs=3".to_owned()));
    };
    let keys = keys_of(dotted.trim());
    if keys.iter().any(|key| key.is_empty()) {
        return Err(problem(KeyPath::default(), format!("expected a key path such as train.epochs before the `=`, found {dotted:?}")));
    }
    let path = keys.iter().fold(KeyPath::default(), |path, key| path.key(key));
    if let Some(list) = keys.iter().find_map(|key| key.split_once('[')).map(|(list, _)| list) {
        let example = keys.iter().map_while(|key| key.split('[').next()).take_while(|key| *key != list).chain([list]);
        let example = example.collect::<Vec<_>>().join(".");
        return Err(problem(path, format!("--set replaces whole lists and cannot reach into one; write --set '{example}=[…]'")));
    }
    if keys[0] == "extends" {
        return Err(problem(path, "a spec extends another by a line in its file, not by --set".to_owned()));
    }
    let document =
        node::parse(value, number).map_err(|error| problem(path.clone(), format!("{}{}", error.message, quotes(&error.message))))?;
    let tree = keys.iter().rev().fold(document.root, |below, key| {
        let kind = Kind::Map(vec![((*key).to_owned(), below)]);
        Node { layer: number, kind }
    });
    let below = |duplicate: &KeyPath| {
        let steps = path.steps().iter().chain(duplicate.steps()).cloned();
        KeyPath::from_steps(steps.collect())
    };
    let duplicates = document.duplicates.iter().map(below).collect();
    Ok(Layer::new(Origin::Set(argument.to_owned()), Vec::new(), value, tree, duplicates))
}

/// What helps with most values that are no YAML, unless it is said already.
fn quotes(message: &str) -> &'static str {
    if message.contains("quotes") { "" } else { "; put text in quotes" }
}

/// The keys of a dotted path. Below `matrix` there is one more level, whose keys are dotted themselves.
fn keys_of(dotted: &str) -> Vec<&str> {
    match dotted.split_once('.') {
        Some(("matrix", axis)) => vec!["matrix", axis],
        _ => dotted.split('.').collect(),
    }
}

impl Layer {
    fn new(origin: Origin, extended_by: Vec<PathBuf>, text: &str, mut tree: Node, duplicates: Vec<KeyPath>) -> Self {
        let unknown_paths = paths::expand_all(&mut tree, &paths::environment);
        Self { origin, extended_by, text: text.to_owned(), tree, duplicates, unknown_paths }
    }
}
