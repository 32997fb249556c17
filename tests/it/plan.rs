//! `plan`: what would run, at what cost, and what is there of it.

use serde_json::Value;

use crate::helpers::{TestProject, files_below};

fn project() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec().write("README.md", "");
    project
}

fn json(project: &TestProject, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = [&["plan"][..], arguments, &["--json", "--no-trial"]].concat();
    let report: Value = serde_json::from_str(&project.run(&arguments).expect(0).stdout).unwrap();
    report[0].clone()
}

fn kinds(report: &Value) -> Vec<&str> {
    report["runs"].as_array().unwrap().iter().map(|run| run["state"]["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_plan_shows_every_run_with_its_cost_and_changes_nothing() {
    let project = project();
    let before = files_below(&project.path(""));
    let plan = project.run(&["plan", "spec.yaml"]).expect(0).says(&["trying CNN for a moment"]);
    for word in [
        "cnn-s0-…",
        "Cervical CNN",
        "to do",
        "GFLOPs",
        "MiB",
        "2 run(s): 2 to do; about",
        "a few steps on noise",
        "8 training, 4 validation, 4 test",
    ] {
        assert!(plan.stdout.contains(word), "{word}: {}", plan.stdout);
    }
    assert_eq!(before, files_below(&project.path("")), "a plan changes nothing");
}

#[test]
fn the_states_of_the_runs_are_told_apart() {
    let project = project();
    assert_eq!(kinds(&json(&project, &["spec.yaml"])), ["to_do", "to_do"]);
    project.run(&["spec.yaml", "--set", "backbones=[cnn]"]).expect(0);
    let report = json(&project, &["spec.yaml"]);
    assert_eq!(kinds(&report), ["done", "to_do"]);
    let id = report["runs"][0]["run_id"].as_str().unwrap();
    assert!(project.path("results/small/runs").join(id).join("result.json").exists(), "{id} is the id of its record");
    assert!(report["runs"][0]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["films"]["train"], 8);
    // The same settings with more epochs go on; a run that failed is said to have failed.
    assert_eq!(kinds(&json(&project, &["spec.yaml", "--set", "train.epochs=3"])), ["continues", "to_do"]);
    project.run(&["spec.yaml", "--set", "train.learning_rate=1e30"]).expect(4);
    let report = json(&project, &["spec.yaml", "--set", "train.learning_rate=1e30"]);
    assert_eq!(kinds(&report), ["failed", "failed"]);
    assert!(report["runs"][0]["state"]["cause"].as_str().unwrap().contains("learning_rate"), "{report}");
}

#[test]
fn a_record_of_this_machine_tells_how_long_a_run_will_take() {
    let project = project();
    project.run(&["spec.yaml"]).expect(0);
    let report = json(&project, &["spec.yaml", "--set", "seeds=[1]"]);
    for run in report["runs"].as_array().unwrap() {
        assert_eq!(run["known_by"], "record", "{run}");
        assert!(run["seconds"].as_f64().unwrap() > 0.0 && run["memory_mib"].as_f64().unwrap() > 1.0, "{run}");
    }
    assert!(report["seconds_left"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_resolved_spec_gives_the_same_runs() {
    let project = project();
    project.run(&["spec.yaml", "--set", "train.batch_size=4"]).expect(0);
    let resolved = project.run(&["plan", "spec.yaml", "--resolved", "--set", "train.batch_size=4"]).expect(0).stdout;
    assert!(
        resolved.contains("# --set train.batch_size=4") && resolved.contains("# default") && resolved.contains("# spec.yaml:"),
        "{resolved}"
    );
    project.write("again.yaml", &resolved);
    assert_eq!(kinds(&json(&project, &["again.yaml"])), ["done", "done"]);
}

#[test]
fn a_plan_is_printed_even_where_the_films_are_not_there() {
    let project = project();
    std::fs::remove_dir_all(project.path("films")).unwrap();
    let plan = project.run(&["plan", "spec.yaml", "--no-trial"]).expect(3).says(&["films"]);
    assert!(plan.stdout.contains("Cervical CNN") && plan.stdout.contains("how many films is not known"), "{}", plan.stdout);
}
