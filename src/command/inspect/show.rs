//! `bench-run show RUN`: settings, figures, weights, environment, files and cost of one run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::find::find_run;
use super::list::{RunRow, run_row, stage_in_words, unit_of};
use super::{InspectOptions, print, print_json};
use crate::command::tables::table;
use crate::error::{DONE, Error};
use crate::human::{digits, minute, size};
use crate::metric::PartMetrics;
use crate::record::format::{COST_FILE, RUN_FILE, WEIGHTS_FILE};
use crate::record::{CHECKPOINT_FOLDER, KnownRun, KnownStudy, Stage, bytes_below, read_settings, read_value, study};
use crate::spec::AgeUnit;

/// All that is known of a run.
#[derive(Serialize)]
struct Facts {
    study: String,
    #[serde(flatten)]
    run: RunRow,
    /// As `run.yaml` has them; none where it is not there.
    settings: Option<Value>,
    /// As `result.json`.
    result: Option<Value>,
    /// As `cost.json`.
    cost: Option<Value>,
    /// As `weights.json`.
    weights: Option<Value>,
    /// As `environment.json` of the study, which is that of its last command.
    environment: Option<Value>,
    files: Vec<FileRow>,
}

/// A file of the run's folder, or its checkpoint.
#[derive(Serialize)]
struct FileRow {
    name: String,
    bytes: u64,
}

/// Print what is known of a run.
///
/// # Errors
/// If there is no such run, or several.
pub fn show(run: &str, options: &InspectOptions) -> Result<u8, Error> {
    let (folder, known) = find_run(run, &options.results)?;
    let study = study(&folder).ok_or(Error::NotARun { folder })?;
    let facts = facts(&study, &known);
    if options.json {
        print_json(&facts);
    } else {
        print(&in_words(&facts, &study, &known, options.width));
    }
    Ok(DONE)
}

fn facts(study: &KnownStudy, known: &KnownRun) -> Facts {
    let settings = read_settings(&known.folder).ok();
    let value = |name: &str| read_value(&known.folder.join(name));
    Facts {
        study: study.name.clone(),
        run: run_row(study, known),
        settings: settings.and_then(|settings| serde_json::to_value(settings).ok()),
        result: value("result.json"),
        cost: value(COST_FILE),
        weights: value(WEIGHTS_FILE),
        environment: read_value(&study.folder.join("environment.json")),
        files: files(&known.folder),
    }
}

fn files(folder: &Path) -> Vec<FileRow> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| FileRow { name: name(path), bytes: bytes_below(path) }).collect()
}

fn in_words(facts: &Facts, study: &KnownStudy, known: &KnownRun, width: u16) -> String {
    let label = facts.run.label.as_ref().map_or_else(|| "in no table".to_owned(), |label| format!("{label} in the table"));
    let when = known.changed.map_or_else(String::new, |time| format!(", {} UTC", minute(time)));
    let mut text =
        format!("{} of {} ({label})\n{}{when}\n{}\n", known.id, study.name, stage_in_words(&known.stage), known.folder.display());
    if let Stage::Done(result) = &known.stage {
        let unit = unit_of(study);
        let figures = &result.figures;
        let parts = [("train", Some(&figures.train)), ("val", figures.val.as_ref()), ("test", figures.test.as_ref())];
        let rows = parts.into_iter().filter_map(|(name, part)| Some(figures_row(name, part?, unit))).collect();
        let headings = ["part", "films", "MAE", "RMSE", "bias", "median error", "R²", "accuracy", "loss"];
        let _ = write!(
            text,
            "\nFigures ({}, epoch {})\n{}\n",
            unit.name(),
            result.reported_epoch,
            table(&headings, rows, 1..headings.len(), width)
        );
    }
    let yaml = std::fs::read_to_string(known.folder.join(RUN_FILE)).unwrap_or_else(|_| "not written yet\n".to_owned());
    section(&mut text, &format!("Settings ({RUN_FILE})"), &yaml);
    section(&mut text, "Weights that it started from", &weights_in_words(facts.weights.as_ref()));
    section(&mut text, "Cost", &lines_of(facts.cost.as_ref(), "not known before the run is done"));
    section(&mut text, "Environment of the study's last command", &lines_of(facts.environment.as_ref(), "not known"));
    let file = |file: &FileRow| format!("{:>11}  {}", size(file.bytes), described(&file.name));
    section(&mut text, "Files", &facts.files.iter().map(file).collect::<Vec<_>>().join("\n"));
    text
}

fn section(text: &mut String, heading: &str, lines: &str) {
    let _ = write!(text, "\n{heading}\n");
    for line in lines.lines() {
        let _ = writeln!(text, "  {line}");
    }
}

fn figures_row(name: &str, part: &PartMetrics, unit: AgeUnit) -> Vec<String> {
    let PartMetrics { count, mae, rmse, bias, median_absolute_error, r2, concordance: _, loss, accuracy } = part;
    let age = |months: &f64| format!("{:.2}", months / unit.months());
    let r2 = r2.map_or_else(|| "–".to_owned(), |r2| format!("{r2:.3}"));
    let accuracy = format!("{:.1} %", accuracy * 100.0);
    vec![name.to_owned(), count.to_string(), age(mae), age(rmse), age(bias), age(median_absolute_error), r2, accuracy, format!("{loss:.3}")]
}

fn weights_in_words(weights: Option<&Value>) -> String {
    let Some(weights) = weights else { return "none: drawn from the seed".to_owned() };
    let count = |key: &str| weights[key].as_array().map_or(0, Vec::len);
    format!(
        "{}\nSHA-256 {}\n{} tensors taken as they are, {} changed to fit, {} new, {} left out",
        weights["source"].as_str().unwrap_or_default(),
        weights["sha256"].as_str().unwrap_or_default(),
        count("loaded"),
        count("adapted"),
        count("missing"),
        count("left_out") + count("unexpected")
    )
}

/// One line for each field.
fn lines_of(value: Option<&Value>, none: &str) -> String {
    let Some(fields) = value.and_then(Value::as_object) else { return none.to_owned() };
    let line = |(key, value): (&String, &Value)| match value {
        Value::String(text) => format!("{key}: {text}"),
        Value::Null => format!("{key}: not known"),
        Value::Number(number) if number.is_f64() => format!("{key}: {}", digits(number.as_f64().unwrap_or_default())),
        other => format!("{key}: {other}"),
    };
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A file's name with what it holds.
fn described(name: &str) -> String {
    let what = match name {
        "run.yaml" => "resolved settings",
        "epochs.csv" => "one row per epoch",
        "timing.csv" => "what each epoch cost",
        "predictions.csv" => "true and predicted age of every validation and test film",
        "result.json" => "final figures",
        "cost.json" => "what the run cost",
        "failure.json" => "why it failed",
        "model.safetensors" => "the weights; `predict` and `export` use them",
        "weights.json" => "what became of the weights that it started from",
        "lr_find.csv" => "the search for the learning rate",
        "log.txt" => "all that the run said",
        CHECKPOINT_FOLDER => "its last state, from which it or a longer run goes on",
        _ => return name.to_owned(),
    };
    format!("{name}: {what}")
}
