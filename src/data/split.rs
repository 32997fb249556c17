//! Which sample belongs to which part: train, val and test, or folds.
//!
//! In: samples. Out: an [`Assignment`] that depends on ids, labels and the seed, and on no order or path. Patients stay
//! together. The test part is dealt first, so that it is the same for every `val` and every number of folds.
//!
//! Patients are put in the order of their strata, so that neighbours are alike: by race, then sex, then age, the ages up
//! and down by turns. Strata that are too small to give every part its share are joined with their neighbours. Within a
//! stratum the order is random; then each patient goes to the part that lacks most of its share so far. So every stratum
//! is shared out in the right proportions to within a film, and the whole exactly, where every patient has one film.
//!
//! Folds can be drawn several times over: the test part stays, and the folds of the second draw are numbered on from those of the
//! first, as scikit-learn's `RepeatedKFold` counts them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rand::Rng;

use super::error::DataError;
use super::sample::{Dataset, Sample, Sex};
use serde::{Deserialize, Serialize};

use crate::files::write_atomically;
use crate::plan::{GivenParts, SplitConfig};
use crate::random::{Purpose, keyed, name_part};
use crate::spec::{GroupBy, Stratum};

/// Where one sample belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Seen by the optimizer.
    Train,
    /// Watched during training.
    Val,
    /// Read once.
    Test,
    /// Validation part of the fold, training part of the others.
    Fold(u32),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Train => f.write_str("train"),
            Self::Val => f.write_str("val"),
            Self::Test => f.write_str("test"),
            Self::Fold(fold) => write!(f, "fold {fold}"),
        }
    }
}

/// The part of every sample, in one draw of the folds or in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// At least one, each with the part of every sample.
    draws: Vec<Vec<Part>>,
}

/// Places of the samples of each part, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Training part.
    pub train: Vec<usize>,
    /// Validation part.
    pub val: Vec<usize>,
    /// Test part.
    pub test: Vec<usize>,
}

