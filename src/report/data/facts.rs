//! All that a data report says, as numbers and words; `data.json` holds exactly this. Ages are months.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::DataStudy;
use super::augmentation::{Setting, settings};
use super::image_file;
use super::prepared::{self, PreparedFacts};
use crate::data::{Draw, Excluded, Leak, Order, Part, Sample, Sex};
use crate::plan::AugmentConfig;
use crate::screen::{Alike, DuplicatePair, Finding, FindingKind};
use crate::spec::{AgeUnit, ImageSize};

/// Raised whenever a key changes its meaning or goes away.
const VERSION: u32 = 2;

/// What a data set holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataFacts {
    /// Version of this format.
    pub version: u32,
    /// Name of the spec.
    pub name: String,
    /// Heading of the spec.
    pub title: String,
    /// Unit in which tables show ages; the ages here are months.
    pub unit: AgeUnit,
    /// Whether the films are drawn and not taken.
    pub synthetic: bool,
    /// Digest of films and labels.
    pub digest: String,
    /// The parts in order, then all of them together under the name `all`.
    pub parts: Vec<PartFacts>,
    /// The films as they are stored.
    pub images: ImageFacts,
    /// What was done to them before they were resized, for each image setting with such steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prepared: Vec<PreparedFacts>,
    /// What was left out, and why.
    pub excluded: Vec<Excluded>,
    /// What is in two parts; a run refuses that, unless `leaks_allowed`.
    pub leaks: Vec<Leak>,
    /// Whether the spec lets leaks pass.
    pub leaks_allowed: bool,
    /// What an epoch contains, for each setting of augmentation in the spec.
    pub epochs: Vec<EpochFacts>,
    /// Suspicions, the strongest of each kind first.
    pub flagged: Vec<FlagFact>,
    /// Pairs of films that show the same, the most similar first.
    pub duplicates: Vec<DuplicateFact>,
}

/// One column of Table 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartFacts {
    /// `train`, `val`, `test`, `fold 0` and so on, or `all`.
    pub name: String,
    /// Number of films.
    pub films: usize,
    /// Number of patients, where the source knows patients; a film without one counts as a patient of its own.
    pub patients: Option<usize>,
    /// Their ages.
    pub age_months: AgeFacts,
    /// Films of each sex that occurs.
    pub sex: Vec<SexCount>,
    /// Films of each race that occurs.
    pub race: Vec<RaceCount>,
    /// Films of each age and sex.
    pub ages: Vec<AgeCount>,
}

/// Ages of some films, in months.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgeFacts {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of a sample (divided by n − 1); none of a single film.
    pub sd: Option<f64>,
    /// Youngest.
    pub min: f64,
    /// Middle one, or the mean of the middle two.
    pub median: f64,
    /// Oldest.
    pub max: f64,
}

/// Films of one sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SexCount {
    /// None where it is not known.
    pub sex: Option<Sex>,
    /// How many.
    pub films: usize,
}

/// Films of one race.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RaceCount {
    /// None where it is not known.
    pub race: Option<String>,
    /// How many.
    pub films: usize,
}

/// Films of one age and sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AgeCount {
    /// Age in whole years.
    pub years: i64,
    /// None where it is not known.
    pub sex: Option<Sex>,
    /// How many.
    pub films: usize,
}

/// The films as they are stored, as far as the headers of their files tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImageFacts {
    /// Files whose header was read.
    pub files: usize,
    /// Films that are no files or whose header tells nothing: their sizes are not known here.
    pub unknown: usize,
    /// Smallest, middle and largest height.
    pub height: Option<[u32; 3]>,
    /// Smallest, middle and largest width.
    pub width: Option<[u32; 3]>,
    /// Every size that occurs, the most frequent first.
    pub sizes: Vec<SizeCount>,
    /// Files of each format.
    pub formats: BTreeMap<String, usize>,
    /// Files of each number of bits to the channel.
    pub bits_per_channel: BTreeMap<u16, usize>,
    /// Files of each number of channels, the one for transparency counted.
    pub channels: BTreeMap<u8, usize>,
}

