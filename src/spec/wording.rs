//! Puts a fault into words: what was found, what was expected, what may have been meant.

use super::key_path::{KeyPath, Step};
use super::shown::{look_alike, quoted};
use super::typed::{Fault, FaultKind};
use super::{advice, owner};

/// The sentence for a fault.
pub(super) fn message(fault: &Fault) -> String {
    match &fault.kind {
        FaultKind::UnknownKey { known } => unknown_key(&fault.path(), known),
        FaultKind::UnknownWord { found, known } => {
            format!("unknown word {}{} (known: {})", quoted(found), did_you_mean(closest(found, known)), known.join(", "))
        }
        FaultKind::Missing(key) => format!("the key `{key}` is missing; give it"),
        FaultKind::WrongType { found, expected } => advice::wrong_type(found, expected),
        FaultKind::Refused(reason) => reason.clone(),
    }
}

fn unknown_key(path: &KeyPath, known: &[&'static str]) -> String {
    let Some(Step::Key(found)) = path.steps().last() else { return "unknown key".to_owned() };
    if found == "<<" {
        return "merge keys are no part of a spec; use `extends`, or write the keys out".to_owned();
    }
    if let Some((_, now)) = RENAMED.iter().find(|(old, _)| *old == path.to_string()) {
        return format!("this key has another name now: write {now}");
    }
    if let Some(c) = look_alike(found) {
        return format!("the key holds the character U+{:04X}, which cannot be seen; type the key anew", u32::from(c));
    }
    if found.parse::<f64>().is_ok() {
        return "a number stands where a key is expected; a comma ends a value, so write a decimal number with a point".to_owned();
    }
    let meant = closest(found, known);
    let is_slip = meant.is_some_and(|word| usual_name(found) == word || strsim::osa_distance(&usual_form(found), word) <= 2);
    match owner::belongs(path, usual_name(found)).filter(|_| !is_slip) {
        Some(belongs) => format!("unknown key here: {belongs}"),
        None => format!("unknown key{} (known: {})", did_you_mean(meant), known.join(", ")),
    }
}

/// Keys of earlier versions by their whole path, and what to write instead.
const RENAMED: [(&str, &str); 1] = [("data.problems", "`on_bad: stop` for `fail`, `on_bad: skip` for `exclude`")];

fn did_you_mean(meant: Option<impl std::fmt::Display>) -> String {
    meant.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

/// What people write for a key that has another name here.
const OTHER_NAMES: [(&str, &str); 21] = [
    ("horizontal_flip", "flip"),
    ("final", "last"),
    ("vgg", "vgg16"),
    ("lr", "learning_rate"),
    ("rate", "learning_rate"),
    ("num_epochs", "epochs"),
    ("n_epochs", "epochs"),
    ("batch", "batch_size"),
    ("random_state", "seed"),
    ("network", "backbones"),
    ("networks", "backbones"),
    ("resolution", "size"),
    ("wd", "weight_decay"),
    ("bs", "batch_size"),
    ("optim", "optimizer"),
    ("validation", "val"),
    ("model", "backbones"),
    ("models", "backbones"),
    ("folder", "root"),
    ("yolov8", "yolo"),
    ("u_net", "unet"),
];

fn usual_form(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '-'], "_")
}

/// What a word is called here.
fn usual_name(word: &str) -> &str {
    OTHER_NAMES.iter().find(|(other, _)| *other == word).map_or(word, |(_, name)| name)
}

/// The known word that is most like the one found, if one is like it at all.
fn closest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    // No word of a spec is nearly as long, and likeness takes time.
    if found.len() > 64 {
        return None;
    }
    let found = usual_form(found);
    if let Some(word) = known.iter().find(|word| **word == usual_name(&found)) {
        return Some(word);
    }
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(&found, word), *word))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word)
}
