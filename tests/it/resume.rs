//! Kills and signals: the same command goes on and ends with the bytes of an undisturbed run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::helpers::{TestProject, assert_same, await_words, files_below, is_temporary, outcome};

/// Three small networks which between them have batch norm, dropout, an average of the weights, the best epoch, a rising
/// learning rate, two optimizers and, where the machine has it, bf16.
const SPEC: &str = "\
name: small
data: { phantom: { count: 40, seed: 3 } }
image: { size: 32 }
split: { val: 0.2, test: 0.2 }
augment: { rotate: 10, noise: 0.02, flip: 0.5 }
head: { hidden: [32], dropout: 0.5 }
train: { epochs: 3, batch_size: 8, learning_rate: 1.0e-3 }
report: { epoch: best, readme: README.md }
backbones:
  - cnn: { train: { ema: 0.9 } }
  - yolo
  - attention: { train: { optimizer: sgd, warmup_epochs: 1, precision: bf16 } }
";
const README: &str = "<!-- bench-run:begin small -->\n<!-- bench-run:end small -->\n";
/// A checkpoint after every step, so that kills meet many of them half written.
const COMMAND: [&str; 3] = ["spec.yaml", "--checkpoint-minutes", "0"];

fn project() -> TestProject {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC).write("README.md", README);
    project
}

fn start(project: &TestProject, arguments: &[&str]) -> Child {
    project.command(arguments).env("OMP_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What the program is doing, by the files that it has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    StartUp,
    Caching,
    Steps,
    WritingACheckpoint,
    WritingARecord,
    WritingTables,
}

const STAGES: [Stage; 6] =
    [Stage::StartUp, Stage::Caching, Stage::Steps, Stage::WritingACheckpoint, Stage::WritingARecord, Stage::WritingTables];

/// The program while it runs, and what it has said.
struct Watched {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Half-written files of earlier attempts.
    old: Vec<String>,
}

impl Watched {
    fn start(project: &TestProject) -> Self {
        let old = half_written(project);
        let mut child = start(project, &COMMAND);
        let said = Arc::new(Mutex::new(String::new()));
        let (stderr, heard) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *heard.lock().unwrap() += &(line + "\n");
            }
        });
        Self { child, said, old }
    }

    fn stage(&self, project: &TestProject) -> Stage {
        let said = self.said.lock().unwrap().clone();
        if said.contains("tables and plots are in") {
            return Stage::WritingTables;
        }
        let half: Vec<String> = half_written(project).into_iter().filter(|name| !self.old.contains(name)).collect();
        if !said.contains(": starts (") {
            let building = half.iter().any(|name| name.contains(".building"));
            return if building { Stage::Caching } else { Stage::StartUp };
        }
        if half.iter().any(|name| name.contains("/checkpoint/")) {
            return Stage::WritingACheckpoint;
        }
        let attempts = walkdir::WalkDir::new(project.path("results/small/attempts")).into_iter().flatten();
        let mut names = attempts.map(|entry| entry.file_name().to_owned());
        if names.any(|name| name == "predictions.csv") { Stage::WritingARecord } else { Stage::Steps }
    }
}

/// Temporary files and folders, by path.
fn half_written(project: &TestProject) -> Vec<String> {
    let entries = ["results", "cache"].map(|folder| walkdir::WalkDir::new(project.path(folder)).into_iter().flatten());
    let names = entries.into_iter().flatten().map(|entry| entry.path().display().to_string());
    names.filter(|name| is_temporary(name)).collect()
}

