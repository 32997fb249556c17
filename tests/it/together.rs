//! Several programs on one results folder: every run is done once, and nothing is torn.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::helpers::{TestProject, assert_same, outcome};

/// Twelve runs of a moment each.
const SPEC: &str = "\
name: small
data: { phantom: { count: 40, seed: 3 } }
image: { size: 32 }
split: { val: 0.2, test: 0.2 }
train: { epochs: 3, batch_size: 8, precision: fp32 }
seeds: [0, 1, 2, 3, 4, 5]
backbones: [cnn, attention]
";
const RUNS: usize = 12;
const PROGRAMS: usize = 4;

/// A program, and the file that it speaks to.
struct Program {
    child: Child,
    said: std::path::PathBuf,
}

fn start(project: &TestProject, number: usize) -> Program {
    let said = project.path(&format!("said-{number}.txt"));
    let stderr = fs::File::create(&said).unwrap();
    let mut command = project.command(&["spec.yaml"]);
    let child = command.env("OMP_NUM_THREADS", "1").stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
    Program { child, said }
}

/// Look at records and tables for as long as programs write them: a record never changes, and a table is never torn.
fn watch(project: &TestProject, ended: &AtomicBool) {
    let mut records: BTreeMap<String, (Vec<u8>, SystemTime)> = BTreeMap::new();
    while !ended.load(Ordering::SeqCst) {
        for run in fs::read_dir(project.path("results/small/runs")).into_iter().flatten().flatten() {
            let path = run.path().join("result.json");
            let Ok(changed) = fs::metadata(&path).and_then(|found| found.modified()) else {
                panic!("{} is half a record", run.path().display());
            };
            let found = (fs::read(&path).unwrap(), changed);
            let name = run.file_name().into_string().unwrap();
            assert_eq!(records.entry(name.clone()).or_insert_with(|| found.clone()), &found, "{name} was written twice");
        }
        if let Ok(table) = fs::read_to_string(project.path("results/small/table.md")) {
            let rows = ["| CNN", "| Attention CNN", "| Mean-age baseline"];
            assert!(rows.iter().all(|row| table.contains(row)) && table.ends_with('\n'), "{table}");
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    assert_eq!(records.len(), RUNS);
}

/// Four programs over twelve runs, with so many kills at random moments, each followed by the same command.
fn together(kills: usize, seed: u64) {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC);
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let ended = AtomicBool::new(false);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&project, &ended));
        let mut programs: Vec<Program> = (0..PROGRAMS).map(|number| start(&project, number)).collect();
        let mut said = Vec::new();
        for number in PROGRAMS..PROGRAMS + kills {
            std::thread::sleep(Duration::from_millis(rng.random_range(200..1500)));
            let victim = rng.random_range(0..programs.len());
            let mut victim = std::mem::replace(&mut programs[victim], start(&project, number));
            // One that has ended by itself is not killed.
            let _ = victim.child.kill();
            victim.child.wait().unwrap();
            said.push(victim.said);
        }
        for mut program in programs {
            let status = program.child.wait().unwrap();
            assert!(status.success(), "{status}: {}", fs::read_to_string(&program.said).unwrap());
            said.push(program.said);
        }
        ended.store(true, Ordering::SeqCst);
        watcher.join().unwrap();
        let said: String = said.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        for number in 1..=RUNS {
            let done = said.matches(&format!("[{number}/{RUNS}] CNN: done")).count();
            let done = done + said.matches(&format!("[{number}/{RUNS}] Attention CNN: done")).count();
            assert!(done <= 1, "run {number} was done {done} times:\n{said}");
        }
        assert!(said.contains("is trained by process"), "they met:\n{said}");
    });
    eprintln!("{PROGRAMS} programs, {RUNS} runs, {kills} kills in {:?}", begin.elapsed());
    assert_same(&outcome(&project, "undisturbed"), &outcome(&project, "results"));
}

#[test]
fn four_programs_some_of_them_killed_do_each_of_twelve_runs_once() {
    together(3, 1);
}

/// The long form, for `scripts/soak`.
#[test]
#[ignore = "takes minutes; scripts/soak runs it"]
fn four_programs_killed_thirty_times_do_each_of_twelve_runs_once() {
    for seed in 1..=10 {
        together(3, seed);
    }
}
