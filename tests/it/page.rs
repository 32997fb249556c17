//! The page of a study, and the records for other tools, from a spec to what their readers see.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::helpers::{Ended, TestProject, files_below};

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name))
}

/// Two networks; the label of one is what a page must not take for a tag.
fn trained() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let spec = project.read("spec.yaml").replace("backbones: [cnn,", "backbones: [cnn: { label: 'A <b> & \"C\"' },");
    project.write("spec.yaml", &spec).write("README.md", "no block\n");
    project.run(&["spec.yaml", "--set", "report.tensorboard=true"]).expect(0);
    project
}

#[test]
fn a_page_is_checked_with_the_report_and_needs_no_weights() {
    let project = trained();
    let report = |more: &[&str]| project.run(&[&["report", "spec.yaml", "--set", "report.tensorboard=true"], more].concat());
    let page = project.read("results/small/report.html");
    for part in [
        "<h1>small</h1>",
        "A &lt;b&gt; &amp; &quot;C&quot;",
        "How to repeat this",
        "scripts/bench-run small.yaml --device cpu --threads",
        "Male",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let folder = project.path("");
    let home = folder.to_str().unwrap().trim_end_matches('/');
    assert!(!page.contains(home), "no path of this machine is on the page");
    report(&["--check"]).expect(0);
    fs::remove_file(project.run_folder("results/small", "cnn-s0-").join("model.safetensors")).unwrap();
    fs::remove_dir_all(project.run_folder("results/small", "cnn-s0-").join("checkpoint")).unwrap();
    report(&["--check"]).expect(0);
    project.write("results/small/report.html", "yesterday's");
    report(&["--check"]).expect(5).says(&["report.html is stale"]);
    report(&[]).expect(0);
    assert_eq!(project.read("results/small/report.html"), page);
}

#[test]
fn a_page_without_films_shows_none_and_one_that_is_not_wanted_is_removed() {
    let project = trained();
    fs::create_dir(project.path("results/small/sheets")).unwrap();
    fs::copy(project.path("films/1.png"), project.path("results/small/sheets/hardest_films.png")).unwrap();
    let report = |page: &str, more: &[&str]| {
        let set = format!("report.page={page}");
        project.run(&[&["report", "spec.yaml", "--set", &set], more].concat())
    };
    report("films", &[]).expect(0);
    assert!(project.read("results/small/report.html").contains("alt=\"Sheet of films: Hardest films\""));
    report("figures", &["--check"]).expect(5);
    report("figures", &[]).expect(0);
    assert!(!project.read("results/small/report.html").contains("data:image/"));
    report("none", &["--check"]).expect(5).says(&["report.html is stale"]);
    report("none", &[]).expect(0);
    assert!(!project.path("results/small/report.html").exists());
    report("none", &["--check"]).expect(0);
    report("all", &[]).expect(2).says(&["report.page", "films, figures, none"]);
}

#[test]
fn a_store_for_mlflow_leaves_the_results_alone() {
    let project = trained();
    let before = files_below(&project.path("results"));
    let export = |arguments: &[&str]| project.run(&[&["report", "spec.yaml"], arguments].concat());
    export(&["--format", "mlflow", "mlruns"]).expect(0).says(&["small is an experiment of the MLflow file store mlruns"]);
    assert!(before == files_below(&project.path("results")), "an export changes no result");
    let files = files_below(&project.path("mlruns"));
    assert_eq!(files.iter().filter(|(name, _)| name.ends_with("metrics/val_mae_months")).count(), 2);
    assert!(!files.iter().any(|(name, _)| name.ends_with("predictions.csv")), "films are named nowhere");
    project.run(&["report", "--format", "mlflow", "mlruns", "spec.yaml"]).expect(0);
    assert!(files == files_below(&project.path("mlruns")), "the same again changes no byte");
    export(&["--format", "wandb", "x"]).expect(2).says(&["--format wandb: unknown format (known: mlflow)"]);
    export(&["--format", "mlflow"]).expect(2);
    export(&["--format", "mlflow", "mlruns", "--check"]).expect(2);
    project.write("taken", "a file");
    export(&["--format", "mlflow", "taken"]).expect(1).says(&["failed to write taken"]);
}

#[test]
fn a_page_has_no_serious_violation_in_a_browser() {
    let ready = Ended::of(script("page-check").arg("--ready"));
    if ready.code != 0 {
        eprintln!("skipped: {}", ready.stderr.trim());
        return;
    }
    let project = trained();
    Ended::of(script("page-check").arg(project.path("results/small/report.html"))).expect(0);
}
