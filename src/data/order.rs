//! The order in which training films are drawn: indices of the training part in, one draw per step of an epoch out.
//!
//! An epoch has as many draws as the training part has films, unless balanced classes are to be drawn more or less often. Its
//! order depends on (seed, epoch) alone.

use std::collections::{BTreeMap, HashMap};

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::sample::{Sample, Sex};
use crate::random::{Purpose, keyed};
use crate::spec::{BalanceTo, Stratum};

/// One film drawn in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Draw {
    /// Index of the film in its data set.
    pub index: usize,
    /// How often it was drawn before in the epoch, so that its copies can be changed differently.
    pub repeat: u64,
}

/// How the training films are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Films that are drawn equally often, class by class; one class where nothing is balanced.
    classes: Vec<Vec<usize>>,
    /// Number of draws in an epoch.
    draws: usize,
}

/// What films of one class have in common: the properties that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    whole_years: Option<i64>,
    sex: Option<Sex>,
    race: Option<String>,
}

impl Class {
    fn of(sample: &Sample, by: &[Stratum]) -> Self {
        let mut class = Self { whole_years: None, sex: None, race: None };
        for property in by {
            match property {
                Stratum::Age => class.whole_years = Some((sample.age_months / 12.0).floor() as i64),
                Stratum::Sex => class.sex = sample.sex,
                Stratum::Race => class.race.clone_from(&sample.race),
            }
        }
        class
    }
}

impl Order {
    /// Every film of `train`, indices into `samples`, once per epoch; or, where `balance` names properties, every class
    /// of films that agree in them equally often, as often as `to` says. A class is a combination that occurs in the training part; ages are
    /// classed by whole years, and films of unknown sex or race are a class of their own.
    pub fn new(train: &[usize], samples: &[Sample], balance: &[Stratum], to: BalanceTo) -> Self {
        let mut classes: BTreeMap<Class, Vec<usize>> = BTreeMap::new();
        for &index in train {
            classes.entry(Class::of(&samples[index], balance)).or_default().push(index);
        }
        let classes: Vec<Vec<usize>> = classes.into_values().collect();
        let draws = match to {
            BalanceTo::Max if !balance.is_empty() => classes.len() * classes.iter().map(Vec::len).max().unwrap_or_default(),
            BalanceTo::Count(count) if !balance.is_empty() => classes.len() * count as usize,
            _ => train.len(),
        };
        Self { classes, draws }
    }

    /// Number of draws in an epoch.
    pub fn len(&self) -> usize {
        self.draws
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The draws of an epoch. Classes differ by one draw at most; which of them get the odd one is drawn anew each epoch.
    /// Within a class no film is drawn again before all others of the class were.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Vec<Draw> {
        let mut rng = keyed(seed, Purpose::Order, &[epoch]);
        let mut indices = Vec::with_capacity(self.len());
        for (class, count) in self.classes.iter().zip(self.shares(&mut rng)) {
            for done in (0..count).step_by(class.len()) {
                let mut cycle = class.clone();
                cycle.shuffle(&mut rng);
                cycle.truncate(count - done);
                indices.append(&mut cycle);
            }
        }
        indices.shuffle(&mut rng);
        number_repeats(&indices)
    }

    /// How often each class is drawn.
    fn shares(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        if self.is_empty() {
            return Vec::new();
        }
        let (each, odd) = (self.len() / self.classes.len(), self.len() % self.classes.len());
        let mut shares: Vec<usize> = (0..self.classes.len()).map(|place| each + usize::from(place < odd)).collect();
        shares.shuffle(rng);
        shares
    }
}

