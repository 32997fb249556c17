//! The JSON Schema says of a value what the program says of it.

use std::fs;

use serde_json::{Map, Value, json};

use crate::plan::spec_schema;
use crate::spec::load;

/// From the root of a spec to a value.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Item,
}

/// Values of every type, at and beyond every bound, and every word of a spec.
fn probes(words: &[String]) -> Vec<Value> {
    let numbers = [0, 1, -1, 2, 3, 4, 15, 16, 60, 61, 64, 65, 8192, 4_294_967_295_i64, 4_294_967_296];
    let fractions = [0.5, 0.999, 1.5, -0.5, 60.5, 1.0e-3];
    let texts = ["word", "{age}", ".dot", "a b", "a-b_1.c", "a.safetensors", "hf:a/b", "hf:a", "a.pt", "dir/a.safetensors", ""];
    let mut probes = vec![Value::Null, json!(true), json!(false), json!([]), json!([[]]), json!({}), json!({ "no_such_key": 1 })];
    probes.extend(numbers.map(|number| json!(number)));
    probes.extend(fractions.map(|number| json!(number)));
    probes.extend(texts.map(|text| json!(text)));
    probes.extend(words.iter().map(|word| json!(word)));
    let lists: Vec<Value> = probes.iter().filter(|probe| !probe.is_object()).map(|probe| json!([probe])).collect();
    probes.extend(lists);
    probes.extend([
        json!({ "height": 8, "width": 16 }),
        json!({ "height": 8 }),
        json!({ "height": 0, "width": 1 }),
        json!({ "tiles": 65 }),
    ]);
    probes.extend([
        json!({ "clip_limit": 2, "tiles": null }),
        json!({ "by": ["age"] }),
        json!({ "by": ["age"], "to": 3 }),
        json!({ "to": "max" }),
    ]);
    probes
}

/// Every word that the schema lists.
fn words(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("const").and_then(Value::as_str).map(str::to_owned));
            for value in fields.values() {
                words(value, found);
            }
        }
        Value::Array(items) => {
            found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
            for item in items {
                words(item, found);
            }
        }
        _ => {}
    }
}

/// The paths of all keys of a spec, by the schema alone.
fn paths(root: &Value, node: &Value, at: &[Step], found: &mut Vec<Vec<Step>>) {
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        return paths(root, root.pointer(&reference[1..]).unwrap(), at, found);
    }
    for key in ["anyOf", "allOf"] {
        for part in node.get(key).and_then(Value::as_array).into_iter().flatten() {
            paths(root, part, at, found);
        }
    }
    if let Some(items) = node.get("items") {
        paths(root, items, &[at, &[Step::Item]].concat(), found);
    }
    for (key, below) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // The entries of one network stand for those of all.
        let is_other_network =
            at.last() == Some(&Step::Item) && at.len() == 2 && at[0] == Step::Key("backbones".to_owned()) && key != "vit";
        let path = [at, &[Step::Key(key.clone())]].concat();
        if !is_other_network && !found.contains(&path) {
            found.push(path.clone());
            paths(root, below, &path, found);
        }
    }
}

fn all_paths(schema: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    paths(schema, schema, &[], &mut found);
    found
}

/// A spec that holds nothing but one value.
fn spec_of(path: &[Step], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |below, step| match step {
        Step::Key(key) => Value::Object(Map::from_iter([(key.clone(), below)])),
        Step::Item => json!([below]),
    })
}

/// Whether the program reads a spec; what lies between its keys is looked at later.
fn is_read(folder: &std::path::Path, spec: &Value) -> Result<(), String> {
    let path = folder.join("spec.yaml");
    fs::write(&path, serde_yaml::to_string(spec).unwrap()).unwrap();
    load(&path, &[]).map(drop).map_err(|error| error.to_string())
}