/// Files of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SizeCount {
    /// Height and width.
    pub size: ImageSize,
    /// How many.
    pub films: usize,
}

/// What the first epoch of a run contains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochFacts {
    /// The rows of the comparison that are trained so.
    pub rows: Vec<String>,
    /// Seed of the run that is counted here.
    pub seed: u64,
    /// Its fold, where there are folds.
    pub fold: Option<u32>,
    /// Changes of the films, and which classes are balanced.
    pub augment: AugmentConfig,
    /// Films of the training part.
    pub training_films: usize,
    /// Images that the network sees in an epoch.
    pub draws: usize,
    /// Films that are among them.
    pub drawn_films: usize,
    /// How often the film that is drawn most often is drawn.
    pub most_draws_of_a_film: usize,
    /// Films of each age and sex in the training part.
    pub before: Vec<AgeCount>,
    /// Draws of each age and sex in the epoch.
    pub after: Vec<AgeCount>,
}

/// A suspicion about one film.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlagFact {
    /// Id of the film.
    pub id: String,
    /// What it is suspected of.
    pub kind: FindingKind,
    /// How strongly: 1 is the threshold, more is more.
    pub score: f64,
    /// What was seen.
    pub reason: String,
}

/// Two films that show the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateFact {
    /// Id of the first.
    pub first: String,
    /// Id of the second.
    pub second: String,
    /// Part of the first.
    pub first_part: String,
    /// Part of the second.
    pub second_part: String,
    /// How the two are the same.
    #[serde(flatten)]
    pub alike: Alike,
}

/// The age in whole years.
pub(super) fn whole_years(sample: &Sample) -> i64 {
    (sample.age_months / 12.0).floor() as i64
}

impl DataFacts {
    /// Count all that a data report says.
    pub(super) fn of(study: &DataStudy) -> Self {
        let films = study.first();
        let samples = study.samples();
        Self {
            version: VERSION,
            name: study.plan.name.clone(),
            title: study.plan.title.clone(),
            unit: study.plan.report.unit,
            synthetic: study.is_synthetic(),
            digest: films.digest.clone(),
            parts: parts(samples, study.assignment.parts()),
            images: image_file::facts(samples),
            prepared: prepared::facts(study),
            excluded: films.dataset.excluded.clone(),
            leaks: study.leaks.to_vec(),
            leaks_allowed: study.plan.data.allow_leaks,
            epochs: settings(study.plan).iter().map(|setting| epoch(study, setting)).collect(),
            flagged: study.findings.films.iter().map(|finding| flag(samples, finding)).collect(),
            duplicates: study.findings.duplicates.iter().map(|pair| duplicate(study, pair)).collect(),
        }
    }

    /// All films together.
    ///
    /// # Panics
    /// Never: the last part is always there.
    pub fn all(&self) -> &PartFacts {
        self.parts.last().expect("all films are a part")
    }
}

/// The parts that occur, and all.
fn parts(samples: &[Sample], parts: &[Part]) -> Vec<PartFacts> {
    let mut members: BTreeMap<(u8, Part), Vec<&Sample>> = BTreeMap::new();
    for (sample, part) in samples.iter().zip(parts) {
        // The test part comes after the folds.
        let rank = u8::from(*part == Part::Test);
        members.entry((rank, *part)).or_default().push(sample);
    }
    let of_part = |((_, part), samples): (&(u8, Part), &Vec<&Sample>)| PartFacts::of(part.to_string(), samples);
    let all = PartFacts::of("all".to_owned(), &samples.iter().collect::<Vec<_>>());
    members.iter().map(of_part).chain([all]).collect()
}

