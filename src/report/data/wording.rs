//! The words that page, terminal and sheets of a data report share.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::super::number::{self, short_unit};
use super::facts::{DataFacts, EpochFacts, ImageFacts};
use crate::data::{Sample, Sex};
use crate::screen::FindingKind;
use crate::spec::{AgeUnit, Stratum};

/// What is said wherever films are drawn and not taken.
pub(super) const SYNTHETIC: &str = "The films are synthetic: they are drawn, not taken, and say nothing about patients.";

/// Every sex and none, in the order of tables.
pub(super) const SEXES: [Option<Sex>; 4] = [Some(Sex::F), Some(Sex::M), Some(Sex::O), None];

/// The word for a sex.
pub(super) fn sex(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::F) => "female",
        Some(Sex::M) => "male",
        Some(Sex::O) => "other",
        None => "unknown",
    }
}

/// A part's name for headings.
pub(super) fn part(name: &str) -> String {
    match name {
        "train" => "Training".to_owned(),
        "val" => "Validation".to_owned(),
        "test" => "Test".to_owned(),
        "all" => "All".to_owned(),
        other => other.replacen("fold", "Fold", 1),
    }
}

/// `12.50 y, F`.
pub(super) fn age_and_sex(sample: &Sample, unit: AgeUnit) -> String {
    let age = number::age(sample.age_months, unit);
    let sex = sample.sex.map_or("sex unknown", Sex::letter);
    format!("{age} {}, {sex}", short_unit(unit))
}

/// `1 film`, `3 films`.
pub(super) fn films(count: usize) -> String {
    plural(count, "film")
}

/// A count and its noun.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What the files of the films are, a sentence each.
pub(super) fn images(facts: &ImageFacts) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(height), Some(width)) = (facts.height, facts.width) {
        let of = |[smallest, middle, largest]: [u32; 3]| {
            if smallest == largest { format!("{smallest}") } else { format!("{smallest} to {largest}, median {middle}") }
        };
        let sizes = plural(facts.sizes.len(), "size");
        lines.push(format!("{} in {sizes}: height {}; width {} (pixels).", plural(facts.files, "file"), of(height), of(width)));
        let formats = shares(&facts.formats, String::clone);
        let depths = shares(&facts.bits_per_channel, |bits| format!("{bits} bit"));
        let channels = shares(&facts.channels, |channels| match channels {
            1 => "grey".to_owned(),
            3 => "colour".to_owned(),
            other => format!("{other} channels"),
        });
        lines.push(format!("Format: {formats}. Depth: {depths}. Channels: {channels}."));
    }
    if facts.files == 0 {
        lines.push("There are no files to measure: each film is made at the size that a network takes.".to_owned());
    } else if facts.unknown > 0 {
        lines.push(format!("The size of {} is not known from a header.", films(facts.unknown)));
    }
    lines
}

/// `PNG` where all are alike, else `PNG 12, JPEG 3`.
fn shares<K: Ord, N: Display + Copy>(counts: &BTreeMap<K, N>, name: impl Fn(&K) -> String) -> String {
    match counts.iter().next() {
        Some((only, _)) if counts.len() == 1 => name(only),
        _ => counts.iter().map(|(key, count)| format!("{} {count}", name(key))).collect::<Vec<_>>().join(", "),
    }
}

/// What an epoch contains, in one or two sentences.
pub(super) fn epoch(facts: &EpochFacts) -> String {
    let fold = facts.fold.map_or(String::new(), |fold| format!(" (Fold {fold} is the validation part here.)"));
    if facts.augment.balance.is_empty() {
        return format!("An epoch shows each of {} of the training part once.{fold}", films(facts.training_films));
    }
    let by = facts.augment.balance.iter().map(|stratum| property(*stratum)).collect::<Vec<_>>().join(" and ");
    let mut text = format!(
        "Classes by {by} are drawn equally often: epoch 1 has {} of {} (of {} in the training part); one film is drawn up to {}.",
        plural(facts.draws, "draw"),
        films(facts.drawn_films),
        facts.training_films,
        plural(facts.most_draws_of_a_film, "time"),
    );
    if facts.drawn_films < facts.training_films {
        text.push_str(" Other films come in other epochs.");
    }
    text + &fold
}

fn property(stratum: Stratum) -> &'static str {
    match stratum {
        Stratum::Age => "age (whole years)",
        Stratum::Sex => "sex",
        Stratum::Race => "race",
    }
}

/// What was flagged: `2 inverted, 1 dark`, and the pairs.
pub(super) fn flags(facts: &DataFacts) -> String {
    let kinds = FindingKind::ALL.into_iter().filter_map(|kind| {
        let count = facts.flagged.iter().filter(|flag| flag.kind == kind).count();
        (count > 0).then(|| format!("{count} {}", kind.name()))
    });
    let pairs = facts.duplicates.len();
    let pairs = (pairs > 0).then(|| plural(pairs, "pair") + " of duplicates");
    let words: Vec<String> = kinds.chain(pairs).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// What follows from leaks.
pub(super) fn leaks_are(facts: &DataFacts) -> &'static str {
    if facts.leaks_allowed {
        "data.allow_leaks lets them pass, and the tables of a run say so"
    } else {
        "training refuses to start until one film of each is listed under data.exclude"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_described_by_what_differs() {
        let mut facts = ImageFacts { files: 3, height: Some([100; 3]), width: Some([90, 95, 120]), ..ImageFacts::default() };
        facts.formats = [("JPEG".to_owned(), 2), ("PNG".to_owned(), 1)].into();
        facts.bits_per_channel = [(8, 3)].into();
        facts.channels = [(1, 2), (3, 1)].into();
        assert_eq!(
            images(&facts),
            [
                "3 files in 0 sizes: height 100; width 90 to 120, median 95 (pixels).",
                "Format: JPEG 2, PNG 1. Depth: 8 bit. Channels: grey 2, colour 1."
            ]
        );
        assert_eq!(images(&ImageFacts { unknown: 4, ..ImageFacts::default() }).len(), 1);
    }
}