impl Assignment {
    /// Which sample belongs to which part where `fold` is drawn, as one number: what a run's id must hold besides the settings and
    /// the films. Other draws are nothing to the run, so that it stays the same when there are more of them.
    pub fn digest(&self, samples: &[Sample], fold: Option<u32>) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("bench-run 2026 split digest");
        for (sample, part) in samples.iter().zip(self.draw_with(fold)) {
            hasher.update(format!("{} {part:?}\n", sample.id).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The part of each sample, in the order of the samples; of the first draw, where there are several.
    pub fn parts(&self) -> &[Part] {
        &self.draws[0]
    }

    /// How often the folds are drawn; 1 without folds.
    pub fn draws(&self) -> usize {
        self.draws.len()
    }

    /// The parts of two samples in the first draw that has them in two.
    pub fn apart(&self, first: usize, second: usize) -> Option<[Part; 2]> {
        self.draws.iter().map(|parts| [parts[first], parts[second]]).find(|[first, second]| first != second)
    }

    /// The draw that has this fold; the first one for none.
    fn draw_with(&self, fold: Option<u32>) -> &[Part] {
        let has = |parts: &&Vec<Part>| fold.is_some_and(|fold| parts.contains(&Part::Fold(fold)));
        self.draws.iter().find(has).unwrap_or(&self.draws[0])
    }

    /// The three parts; with folds, `fold` is the validation part and the other folds of its draw are the training part.
    pub fn partition(&self, fold: Option<u32>) -> Partition {
        let mut partition = Partition::default();
        for (index, part) in self.draw_with(fold).iter().enumerate() {
            match part {
                Part::Test => partition.test.push(index),
                Part::Val => partition.val.push(index),
                Part::Fold(number) if Some(*number) == fold => partition.val.push(index),
                Part::Train | Part::Fold(_) => partition.train.push(index),
            }
        }
        partition
    }

    /// Write `id,split,fold,age_months,sex,group,race`, a row for each sample; the split of a fold's film is `fold`. Behind them
    /// `fold_2` and so on have the fold of each further draw.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_csv(&self, path: &Path, samples: &[Sample]) -> Result<(), DataError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = std::fs::create_dir_all(folder).and_then(|()| self.to_csv(samples)).and_then(|text| write_atomically(path, &text));
        written.map_err(|error| DataError::WriteSplit { path: path.to_owned(), kind: error.kind(), cause: error.to_string() })
    }

    fn to_csv(&self, samples: &[Sample]) -> Result<Vec<u8>, std::io::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let [first, further @ ..] = self.draws.as_slice() else { unreachable!("there is a first draw") };
        let headings = ["id", "split", "fold", "age_months", "sex", "group", "race"].map(str::to_owned);
        writer.write_record(headings.into_iter().chain((0..further.len()).map(|place| format!("fold_{}", place + 2))))?;
        for (index, sample) in samples.iter().enumerate() {
            let (split, fold) = split_and_fold(first[index]);
            let sex = sample.sex.map_or("", Sex::letter).to_owned();
            let [group, race] = [&sample.group, &sample.race].map(|text| text.clone().unwrap_or_default());
            let cells = [sample.id.clone(), split, fold, sample.age_months.to_string(), sex, group, race];
            writer.write_record(cells.into_iter().chain(further.iter().map(|parts| split_and_fold(parts[index]).1)))?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The cells `split` and `fold` of a part.
fn split_and_fold(part: Part) -> (String, String) {
    match part {
        Part::Fold(fold) => ("fold".to_owned(), fold.to_string()),
        part => (part.to_string(), String::new()),
    }
}

/// Assign every sample of a data set: the parts that come with the films stay, and the others are dealt.
///
/// # Errors
/// As for [`assign`], and if a part would be empty.
pub fn assign_dataset(dataset: &Dataset, config: &SplitConfig) -> Result<Assignment, DataError> {
    if config.given == GivenParts::None {
        return assign(&dataset.samples, config);
    }
    let given = |sample: &Sample| dataset.given.get(&sample.id).copied();
    let others: Vec<Sample> = dataset.samples.iter().filter(|sample| given(sample).is_none()).cloned().collect();
    let dealt = if others.is_empty() { vec![Vec::new()] } else { assign(&others, config)?.draws };
    let with_given = |dealt: Vec<Part>| {
        let mut dealt = dealt.into_iter();
        dataset.samples.iter().filter_map(|sample| given(sample).or_else(|| dealt.next())).collect()
    };
    let draws: Vec<Vec<Part>> = dealt.into_iter().map(with_given).collect();
    let parts = &draws[0];
    let mut wanted: Vec<Part> = match (config.folds, config.given) {
        (Some(folds), _) => (0..folds).map(Part::Fold).collect(),
        (None, GivenParts::All) => vec![Part::Train, Part::Val],
        (None, _) => vec![Part::Train],
    };
    wanted.extend((config.given == GivenParts::Test).then_some(Part::Test));
    match wanted.iter().find(|part| !parts.contains(part)) {
        None => Ok(Assignment { draws }),
        Some(part) => Err(DataError::Split {
            found: format!("no film for {part}, of {} films", parts.len()),
            expected: "at least one film in each part".to_owned(),
            next: "correct the table that names the parts (`split.file`, or `test` of the source), or add films",
        }),
    }
}

/// Assign every sample to a part, the folds as often as the spec says.
///
/// # Errors
/// If a part that is asked for would be empty, or if there are fewer patients than folds.
pub fn assign(samples: &[Sample], config: &SplitConfig) -> Result<Assignment, DataError> {
    let draws = (0..config.repeats.max(1)).map(|repeat| draw(samples, config, repeat)).collect::<Result<_, _>>()?;
    Ok(Assignment { draws })
}

/// One draw: all that is random hangs on the seed, and what is not the test part on the number of the draw.
fn draw(samples: &[Sample], config: &SplitConfig, repeat: u32) -> Result<Vec<Part>, DataError> {
    let groups = collect_groups(samples, config);
    let count = samples.len();
    let share = |share: f64| (share * count as f64).round() as usize;
    let test = share(config.test);
    let rest = deal(groups, &[test, count.saturating_sub(test)], config.seed, Stage::Test).pop().unwrap_or_default();
    let left = rest.iter().map(|group| group.members.len()).sum::<usize>();
    let quotas: Vec<usize> = match config.folds.map(|folds| folds as usize) {
        Some(folds) => (0..folds).map(|fold| left / folds + usize::from(fold < left % folds)).collect(),
        None => vec![share(config.val).min(left), left.saturating_sub(share(config.val))],
    };
    check_folds(config, rest.len())?;
    let mut parts = vec![Part::Test; count];
    for (number, groups) in deal(rest, &quotas, config.seed, Stage::Rest { repeat }).into_iter().enumerate() {
        let part = match (config.folds, number) {
            (Some(folds), fold) => Part::Fold(repeat * folds + fold as u32),
            (None, 0) => Part::Val,
            (None, _) => Part::Train,
        };
        groups.iter().flat_map(|group| &group.members).for_each(|index| parts[*index] = part);
    }
    check_parts(&parts, config, repeat)?;
    Ok(parts)
}

fn check_folds(config: &SplitConfig, patients: usize) -> Result<(), DataError> {
    match config.folds {
        Some(folds) if patients < folds as usize => Err(DataError::Split {
            found: format!("{patients} patients outside the test part"),
            expected: format!("at least one for each of {folds} folds"),
            next: "lower `split.folds` or `split.test`, or add films",
        }),
        _ => Ok(()),
    }
}

fn check_parts(parts: &[Part], config: &SplitConfig, repeat: u32) -> Result<(), DataError> {
    let present: BTreeSet<Part> = parts.iter().copied().collect();
    let mut wanted = match config.folds {
        Some(folds) => (repeat * folds..(repeat + 1) * folds).map(Part::Fold).collect(),
        None => vec![Part::Train],
    };
    wanted.extend((config.val > 0.0 && config.folds.is_none()).then_some(Part::Val));
    wanted.extend((config.test > 0.0).then_some(Part::Test));
    match wanted.iter().find(|part| !present.contains(part)) {
        None => Ok(()),
        Some(part) => Err(DataError::Split {
            found: format!("no film for {part}, of {} films", parts.len()),
            expected: format!("at least one film in each part, for val {} and test {}", config.val, config.test),
            next: "change `split.val` and `split.test`, or add films",
        }),
    }
}

/// Films that stay together.
#[derive(Debug)]
struct Group {
    /// Unique among the groups.
    name: String,
    stratum: StratumKey,
    /// Places in the samples, in the order of their ids.
    members: Vec<usize>,
}

/// What groups are made alike in; none of what the spec does not name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct StratumKey {
    category: (Option<String>, Option<Sex>),
    years: Option<u64>,
}

/// Samples by patient. One without a known patient is a group of its own, whose name no patient has.
fn collect_groups(samples: &[Sample], config: &SplitConfig) -> Vec<Group> {
    let GroupBy::Patient = config.group;
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, sample) in samples.iter().enumerate() {
        let name = sample.group.as_ref().map_or_else(|| format!("film {}", sample.id), |group| format!("patient {group}"));
        members.entry(name).or_default().push(index);
    }
    let group = |(name, mut members): (String, Vec<usize>)| {
        members.sort_unstable_by(|left, right| samples[*left].id.cmp(&samples[*right].id));
        Group { name, stratum: stratum(samples, &members, &config.stratify), members }
    };
    members.into_iter().map(group).collect()
}

/// Mean age in whole years; sex and race of the first film.
fn stratum(samples: &[Sample], members: &[usize], by: &[Stratum]) -> StratumKey {
    let first = &samples[members[0]];
    let months = members.iter().map(|index| samples[*index].age_months).sum::<f64>() / members.len() as f64;
    StratumKey {
        category: (first.race.clone().filter(|_| by.contains(&Stratum::Race)), first.sex.filter(|_| by.contains(&Stratum::Sex))),
        years: by.contains(&Stratum::Age).then_some((months / 12.0) as u64),
    }
}

/// Keeps the random numbers of the deals apart.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// The test part and the others.
    Test,
    /// The others among themselves, in one draw.
    Rest { repeat: u32 },
}

