//! What films and labels advise: image size, parts, balance.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::{Dataset, Sample, Sex};
use crate::report::data::ImageFacts;
use crate::spec::{AgeUnit, OnBad};

/// What the spec says besides the source, each with its reason.
#[derive(Debug)]
pub(super) struct Choices {
    pub(super) films: usize,
    /// In months.
    pub(super) youngest: f64,
    pub(super) oldest: f64,
    pub(super) sexes: BTreeMap<&'static str, usize>,
    pub(super) patients: Option<usize>,
    pub(super) on_bad: OnBad,
    pub(super) image_size: (u32, String),
    pub(super) stratify: Vec<&'static str>,
    /// What makes a class, and why; none where classes are nearly alike.
    pub(super) balance: Option<(Vec<&'static str>, String)>,
    pub(super) unit: AgeUnit,
}

/// Sides that the chosen networks take: multiples of 32.
const STEP: u32 = 32;
/// Larger films take long on a laptop.
const LARGEST: u32 = 128;
/// So few films say little, and heavy networks learn nothing from them.
pub(super) const FEW: usize = 100;
/// Classes that differ by more are balanced.
const UNEVEN: usize = 3;

impl Choices {
    pub(super) fn of(dataset: &Dataset, sizes: &ImageFacts, on_bad: OnBad) -> Self {
        let samples = &dataset.samples;
        let ages = || samples.iter().map(|sample| sample.age_months);
        let sexes = sexes(samples);
        let all_have_a_sex = samples.iter().all(|sample| sample.sex.is_some()) && sexes.len() > 1;
        let patients: BTreeSet<&String> = samples.iter().filter_map(|sample| sample.group.as_ref()).collect();
        let oldest = ages().fold(0.0, f64::max);
        Self {
            films: samples.len(),
            youngest: ages().fold(f64::INFINITY, f64::min),
            oldest,
            patients: (!patients.is_empty()).then_some(patients.len()),
            on_bad,
            image_size: image_size(sizes),
            stratify: if all_have_a_sex { vec!["age", "sex"] } else { vec!["age"] },
            balance: balance(samples, all_have_a_sex),
            unit: if oldest < 36.0 { AgeUnit::Months } else { AgeUnit::Years },
            sexes,
        }
    }

    /// Films of a part, about.
    pub(super) fn share(&self, share: f64) -> usize {
        (self.films as f64 * share).round() as usize
    }

    /// Ages in the unit of the report.
    pub(super) fn ages(&self) -> String {
        let [from, to] = [self.youngest, self.oldest].map(|months| months / self.unit.months());
        format!("{from:.1} to {to:.1} {}", self.unit.name())
    }

    /// How many films of each sex.
    pub(super) fn sexes_in_words(&self) -> String {
        let word = |(sex, count): (&&str, &usize)| format!("{count} {sex}");
        self.sexes.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

fn sexes(samples: &[Sample]) -> BTreeMap<&'static str, usize> {
    let mut sexes = BTreeMap::new();
    for sample in samples {
        let name = match sample.sex {
            Some(Sex::F) => "female",
            Some(Sex::M) => "male",
            Some(Sex::O) => "other",
            None => "of unknown sex",
        };
        *sexes.entry(name).or_default() += 1;
    }
    sexes
}

/// The films' own size where it is small, and otherwise what a laptop trains in a bearable time.
fn image_size(sizes: &ImageFacts) -> (u32, String) {
    let (Some([_, height, _]), Some([_, width, _])) = (sizes.height, sizes.width) else {
        return (LARGEST, "the size of the films could not be read from their headers".to_owned());
    };
    let side = (height.max(width) / STEP * STEP).clamp(STEP, LARGEST);
    let films = format!("films have {height}×{width} pixels in the middle");
    let reason = if side == LARGEST {
        format!("{films}; {side} trains on a laptop, 224 or more shows finer detail and takes three times as long")
    } else {
        format!("{films}; this is the next multiple of {STEP} below, which every network here takes")
    };
    (side, reason)
}

fn balance(samples: &[Sample], by_sex: bool) -> Option<(Vec<&'static str>, String)> {
    let mut classes: BTreeMap<(u32, Option<&'static str>), usize> = BTreeMap::new();
    for sample in samples {
        let sex = by_sex.then_some(sample.sex).flatten().map(Sex::letter);
        *classes.entry(((sample.age_months / 12.0) as u32, sex)).or_default() += 1;
    }
    let (smallest, largest) = (*classes.values().min()?, *classes.values().max()?);
    if samples.len() < FEW || largest < smallest.saturating_mul(UNEVEN) || classes.len() < 2 {
        return None;
    }
    let by = if by_sex { vec!["age", "sex"] } else { vec!["age"] };
    let reason = format!("whole years{} have between {smallest} and {largest} films", if by_sex { " of each sex" } else { "" });
    Some((by, reason))
}
