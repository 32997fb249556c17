//! Every network against every other: paired, on the same films.

use std::collections::BTreeMap;

use super::super::summary::{INTERVAL_SEED, patients};
use super::against_best::Difference;
use super::judged::{Judged, JudgedRow};
use crate::metric::bootstrap::{Bootstrap, Interval, PairedMeans, RESAMPLES};
use crate::metric::holm;
use crate::record::KnownFilms;

/// More networks than this are not compared with each other: the best of them are.
pub(in crate::report) const MOST: usize = 30;
/// Resamples for each pair, so that the smallest p-value that they can tell stays below the level when it is multiplied by the
/// number of pairs.
const RESAMPLES_PER_PAIR: usize = 100;
/// The largest number of resamples: enough for the pairs of [`MOST`] networks.
const MOST_RESAMPLES: usize = 20_000;

/// The networks and how each does beside each other one, months.
pub(in crate::report) struct Pairwise<'j, 'a> {
    /// By their mean absolute error, the smallest first.
    pub(in crate::report) networks: Vec<&'j JudgedRow<'a>>,
    /// For each network, its error less that of each network in that order: none for itself, and for fewer than two patients on
    /// films that both predict.
    pub(in crate::report) differences: Vec<Vec<Option<Difference>>>,
    /// Networks that are not compared, having the largest errors.
    pub(in crate::report) left_out: usize,
    pub(in crate::report) resamples: usize,
}

/// The absolute error of each film, months, averaged over the runs.
type FilmErrors<'a> = BTreeMap<&'a str, f64>;

impl<'j, 'a> Pairwise<'j, 'a> {
    /// The films' absolute errors averaged over runs, their differences bootstrapped over patients, the p-values corrected for
    /// all pairs.
    pub(in crate::report) fn of(judged: &'j Judged<'a>, known: &KnownFilms) -> Self {
        let networks = judged.rows.iter().filter(|row| !row.is_baseline);
        let mut rows: Vec<(&JudgedRow, FilmErrors)> = networks.map(|row| (row, row.film_errors())).collect();
        let mae = |errors: &FilmErrors| errors.values().sum::<f64>() / errors.len() as f64;
        // Stable, so that equal rows keep the spec's order.
        rows.sort_by(|left, right| mae(&left.1).total_cmp(&mae(&right.1)));
        let left_out = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        let (networks, errors): (Vec<&JudgedRow>, Vec<FilmErrors>) = rows.into_iter().unzip();
        let pairs: Vec<(usize, usize)> = (0..errors.len()).flat_map(|row| (0..row).map(move |column| (row, column))).collect();
        let resamples = (RESAMPLES_PER_PAIR * pairs.len()).clamp(RESAMPLES, MOST_RESAMPLES);
        let bootstraps = bootstraps(&errors, &pairs, known, resamples);
        let mut corrected = holm(&bootstraps.iter().flatten().map(Bootstrap::p_of_zero).collect::<Vec<_>>()).into_iter();
        let mut differences = vec![vec![None; errors.len()]; errors.len()];
        for ((row, column), bootstrap) in pairs.into_iter().zip(bootstraps) {
            let found = bootstrap.and_then(|bootstrap| Some(Difference::of(&bootstrap, corrected.next()?)));
            differences[column][row] = found.as_ref().map(reversed);
            differences[row][column] = found;
        }
        Self { networks, differences, left_out, resamples }
    }
}

/// The difference of each pair; none for fewer than two patients on films that both predict.
fn bootstraps(errors: &[FilmErrors], pairs: &[(usize, usize)], known: &KnownFilms, resamples: usize) -> Vec<Option<Bootstrap>> {
    let is_complete = errors.windows(2).all(|rows| rows[0].keys().eq(rows[1].keys()));
    if is_complete {
        let means = means(&errors.iter().collect::<Vec<_>>(), known, resamples);
        return pairs.iter().map(|(row, column)| Some(means.as_ref()?.difference(*row, *column))).collect();
    }
    // After a failed fold a network has fewer films: each pair has its own ones.
    pairs.iter().map(|(row, column)| Some(means(&[&errors[*row], &errors[*column]], known, resamples)?.difference(0, 1))).collect()
}

