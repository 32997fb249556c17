//! A plan written back as a spec.

use std::fs;

use super::MACHINE;
use crate::plan::{Plan, ResolvedSpec, expand, resolved};
use crate::spec::load;

/// The plan of a spec given as text with its settings, and the plan of those settings.
fn there_and_back(text: &str) -> (Plan, Plan, ResolvedSpec) {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["spec.yaml", "resolved.yaml"].map(|name| folder.path().join(name));
    fs::write(&first, text).unwrap();
    let loaded = load(&first, &[]).unwrap();
    let plan = expand(&loaded, &MACHINE).unwrap();
    let settings = resolved(&loaded, &plan);
    fs::write(&second, settings.to_yaml()).unwrap();
    let again = load(&second, &[]).unwrap_or_else(|error| panic!("{error}\n{}", settings.to_yaml()));
    let again = expand(&again, &MACHINE).unwrap_or_else(|error| panic!("{error}\n{}", settings.to_yaml()));
    (plan, again, settings)
}

fn assert_same(text: &str) {
    let (plan, again, settings) = there_and_back(text);
    // What is to be checked of the labels has places, which differ. The first difference alone: a plan fills pages.
    let [plan, again] = [plan, again].map(|plan| format!("{:#?}", Plan { needs: Vec::new(), ..plan }));
    let differing = plan.lines().zip(again.lines()).find(|(line, other)| line != other);
    assert_eq!(differing, None, "{}", settings.to_yaml());
    assert_eq!(plan.len(), again.len());
}

#[test]
fn the_resolved_spec_of_every_experiment_is_the_same_plan() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    for name in ["10epoch.yaml", "18epoch.yaml", "quick.yaml"] {
        let loaded = load(&folder.join(name), &[]).unwrap();
        let plan = expand(&loaded, &MACHINE).unwrap();
        assert_same(&resolved(&loaded, &plan).to_yaml());
        let (again, ..) = there_and_back(&resolved(&loaded, &plan).to_yaml());
        assert_eq!(plan, again, "{name}");
    }
}

#[test]
fn every_kind_of_setting_comes_back() {
    assert_same(
        r#"
title: "a # title: with signs"
data: { csv: { images: "films of ours", labels: ages.csv, sheet: one, unit: years, id: film, age: "the age", sex: sex, group: patient, test: { labels: more.csv } },
        exclude: out.csv, on_bad: skip, allow_leaks: true }
image: { size: { height: 96, width: 64 }, channels: 3, fit: crop, normalize: imagenet }
prepare: { invert: auto, crop: hand, normalise: per_image, clahe: { clip_limit: 3.0, tiles: 4 } }
split: { folds: 5, repeats: 2, seed: 3, stratify: [age, sex], group: patient }
augment: { rotate: 15, elastic: 0.01, erase: 0.1, balance: { by: [age, sex], to: 7 } }
head: { hidden: [64, 32], dropout: 0.1, sex: true }
train: { epochs: 7, warmup_epochs: 0.5, learning_rate: 1e-7, gradient_clip: 1.0, ema: 0.99, early_stop: 3, micro_batch_size: 4 }
seeds: [4, 2]
report: { unit: months, accuracy_within: 6, epoch: best, tta: 4, robustness: true, readme: README.md, page: figures, tensorboard: true }
backbones:
  - resnet50: { weights: w.safetensors, freeze: backbone, unfreeze_at: 2, train: { backbone_learning_rate: 1e-5 } }
  - vit: { preset: tiny, patch_size: 8, drop_path: 0.1, image: { size: 64 }, prepare: { clahe: false } }
  - attention: { kind: gate, label: "Gate: the new one", augment: { balance: { by: [sex], to: max } } }
  - yolo: { scale: s, train: { on_nan: halve_learning_rate, schedule: plateau, plateau_patience: 2, plateau_factor: 0.5 } }
  - cnn: { train: { loss: distribution }, head: { age_bins: 32 } }
  - cnn: { label: found, train: { find_lr: true, ema: null } }
"#,
    );
}

#[test]
fn other_sources_and_given_parts_come_back() {
    for text in [
        "data: { rsna: { images: films, labels: l.csv, test: { images: more, labels: m.csv } } }\nbackbones: [cnn]\n",
        "data: { hand_atlas: { root: atlas } }\nsplit: { file: s.csv, folds: 3 }\nbackbones: [cnn]\n",
        "data: { filename: { root: films, pattern: [\"{id}-{age}-{sex}.jpg\", \"{id}_{age}.png\"], unit: years } }\nsplit: { file: s.csv }\nbackbones: [cnn]\n",
        "data: { phantom: {} }\nsplit: { val: 0, test: 0.5 }\nbackbones: [cnn, unet, efficientnet_v2_s: { drop_path: 0 }]\n",
    ] {
        assert_same(text);
    }
}

#[test]
fn for_others_it_says_no_folder_of_this_machine_and_no_origin() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.yaml");
    let text =
        "data: { rsna: { images: /home/me/films, labels: tables/l.csv } }\nbackbones: [cnn]\nreport: { readme: /home/me/README.md }\n";
    fs::write(&spec, text).unwrap();
    let loaded = load(&spec, &[]).unwrap();
    let yaml = resolved(&loaded, &expand(&loaded, &MACHINE).unwrap()).for_others().to_yaml();
    assert!(yaml.contains("    images: films\n    labels: \"tables/l.csv\"\n") && yaml.contains("  readme: \"README.md\"\n"), "{yaml}");
    assert!(!yaml.contains("/home") && !yaml.contains('#'), "{yaml}");
}

#[test]
fn every_value_says_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let [base, spec] = ["base.yaml", "spec.yaml"].map(|name| folder.path().join(name));
    fs::write(&base, "data: { phantom: { count: 30 } }\ntrain: { epochs: 4 }\nbackbones: [cnn]\n").unwrap();
    fs::write(&spec, "extends: base.yaml\nbackbones:\n  - cnn: { train: { learning_rate: 0.1 } }\n  - unet\n").unwrap();
    let loaded = load(&spec, &["train.batch_size=8".to_owned()]).unwrap();
    let settings = resolved(&loaded, &expand(&loaded, &MACHINE).unwrap());
    let origin = |settings: &[crate::plan::Setting], key: &str| {
        let found = settings.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("{key} in {settings:?}"));
        found.origin.rsplit('/').next().unwrap().to_owned()
    };
    let shared = |key| origin(&settings.settings, key);
    assert_eq!(shared("data.phantom.count"), "base.yaml:1:27");
    assert_eq!(shared("data.phantom.seed"), "default");
    assert_eq!(shared("train.epochs"), "base.yaml:2:18");
    assert_eq!(shared("train.batch_size"), "--set train.batch_size=8");
    assert_eq!(origin(&settings.backbones[0].settings, "train.learning_rate"), "spec.yaml:3:36");
    assert_eq!(origin(&settings.backbones[1].settings, "train.learning_rate"), "default");
}
