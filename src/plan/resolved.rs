//! A plan written back as a spec: every setting with its value, and where the value comes from.
//!
//! What all networks share stands once, in the sections of the spec; what differs stands with each network. The text is a spec
//! that extends nothing and expands to the same plan.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::config::{Architecture, AugmentConfig, DataConfig, GivenParts, HeadConfig, ImageConfig, SourceConfig, SplitConfig, TrainConfig};
use super::expand::{Plan, PlanEntry, ReportConfig};
use super::prepare::PrepareConfig;
use crate::spec::{self, BackboneEntry, KeyPath, LoadedSpec, Normalize};

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// As `--set` takes it; below an entry of `backbones`, without the entry.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// `default`, or the file and line, or the argument that gave it.
    pub origin: String,
}

/// Every setting of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedSpec {
    /// Those of all networks, and of the spec itself.
    pub settings: Vec<Setting>,
    /// Those of each network alone.
    pub backbones: Vec<ResolvedBackbone>,
}

/// The settings of one row alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedBackbone {
    /// As in a spec.
    pub name: &'static str,
    /// Its settings.
    pub settings: Vec<Setting>,
}

/// Where a value comes from that nobody gave.
const DEFAULT: &str = "default";

/// The settings of a plan that `loaded` was expanded to.
pub fn resolved(loaded: &LoadedSpec, plan: &Plan) -> ResolvedSpec {
    let origins = Origins { loaded };
    let mut settings = head_of_spec(plan);
    settings.extend(data(&plan.data));
    settings.extend(split(&plan.split, &plan.data));
    let mut settings: Vec<Setting> = settings.into_iter().map(|(key, value)| origins.of_spec(key, value)).collect();
    let written = loaded.spec.backbones.as_deref().unwrap_or_default();
    let entries: Vec<Vec<Setting>> =
        plan.entries.iter().zip(written).enumerate().map(|(index, (entry, written))| origins.entry(index, written, entry)).collect();
    let shared = shared_settings(&entries);
    let is_shared = |setting: &Setting| shared.iter().any(|other| other.key == setting.key);
    let alone = |settings: &[Setting]| settings.iter().filter(|setting| !is_shared(setting)).cloned().collect();
    let backbones = plan
        .entries
        .iter()
        .zip(&entries)
        .map(|(entry, settings)| ResolvedBackbone { name: entry.first().architecture.name().name(), settings: alone(settings) })
        .collect();
    settings.extend(shared);
    let seeds = json!(seeds(plan));
    settings.push(origins.of_spec("seeds".to_owned(), seeds));
    settings.extend(report(&plan.report).into_iter().map(|(key, value)| origins.of_spec(key, value)));
    ResolvedSpec { settings, backbones }
}

type Pairs = Vec<(String, Value)>;

fn head_of_spec(plan: &Plan) -> Pairs {
    vec![("name".to_owned(), json!(plan.name)), ("title".to_owned(), json!(plan.title))]
}

fn seeds(plan: &Plan) -> Vec<u64> {
    let mut seeds: Vec<u64> = plan.entries.iter().take(1).flat_map(|entry| &entry.runs).map(|run| run.config.seed).collect();
    seeds.dedup();
    seeds
}

/// The pairs of a struct of the plan whose fields are called as in a spec, below a section.
fn section(name: &str, config: &impl Serialize) -> Pairs {
    fields(config).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect()
}

fn fields(config: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        other => unreachable!("settings are structs of plain values, not {other:?}"),
    }
}

fn data(data: &DataConfig) -> Pairs {
    let (name, mut source) = match &data.source {
        SourceConfig::Phantom { count, seed } => ("phantom", fields(&json!({ "count": count, "seed": seed }))),
        SourceConfig::Rsna { films, test } => ("rsna", with_test(fields(films), test)),
        SourceConfig::HandAtlas { root } => ("hand_atlas", fields(&json!({ "root": root }))),
        SourceConfig::Csv { films, columns, unit, test } => {
            let mut source = with_test(fields(films), test);
            source.extend(fields(columns));
            source.insert("unit".to_owned(), json!(unit));
            ("csv", source)
        }
        SourceConfig::Filename { root, pattern, unit } => ("filename", fields(&json!({ "root": root, "pattern": pattern, "unit": unit }))),
    };
    source.retain(|_, value| !value.is_null());
    let mut pairs: Pairs = Vec::new();
    for (key, value) in source {
        match value {
            Value::Object(below) => {
                pairs.extend(below.into_iter().map(|(below, value)| (format!("data.{name}.{key}.{below}"), value)));
            }
            value => pairs.push((format!("data.{name}.{key}"), value)),
        }
    }
    pairs.extend(data.exclude.as_ref().map(|path| ("data.exclude".to_owned(), json!(path))));
    pairs.push(("data.on_bad".to_owned(), json!(data.on_bad)));
    pairs.push(("data.allow_leaks".to_owned(), json!(data.allow_leaks)));
    pairs
}

fn with_test(mut films: Map<String, Value>, test: &impl Serialize) -> Map<String, Value> {
    films.insert("test".to_owned(), serde_json::to_value(test).unwrap_or_default());
    films
}