impl PartFacts {
    fn of(name: String, samples: &[&Sample]) -> Self {
        let ages: Vec<f64> = samples.iter().map(|sample| sample.age_months).collect();
        let mut sexes: BTreeMap<Option<Sex>, usize> = BTreeMap::new();
        let mut races: BTreeMap<Option<&String>, usize> = BTreeMap::new();
        for sample in samples {
            *sexes.entry(sample.sex).or_default() += 1;
            *races.entry(sample.race.as_ref()).or_default() += 1;
        }
        Self {
            name,
            films: samples.len(),
            patients: patients(samples),
            age_months: AgeFacts::of(&ages),
            sex: sexes.into_iter().map(|(sex, films)| SexCount { sex, films }).collect(),
            race: races.into_iter().map(|(race, films)| RaceCount { race: race.cloned(), films }).collect(),
            ages: age_counts(samples.iter().copied()),
        }
    }

    /// Films of a sex.
    pub fn of_sex(&self, sex: Option<Sex>) -> usize {
        self.sex.iter().find(|count| count.sex == sex).map_or(0, |count| count.films)
    }

    /// Films of a race.
    pub fn of_race(&self, race: Option<&str>) -> usize {
        self.race.iter().find(|count| count.race.as_deref() == race).map_or(0, |count| count.films)
    }
}

fn patients(samples: &[&Sample]) -> Option<usize> {
    let known: BTreeSet<&String> = samples.iter().filter_map(|sample| sample.group.as_ref()).collect();
    let alone = samples.iter().filter(|sample| sample.group.is_none()).count();
    (!known.is_empty()).then_some(known.len() + alone)
}

impl AgeFacts {
    fn of(ages: &[f64]) -> Self {
        let mut sorted = ages.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = ages.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        let squares = sorted.iter().map(|age| (age - mean).powi(2)).sum::<f64>();
        let middle = |from_end: usize| sorted.get(from_end).copied().unwrap_or(f64::NAN);
        Self {
            mean,
            sd: (ages.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
            min: middle(0),
            median: f64::midpoint(middle(ages.len().saturating_sub(1) / 2), middle(ages.len() / 2)),
            max: middle(ages.len().saturating_sub(1)),
        }
    }
}

fn age_counts<'a>(samples: impl Iterator<Item = &'a Sample>) -> Vec<AgeCount> {
    let mut counts: BTreeMap<(i64, Option<Sex>), usize> = BTreeMap::new();
    for sample in samples {
        *counts.entry((whole_years(sample), sample.sex)).or_default() += 1;
    }
    counts.into_iter().map(|((years, sex), films)| AgeCount { years, sex, films }).collect()
}

/// Epoch 1 is the first, as in training.
fn epoch(study: &DataStudy, setting: &Setting) -> EpochFacts {
    let samples = study.samples();
    let train = study.assignment.partition(setting.fold).train;
    let draws: Vec<Draw> =
        Order::new(&train, samples, &setting.augment.balance, setting.augment.balance_to).epoch(setting.seed, super::augmentation::EPOCH);
    let films: BTreeSet<usize> = draws.iter().map(|draw| draw.index).collect();
    EpochFacts {
        rows: setting.rows.clone(),
        seed: setting.seed,
        fold: setting.fold,
        augment: setting.augment.clone(),
        training_films: train.len(),
        draws: draws.len(),
        drawn_films: films.len(),
        most_draws_of_a_film: draws.iter().map(|draw| draw.repeat as usize + 1).max().unwrap_or(0),
        before: age_counts(train.iter().map(|index| &samples[*index])),
        after: age_counts(draws.iter().map(|draw| &samples[draw.index])),
    }
}

fn flag(samples: &[Sample], finding: &Finding) -> FlagFact {
    let Finding { index, kind, score, reason } = finding;
    FlagFact { id: samples[*index].id.clone(), kind: *kind, score: *score, reason: reason.clone() }
}

