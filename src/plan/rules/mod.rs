//! What a spec may not ask for, once every setting is resolved.
//!
//! In: the resolved split and entries. Out: what contradicts what. Rules that need no defaults and no network are in
//! `spec::validate`; both are reported together.

mod training;

use std::fmt::Display;

use super::config::{Architecture, SplitConfig};
use super::expand::ResolvedEntry;
use crate::backbone::registry;
use crate::spec::{BackboneEntry, Channels, Contradiction, Freeze, KeyPath, LoadedSpec, Pool, entry_path};

/// More runs than this are a slip of the keyboard: each takes minutes.
const MOST_RUNS: u64 = 10_000;

/// Every rule that does not hold.
pub(super) fn contradictions(loaded: &LoadedSpec, split: &SplitConfig, entries: &[ResolvedEntry]) -> Vec<Contradiction> {
    let mut found: Vec<Contradiction> = split_sum(loaded, split).into_iter().chain(runs(loaded, split)).collect();
    let written = loaded.spec.backbones.as_deref().unwrap_or_default();
    for (index, (written, entry)) in written.iter().zip(entries).enumerate() {
        let at = Entry { loaded, index, path: entry_path(index, written), written, resolved: entry };
        let of_entry = [at.input_rule(), at.token_pool(), at.freeze(), at.unfreeze(), at.tint(), at.views(), at.label(&entries[..index])];
        found.extend(of_entry.into_iter().flatten().chain(training::contradictions(&at, entries)));
    }
    found
}

fn split_sum(loaded: &LoadedSpec, split: &SplitConfig) -> Option<Contradiction> {
    let SplitConfig { val, test, .. } = split;
    if val + test < 1.0 {
        return None;
    }
    let message = format!("val {val} and test {test} leave nothing for training; together they must be below 1");
    let [of_val, of_test] = ["val", "test"].map(|key| KeyPath::of("split").key(key));
    Some(if loaded.gives(&of_test) {
        Contradiction::new(of_test, message).beside(of_val, val)
    } else {
        Contradiction::new(of_val, message).beside(of_test, test)
    })
}

/// Backbones × seeds × folds × repeats.
fn runs(loaded: &LoadedSpec, split: &SplitConfig) -> Option<Contradiction> {
    let count = |list: Option<usize>| list.unwrap_or(1) as u64;
    let backbones = count(loaded.spec.backbones.as_ref().map(Vec::len));
    let seeds = count(loaded.spec.seeds.as_ref().map(Vec::len));
    let folds = u64::from(split.folds.unwrap_or(1));
    let repeats = u64::from(split.repeats);
    let runs = [seeds, folds, repeats].into_iter().fold(backbones, u64::saturating_mul);
    if runs <= MOST_RUNS {
        return None;
    }
    let factors = [("split.repeats", repeats), ("split.folds", folds), ("seeds", seeds), ("backbones", backbones)];
    let (largest, _) = factors.into_iter().max_by_key(|(_, count)| *count)?;
    let repeated = if repeats > 1 { format!(" × repeats ({repeats})") } else { String::new() };
    let message = format!(
        "backbones ({backbones}) × seeds ({seeds}) × folds ({folds}){repeated} make {runs} runs; expected at most {MOST_RUNS}, ask for fewer"
    );
    let others = factors.into_iter().filter(|(key, count)| *key != largest && *count > 1);
    let start = Contradiction::new(KeyPath::of(largest), message);
    Some(others.fold(start, |found, (key, count)| found.against(KeyPath::of(key), format!("has {count} here"))))
}

/// One entry, as written and as resolved.
struct Entry<'a> {
    loaded: &'a LoadedSpec,
    index: usize,
    path: KeyPath,
    written: &'a BackboneEntry,
    resolved: &'a ResolvedEntry,
}

