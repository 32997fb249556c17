//! Rules between the values of a merged spec, each of which is possible on its own.
//!
//! In: a [`LoadedSpec`]. Out: everything that contradicts something else. What depends on a network (input rules, heads, row
//! labels) is checked by `plan`, which reports it together with these.

use std::collections::BTreeMap;

use super::contradiction::Contradiction;
use super::key_path::KeyPath;
use super::parse::LoadedSpec;
use super::schema::{
    AugmentSpec, BackboneEntry, BackboneName, BackboneSettings, HeadSpec, ImageSize, ReportEpoch, Schedule, SplitSpec, Stratum, TrainSpec,
};
use super::shown::is_visible;

/// Larger films than any network here was made for; their tensors would not fit.
pub(crate) const LONGEST_SIDE: u32 = 8192;

/// Sixteen times those of VGG; wider ones fit no memory.
const WIDEST_LAYER: u64 = 65_536;

/// Finer ones than four days are no ages.
const MOST_AGE_BINS: u64 = 2_000;

/// In characters; longer ones fit no table.
const LONGEST_HEADING: usize = 200;

/// Whether a text can be a heading or the name of a row.
fn is_heading(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().all(is_visible) && text.chars().count() <= LONGEST_HEADING
}

/// Everything in a spec that contradicts something else in it.
pub(crate) fn contradictions(loaded: &LoadedSpec) -> Vec<Contradiction> {
    let spec = &loaded.spec;
    let mut found = Found { loaded, contradictions: Vec::new() };
    found.title(spec.title.as_deref());
    found.data(&spec.data);
    found.image_size(&KeyPath::of("image.size"), spec.image.size);
    found.split(&spec.split);
    found.balance(&KeyPath::of("augment"), &spec.augment);
    found.head(&KeyPath::of("head"), &spec.head);
    found.seeds(spec.seeds.as_deref());
    found.validation_part();
    found.entries(spec.backbones.as_deref());
    found.contradictions
}

/// The path of an entry's settings; of the entry itself where it has none.
pub(crate) fn entry_path(index: usize, entry: &BackboneEntry) -> KeyPath {
    let path = KeyPath::of("backbones").index(index);
    if entry.settings == BackboneSettings::default() { path } else { path.key(entry.name.name()) }
}

/// What was found so far.
pub(super) struct Found<'a> {
    pub(super) loaded: &'a LoadedSpec,
    pub(super) contradictions: Vec<Contradiction>,
}