fn duplicate(study: &DataStudy, pair: &DuplicatePair) -> DuplicateFact {
    let DuplicatePair { first, second, alike } = *pair;
    let id = |index: usize| study.samples()[index].id.clone();
    let part = |index: usize| study.assignment.parts()[index].to_string();
    DuplicateFact { first: id(first), second: id(second), first_part: part(first), second_part: part(second), alike }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::path::PathBuf;

    use super::super::fixtures::Project;
    use super::*;
    use crate::data::Film;

    fn sample(id: &str, age_months: f64, sex: Option<Sex>, group: Option<&str>, race: Option<&str>) -> Sample {
        let film = Film::File(PathBuf::from("none.png"));
        Sample { id: id.into(), film, age_months, sex, group: group.map(str::to_owned), race: race.map(str::to_owned) }
    }

    #[test]
    fn a_column_of_table_one_is_counted_as_by_hand() {
        let samples = [
            sample("1", 10.0, Some(Sex::F), Some("a"), Some("x")),
            sample("2", 12.0, Some(Sex::F), Some("a"), None),
            sample("3", 20.0, Some(Sex::M), None, Some("x")),
            sample("4", 30.0, None, None, Some("y")),
        ];
        let facts = parts(&samples, &[Part::Fold(1), Part::Fold(0), Part::Test, Part::Fold(0)]);
        assert_eq!(facts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["fold 0", "fold 1", "test", "all"]);
        let all = facts.last().unwrap();
        assert_eq!((all.films, all.patients), (4, Some(3)));
        // Mean 18; deviations -8, -6, 2, 12: squares 64 + 36 + 4 + 144 = 248, over 3.
        assert_eq!(all.age_months, AgeFacts { mean: 18.0, sd: Some((248.0f64 / 3.0).sqrt()), min: 10.0, median: 16.0, max: 30.0 });
        assert_eq!([all.of_sex(Some(Sex::F)), all.of_sex(Some(Sex::M)), all.of_sex(Some(Sex::O)), all.of_sex(None)], [2, 1, 0, 1]);
        assert_eq!([all.of_race(Some("x")), all.of_race(Some("y")), all.of_race(None)], [2, 1, 1]);
        let ages: Vec<_> = all.ages.iter().map(|count| (count.years, count.sex, count.films)).collect();
        assert_eq!(ages, [(0, Some(Sex::F), 1), (1, Some(Sex::F), 1), (1, Some(Sex::M), 1), (2, None, 1)]);
        assert_eq!(facts[1].age_months.sd, None, "one film has no spread");
        assert_eq!(facts[2].patients, None, "no patient is known in the test part");
    }

    #[test]
    fn an_epoch_holds_exactly_what_the_loader_draws() {
        let project = Project::new("augment: { balance: { by: [age, sex], to: max } }");
        let study = project.study();
        let facts = DataFacts::of(&study);
        let [epoch] = facts.epochs.as_slice() else { panic!("{:?}", facts.epochs) };
        let total = |counts: &[AgeCount]| counts.iter().map(|count| count.films).sum::<usize>();
        assert_eq!(total(&epoch.before), epoch.training_films);
        let largest = epoch.before.iter().map(|count| count.films).max().unwrap();
        assert_eq!(epoch.draws, epoch.before.len() * largest);
        assert_eq!(total(&epoch.after), epoch.draws);
        assert!(epoch.after.iter().all(|count| count.films == largest), "{:?}", epoch.after);
        assert_eq!(epoch.drawn_films, epoch.training_films, "no film is left out");
        assert_eq!(epoch.most_draws_of_a_film, largest.div_ceil(epoch.before.iter().map(|count| count.films).min().unwrap()));
    }

    #[test]
    fn rows_that_are_trained_alike_share_an_epoch() {
        let project = Project::new("backbones: [cnn, unet: { augment: { rotate: 5 } }, cervical_cnn]");
        let facts = DataFacts::of(&project.study());
        let rows: Vec<_> = facts.epochs.iter().map(|epoch| epoch.rows.join(" + ")).collect();
        assert_eq!(rows, ["CNN + Cervical CNN", "U-Net encoder"]);
    }
}
