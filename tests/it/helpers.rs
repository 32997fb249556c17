//! A temporary project: a folder with specs, films and results, and the program run in it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::{GrayImage, Luma};
use tempfile::TempDir;

/// A folder of its own for one test, with a cache of its own.
pub(crate) struct TestProject {
    folder: TempDir,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The run itself, if it ended with that code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        for trace in ["panicked at", "Exception raised", "stack backtrace"] {
            assert!(!self.stderr.contains(trace), "a user sees a trace:\n{}", self.stderr);
        }
        self
    }

    /// Whether stderr holds every one of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in stderr:\n{}", self.stderr);
        }
        self
    }
}

impl TestProject {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Films in the RSNA layout, `films/<id>.png` and `labels.csv`; the older the brighter, so that there is something
    /// to learn, and each with spots of its own, so that no two show the same.
    pub(crate) fn rsna_films(&self, count: u32) -> &Self {
        let mut labels = "id,boneage,male\n".to_owned();
        fs::create_dir_all(self.path("films")).unwrap();
        for id in 1..=count {
            let months = id * 200 / count;
            let film = GrayImage::from_fn(40, 50, |x, y| Luma([(months + spot(id, x / 8, y / 10) + (x * y) % 17) as u8]));
            film.save(self.path(&format!("films/{id}.png"))).unwrap();
            let male = if id % 2 == 0 { "True" } else { "False" };
            writeln!(labels, "{id},{months},{male}").unwrap();
        }
        self.write("labels.csv", &labels)
    }

    /// A spec over those films with two small networks.
    pub(crate) fn rsna_spec(&self) -> &Self {
        self.write(
            "spec.yaml",
            "name: small\n\
             data: { rsna: { images: films, labels: labels.csv } }\n\
             image: { size: 32 }\n\
             split: { val: 0.25, test: 0.25 }\n\
             train: { epochs: 2, batch_size: 8, precision: fp32 }\n\
             report: { readme: README.md }\n\
             backbones: [cnn, cervical_cnn]\n",
        )
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bench-run"));
        command.args(arguments).current_dir(self.folder.path()).env("BENCH_RUN_CACHE", self.path("cache"));
        // Several tests run at once, and the number of threads is part of what is compared.
        command.env("OMP_NUM_THREADS", "1").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }

    /// As `run`, with an environment variable.
    pub(crate) fn run_with(&self, variable: &str, value: &str, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).env(variable, value))
    }

    /// The folder of the one run whose id begins so.
    pub(crate) fn run_folder(&self, results: &str, prefix: &str) -> PathBuf {
        let runs = self.path(results).join("runs");
        let mut found: Vec<PathBuf> = fs::read_dir(&runs).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

/// The level of a spot of a film, 0 to 31.
fn spot(film: u32, column: u32, row: u32) -> u32 {
    let mixed = film.wrapping_mul(73_856_093) ^ column.wrapping_mul(19_349_663) ^ row.wrapping_mul(83_492_791);
    mixed.wrapping_mul(2_654_435_761) >> 27
}

/// Every file below a folder with its bytes, by relative path.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().strip_prefix(folder).unwrap().display().to_string(), fs::read(entry.path()).unwrap())).collect()
}

/// What a clock touches.
pub(crate) const TIMED: [&str; 9] = [
    "timing.csv",
    "cost.json",
    "log.txt",
    "cost.md",
    "cost.csv",
    "cost.tex",
    "plots/cost_vs_mae.svg",
    "plots/cost_vs_mae.png",
    "report.html",
];
/// Whether a file or folder is one that is being written, or was when the program was killed.
pub(crate) fn is_temporary(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with('.') && (name.contains(".tmp") || name.starts_with(".building"))
}

/// All that must be the same, by name: everything in the results folder but what a clock touches and what only a resumption needs.
pub(crate) fn outcome(project: &TestProject, results: &str) -> BTreeMap<String, Vec<u8>> {
    let untimed = |name: &str| !TIMED.iter().any(|timed| name.ends_with(timed));
    let files = files_below(&project.path(results)).into_iter();
    let mut kept: BTreeMap<String, Vec<u8>> =
        files.filter(|(name, _)| untimed(name) && !name.contains("/checkpoint/") && !is_temporary(name)).collect();
    assert!(!kept.keys().any(|name| name.contains("/attempts/")), "nothing is left of the attempts: {:?}", kept.keys());
    kept.extend(fs::read(project.path("README.md")).map(|bytes| ("README.md".to_owned(), bytes)));
    kept
}

#[track_caller]
pub(crate) fn assert_same(undisturbed: &BTreeMap<String, Vec<u8>>, found: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(undisturbed.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (name, bytes) in undisturbed {
        assert!(*bytes == found[name], "{name} differs from that of an undisturbed run");
    }
    for name in ["result.json", "predictions.csv", "epochs.csv", "model.safetensors", "table.md", "table.csv", "table.tex"] {
        assert!(undisturbed.keys().any(|found| found.ends_with(name)), "{name}");
    }
}

/// Wait until a line of the program's stderr holds these words.
pub(crate) fn await_words(lines: &mut impl Iterator<Item = String>, words: &str) -> String {
    let mut said = String::new();
    for line in lines {
        said += &(line + "\n");
        if said.contains(words) {
            return said;
        }
    }
    panic!("{words:?} was not said:\n{said}");
}
