//! Specs made of others: matrices, several specs on one command line, chosen runs, variables in paths.

use std::fs;

use crate::helpers::{TestProject, files_below};

/// Two rows for each of two learning rates, of the smallest network on a few small films.
const MATRIX: &str = "\
title: Rates and sizes
data: { phantom: { count: 24, seed: 3 } }
image: { size: 16 }
split: { val: 0.25, test: 0.25 }
train: { epochs: 1, batch_size: 8, precision: fp32 }
backbones: [cervical_cnn]
matrix:
  train.learning_rate: [1.0e-3, 1.0e-4]
  image.size: [16, 24]
";

const LABELS: [&str; 4] = [
    "Cervical CNN · learning rate 0.001 · size 16",
    "Cervical CNN · learning rate 0.001 · size 24",
    "Cervical CNN · learning rate 0.0001 · size 16",
    "Cervical CNN · learning rate 0.0001 · size 24",
];

/// The label of every row of a study's table, and whether it has figures.
fn rows(project: &TestProject, study: &str) -> Vec<(String, bool)> {
    let table = project.read(&format!("results/{study}/table.csv"));
    let rows = table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|fields| (fields[0].to_owned(), fields[1] == "done")).collect()
}

fn run_ids(project: &TestProject, study: &str) -> Vec<String> {
    let runs = fs::read_dir(project.path(&format!("results/{study}/runs"))).unwrap();
    let mut ids: Vec<String> = runs.map(|run| run.unwrap().file_name().into_string().unwrap()).collect();
    ids.sort();
    ids
}

#[test]
fn a_matrix_of_two_by_two_is_a_table_of_four_named_rows() {
    let project = TestProject::new();
    project.write("rates.yaml", MATRIX);
    let ended = project.run(&["rates.yaml"]).expect(0).says(&["4 run(s)", "4 trained"]);
    let table = rows(&project, "rates");
    let labels: Vec<&str> = table.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, [LABELS.as_slice(), &["Mean-age baseline"]].concat());
    assert!(table.iter().all(|(_, is_done)| *is_done), "{table:?}");
    for label in LABELS {
        assert!(ended.stdout.contains(label) && project.read("results/rates/table.md").contains(label), "{label}: {}", ended.stdout);
    }
    let ids = run_ids(&project, "rates");
    assert_eq!(ids.len(), 4, "{ids:?}");
    project.run(&["rates.yaml"]).expect(0).says(&["0 trained, 4 already done"]);
    project.run(&["report", "rates.yaml", "--check"]).expect(0);

    // The same settings written out are the same run.
    let (plain, _) = MATRIX.split_once("matrix:").unwrap();
    project.write("plain.yaml", plain);
    project.run(&["plain.yaml", "--set", "train.learning_rate=1e-4", "--set", "image.size=24"]).expect(0);
    let plain = run_ids(&project, "plain");
    assert!(plain.len() == 1 && ids.contains(&plain[0]), "{plain:?} {ids:?}");
    assert_eq!(rows(&project, "plain")[0].0, "Cervical CNN");
}

#[test]
fn a_mistake_in_a_matrix_is_shown_where_it_is_before_any_film_is_read() {
    let project = TestProject::new();
    project.write("rates.yaml", &MATRIX.replace("[1.0e-3, 1.0e-4]", "[1.0e-3, -1]"));
    project.run(&["rates.yaml"]).expect(2).says(&["rates.yaml:8:33: matrix.train.learning_rate[1]: must be above 0, found -1", "^"]);
    project.write("rates.yaml", &MATRIX.replace("train.learning_rate", "train.learning_rat"));
    project.run(&["plan", "rates.yaml"]).expect(2).says(&["rates.yaml:8:3: ", "did you mean `train.learning_rate`?"]);
    project.write("rates.yaml", &MATRIX.replace("[16, 24]", "[2, 24]"));
    project.run(&["rates.yaml"]).expect(2).says(&["rates.yaml:9:16: matrix.image.size[0]: cervical_cnn needs images of at least 4×4"]);
    assert!(!project.path("results").exists() && !project.path("cache").exists());
}

#[test]
fn chosen_runs_are_trained_and_the_others_keep_their_rows() {
    let project = TestProject::new();
    project.write("rates.yaml", MATRIX);
    project.run(&["rates.yaml", "--only", "*SIZE 16", "--skip", "*0.001 *"]).expect(0).says(&["1 of 4 runs are selected", "1 trained"]);
    let done = |project: &TestProject| rows(project, "rates").iter().map(|(_, is_done)| *is_done).collect::<Vec<_>>();
    assert_eq!(done(&project), [false, false, true, false, true]);
    let table = project.read("results/rates/table.md");
    let row = table.lines().find(|line| line.starts_with(&format!("| {} ", LABELS[0]))).unwrap();
    assert!(row.contains("| not trained |"), "{row}");
    project.run(&["rates.yaml", "--skip", "cnn"]).expect(2).says(&["--skip cnn: fits no run", LABELS[3], "cervical_cnn-s0"]);
    project.run(&["rates.yaml", "--only", "*", "--skip", "cervical_cnn-s0"]).expect(2).says(&["leave no run"]);
    project.run(&["report", "rates.yaml", "--only", "*"]).expect(2).says(&["--only and --skip choose what is trained"]);
    assert_eq!(done(&project), [false, false, true, false, true], "a refused command changes nothing");
    project.run(&["rates.yaml"]).expect(0).says(&["3 trained, 1 already done"]);
}

