//! `bench-run phantom`: its files, what it refuses, and that the `rsna` source reads them.

use std::fs;

use bench_run::data::phantom::{Rates, describe, draw_with, label};
use bench_run::data::{Film, Sex, load};
use bench_run::plan::{DataConfig, LabelledFilms, SourceConfig};
use bench_run::spec::{ImageSize, OnBad};

use crate::helpers::{TestProject, files_below};

fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn films_and_labels_come_back_through_the_rsna_source() {
    let project = TestProject::new();
    let ended =
        project.run(&["phantom", "set", "--count", "7", "--size", "40", "--seed", "3", "--metal", "0.5", "--abnormal", "0.5"]).expect(0);
    assert!(ended.stdout.starts_with("7 synthetic films of 40×40 in set: "), "{}", ended.stdout);
    let films = LabelledFilms {
        images: project.path("set/boneage-training-dataset"),
        labels: project.path("set/boneage-training-dataset.csv"),
        sheet: None,
    };
    let source = SourceConfig::Rsna { films, test: None };
    let dataset = load(&DataConfig { source, exclude: None, on_bad: OnBad::Stop, allow_leaks: false, split: None }).unwrap();
    assert!(dataset.excluded.is_empty() && dataset.samples.len() == 7);
    let rates = Rates { metal: 0.5, abnormal: 0.5 };
    for sample in &dataset.samples {
        let index: u64 = sample.id.parse().unwrap();
        let label = label(3, index);
        assert_eq!((sample.age_months, sample.sex), (label.age_months, Some(label.sex)), "film {index}");
        let Film::File(path) = &sample.film else { panic!("{:?}", sample.film) };
        let read = image::open(path).unwrap().into_luma8();
        assert_eq!(read.dimensions(), (40, 40));
        assert_eq!(read.into_raw(), draw_with(3, index, ImageSize::square(40), rates).pixels, "film {index}");
    }
}

#[test]
fn the_second_table_says_what_is_known_of_each_film() {
    let project = TestProject::new();
    project.run(&["phantom", "set", "--count", "12", "--size", "16", "--metal", "0.5", "--abnormal", "0.5"]).expect(0);
    let (facts, labels) = (project.read("set/phantom.csv"), project.read("set/boneage-training-dataset.csv"));
    let (facts, labels) = (rows(&facts), rows(&labels));
    assert_eq!(labels[0], ["id", "boneage", "male"]);
    let column = |name: &str| facts[0].iter().position(|found| *found == name).unwrap_or_else(|| panic!("no column {name}"));
    assert_eq!((facts.len(), labels.len()), (13, 13));
    for (index, (row, label)) in (0..).zip(facts[1..].iter().zip(&labels[1..])) {
        let known = describe(7, index, Rates { metal: 0.5, abnormal: 0.5 });
        assert_eq!((row[0], label[0]), (index.to_string().as_str(), row[0]));
        assert_eq!(row[column("metal")], known.metal.map_or("", |metal| metal.name()));
        assert_eq!(row[column("abnormal")], known.abnormality.map_or("", |abnormality| abnormality.name()));
        assert_eq!(row[column("bone_age_months")].parse::<f64>().unwrap(), known.bone_age_months);
        assert_eq!(label[1].parse::<f64>().unwrap(), known.bone_age_months);
        assert_eq!(label[2], if known.sex == Sex::M { "True" } else { "False" });
        let chronological: f64 = row[column("chronological_months")].parse().unwrap();
        assert!((chronological - known.chronological_months).abs() <= 0.051);
        assert_eq!(row[column("marker")], known.marker.map_or(String::new(), |marker| marker.text));
    }
    assert!(facts[1..].iter().any(|row| !row[column("metal")].is_empty()));
    assert!(project.read("set/README.txt").contains("say nothing about patients"));
}

#[test]
fn a_folder_that_holds_something_is_left_alone_without_force() {
    let project = TestProject::new();
    project.write("set/notes.txt", "mine").write("set/boneage-training-dataset/cat.png", "mine too");
    project.run(&["phantom", "set", "--count", "2", "--size", "16"]).expect(2).says(&["set: the folder is not empty", "--force"]);
    assert_eq!(files_below(&project.path("set")).len(), 2);

    project.run(&["phantom", "set", "--count", "3", "--size", "16", "--force"]).expect(0);
    project.run(&["phantom", "set", "--count", "2", "--size", "16", "--force"]).expect(0);
    let names: Vec<String> = files_below(&project.path("set")).into_iter().map(|(name, _)| name).collect();
    let films = "boneage-training-dataset";
    let expected = [
        &format!("{films}.csv"),
        &format!("{films}/0.png"),
        &format!("{films}/1.png"),
        &format!("{films}/cat.png"),
        "README.txt",
        "notes.txt",
        "phantom.csv",
    ];
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    let mut expected = expected.map(AsRef::<str>::as_ref);
    expected.sort_unstable();
    assert_eq!(names, expected, "films of the longer set are gone, and what is not ours is kept");
    assert_eq!(project.read("set/notes.txt"), "mine");
}

#[test]
fn the_same_command_writes_the_same_bytes() {
    let project = TestProject::new();
    for folder in ["one", "two"] {
        project.run(&["phantom", folder, "--count", "5", "--size", "24", "--seed", "9"]).expect(0);
    }
    assert_eq!(files_below(&project.path("one")), files_below(&project.path("two")));
}

#[test]
fn counts_sizes_and_shares_out_of_range_are_refused_before_anything_is_written() {
    let project = TestProject::new();
    for (flag, value) in [
        ("--count", "0"),
        ("--size", "0"),
        ("--size", "15"),
        ("--size", "100000"),
        ("--metal", "1.5"),
        ("--metal", "nan"),
        ("--abnormal", "-0.1"),
    ] {
        let argument = format!("{flag}={value}");
        project.run(&["phantom", "set", &argument]).expect(2).says(&[flag, value]);
    }
    assert!(!project.path("set").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let project = TestProject::new();
    fs::write(project.path("file"), "in the way").unwrap();
    project.run(&["phantom", "file/set", "--count", "1"]).expect(1).says(&["file/set", "name a folder that can be written"]);
}
