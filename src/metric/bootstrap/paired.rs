//! Several means over the same resamples, so that each pair of them is compared film by film.

use super::{Bootstrap, Patients, acceleration, index_below};
use crate::random::{Purpose, keyed};

/// The means of several columns of values over the same films, and those over resamples of the patients.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedMeans {
    columns: Vec<Column>,
}

/// The means of one column.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    /// Over the films as they are.
    mean: f64,
    /// Over each resample, in the order in which they were drawn.
    resampled: Vec<f64>,
    /// Without each patient.
    without: Vec<f64>,
}

impl PairedMeans {
    /// Of columns with one value per film each. `resamples` times, the patients are drawn as by [`Bootstrap::of`]; a column costs as
    /// much as one such bootstrap, and a pair nothing more.
    ///
    /// None for fewer than two patients and where a value is no number.
    ///
    /// # Panics
    ///
    /// Where the patients are those of another number of films.
    pub fn of(columns: &[Vec<f64>], patients: &Patients, resamples: usize, seed: u64) -> Option<Self> {
        let count = patients.count();
        if count < 2 || columns.iter().flatten().any(|value| !value.is_finite()) {
            return None;
        }
        let column = |values: &Vec<f64>| {
            let terms: Vec<[f64; 2]> = values.iter().map(|value| [*value, 1.0]).collect();
            let sums = patients.sums(&terms);
            let total = sums.iter().fold([0.0; 2], |total, sum| [total[0] + sum[0], total[1] + sum[1]]);
            let mut generator = keyed(seed, Purpose::Bootstrap, &[count as u64]);
            let mut resample = || {
                let drawn = (0..count).map(|_| sums[index_below(count, &mut generator)]);
                let [sum, films] = drawn.fold([0.0; 2], |total, sum| [total[0] + sum[0], total[1] + sum[1]]);
                sum / films
            };
            Column {
                mean: total[0] / total[1],
                resampled: (0..resamples).map(|_| resample()).collect(),
                without: sums.iter().map(|sum| (total[0] - sum[0]) / (total[1] - sum[1])).collect(),
            }
        };
        Some(Self { columns: columns.iter().map(column).collect() })
    }

    /// The mean of one column less that of another one.
    ///
    /// # Panics
    ///
    /// Where there is no such column.
    pub fn difference(&self, column: usize, other: usize) -> Bootstrap {
        let (column, other) = (&self.columns[column], &self.columns[other]);
        let less = |values: &[f64], others: &[f64]| values.iter().zip(others).map(|(value, other)| value - other).collect::<Vec<f64>>();
        let mut replicates = less(&column.resampled, &other.resampled);
        replicates.sort_by(f64::total_cmp);
        let acceleration = acceleration(&less(&column.without, &other.without));
        Bootstrap { estimate: column.mean - other.mean, replicates, acceleration }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::RESAMPLES;
    use super::*;

    fn columns() -> [Vec<f64>; 2] {
        let column = |factor: u32| (0..30).map(|index| f64::from(index * factor % 31)).collect();
        [column(7), column(11)]
    }

    #[test]
    fn a_pair_is_the_bootstrap_of_the_differences_film_by_film() {
        let [left, right] = columns();
        let names: Vec<String> = (0..30).map(|film| format!("patient {}", film / 2)).collect();
        let patients = Patients::by_name(names.iter().map(|name| (true, name.as_str())));
        let paired = PairedMeans::of(&[left.clone(), right.clone()], &patients, RESAMPLES, 3).unwrap().difference(0, 1);
        let differences: Vec<f64> = left.iter().zip(&right).map(|(left, right)| left - right).collect();
        let direct = Bootstrap::of_mean(&differences, &patients, 3).unwrap();
        let (found, expected) = (paired.interval(), direct.interval());
        for (found, expected) in [
            (paired.estimate(), direct.estimate()),
            (found.low, expected.low),
            (found.high, expected.high),
            (paired.p_of_zero(), direct.p_of_zero()),
        ] {
            assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
        }
    }

    #[test]
    fn more_resamples_tell_finer_p_values() {
        let [left, _] = columns();
        let larger: Vec<f64> = left.iter().enumerate().map(|(film, value)| value + 1.0 + (film % 3) as f64).collect();
        let p = |resamples| {
            PairedMeans::of(&[larger.clone(), left.clone()], &Patients::of_films(30), resamples, 0).unwrap().difference(0, 1).p_of_zero()
        };
        assert!((p(2000) - 2.0 / 2001.0).abs() < 1e-15 && (p(8000) - 2.0 / 8001.0).abs() < 1e-15);
    }

    #[test]
    fn one_patient_and_what_is_no_number_have_no_means() {
        let one = Patients::by_name([(true, "p"), (true, "p")]);
        assert_eq!(PairedMeans::of(&[vec![1.0, 2.0]], &one, 10, 0), None);
        assert_eq!(PairedMeans::of(&[vec![1.0, f64::NAN]], &Patients::of_films(2), 10, 0), None);
    }
}
