//! The studies under `results/published` are what the program makes of their records, here and now.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::helpers::Ended;

/// Where the films were; a report looks at none, but the page shows the last part of the paths.
const PLACES: [(&str, &[&str]); 3] = [
    ("cervical", &["data.filename.root=cervical"]),
    ("hand", &["data.rsna.images=images", "data.rsna.labels=boneage-training-dataset.csv"]),
    ("", &[]),
];

#[test]
fn published_studies_are_what_their_records_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = fs::read_dir(root.join("results/published"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no study is published");
    for name in names {
        let spec = format!("experiments/{name}.yaml");
        let (_, sets) = PLACES.iter().find(|(beginning, _)| name.starts_with(beginning)).unwrap();
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_bench-run"));
        command.args(["report", &spec, "--check", "--results", "results/published"]).args(sets);
        Ended::of(command.current_dir(root).stdin(Stdio::null())).expect(0);
    }
}

#[test]
fn published_studies_hold_neither_films_nor_weights() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/published");
    for entry in walkdir::WalkDir::new(&folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let path = entry.path().strip_prefix(&folder).unwrap().display().to_string();
        assert!(!path.ends_with(".safetensors") && !path.contains("/sheets/") && !path.contains("/checkpoint/"), "{path}");
        let text = fs::read(entry.path()).unwrap();
        let names_a_home = [b"/home/".as_slice(), b"/root/"].iter().any(|home| text.windows(home.len()).any(|window| window == *home));
        assert!(!names_a_home, "{path} names a folder of somebody's machine");
    }
}
