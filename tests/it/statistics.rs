//! How sure a comparison is and for whom it holds, from films with patients, sex and race to the files of the report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use crate::helpers::TestProject;

/// Two networks, two seeds, films two to a patient.
const SPEC: &str = "name: small
data: { csv: { images: films, labels: people.csv, id: id, age: age, unit: months, sex: sex, group: patient, race: race } }
image: { size: 32 }
split: { val: 0.2, test: 0.4 }
train: { epochs: 2, batch_size: 8, precision: fp32 }
seeds: [0, 1]
report: { unit: months, readme: README.md }
backbones: [cnn, cervical_cnn]
";
const FILMS: u32 = 60;
const README: &str = "<!-- bench-run:begin small -->\n<!-- bench-run:end small -->\n";

type Rows = Vec<BTreeMap<String, String>>;

fn rows(text: &str) -> Rows {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, field: &str) -> f64 {
    row[field].parse().unwrap_or_else(|_| panic!("{field} of {row:?}"))
}

fn trained() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(FILMS);
    let mut people = "id,age,sex,patient,race\n".to_owned();
    for id in 1..=FILMS {
        let race = ["Asian", "Black", "White"][id as usize % 3];
        writeln!(people, "{id},{},{},p{},{race}", id * 200 / FILMS, if id % 4 < 2 { "F" } else { "M" }, id / 2).unwrap();
    }
    project.write("people.csv", &people).write("spec.yaml", SPEC).write("README.md", README);
    project.run(&["spec.yaml"]).expect(0);
    project
}

/// The absolute error of every test film, averaged over both seeds.
fn film_errors(project: &TestProject, network: &str) -> BTreeMap<String, f64> {
    let mut films: BTreeMap<String, f64> = BTreeMap::new();
    for seed in 0..2 {
        let run = project.run_folder("results/small", &format!("{network}-s{seed}-"));
        for row in rows(&fs::read_to_string(run.join("predictions.csv")).unwrap()).iter().filter(|row| row["split"] == "test") {
            *films.entry(row["id"].clone()).or_default() += (number(row, "predicted") - number(row, "target")).abs() / 2.0;
        }
    }
    films
}

#[test]
fn rows_are_compared_over_patients_and_judged_in_subgroups() {
    let project = trained();
    let read = |name: &str| project.read(&format!("results/small/{name}"));
    let compared = rows(&read("comparison.csv"));
    assert_eq!(compared.len(), 3);
    let (networks, baseline) = compared.split_at(2);
    let best = networks.iter().min_by(|a, b| number(a, "val_mae_months").total_cmp(&number(b, "val_mae_months"))).unwrap();
    let other = networks.iter().find(|row| row["backbone"] != best["backbone"]).unwrap();
    assert_eq!((best["verdict"].as_str(), best["runs"].as_str(), best["above_best_months"].as_str()), ("best by validation MAE", "2", ""));
    assert_ne!(baseline[0]["p_holm"], "");

    // The difference, from the records.
    let name = |row: &BTreeMap<String, String>| if row["backbone"] == "CNN" { "cnn" } else { "cervical_cnn" };
    let mae = |row: &BTreeMap<String, String>| {
        let films = film_errors(&project, name(row));
        films.values().sum::<f64>() / films.len() as f64
    };
    assert!((number(best, "mae_months") - mae(best)).abs() < 1e-9);
    assert!((number(other, "above_best_months") - (mae(other) - mae(best))).abs() < 1e-9);
    let films = film_errors(&project, "cnn");
    let patients: BTreeSet<u32> = films.keys().map(|id| id.parse::<u32>().unwrap() / 2).collect();
    assert_eq!((number(best, "films") as usize, number(best, "patients") as usize), (films.len(), patients.len()));
    assert!(patients.len() < films.len());

    // One sentence, wherever the table is.
    let page = read("comparison.md");
    let sentence = page.lines().find(|line| line.contains("has the smallest validation MAE. On these")).unwrap();
    assert!(sentence.contains(&best["backbone"]) && sentence.contains("errors averaged over the runs"), "{sentence}");
    assert!(project.read("README.md").contains(sentence) && read("table.md").contains(sentence));

    // Subgroups: every film is in one group of each property, and the groups' errors make up the whole.
    let groups = rows(&read("subgroups.csv"));
    let whole = rows(&read("statistics.csv"));
    for (row, property) in whole.iter().flat_map(|row| ["sex", "race", "age"].map(|property| (row, property))) {
        let of: Vec<_> = groups.iter().filter(|group| group["backbone"] == row["backbone"] && group["property"] == property).collect();
        let films: f64 = of.iter().map(|group| number(group, "films")).sum();
        let mae = of.iter().map(|group| number(group, "films") * number(group, "mae_months")).sum::<f64>() / films;
        assert_eq!(films, number(row, "films"), "{property}");
        assert!((mae - number(row, "mae_months")).abs() < 1e-9, "{property} of {}", row["backbone"]);
        assert!(of.iter().all(|group| (group["few_films"] == "true") == (number(group, "films") < 10.0)));
    }
    let names = |property: &str| -> BTreeSet<&str> {
        groups.iter().filter(|group| group["property"] == property).map(|group| group["group"].as_str()).collect()
    };
    assert_eq!(names("sex"), ["F", "M"].into());
    assert_eq!(names("race"), ["Asian", "Black", "White"].into());
    assert!(names("age").contains("5–9 y"), "{:?}", names("age"));
    assert!(read("subgroups.md").contains("few films"), "{}", read("subgroups.md"));

    // Mean over runs, as in the comparison table.
    let table = rows(&read("table.csv"));
    for (row, of_table) in whole.iter().zip(&table) {
        assert!((number(row, "mae_months") - number(of_table, "test_mae_months")).abs() < 1e-3, "{row:?}");
    }

    project.run(&["report", "spec.yaml", "--check"]).expect(0);
    for file in ["comparison.md", "statistics.csv", "subgroups.tex"] {
        project.write(&format!("results/small/{file}"), "yesterday's\n");
        project.run(&["report", "spec.yaml", "--check"]).expect(5).says(&[&format!("{file} is stale")]);
        project.run(&["report", "spec.yaml"]).expect(0);
    }
}

