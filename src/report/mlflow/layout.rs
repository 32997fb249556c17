//! Where the file store of MLflow keeps what, as MLflow 3 writes and reads it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::ReportFile;

/// Of a run that ended well.
pub(super) const STATUS_FINISHED: u8 = 3;
/// Of one that did not.
pub(super) const STATUS_FAILED: u8 = 4;
/// A program on the same machine.
const SOURCE_LOCAL: u8 = 4;
/// Longest value of a parameter that MLflow takes.
const LONGEST_PARAM: usize = 6000;

/// Milliseconds since the Unix epoch, value and step.
pub(super) type Point = (i64, f64, u32);

/// A study.
pub(super) struct Experiment {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) runs: Vec<Run>,
}

/// One of its runs.
pub(super) struct Run {
    /// As the record names it.
    pub(super) id: String,
    pub(super) status: u8,
    /// Milliseconds since the Unix epoch.
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) params: Vec<(String, String)>,
    pub(super) metrics: Vec<(String, Vec<Point>)>,
    /// The first is the run's name.
    pub(super) tags: Vec<(String, String)>,
    pub(super) artifacts: Vec<(String, Vec<u8>)>,
}

#[derive(Serialize)]
struct ExperimentMeta<'a> {
    artifact_location: String,
    creation_time: i64,
    experiment_id: &'a str,
    last_update_time: i64,
    lifecycle_stage: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct RunMeta<'a> {
    artifact_uri: String,
    end_time: i64,
    entry_point_name: &'static str,
    experiment_id: &'a str,
    lifecycle_stage: &'static str,
    run_id: &'a str,
    run_name: &'a str,
    run_uuid: &'a str,
    source_name: &'static str,
    source_type: u8,
    source_version: &'static str,
    start_time: i64,
    status: u8,
    tags: [u8; 0],
    user_id: &'static str,
}

impl Experiment {
    /// The folders that every run has, be they empty: MLflow finds no run without them.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let id = experiment_id(&self.name);
        let of_run = |run: &Run| {
            let folder = PathBuf::from(&id).join(run_id(&self.name, &run.id));
            ["metrics", "params", "tags", "artifacts"].map(|kind| folder.join(kind))
        };
        self.runs.iter().flat_map(of_run).collect()
    }

    /// All files below the store, whose whole path is `root`.
    pub(super) fn files(&self, root: &Path) -> Vec<ReportFile> {
        let id = experiment_id(&self.name);
        let meta = ExperimentMeta {
            artifact_location: address(&root.join(&id)),
            creation_time: self.runs.iter().map(|run| run.start).min().unwrap_or_default(),
            experiment_id: &id,
            last_update_time: self.runs.iter().map(|run| run.end).max().unwrap_or_default(),
            lifecycle_stage: "active",
            name: &self.name,
        };
        let mut files = vec![file(&id, "meta.yaml", yaml(&meta)), file(&id, "tags/mlflow.note.content", self.title.clone().into_bytes())];
        files.extend(self.runs.iter().flat_map(|run| run.files(&self.name, &id, root)));
        files
    }
}

impl Run {
    fn files(&self, study: &str, experiment: &str, root: &Path) -> Vec<ReportFile> {
        let id = run_id(study, &self.id);
        let folder = format!("{experiment}/{id}");
        let meta = RunMeta {
            artifact_uri: address(&root.join(&folder).join("artifacts")),
            end_time: self.end,
            entry_point_name: "",
            experiment_id: experiment,
            lifecycle_stage: "active",
            run_id: &id,
            run_name: self.tags.first().map_or("", |(_, name)| name),
            run_uuid: &id,
            source_name: "",
            source_type: SOURCE_LOCAL,
            source_version: "",
            start_time: self.start,
            status: self.status,
            tags: [],
            user_id: "",
        };
        let line = |(time, value, step): &Point| format!("{time} {value} {step}\n");
        let below = |kind: &str, name: &str, bytes: Vec<u8>| file(&folder, &format!("{kind}/{name}"), bytes);
        let mut files = vec![file(&folder, "meta.yaml", yaml(&meta))];
        files.extend(self.params.iter().map(|(name, value)| below("params", name, cut(value).into())));
        files.extend(self.metrics.iter().map(|(name, points)| below("metrics", name, points.iter().map(line).collect::<String>().into())));
        files.extend(self.tags.iter().map(|(name, value)| below("tags", name, value.clone().into())));
        files.extend(self.artifacts.iter().map(|(name, bytes)| below("artifacts", name, bytes.clone())));
        files
    }
}

fn file(folder: &str, name: &str, bytes: Vec<u8>) -> ReportFile {
    ReportFile { path: format!("{folder}/{name}").into(), bytes }
}

fn yaml(meta: &impl Serialize) -> Vec<u8> {
    serde_yaml::to_string(meta).expect("words and numbers").into_bytes()
}

/// As much of a value as MLflow takes.
fn cut(value: &str) -> &str {
    let end = (0..=LONGEST_PARAM.min(value.len())).rev().find(|end| value.is_char_boundary(*end)).unwrap_or_default();
    &value[..end]
}

/// Eighteen digits, as MLflow makes them, from the name of the study.
fn experiment_id(name: &str) -> String {
    let hash = u64::from_le_bytes(blake3::hash(name.as_bytes()).as_bytes()[..8].try_into().expect("a hash has 32 bytes"));
    (100_000_000_000_000_000 + hash % 900_000_000_000_000_000).to_string()
}

/// Thirty-two hexadecimal digits, from the names of study and run.
fn run_id(study: &str, id: &str) -> String {
    blake3::hash(format!("{study}/{id}").as_bytes()).to_hex()[..32].to_owned()
}

/// A folder as an address.
fn address(path: &Path) -> String {
    let mut address = "file://".to_owned();
    for byte in path.to_string_lossy().replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            other => {
                let _ = write!(address, "%{other:02X}");
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_the_right_shape_and_of_the_name_alone() {
        let id = experiment_id("quick");
        assert!(id.len() == 18 && id.chars().all(|c| c.is_ascii_digit()), "{id}");
        assert_eq!(id, experiment_id("quick"));
        assert_ne!(id, experiment_id("quick2"));
        assert!(run_id("a", "b").len() == 32 && run_id("a", "b") != run_id("b", "b"));
    }

    #[test]
    fn an_address_escapes_what_is_no_letter_and_a_long_value_is_cut_between_letters() {
        assert_eq!(address(Path::new("/a b/é")), "file:///a%20b/%C3%A9");
        let long = "é".repeat(LONGEST_PARAM);
        assert_eq!(cut(&long).len(), LONGEST_PARAM);
        assert_eq!(cut("short"), "short");
    }
}
