//! `tensorboard/<run id>/events.out.tfevents.*`: the finished runs of a study for TensorBoard.
//!
//! In come the records; out comes a file for each run with a scalar per epoch for every column of `epochs.csv`, the final figures of the
//! test part, and `run.yaml` as text. Steps are epochs. A record holds no date, so that times are seconds since the Unix epoch
//! counted from the beginning of the run: what `timing.csv` says of all epochs so far, added up.

mod event;

use self::event::{Event, Summary, framed, scalar, text};
use super::{ReportFile, Study};
use crate::metric::PartMetrics;
use crate::record::RunCard;
use crate::record::format::{EpochRow, RUN_FILE, RecordedRun, RunState};

/// The folder below that of the study.
const FOLDER: &str = "tensorboard";

/// A file for each finished run, in the order of the rows.
pub(super) fn render(study: &Study) -> Vec<ReportFile> {
    let mut files = Vec::new();
    for entry in &study.entries {
        for (place, state) in entry.runs.iter().enumerate() {
            let RunState::Done(run) = state else { continue };
            let id = &run.result.run_id;
            // TensorBoard looks for `tfevents` in a name, and the number stands where others write the time.
            let path = format!("{FOLDER}/{id}/events.out.tfevents.0.{id}");
            files.push(ReportFile { path: path.into(), bytes: events(run, entry.cards.get(place)) });
        }
    }
    files
}

/// All records of a file.
fn events(run: &RecordedRun, card: Option<&RunCard>) -> Vec<u8> {
    let mut events = vec![Event { file_version: Some("brain.Event:2".to_owned()), ..Event::default() }];
    let settings = card.and_then(|card| card.text.as_deref());
    events.extend(settings.map(|yaml| Event::of(0.0, 0, vec![text(RUN_FILE, &as_markdown(yaml))])));
    let mut seconds = 0.0;
    for (place, row) in run.epochs.iter().enumerate() {
        seconds += run.timing.get(place).map_or(0.0, |timing| timing.train_seconds + timing.val_seconds);
        events.push(Event::of(seconds, row.epoch, epoch(row)));
    }
    events.extend(run.result.figures.test.as_ref().map(|test| Event::of(seconds, run.result.reported_epoch, final_figures(test))));
    events.iter().flat_map(framed).collect()
}

/// What is known after an epoch, errors in months.
fn epoch(row: &EpochRow) -> Vec<event::TaggedValue> {
    let EpochRow { epoch: _, learning_rate, train_mae, train_loss, train_accuracy, val_mae, val_loss, val_accuracy } = row;
    let known = [
        ("learning_rate", Some(*learning_rate)),
        ("mae_months/train", Some(*train_mae)),
        ("mae_months/val", *val_mae),
        ("loss/train", Some(*train_loss)),
        ("loss/val", *val_loss),
        ("accuracy/train", Some(*train_accuracy)),
        ("accuracy/val", *val_accuracy),
    ];
    scalars(&known)
}

fn final_figures(test: &PartMetrics) -> Vec<event::TaggedValue> {
    let PartMetrics { count: _, mae, rmse, bias, median_absolute_error, r2, concordance, loss, accuracy } = test;
    let known = [
        ("test/mae_months", Some(*mae)),
        ("test/rmse_months", Some(*rmse)),
        ("test/bias_months", Some(*bias)),
        ("test/median_absolute_error_months", Some(*median_absolute_error)),
        ("test/r2", *r2),
        ("test/concordance", *concordance),
        ("test/loss", Some(*loss)),
        ("test/accuracy", Some(*accuracy)),
    ];
    scalars(&known)
}

fn scalars(known: &[(&str, Option<f64>)]) -> Vec<event::TaggedValue> {
    known.iter().filter_map(|(tag, value)| Some(scalar(tag, (*value)?))).collect()
}

/// A file as a block of code: TensorBoard reads texts as Markdown.
fn as_markdown(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}\n")).collect();
    lines.concat()
}

impl Event {
    fn of(wall_time: f64, step: u32, values: Vec<event::TaggedValue>) -> Self {
        Self { wall_time, step: i64::from(step), file_version: None, summary: Some(Summary { value: values }) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use prost::Message as _;

    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::*;

    /// The messages of a file, each with its length believed.
    fn read(mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            events.push(Event::decode(&bytes[12..12 + length]).unwrap());
            bytes = &bytes[12 + length + 4..];
        }
        events
    }

    #[test]
    fn every_epoch_is_a_step_with_the_seconds_so_far() {
        let mut study = StudyBuilder::new().entry("CNN", vec![done(9.0), failed("x")]).build();
        study.entries[0].cards = vec![RunCard { text: Some("seed: 0\nfold: null\n".into()), ..RunCard::default() }];
        let files = render(&study);
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].path.to_str(), Some("tensorboard/cnn-s0-0384/events.out.tfevents.0.cnn-s0-0384"));
        let events = read(&files[0].bytes);
        assert_eq!((events.len(), events[0].file_version.as_deref()), (1 + 1 + 10 + 1, Some("brain.Event:2")));
        let yaml = &events[1].summary.as_ref().unwrap().value[0];
        assert_eq!(yaml.tensor.as_ref().unwrap().string_val, [b"    seed: 0\n    fold: null\n".to_vec()]);
        let row = &recorded(9.0, 10).epochs[1];
        let second = &events[3];
        assert_eq!(second.step, 2);
        assert!((second.wall_time - 2.0 * 8.3).abs() < 1e-9, "{}", second.wall_time);
        let value = |tag: &str| second.summary.as_ref().unwrap().value.iter().find(|value| value.tag == tag).unwrap().simple_value;
        assert_eq!(value("mae_months/val"), Some(row.val_mae.unwrap() as f32));
        assert_eq!(value("learning_rate"), Some(1e-3));
        let test = events.last().unwrap().summary.as_ref().unwrap();
        assert_eq!((test.value.len(), test.value[0].tag.as_str()), (8, "test/mae_months"));
    }

    #[test]
    fn what_has_no_validation_or_test_part_has_no_such_scalar() {
        let mut run = recorded(9.0, 1);
        (run.epochs[0].val_mae, run.epochs[0].val_loss, run.epochs[0].val_accuracy) = (None, None, None);
        run.result.figures.test = None;
        let events = read(&events(&run, None));
        assert_eq!(events.len(), 2);
        let tags: Vec<&str> = events[1].summary.as_ref().unwrap().value.iter().map(|value| value.tag.as_str()).collect();
        assert_eq!(tags, ["learning_rate", "mae_months/train", "loss/train", "accuracy/train"]);
    }
}
