//! Every command that the documents show, run as it stands; and that their links lead somewhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::helpers::{Ended, TestProject};

/// Commands that are not run, since they take minutes or need more than this machine has; each must exist.
const NOT_RUN: [&str; 11] = [
    "scripts/test",
    "scripts/libtorch",
    "scripts/reference/run",
    "scripts/bench-films",
    "scripts/bench-peers",
    "scripts/fuzz",
    "scripts/soak",
    "scripts/page-check",
    "scripts/check-exports",
    "cargo build",
    "cargo install",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for users, by their paths from the root.
fn documents() -> Vec<PathBuf> {
    let mut documents = vec![PathBuf::from("README.md")];
    let docs = fs::read_dir(root().join("docs")).into_iter().flatten().flatten();
    documents
        .extend(docs.map(|entry| Path::new("docs").join(entry.file_name())).filter(|path| path.extension().is_some_and(|end| end == "md")));
    documents.sort();
    documents
}

/// The lines of the blocks of a document that are commands, without what is said behind them.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fence: Option<bool> = None;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language == "sh") };
            continue;
        }
        let command = match fence {
            Some(true) => line,
            Some(false) => continue,
            None => match line.strip_prefix("    ") {
                Some(line) if is_command(line) => line,
                _ => continue,
            },
        };
        let command = command.split("  #").next().unwrap_or_default().trim();
        if !command.is_empty() && !command.starts_with('#') {
            commands.push(command.to_owned());
        }
    }
    commands
}

fn is_command(line: &str) -> bool {
    ["bench-run ", "scripts/", "cargo "].iter().any(|begin| line.starts_with(begin))
}

/// A folder in which the documents' commands can be run: the experiments, made small, and films and labels under the names that the
/// documents use for the reader's own.
fn sandbox() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(40);
    fs::create_dir(project.path("FOLDER")).unwrap();
    for (name, also) in [("films", "DIR"), ("labels.csv", "FILE")] {
        let place = project.path("FOLDER").join(name);
        fs::rename(project.path(name), &place).unwrap();
        symlink(&place, project.path(also)).unwrap();
    }
    for experiment in fs::read_dir(root().join("experiments")).unwrap().flatten() {
        let name = experiment.file_name().into_string().unwrap();
        if let Some(stem) = name.strip_suffix(".yaml") {
            fs::create_dir_all(project.path("experiments/full")).unwrap();
            fs::copy(experiment.path(), project.path("experiments/full").join(&name)).unwrap();
            project.write(&format!("experiments/{name}"), &made_small(stem, &fs::read_to_string(experiment.path()).unwrap()));
        }
    }
    project.write("scripts/bench-run", "#!/bin/sh\nexec bench-run \"$@\"\n");
    let script = project.path("scripts/bench-run");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(project.path("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_bench-run"), project.path("bin/bench-run")).unwrap();
    project
}

/// The rows of the published tables, for patterns on their names; all but the first are one small network here.
const ROWS: [&str; 9] =
    ["CNN", "VGG19", "VGG16", "U-Net encoder", "Attention CNN", "EfficientNetV2S", "ResNet50", "Vision Transformer", "YOLOv8-cls"];

/// A spec that extends an experiment and takes seconds.
fn made_small(stem: &str, text: &str) -> String {
    let phantom = if text.contains("phantom:") { "data: { phantom: { count: 40 } }\n" } else { "" };
    let epochs = if stem.ends_with("18epoch") { 2 } else { 1 };
    let rows: Vec<String> = ROWS.iter().map(|row| format!("cervical_cnn: {{ label: {row} }}")).collect();
    format!(
        "name: {stem}\nextends: full/{stem}.yaml\n{phantom}image: {{ size: 32 }}\ntrain: {{ epochs: {epochs}, batch_size: 8, warmup_epochs: 0 }}\n\
         backbones: [cnn, {}]\nseeds: [0]\nreport: {{ readme: null }}\n",
        rows[1..].join(", ")
    )
}

fn run(project: &TestProject, command: &str) -> Ended {
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", command]).current_dir(project.path(""));
    shell.env("PATH", path).env("BENCH_RUN_CACHE", project.path("cache")).env("OMP_NUM_THREADS", "1");
    Ended::of(shell.stdin(std::process::Stdio::null()))
}

/// Runs every command of the documents that are `wanted`, each document's in a folder of its own; their number.
fn run_commands(wanted: impl Fn(&Path) -> bool) -> usize {
    let mut count = 0;
    for document in documents().into_iter().filter(|document| wanted(document)) {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        let project = sandbox();
        for command in commands(&text) {
            if let Some(known) = NOT_RUN.iter().find(|known| command.starts_with(**known)) {
                assert!(!known.starts_with("scripts/") || root().join(known).exists(), "{}: {command}", document.display());
                continue;
            }
            let ended = run(&project, &command);
            assert_eq!(ended.code, 0, "{}: {command}\nstdout:\n{}\nstderr:\n{}", document.display(), ended.stdout, ended.stderr);
            count += 1;
        }
    }
    count
}

const READ_ME: &str = "README.md";
const TUTORIAL: &str = "docs/tutorial.md";

#[test]
fn every_command_of_the_readme_runs() {
    assert!(run_commands(|document| document == Path::new(READ_ME)) >= 5);
}

#[test]
fn every_command_of_the_tutorial_runs() {
    assert!(run_commands(|document| document == Path::new(TUTORIAL)) >= 10);
}

#[test]
fn every_command_of_the_other_documents_runs() {
    assert!(run_commands(|document| ![READ_ME, TUTORIAL].map(Path::new).contains(&document)) >= 3);
}

#[test]
fn every_link_of_the_documents_leads_to_a_file() {
    for document in documents() {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        let folder = document.parent().unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains("://") {
                continue;
            }
            let file = if path.is_empty() { document.clone() } else { folder.join(path) };
            assert!(root().join(&file).exists(), "{}: {target}", document.display());
            if file.extension().is_some_and(|end| end == "md") && !anchor.is_empty() {
                let text = fs::read_to_string(root().join(&file)).unwrap();
                assert!(text.lines().any(|line| is_heading(line, anchor)), "{}: {target} names no heading", document.display());
            }
        }
    }
}

/// Whether a line is the heading that an anchor names, as the usual viewers make anchors.
fn is_heading(line: &str, anchor: &str) -> bool {
    let Some(title) = line.strip_prefix('#') else { return false };
    let kept = title.trim_start_matches('#').trim().to_lowercase();
    let made: String = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect();
    made.replace(' ', "-") == anchor
}
