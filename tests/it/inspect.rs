//! `list`, `show`, `diff` and `clean` over real records; `doctor`, `completions` and `man`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::helpers::{Ended, TestProject, files_below};

const SPEC: &str = "\
name: small
data: { phantom: { count: 24, seed: 3 } }
image: { size: 32 }
split: { val: 0.25, test: 0.25 }
train: { epochs: 2, batch_size: 8, precision: fp32 }
seeds: [0, 1]
backbones: [cervical_cnn, cnn: { train: { optimizer: sgd, learning_rate: 1.0e+30 } }]
";

/// A study with two finished runs and two that failed.
fn project() -> TestProject {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC).run(&["spec.yaml"]).expect(4);
    project
}

fn json(ended: Ended) -> Value {
    serde_json::from_str(&ended.expect(0).stdout).unwrap()
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let project = project();
    let listed = project.run(&["list"]).expect(0).stdout;
    for words in ["results/small: 4 run(s)", "(Cervical CNN)", "done, 2 epochs", "failed: ", "val MAE"] {
        assert!(listed.contains(words), "{words}: {listed}");
    }
    let studies = json(project.run(&["list", "--json"]));
    let runs = studies[0]["runs"].as_array().unwrap();
    let state = |run: &Value| run["state"].as_str().unwrap().to_owned();
    assert_eq!(runs.iter().map(state).collect::<Vec<_>>(), ["done", "done", "failed", "failed"]);
    assert!(runs[0]["val_mae_months"].as_f64().is_some() && runs[2]["val_mae_months"].is_null() && runs[0]["bytes"].as_u64() > Some(1000));
    let shown = project.run(&["show", "cervical_cnn-s0"]).expect(0).stdout;
    for words in [
        "Figures (years, epoch 2)",
        "learning_rate: 0.001",
        "drawn from the seed",
        "Cost",
        "libtorch: 2.",
        "model.safetensors: the weights",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let facts = json(project.run(&["show", "cnn-s1", "--json"]));
    assert_eq!((facts["state"].as_str(), facts["settings"]["seed"].as_u64()), (Some("failed"), Some(1)));
    assert!(facts["detail"].as_str().is_some_and(|cause| !cause.is_empty()) && facts["result"].is_null());
    let differences = project.run(&["diff", "cervical_cnn-s0", "cervical_cnn-s1"]).expect(0).stdout;
    for words in ["they differ", "│ seed ", "Environment: the same", "│ val.mae "] {
        assert!(differences.contains(words), "{words}: {differences}");
    }
    let found = json(project.run(&["diff", "cervical_cnn-s0", "cnn-s0", "--json"]));
    let keys: Vec<&str> = found["settings"].as_array().unwrap().iter().map(|found| found["key"].as_str().unwrap()).collect();
    assert!(keys.contains(&"train.optimizer") && keys.contains(&"architecture") && !keys.contains(&"seed"), "{keys:?}");
    let same = project.run(&["diff", "cervical_cnn-s0", "cervical_cnn-s0"]).expect(0).stdout;
    assert!(same.contains("the same settings") && same.contains("Figures: the same"), "{same}");
}

#[test]
fn a_name_that_is_no_run_or_several_is_said() {
    let project = TestProject::new();
    assert!(project.run(&["list"]).expect(0).stdout.contains("no runs yet"));
    project.run(&["show", "cnn"]).expect(2).says(&["\"cnn\" is neither a folder nor the beginning of a run's id"]);
    project.write("folder/x", "").run(&["show", "folder"]).expect(2).says(&["this folder is no run"]);
    for id in ["cnn-s0-aa", "cnn-s0-ab"] {
        project.write(&format!("results/a/runs/{id}/run.yaml"), "");
    }
    project.run(&["show", "cnn-s0"]).expect(2).says(&["the beginning of several runs", "cnn-s0-aa", "cnn-s0-ab"]);
    project.run(&["diff", "cnn-s0-aa", "cnn-s0-b"]).expect(2).says(&["cnn-s0-b"]);
}

fn names(project: &TestProject) -> Vec<String> {
    files_below(&project.path("results")).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn what_could_be_deleted_is_listed_and_deleted_only_when_that_is_agreed_to() {
    let project = project();
    let before = names(&project);
    let listed = project.run(&["clean"]).expect(0).says(&["nothing was deleted", "--yes"]).stdout;
    assert!(listed.contains("checkpoints: ") && listed.contains("failed: ") && !listed.contains("records: "), "{listed}");
    project.run(&["clean", "--dry-run"]).expect(0).says(&["nothing was deleted (--dry-run)"]);
    assert_eq!(names(&project), before);
    project.run(&["clean", "--kind", "checkpoints", "--yes"]).expect(0).says(&["2 of 2 deleted"]);
    assert!(!names(&project).iter().any(|name| name.contains("cervical_cnn") && name.contains("checkpoint")));
    project.run(&["clean", "--yes"]).expect(0).says(&["2 of 2 deleted"]);
    let after = names(&project);
    assert!(!after.iter().any(|name| name.contains("runs/cnn")) && !project.path("results/small/attempts").exists(), "{after:?}");
    assert_eq!(after.iter().filter(|name| name.ends_with("result.json")).count(), 2);
    assert!(project.run(&["clean"]).expect(0).stdout.contains("nothing to delete"));
}

#[test]
fn a_finished_record_is_deleted_only_where_neither_its_spec_nor_its_table_names_it() {
    let project = project();
    project.run(&["clean", "spec.yaml", "--kind", "records", "--yes"]).expect(0);
    // The spec no longer names a seed, but the table as it stands does.
    project.write("spec.yaml", &SPEC.replace("[0, 1]", "[0]"));
    let listed = project.run(&["clean", "spec.yaml", "--kind", "records", "--yes"]).expect(0).stdout;
    assert!(listed.contains("nothing to delete"), "{listed}");
    project.run(&["spec.yaml"]).expect(4);
    project.run(&["clean", "spec.yaml", "--kind", "records", "--yes"]).expect(0).says(&["1 of 1 deleted"]);
    let results: Vec<String> = names(&project).into_iter().filter(|name| name.ends_with("result.json")).collect();
    assert!(results.len() == 1 && results[0].contains("cervical_cnn-s0"), "{results:?}");
    project.run(&["report", "spec.yaml", "--check"]).expect(0);
    // Another spec's study is not looked at.
    project.write("other.yaml", &SPEC.replace("small", "other"));
    assert!(project.run(&["clean", "other.yaml"]).expect(0).stdout.contains("nothing to delete"));
}

#[cfg(unix)]
#[test]
fn nothing_of_a_run_that_a_program_works_on_is_deleted() {
    use std::io::{BufRead, BufReader};
    let project = TestProject::new();
    project.write("spec.yaml", &SPEC.replace("epochs: 2", "epochs: 4000").replace("[0, 1]", "[0]"));
    let mut program = project.command(&["spec.yaml"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
    crate::helpers::await_words(&mut lines, "epoch 2/4000");
    let listed = project.run(&["list"]).expect(0).stdout;
    assert!(listed.contains("running: process"), "{listed}");
    let cleaned = project.run(&["clean", "--yes"]).expect(0).stdout;
    assert!(cleaned.contains("not touched, since a program works on it") && cleaned.contains("nothing to delete"), "{cleaned}");
    assert!(program.try_wait().unwrap().is_none(), "it goes on");
    program.kill().unwrap();
    program.wait().unwrap();
    // Its claim is that of a program that ended.
    let listed = project.run(&["list"]).expect(0).stdout;
    assert!(listed.contains("partial: goes on from") || listed.contains("begun:"), "{listed}");
    project.run(&["clean", "--kind", "abandoned", "--yes"]).expect(0).says(&["1 of 1 deleted"]);
    assert!(!project.path("results/small/attempts").exists());
}

/// Run a command on a terminal of its own, with what is typed; none where there is no Python to make one.
#[cfg(unix)]
fn on_a_terminal(project: &TestProject, arguments: &[&str], typed: &str) -> Option<(i32, String)> {
    const SCRIPT: &str = "\
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said = b''
typed = False
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    said += read
    if not typed and b'[y/N]' in said:
        os.write(terminal, sys.argv[1].encode())
        typed = True
status = os.waitpid(pid, 0)[1]
sys.stdout.write(said.decode())
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 99)
";
    let program = env!("CARGO_BIN_EXE_bench-run");
    let mut command = Command::new("python3");
    command
        .args(["-c", SCRIPT, typed, program])
        .args(arguments)
        .current_dir(project.path(""))
        .env("BENCH_RUN_CACHE", project.path("cache"));
    let output = command.stdin(Stdio::null()).output().ok()?;
    Some((output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_asks_and_all_but_a_yes_is_a_no() {
    let project = TestProject::new();
    project.write("results/a/runs/cnn-s0-aa/run.yaml", "").write("results/a/runs/.x.tmp/old", "");
    let failure = "{ \"schema_version\": 1, \"cause\": \"the loss is NaN\" }";
    project.write("results/a/runs/cnn-s0-aa/failure.json", failure);
    let record = project.path("results/a/runs/cnn-s0-aa");
    for (typed, code, words) in [
        ("n\n", 0, "nothing was deleted"),
        ("\n", 0, "nothing was deleted"),
        ("\u{4}", 0, "no answer; nothing was deleted"),
        ("\u{3}", 75, "interrupted; nothing was deleted"),
    ] {
        let Some((ended, said)) = on_a_terminal(&project, &["clean"], typed) else {
            eprintln!("SKIPPED: no python3 to make a terminal");
            return;
        };
        assert!(ended == code && said.contains(words) && record.exists(), "{typed:?}: {ended}\n{said}");
    }
    let (ended, said) = on_a_terminal(&project, &["clean"], "y\n").unwrap();
    assert!(ended == 0 && said.contains("1 of 1 deleted") && !record.exists(), "{ended}\n{said}");
}

#[test]
fn the_cache_offers_what_nobody_used_for_a_month() {
    let project = TestProject::new();
    project.write("cache/films/old.films", "1234").write("cache/films/new.films", "1234");
    let month_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(31 * 24 * 60 * 60);
    fs::File::options().write(true).open(project.path("cache/films/old.films")).unwrap().set_modified(month_ago).unwrap();
    let listed = project.run(&["clean", "--yes"]).expect(0).says(&["1 of 1 deleted, 4 B freed"]).stdout;
    assert!(listed.contains("old.films (last used") && !listed.contains("new.films"), "{listed}");
    assert!(!project.path("cache/films/old.films").exists() && project.path("cache/films/new.films").exists());
}

#[test]
fn doctor_checks_one_thing_after_another_and_trains() {
    let project = TestProject::new();
    let ended = project.run(&["doctor"]).expect(0);
    for words in ["LibTorch   2.", "threads", "precision", "cache", "can be made", "not asked", "training   loss", "ready to train"] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(!project.path("results").exists(), "nothing is left");
    project.write("results", "a file");
    let ended = project.run(&["doctor", "--json"]).expect(1);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let check = |name: &str| report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone();
    assert_eq!((&check("results")["state"], &report["ok"]), (&"failed".into(), &false.into()));
    assert!(check("results")["advice"].as_str().is_some_and(|advice| advice.contains("--results")), "{report}");
    assert_eq!(check("training")["state"], "ok");
    project.run(&["doctor", "--device", "cuda:99"]).expect(1);
}

#[test]
fn completion_in_bash_completes_commands_and_words() {
    let project = TestProject::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("doctor") && !script.contains("train-one-run"), "{shell}");
        project.write(&format!("completion.{shell}"), &script);
    }
    let complete = |words: &str, at: usize| {
        let script = format!(
            "source completion.bash; COMP_WORDS=({words}); COMP_CWORD={at}; \
             $(complete -p bench-run | sed 's/.*-F \\([^ ]*\\).*/\\1/') bench-run \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        Ended::of(Command::new("bash").args(["--norc", "-c", &script]).current_dir(project.path(""))).expect(0).stdout
    };
    assert_eq!(complete("bench-run doc", 1).trim(), "doctor");
    assert!(complete("bench-run clean --kind at", 3).contains("attempts"));
    project.run(&["completions", "tcsh"]).expect(2).says(&["possible values: bash"]);
}

#[test]
fn manual_pages_are_written_for_every_command_and_can_be_shown() {
    let project = TestProject::new();
    project.run(&["man", "pages/man1"]).expect(0);
    let pages: Vec<String> = files_below(&project.path("pages/man1")).into_iter().map(|(name, _)| name).collect();
    for page in ["bench-run.1", "bench-run-init.1", "bench-run-doctor.1", "bench-run-run.1"] {
        assert!(pages.contains(&page.to_owned()), "{page}: {pages:?}");
    }
    assert!(!pages.iter().any(|page| page.contains("train-one-run")), "{pages:?}");
    for page in &pages {
        let text = project.read(&format!("pages/man1/{page}"));
        assert!(text.contains(".TH ") && text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}");
        shown(&project.path(&format!("pages/man1/{page}")));
    }
}

/// As `man` shows it, where that is installed.
fn shown(page: &Path) {
    let Ok(output) = Command::new("man").arg("-l").arg(page).env("MANPAGER", "cat").env("MAN_DISABLE_SECCOMP", "1").output() else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() || text.contains("SYNOPSIS") || text.trim().is_empty(), "{}: {text}", page.display());
}
