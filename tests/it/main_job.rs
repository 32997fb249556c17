//! From a spec to tables: records, repetition, failures of single runs, kills.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::helpers::{TIMED, TestProject, files_below};

const README: &str = "# Mine\r\n<!-- bench-run:begin small -->\r\nyesterday's table\r\n<!-- bench-run:end small -->\r\nrest\r\n";

#[test]
fn a_spec_becomes_records_tables_plots_and_a_readme_block() {
    let project = TestProject::new();
    project.rsna_films(40).rsna_spec().write("README.md", README);
    let ended = project.run(&["spec.yaml", "--set", "train.epochs=8"]).expect(0).says(&["on cpu", "2 trained", "images/s"]);
    assert!(ended.stdout.contains("Mean-age baseline") && ended.stdout.contains("CNN"), "{}", ended.stdout);
    let run = project.run_folder("results/small", "cnn-s0-");
    for file in ["run.yaml", "epochs.csv", "timing.csv", "predictions.csv", "result.json", "model.safetensors", "log.txt", "cost.json"] {
        assert!(run.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    assert_eq!(fs::read_to_string(run.join("epochs.csv")).unwrap().lines().count(), 1 + 8);
    assert_eq!(fs::read_to_string(run.join("predictions.csv")).unwrap().lines().count(), 1 + 20);
    for file in [
        "table.md",
        "table.csv",
        "table.json",
        "table.tex",
        "short.md",
        "cost.md",
        "cost.csv",
        "splits.csv",
        "environment.json",
        "index.json",
        "report.html",
    ] {
        assert!(!project.read(&format!("results/small/{file}")).is_empty(), "{file}");
    }
    let plots = files_below(&project.path("results/small/plots"));
    let films = ["predicted_vs_true", "bland_altman", "error_distribution", "error_by_age", "pairwise_differences"];
    for name in ["learning_curves", "mae_bars", "cost_vs_mae", "data_distribution"].into_iter().chain(films) {
        for format in ["png", "svg"] {
            assert!(plots.iter().any(|(file, _)| *file == format!("{name}.{format}")), "{name}.{format}");
        }
    }
    let readme = project.read("README.md");
    assert!(readme.starts_with("# Mine\r\n<!-- bench-run:begin small -->\r\n") && readme.ends_with("\r\nrest\r\n"), "{readme:?}");
    assert!(readme.contains("Mean-age baseline") && !readme.contains("yesterday"), "{readme}");
    let result: serde_json::Value = serde_json::from_slice(&fs::read(run.join("result.json")).unwrap()).unwrap();
    let mae = |of: &str| result[of]["train"]["mae"].as_f64().unwrap();
    assert!(mae("figures") < 0.5 * mae("baseline"), "a network must learn that brighter is older: {result}");
}

#[test]
fn the_same_command_trains_nothing_again_and_a_fresh_start_gives_the_same_bytes() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let augment = ["spec.yaml", "--set", "augment.rotate=10", "--set", "augment.noise=0.05", "--set", "head.dropout=0.5"];
    let augment: Vec<&str> = augment.into_iter().chain(["--threads", "2"]).collect();
    project.run(&augment).expect(0).says(&["2 trained", "2 thread(s)"]);
    let first = files_below(&project.path("results"));
    project.run(&augment).expect(0).says(&["0 trained, 2 already done"]);
    assert_eq!(first, files_below(&project.path("results")), "a repetition changes no byte");
    let fresh: Vec<&str> = augment.into_iter().chain(["--results", "fresh"]).collect();
    project.run(&fresh).expect(0).says(&["2 trained"]);
    // A checkpoint says how long the run has taken so far.
    let timed = |name: &str| TIMED.iter().chain(&["state.json"]).any(|clock| name.ends_with(clock));
    for ((name, before), (_, after)) in first.iter().zip(files_below(&project.path("fresh"))) {
        assert!(timed(name) || *before == after, "{name} differs between two runs from scratch");
    }
}

#[test]
fn a_run_that_diverges_costs_only_its_own_row() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let spec = project
        .read("spec.yaml")
        .replace("[cnn, cervical_cnn]", "[cnn: { train: { optimizer: sgd, learning_rate: 1.0e+30 } }, cervical_cnn]");
    project.write("spec.yaml", &spec);
    project.run(&["spec.yaml"]).expect(4).says(&["failed: the loss is", "smaller learning_rate", "1 trained, 0 already done, 1 failed"]);
    let table = project.read("results/small/table.md");
    assert!(table.contains("failed: the loss is") && table.contains("| Cervical CNN"), "{table}");
    project.run(&["spec.yaml"]).expect(4).says(&["0 trained, 1 already done, 1 failed"]);
}