/// Start the command and kill it: at the first sight of a stage, or after some time. The stage that it was killed in, or how
/// it ended.
fn kill_at(project: &TestProject, wanted: Option<Stage>, after: Duration) -> Result<Stage, ExitStatus> {
    let mut watched = Watched::start(project);
    let begin = Instant::now();
    loop {
        if let Some(status) = watched.child.try_wait().unwrap() {
            return Err(status);
        }
        let now = watched.stage(project);
        if wanted.map_or(begin.elapsed() >= after, |wanted| wanted == now) {
            watched.child.kill().unwrap();
            watched.child.wait().unwrap();
            return Ok(now);
        }
        assert!(begin.elapsed() < Duration::from_secs(300), "the program neither ends nor comes to {wanted:?}");
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// Repeat the command, killing it at random moments and at moments of each stage, until it ends; everything must be as if
/// nothing had happened.
fn survive(kills: usize, seed: u64) {
    let project = project();
    let begin = Instant::now();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let duration = begin.elapsed();
    let undisturbed = outcome(&project, "undisturbed");
    project.write("README.md", README);
    fs::remove_dir_all(project.path("cache")).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut met: BTreeMap<Stage, usize> = BTreeMap::new();
    let mut done = 0;
    while done < kills {
        // Each stage has its turn; after the first round, every other kill is at a random moment.
        let wanted = match done {
            0..6 => Some(STAGES[done]),
            _ if done % 2 == 1 => Some(STAGES[(done / 2) % STAGES.len()]),
            _ => None,
        };
        if wanted == Some(Stage::Caching) {
            let _ = fs::remove_dir_all(project.path("cache"));
        }
        let after = duration.mul_f64(0.7 * rng.random::<f64>());
        match kill_at(&project, wanted, after) {
            Ok(stage) => {
                *met.entry(stage).or_default() += 1;
                done += 1;
            }
            Err(status) => {
                assert!(status.success(), "{status}");
                assert_same(&undisturbed, &outcome(&project, "results"));
                // All was done before the kill came: once more from the beginning.
                for folder in ["results", "cache"] {
                    fs::remove_dir_all(project.path(folder)).unwrap();
                }
                project.write("README.md", README);
            }
        }
    }
    eprintln!("{done} kills: {met:?}");
    project.run(&COMMAND).expect(0);
    assert_same(&undisturbed, &outcome(&project, "results"));
}

#[test]
fn killed_again_and_again_the_same_command_ends_with_the_bytes_of_an_undisturbed_run() {
    survive(9, 1);
}

/// The long form, for `scripts/soak`.
#[test]
#[ignore = "takes minutes; scripts/soak runs it"]
fn killed_thirty_times_the_same_command_ends_with_the_bytes_of_an_undisturbed_run() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    survive(number("SOAK_KILLS", 30) as usize, number("SOAK_SEED", 1));
}

/// Send a signal by its name.
fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_signal_finishes_the_step_saves_says_how_to_go_on_and_exits_with_75() {
    let project = project();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let undisturbed = outcome(&project, "undisturbed");
    project.write("README.md", README);
    for name in ["INT", "TERM"] {
        let mut child = start(&project, &["spec.yaml", "--set", "report.unit=years"]);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        await_words(&mut lines, ": starts (");
        await_words(&mut lines, "epoch 1/3");
        signal(&child, name);
        let said: String = lines.map(|line| line + "\n").collect();
        assert_eq!(child.wait().unwrap().code(), Some(75), "{said}");
        assert!(said.contains("the same command goes on: ") && said.contains("spec.yaml --set report.unit=years"), "{said}");
    }
    project.run(&["spec.yaml"]).expect(0).says(&[" goes on from "]);
    assert_same(&undisturbed, &outcome(&project, "results"));
}

#[test]
fn a_signal_while_there_is_nothing_to_save_ends_the_program_at_once() {
    let project = TestProject::new();
    // Drawing and resizing so many films takes minutes.
    project.write("spec.yaml", &SPEC.replace("count: 40", "count: 20000").replace("size: 32", "size: 256"));
    let mut child = start(&project, &["spec.yaml"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    await_words(&mut lines, "run(s) on cpu");
    signal(&child, "INT");
    let begin = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    let said: String = lines.collect();
    assert!(said.contains("the same command goes on: ") && !said.contains("once more"), "{said}");
}

#[test]
fn eighteen_epochs_after_ten_give_the_bytes_of_eighteen_from_scratch() {
    let project = TestProject::new();
    project.write(
        "10epoch.yaml",
        &SPEC.replace("name: small", "name: 10epoch").replace("epochs: 3", "epochs: 2").replace(", readme: README.md", ""),
    );
    project.write("18epoch.yaml", "extends: 10epoch.yaml\nname: 18epoch\ntrain: { epochs: 4 }\n").write("README.md", README);
    project.run(&["18epoch.yaml", "--results", "scratch"]).expect(0);
    project.run(&["10epoch.yaml"]).expect(0);
    let plan = project.run(&["plan", "18epoch.yaml", "--no-trial"]).expect(0).stdout;
    assert_eq!(plan.matches("goes on from the 2 epochs of results/10epoch/runs/").count(), 3, "{plan}");
    project.run(&["18epoch.yaml"]).expect(0).says(&["goes on from the end of epoch 2 of results/10epoch/runs/cnn-s0-", "3 trained"]);
    let [scratch, continued] = ["scratch", "results"].map(|results| {
        let files = outcome(&project, results).into_iter();
        files.filter(|(name, _)| name.starts_with("18epoch/")).collect::<BTreeMap<_, _>>()
    });
    assert_same(&scratch, &continued);
    let plan = project.run(&["plan", "18epoch.yaml", "--no-trial", "--set", "train.schedule=cosine"]).expect(0).stdout;
    assert!(!plan.contains("goes on"), "another schedule is another run: {plan}");
    project.run(&["10epoch.yaml", "18epoch.yaml", "--drop-checkpoints"]).expect(0);
    assert!(!files_below(&project.path("results")).iter().any(|(name, _)| name.contains("/checkpoint/")));
}
