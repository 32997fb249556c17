//! A study as a file store of MLflow: an experiment with its finished and failed runs.
//!
//! In come the study and the folder of its records; out goes `<experiment id>/` below the store, with parameters, metrics with their
//! history, tags and small files of each run. Ids come from the names, so that the same study written again replaces itself. A record
//! holds no date: a run ends when its `result.json` was last changed, and began so many seconds before as it cost.

mod layout;

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::Value;

use self::layout::{Experiment, Run, STATUS_FAILED, STATUS_FINISHED};
use super::{ReportError, Study, StudyEntry, Summary, Written, comparison, table, write_files};
use crate::metric::PartMetrics;
use crate::plan::seed_and_fold;
use crate::record::format::{
    COST_FILE, EPOCHS_FILE, FAILURE_FILE, MODEL_FILE, RESULT_FILE, RUN_FILE, RecordedRun, RunState, TIMING_FILE, WEIGHTS_FILE,
};
use crate::record::{ENVIRONMENT_FILE, Environment, RunCard, StudyFolder};

/// Larger weights are left where they are.
const LARGEST_WEIGHTS: u64 = 10_000_000;

/// Files of a run that are copied; lists of films are not among them.
const COPIED: [&str; 7] = [RUN_FILE, EPOCHS_FILE, TIMING_FILE, RESULT_FILE, COST_FILE, WEIGHTS_FILE, FAILURE_FILE];

/// Writes a study into the store at `store`, which is made where it is not there; `records` is the study's folder. Runs that were not
/// trained are left out, and what else the store holds is left alone.
///
/// # Errors
/// Where the store cannot be written.
pub fn write_mlflow(study: &Study, records: &StudyFolder, store: &Path) -> Result<Written, ReportError> {
    let at = |source| ReportError::Write { path: store.to_owned(), source };
    std::fs::create_dir_all(store).map_err(at)?;
    // Addresses of files are whole, or MLflow would look for them below its own working folder.
    let root = store.canonicalize().map_err(at)?;
    let experiment = experiment(study, records);
    for folder in experiment.folders() {
        let path = store.join(folder);
        std::fs::create_dir_all(&path).map_err(|source| ReportError::Write { path, source })?;
    }
    write_files(experiment.files(&root), store)
}

/// The study with its runs.
fn experiment(study: &Study, records: &StudyFolder) -> Experiment {
    let environment = Environment::read(records.path());
    let summary = Summary::of(study);
    let page = table::markdown::page(&comparison::table(study, &summary));
    let mut runs = Vec::new();
    for entry in &study.entries {
        for (place, state) in entry.runs.iter().enumerate() {
            let card = entry.cards.get(place).cloned().unwrap_or_default();
            runs.extend(run(study, entry, &card, state, &records.run(&card.run_id), environment.as_ref()));
        }
    }
    for run in &mut runs {
        run.artifacts.push(("table.md".to_owned(), page.clone().into_bytes()));
        let environment = std::fs::read(records.path().join(ENVIRONMENT_FILE)).ok();
        run.artifacts.extend(environment.map(|bytes| (ENVIRONMENT_FILE.to_owned(), bytes)));
    }
    Experiment { name: study.name.clone(), title: study.title.clone(), runs }
}

/// One run; none where it was not trained.
fn run(
    study: &Study,
    entry: &StudyEntry,
    card: &RunCard,
    state: &RunState,
    folder: &Path,
    environment: Option<&Environment>,
) -> Option<Run> {
    let (status, seconds, ended) = match state {
        RunState::Done(run) => (STATUS_FINISHED, run.cost.seconds, RESULT_FILE),
        RunState::Failed(_) => (STATUS_FAILED, 0.0, FAILURE_FILE),
        RunState::Missing => return None,
    };
    let end = changed(&folder.join(ended));
    let start = end - (seconds * 1000.0) as i64;
    let (seed, fold) = seed_and_fold(&card.run_id).unwrap_or_default();
    let fold = fold.map_or(String::new(), |fold| format!(", fold {fold}"));
    let mut tags = vec![
        ("mlflow.runName".to_owned(), format!("{}, seed {seed}{fold}", entry.label)),
        ("mlflow.source.name".to_owned(), "bench-run".to_owned()),
        ("mlflow.source.type".to_owned(), "LOCAL".to_owned()),
        ("bench_run.row".to_owned(), entry.label.clone()),
        ("bench_run.run_id".to_owned(), card.run_id.clone()),
        ("bench_run.study".to_owned(), study.name.clone()),
    ];
    tags.extend(environment.map(|found| ("mlflow.source.git.commit".to_owned(), found.revision.clone())));
    let metrics = match state {
        RunState::Done(run) => metrics(run, start, end),
        RunState::Failed(failure) => {
            tags.push(("bench_run.cause".to_owned(), failure.cause.clone()));
            Vec::new()
        }
        RunState::Missing => Vec::new(),
    };
    let params =
        card.settings.as_ref().and_then(|settings| serde_json::to_value(settings).ok()).map_or_else(Vec::new, |settings| params(&settings));
    Some(Run { id: card.run_id.clone(), status, start, end, params, metrics, tags, artifacts: artifacts(folder) })
}

