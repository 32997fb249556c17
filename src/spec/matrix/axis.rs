//! The key paths of a matrix: which setting of which entries they mean.

use serde::Deserialize;

use super::super::key_path::Step;
use super::super::node::{Kind, Node};
use super::super::prepare::PrepareSpec;
use super::super::schema::{AugmentSpec, BackboneSettings, HeadSpec, ImageSpec, TrainSpec};
use super::super::typed::{Fault, FaultKind, known_keys};
use super::super::wording;

/// Sections that are given for the whole spec and for each entry.
const SECTIONS: [&str; 5] = ["train", "image", "augment", "prepare", "head"];

/// What all rows of a table must have in common, with the reason.
const SHARED: [(&str, &str); 8] = [
    ("data", "all rows of a table are compared on the same films; write a spec for each source and give them on one command line"),
    ("split", "all rows of a table are compared on the same parts; write a spec for each split and give them on one command line"),
    ("report", "one report is made of all rows; write a spec for each way to report"),
    ("seeds", "each row is trained with every seed of `seeds` already; list them there"),
    ("name", "the name is that of the one results folder"),
    ("title", "the title is that of the one table"),
    ("extends", "a spec extends one file; write a spec for each"),
    ("matrix", "a matrix cannot hold another"),
];

/// A key path of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AxisKey {
    target: Target,
    /// From an entry's settings on.
    pub(super) path: Vec<String>,
}

/// Which entries of `backbones` a key path speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Every,
    Named(String),
}

/// An entry of `backbones`, by which it may be named.
pub(super) struct EntryName<'a> {
    pub(super) network: &'a str,
    pub(super) label: Option<&'a str>,
}

impl EntryName<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.network == name || self.label == Some(name)
    }

    /// As it is shown in lists of what is known.
    pub(super) fn shown(&self) -> &str {
        self.label.unwrap_or(self.network)
    }
}

impl AxisKey {
    /// # Errors
    /// With what is wrong about it, where it does not begin as a key path of a matrix does.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let keys: Vec<&str> = text.split('.').collect();
        let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        if keys.iter().any(|key| key.trim().is_empty()) {
            return Err(format!("expected a key path such as train.learning_rate, found {text:?}"));
        }
        if let Some((_, reason)) = SHARED.iter().find(|(key, _)| *key == keys[0]) {
            return Err(format!("cannot vary within one spec: {reason}"));
        }
        if SECTIONS.contains(&keys[0]) {
            return Ok(Self { target: Target::Every, path: owned(&keys) });
        }
        if keys[0] != "backbones" {
            return Err(unknown(text));
        }
        let Some(split) = name_end(&keys) else {
            return Err("expected backbones.*.KEY for all entries or backbones.NAME.KEY for some, such as backbones.*.weights".to_owned());
        };
        if keys[split] == "label" {
            return Err("the rows of a matrix are named by their values; give the entry itself a `label`".to_owned());
        }
        let name = keys[1..split].join(".");
        let target = if name == "*" { Target::Every } else { Target::Named(name) };
        Ok(Self { target, path: owned(&keys[split..]) })
    }

    pub(super) fn speaks_of(&self, entry: &EntryName) -> bool {
        match &self.target {
            Target::Every => true,
            Target::Named(name) => entry.is(name),
        }
    }

    /// The name of the entries that it speaks of; none where it speaks of all.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.target {
            Target::Every => None,
            Target::Named(name) => Some(name),
        }
    }

    /// An entry's settings with this one alone.
    ///
    /// # Errors
    /// With what the schema refuses.
    pub(super) fn settings(&self, value: &Node) -> Result<BackboneSettings, ValueFault> {
        let settings = BackboneSettings::deserialize(&nested(&self.path, value.clone())).map_err(|fault| self.fault(&fault))?;
        let belongs_to_a_section = SECTIONS.contains(&self.path[0].as_str());
        if value.kind == Kind::Null && belongs_to_a_section && settings == BackboneSettings::default() {
            let message = "`null` says nothing here; write the value that the row shall have";
            return Err(ValueFault::Value { below: Vec::new(), message: message.to_owned() });
        }
        Ok(settings)
    }

    fn fault(&self, fault: &Fault) -> ValueFault {
        let path = fault.path();
        let depth = path.steps().len();
        let written = self.path.join(".");
        match &fault.kind {
            FaultKind::UnknownKey { known } if depth <= self.path.len() => {
                let known: Vec<&str> = known.iter().filter(|key| **key != "label").copied().collect();
                let meant = closest(&written).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                ValueFault::Key(format!("unknown key `{}`{meant} (known: {})", self.path[depth - 1], known.join(", ")))
            }
            FaultKind::Missing(key) if depth < self.path.len() => {
                let whole = self.path[..depth].join(".");
                ValueFault::Key(format!("`{whole}` needs `{key}` too; vary `{whole}` as a whole, such as [{{…}}, {{…}}]"))
            }
            _ if depth < self.path.len() => {
                let value = self.path[..depth].join(".");
                ValueFault::Key(format!("`{value}` is a single value and has no keys; end the key path there"))
            }
            _ => ValueFault::Value { below: path.steps()[self.path.len()..].to_vec(), message: wording::message(fault) },
        }
    }
}

/// What is wrong with a value of a key path.
#[derive(Debug)]
pub(super) enum ValueFault {
    /// The key path itself.
    Key(String),
    /// The value, or something in it.
    Value { below: Vec<Step>, message: String },
}

/// A tree with a value at the end of a path.
pub(super) fn nested(path: &[String], value: Node) -> Node {
    path.iter().rev().fold(value, |below, key| Node { layer: below.layer, kind: Kind::Map(vec![(key.clone(), below)]) })
}

/// Where the settings begin in `backbones.NAME.KEY…`; a label may have dots in it.
fn name_end(keys: &[&str]) -> Option<usize> {
    let known = known_keys::<BackboneSettings>();
    let fitting = (2..keys.len()).find(|place| known.contains(&keys[*place]));
    fitting.or_else(|| (keys.len() > 2).then_some(2))
}

fn unknown(text: &str) -> String {
    let meant = closest(text).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let sections = SECTIONS.map(|section| format!("{section}.KEY")).join(", ");
    format!("unknown key path{meant} (known: {sections}, backbones.*.KEY, backbones.NAME.KEY; include and exclude)")
}

/// The key path that is most like the one found, if one is like it at all.
fn closest(found: &str) -> Option<String> {
    let sections = [
        ("train", known_keys::<TrainSpec>()),
        ("image", known_keys::<ImageSpec>()),
        ("augment", known_keys::<AugmentSpec>()),
        ("prepare", known_keys::<PrepareSpec>()),
        ("head", known_keys::<HeadSpec>()),
    ];
    let of_sections = sections.iter().flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}.{key}")));
    let own = known_keys::<BackboneSettings>().iter().filter(|key| !SECTIONS.contains(key) && **key != "label");
    let all: Vec<String> = of_sections.chain(own.map(|key| format!("backbones.*.{key}"))).collect();
    let words = ["include", "exclude"].map(str::to_owned);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let (whole, key) = (found.to_lowercase(), last(&found.to_lowercase()));
    let key = if key == "lr" { "learning_rate".to_owned() } else { key };
    let likeness = |path: &String| strsim::jaro_winkler(&whole, path).max(strsim::jaro_winkler(&key, &last(path)));
    let scored = all.iter().chain(&words).map(|path| (likeness(path), path)).filter(|(likeness, _)| *likeness >= 0.85);
    scored.max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, path)| path.clone())
}