fn split(split: &SplitConfig, data: &DataConfig) -> Pairs {
    let SplitConfig { val, test, folds, repeats, seed, stratify, group, given } = split;
    if let Some(file) = &data.split {
        let folds = file.folds.map(|folds| ("split.folds".to_owned(), json!(folds)));
        return [("split.file".to_owned(), json!(file.path))].into_iter().chain(folds).collect();
    }
    let parts = match folds {
        Some(folds) => ("split.folds".to_owned(), json!(folds)),
        None => ("split.val".to_owned(), json!(val)),
    };
    let test = (*given == GivenParts::None).then(|| ("split.test".to_owned(), json!(test)));
    let dealt = [("seed", json!(seed)), ("stratify", json!(stratify)), ("group", json!(group))];
    let dealt = dealt.into_iter().map(|(key, value)| (format!("split.{key}"), value));
    let repeats = folds.map(|_| ("split.repeats".to_owned(), json!(repeats)));
    [parts].into_iter().chain(repeats).chain(test).chain(dealt).collect()
}

fn report(report: &ReportConfig) -> Pairs {
    let mut fields = section("report", report);
    fields.retain(|(_, value)| !value.is_null());
    fields
}

fn architecture(architecture: &Architecture) -> Pairs {
    match serde_json::to_value(architecture) {
        // A variant with settings of its own is a mapping of its name to them.
        Ok(Value::Object(named)) => named.into_iter().flat_map(|(_, settings)| settings.as_object().cloned().unwrap_or_default()).collect(),
        _ => Vec::new(),
    }
}

fn image(image: &ImageConfig, normalize: Normalize) -> Pairs {
    let ImageConfig { size, channels, fit, prepare: _ } = image;
    let size = if size.height == size.width { json!(size.width) } else { json!({ "height": size.height, "width": size.width }) };
    vec![
        ("image.size".to_owned(), size),
        ("image.channels".to_owned(), json!(channels)),
        ("image.fit".to_owned(), json!(fit)),
        ("image.normalize".to_owned(), json!(normalize)),
    ]
}

fn prepare(prepare: &PrepareConfig) -> Pairs {
    let PrepareConfig { invert, crop, normalise, clahe } = prepare;
    let clahe = clahe.map_or(json!(false), |clahe| json!(clahe));
    let values = [("invert", json!(invert)), ("crop", json!(crop)), ("normalise", json!(normalise)), ("clahe", clahe)];
    values.into_iter().map(|(key, value)| (format!("prepare.{key}"), value)).collect()
}

fn augment(augment: &AugmentConfig) -> Pairs {
    let mut fields = fields(augment);
    fields.remove("balance");
    fields.remove("balance_to");
    for left_out in ["shear", "elastic", "blur", "sharpen", "tint", "erase"] {
        fields.entry(left_out).or_insert(json!(0.0));
    }
    let balance = json!({ "by": augment.balance, "to": augment.balance_to });
    let balance = (!augment.balance.is_empty()).then_some(("augment.balance".to_owned(), balance));
    fields.into_iter().map(|(key, value)| (format!("augment.{key}"), value)).chain(balance).collect()
}

fn head(head: &HeadConfig) -> Pairs {
    section("head", head)
}

fn train(train: &TrainConfig) -> Pairs {
    let mut fields = fields(train);
    fields.remove("plateau");
    if let Some(plateau) = &train.plateau {
        fields.insert("plateau_patience".to_owned(), json!(plateau.patience));
        fields.insert("plateau_factor".to_owned(), json!(plateau.factor));
    }
    if train.find_lr {
        // A rate that is found is not given.
        fields.remove("learning_rate");
    }
    for (left_out, value) in [
        ("micro_batch_size", json!(train.micro_batch_size)),
        ("find_lr", json!(train.find_lr)),
        ("backbone_learning_rate", json!(train.backbone_learning_rate)),
        ("on_nan", json!(train.on_nan)),
    ] {
        fields.entry(left_out).or_insert(value);
    }
    fields.into_iter().map(|(key, value)| (format!("train.{key}"), value)).collect()
}

/// The settings that every entry has with one value.
fn shared_settings(entries: &[Vec<Setting>]) -> Vec<Setting> {
    let Some((first, others)) = entries.split_first() else { return Vec::new() };
    // Sections alone: what is a network's own stays with it.
    let is_shared = |setting: &&Setting| {
        let same = |other: &Setting| other.key == setting.key && other.value == setting.value;
        setting.key.contains('.') && others.iter().all(|entry| entry.iter().any(same))
    };
    first.iter().filter(is_shared).cloned().collect()
}

/// Tells where values come from.
struct Origins<'a> {
    loaded: &'a LoadedSpec,
}