impl Entry<'_> {
    /// Where a setting of this entry comes from: the entry if it gives it, else the spec.
    fn source_of(&self, section: &str, key: &str) -> KeyPath {
        let own = self.own(section, key);
        if self.loaded.gives(&own) { own } else { KeyPath::of(section).key(key) }
    }

    fn own(&self, section: &str, key: &str) -> KeyPath {
        self.path.clone().key(section).key(key)
    }

    /// Something else that this entry or the spec gives has a part in it.
    fn beside(&self, found: Contradiction, section: &str, key: &str, value: impl Display) -> Contradiction {
        found.beside(self.source_of(section, key), value)
    }

    fn input_rule(&self) -> Option<Contradiction> {
        let size = self.resolved.image.size;
        // Too large for any network: said by `spec::validate`, and not to be computed with.
        if size.height.max(size.width) > crate::spec::LONGEST_SIDE {
            return None;
        }
        let refusal = registry::check_input(&self.resolved.architecture, size).err()?;
        let label = &self.resolved.entry_label;
        let of_size = self.source_of("image", "size");
        let Architecture::Vit { patch_size, .. } = self.resolved.architecture else {
            let message = format!("{refusal} (entry {label}); change image.size, or leave the entry out");
            return Some(Contradiction::new(of_size, message).against(self.path.clone(), self.is_this_network()));
        };
        let fitting = |side: u32| u64::from(side).max(u64::from(patch_size) + 1).next_multiple_of(u64::from(patch_size));
        let (height, width) = (fitting(size.height), fitting(size.width));
        let message =
            format!("{refusal} (entry {label}); change image.size (to {height}×{width}, for one) or patch_size, or leave the entry out");
        let of_patch = KeyPath::of("backbones").index(self.index).key(self.written.name.name()).key("patch_size");
        Some(if self.loaded.gives(&of_patch) && !self.loaded.gives(&of_size) {
            Contradiction::new(of_patch, message).beside(of_size, size)
        } else {
            Contradiction::new(of_size, message).beside(of_patch, patch_size)
        })
    }

    /// To be said of the entry.
    fn is_this_network(&self) -> String {
        format!("is {} here", self.written.name.name())
    }

    fn token_pool(&self) -> Option<Contradiction> {
        let has_token = matches!(self.resolved.architecture, Architecture::Vit { .. });
        if self.resolved.head.pool != Pool::Token || has_token {
            return None;
        }
        let message = format!("`token` is the class token of a vit, which {} has not; use avg, max or flatten", self.written.name.name());
        Some(Contradiction::new(self.source_of("head", "pool"), message).against(self.path.clone(), self.is_this_network()))
    }

    fn tint(&self) -> Option<Contradiction> {
        let channels = self.resolved.image.channels;
        if self.resolved.augment.tint == 0.0 || channels == Channels::Rgb {
            return None;
        }
        let message = "changes colours, and the films are grey; use brightness and contrast, or image.channels: 3";
        let found = Contradiction::new(self.source_of("augment", "tint"), message);
        Some(self.beside(found, "image", "channels", channels.count()))
    }

    fn freeze(&self) -> Option<Contradiction> {
        let settings = &self.written.settings;
        if settings.weights.is_some() || settings.freeze.unwrap_or_default() == Freeze::None {
            return None;
        }
        let message = "would keep weights that nobody trained, for the entry names none; give it `weights`, or remove `freeze`";
        Some(Contradiction::new(self.path.clone().key("freeze"), message).against(self.path.clone(), "has no `weights`"))
    }

    fn unfreeze(&self) -> Option<Contradiction> {
        let settings = &self.written.settings;
        let unfreeze_at = settings.unfreeze_at?.get();
        let epochs = u64::from(self.resolved.train.epochs);
        let key = self.path.clone().key("unfreeze_at");
        if settings.freeze.unwrap_or_default() == Freeze::None {
            let message = "nothing is frozen; give `freeze`, or remove `unfreeze_at`";
            Some(Contradiction::new(key, message).beside(self.path.clone().key("freeze"), "none"))
        } else if unfreeze_at > epochs {
            let message =
                format!("found epoch {unfreeze_at} of {epochs}; give an earlier one, or remove `unfreeze_at` to keep it frozen to the end");
            Some(self.beside(Contradiction::new(key, message), "train", "epochs", epochs))
        } else {
            None
        }
    }

    /// Further views of a film are random changes of it.
    fn views(&self) -> Option<Contradiction> {
        if self.loaded.spec.report.tta.is_none() || self.resolved.augment.changes_films() {
            return None;
        }
        let message = format!(
            "makes views of a film by the changes of `augment`, and there are none for the entry {}; give some, or remove `tta`",
            self.resolved.entry_label
        );
        Some(Contradiction::new(KeyPath::of("report.tta"), message).against(self.path.clone(), "has no changes of films"))
    }

    fn label(&self, earlier: &[ResolvedEntry]) -> Option<Contradiction> {
        let twin = earlier.iter().position(|other| other.label == self.resolved.label)?;
        let [twin, index] = [twin, self.index].map(|row| self.loaded.rows[row].entry);
        let message = format!(
            "the row name {:?} is taken by backbones[{twin}]; give backbones[{index}] a `label`, or leave it out",
            self.resolved.entry_label
        );
        let twin = KeyPath::of("backbones").index(twin);
        Some(Contradiction::new(self.path.clone(), message).against(twin, "has that name first"))
    }
}