/// The mean errors of these networks over the films that all of them predict.
fn means(errors: &[&FilmErrors], known: &KnownFilms, resamples: usize) -> Option<PairedMeans> {
    let ids: Vec<&str> = errors.first()?.keys().copied().filter(|id| errors.iter().all(|row| row.contains_key(id))).collect();
    let columns: Vec<Vec<f64>> = errors.iter().map(|row| ids.iter().map(|id| row[id]).collect()).collect();
    PairedMeans::of(&columns, &patients(known, ids), resamples, INTERVAL_SEED)
}

/// The same pair, seen from the other network.
fn reversed(difference: &Difference) -> Difference {
    let Interval { low, high } = difference.interval;
    Difference { estimate: -difference.estimate, interval: Interval { low: -high, high: -low }, ..difference.clone() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, failed, moved};
    use super::super::super::summary::Summary;
    use super::*;
    use crate::record::format::RunState;

    #[test]
    fn every_pair_stands_twice_with_opposite_signs_and_one_correction() {
        let like = |val_mae| vec![moved(val_mae, |index| if index % 2 == 0 { 0.5 } else { -0.5 })];
        let study = StudyBuilder::new()
            .entry("Worst", vec![done(20.0)])
            .entry("Near", vec![done(9.0)])
            .entry("None", vec![failed("x")])
            .entry("Like", like(9.2))
            .build();
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let Pairwise { networks, differences, left_out, resamples } = Pairwise::of(&judged, &study.films);
        assert_eq!(networks.iter().map(|row| row.label).collect::<Vec<_>>(), ["Like", "Near", "Worst"]);
        assert_eq!((left_out, resamples), (0, 2000));
        for (place, row) in differences.iter().enumerate() {
            assert_eq!(row[place], None);
            for (column, found) in row.iter().enumerate().filter(|(column, _)| *column != place) {
                let (found, other) = (found.as_ref().unwrap(), differences[column][place].as_ref().unwrap());
                assert_eq!((found.estimate, found.interval.low, found.corrected), (-other.estimate, -other.interval.high, other.corrected));
            }
        }
        let worst = &differences[2];
        // The test errors of a canned run have a mean size of the validation MAE and 1.5 months.
        let found = worst[1].as_ref().unwrap();
        assert!((found.estimate - 11.0).abs() < 1e-9 && found.interval.low > 0.0, "{found:?}");
        // Three pairs: the two smallest p-values are equal, and the first of them is multiplied by three.
        assert!((found.corrected - 3.0 * 2.0 / 2001.0).abs() < 1e-12, "{found:?}");
        assert!(differences[0][1].as_ref().unwrap().corrected > 0.05, "{:?}", differences[0][1]);
    }

    #[test]
    fn many_pairs_have_as_many_resamples_as_their_correction_needs() {
        let networks = (0..12)
            .fold(StudyBuilder::new(), |builder, index| builder.entry(&format!("N{index}"), vec![done(9.0 + 2.0 * f64::from(index))]));
        let study = networks.build();
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let found = Pairwise::of(&judged, &study.films);
        assert_eq!(found.resamples, 100 * 66);
        assert!(found.differences[11][0].as_ref().unwrap().corrected < 0.05, "with 2000 resamples 66 · 2 / 2001 would be above it");
    }

    #[test]
    fn a_network_that_lacks_films_is_compared_on_the_others() {
        let mut study =
            StudyBuilder::new().entry("Whole", vec![done(9.0)]).entry("Part", vec![done(12.0)]).entry("Other", vec![done(15.0)]).build();
        let RunState::Done(run) = &mut study.entries[1].runs[0] else { panic!() };
        run.predictions.retain(|row| row.id != "test011");
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let found = Pairwise::of(&judged, &study.films);
        let [whole, part] = [0, 1].map(|row| judged.rows[row].film_errors());
        let both: Vec<f64> = part.iter().map(|(id, error)| error - whole[id]).collect();
        let expected = both.iter().sum::<f64>() / 11.0;
        assert!((found.differences[1][0].as_ref().unwrap().estimate - expected).abs() < 1e-9);
        assert!((found.differences[2][0].as_ref().unwrap().estimate - 6.0).abs() < 1e-9, "others keep all films");
    }
}
