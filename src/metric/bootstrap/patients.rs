//! Which films are resampled together.

use std::collections::BTreeMap;

/// The patient of every film, as a number from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patients {
    of_film: Vec<usize>,
    count: usize,
}

impl Patients {
    /// Where each film is of a patient of its own.
    pub fn of_films(films: usize) -> Self {
        Self { of_film: (0..films).collect(), count: films }
    }

    /// Films of one name are of one patient. Patients are numbered in the order of their first films.
    pub fn by_name<T: Ord>(names: impl IntoIterator<Item = T>) -> Self {
        let mut numbers = BTreeMap::new();
        let number = |name| {
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        };
        let of_film: Vec<usize> = names.into_iter().map(number).collect();
        let count = of_film.iter().max().map_or(0, |largest| largest + 1);
        Self { of_film, count }
    }

    /// Number of patients.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of films.
    pub fn films(&self) -> usize {
        self.of_film.len()
    }

    /// The terms of each patient's films, added up.
    pub(super) fn sums<const K: usize>(&self, terms: &[[f64; K]]) -> Vec<[f64; K]> {
        assert_eq!(terms.len(), self.of_film.len(), "every film is of one patient");
        let mut sums = vec![[0.0; K]; self.count];
        for (term, patient) in terms.iter().zip(&self.of_film) {
            add(&mut sums[*patient], term);
        }
        sums
    }
}

pub(super) fn add<const K: usize>(sum: &mut [f64; K], term: &[f64; K]) {
    sum.iter_mut().zip(term).for_each(|(sum, term)| *sum += term);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_of_one_name_are_added_up() {
        let patients = Patients::by_name(["q", "p", "q", "r"]);
        assert_eq!((patients.count(), patients.films()), (3, 4));
        assert_eq!(patients.sums(&[[1.0, 1.0], [1.0, 5.0], [1.0, 2.0], [1.0, 7.0]]), [[2.0, 3.0], [1.0, 5.0], [1.0, 7.0]]);
        assert_eq!(Patients::by_name(["a", "b"]), Patients::of_films(2));
    }
}
