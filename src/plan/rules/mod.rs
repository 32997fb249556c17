//! What a spec may not ask for, once every setting is resolved.
//!
//! In: the resolved split and entries. Out: problems, each placed where the value was written. Rules that need no defaults
//! and no network are in `spec::validate`; both are reported together.

mod training;

use super::config::{Architecture, SplitConfig};
use super::expand::ResolvedEntry;
use crate::backbone::registry;
use crate::spec::{BackboneEntry, Channels, Freeze, KeyPath, LoadedSpec, Pool, Problem, entry_path};

/// Every rule that does not hold.
pub(super) fn problems(loaded: &LoadedSpec, split: &SplitConfig, entries: &[ResolvedEntry]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = split_sum(loaded, split).into_iter().collect();
    let written = loaded.spec.backbones.as_deref().unwrap_or_default();
    for (index, (written, entry)) in written.iter().zip(entries).enumerate() {
        let at = Entry { loaded, path: entry_path(index, written), written, resolved: entry };
        let of_entry =
            [at.input_rule(), at.token_pool(), at.freeze(), at.unfreeze(), at.tint(), at.views(), at.label(index, &entries[..index])];
        let found = of_entry.into_iter().flatten().chain(training::problems(&at, entries));
        for problem in found {
            // What is wrong with the spec as a whole is wrong for every entry, and said once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

fn split_sum(loaded: &LoadedSpec, split: &SplitConfig) -> Option<Problem> {
    let SplitConfig { val, test, .. } = split;
    let message = format!("val {val} and test {test} leave nothing for training; together they must be below 1");
    (val + test >= 1.0).then(|| loaded.problem(KeyPath::of("split"), message))
}

/// One entry, as written and as resolved.
struct Entry<'a> {
    loaded: &'a LoadedSpec,
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

    fn problem(&self, key: KeyPath, message: &str) -> Problem {
        self.loaded.problem(key, message)
    }

    fn input_rule(&self) -> Option<Problem> {
        let size = self.resolved.image.size;
        // Too large for any network: said by `spec::validate`, and not to be computed with.
        if size.height.max(size.width) > crate::spec::LONGEST_SIDE {
            return None;
        }
        let refusal = registry::check_input(&self.resolved.architecture, size).err()?;
        let message = format!("{refusal} (entry {}); change image.size, or leave the entry out", self.resolved.entry_label);
        Some(self.problem(self.source_of("image", "size"), &message))
    }

    fn token_pool(&self) -> Option<Problem> {
        let has_token = matches!(self.resolved.architecture, Architecture::Vit { .. });
        if self.resolved.head.pool != Pool::Token || has_token {
            return None;
        }
        let message = format!("`token` is the class token of a vit, which {} has not; use avg, max or flatten", self.written.name.name());
        Some(self.problem(self.source_of("head", "pool"), &message))
    }

    fn tint(&self) -> Option<Problem> {
        if self.resolved.augment.tint == 0.0 || self.resolved.image.channels == Channels::Rgb {
            return None;
        }
        let message = "changes colours, and the films are grey; use brightness and contrast, or image.channels: 3";
        Some(self.problem(self.source_of("augment", "tint"), message))
    }

    fn freeze(&self) -> Option<Problem> {
        let settings = &self.written.settings;
        if settings.weights.is_some() || settings.freeze.unwrap_or_default() == Freeze::None {
            return None;
        }
        let message = "would keep weights that nobody trained, for the entry names none; give it `weights`, or remove `freeze`";
        Some(self.problem(self.path.clone().key("freeze"), message))
    }

    fn unfreeze(&self) -> Option<Problem> {
        let settings = &self.written.settings;
        let unfreeze_at = settings.unfreeze_at?.get();
        let epochs = u64::from(self.resolved.train.epochs);
        let message = if settings.freeze.unwrap_or_default() == Freeze::None {
            "nothing is frozen; give `freeze`, or remove `unfreeze_at`".to_owned()
        } else if unfreeze_at > epochs {
            format!("found epoch {unfreeze_at} of {epochs}; give an earlier one, or remove `unfreeze_at` to keep it frozen to the end")
        } else {
            return None;
        };
        Some(self.problem(self.path.clone().key("unfreeze_at"), &message))
    }

    /// Further views of a film are random changes of it.
    fn views(&self) -> Option<Problem> {
        if self.loaded.spec.report.tta.is_none() || self.resolved.augment.changes_films() {
            return None;
        }
        let message = format!(
            "makes views of a film by the changes of `augment`, and there are none for the entry {}; give some, or remove `tta`",
            self.resolved.entry_label
        );
        Some(self.problem(KeyPath::of("report.tta"), &message))
    }

    fn label(&self, index: usize, earlier: &[ResolvedEntry]) -> Option<Problem> {
        let twin = earlier.iter().position(|other| other.label == self.resolved.label)?;
        let [twin, index] = [twin, index].map(|row| self.loaded.rows[row].entry);
        let message = format!(
            "the row name {:?} is taken by backbones[{twin}]; give backbones[{index}] a `label`, or leave it out",
            self.resolved.entry_label
        );
        Some(self.problem(self.path.clone(), &message))
    }
}
