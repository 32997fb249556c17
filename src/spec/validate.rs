//! Rules between the values of a merged spec, each of which is possible on its own.
//!
//! In: a [`LoadedSpec`]. Out: every problem with its place. What depends on a network (input rules, heads, row labels) is
//! checked by `plan`, which reports it together with these.

use std::collections::BTreeSet;

use super::error::Problem;
use super::key_path::KeyPath;
use super::merge::SOURCES;
use super::parse::LoadedSpec;
use super::schema::{
    AugmentSpec, BackboneEntry, BackboneName, BackboneSettings, CsvSource, DataSpec, FilenameSource, HandAtlasSource, ImageSize,
    ReportEpoch, RsnaSource, Schedule, SplitSpec, Stratum, TestTable,
};

/// Larger films than any network here was made for; their tensors would not fit.
pub(crate) const LONGEST_SIDE: u32 = 8192;

/// Everything in a spec that contradicts something else in it.
pub(crate) fn problems(loaded: &LoadedSpec) -> Vec<Problem> {
    let spec = &loaded.spec;
    let mut found = Found { loaded, problems: Vec::new() };
    found.data(&spec.data);
    found.image_size(&KeyPath::of("image.size"), spec.image.size);
    found.split(&spec.split);
    found.balance(&KeyPath::of("augment"), &spec.augment);
    found.seeds(spec.seeds.as_deref());
    found.validation_part();
    found.entries(spec.backbones.as_deref());
    found.problems
}

/// The path of an entry's settings; of the entry itself where it has none.
pub(crate) fn entry_path(index: usize, entry: &BackboneEntry) -> KeyPath {
    let path = KeyPath::of("backbones").index(index);
    if entry.settings == BackboneSettings::default() { path } else { path.key(entry.name.name()) }
}

