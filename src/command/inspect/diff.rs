//! `bench-run diff RUN RUN`: what two runs differ in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::find::find_run;
use super::{InspectOptions, print, print_json};
use crate::command::tables::table;
use crate::error::{DONE, Error};
use crate::human::digits;
use crate::record::format::COST_FILE;
use crate::record::{KnownRun, Stage, read_settings, read_value};

/// What differs, for programs.
#[derive(Serialize)]
struct Differences {
    /// Their ids.
    runs: [String; 2],
    /// Whether every setting is the same.
    same_settings: bool,
    settings: Vec<Difference>,
    environment: Vec<Difference>,
    /// Ages in months.
    metrics: Vec<Difference>,
}

/// A key with two values.
#[derive(Serialize)]
struct Difference {
    key: String,
    /// None where the run has no such key.
    values: [Option<Value>; 2],
}

/// Print what differs between two runs.
///
/// # Errors
/// If a run is not there, or its settings cannot be read.
pub fn diff(runs: [&str; 2], options: &InspectOptions) -> Result<u8, Error> {
    let [left, right] = [find_run(runs[0], &options.results)?, find_run(runs[1], &options.results)?];
    let sides = [&left, &right];
    let settings = [flat_settings(&left.1)?, flat_settings(&right.1)?];
    let environment = sides.map(|(study, run)| environment(study, run));
    let metrics = sides.map(|(_, run)| metrics(run));
    let settings = differences(&settings);
    let found = Differences {
        runs: sides.map(|(_, run)| run.id.clone()),
        same_settings: settings.is_empty(),
        settings,
        environment: differences(&environment),
        metrics: differences(&metrics),
    };
    if options.json {
        print_json(&found);
    } else {
        print(&in_words(&found, sides.map(|(_, run)| run), options.width));
    }
    Ok(DONE)
}

/// Values by key path.
type Flat = BTreeMap<String, Value>;

fn flat_settings(run: &KnownRun) -> Result<Flat, Error> {
    let settings = serde_json::to_value(read_settings(&run.folder)?).expect("words and numbers");
    Ok(flattened(&settings))
}

fn environment(study: &Path, run: &KnownRun) -> Flat {
    let mut found = read_value(&study.join("environment.json")).map(|value| flattened(&value)).unwrap_or_default();
    // What the run itself says of its place wins over what the study's last command says.
    let cost = read_value(&run.folder.join(COST_FILE)).map(|value| flattened(&value)).unwrap_or_default();
    found.extend(cost.into_iter().filter(|(key, _)| ["device", "threads", "fast"].contains(&key.as_str())));
    found
}

fn metrics(run: &KnownRun) -> Flat {
    let Stage::Done(result) = &run.stage else { return Flat::new() };
    let mut found = flattened(&serde_json::to_value(&result.figures).expect("numbers"));
    let counts = [("epochs_trained", result.epochs_trained), ("reported_epoch", result.reported_epoch)];
    found.extend(counts.map(|(key, count)| (key.to_owned(), count.into())));
    found.insert("parameters".to_owned(), result.parameters.into());
    let cost = read_value(&run.folder.join(COST_FILE)).unwrap_or_default();
    for key in ["seconds", "images_per_second", "peak_memory_mib"] {
        found.extend(cost.get(key).map(|value| (format!("cost.{key}"), value.clone())));
    }
    found
}

/// Every single value by the path to it; a list is one value.
fn flattened(value: &Value) -> Flat {
    let mut found = Flat::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let below = |key: &String| if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                open.extend(fields.iter().map(|(key, value)| (below(key), value)));
            }
            _ => _ = found.insert(path, value.clone()),
        }
    }
    found
}

fn differences([left, right]: &[Flat; 2]) -> Vec<Difference> {
    let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let pair = |key: &String| [left.get(key).cloned(), right.get(key).cloned()];
    let differing = keys.into_iter().map(|key| Difference { key: key.clone(), values: pair(key) });
    differing.filter(|difference| difference.values[0] != difference.values[1]).collect()
}

fn in_words(found: &Differences, runs: [&KnownRun; 2], width: u16) -> String {
    let mut text = format!("A: {}  ({})\nB: {}  ({})\n", found.runs[0], runs[0].folder.display(), found.runs[1], runs[1].folder.display());
    text.push_str(&heading_of_settings(found));
    part(&mut text, &found.settings, width, &["setting", "A", "B"], 3);
    let _ = write!(text, "\nEnvironment: {}\n", if found.environment.is_empty() { "the same" } else { "it differs" });
    part(&mut text, &found.environment, width, &["of the environment", "A", "B"], 3);
    let unfinished: Vec<&str> = runs.iter().filter(|run| !matches!(run.stage, Stage::Done(_))).map(|run| run.id.as_str()).collect();
    let metrics = match (unfinished.as_slice(), found.metrics.is_empty()) {
        ([], true) => "the same".to_owned(),
        ([], false) => "ages in months".to_owned(),
        (unfinished, _) => format!("not finished: {}", unfinished.join(", ")),
    };
    let _ = write!(text, "\nFigures: {metrics}\n");
    part(&mut text, &found.metrics, width, &["figure", "A", "B", "B − A"], 1);
    text
}

fn heading_of_settings(found: &Differences) -> String {
    let [left, right] = &found.runs;
    if !found.same_settings {
        "\nSettings: they differ\n".to_owned()
    } else if left == right {
        "\nSettings: the same settings, films and split\n".to_owned()
    } else {
        "\nSettings: the same settings; the ids differ, so the films or the split do (compare `splits.csv`)\n".to_owned()
    }
}

fn part(text: &mut String, differences: &[Difference], width: u16, headings: &[&str], numbers: usize) {
    if differences.is_empty() {
        return;
    }
    let row = |Difference { key, values: [left, right] }: &Difference| {
        let change = match (left.as_ref().and_then(Value::as_f64), right.as_ref().and_then(Value::as_f64)) {
            (Some(left), Some(right)) => format!("{}{}", if right > left { "+" } else { "" }, digits(right - left)),
            _ => String::new(),
        };
        let mut cells = vec![key.clone(), shown(left.as_ref()), shown(right.as_ref())];
        cells.extend((headings.len() > 3).then_some(change));
        cells
    };
    let _ = writeln!(text, "{}", table(headings, differences.iter().map(row).collect(), numbers..headings.len(), width));
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_f64() => digits(number.as_f64().unwrap_or_default()),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn single_values_are_compared_by_their_paths() {
        let left = flattened(&json!({ "train": { "epochs": 10, "ema": null }, "list": [1, 2], "same": "x", "empty": {} }));
        let right = flattened(&json!({ "train": { "epochs": 18 }, "list": [1], "same": "x", "empty": {} }));
        let found: Vec<_> = differences(&[left, right]).into_iter().map(|found| (found.key, found.values)).collect();
        assert_eq!(
            found,
            [
                ("list".to_owned(), [Some(json!([1, 2])), Some(json!([1]))]),
                ("train.ema".to_owned(), [Some(Value::Null), None]),
                ("train.epochs".to_owned(), [Some(json!(10)), Some(json!(18))]),
            ]
        );
    }
}