/// Two specs, of which the longer goes on from the shorter.
fn two_specs() -> TestProject {
    let project = TestProject::new();
    project.write(
        "short.yaml",
        "title: 2 Epochs\n\
         data: { phantom: { count: 24, seed: 3 } }\n\
         image: { size: 16 }\n\
         split: { val: 0.25, test: 0.25 }\n\
         train: { epochs: 2, batch_size: 8, precision: fp32 }\n\
         backbones: [cervical_cnn, cervical_cnn: { label: Slow, train: { learning_rate: 1.0e-4 } }]\n",
    );
    project.write("more/long.yaml", "extends: ../short.yaml\ntitle: 3 Epochs\ntrain: { epochs: 3 }\nbackbones: [cervical_cnn]\n");
    project
}

#[test]
fn several_specs_share_a_page_with_a_table_of_each_and_all_side_by_side() {
    let project = two_specs();
    let both = ["short.yaml", "more/long.yaml"];
    let ended =
        project.run(&both).expect(0).says(&["goes on from the end of epoch 2", "all tables on one page: results/short+long/table.md"]);
    let page = project.read("results/short+long/table.md");
    for part in ["# 2 Epochs and 3 Epochs\n", "\n### 2 Epochs\n", "\n### 3 Epochs\n", "| 3 Epochs: Validation MAE (years) |"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let slow = page.lines().find(|line| line.starts_with("| Slow ")).unwrap();
    let fields: Vec<&str> = slow.split('|').map(str::trim).collect();
    assert!(fields[2].parse::<f64>().is_ok() && fields[8..14].iter().all(|field| *field == "—"), "{slow}");
    for (name, title) in [("short", "2 Epochs"), ("long", "3 Epochs")] {
        let own = project.read(&format!("results/{name}/table.md"));
        assert!(page.contains(own.trim_start_matches("# ").trim_end()), "{title}: {page}\n{own}");
    }
    assert!(ended.stdout.contains("2 Epochs and 3 Epochs"), "{}", ended.stdout);
    let csv = project.read("results/short+long/table.csv");
    let specs: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(specs, ["short", "short", "short", "long", "long"], "{csv}");

    let before = files_below(&project.path("results/short+long"));
    project.run(&["report", both[0], both[1], "--check"]).expect(0);
    project.write("results/short+long/table.md", "edited by hand");
    project
        .run(&["report", both[0], both[1], "--check"])
        .expect(5)
        .says(&["results/short+long/table.md is stale; run `bench-run report short.yaml more/long.yaml`"]);
    project.run(&["report", both[0], both[1]]).expect(0);
    assert_eq!(files_below(&project.path("results/short+long")), before);
}

#[test]
fn two_specs_of_one_name_are_refused_before_anything_is_done() {
    let project = two_specs();
    project.write("more/short.yaml", "extends: ../short.yaml\ntrain: { epochs: 1 }\n");
    let clash = ["\"short\" is the name of short.yaml and of more/short.yaml, which would both write to results/short"];
    project.run(&["short.yaml", "more/short.yaml"]).expect(2).says(&clash);
    project.run(&["report", "short.yaml", "more/short.yaml"]).expect(2).says(&clash);
    project.run(&["short.yaml", "./short.yaml"]).expect(2).says(&["./short.yaml is given twice"]);
    project
        .run(&["short.yaml", "more/long.yaml", "--set", "name=one"])
        .expect(2)
        .says(&["--set name=one", "short.yaml and of more/long.yaml"]);
    assert!(!project.path("results").exists());
}

#[test]
fn variables_in_paths_are_read_and_no_id_hangs_on_them() {
    let project = TestProject::new();
    project.rsna_films(12).rsna_spec();
    let spec = project.read("spec.yaml").replace("cnn, cervical_cnn", "cervical_cnn");
    project.write("spec.yaml", &spec);
    project.run(&["spec.yaml"]).expect(0);
    let ids = run_ids(&project, "small");
    fs::rename(project.path("films"), project.path("other films")).unwrap();
    project.write("spec.yaml", &spec.replace("images: films, labels: labels.csv", "images: '${FILMS}', labels: '~/labels.csv'"));
    let set = project.command(&["spec.yaml"]).env("FILMS", "other films").env("HOME", project.path("")).output().unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    assert!(String::from_utf8_lossy(&set.stderr).contains("0 trained, 1 already done"), "{}", String::from_utf8_lossy(&set.stderr));
    assert_eq!(run_ids(&project, "small"), ids);
    project
        .run_with("FILMS", "", &["spec.yaml"])
        .expect(2)
        .says(&["spec.yaml:2:25: data.rsna.images: the variable FILMS is not set", "${FILMS:-DEFAULT}"]);
}
