//! The same on real radiographs, where they are present beside the checkout or in `BENCH_RUN_REAL_DATA`.

use std::path::{Path, PathBuf};

use crate::helpers::TestProject;

pub(crate) fn real_data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("BENCH_RUN_REAL_DATA").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    eprintln!("SKIPPED: no real films at {}; set BENCH_RUN_REAL_DATA to their folder", folder.display());
    None
}

fn experiment(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name).display().to_string()
}

#[test]
fn hand_films_of_the_rsna_layout_train() {
    let Some(data) = real_data() else { return };
    let project = TestProject::new();
    let images = format!("data.rsna.images={}", data.join("hand-rsna-100px/images").display());
    let labels = format!("data.rsna.labels={}", data.join("hand-rsna-100px/boneage-training-dataset.csv").display());
    let small = ["--set", "backbones=[cervical_cnn]", "--set", "train.epochs=1", "--set", "image.size=32"];
    let spec = experiment("hand-10epoch.yaml");
    let arguments: Vec<&str> = [spec.as_str(), "--set", &images, "--set", &labels].into_iter().chain(small).collect();
    project.run(&arguments).expect(0).says(&["1 trained"]);
    assert_eq!(project.read("results/hand-10epoch/splits.csv").lines().count(), 1 + 1500);
}

#[test]
fn cervical_films_train_and_show_r2_beside_the_baseline() {
    let Some(data) = real_data() else { return };
    let project = TestProject::new();
    let root = format!("data.filename.root={}", data.join("cervical").display());
    project
        .run(&[&experiment("cervical.yaml"), "--set", &root, "--set", "train.epochs=2", "--set", "seeds=[0]"])
        .expect(0)
        .says(&["1 trained"]);
    let table = project.read("results/cervical/table.md");
    assert!(table.contains("R² | Validation R² |") && table.contains("Mean-age baseline"), "{table}");
    assert_eq!(project.read("results/cervical/splits.csv").lines().count(), 1 + 30);
}

#[test]
fn metal_is_suspected_on_few_hands_that_wear_none() {
    let Some(data) = real_data() else { return };
    let project = TestProject::new();
    // The first 120 of 1500 films; among all of them 5 are flagged.
    let labels = std::fs::read_to_string(data.join("hand-rsna-100px/boneage-training-dataset.csv")).unwrap();
    let few: Vec<&str> = labels.lines().take(121).collect();
    project.write("few.csv", &few.join("\n"));
    let images = format!("data.rsna.images={}", data.join("hand-rsna-100px/images").display());
    let spec = experiment("hand-10epoch.yaml");
    project
        .run(&[
            "data",
            &spec,
            "--set",
            &images,
            "--set",
            "data.rsna.labels=few.csv",
            "--set",
            "data.on_bad=skip",
            "--write-exclude",
            "exclude.csv",
        ])
        .expect(0);
    let listed = project.read("exclude.csv");
    let flagged: Vec<&str> = listed.lines().filter(|line| line.contains("metal:")).collect();
    assert!(flagged.len() <= 3, "{flagged:#?}");
}