struct Found<'a> {
    loaded: &'a LoadedSpec,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn add(&mut self, key: KeyPath, message: impl Into<String>) {
        self.problems.push(self.loaded.problem(key, message));
    }

    fn data(&mut self, data: &DataSpec) {
        let DataSpec { phantom, rsna, hand_atlas, csv, filename, exclude: _, on_bad: _, allow_leaks: _ } = data;
        let given = [phantom.is_some(), rsna.is_some(), hand_atlas.is_some(), csv.is_some(), filename.is_some()];
        let named: Vec<&str> = SOURCES.into_iter().zip(given).filter(|(_, given)| *given).map(|(name, _)| name).collect();
        match named.as_slice() {
            [_] => {}
            [] => {
                let known = SOURCES.join(", ");
                let message = format!("expected exactly one source of films, found none (known: {known}); `phantom: {{}}` needs no files");
                self.add(KeyPath::of("data"), message);
            }
            several => {
                let named = several.join(" and ");
                self.add(KeyPath::of("data"), format!("expected exactly one source of films, found {named}; keep one"));
            }
        }
        if let Some(RsnaSource { images, labels, sheet: _, test }) = rsna {
            self.required("rsna", &[("images", "DIR", images.is_some()), ("labels", "FILE", labels.is_some())]);
            self.test_table("rsna", test.as_ref());
        }
        if let Some(HandAtlasSource { root }) = hand_atlas {
            self.required("hand_atlas", &[("root", "DIR", root.is_some())]);
        }
        if let Some(CsvSource { images, labels, sheet: _, unit, id: _, age: _, sex: _, group: _, race: _, test }) = csv {
            let keys = [("images", "DIR", images.is_some()), ("labels", "FILE", labels.is_some()), ("unit", "years", unit.is_some())];
            self.required("csv", &keys);
            self.test_table("csv", test.as_ref());
        }
        if let Some(FilenameSource { root, pattern, unit }) = filename {
            let pattern_given = pattern.is_some();
            let keys =
                [("root", "DIR", root.is_some()), ("pattern", "'\"{id}-{age}.jpg\"'", pattern_given), ("unit", "years", unit.is_some())];
            self.required("filename", &keys);
            if pattern.as_ref().is_some_and(|patterns| !patterns.0.iter().all(|pattern| pattern.contains("{age}"))) {
                self.add(KeyPath::of("data.filename.pattern"), "expected a pattern with {age}, such as \"{id}-{age}-{sex}.jpg\"");
            }
        }
    }

    /// Films that make the test part leave no share of the others for it.
    fn test_table(&mut self, source: &str, test: Option<&TestTable>) {
        let Some(TestTable { images: _, labels, sheet: _ }) = test else { return };
        let path = KeyPath::of("data").key(source).key("test");
        if labels.is_none() {
            let path = path.clone().key("labels");
            self.add(path.clone(), format!("not given; give it in the spec or by --set {path}=FILE"));
        }
        let split = &self.loaded.spec.split;
        for (key, given) in [("test", split.test.is_some()), ("file", split.file.is_some())] {
            if given {
                self.add(KeyPath::of("split").key(key), format!("{path} names the films of the test part already; remove one of the two"));
            }
        }
    }

    fn required(&mut self, source: &str, keys: &[(&str, &str, bool)]) {
        for (key, example, _) in keys.iter().filter(|(_, _, given)| !given) {
            let path = KeyPath::of("data").key(source).key(key);
            let message = format!("not given; give it in the spec or by --set {path}={example}");
            self.add(path, message);
        }
    }

    fn image_size(&mut self, path: &KeyPath, size: Option<ImageSize>) {
        if let Some(size) = size.filter(|size| size.height.max(size.width) > LONGEST_SIDE) {
            self.add(path.clone(), format!("expected sides of at most {LONGEST_SIDE} pixels, found {size}"));
        }
    }

    fn split(&mut self, split: &SplitSpec) {
        // The sum of val and test is checked by `plan`, which knows their defaults.
        let SplitSpec { file, val, test, folds, seed, stratify, group } = split;
        let dealt = [
            ("val", val.is_some()),
            ("test", test.is_some()),
            ("seed", seed.is_some()),
            ("stratify", stratify.is_some()),
            ("group", group.is_some()),
        ];
        for (key, _) in dealt.into_iter().filter(|(_, given)| *given && file.is_some()) {
            self.add(KeyPath::of("split").key(key), "split.file says already which film belongs to which part; remove one of the two");
        }
        if let (Some(val), Some(folds)) = (val, folds) {
            let message = format!(
                "found val {} beside folds {}, where each fold is the validation part once; remove one of the two (null removes what an extended spec gives)",
                val.get(),
                folds.get()
            );
            self.add(KeyPath::of("split.val"), message);
        }
        self.no_repeats(&KeyPath::of("split.stratify"), stratify.as_deref().unwrap_or_default());
    }

    fn balance(&mut self, augment_path: &KeyPath, augment: &AugmentSpec) {
        let Some(balance) = &augment.balance else { return };
        let path = augment_path.clone().key("balance").key("by");
        if balance.by.is_empty() {
            self.add(path.clone(), "expected at least one of age, sex, race, found an empty list; or remove `balance`");
        }
        self.no_repeats(&path, &balance.by);
    }

    fn no_repeats(&mut self, path: &KeyPath, strata: &[Stratum]) {
        for (index, stratum) in strata.iter().enumerate() {
            if strata[..index].contains(stratum) {
                self.add(path.clone().index(index), "is named twice; name it once");
            }
        }
    }

    fn seeds(&mut self, seeds: Option<&[u64]>) {
        let Some(seeds) = seeds else { return };
        if seeds.is_empty() {
            self.add(KeyPath::of("seeds"), "expected at least one seed, found an empty list");
        }
        let mut seen = BTreeSet::new();
        for (index, seed) in seeds.iter().enumerate() {
            if !seen.insert(seed) {
                self.add(
                    KeyPath::of("seeds").index(index),
                    format!("the seed {seed} is given twice; the second run would repeat the first"),
                );
            }
        }
    }

    /// What chooses an epoch needs a validation part to choose it on.
    fn validation_part(&mut self) {
        let spec = &self.loaded.spec;
        let none = spec.split.folds.is_none() && spec.split.file.is_none() && spec.split.val.is_some_and(|val| val.get() == 0.0);
        if !none {
            return;
        }
        let remedy = "needs a validation part, and split.val is 0; give split.val or split.folds";
        if spec.report.epoch == Some(ReportEpoch::Best) {
            self.add(KeyPath::of("report.epoch"), format!("`best` {remedy}"));
        }
        if matches!(spec.train.early_stop, Some(Some(_))) {
            self.add(KeyPath::of("train.early_stop"), remedy);
        }
        if spec.train.schedule == Some(Schedule::Plateau) {
            self.add(KeyPath::of("train.schedule"), format!("`plateau` {remedy}"));
        }
        for (index, entry) in spec.backbones.iter().flatten().enumerate() {
            let train = &entry.settings.train;
            if matches!(train.early_stop, Some(Some(_))) {
                self.add(entry_path(index, entry).key("train").key("early_stop"), remedy);
            }
            if train.schedule == Some(Schedule::Plateau) {
                self.add(entry_path(index, entry).key("train").key("schedule"), format!("`plateau` {remedy}"));
            }
        }
    }

    fn entries(&mut self, entries: Option<&[BackboneEntry]>) {
        let entries = entries.unwrap_or_default();
        if entries.is_empty() {
            let known = BackboneName::ALL.map(BackboneName::name).join(", ");
            self.add(KeyPath::of("backbones"), format!("expected a list of at least one network, found none (known: {known})"));
        }
        for (index, entry) in entries.iter().enumerate() {
            self.entry(index, entry);
        }
    }

    fn entry(&mut self, index: usize, entry: &BackboneEntry) {
        use BackboneName::{Attention, EfficientnetV2S, Vit, Yolo};
        // What `weights`, `freeze` and `unfreeze_at` need of each other is checked by `plan`, with the resolved epochs.
        let BackboneSettings {
            label,
            preset,
            patch_size,
            scale,
            kind,
            drop_path,
            prepare: _,
            image,
            augment,
            weights: _,
            freeze: _,
            unfreeze_at: _,
            head: _,
            train: _,
        } = &entry.settings;
        let path = entry_path(index, entry);
        let variants: [(&str, bool, &[BackboneName]); 5] = [
            ("preset", preset.is_some(), &[Vit]),
            ("patch_size", patch_size.is_some(), &[Vit]),
            ("scale", scale.is_some(), &[Yolo]),
            ("kind", kind.is_some(), &[Attention]),
            ("drop_path", drop_path.is_some(), &[EfficientnetV2S, Vit]),
        ];
        for (key, given, owners) in variants {
            if given && !owners.contains(&entry.name) {
                let owners = owners.iter().map(|owner| owner.name()).collect::<Vec<_>>().join(" and ");
                let message = format!("{} has no such setting; `{key}` belongs to {owners}, remove it", entry.name.name());
                self.add(path.clone().key(key), message);
            }
        }
        if label.as_ref().is_some_and(|label| label.trim().is_empty() || label.chars().any(char::is_control)) {
            self.add(path.clone().key("label"), "expected one line of text for the row's name");
        }
        self.balance(&path.clone().key("augment"), augment);
        self.image_size(&path.key("image").key("size"), image.size);
    }
}
