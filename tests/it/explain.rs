//! Finished studies looked at more closely: sheets of films with maps, and errors on changed films.

use std::collections::BTreeMap;
use std::fs;

use crate::helpers::TestProject;

const SPEC: &str = "name: small
data: { phantom: { count: 40 } }
image: { size: 32 }
split: { val: 0.2, test: 0.2 }
train: { epochs: 1, batch_size: 8, precision: fp32 }
report: { unit: months }
backbones:
  - cnn
  - vit: { preset: tiny, patch_size: 8, train: { loss: distribution } }
";

fn project() -> TestProject {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC);
    project
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, field: &str) -> f64 {
    row[field].parse().unwrap_or_else(|_| panic!("{field} of {row:?}"))
}

/// Width and height of a picture that is not of one colour.
fn picture(project: &TestProject, name: &str) -> (u32, u32) {
    let image = image::open(project.path(name)).unwrap().to_rgb8();
    let first = *image.get_pixel(0, 0);
    assert!(image.pixels().any(|pixel| *pixel != first), "{name} is blank");
    image.dimensions()
}

#[test]
fn a_finished_study_is_explained_and_tried_on_changed_films() {
    let project = project();
    project.run(&["explain", "spec.yaml"]).expect(1).says(&["results/small", "run `bench-run SPEC` first"]);
    project.run(&["spec.yaml", "--only", "cnn"]).expect(0);
    assert!(!project.path("results/small/robustness.md").exists());

    // What is not trained yet is named, and the rest is done.
    project.run(&["explain", "spec.yaml", "--films", "1"]).expect(0).says(&["Vision Transformer: 0 of 1 run(s) finished"]);
    project.run(&["robustness", "spec.yaml"]).expect(0).says(&["1 run(s) measured, 0 already done"]);
    let page = project.read("results/small/robustness.md");
    assert!(page.contains("| Vision Transformer | not measured |") && page.contains("8 test films"), "{page}");

    project.run(&["spec.yaml"]).expect(0);
    let ended = project.run(&["robustness", "spec.yaml"]).expect(0).says(&["1 run(s) measured, 1 already done", "robustness.svg"]);
    assert!(ended.stdout.contains("Half resolution"), "{}", ended.stdout);
    unchanged_films_have_the_error_of_the_record(&project);
    project.run(&["report", "spec.yaml", "--check"]).expect(0);
    let (width, height) = picture(&project, "results/small/plots/robustness.png");
    assert!(width > 1500 && height > 900, "{width} × {height}");

    let ended = project.run(&["explain", "spec.yaml", "--method", "occlusion", "--films", "2", "--part", "val"]).expect(0);
    assert!(ended.stdout.contains("3 sheet(s) in results/small/sheets"), "{}", ended.stdout);
    for name in ["explain_cnn", "explain_vision-transformer", "worst_films"] {
        picture(&project, &format!("results/small/sheets/{name}.png"));
    }
    refusals(&project);
}

/// The first row of each file, and one of the changes against the others.
fn unchanged_films_have_the_error_of_the_record(project: &TestProject) {
    for network in ["cnn", "vit"] {
        let run = project.run_folder("results/small", network);
        let sweep = rows(&project.read(&format!("results/small/robustness/{}.csv", run.file_name().unwrap().to_str().unwrap())));
        let result: serde_json::Value = serde_json::from_slice(&fs::read(run.join("result.json")).unwrap()).unwrap();
        let test = &result["figures"]["test"];
        for (field, figure) in [("mae_months", "mae"), ("bias_months", "bias")] {
            let (found, expected) = (number(&sweep[0], field), test[figure].as_f64().unwrap());
            assert!((found - expected).abs() < 1e-6, "{network}, {figure}: {found} instead of {expected}");
        }
        assert_eq!((sweep[0]["change"].as_str(), sweep[0]["count"].as_str()), ("unchanged", "8"));
        let turned = |degrees: &str| sweep.iter().find(|row| row["change"] == "rotation" && row["strength"] == degrees).unwrap();
        assert!((number(turned("-180.0"), "mae_months") - number(turned("180.0"), "mae_months")).abs() < 1e-3);
        assert!(sweep[1..].iter().any(|row| (number(row, "mae_months") - number(&sweep[0], "mae_months")).abs() > 0.01));
    }
}