/// Numbers the draws of each film in the order in which they come.
fn number_repeats(indices: &[usize]) -> Vec<Draw> {
    let mut drawn: HashMap<usize, u64> = HashMap::new();
    let number = |&index: &usize| {
        let count = drawn.entry(index).or_default();
        *count += 1;
        Draw { index, repeat: *count - 1 }
    };
    indices.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::data::Film;

    fn sample(years: f64, sex: Option<Sex>) -> Sample {
        let film = Film::File(PathBuf::from("x.png"));
        Sample { id: String::new(), film, age_months: years * 12.0, sex, group: None, race: None }
    }

    /// Seven girls of 3, two boys of 3, one boy of 4, and one of unknown sex.
    fn samples() -> Vec<Sample> {
        let mut samples: Vec<Sample> = (0..7).map(|month| sample(3.0 + f64::from(month) / 12.0, Some(Sex::F))).collect();
        samples.extend([sample(3.9, Some(Sex::M)), sample(3.0, Some(Sex::M)), sample(4.0, Some(Sex::M)), sample(3.5, None)]);
        samples
    }

    fn counts(draws: &[Draw]) -> Vec<usize> {
        let mut counts = vec![0; 11];
        for draw in draws {
            counts[draw.index] += 1;
        }
        counts
    }

    #[test]
    fn without_balancing_every_film_comes_once_in_an_order_of_its_own_per_epoch_and_seed() {
        let samples = samples();
        let train = [2, 5, 3, 9, 10, 0, 7];
        let order = Order::new(&train, &samples, &[], BalanceTo::Mean);
        let indices = |seed, epoch| order.epoch(seed, epoch).iter().map(|draw| draw.index).collect::<Vec<_>>();
        let first = indices(1, 1);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 2, 3, 5, 7, 9, 10]);
        assert_eq!(first, indices(1, 1));
        assert_ne!(first, indices(1, 2));
        assert_ne!(first, indices(2, 1));
        assert!(order.epoch(1, 1).iter().all(|draw| draw.repeat == 0));
    }

    #[test]
    fn balanced_classes_are_drawn_equally_often_and_the_epoch_keeps_its_length() {
        let samples = samples();
        let train: Vec<usize> = (0..11).collect();
        let order = Order::new(&train, &samples, &[Stratum::Age, Stratum::Sex], BalanceTo::Mean);
        let mut odd_ones = std::collections::BTreeSet::new();
        for epoch in 0..20 {
            let draws = order.epoch(5, epoch);
            assert_eq!(draws.len(), 11);
            let counts = counts(&draws);
            // 11 draws over 4 classes: three classes of 3 and one of 2.
            let mut classes = [counts[..7].iter().sum::<usize>(), counts[7] + counts[8], counts[9], counts[10]];
            odd_ones.insert(classes.iter().position(|count| *count == 2));
            classes.sort_unstable();
            assert_eq!(classes, [2, 3, 3, 3], "epoch {epoch}");
            assert!(counts[..7].iter().all(|count| *count <= 1), "no girl twice while others wait: {counts:?}");
            assert!(counts[7].abs_diff(counts[8]) <= 1, "{counts:?}");
        }
        assert!(odd_ones.len() > 1, "the odd draw moves between classes");
    }

    #[test]
    fn balancing_by_sex_alone_ignores_ages() {
        let samples = samples();
        let order = Order::new(&[0, 1, 2, 3, 4, 9], &samples, &[Stratum::Sex], BalanceTo::Mean);
        assert_eq!(counts(&order.epoch(0, 0))[9], 3);
    }

    #[test]
    fn copies_of_a_film_are_numbered_in_the_order_in_which_they_come() {
        let samples = samples();
        let order = Order::new(&[0, 1, 2, 3, 4, 9], &samples, &[Stratum::Sex], BalanceTo::Mean);
        let repeats: Vec<u64> = order.epoch(3, 1).iter().filter(|draw| draw.index == 9).map(|draw| draw.repeat).collect();
        assert_eq!(repeats, [0, 1, 2]);
    }

    #[test]
    fn nothing_to_draw_is_an_empty_epoch() {
        let order = Order::new(&[], &[], &[Stratum::Age], BalanceTo::Mean);
        assert!(order.is_empty() && order.epoch(0, 0).is_empty());
    }

    #[test]
    fn a_class_is_drawn_as_often_as_asked_for() {
        let samples: Vec<Sample> = (0..5).map(|index| sample(10.0, Some(if index < 3 { Sex::F } else { Sex::M }))).collect();
        for (to, each) in [(BalanceTo::Max, 3), (BalanceTo::Count(7), 7), (BalanceTo::Count(1), 1)] {
            let order = Order::new(&[0, 1, 2, 3, 4], &samples, &[Stratum::Sex], to);
            let draws = order.epoch(1, 2);
            assert_eq!((order.len(), draws.len()), (2 * each, 2 * each), "{to:?}");
            assert_eq!(draws.iter().filter(|draw| draw.index < 3).count(), each, "{to:?}");
            // No film again before all of its class were.
            let times = |index: usize| draws.iter().filter(|draw| draw.index == index).count();
            assert!(times(0).abs_diff(times(1)) <= 1 && times(3).abs_diff(times(4)) <= 1, "{to:?}");
        }
        assert_eq!(Order::new(&[0, 1], &samples, &[], BalanceTo::Max).len(), 2, "nothing is balanced");
    }
}