#[test]
fn a_record_of_an_early_version_says_what_is_missing() {
    let project = trained();
    let splits = project.read("results/small/splits.csv");
    let early: Vec<&str> = splits.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    let early = early.join("\n") + "\n";
    assert!(early.starts_with("id,split,fold,age_months,sex,group\n"), "{early}");
    project.write("results/small/splits.csv", &early);
    project.run(&["report", "spec.yaml"]).expect(0);
    let page = project.read("results/small/subgroups.md");
    assert!(page.contains("No table by race: splits.csv of this study does not have it") && page.contains("test films by sex"), "{page}");
    project.run(&["report", "spec.yaml", "--check"]).expect(0);

    fs::remove_file(project.path("results/small/splits.csv")).unwrap();
    project.run(&["report", "spec.yaml"]).expect(0);
    let page = project.read("results/small/subgroups.md");
    assert!(page.contains("No table by sex") && page.contains("No table by race") && page.contains("test films by age"), "{page}");
    assert!(project.read("results/small/table.md").contains("whose patients are not known"));

    // What the page says: the same command adds it, and trains nothing.
    project.run(&["spec.yaml"]).expect(0).says(&["0 trained, 4 already done"]);
    assert_eq!(project.read("results/small/splits.csv"), splits);
    assert!(project.read("results/small/subgroups.md").contains("test films by race"));

    project.write("results/small/splits.csv", "film,part\n1,test\n");
    project.run(&["report", "spec.yaml"]).expect(1).says(&["splits.csv: no column `id`", "run the spec again"]);
}

/// Whether a page of LaTeX with the given lines in its body compiles; the log where it does not.
fn compiles(folder: &std::path::Path, body: &str) -> Result<(), String> {
    let page = format!("\\documentclass{{article}}\n\\usepackage{{booktabs,graphicx}}\n\\begin{{document}}\n{body}\\end{{document}}\n");
    fs::write(folder.join("page.tex"), page).unwrap();
    let arguments = ["-interaction=nonstopmode", "-halt-on-error", "page.tex"];
    let ended = std::process::Command::new("pdflatex").args(arguments).current_dir(folder).output().unwrap();
    if ended.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ended.stdout).into_owned()) }
}

#[test]
fn every_table_for_latex_compiles() {
    if std::process::Command::new("pdflatex").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no pdflatex; install texlive-latex-recommended");
        return;
    }
    let project = trained();
    let folder = project.path("results/small");
    let tables = ["table", "short", "cost", "comparison", "statistics", "subgroups"];
    let body = tables.map(|name| format!("\\input{{{name}}}\n")).concat();
    compiles(&folder, &body).unwrap_or_else(|log| panic!("{log}"));
    assert!(compiles(&folder, "\\undefined\n").is_err(), "a page that cannot be set is told");
}
