//! Ways to train and to judge that a spec may ask for, from the spec to the files that they leave.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::helpers::TestProject;

/// Two folds of a run that finds its rate, predicts distributions in micro-batches and averages over views.
const SPEC: &str = "name: folds
data: { rsna: { images: films, labels: labels.csv } }
image: { size: 32 }
split: { folds: 2, test: 0.25 }
augment: { rotate: 5, brightness: 0.05 }
head: { age_bins: 24 }
train: { epochs: 2, batch_size: 8, micro_batch_size: 3, precision: fp32, loss: distribution, find_lr: true, schedule: one_cycle }
report: { unit: months, tta: 2 }
backbones: [cervical_cnn]
";

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_found_rate_bins_of_age_views_and_folds_leave_their_records() {
    let project = TestProject::new();
    project.rsna_films(24).write("spec.yaml", SPEC);
    let ended = project.run(&["spec.yaml"]).expect(0).says(&["2 trained"]);
    assert!(ended.stdout.contains("Out-of-fold MAE") && ended.stdout.contains("mean over 2 views"), "{}", ended.stdout);
    let folds: Vec<PathBuf> = (0..2).map(|fold| project.run_folder("results/folds", &format!("cervical_cnn-s0-f{fold}-"))).collect();
    for run in &folds {
        let result: serde_json::Value = serde_json::from_slice(&fs::read(run.join("result.json")).unwrap()).unwrap();
        let found = result["found_learning_rate"].as_f64().unwrap();
        assert_eq!(result["tta"], 2);
        let curve = rows(&fs::read_to_string(run.join("lr_find.csv")).unwrap());
        let smallest = |row: &&BTreeMap<String, String>| ordered(row["smoothed_loss"].parse().unwrap());
        let lowest: f64 = curve.iter().min_by_key(smallest).unwrap()["learning_rate"].parse().unwrap();
        assert!((found / lowest * 10.0 - 1.0).abs() < 1e-12, "{found} of {lowest}");
        assert!(
            fs::read_to_string(run.join("log.txt")).unwrap().contains(&format!("learning rate found in {} steps: {found}", curve.len()))
        );
    }
    let predicted = rows(&project.read("results/folds/out_of_fold.csv"));
    let splits = rows(&project.read("results/folds/splits.csv"));
    let outside: BTreeSet<(&str, &str)> =
        splits.iter().filter(|row| row["split"] == "fold").map(|row| (row["id"].as_str(), row["fold"].as_str())).collect();
    let found: BTreeSet<(&str, &str)> = predicted.iter().map(|row| (row["id"].as_str(), row["fold"].as_str())).collect();
    assert_eq!((predicted.len(), found), (18, outside), "every film outside the test part is predicted once, by its own fold");
    project.run(&["report", "spec.yaml", "--check"]).expect(0);
    fs::remove_file(project.path("results/folds/out_of_fold.csv")).unwrap();
    project.run(&["report", "spec.yaml", "--check"]).expect(5).says(&["out_of_fold.csv is stale"]);
    let film = project.path("films/7.png");
    let ages = project.run(&["predict", folds[0].to_str().unwrap(), film.to_str().unwrap()]).expect(0).stdout;
    let age: f64 = rows(&ages)[0].values().filter_map(|value| value.parse().ok()).next_back().unwrap();
    assert!((-50.0..300.0).contains(&age), "{ages}");
    project.run(&["export", folds[0].to_str().unwrap(), "--torchscript", "model.pt"]).expect(0);
}

/// A positive number as one that has an order.
fn ordered(value: f64) -> u64 {
    value.to_bits()
}

#[test]
fn a_plateau_lowers_the_rate_and_a_longer_run_goes_on_from_a_shorter_one() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let train = |results: &'static str, epochs: &'static str| {
        let settings =
            ["train.schedule=plateau", "train.plateau_patience=0", "train.plateau_factor=0.5", "train.learning_rate=0.03", epochs];
        let sets = settings.into_iter().flat_map(|setting| ["--set", setting]);
        let words: Vec<&str> = ["spec.yaml", "--results", results].into_iter().chain(sets).collect();
        project.run(&words).expect(0)
    };
    train("results", "train.epochs=4");
    train("results", "train.epochs=7").says(&["goes on from the end of epoch 4"]);
    train("fresh", "train.epochs=7");
    let mut lowered = false;
    for network in ["cnn-s0-", "cervical_cnn-s0-"] {
        let fresh = project.run_folder("fresh/small", network);
        let continued = project.path("results/small/runs").join(fresh.file_name().unwrap());
        for file in ["epochs.csv", "predictions.csv", "model.safetensors", "result.json"] {
            assert!(fs::read(fresh.join(file)).unwrap() == fs::read(continued.join(file)).unwrap(), "{network}: {file} differs");
        }
        let last = rows(&fs::read_to_string(fresh.join("epochs.csv")).unwrap()).pop().unwrap();
        lowered |= last["learning_rate"].parse::<f64>().unwrap() < 0.03;
    }
    assert!(lowered, "no rate was ever lowered");
}
