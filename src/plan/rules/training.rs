//! Rules of the section `train`, and of what hangs on it.

use serde::Serialize;

use super::Entry;
use crate::plan::config::TrainConfig;
use crate::plan::expand::ResolvedEntry;
use crate::spec::{Contradiction, Loss, OnNan, Schedule};

/// Every rule that does not hold for an entry; `entries` are all of them.
pub(super) fn contradictions(at: &Entry, entries: &[ResolvedEntry]) -> Vec<Contradiction> {
    let found = [at.warmup(), at.micro_batches(), at.cycle(), at.found_rate(), at.backbone_rate(), at.halved_search()];
    let of_plateau = |train: &TrainConfig| train.schedule == Schedule::Plateau;
    let of_distribution = |train: &TrainConfig| train.loss == Loss::Distribution;
    let idle = [
        at.idle(entries, ["train", "plateau_patience"], "schedule: plateau", of_plateau),
        at.idle(entries, ["train", "plateau_factor"], "schedule: plateau", of_plateau),
        at.idle(entries, ["head", "age_bins"], "loss: distribution", of_distribution),
    ];
    found.into_iter().chain(idle).flatten().collect()
}

impl Entry<'_> {
    fn warmup(&self) -> Option<Contradiction> {
        let train = &self.resolved.train;
        if train.warmup_epochs <= f64::from(train.epochs) {
            return None;
        }
        let [warmup, epochs] = ["warmup_epochs", "epochs"].map(|key| self.own("train", key));
        let key = if self.loaded.gives(&warmup) || !self.loaded.gives(&epochs) { self.source_of("train", "warmup_epochs") } else { epochs };
        let message = format!(
            "found {} warmup_epochs of {} epochs; the warm-up must end with the training at the latest",
            train.warmup_epochs, train.epochs
        );
        let is_warmup = key != self.own("train", "epochs");
        let found = Contradiction::new(key, message);
        Some(if is_warmup {
            self.beside(found, "train", "epochs", train.epochs)
        } else {
            self.beside(found, "train", "warmup_epochs", train.warmup_epochs)
        })
    }

    fn micro_batches(&self) -> Option<Contradiction> {
        let TrainConfig { micro_batch_size, batch_size, .. } = self.resolved.train;
        let micro_batch_size = micro_batch_size.filter(|size| *size >= batch_size)?;
        let [micro, batch] = ["micro_batch_size", "batch_size"].map(|key| self.own("train", key));
        let is_own = self.loaded.gives(&micro) || !self.loaded.gives(&batch);
        let key = if is_own { self.source_of("train", "micro_batch_size") } else { batch };
        let message = format!(
            "found micro_batch_size {micro_batch_size} of batch_size {batch_size}, which splits nothing; give a smaller one, or null for whole batches"
        );
        let found = Contradiction::new(key, message);
        Some(if is_own {
            self.beside(found, "train", "batch_size", batch_size)
        } else {
            self.beside(found, "train", "micro_batch_size", micro_batch_size)
        })
    }

    fn cycle(&self) -> Option<Contradiction> {
        let train = &self.resolved.train;
        if train.schedule != Schedule::OneCycle || train.warmup_epochs == 0.0 {
            return None;
        }
        let message = "the schedule `one_cycle` has a rise of its own, over the first 30 % of the steps; give 0, or another schedule";
        let found = Contradiction::new(self.source_of("train", "warmup_epochs"), message);
        Some(self.beside(found, "train", "schedule", "one_cycle"))
    }

    /// A rate that is given where it is to be found: by the entry, or by the spec beside its `find_lr`.
    fn found_rate(&self) -> Option<Contradiction> {
        if !self.resolved.train.find_lr {
            return None;
        }
        let key = self.source_of("train", "learning_rate");
        let entry_asks = self.loaded.gives(&self.own("train", "find_lr"));
        if !self.loaded.gives(&key) || (entry_asks && key != self.own("train", "learning_rate")) {
            return None;
        }
        let message = "is found where find_lr is true; remove one of the two, or give the entry find_lr: false";
        Some(self.beside_search(Contradiction::new(key, message)))
    }

    fn beside_search(&self, found: Contradiction) -> Contradiction {
        self.beside(found, "train", "find_lr", true)
    }

    fn backbone_rate(&self) -> Option<Contradiction> {
        let train = &self.resolved.train;
        if !train.find_lr || train.backbone_learning_rate.is_none() {
            return None;
        }
        let message = "find_lr finds one rate for all of the network; give learning_rate instead of find_lr, or remove this one";
        Some(self.beside_search(Contradiction::new(self.source_of("train", "backbone_learning_rate"), message)))
    }

    /// The same test from the same weights finds the same rate.
    fn halved_search(&self) -> Option<Contradiction> {
        let train = &self.resolved.train;
        let message = "begins anew with half the learning rate, but find_lr would find the same again; remove one of the two";
        let clash = train.find_lr && train.on_nan == OnNan::HalveLearningRate;
        clash.then(|| self.beside_search(Contradiction::new(self.source_of("train", "on_nan"), message)))
    }

    /// A setting that belongs to another one which neither this entry has nor, where the spec gives it, any other.
    fn idle(&self, entries: &[ResolvedEntry], key: [&str; 2], owner: &str, uses: fn(&TrainConfig) -> bool) -> Option<Contradiction> {
        let [section, key] = key;
        let source = self.source_of(section, key);
        let is_own = source == self.own(section, key);
        let is_used = if is_own { uses(&self.resolved.train) } else { entries.iter().any(|entry| uses(&entry.train)) };
        if is_used || !self.loaded.gives(&source) {
            return None;
        }
        let (owner_key, _) = owner.split_once(':').unwrap_or((owner, ""));
        let in_force = if owner_key == "loss" { word(self.resolved.train.loss) } else { word(self.resolved.train.schedule) };
        let found = Contradiction::new(source, format!("belongs to `train.{owner}`; give that, or remove `{key}`"));
        Some(self.beside(found, "train", owner_key, in_force))
    }
}

/// The word of the spec for a setting.
fn word(setting: impl Serialize) -> String {
    serde_yaml::to_string(&setting).unwrap_or_default().trim().to_owned()
}
