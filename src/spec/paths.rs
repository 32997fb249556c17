//! Environment variables and `~` in the paths of a spec, and nowhere else. What may stand in a path is told in `docs/paths.md`.
//!
//! In: the tree of a layer. Out: the same tree with every path written out. A path that cannot be written out is taken from
//! the tree and remembered: it is an error only where no later layer replaces it.

use std::ffi::OsString;

use super::key_path::KeyPath;
use super::node::{Kind, Node};

/// Where paths stand outside `backbones` and `matrix`.
const PATHS: [&str; 14] = [
    "data.rsna.images",
    "data.rsna.labels",
    "data.rsna.test.images",
    "data.rsna.test.labels",
    "data.csv.images",
    "data.csv.labels",
    "data.csv.test.images",
    "data.csv.test.labels",
    "data.hand_atlas.root",
    "data.filename.root",
    "data.exclude",
    "split.file",
    "report.readme",
    "extends",
];

/// Looks up a variable of the environment.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The environment of this process.
pub(super) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Writes out every path of a tree; those that cannot be, with the reason.
pub(super) fn expand_all(tree: &mut Node, lookup: Lookup) -> Vec<(KeyPath, String)> {
    let mut places: Vec<KeyPath> = PATHS.iter().map(|path| KeyPath::of(path)).collect();
    places.extend(weights(tree));
    let mut unknown = Vec::new();
    for place in places {
        let node = place.steps().iter().try_fold(&mut *tree, |node, step| node.step_mut(step));
        let Some(Node { kind: kind @ Kind::Text(_), .. }) = node else { continue };
        let Kind::Text(text) = kind else { continue };
        match expand(text, lookup) {
            Ok(written_out) => *text = written_out,
            Err(reason) => {
                *kind = Kind::Reported;
                unknown.push((place, reason));
            }
        }
    }
    unknown
}

/// Where files of weights stand: in the entries of `backbones`, and in a matrix over them. A file on a hub is no path.
fn weights(tree: &Node) -> Vec<KeyPath> {
    let mut places = Vec::new();
    let is_path = |node: &Node| matches!(&node.kind, Kind::Text(text) if !text.starts_with("hf:"));
    if let Some(Kind::List(entries)) = tree.get("backbones").map(|node| &node.kind) {
        for (index, entry) in entries.iter().enumerate() {
            let Kind::Map(pairs) = &entry.kind else { continue };
            let named = pairs.iter().filter(|(_, settings)| settings.get("weights").is_some_and(is_path));
            places.extend(named.map(|(name, _)| KeyPath::of("backbones").index(index).key(name).key("weights")));
        }
    }
    let Some(Kind::Map(axes)) = tree.get("matrix").map(|node| &node.kind) else { return places };
    let is_weights = |key: &str| key.starts_with("backbones.") && key.ends_with(".weights");
    for (key, node) in axes {
        let Kind::List(nodes) = &node.kind else { continue };
        let path = KeyPath::of("matrix").key(key);
        for (index, node) in nodes.iter().enumerate() {
            match &node.kind {
                Kind::Map(pairs) => {
                    let named = pairs.iter().filter(|(key, node)| is_weights(key) && is_path(node));
                    places.extend(named.map(|(key, _)| path.clone().index(index).key(key)));
                }
                _ if is_weights(key) && is_path(node) => places.push(path.clone().index(index)),
                _ => {}
            }
        }
    }
    places
}

