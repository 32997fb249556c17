//! The defaults that the JSON Schema of a spec names are those that a plan takes.

use serde_json::{Value, json};

use super::plan;
use crate::plan::spec_schema;

/// The blocks of a spec by their definitions.
const BLOCKS: [(&str, &str); 8] = [
    ("data", "DataSpec"),
    ("image", "ImageSpec"),
    ("prepare", "PrepareSpec"),
    ("split", "SplitSpec"),
    ("augment", "AugmentSpec"),
    ("head", "HeadSpec"),
    ("train", "TrainSpec"),
    ("report", "ReportSpec"),
];

fn properties(schema: &Value, definition: &str) -> Vec<(String, Value)> {
    let properties = schema["$defs"][definition]["properties"].as_object().unwrap();
    properties.iter().filter_map(|(key, property)| Some((key.clone(), property.get("default")?.clone()))).collect()
}

/// A plan of every kind of network, with a setting more.
fn plan_with(mut spec: Value, path: &[&str], value: Value) -> super::Plan {
    let mut place = &mut spec;
    for key in path {
        place = place.as_object_mut().unwrap().entry(*key).or_insert_with(|| json!({}));
    }
    *place = value;
    plan(&serde_yaml::to_string(&spec).unwrap())
}

fn base() -> Value {
    let train = json!({ "schedule": "plateau", "loss": "distribution" });
    json!({ "data": { "phantom": {} }, "train": train, "backbones": ["cnn", "vit", "yolo", "attention"] })
}

#[test]
fn to_write_a_default_of_the_schema_changes_no_plan() {
    let schema = spec_schema();
    let plain = plan(&serde_yaml::to_string(&base()).unwrap());
    let mut tried = 0;
    for (block, definition) in BLOCKS {
        for (key, default) in properties(&schema, definition) {
            // The base says otherwise, so that what belongs to these words counts.
            if !["schedule", "loss"].contains(&key.as_str()) {
                assert_eq!(plan_with(base(), &[block, &key], default.clone()), plain, "{block}.{key}: {default}");
                tried += 1;
            }
        }
    }
    for (key, default) in properties(&schema, "PhantomSource") {
        assert_eq!(plan_with(base(), &["data", "phantom", &key], default), plain, "{key}");
    }
    assert_eq!(plan_with(base(), &["seeds"], schema["properties"]["seeds"]["default"].clone()), plain);
    assert!(tried > 40, "{tried}");
}

#[test]
fn to_write_a_default_of_an_entry_changes_no_plan() {
    let schema = spec_schema();
    for (key, default) in properties(&schema, "BackboneSettings") {
        let network = match key.as_str() {
            "preset" | "patch_size" => "vit",
            "scale" => "yolo",
            "kind" => "attention",
            _ => continue,
        };
        let with = json!({ "data": { "phantom": {} }, "backbones": [{ network: { key: default } }] });
        let without = json!({ "data": { "phantom": {} }, "backbones": [network] });
        assert_eq!(plan(&serde_yaml::to_string(&with).unwrap()), plan(&serde_yaml::to_string(&without).unwrap()), "{network}");
    }
}
