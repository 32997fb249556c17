//! Wrong specs, films and labels: one clear message, the right exit code, and nothing done is lost.

use std::fs;

use crate::helpers::TestProject;

fn project() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(12).rsna_spec();
    project
}

#[test]
fn a_truncated_film_is_named() {
    let project = project();
    let film = project.path("films/3.png");
    let bytes = fs::read(&film).unwrap();
    fs::write(&film, &bytes[..bytes.len() / 2]).unwrap();
    project.run(&["spec.yaml"]).expect(3).says(&["films/3.png (labels.csv:4): the PNG file is cut off", "on_bad: skip"]);
    project.run(&["spec.yaml", "--set", "data.on_bad=skip"]).expect(0).says(&["left out: 3"]);
    let excluded = project.read("results/small/excluded.csv");
    assert!(
        excluded.starts_with("id,reason,place\n3,film that cannot be read: ") && excluded.ends_with(",3.png (labels.csv:4)\n"),
        "{excluded}"
    );
}

#[test]
fn a_label_without_a_film_is_named_with_its_line() {
    let project = project();
    fs::remove_file(project.path("films/5.png")).unwrap();
    project.run(&["spec.yaml"]).expect(3).says(&["labels.csv:6", "5"]);
}

#[test]
fn a_film_without_a_label_is_named() {
    let project = project();
    fs::copy(project.path("films/5.png"), project.path("films/99.png")).unwrap();
    project.run(&["spec.yaml"]).expect(3).says(&["99.png"]);
}

#[test]
fn a_duplicate_id_is_named_with_its_line() {
    let project = project();
    project.write("labels.csv", &(project.read("labels.csv") + "3,40,True\n"));
    project.run(&["spec.yaml"]).expect(3).says(&["labels.csv:14", "3"]);
}

#[test]
fn an_age_that_is_no_number_is_named_with_its_line() {
    let project = project();
    project.write("labels.csv", &project.read("labels.csv").replace("\n3,50,", "\n3,abc,"));
    project.run(&["spec.yaml"]).expect(3).says(&["labels.csv:4", "abc"]);
}

#[test]
fn an_empty_folder_of_films_is_named() {
    let project = project();
    fs::remove_dir_all(project.path("films")).unwrap();
    fs::create_dir(project.path("films")).unwrap();
    project.run(&["spec.yaml"]).expect(3).says(&["films"]);
    fs::remove_dir(project.path("films")).unwrap();
    project.run(&["spec.yaml"]).expect(3).says(&["films"]);
}

#[test]
fn a_misspelt_key_has_its_place_and_a_suggestion() {
    let project = project();
    project.write("spec.yaml", &project.read("spec.yaml").replace("epochs: 2", "epoch: 2"));
    project.run(&["spec.yaml"]).expect(2).says(&["spec.yaml:5:", "train", "epoch", "did you mean", "epochs"]);
}

#[test]
fn an_image_too_small_for_a_network_is_found_before_any_film_is_read() {
    let project = project();
    project.write("spec.yaml", &project.read("spec.yaml").replace("[cnn, cervical_cnn]", "[cnn, vgg16]").replace("size: 32", "size: 8"));
    fs::remove_dir_all(project.path("films")).unwrap();
    project.run(&["spec.yaml"]).expect(2).says(&["vgg16", "32×32", "8×8"]);
}

#[test]
fn a_sex_that_no_label_tells_is_found_before_any_film_is_read() {
    let project = project();
    let labels = project.read("labels.csv");
    let without_sex = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
    project.write("labels.csv", &labels.lines().map(without_sex).collect::<Vec<_>>().join("\n"));
    for id in 1..=12 {
        fs::write(project.path(&format!("films/{id}.png")), "no film").unwrap();
    }
    project.run(&["data", "spec.yaml"]).expect(3).says(&["films/1.png"]);
    let split = "split: { val: 0.25, test: 0.25, stratify: [age, sex] }";
    project.write("spec.yaml", &project.read("spec.yaml").replace("split: { val: 0.25, test: 0.25 }", split));
    for command in ["data", "run"] {
        project.run(&[command, "spec.yaml", "--set", "head.sex=true"]).expect(2).says(&[
            "spec.yaml:4:49: split.stratify[1]: needs the sex of the films, and the labels give none; give the table a column",
            "= note: spec.yaml:2:9: data.rsna is the source",
            "= note: --set head.sex=true: head.sex needs it too",
        ]);
    }
    project.write("labels.csv", &labels);
    project.run(&["data", "spec.yaml", "--set", "split.stratify=[race]"]).expect(2).says(&["needs the race of the films"]);
}

#[test]
fn a_results_folder_that_cannot_be_made_is_found_before_any_film_is_read() {
    let project = project();
    fs::remove_dir_all(project.path("films")).unwrap();
    project.write("taken", "a file");
    project.run(&["spec.yaml", "--results", "taken"]).expect(1).says(&["cannot write taken", "--results DIR"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_results_folder_keeps_what_it_holds() {
    use std::os::unix::fs::PermissionsExt;
    let project = project();
    project.run(&["spec.yaml"]).expect(0);
    let before = crate::helpers::files_below(&project.path("results"));
    let study = project.path("results/small");
    for folder in [study.join("runs"), study.clone()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let writable = tempfile::tempfile_in(&study).is_ok();
    if writable {
        eprintln!("SKIPPED: this user may write into read-only folders");
    } else {
        project.run(&["spec.yaml", "--set", "train.epochs=1"]).expect(1).says(&["cannot write", "--results DIR"]);
        assert_eq!(before, crate::helpers::files_below(&project.path("results")));
    }
    for folder in [study.clone(), study.join("runs")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn bad_data_costs_nothing_already_done() {
    let project = project();
    project.run(&["spec.yaml"]).expect(0);
    let before = crate::helpers::files_below(&project.path("results"));
    fs::write(project.path("films/3.png"), "no film").unwrap();
    project.run(&["spec.yaml"]).expect(3);
    assert_eq!(before, crate::helpers::files_below(&project.path("results")));
}

#[test]
fn a_cache_that_cannot_be_written_is_no_fault_of_the_data() {
    let project = project();
    project.write("taken", "a file");
    project.run_with("BENCH_RUN_CACHE", "taken", &["spec.yaml"]).expect(1).says(&["taken/films", "BENCH_RUN_CACHE"]);
}
