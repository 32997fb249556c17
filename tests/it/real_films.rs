//! The same on real radiographs, where they are present beside the checkout or in `BENCH_RUN_REAL_DATA`.

use std::path::{Path, PathBuf};

use crate::helpers::TestProject;

fn real_data() -> Option<PathBuf> {
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
    let spec = experiment("hand.yaml");
    let arguments: Vec<&str> = [spec.as_str(), "--set", &images, "--set", &labels].into_iter().chain(small).collect();
    project.run(&arguments).expect(0).says(&["1 trained"]);
    assert_eq!(project.read("results/hand/splits.csv").lines().count(), 1 + 1500);
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