/// When a file was last changed, milliseconds since the Unix epoch; 0 where the system does not tell.
fn changed(path: &Path) -> i64 {
    let time = std::fs::metadata(path).and_then(|found| found.modified()).ok();
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_millis() as i64)
}

/// Settings by their path, as `--set` names them.
fn params(settings: &Value) -> Vec<(String, String)> {
    fn walk(path: &str, value: &Value, params: &mut Vec<(String, String)>) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (key, below) in fields {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&path, below, params);
                }
            }
            Value::String(text) => params.push((path.to_owned(), text.clone())),
            other => params.push((path.to_owned(), other.to_string())),
        }
    }
    let mut params = Vec::new();
    walk("", settings, &mut params);
    params
}

/// Time, value and step of every point of every metric: the columns of `epochs.csv`, the final figures and the cost.
fn metrics(run: &RecordedRun, start: i64, end: i64) -> Vec<(String, Vec<layout::Point>)> {
    let mut seconds = 0.0;
    let times: Vec<i64> = run
        .epochs
        .iter()
        .enumerate()
        .map(|(place, _)| {
            seconds += run.timing.get(place).map_or(0.0, |timing| timing.train_seconds + timing.val_seconds);
            start + (seconds * 1000.0) as i64
        })
        .collect();
    let column = |value: fn(&crate::record::format::EpochRow) -> Option<f64>| {
        run.epochs.iter().zip(&times).filter_map(|(row, time)| Some((*time, value(row)?, row.epoch))).collect::<Vec<_>>()
    };
    let mut metrics = vec![
        ("learning_rate".to_owned(), column(|row| Some(row.learning_rate))),
        ("train_mae_months".to_owned(), column(|row| Some(row.train_mae))),
        ("train_loss".to_owned(), column(|row| Some(row.train_loss))),
        ("train_accuracy".to_owned(), column(|row| Some(row.train_accuracy))),
        ("val_mae_months".to_owned(), column(|row| row.val_mae)),
        ("val_loss".to_owned(), column(|row| row.val_loss)),
        ("val_accuracy".to_owned(), column(|row| row.val_accuracy)),
    ];
    let figures = &run.result.figures;
    let parts = [("train", Some(&figures.train)), ("val", figures.val.as_ref()), ("test", figures.test.as_ref())];
    let step = run.result.reported_epoch;
    let mut last = |name: String, value: f64| metrics.push((name, vec![(end, value, step)]));
    for (part, found) in parts {
        for (figure, value) in found.into_iter().flat_map(final_figures) {
            last(format!("final_{part}_{figure}"), value);
        }
    }
    last("cost_seconds".to_owned(), run.cost.seconds);
    last("cost_images_per_second".to_owned(), run.cost.images_per_second);
    last("parameters".to_owned(), run.result.parameters as f64);
    last("gflops".to_owned(), run.result.gflops);
    if let Some(memory) = run.cost.peak_memory_mib {
        last("cost_peak_memory_mib".to_owned(), memory);
    }
    metrics.retain(|(_, points)| !points.is_empty());
    metrics
}

