//! Puts a fault into words: what was found, what was expected, what may have been meant.

use super::key_path::{KeyPath, Step};
use super::prepare::PrepareSpec;
use super::schema::{AugmentSpec, DataSpec, HeadSpec, ImageSpec, ReportSpec, SplitSpec, TrainSpec};
use super::typed::{Fault, FaultKind, known_keys};

/// The sentence for a fault.
pub(super) fn message(fault: &Fault) -> String {
    match &fault.kind {
        FaultKind::UnknownKey { known } => unknown_key(&fault.path(), known),
        FaultKind::UnknownWord { found, known } => {
            format!("unknown word {found:?}{} (known: {})", did_you_mean(closest(found, known)), known.join(", "))
        }
        FaultKind::Missing(key) => format!("the key `{key}` is missing; give it"),
        FaultKind::WrongType { found, expected } => wrong_type(found, expected),
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
    let meant = closest(found, known).map(str::to_owned).or_else(|| in_another_section(found));
    format!("unknown key{} (known: {})", did_you_mean(meant), known.join(", "))
}

/// Keys of earlier versions by their whole path, and what to write instead.
const RENAMED: [(&str, &str); 1] = [("data.problems", "`on_bad: stop` for `fail`, `on_bad: skip` for `exclude`")];

/// `train.epochs` for `epochs`: a key that is right, but not here.
fn in_another_section(found: &str) -> Option<String> {
    let sections = [
        ("train", known_keys::<TrainSpec>()),
        ("image", known_keys::<ImageSpec>()),
        ("split", known_keys::<SplitSpec>()),
        ("augment", known_keys::<AugmentSpec>()),
        ("prepare", known_keys::<PrepareSpec>()),
        ("head", known_keys::<HeadSpec>()),
        ("report", known_keys::<ReportSpec>()),
        ("data", known_keys::<DataSpec>()),
    ];
    let (section, key) = sections.iter().find_map(|(section, keys)| Some((section, keys.iter().find(|key| **key == found)?)))?;
    Some(format!("{section}.{key}"))
}

fn did_you_mean(meant: Option<impl std::fmt::Display>) -> String {
    meant.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

/// What people write for a key that has another name here.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("lr", "learning_rate"),
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

/// The known word that is most like the one found, if one is like it at all.
fn closest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let found = found.trim().to_lowercase().replace([' ', '-'], "_");
    let other_name = OTHER_NAMES.iter().find(|(other, _)| *other == found).map(|(_, word)| *word);
    if let Some(word) = known.iter().find(|word| Some(**word) == other_name) {
        return Some(word);
    }
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(&found, word), *word))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word)
}

fn wrong_type(found: &str, expected: &str) -> String {
    let is_text = found.starts_with('"');
    let is_number_in_quotes = is_text && found.trim_matches('"').parse::<f64>().is_ok();
    let (expected, advice) = match expected {
        "i64" | "u64" | "f64" if is_number_in_quotes => ("a number", "; write it without quotes"),
        "u64" if found.starts_with('-') => ("a whole number of at least 0", ""),
        "i64" | "u64" => ("a whole number", ""),
        "f64" => ("a number", ""),
        "a string" | "path string" if is_text => ("text", ""),
        "a string" | "path string" => ("text", "; put it in quotes if it is meant as text"),
        "text or a list of texts" => ("text or a list of texts", "; put it in quotes if it is meant as text"),
        "a boolean" => ("true or false", ""),
        "a sequence" => ("a list", "; write it as [a, b]"),
        other if other.starts_with("struct ") => ("a mapping of keys", ""),
        other => (other, ""),
    };
    format!("expected {expected}, found {found}{advice}")
}
