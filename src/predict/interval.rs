//! How far a prediction may be off, by how far the runs were off on films that they were not trained on.
//!
//! The interval is that of split conformal prediction (Vovk et al. 2005; Lei et al. 2018, doi 10.1080/01621459.2017.1307116): of n
//! absolute validation errors the ⌈(n + 1) · level⌉-th smallest. For films drawn like those of the study the true age lies inside with
//! at least that probability, whatever the network; for other films nothing is promised. Where the validation part chose the epoch,
//! its errors are a little too small.

use std::collections::BTreeMap;

use crate::record::format::RecordedRun;
use crate::spec::Split;

/// Absolute errors of one or several runs on films that they were not trained on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Residuals {
    /// Months, sorted.
    errors: Vec<f64>,
}

impl Residuals {
    /// Those of validation films: for each, of the mean over the runs that were validated on it. Films are the same where id and age
    /// are; the folds of a study are thus put together.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a RecordedRun>) -> Self {
        let mut films: BTreeMap<(&str, u64), Vec<f64>> = BTreeMap::new();
        for row in runs.into_iter().flat_map(|run| &run.predictions).filter(|row| row.split == Split::Val) {
            films.entry((&row.id, row.target.to_bits())).or_default().push(row.predicted);
        }
        let error =
            |((_, target), ages): ((&str, u64), Vec<f64>)| (ages.iter().sum::<f64>() / ages.len() as f64 - f64::from_bits(target)).abs();
        let mut errors: Vec<f64> = films.into_iter().map(error).collect();
        errors.sort_by(f64::total_cmp);
        Self { errors }
    }

    /// How many films they are from.
    pub fn films(&self) -> usize {
        self.errors.len()
    }

    /// Months to either side of a prediction within which the true age lies with a probability of at least `level`; none where there
    /// are too few films for that level.
    pub fn half_width(&self, level: f64) -> Option<f64> {
        // What is a whole number but for rounding is one: (19 + 1) · 0.95 is the 19th.
        let rank = ((self.errors.len() + 1) as f64 * level - 1e-9).ceil() as usize;
        self.errors.get(rank.max(1) - 1).copied()
    }

    /// Fewest films for a level.
    pub fn films_needed(level: f64) -> usize {
        (level / (1.0 - level) - 1e-9).ceil() as usize
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use rand::RngExt as _;

    use crate::random::{Purpose, keyed};

    fn residuals(errors: impl IntoIterator<Item = f64>) -> Residuals {
        let mut errors: Vec<f64> = errors.into_iter().collect();
        errors.sort_by(f64::total_cmp);
        Residuals { errors }
    }

    #[test]
    fn the_rank_is_that_of_split_conformal_prediction() {
        let nineteen = residuals((1..=19).map(f64::from));
        assert_eq!((nineteen.half_width(0.95), nineteen.half_width(0.5)), (Some(19.0), Some(10.0)));
        assert_eq!(residuals((1..=18).map(f64::from)).half_width(0.95), None);
        assert_eq!((Residuals::films_needed(0.95), Residuals::films_needed(0.9)), (19, 9));
        assert_eq!(residuals([]).half_width(0.5), None);
    }

    #[test]
    fn new_films_fall_inside_as_often_as_the_level_says() {
        let mut rng = keyed(3, Purpose::Bootstrap, &[]);
        let (mut inside, mut all) = (0u32, 0u32);
        for _ in 0..400 {
            let mut error = || rng.random::<f64>().powi(2);
            let width = residuals((0..59).map(|_| error()).collect::<Vec<_>>()).half_width(0.9).unwrap();
            inside += (0..50).filter(|_| error() <= width).count() as u32;
            all += 50;
        }
        let share = f64::from(inside) / f64::from(all);
        assert!((0.89..0.915).contains(&share), "{share}");
    }
}
