//! A disk that is full, a folder that cannot be written or is gone, a clock that is wrong: a message, and nothing that was complete
//! is lost.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::helpers::{Ended, TestProject, assert_same, await_words, outcome};

const SPEC: &str = "\
name: small
data: { phantom: { count: 40, seed: 3 } }
image: { size: 32 }
split: { val: 0.2, test: 0.2 }
train: { epochs: 3, batch_size: 8, precision: fp32 }
backbones: [cnn, yolo]
";

fn project() -> TestProject {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC);
    project
}

/// The program after `mounting`, in a name space of its own where this user may mount; `$0` and `$@` are the program. None, with
/// a line that says so, where it may not.
fn in_mounts(project: &TestProject, mounting: &str) -> Option<Ended> {
    let may_mount = Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|output| output.status.success());
    if !may_mount {
        eprintln!("SKIPPED: this user may not mount file systems");
        return None;
    }
    let program = project.command(&["spec.yaml"]);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", mounting]).arg(program.get_program()).args(program.get_args());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(project.path(""));
    Some(Ended::of(command.env("OMP_NUM_THREADS", "1").stdin(Stdio::null())))
}

#[test]
fn on_a_full_disk_the_runs_that_fit_are_kept_and_the_others_say_what_to_do() {
    let project = project();
    fs::create_dir(project.path("results")).unwrap();
    // The record of the small network fits, that of the large one does not.
    let mounting = "mount -t tmpfs -o size=11m tmpfs results && { \"$0\" \"$@\"; code=$?; cp -r results saved; exit $code; }";
    let Some(ended) = in_mounts(&project, mounting) else { return };
    let ended = ended.expect(4).says(&["CNN: done", "YOLOv8-cls: failed: cannot write", "No space left on device", "free some space"]);
    assert!(ended.stderr.contains("1 trained, 0 already done, 1 failed"), "{}", ended.stderr);
    assert!(fs::read_to_string(project.path("saved/small/table.md")).unwrap().contains("| CNN"));
    fs::remove_dir(project.path("results")).unwrap();
    fs::rename(project.path("saved"), project.path("results")).unwrap();
    project.run(&["spec.yaml"]).expect(0).says(&["1 trained, 1 already done, 0 failed"]);
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    assert_same(&outcome(&project, "undisturbed"), &outcome(&project, "results"));
}

#[test]
fn a_disk_without_any_space_and_a_read_only_one_are_said_before_anything_is_trained() {
    let project = project();
    fs::create_dir(project.path("results")).unwrap();
    let full = "mount -t tmpfs -o size=64k tmpfs results && head -c 1000000 /dev/zero > results/filler; exec \"$0\" \"$@\"";
    let Some(ended) = in_mounts(&project, full) else { return };
    let ended = ended.expect(1).says(&["cannot write results/small", "No space left", "free some space"]);
    assert!(!ended.stderr.contains("starts ("), "{}", ended.stderr);
    let read_only = "mount -t tmpfs -o ro tmpfs results && exec \"$0\" \"$@\"";
    let ended = in_mounts(&project, read_only).unwrap().expect(1);
    let ended = ended.says(&["cannot write results/small", "Read-only file system", "--results DIR"]);
    assert!(!ended.stderr.contains("starts ("), "{}", ended.stderr);
}

#[test]
fn a_results_folder_that_is_deleted_under_way_is_said_and_the_same_command_makes_it_again() {
    let project = project();
    let mut program = project
        .command(&["spec.yaml", "--set", "train.epochs=400"])
        .env("OMP_NUM_THREADS", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
    await_words(&mut said, "CNN: epoch 2/400");
    while fs::remove_dir_all(project.path("results")).is_err() {}
    let said: String = said.map(|line| line + "\n").collect();
    let code = program.wait().unwrap().code();
    assert!(matches!(code, Some(1 | 4)), "{code:?}: {said}");
    assert!(said.contains("cannot write") && said.contains("No such file") && !said.contains("panicked"), "{said}");
    project.run(&["spec.yaml"]).expect(0).says(&["2 trained"]);
}

/// Set the times of change of all files below the project's results and cache.
fn set_times(project: &TestProject, time: SystemTime) {
    for folder in ["results", "cache"] {
        for entry in walkdir::WalkDir::new(project.path(folder)).into_iter().flatten() {
            let _ = File::open(entry.path()).and_then(|file| file.set_modified(time));
        }
    }
}

#[test]
fn a_clock_that_was_set_back_or_forth_loses_nothing() {
    /// A checkpoint after every step.
    const COMMAND: [&str; 3] = ["spec.yaml", "--checkpoint-minutes", "0"];
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let project = project();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    for time in [SystemTime::now() + 400 * DAY, SystemTime::UNIX_EPOCH + DAY] {
        let mut program =
            project.command(&COMMAND).env("OMP_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
        await_words(&mut said, "YOLOv8-cls: epoch 2/3");
        program.kill().unwrap();
        program.wait().unwrap();
        set_times(&project, time);
        project.run(&["spec.yaml"]).expect(0).says(&["goes on from ", "1 trained, 1 already done"]);
        assert_same(&outcome(&project, "undisturbed"), &outcome(&project, "results"));
        fs::remove_dir_all(project.path("results")).unwrap();
    }
}

#[test]
fn a_record_of_a_newer_program_stops_the_command_and_is_left_as_it_is() {
    let project = project();
    project.run(&["spec.yaml"]).expect(0);
    let result = project.run_folder("results/small", "cnn-s0-").join("result.json");
    let newer = fs::read_to_string(&result).unwrap().replace("\"schema_version\": 1", "\"schema_version\": 7");
    fs::write(&result, &newer).unwrap();
    project.run(&["spec.yaml"]).expect(1).says(&["has record version 7, this program knows up to 1; update bench-run"]);
    assert_eq!(fs::read_to_string(&result).unwrap(), newer);
}

#[test]
fn a_damaged_cache_of_films_is_said_and_made_again() {
    let project = project();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let films = fs::read_dir(project.path("cache/films")).unwrap().map(|entry| entry.unwrap().path());
    let films = films.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "films")).unwrap();
    let mut bytes = fs::read(&films).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&films, bytes).unwrap();
    project.run(&["spec.yaml"]).expect(0).says(&["the cache of decoded films was damaged", "it is built anew"]);
    assert_same(&outcome(&project, "undisturbed"), &outcome(&project, "results"));
}
