//! The lines under the comparison table: which films, which weights, which loss, how many runs, which interval.

use super::comparison::{accuracy_limit, one_line};
use super::number::range;
use super::summary::{Figures, PartSummary, Row, Summary};
use super::{Study, out_of_fold, statistics};
use crate::metric::bootstrap::RESAMPLES;
use crate::record::format::RecordedRun;
use crate::spec::{Loss, Split};

/// Whole sentences, one per line; the study's own notes come first.
pub(super) fn lines(study: &Study, summary: &Summary) -> Vec<String> {
    let mut lines = study.notes.clone();
    if let Some(figures) = summary.rows.iter().find_map(|row| row.figures.as_ref()) {
        lines.push(films(figures));
        lines.push(format!("Weights: {}.", grouped(summary, |row| weights(&row.done))));
        lines.push(format!("Loss: {}, on the standardised target.", grouped(summary, |row| loss_name(row.entry.loss).to_owned())));
        lines.push(format!("Accuracy: share of films whose absolute error is at most {}.", accuracy_limit(study).trim_start_matches('±')));
        if summary.done().any(|run| run.result.tta.is_some()) {
            lines.push(format!("Validation and test predictions: {}.", grouped(summary, |row| views(&row.done))));
        }
        lines.push(runs(summary));
        lines.extend(figures.test.as_ref().filter(|test| test.mae_interval.is_some()).map(|test| interval(study, test)));
        lines.extend(statistics::note(study, summary));
        lines.extend(out_of_fold::line(study, summary));
        lines.push("Mean-age baseline: the mean age of the training part, predicted for every film.".to_owned());
    }
    lines.extend(summary.rows.iter().filter_map(small_parts));
    lines.extend(summary.rows.iter().filter_map(halved_rates));
    lines.extend(summary.rows.iter().filter_map(shortfall));
    lines
}

/// What the short layout needs to be read; the study's own notes come first.
pub(super) fn short_lines(study: &Study, summary: &Summary) -> Vec<String> {
    let mut lines = study.notes.clone();
    if let Some(figures) = summary.rows.iter().find_map(|row| row.figures.as_ref()) {
        lines.push(films(figures));
        lines.push(format!("Accuracy: share of films whose absolute error is at most {}.", accuracy_limit(study).trim_start_matches('±')));
        lines.push(runs(summary));
    }
    lines
}

/// A row whose batches did not fit into memory.
fn small_parts(row: &Row) -> Option<String> {
    let sizes: Vec<u32> = row.done.iter().filter_map(|run| run.result.micro_batch_size).collect();
    (!sizes.is_empty()).then(|| {
        let size = range(&sizes);
        format!(
            "{}: batches were passed {size} films at a time for lack of memory; their gradients are added up, but batch norm saw {size}.",
            row.entry.label
        )
    })
}

/// A row whose learning rate was too large.
fn halved_rates(row: &Row) -> Option<String> {
    let times: Vec<u32> = row.done.iter().map(|run| run.result.learning_rate_halvings).filter(|times| *times > 0).collect();
    (!times.is_empty()).then(|| {
        let times = range(&times);
        format!("{}: the learning rate was halved ({times} ×), since the loss was no longer a number before.", row.entry.label)
    })
}

/// How the interval of the test MAE was made.
fn interval(study: &Study, test: &PartSummary) -> String {
    let films = test.films.iter().max().copied().unwrap_or_default();
    let over = match test.patients {
        patients if (patients as u64) < films => format!("the {patients} patients on the test films"),
        _ => "the test films".to_owned(),
    };
    let apart = if study.films.lacks("group") { ", whose patients are not known" } else { "" };
    format!("95 % CI: bootstrap of the mean error over {over}{apart} (BCa, {RESAMPLES} resamples).")
}

/// What the columns are measured on.
fn films(figures: &Figures) -> String {
    let count = |part: &PartSummary| range(&part.films);
    let parts = [(figures.val.as_ref(), "validation"), (figures.test.as_ref(), "test")];
    let others: String = parts.iter().filter_map(|(part, word)| part.map(|part| format!(", {word} n = {}", count(part)))).collect();
    format!(
        "MAE, Loss, Accuracy and R² without a further word: the training part, not augmented, in evaluation mode. Films: training n = {}{others}.",
        count(&figures.train)
    )
}

/// Which epoch's weights the figures are from, and what chose it.
fn weights(runs: &[&RecordedRun]) -> String {
    let epochs: Vec<u32> = runs.iter().map(|run| run.result.reported_epoch).collect();
    let trained: Vec<u32> = runs.iter().map(|run| run.result.epochs_trained).collect();
    match runs.first().and_then(|run| run.result.epoch_chosen_on) {
        None => format!("after the last epoch ({})", range(&trained)),
        Some(part) => {
            let (name, warning) = match part {
                Split::Train => ("training", ""),
                Split::Val => ("validation", ", whose figures are flattered by that choice"),
                Split::Test => ("test", ", whose figures are flattered by that choice"),
            };
            format!("of the epoch with the smallest MAE on the {name} part{warning} (epoch {} of {})", range(&epochs), range(&trained))
        }
    }
}

/// How often a film was seen for its prediction.
fn views(runs: &[&RecordedRun]) -> String {
    match runs.first().and_then(|run| run.result.tta) {
        Some(views) => format!("mean over {views} views of each film (test-time augmentation)"),
        None => "each film as it is".to_owned(),
    }
}