impl Found<'_> {
    /// Note what is wrong with one key alone.
    pub(super) fn add(&mut self, key: KeyPath, message: impl Into<String>) {
        self.contradictions.push(Contradiction::new(key, message));
    }

    fn title(&mut self, title: Option<&str>) {
        if title.is_some_and(|title| !is_heading(title)) {
            self.add(KeyPath::of("title"), format!("expected one line of text of at most {LONGEST_HEADING} characters"));
        }
    }

    fn image_size(&mut self, path: &KeyPath, size: Option<ImageSize>) {
        if let Some(size) = size.filter(|size| size.height.max(size.width) > LONGEST_SIDE) {
            self.add(path.clone(), format!("expected sides of at most {LONGEST_SIDE} pixels, found {size}"));
        }
    }

    fn head(&mut self, path: &KeyPath, head: &HeadSpec) {
        let HeadSpec { pool: _, hidden, dropout: _, sex: _, age_bins } = head;
        for (index, width) in hidden.iter().flatten().enumerate().filter(|(_, width)| width.get() > WIDEST_LAYER) {
            let message = format!("expected at most {WIDEST_LAYER} units, found {}", width.get());
            self.add(path.clone().key("hidden").index(index), message);
        }
        if let Some(bins) = age_bins.filter(|bins| bins.get() > MOST_AGE_BINS) {
            self.add(path.clone().key("age_bins"), format!("expected at most {MOST_AGE_BINS} bins, found {}", bins.get()));
        }
    }

    fn split(&mut self, split: &SplitSpec) {
        // The sum of val and test is checked by `plan`, which knows their defaults.
        let SplitSpec { file, val, test, folds, repeats, seed, stratify, group } = split;
        let dealt = [
            ("val", val.is_some()),
            ("test", test.is_some()),
            ("repeats", repeats.is_some()),
            ("seed", seed.is_some()),
            ("stratify", stratify.is_some()),
            ("group", group.is_some()),
        ];
        for (key, _) in dealt.into_iter().filter(|(_, given)| *given && file.is_some()) {
            let message = "split.file says already which film belongs to which part; remove one of the two";
            let contradiction = Contradiction::new(KeyPath::of("split").key(key), message);
            self.contradictions.push(contradiction.against(KeyPath::of("split.file"), "is given here"));
        }
        if let (Some(val), Some(folds)) = (val, folds) {
            let message = format!(
                "found val {} beside folds {}, where each fold is the validation part once; remove one of the two (null removes what an extended spec gives)",
                val.get(),
                folds.get()
            );
            let contradiction = Contradiction::new(KeyPath::of("split.val"), message);
            self.contradictions.push(contradiction.beside(KeyPath::of("split.folds"), folds.get()));
        }
        if repeats.is_some_and(|repeats| repeats.get() > 1) && folds.is_none() && file.is_none() {
            let message = "says how often folds are drawn, and there are none; give split.folds, or several seeds instead";
            self.contradictions.push(Contradiction::new(KeyPath::of("split.repeats"), message));
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
            if let Some(first) = strata[..index].iter().position(|other| other == stratum) {
                let contradiction = Contradiction::new(path.clone().index(index), "is named twice; name it once");
                self.contradictions.push(contradiction.against(path.clone().index(first), "names it first"));
            }
        }
    }

    fn seeds(&mut self, seeds: Option<&[u64]>) {
        let Some(seeds) = seeds else { return };
        if seeds.is_empty() {
            self.add(KeyPath::of("seeds"), "expected at least one seed, found an empty list");
        }
        let mut seen = BTreeMap::new();
        for (index, seed) in seeds.iter().enumerate() {
            let first = *seen.entry(seed).or_insert(index);
            if first != index {
                let message = format!("the seed {seed} is given twice; the second run would repeat the first");
                let contradiction = Contradiction::new(KeyPath::of("seeds").index(index), message);
                self.contradictions.push(contradiction.beside(KeyPath::of("seeds").index(first), seed));
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
            self.without_validation(KeyPath::of("report.epoch"), format!("`best` {remedy}"));
        }
        let train = |entry: &BackboneEntry, index| (entry_path(index, entry).key("train"), entry.settings.train.clone());
        let of_entries = spec.backbones.iter().flatten().enumerate().map(|(index, entry)| train(entry, index));
        for (path, TrainSpec { early_stop, schedule, .. }) in [(KeyPath::of("train"), spec.train.clone())].into_iter().chain(of_entries) {
            if matches!(early_stop, Some(Some(_))) {
                self.without_validation(path.clone().key("early_stop"), remedy.to_owned());
            }
            if schedule == Some(Schedule::Plateau) {
                self.without_validation(path.key("schedule"), format!("`plateau` {remedy}"));
            }
        }
    }

    fn without_validation(&mut self, key: KeyPath, message: String) {
        self.contradictions.push(Contradiction::new(key, message).beside(KeyPath::of("split.val"), 0));
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
        // What `weights`, `freeze` and `unfreeze_at` need of each other is checked by `plan`, with the resolved epochs.
        let BackboneSettings {
            label,
            preset: _,
            patch_size: _,
            scale: _,
            kind: _,
            drop_path: _,
            prepare: _,
            image,
            augment,
            weights: _,
            freeze: _,
            unfreeze_at: _,
            head,
            train: _,
        } = &entry.settings;
        let path = entry_path(index, entry);
        for (key, given, owners) in entry.settings.of_some_networks() {
            if given && !owners.contains(&entry.name) {
                let owners = owners.iter().map(|owner| owner.name()).collect::<Vec<_>>().join(" and ");
                let message = format!("{} has no such setting; `{key}` belongs to {owners}, remove it", entry.name.name());
                self.add(path.clone().key(key), message);
            }
        }
        if label.as_ref().is_some_and(|label| !is_heading(label)) {
            let message = format!("expected one line of text of at most {LONGEST_HEADING} characters for the row's name");
            self.add(path.clone().key("label"), message);
        }
        self.balance(&path.clone().key("augment"), augment);
        self.head(&path.clone().key("head"), head);
        self.image_size(&path.key("image").key("size"), image.size);
    }
}
