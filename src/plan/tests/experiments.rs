//! The specs in `experiments/` must always be ready to run.

use std::fs;
use std::path::{Path, PathBuf};

use super::MACHINE;
use crate::plan::{Plan, SourceConfig, expand};
use crate::spec::{AgeUnit, BackboneName, ImageSize, load};

fn experiment(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name)
}

fn plan(name: &str, sets: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let loaded = load(&experiment(name), &sets).unwrap_or_else(|error| panic!("{error}"));
    expand(&loaded, &MACHINE).unwrap_or_else(|error| panic!("{error}"))
}

/// What a spec needs from the command line.
fn placeholders(name: &str) -> &'static [&'static str] {
    match name {
        "cervical.yaml" | "cervical-folds.yaml" => &["data.filename.root=films"],
        "hand-10epoch.yaml" | "hand-18epoch.yaml" => &["data.rsna.images=films", "data.rsna.labels=labels.csv"],
        _ => &[],
    }
}

fn names(plan: &Plan) -> Vec<BackboneName> {
    plan.entries.iter().map(|entry| entry.first().architecture.name()).collect()
}

const NINE: [BackboneName; 9] = [
    BackboneName::Vgg19,
    BackboneName::Vgg16,
    BackboneName::Cnn,
    BackboneName::Unet,
    BackboneName::Attention,
    BackboneName::EfficientnetV2S,
    BackboneName::Resnet50,
    BackboneName::Vit,
    BackboneName::Yolo,
];

#[test]
fn every_experiment_expands_and_says_how_to_run_it() {
    let mut seen = 0;
    for file in fs::read_dir(experiment("")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name == "spec.schema.json" {
            continue;
        }
        let plan = plan(&name, placeholders(&name));
        assert!(!plan.entries.is_empty(), "{name}");
        let text = fs::read_to_string(experiment(&name)).unwrap();
        assert!(text.starts_with("# ") && text.contains(&format!("scripts/bench-run experiments/{name}")), "{name}");
        seen += 1;
    }
    assert!(seen >= 5, "found {seen}");
}

#[test]
fn the_comparisons_have_the_nine_rows_of_the_published_tables() {
    for name in ["quick.yaml", "10epoch.yaml", "18epoch.yaml", "hand-10epoch.yaml", "hand-18epoch.yaml"] {
        let plan = plan(name, placeholders(name));
        assert_eq!(names(&plan), NINE, "{name}");
        let labels: Vec<&str> = plan.entries.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels[0], "VGG19", "{name}");
        assert_eq!(labels[7], "Vision Transformer", "{name}: a network that stands once has its plain name");
    }
}

#[test]
fn eighteen_epochs_differ_from_ten_in_the_epochs_alone() {
    let (ten, mut eighteen) = (plan("10epoch.yaml", &[]), plan("18epoch.yaml", &[]));
    assert_eq!((ten.name.as_str(), ten.title.as_str()), ("10epoch", "10 Epoch"));
    assert_eq!((eighteen.name.as_str(), eighteen.title.as_str()), ("18epoch", "18 Epoch"));
    assert_eq!(ten.report.readme.as_deref(), Some(Path::new("README.md")));
    for entry in &mut eighteen.entries {
        assert_eq!(entry.runs[0].config.train.epochs, 18);
        entry.runs[0].config.train.epochs = 10;
    }
    assert_eq!(eighteen, Plan { name: eighteen.name.clone(), title: eighteen.title.clone(), ..ten });
}

#[test]
fn the_cervical_experiment_is_the_notebook_with_an_honest_split() {
    let plan = plan("cervical.yaml", placeholders("cervical.yaml"));
    let SourceConfig::Filename { root, pattern, unit } = &plan.data.source else { panic!("{:?}", plan.data) };
    assert_eq!((root.as_path(), pattern.join(" "), *unit), (Path::new("films"), "{id}-{age}-{sex}.jpg".to_owned(), AgeUnit::Years));
    assert_eq!(names(&plan), [BackboneName::CervicalCnn]);
    let config = plan.entries[0].first();
    assert_eq!((config.train.epochs, config.train.batch_size, config.train.learning_rate), (30, 16, 1e-3));
    assert_eq!((config.image.size, config.head.hidden.as_slice()), (ImageSize::square(128), [128].as_slice()));
    assert_eq!((plan.split.val, plan.split.test, plan.split.seed), (0.2, 0.0, 42));
}