/// One text for all rows with figures, or each text with the rows it is true for.
fn grouped(summary: &Summary, text: impl Fn(&Row) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for row in summary.rows.iter().filter(|row| row.figures.is_some()) {
        let text = text(row);
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, labels)) => labels.push(&row.entry.label),
            None => groups.push((text, vec![&row.entry.label])),
        }
    }
    match groups.as_slice() {
        [(text, _)] => text.clone(),
        _ => groups.iter().map(|(text, labels)| format!("{text} for {}", labels.join(", "))).collect::<Vec<_>>().join("; "),
    }
}

fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::Mse => "mean squared error",
        Loss::Mae => "mean absolute error",
        Loss::Huber => "Huber's with its corner at 1",
        Loss::Distribution => "Kullback–Leibler divergence from the distribution around the age, plus the error in bins",
    }
}

/// How many runs a row is made of.
fn runs(summary: &Summary) -> String {
    let counts: Vec<usize> = summary.rows.iter().map(|row| row.done.len()).filter(|count| *count > 0).collect();
    if counts.iter().all(|count| *count == 1) {
        "One run per backbone (n = 1), so no spread is given.".to_owned()
    } else {
        format!("Mean ± standard deviation over the runs of a backbone (seeds and folds, n = {}).", range(&counts))
    }
}

/// A row whose figures are over fewer runs than were planned.
fn shortfall(row: &Row) -> Option<String> {
    let (done, failed, missing) = (row.done.len(), row.causes.len(), row.missing());
    if done == 0 || failed + missing == 0 {
        return None;
    }
    let failure = row.causes.first().map(|cause| format!("{failed} failed ({})", one_line(cause)));
    let gap = (missing > 0).then(|| format!("{missing} not trained"));
    let rest: Vec<String> = failure.into_iter().chain(gap).collect();
    Some(format!("{}: figures over {done} of {} runs, {}.", row.entry.label, row.entry.runs.len(), rest.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::*;
    use crate::record::format::RunState;

    #[test]
    fn notes_of_the_study_come_first() {
        let study = StudyBuilder::new().note("The films are synthetic.").entry("CNN", vec![done(9.0)]).build();
        assert_eq!(lines(&study, &Summary::of(&study))[0], "The films are synthetic.");
    }

    #[test]
    fn a_study_without_a_finished_run_explains_no_figures() {
        let study = StudyBuilder::new().entry("CNN", vec![RunState::Missing]).build();
        assert!(lines(&study, &Summary::of(&study)).is_empty());
    }

    #[test]
    fn a_selected_epoch_names_the_part_that_chose_it() {
        let mut run = recorded(9.0, 10);
        (run.result.reported_epoch, run.result.epoch_chosen_on) = (7, Some(Split::Val));
        let study = StudyBuilder::new().entry("CNN", vec![RunState::Done(Box::new(run))]).entry("VGG16", vec![done(9.0)]).build();
        assert_eq!(
            lines(&study, &Summary::of(&study))[1],
            "Weights: of the epoch with the smallest MAE on the validation part, whose figures are flattered by that choice \
             (epoch 7 of 10) for CNN; after the last epoch (10) for VGG16."
        );
    }

    #[test]
    fn predictions_over_several_views_are_said() {
        let mut run = recorded(9.0, 10);
        run.result.tta = Some(8);
        let study = StudyBuilder::new().entry("CNN", vec![RunState::Done(Box::new(run))]).build();
        let lines = lines(&study, &Summary::of(&study));
        let expected = "Validation and test predictions: mean over 8 views of each film (test-time augmentation).";
        assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    }

    #[test]
    fn losses_are_named_per_row_where_they_differ() {
        let study = StudyBuilder::new().entry("CNN", vec![done(9.0)]).entry_with_loss("ViT", Loss::Huber, vec![done(9.0)]).build();
        assert_eq!(
            lines(&study, &Summary::of(&study))[2],
            "Loss: mean squared error for CNN; Huber's with its corner at 1 for ViT, on the standardised target."
        );
    }

    #[test]
    fn a_row_that_could_not_follow_its_settings_says_so() {
        let mut run = recorded(9.0, 10);
        (run.result.micro_batch_size, run.result.learning_rate_halvings) = (Some(4), 2);
        let study = StudyBuilder::new().entry("CNN", vec![RunState::Done(Box::new(run))]).entry("ViT", vec![done(9.0)]).build();
        let lines = lines(&study, &Summary::of(&study));
        assert_eq!(
            lines[lines.len() - 2..],
            [
                "CNN: batches were passed 4 films at a time for lack of memory; their gradients are added up, but batch norm saw 4.",
                "CNN: the learning rate was halved (2 ×), since the loss was no longer a number before.",
            ]
        );
    }

    #[test]
    fn a_row_over_fewer_runs_than_planned_says_why() {
        let study = StudyBuilder::new().entry("CNN", vec![done(9.0), failed("out of\nmemory"), done(8.0)]).build();
        let lines = lines(&study, &Summary::of(&study));
        assert_eq!(lines.last().map(String::as_str), Some("CNN: figures over 2 of 3 runs, 1 failed (out of memory)."));
        assert!(lines.contains(&"Mean ± standard deviation over the runs of a backbone (seeds and folds, n = 2).".to_owned()));
    }
}