/// What the program sees only when it looks at several keys together, or at files.
fn is_for_later(path: &[Step], value: &Value) -> bool {
    let Some(Step::Key(key)) = path.iter().rev().find(|step| matches!(step, Step::Key(_))) else { return true };
    match key.as_str() {
        // It names another file; patterns need an {age}, and sides are bounded.
        "extends" | "pattern" => true,
        "size" | "height" | "width" => value.as_f64().is_some_and(|side| side > 8192.0),
        // Combinations are held against the axes.
        "include" | "exclude" if path[0] == Step::Key("matrix".to_owned()) => !value.is_null(),
        // They are settings of other networks than the one that stands for all here.
        "scale" | "kind" => path.len() > 2 && path[0] == Step::Key("backbones".to_owned()),
        _ => false,
    }
}

#[test]
fn the_schema_and_the_program_say_the_same_of_every_value_of_every_key() {
    let schema = spec_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut known = Vec::new();
    words(&schema, &mut known);
    known.sort();
    known.dedup();
    let folder = tempfile::tempdir().unwrap();
    let (mut tried, mut accepted) = (0, 0);
    let is_word = |value: &Value| value.as_str().or(value[0].as_str()).is_some_and(|word| known.iter().any(|known| known == word));
    for path in all_paths(&schema) {
        for (index, value) in probes(&known).into_iter().enumerate().filter(|(_, value)| !is_for_later(&path, value)) {
            let spec = spec_of(&path, &value);
            let valid = validator.is_valid(&spec);
            // Of the words of other keys some are enough.
            if is_word(&value) && !valid && index % 7 != tried % 7 {
                continue;
            }
            let read = is_read(folder.path(), &spec);
            assert_eq!(read.is_ok(), valid, "{spec}: the program says {read:?}");
            tried += 1;
            accepted += usize::from(valid);
        }
    }
    assert!(tried > 5_000 && accepted > 1_000, "{accepted} of {tried}");
}

#[test]
fn a_spec_with_every_key_of_the_schema_sets_every_key_of_the_program() {
    let schema = spec_schema();
    let mut known = Vec::new();
    words(&schema, &mut known);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("base.yaml"), "{}").unwrap();
    let mut whole = json!({});
    let paths = all_paths(&schema);
    for path in &paths {
        // A block is set by what is in it.
        let is_block = paths.iter().any(|other| other.len() > path.len() && other.starts_with(path));
        let wanted = |value: &&Value| !value.is_null() && !value.is_object() && is_read(folder.path(), &spec_of(path, value)).is_ok();
        let texts = [json!("base.yaml"), json!("{id}-{age}.jpg")];
        let value = match path.last() {
            _ if is_block => continue,
            Some(Step::Key(key)) if key == "extends" => texts[0].clone(),
            Some(Step::Key(key)) if key == "pattern" => texts[1].clone(),
            Some(Step::Key(key)) if key == "by" => json!(["age"]),
            // A side needs the other one.
            Some(Step::Key(key)) if ["height", "width"].contains(&key.as_str()) => json!(8),
            Some(Step::Key(key)) if key == "to" => json!("max"),
            _ => probes(&known).iter().find(wanted).unwrap_or_else(|| panic!("no value for {path:?}")).clone(),
        };
        insert(&mut whole, path, value);
    }
    let path = folder.path().join("spec.yaml");
    fs::write(&path, serde_yaml::to_string(&whole).unwrap()).unwrap();
    let spec = load(&path, &[]).unwrap_or_else(|error| panic!("{error}")).spec;
    let unset: Vec<String> = format!("{spec:#?}").lines().filter(|line| line.contains(": None")).map(str::to_owned).collect();
    assert_eq!(unset, [""; 0], "keys of the program that the schema has not");
    for key in ["scale", "kind"] {
        whole["backbones"][0]["vit"].as_object_mut().unwrap().remove(key);
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&whole).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
}

fn insert(whole: &mut Value, path: &[Step], value: Value) {
    let mut place = whole;
    for step in path {
        match step {
            Step::Key(key) => {
                if !place.is_object() {
                    *place = json!({});
                }
                place = place.as_object_mut().unwrap().entry(key).or_insert(Value::Null);
            }
            Step::Item => {
                if !place.is_array() {
                    *place = json!([null]);
                }
                place = &mut place.as_array_mut().unwrap()[0];
            }
        }
    }
    *place = value;
}

#[test]
fn every_key_has_words_for_editors() {
    let schema = spec_schema();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}.{key}: {property}");
        }
    }
}
