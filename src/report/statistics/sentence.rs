//! What the films say about the best row and the others, in one sentence that they support.

use super::super::number::{age, interval};
use super::SIGNIFICANCE;
use super::against_best::{Compared, Difference, Verdict};
use super::judged::{Judged, JudgedRow};
use crate::metric::bootstrap::CONFIDENCE;
use crate::spec::AgeUnit;

/// None where nothing was compared.
pub(super) fn sentence(unit: AgeUnit, judged: &Judged, compared: &[Compared]) -> Option<String> {
    let best = judged.rows.get(judged.best()?)?.label;
    let comparisons = compared.iter().filter(|row| row.difference.is_some()).count();
    if comparisons == 0 {
        return None;
    }
    let of = |verdict| {
        let mut rows: Vec<(&JudgedRow, &Difference)> = judged
            .rows
            .iter()
            .zip(compared)
            .filter(|(_, compared)| compared.verdict == verdict)
            .filter_map(|(row, compared)| Some((row, compared.difference.as_ref()?)))
            .collect();
        let size = |(row, found): &(&JudgedRow, &Difference)| (row.is_baseline, found.estimate.abs());
        rows.sort_by(|left, right| size(left).0.cmp(&size(right).0).then(size(left).1.total_cmp(&size(right).1)));
        rows
    };
    let (worse, better, alike) = (of(Verdict::Worse), of(Verdict::Better), of(Verdict::Alike));
    let is_alone = judged.rows.iter().filter(|row| !row.is_baseline).count() == 1;
    let it = if is_alone { best } else { "it" };
    let names: Vec<String> = alike.iter().map(|(row, _)| name(row)).collect();
    let clauses = [
        (!worse.is_empty()).then(|| format!("{it} beats {}", sizes(&worse, unit, 1.0))),
        (!names.is_empty()).then(|| format!("{} cannot be told apart from {it}", list(&names))),
        (!better.is_empty()).then(|| format!("{it} is beaten by {}", sizes(&better, unit, -1.0))),
    ];
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();
    let choice = if is_alone { String::new() } else { format!("{best} has the smallest validation MAE{}. ", of_networks(judged)) };
    let (films, part) = (judged.films(), judged.part_name());
    Some(format!("{choice}On these {films} {part} films {} ({}).", clauses.join("; "), how(judged, comparisons)))
}

/// What is to be added where even the mean age has a smaller validation MAE than the best network.
fn of_networks(judged: &Judged) -> &'static str {
    let of =
        |is_baseline| judged.rows.iter().filter(move |row| row.is_baseline == is_baseline).filter_map(|row| row.val_mae).reduce(f64::min);
    match (of(true), of(false)) {
        (Some(baseline), Some(network)) if baseline <= network => " of the networks, but the mean-age baseline has a smaller one",
        _ => "",
    }
}

/// `VGG16 by 1.8 months [0.4, 3.1] and CNN by 2.2 [1.0, 3.9]`.
fn sizes(rows: &[(&JudgedRow, &Difference)], unit: AgeUnit, sign: f64) -> String {
    let size = |(place, (row, found)): (usize, &(&JudgedRow, &Difference))| {
        let ends = if sign > 0.0 {
            found.interval
        } else {
            crate::metric::bootstrap::Interval { low: -found.interval.high, high: -found.interval.low }
        };
        let word = if place == 0 { format!(" {}", unit.name()) } else { String::new() };
        format!("{} by {}{word}{}", name(row), age(sign * found.estimate, unit), interval(Some(ends), unit))
    };
    list(&rows.iter().enumerate().map(size).collect::<Vec<_>>())
}

fn name(row: &JudgedRow) -> String {
    if row.is_baseline { "the mean-age baseline".to_owned() } else { row.label.to_owned() }
}

/// `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

fn how(judged: &Judged, comparisons: usize) -> String {
    let level = SIGNIFICANCE * 100.0;
    let corrected = if comparisons > 1 { format!(", Holm-corrected for {comparisons} comparisons") } else { String::new() };
    let runs = if judged.runs() > 1 {
        ", errors averaged over the runs of a network"
    } else {
        ", one run each, so that the chance of training is not in it"
    };
    format!("differences of the MAE with {} % CI; paired bootstrap, {level} % level{corrected}{runs}", CONFIDENCE * 100.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::Study;
    use super::super::super::fixtures::{StudyBuilder, done, failed, moved};
    use super::super::super::summary::Summary;
    use super::super::note;
    use crate::spec::AgeUnit;

    fn said(study: &Study) -> String {
        note(study, &Summary::of(study)).unwrap()
    }

    #[test]
    fn what_is_beaten_and_what_cannot_be_told_apart_is_said_with_sizes() {
        let like = |val_mae| vec![moved(val_mae, |index| if index % 2 == 0 { 0.5 } else { -0.5 })];
        let study = StudyBuilder::new()
            .unit(AgeUnit::Months, 12.0)
            .entry("VGG16", vec![done(11.0)])
            .entry("ResNet50", vec![done(9.0)])
            .entry("CNN", vec![done(20.0)])
            .entry("ViT", like(9.2))
            .entry("U-net", like(9.4))
            .build();
        insta::assert_snapshot!(said(&study), @"ResNet50 has the smallest validation MAE. On these 12 test films it beats VGG16 by 2.0 months [1.4, 2.7], CNN by 11.0 [7.7, 14.6] and the mean-age baseline by 45.1 [27.0, 64.7]; U-net and ViT cannot be told apart from it (differences of the MAE with 95 % CI; paired bootstrap, 5 % level, Holm-corrected for 5 comparisons, one run each, so that the chance of training is not in it).");
    }

    #[test]
    fn a_row_that_beats_the_best_by_validation_is_named() {
        let study = StudyBuilder::new().entry("Chosen", vec![done(12.0)]).entry("Other", vec![moved(12.5, |_| -0.9)]).build();
        insta::assert_snapshot!(said(&study), @"Chosen has the smallest validation MAE. On these 12 test films it beats the mean-age baseline by 3.51 years [1.95, 5.16]; it is beaten by Other by 1.01 years [0.72, 1.35] (differences of the MAE with 95 % CI; paired bootstrap, 5 % level, Holm-corrected for 2 comparisons, one run each, so that the chance of training is not in it).");
    }

    #[test]
    fn one_network_is_compared_with_the_baseline_and_runs_are_averaged() {
        let study = StudyBuilder::new().entry("CNN", vec![done(12.0), done(13.0)]).entry("VGG16", vec![failed("x")]).build();
        insta::assert_snapshot!(said(&study), @"On these 12 test films CNN beats the mean-age baseline by 3.47 years [1.90, 5.12] (differences of the MAE with 95 % CI; paired bootstrap, 5 % level, errors averaged over the runs of a network).");
    }

    #[test]
    fn a_baseline_that_no_network_beats_is_said() {
        let study = StudyBuilder::new().entry("CNN", vec![done(90.0)]).entry("VGG16", vec![done(91.0)]).build();
        let text = said(&study);
        assert!(
            text.starts_with("CNN has the smallest validation MAE of the networks, but the mean-age baseline has a smaller one. On"),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_said_before_a_run_is_done() {
        let study = StudyBuilder::new().entry("CNN", vec![failed("x")]).build();
        assert_eq!(note(&study, &Summary::of(&study)), None);
    }
}