#[test]
fn a_kill_loses_no_finished_run_and_the_same_command_ends_with_the_same_bytes() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let mut child = project.command(&["spec.yaml"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let runs = project.path("results/small/runs");
    let deadline = Instant::now() + Duration::from_mins(2);
    let one_done = || walkdir::WalkDir::new(&runs).into_iter().flatten().any(|entry| entry.file_name() == "result.json");
    while !one_done() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "no run was finished");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    project.run(&["spec.yaml"]).expect(0);
    for name in ["table.md", "table.csv", "table.tex", "splits.csv"] {
        assert_eq!(project.read(&format!("results/small/{name}")), project.read(&format!("undisturbed/small/{name}")), "{name}");
    }
    for backbone in ["cnn-s0-", "cervical_cnn-s0-"] {
        let of = |results: &str| project.run_folder(results, backbone);
        for name in ["result.json", "predictions.csv", "epochs.csv", "model.safetensors"] {
            let [kept, undisturbed] = [of("results/small"), of("undisturbed/small")].map(|run| fs::read(run.join(name)).unwrap());
            assert_eq!(kept, undisturbed, "{backbone} {name}");
        }
    }
}

#[test]
fn a_damaged_record_is_said_and_trained_again() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    project.run(&["spec.yaml"]).expect(0);
    let result = project.run_folder("results/small", "cnn-s0-").join("result.json");
    let whole = fs::read(&result).unwrap();
    fs::write(&result, &whole[..100]).unwrap();
    project.run(&["spec.yaml"]).expect(0).says(&["result.json is damaged", "1 trained, 1 already done"]);
    assert_eq!(fs::read(&result).unwrap(), whole);
}

#[test]
fn seeds_and_folds_make_one_row_with_a_spread() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let spec =
        project.read("spec.yaml").replace("{ val: 0.25, test: 0.25 }", "{ folds: 2, test: 0.25 }").replace("[cnn, cervical_cnn]", "[cnn]");
    project.write("spec.yaml", &(spec + "seeds: [0, 1]\n"));
    project.run(&["spec.yaml"]).expect(0).says(&["4 trained"]);
    let table = project.read("results/small/table.md");
    assert!(table.contains('±'), "{table}");
    let splits = project.read("results/small/splits.csv");
    assert_eq!(splits.lines().next().unwrap(), "id,split,fold,age_months,sex,group,race");
}

#[test]
fn folds_that_are_drawn_again_add_runs_to_those_that_are_there() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let spec =
        project.read("spec.yaml").replace("{ val: 0.25, test: 0.25 }", "{ folds: 2, test: 0.25 }").replace("[cnn, cervical_cnn]", "[cnn]");
    project.write("spec.yaml", &spec);
    project.run(&["spec.yaml"]).expect(0).says(&["2 trained"]);
    project.write("spec.yaml", &spec.replace("folds: 2,", "folds: 2, repeats: 2,"));
    project.run(&["spec.yaml"]).expect(0).says(&["2 trained, 2 already done"]);
    let table = project.read("results/small/table.md");
    assert!(table.contains("(n = 18; the folds were drawn 2 times, ± is over seeds and draws)"), "{table}");
    let splits = project.read("results/small/splits.csv");
    assert_eq!(splits.lines().next().unwrap(), "id,split,fold,age_months,sex,group,race,fold_2");
    let out_of_fold = project.read("results/small/out_of_fold.csv");
    assert_eq!(out_of_fold.lines().count(), 1 + 2 * 18, "every film outside the test part is predicted once in each draw");
}
