//! Every row against the best: paired, on the same films.

use super::super::summary::{INTERVAL_SEED, patients};
use super::SIGNIFICANCE;
use super::judged::Judged;
use crate::metric::bootstrap::{Bootstrap, Interval};
use crate::metric::holm;
use crate::record::KnownFilms;

/// How a row does beside the best one, months.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Difference {
    /// Mean absolute error of the row less that of the best, over the films that both predict.
    pub(in crate::report) estimate: f64,
    pub(in crate::report) interval: Interval,
    /// Two-sided, of no difference.
    pub(super) p: f64,
    /// The same, corrected for all rows.
    pub(in crate::report) corrected: f64,
}

impl Difference {
    pub(super) fn of(bootstrap: &Bootstrap, corrected: f64) -> Self {
        Self { estimate: bootstrap.estimate(), interval: bootstrap.interval(), p: bootstrap.p_of_zero(), corrected }
    }
}

/// What can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the row that the others are compared with.
    Best,
    Worse,
    Better,
    /// The films cannot tell them apart.
    Alike,
    /// It was not compared: there is no best row, or fewer than two patients.
    Open,
}

/// One row beside the best.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) difference: Option<Difference>,
    pub(super) verdict: Verdict,
}

/// Every row against the best, in the order of the rows: the films' absolute errors averaged over runs, their differences
/// bootstrapped over patients.
pub(super) fn compare(judged: &Judged, known: &KnownFilms) -> Vec<Compared> {
    let best = judged.best();
    let bootstraps: Vec<Option<Bootstrap>> = (0..judged.rows.len()).map(|place| difference(judged, known, best?, place)).collect();
    let p_values: Vec<f64> = bootstraps.iter().flatten().map(Bootstrap::p_of_zero).collect();
    let mut corrected = holm(&p_values).into_iter();
    let of_row = |(place, bootstrap): (usize, &Option<Bootstrap>)| {
        let difference = bootstrap.as_ref().and_then(|bootstrap| Some(Difference::of(bootstrap, corrected.next()?)));
        let verdict = match &difference {
            _ if best == Some(place) => Verdict::Best,
            None => Verdict::Open,
            Some(difference) if difference.corrected >= SIGNIFICANCE => Verdict::Alike,
            Some(difference) if difference.estimate > 0.0 => Verdict::Worse,
            Some(_) => Verdict::Better,
        };
        Compared { difference, verdict }
    };
    bootstraps.iter().enumerate().map(of_row).collect()
}

/// The differences of a row from the best one; none for the best itself and for fewer than two patients.
fn difference(judged: &Judged, known: &KnownFilms, best: usize, place: usize) -> Option<Bootstrap> {
    if place == best {
        return None;
    }
    let (best, row) = (judged.rows[best].film_errors(), judged.rows[place].film_errors());
    let both = row.iter().filter_map(|(id, error)| Some((*id, error - best.get(id)?)));
    let (ids, differences): (Vec<&str>, Vec<f64>) = both.unzip();
    Bootstrap::of_mean(&differences, &patients(known, ids), INTERVAL_SEED)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::Study;
    use super::super::super::fixtures::{StudyBuilder, done, moved};
    use super::super::super::summary::Summary;
    use super::*;
    use crate::record::KnownFilm;

    fn compared(study: &Study) -> Vec<Compared> {
        let summary = Summary::of(study);
        compare(&Judged::of(&summary).unwrap(), &study.films)
    }

    fn verdicts(study: &Study) -> Vec<Verdict> {
        compared(study).iter().map(|row| row.verdict).collect()
    }

    #[test]
    fn a_clearly_worse_row_is_worse_and_a_like_one_cannot_be_told_apart() {
        let study = StudyBuilder::new()
            .entry("Worse", vec![done(20.0)])
            .entry("Best", vec![done(9.0)])
            .entry("Like", vec![moved(9.2, |index| if index % 2 == 0 { 0.5 } else { -0.5 })])
            .build();
        assert_eq!(verdicts(&study), [Verdict::Worse, Verdict::Best, Verdict::Alike, Verdict::Worse]);
        let rows = compared(&study);
        let difference = rows[0].difference.as_ref().unwrap();
        // The test errors of a canned run have a mean size of the validation MAE and 1.5 months.
        assert!((difference.estimate - 11.0).abs() < 1e-9, "{difference:?}");
        assert!(difference.interval.low > 0.0 && difference.interval.high > 11.0, "{difference:?}");
        assert!((difference.p - 2.0 / 2001.0).abs() < 1e-12 && difference.corrected >= 2.0 * difference.p, "{difference:?}");
        assert_eq!(rows[1].difference, None);
    }

    #[test]
    fn a_row_that_validation_did_not_choose_may_still_be_better() {
        let study = StudyBuilder::new().entry("Chosen", vec![done(12.0)]).entry("Other", vec![moved(12.5, |_| -0.9)]).build();
        // What is moved towards the truth has smaller errors on every test film, although its validation MAE is larger.
        assert_eq!(verdicts(&study)[..2], [Verdict::Best, Verdict::Better]);
    }

    #[test]
    fn errors_that_would_cancel_in_a_mean_of_runs_do_not() {
        // The runs stray to either side of the truth; each of them is as wrong as it is.
        let cancelling = vec![done(9.0), moved(9.0, |_| -2.0)];
        let study = StudyBuilder::new().entry("Pair", cancelling).entry("One", vec![done(10.0)]).build();
        let difference = compared(&study)[1].difference.clone().unwrap();
        assert!((difference.estimate - 1.0).abs() < 1e-9, "the difference is that of the mean MAE of the runs: {difference:?}");
    }

    #[test]
    fn nothing_is_compared_without_a_validation_part_or_with_one_patient() {
        let mut study = StudyBuilder::new().entry("A", vec![done(9.0)]).entry("B", vec![done(10.0)]).build();
        for entry in &mut study.entries {
            let crate::record::format::RunState::Done(run) = &mut entry.runs[0] else { panic!() };
            run.result.figures.val = None;
        }
        assert_eq!(verdicts(&study), [Verdict::Open; 3]);
        let one = |_: &str| KnownFilm { patient: Some("p".into()), ..KnownFilm::default() };
        let study = StudyBuilder::new().films(one).entry("A", vec![done(9.0)]).entry("B", vec![done(10.0)]).build();
        assert_eq!(verdicts(&study), [Verdict::Best, Verdict::Open, Verdict::Open]);
    }
}
