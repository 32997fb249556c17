//! The JSON Schema of a spec, held against the program by a validator that knows nothing of it.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::helpers::TestProject;

fn experiments() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments")
}

fn validator() -> Validator {
    let text = TestProject::new().run(&["schema"]).expect(0).stdout;
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap()
}

#[test]
fn the_schema_beside_the_experiments_is_the_one_that_the_program_prints() {
    let printed = TestProject::new().run(&["schema"]).expect(0).stdout;
    let committed = fs::read_to_string(experiments().join("spec.schema.json")).unwrap();
    assert!(printed == committed, "it is stale; renew it: cargo run -- schema > experiments/spec.schema.json");
}

#[test]
fn every_experiment_names_the_schema_and_is_valid_by_it() {
    let validator = validator();
    let mut count = 0;
    for entry in fs::read_dir(experiments()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(first, "# yaml-language-server: $schema=spec.schema.json", "{}", path.display());
        let errors: Vec<String> =
            validator.iter_errors(&as_json(&text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
        count += 1;
    }
    assert!(count >= 5, "{count}");
}

/// A spec that is right but for what is put in.
const SOUND: &str = "data: { phantom: { count: 20 } }\nbackbones: [cnn]\n";

#[test]
fn what_the_program_refuses_of_single_values_the_schema_refuses_too() {
    let validator = validator();
    let project = TestProject::new();
    assert!(validator.is_valid(&as_json(SOUND)));
    project.write("spec.yaml", SOUND).run(&["plan", "spec.yaml"]).expect(0);
    for bad in [
        "train: { epochs: ten }",
        "train: { epochs: 0 }",
        "train: { epoch: 3 }",
        "train: { optimizer: adamax }",
        "train: { learning_rate: 0 }",
        "train: { learning_rate: -0.1 }",
        "train: { ema: 1.0 }",
        "train: { plateau_factor: 1 }",
        "train: [epochs, 3]",
        "image: { size: 0 }",
        "image: { size: 9000 }",
        "image: { size: { height: 32 } }",
        "image: { channels: 2 }",
        "image: { fit: squeeze }",
        "split: { folds: 1 }",
        "split: { val: 1.0 }",
        "split: { stratify: [height] }",
        "augment: { shear: 61 }",
        "augment: { flip: 1.5 }",
        "augment: { balance: { to: max } }",
        "prepare: { clahe: { tiles: 65 } }",
        "head: { dropout: \"0.5\" }",
        "head: { age_bins: 15 }",
        "seeds: [-1]",
        "name: \".hidden\"",
        "name: \"a/b\"",
        "titel: A",
        "report: { tta: 1 }",
        "backbones: [resnet55]",
        "backbones: [{ cnn: {}, vit: {} }]",
        "backbones: [{ cnn: { preset: tiny } }]",
        "backbones: [{ resnet50: { weights: model.pt } }]",
        "backbones: [{ vit: { preset: huge } }]",
        "data: { rsna: { image: films } }",
        "data: { phantom: { count: 1.5 } }",
        "data: { filename: { root: films, pattern: \"{id}.png\", unit: years } }",
        "data: { csv: { images: a, labels: b, unit: days } }",
    ] {
        let key = bad.split(':').next().unwrap();
        let others = SOUND.lines().filter(|line| !line.starts_with(&format!("{key}:"))).map(|line| line.to_owned() + "\n");
        let spec = others.collect::<String>() + bad + "\n";
        assert!(!validator.is_valid(&as_json(&spec)), "the schema lets pass: {bad}");
        project.write("spec.yaml", &spec).run(&["plan", "spec.yaml"]).expect(2).says(&["spec.yaml"]);
    }
}