impl Stage {
    fn number(self) -> u64 {
        match self {
            Self::Test => 0,
            Self::Rest { repeat } => 1 + u64::from(repeat),
        }
    }
}

/// Deal groups to parts, each of which is to get as many films as its quota says.
fn deal(groups: Vec<Group>, quotas: &[usize], seed: u64, stage: Stage) -> Vec<Vec<Group>> {
    let total: usize = quotas.iter().sum();
    let smallest = quotas.iter().copied().filter(|quota| *quota > 0).min().unwrap_or(1);
    let mut parts: Vec<Vec<Group>> = quotas.iter().map(|_| Vec::new()).collect();
    let mut given = vec![0; quotas.len()];
    let mut done = 0;
    for group in in_order(groups, total.div_ceil(smallest), seed, stage) {
        done += group.members.len();
        // In whole numbers: quota × done / total − given, times the total.
        let lack = |part: usize| (quotas[part] * done) as i128 - (given[part] * total) as i128;
        // The first of equals wins, and a part without a quota never.
        let part = (0..quotas.len()).rev().filter(|part| quotas[*part] > 0).max_by_key(|part| lack(*part)).expect("some part has a quota");
        given[part] += group.members.len();
        parts[part].push(group);
    }
    parts
}

/// Groups by stratum, in random order within blocks of one stratum, or of several where one has fewer than `enough`.
fn in_order(mut groups: Vec<Group>, enough: usize, seed: u64, stage: Stage) -> Vec<Group> {
    let categories: BTreeSet<_> = groups.iter().map(|group| group.stratum.category.clone()).collect();
    let turn = |group: &Group| {
        let category = categories.range(..&group.stratum.category).count();
        let years = group.stratum.years.unwrap_or(0);
        (category, if category.is_multiple_of(2) { years } else { u64::MAX - years })
    };
    let draw = |group: &Group| keyed(seed, Purpose::Split, &[stage.number(), name_part(&group.name)]).next_u64();
    groups.sort_by_cached_key(|group| (turn(group), draw(group), group.name.clone()));
    let mut blocks: Vec<Vec<Group>> = Vec::new();
    for group in groups {
        match blocks.last_mut() {
            Some(block) if block.len() < enough || block.last().is_some_and(|last| last.stratum == group.stratum) => block.push(group),
            _ => blocks.push(vec![group]),
        }
    }
    if blocks.len() > 1 && blocks.last().is_some_and(|block| block.len() < enough) {
        let last = blocks.pop().expect("there are two blocks");
        blocks.last_mut().expect("there was another block").extend(last);
    }
    for block in &mut blocks {
        block.sort_by_cached_key(|group| (draw(group), group.name.clone()));
    }
    blocks.into_iter().flatten().collect()
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