fn final_figures(part: &PartMetrics) -> Vec<(&'static str, f64)> {
    let PartMetrics { count, mae, rmse, bias, median_absolute_error, r2, concordance, loss, accuracy } = part;
    let known = [
        ("films", Some(*count as f64)),
        ("mae_months", Some(*mae)),
        ("rmse_months", Some(*rmse)),
        ("bias_months", Some(*bias)),
        ("median_absolute_error_months", Some(*median_absolute_error)),
        ("r2", *r2),
        ("concordance", *concordance),
        ("loss", Some(*loss)),
        ("accuracy", Some(*accuracy)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The files of a run that go with it; weights where they are small.
fn artifacts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let is_small = |path: &PathBuf| path.metadata().is_ok_and(|found| found.len() <= LARGEST_WEIGHTS);
    let weights = Some(folder.join(MODEL_FILE)).filter(is_small).map(|_| MODEL_FILE);
    let names = COPIED.into_iter().chain(weights);
    names.filter_map(|name| Some((name.to_owned(), std::fs::read(folder.join(name)).ok()?))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed};
    use super::*;

    fn study() -> Study {
        let mut study = StudyBuilder::new().entry("C/N \"N\"", vec![done(9.0), failed("out of memory"), RunState::Missing]).build();
        let card = |run_id: &str| RunCard { run_id: run_id.into(), text: Some("seed: 0\n".into()), ..RunCard::default() };
        study.entries[0].cards = vec![card("cnn-s0-f2-0384"), card("cnn-s1-f2-0384"), card("cnn-s2-f2-0384")];
        study
    }

    #[test]
    fn a_store_is_written_and_a_second_time_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let records = StudyFolder::new(folder.path(), "10epoch");
        let run = records.run("cnn-s0-f2-0384");
        std::fs::create_dir_all(&run).unwrap();
        for (name, bytes) in [(RESULT_FILE, 9), (MODEL_FILE, 100), (EPOCHS_FILE, 20)] {
            std::fs::write(run.join(name), vec![b'x'; bytes]).unwrap();
        }
        let store = folder.path().join("with space/mlruns");
        let written = write_mlflow(&study(), &records, &store).unwrap();
        assert!(written.files.len() > 40 && written.changed == written.files);
        let read = |end: &str| {
            let path = written.files.iter().find(|path| path.display().to_string().ends_with(end)).unwrap_or_else(|| panic!("{end}"));
            std::fs::read_to_string(path).unwrap()
        };
        assert_eq!(read("metrics/val_mae_months").lines().count(), 10);
        let line = read("metrics/final_test_mae_months");
        let fields: Vec<&str> = line.split_whitespace().collect();
        let mae: f64 = fields[1].parse().unwrap();
        assert!((mae - 10.5).abs() < 1e-9 && (fields.len(), fields[2]) == (3, "10"), "{line}");
        assert_eq!(read("tags/mlflow.runName"), "C/N \"N\", seed 0, fold 2");
        assert_eq!(read("tags/bench_run.cause"), "out of memory");
        assert_eq!(read("artifacts/model.safetensors").len(), 100, "small weights go with the run");
        let folders =
            |kind: &str| walkdir::WalkDir::new(&store).into_iter().filter(|found| found.as_ref().unwrap().file_name() == kind).count();
        assert_eq!(["metrics", "params", "artifacts"].map(folders), [2, 2, 2], "MLflow finds no run without these");
        let metas: Vec<&PathBuf> = written.files.iter().filter(|path| path.ends_with("meta.yaml")).collect();
        assert_eq!(metas.len(), 1 + 2, "the run that was not trained is left out");
        let location: Value = serde_yaml::from_str(&std::fs::read_to_string(metas[0]).unwrap()).unwrap();
        assert!(location["artifact_location"].as_str().unwrap().contains("/with%20space/mlruns/"), "{location}");
        assert!(write_mlflow(&study(), &records, &store).unwrap().changed.is_empty());
    }

    #[test]
    fn settings_are_named_as_set_names_them() {
        let settings =
            serde_json::json!({ "train": { "epochs": 3, "ema": null, "loss": "mse" }, "split": { "stratify": ["age"] }, "seed": 0 });
        let expected =
            [("seed", "0"), ("split.stratify", "[\"age\"]"), ("train.ema", "null"), ("train.epochs", "3"), ("train.loss", "mse")];
        let mut found = params(&settings);
        found.sort();
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_store_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "a file").unwrap();
        let message = write_mlflow(&study(), &StudyFolder::new(folder.path(), "x"), &taken).unwrap_err().to_string();
        assert!(message.starts_with(&format!("failed to write {}", taken.display())), "{message}");
    }
}