impl Origins<'_> {
    fn of_spec(&self, key: String, value: Value) -> Setting {
        let origin = self.find(&KeyPath::of(&key)).unwrap_or_else(|| DEFAULT.to_owned());
        Setting { key, value, origin }
    }

    fn find(&self, path: &KeyPath) -> Option<String> {
        self.loaded.origin(path).map(|place| place.to_string())
    }

    fn entry(&self, index: usize, written: &BackboneEntry, entry: &PlanEntry) -> Vec<Setting> {
        let config = entry.first();
        let settings = &written.settings;
        let normalize = settings.image.normalize.or(self.loaded.spec.image.normalize).unwrap_or_default();
        let mut pairs = vec![("label".to_owned(), json!(entry.label))];
        pairs.extend(architecture(&config.architecture));
        if let Some(weights) = &entry.weights {
            pairs.push(("weights".to_owned(), json!(weights)));
            pairs.push(("freeze".to_owned(), json!(settings.freeze.unwrap_or_default())));
            pairs.extend(settings.unfreeze_at.map(|epoch| ("unfreeze_at".to_owned(), json!(epoch.get()))));
        }
        pairs.extend(image(&config.image, normalize));
        pairs.extend(prepare(&config.image.prepare));
        pairs.extend(augment(&config.augment));
        pairs.extend(head(&config.head));
        pairs.extend(train(&config.train));
        let base = spec::entry_path(index, written);
        let below = |key: &str| key.split('.').fold(base.clone(), KeyPath::key);
        let origin = |key: &str| self.find(&below(key)).or_else(|| self.find(&KeyPath::of(key))).unwrap_or_else(|| DEFAULT.to_owned());
        pairs.into_iter().map(|(key, value)| Setting { origin: origin(&key), key, value }).collect()
    }
}

impl ResolvedSpec {
    /// The same for other people: without origins, and with files and folders that were given by their whole path by their last part.
    pub fn for_others(&self) -> Self {
        let setting = |Setting { key, value, origin: _ }: &Setting| Setting {
            key: key.clone(),
            value: without_folders(value),
            origin: String::new(),
        };
        let all = |settings: &[Setting]| settings.iter().map(setting).collect();
        let backbone = |backbone: &ResolvedBackbone| ResolvedBackbone { name: backbone.name, settings: all(&backbone.settings) };
        Self { settings: all(&self.settings), backbones: self.backbones.iter().map(backbone).collect() }
    }

    /// As a spec, each value with its origin in a comment.
    pub fn to_yaml(&self) -> String {
        let mut lines = Lines::default();
        lines.tree(0, &self.settings);
        lines.0.push(("backbones:".to_owned(), String::new()));
        for backbone in &self.backbones {
            lines.0.push((format!("  - {}:", backbone.name), String::new()));
            lines.tree(6, &backbone.settings);
        }
        lines.aligned()
    }
}

/// A value in which whole paths are cut to their last part.
fn without_folders(value: &Value) -> Value {
    match value {
        Value::String(text) if Path::new(text).is_absolute() => {
            json!(Path::new(text).file_name().map_or_else(|| text.clone(), |name| name.to_string_lossy().into_owned()))
        }
        Value::Array(values) => values.iter().map(without_folders).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), without_folders(value))).collect(),
        other => other.clone(),
    }
}

/// Lines of YAML, each with a comment.
#[derive(Default)]
struct Lines(Vec<(String, String)>);

/// Comments are put into one column, as far as lines are no longer than this.
const WIDEST: usize = 60;

impl Lines {
    /// Settings as nested mappings, in the order in which their blocks are first named.
    fn tree(&mut self, indent: usize, settings: &[Setting]) {
        let mut order: Vec<&str> = Vec::new();
        let mut blocks: BTreeMap<&str, Vec<Setting>> = BTreeMap::new();
        for setting in settings {
            let (block, below) = setting.key.split_once('.').map_or((setting.key.as_str(), None), |(block, below)| (block, Some(below)));
            if !order.contains(&block) {
                order.push(block);
            }
            let key = below.unwrap_or_default().to_owned();
            blocks.entry(block).or_default().push(Setting { key, ..setting.clone() });
        }
        let space = " ".repeat(indent);
        for block in order {
            let settings = &blocks[block];
            match settings.as_slice() {
                [Setting { key, value, origin }] if key.is_empty() => {
                    self.0.push((format!("{space}{block}: {}", yaml(value)), origin.clone()));
                }
                below => {
                    self.0.push((format!("{space}{block}:"), String::new()));
                    self.tree(indent + 2, below);
                }
            }
        }
    }

    fn aligned(self) -> String {
        let width = self.0.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or_default();
        let commented = |(line, origin): &(String, String)| match origin.as_str() {
            "" => format!("{line}\n"),
            origin => format!("{line:width$}  # {}\n", origin.replace(char::is_control, " ")),
        };
        self.0.iter().map(commented).collect()
    }
}

/// A value in one line of YAML: JSON, except that a number with an exponent has a point, without which YAML 1.1 takes it for text.
fn yaml(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(yaml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key}: {}", yaml(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Number(number) => match number.to_string().split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
            _ => number.to_string(),
        },
        Value::String(word) if is_plain(word) => word.clone(),
        value => value.to_string(),
    }
}

/// Whether a word needs no quotes in any version of YAML.
fn is_plain(word: &str) -> bool {
    let taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let begins = word.starts_with(|c: char| c.is_ascii_lowercase());
    begins && !taken.contains(&word) && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