fn refusals(project: &TestProject) {
    for arguments in [["explain", "spec.yaml", "--method", "lime"], ["robustness", "missing.yaml", "--results", "results"]] {
        project.run(&arguments).expect(2).says(&[arguments[if arguments[0] == "explain" { 3 } else { 1 }]]);
    }
    // Other films or other images than the runs were made with.
    for (command, other) in [("explain", "image.size=40"), ("explain", "split.seed=1"), ("robustness", "data.phantom.seed=9")] {
        project.run(&[command, "spec.yaml", "--set", other]).expect(2).says(&["was made with other films", "run `bench-run SPEC` again"]);
    }
    // A file that something else has written.
    let cnn = project.run_folder("results/small", "cnn");
    let sweep = format!("results/small/robustness/{}.csv", cnn.file_name().unwrap().to_str().unwrap());
    let kept = project.read(&sweep);
    project.write(&sweep, "change,strength\nsomersault,1\n");
    project.run(&["report", "spec.yaml"]).expect(1).says(&["cannot use", "delete it", "bench-run robustness SPEC"]);
    project.run(&["robustness", "spec.yaml"]).expect(0).says(&["1 run(s) measured, 1 already done"]);
    assert_eq!(project.read(&sweep), kept, "the same again");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let project = project();
    project.write("spec.yaml", &SPEC.replace("  - vit: { preset: tiny, patch_size: 8, train: { loss: distribution } }\n", ""));
    project.run(&["spec.yaml"]).expect(0);
    // A file stands where a folder is wanted: not even the superuser can write below it.
    project.write("results/small/sheets", "taken").write("results/small/robustness", "taken");
    project.run(&["explain", "spec.yaml", "--films", "1"]).expect(1).says(&["cannot write results/small/sheets", "--results DIR"]);
    project.run(&["robustness", "spec.yaml"]).expect(1).says(&["cannot write results/small/robustness", "--results DIR"]);
    fs::remove_dir_all(project.path("results/small/runs")).unwrap();
    project.run(&["explain", "spec.yaml"]).expect(2).says(&["no run of small is finished", "run `bench-run SPEC` first"]);
}

#[test]
fn a_spec_asks_for_changed_films_and_folds_and_views_are_those_of_the_runs() {
    let project = project();
    let spec = SPEC
        .replace("split: { val: 0.2, test: 0.2 }", "split: { folds: 2 }\naugment: { rotate: 10, noise: 0.01 }")
        .replace("unit: months", "unit: months, robustness: true, tta: 2")
        .replace("  - vit: { preset: tiny, patch_size: 8, train: { loss: distribution } }\n", "");
    project.write("spec.yaml", &spec);
    project.run(&["spec.yaml"]).expect(0).says(&["2 run(s) measured, 0 already done"]);
    let page = project.read("results/small/robustness.md");
    assert!(page.contains("20 validation films") && page.contains(" ± ") && page.contains("over up to 2 runs"), "{page}");
    for run in fs::read_dir(project.path("results/small/runs")).unwrap().map(|entry| entry.unwrap()) {
        let sweep = rows(&project.read(&format!("results/small/robustness/{}.csv", run.file_name().to_str().unwrap())));
        let result: serde_json::Value = serde_json::from_slice(&fs::read(run.path().join("result.json")).unwrap()).unwrap();
        let recorded = result["figures"]["val"]["mae"].as_f64().unwrap();
        assert!((number(&sweep[0], "mae_months") - recorded).abs() < 1e-6, "{sweep:?} {recorded}");
    }
    project.run(&["spec.yaml"]).expect(0).says(&["0 trained, 2 already done", "0 run(s) measured, 2 already done"]);
    project.run(&["explain", "spec.yaml", "--part", "test"]).expect(2).says(&["has no test part", "--part val"]);
}