/// A path written out.
///
/// # Errors
/// With what is not set, or not understood, and what to do.
pub(super) fn expand(text: &str, lookup: Lookup) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    if let Some(after) = text.strip_prefix('~') {
        out.push_str(&home(after, lookup)?);
        rest = after;
    }
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            after
        } else if let Some(braced) = after.strip_prefix('{') {
            let (inside, after) = braced.split_once('}').ok_or("`${` has no `}`; write ${NAME}, or $$ for a dollar sign")?;
            out.push_str(&variable(inside, out.is_empty(), lookup)?);
            after
        } else if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            return Err(format!("`${name}` is not read; write ${{{name}}} for the variable, or $${name} for a dollar sign"));
        } else {
            out.push('$');
            after
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// The home folder, for a `~` that is followed by `after`.
fn home(after: &str, lookup: Lookup) -> Result<String, String> {
    if !after.is_empty() && !after.starts_with('/') {
        let name: String = after.chars().take_while(|c| *c != '/').collect();
        return Err(format!(
            "`~{name}` is not read: only your own home folder is known; write ~/…, the whole path, or ./~{name} for a file of that name"
        ));
    }
    value("HOME", lookup)?.ok_or_else(|| "`~` is the home folder, and HOME is not set; set it, or write the whole path".to_owned())
}

/// What `${inside}` stands for.
fn variable(inside: &str, is_first: bool, lookup: Lookup) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`${{{inside}}}` names no variable; write ${{NAME}} or ${{NAME:-DEFAULT}}"));
    }
    match (value(name, lookup)?, default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => match default.strip_prefix('~') {
            Some(after) if is_first => Ok(home(after, lookup)? + after),
            _ => Ok(default.to_owned()),
        },
        (None, None) => {
            Err(format!("the variable {name} is not set; set it (export {name}=…), or write ${{{name}:-DEFAULT}} for a default"))
        }
    }
}

/// An empty variable says as little as one that is not set.
fn value(name: &str, lookup: Lookup) -> Result<Option<String>, String> {
    let text = lookup(name).map(OsString::into_string).transpose();
    let text = text.map_err(|_| format!("the variable {name} is not UTF-8; write the path itself"))?;
    Ok(text.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<OsString> {
        match name {
            "HOME" => Some("/home/me".into()),
            "FILMS" => Some("/mnt/a $b {c}".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        }
    }

    #[test]
    fn variables_and_the_home_folder_are_written_out() {
        for (written, expected) in [
            ("films/1.png", "films/1.png"),
            ("~", "/home/me"),
            ("~/films", "/home/me/films"),
            ("films/~/a~b", "films/~/a~b"),
            ("${FILMS}/x", "/mnt/a $b {c}/x"),
            ("a/${FILMS}", "a//mnt/a $b {c}"),
            ("${NONE:-films}/x", "films/x"),
            ("${EMPTY:-films}/x", "films/x"),
            ("${NONE:-~/films}", "/home/me/films"),
            ("a${NONE:-~}", "a~"),
            ("${NONE:-}x", "x"),
            ("cost $$5, $5, 5$", "cost $5, $5, 5$"),
            ("$${HOME}", "${HOME}"),
            ("größe {x}", "größe {x}"),
        ] {
            assert_eq!(expand(written, &lookup), Ok(expected.to_owned()), "{written}");
        }
    }

    #[test]
    fn what_is_not_set_or_not_understood_is_refused_with_what_to_write() {
        for (written, expected) in [
            ("${NONE}/x", "the variable NONE is not set; set it (export NONE=…), or write ${NONE:-DEFAULT} for a default"),
            ("${EMPTY}/x", "the variable EMPTY is not set"),
            ("$HOME/x", "`$HOME` is not read; write ${HOME} for the variable, or $$HOME for a dollar sign"),
            ("~you/x", "`~you` is not read: only your own home folder is known; write ~/…, the whole path, or ./~you"),
            ("${HOME", "`${` has no `}`"),
            ("${}", "`${}` names no variable"),
            ("${1A}", "`${1A}` names no variable"),
            ("${HOME:+x}", "`${HOME:+x}` names no variable"),
        ] {
            let message = expand(written, &lookup).expect_err(written);
            assert!(message.starts_with(expected), "{written}: {message}");
        }
        let nowhere = |_: &str| None;
        assert!(expand("~/x", &nowhere).is_err_and(|message| message.contains("HOME is not set")));
    }
}
