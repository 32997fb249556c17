//! Labels that no network believes.
//!
//! In: what finished runs predict for films that they were not trained on. Out: films whose label lies far from all of that. A
//! weak network draws every age towards the mean, so that each run is first brought to scale: the line of least squares
//! from its predictions to the labels. What is left is weighed by how well the run does, and compared with what is left for
//! all other films.

use super::outlier::{median, robust_spread};
use super::{Finding, FindingKind};
use crate::spec::AgeUnit;

/// Robust standard deviations between a label and what is predicted from which on it is suspicious.
const LABEL_DEVIATIONS: f64 = 4.0;
/// Films below which a run says nothing about what is usual.
const LEAST_FILMS: usize = 20;

/// What one run predicts for films that it was not trained on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeldOut {
    /// Index of each film in its data set, and the age in months that the run predicts for it.
    pub predicted: Vec<(usize, f64)>,
}

/// Films whose label, of `ages_months`, is far from what the runs predict. Where no run has predictions for enough films there
/// is none.
pub fn label_outliers(ages_months: &[f64], runs: &[HeldOut], unit: AgeUnit) -> Vec<Finding> {
    let mut sums = vec![Sums::default(); ages_months.len()];
    for run in runs {
        add(run, ages_months, &mut sums);
    }
    let known: Vec<usize> = (0..sums.len()).filter(|index| sums[*index].runs > 0).collect();
    let errors: Vec<f64> = known.iter().map(|index| sums[*index].error / sums[*index].weight).collect();
    let middle = median(errors.clone());
    let spread = robust_spread(&errors, middle);
    if spread == 0.0 {
        return Vec::new();
    }
    let finding = |(index, error): (&usize, &f64)| {
        let Sums { weight, predicted, runs, .. } = sums[*index];
        let deviations = (error - middle).abs() / spread;
        let in_unit = |months: f64| months / unit.months();
        let reason = format!(
            "labelled {:.1} {}, while {runs} run(s) that had not seen it predict {:.1} on average ({deviations:.1} robust deviations)",
            in_unit(ages_months[*index]),
            unit.name(),
            in_unit(predicted / weight)
        );
        Finding { index: *index, kind: FindingKind::Label, score: deviations / LABEL_DEVIATIONS, reason }
    };
    known.iter().zip(&errors).map(finding).filter(|finding| finding.score > 1.0).collect()
}

/// What all runs say of one film; the better a run, the more it weighs.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    error: f64,
    predicted: f64,
    runs: usize,
}

fn add(run: &HeldOut, ages: &[f64], sums: &mut [Sums]) {
    let pairs: Vec<(usize, f64)> = run.predicted.iter().copied().filter(|(_, predicted)| predicted.is_finite()).collect();
    if pairs.len() < LEAST_FILMS {
        return;
    }
    let scaled = to_scale(&pairs, ages);
    let errors: Vec<f64> = pairs.iter().zip(&scaled).map(|((index, _), predicted)| ages[*index] - predicted).collect();
    let spread = robust_spread(&errors, median(errors.clone()));
    // A run that knows every age exactly is no run over films.
    let weight = if spread > 0.0 { spread.powi(-2) } else { return };
    for (((index, _), error), predicted) in pairs.iter().zip(&errors).zip(&scaled) {
        let sum = &mut sums[*index];
        sum.weight += weight;
        sum.error += weight * error;
        sum.predicted += weight * predicted;
        sum.runs += 1;
    }
}

/// Predictions on the line of least squares from predictions to labels.
fn to_scale(pairs: &[(usize, f64)], ages: &[f64]) -> Vec<f64> {
    let count = pairs.len() as f64;
    let mean_predicted = pairs.iter().map(|(_, predicted)| predicted).sum::<f64>() / count;
    let mean_age = pairs.iter().map(|(index, _)| ages[*index]).sum::<f64>() / count;
    let variance: f64 = pairs.iter().map(|(_, predicted)| (predicted - mean_predicted).powi(2)).sum();
    let covariance: f64 = pairs.iter().map(|(index, predicted)| (predicted - mean_predicted) * (ages[*index] - mean_age)).sum();
    let slope = if variance > 0.0 { covariance / variance } else { 0.0 };
    pairs.iter().map(|(_, predicted)| mean_age + slope * (predicted - mean_predicted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 films of 0 to 198 months, and a run that reads them with an error between −10 and 10 and draws them to the mean.
    fn ages_and_run() -> (Vec<f64>, HeldOut) {
        let ages: Vec<f64> = (0..100).map(|film| f64::from(film) * 2.0).collect();
        let predicted = |film: usize| 99.0 + 0.4 * (ages[film] - 99.0) + ((film * 37 % 21) as f64 - 10.0) * 0.4;
        let run = HeldOut { predicted: (0..100).map(|film| (film, predicted(film))).collect() };
        (ages, run)
    }

    #[test]
    fn a_label_that_was_mistyped_is_found_and_the_shrunken_ends_are_not() {
        let (mut ages, run) = ages_and_run();
        assert_eq!(label_outliers(&ages, std::slice::from_ref(&run), AgeUnit::Months), [], "nothing is wrong yet");
        ages[70] = 14.0;
        let found = label_outliers(&ages, &[run.clone(), run], AgeUnit::Years);
        assert_eq!(found.iter().map(|finding| finding.index).collect::<Vec<_>>(), [70], "{found:?}");
        assert!(found[0].score > 1.5 && found[0].reason.starts_with("labelled 1.2 years, while 2 run(s)"), "{found:?}");
    }

    #[test]
    fn a_good_run_outweighs_a_bad_one() {
        let (ages, good) = ages_and_run();
        let bad = HeldOut { predicted: (0..100).map(|film| (film, (film * 7 % 101) as f64)).collect() };
        assert_eq!(label_outliers(&ages, &[good, bad], AgeUnit::Months), []);
    }

    #[test]
    fn few_films_and_predictions_that_are_no_numbers_say_nothing() {
        let (mut ages, run) = ages_and_run();
        ages[5] = 190.0;
        let few = HeldOut { predicted: run.predicted[..19].to_vec() };
        let broken = HeldOut { predicted: (0..100).map(|film| (film, f64::NAN)).collect() };
        let exact = HeldOut { predicted: ages.iter().copied().enumerate().collect() };
        assert_eq!(label_outliers(&ages, &[few, broken, exact], AgeUnit::Months), []);
    }
}
