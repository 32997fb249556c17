//! What a matrix makes of the entries of `backbones`, and what it refuses.

use std::fs;

use crate::spec::{LoadedSpec, SpecError, load};

const BASE: &str = "data: { phantom: {} }\nbackbones: [cnn, vit: { label: Small one, train: { learning_rate: 0.5 } }]\n";

fn read(text: &str, sets: &[&str]) -> Result<LoadedSpec, SpecError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    fs::write(&path, text).unwrap();
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    load(&path, &sets)
}

/// The entry and the words of every row.
fn rows(matrix: &str) -> Vec<String> {
    shown(&read(&format!("{BASE}matrix:\n{matrix}"), &[]).unwrap_or_else(|error| panic!("{error}")))
}

fn shown(loaded: &LoadedSpec) -> Vec<String> {
    loaded.rows.iter().map(|row| format!("{}: {}", row.entry, row.words.join(" · "))).collect()
}

fn refusal(matrix: &str) -> String {
    let message = read(&format!("{BASE}matrix:\n{matrix}"), &[]).unwrap_err().to_string();
    let start = message.find("spec.yaml").unwrap_or_else(|| panic!("{message}"));
    let folder = &message[..start];
    message.replace(folder, "")
}

#[test]
fn every_combination_is_a_row_of_every_entry_and_the_first_axis_varies_slowest() {
    let expected = [
        "0: learning rate 0.001 · size 96",
        "0: learning rate 0.001 · size 128",
        "0: learning rate 0.0001 · size 96",
        "0: learning rate 0.0001 · size 128",
        "1: learning rate 0.001 · size 96",
        "1: learning rate 0.001 · size 128",
        "1: learning rate 0.0001 · size 96",
        "1: learning rate 0.0001 · size 128",
    ];
    assert_eq!(rows("  train.learning_rate: [1.0e-3, 1e-4]\n  image.size: [96, 128]\n"), expected);
}

#[test]
fn a_value_of_the_matrix_wins_over_the_entry_s_own_and_over_the_spec_s() {
    let loaded =
        read(&format!("{BASE}train: {{ learning_rate: 2, epochs: 7 }}\nmatrix: {{ train.learning_rate: [3, 4] }}\n"), &[]).unwrap();
    let rates: Vec<f64> = loaded.spec.backbones.iter().flatten().map(|entry| entry.settings.train.learning_rate.unwrap().get()).collect();
    assert_eq!(rates, [3.0, 4.0, 3.0, 4.0]);
    assert_eq!(loaded.spec.backbones.as_ref().unwrap()[2].settings.label.as_deref(), Some("Small one"), "what it does not set stays");
    assert_eq!(loaded.written.len(), 2);
    assert_eq!(loaded.written[1].settings.train.learning_rate.unwrap().get(), 0.5, "as written");
}

#[test]
fn an_entry_may_be_named_by_its_network_or_its_label() {
    for name in ["vit", "Small one"] {
        let expected = ["0: ", "1: patch size 8", "1: patch size 16"];
        assert_eq!(rows(&format!("  backbones.{name}.patch_size: [8, 16]\n")), expected, "{name}");
    }
    let dotted = "data: { phantom: {} }\nbackbones: [cnn: { label: v. 1.0 }]\nmatrix: { backbones.v. 1.0.train.epochs: [1, 2] }\n";
    assert_eq!(shown(&read(dotted, &[]).unwrap()), ["0: epochs 1", "0: epochs 2"]);
}

#[test]
fn excluded_combinations_are_left_out_and_a_part_of_one_is_enough() {
    let axes = "  train.epochs: [1, 2]\n  image.size: [32, 64]\n";
    assert_eq!(
        rows(&format!("{axes}  exclude: [{{ train.epochs: 2, image.size: 64 }}, {{ image.size: 32, backbone: vit }}]\n")),
        ["0: epochs 1 · size 32", "0: epochs 1 · size 64", "0: epochs 2 · size 32", "1: "]
    );
    let without = rows(&format!("{axes}  exclude: [{{ image.size: 32 }}]\n"));
    assert_eq!(without, ["0: epochs 1", "0: epochs 2", "1: epochs 1", "1: epochs 2"], "a value that all rows share is not named");
}

#[test]
fn included_keys_go_to_the_combinations_that_they_fit_or_make_a_new_one() {
    let axes = "  train.epochs: [1, 2]\n";
    let with = |include: &str| {
        let text = format!("data: {{ phantom: {{}} }}\nbackbones: [cnn]\nmatrix:\n{axes}  include: {include}\n");
        shown(&read(&text, &[]).unwrap_or_else(|error| panic!("{error}")))
    };
    assert_eq!(with("[{ train.epochs: 2, train.optimizer: sgd }]"), ["0: epochs 1", "0: epochs 2 · optimizer sgd"], "extra keys");
    assert_eq!(with("[{ train.optimizer: sgd }]"), ["0: epochs 1", "0: epochs 2"], "added to all, and so not named");
    assert_eq!(with("[{ train.epochs: 9, head.sex: true }]"), ["0: epochs 1", "0: epochs 2", "0: epochs 9 · sex yes"], "a new one");
    let later =
        "[{ train.optimizer: sgd }, { train.epochs: 1, train.optimizer: adamw }, { train.epochs: 9 }, { train.epochs: 9, train.ema: 0.5 }]";
    assert_eq!(with(later), ["0: epochs 1 · optimizer adamw", "0: epochs 2 · optimizer sgd", "0: epochs 9", "0: epochs 9 · ema 0.5"]);
    let alone = "data: { phantom: {} }\nbackbones: [cnn, vit]\nmatrix:\n  include:\n  - { train.epochs: 1 }\n  - { train.epochs: 2 }\n  - { backbone: vit, head.pool: max }\n";
    let expected = ["0: epochs 1", "0: epochs 2", "1: epochs 1", "1: epochs 2", "1: pool max"];
    assert_eq!(shown(&read(alone, &[]).unwrap()), expected, "without an axis each is a row");
    let back =
        rows("  train.epochs: [1, 2]\n  exclude: [{ train.epochs: 2 }]\n  include: [{ train.epochs: 2, train.ema: 0.5, backbone: cnn }]\n");
    assert_eq!(back, ["0: epochs 1", "0: epochs 2 · ema 0.5", "1: "], "what was excluded can be added back");
}

#[test]
fn values_of_every_kind_have_short_names() {
    let matrix = "  backbones.*.weights: [null, a/net.safetensors, b/net.safetensors, hf:timm/x]\n";
    let expected = ["0: weights none", "0: weights a/net.safetensors", "0: weights b/net.safetensors", "0: weights timm/x"];
    assert_eq!(rows(matrix)[..4], expected);
    for (axis, expected) in [
        ("train.learning_rate: [1.0e-5, 0.5]", ["learning rate 1e-5", "learning rate 0.5"]),
        ("image.size: [32, { height: 32, width: 48 }]", ["size 32", "size 32×48"]),
        ("head.hidden: [[], [512, 64]]", ["hidden none", "hidden 512, 64"]),
        ("train.ema: [null, 0.9]", ["ema none", "ema 0.9"]),
        ("train.find_lr: [true, false]", ["find lr yes", "find lr no"]),
        ("train: [{}, { epochs: 3, batch_size: 4 }]", ["train as it is", "train epochs 3, batch size 4"]),
        ("prepare.clahe: [false, { tiles: 4 }]", ["clahe no", "clahe tiles 4"]),
        ("backbones.*.weights: [x/net.safetensors, y/other.safetensors]", ["weights net", "weights other"]),
    ] {
        let expected = expected.map(|words| format!("0: {words}"));
        assert_eq!(rows(&format!("  {axis}\n"))[..2], expected, "{axis}");
    }
    let both = rows(
        "  augment.scale: [0.1, 0.2]\n  backbones.vit.train.epochs: [1, 2]\n  include: [{ augment.invert: 0.5, prepare.invert: auto, augment.scale: 0.1 }]\n",
    );
    assert_eq!(both[0], "0: scale 0.1 · augment invert 0.5 · prepare invert auto", "two keys of one name have their sections");
}

#[test]
fn a_later_layer_replaces_an_axis_and_null_takes_it_back() {
    let text = format!("{BASE}matrix: {{ train.epochs: [1, 2], image.size: [32, 64], exclude: [{{ image.size: 32 }}] }}\n");
    let sets = ["matrix.train.epochs=[5]", "matrix.exclude=null", "matrix={image.size: [48, 64], head.sex: [true]}"];
    assert_eq!(shown(&read(&text, &sets).unwrap()), ["0: size 48", "0: size 64", "1: size 48", "1: size 64"]);
    let gone = read(&text, &["matrix=null"]).unwrap();
    assert_eq!((shown(&gone), gone.has_matrix()), (vec!["0: ".to_owned(), "1: ".to_owned()], false));
    let axis = ["matrix.image.size=null", "matrix.exclude=null"];
    assert_eq!(shown(&read(&text, &axis).unwrap()), ["0: epochs 1", "0: epochs 2", "1: epochs 1", "1: epochs 2"]);
}

#[test]
fn too_many_rows_are_counted_before_any_is_made() {
    let list = (1..=10).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let keys = ["train.epochs", "train.batch_size", "train.early_stop", "train.plateau_patience", "train.micro_batch_size"];
    let axes = |keys: &[&str]| keys.iter().map(|key| format!("  {key}: [{list}]")).collect::<Vec<_>>().join("\n") + "\n";
    let expected = "spec.yaml:3:1: matrix: these values make 200000 rows, counted before `exclude`; a spec has at most 1000";
    assert_eq!(refusal(&axes(&keys)).lines().next(), Some(expected));
    assert_eq!(rows(&axes(&keys[..2])).len(), 200);
}

#[test]
fn what_a_matrix_cannot_mean_is_refused_where_it_is_written() {
    insta::assert_snapshot!(CASES.map(refusal).join("\n\n"));
}

const CASES: [&str; 33] = [
    "  train.learning_rat: [1]\n",
    "  learning_rate: [1]\n",
    "  backbones.*.wieghts: [null]\n",
    "  train.epochs: []\n",
    "  train.epochs: 3\n",
    "  train.epochs: [1, many, 2, 0]\n",
    "  train.learning_rate: [0.001, 1.0e-3]\n",
    "  image.size: [32, { height: 32, width: 32 }]\n",
    "  image.size: [{ hight: 32, width: 32 }]\n",
    "  image.size.height: [32]\n",
    "  train.epochs.x: [32]\n",
    "  train:\n    epochs: [1, 2]\n",
    "  train.learning_rate: [null, 1]\n",
    "  data.phantom.count: [1, 2]\n",
    "  split.seed: [1, 2]\n",
    "  report.epoch: [last, best]\n",
    "  seeds: [[1], [2]]\n",
    "  backbones: [cnn, vit]\n",
    "  backbones.*.label: [a, b]\n",
    "  backbones.unet.train.epochs: [1, 2]\n",
    "  train..epochs: [1, 2]\n",
    "  train.epochs: [1, 2]\n  backbones.cnn.train.epochs: [3]\n",
    "  train.epochs: [1, 2]\n  include: [{ train: { ema: 0.5 } }]\n",
    "  train.epochs: [1, 2]\n  exclude: [{ train.epochs: 3 }]\n",
    "  train.epochs: [1, 2]\n  exclude: [{ train.epoch: 2 }]\n",
    "  train.epochs: [1, 2]\n  exclude: [{ image.size: 2 }]\n",
    "  train.epochs: [1, 2]\n  exclude: { train.epochs: 2 }\n",
    "  train.epochs: [1, 2]\n  exclude: [{ train.epochs: 2 }, { train.epochs: 1 }]\n",
    "  backbones.vit.patch_size: [8, 16]\n  exclude: [{ backbones.vit.patch_size: 8, backbone: cnn }]\n",
    "  train.epochs: [1, 2]\n  include: [{ train.epochs: 2 }]\n",
    "  train.epochs: [1, 2]\n  include: [{ train.epochs: 3 }, { train.epochs: 3 }]\n",
    "  train.epochs: [1, 2]\n  include: [{ backbone: unet, train.epochs: 3 }, { backbone: vit }, 3]\n",
    "  train.epochs: [1, 2]\n  include: [{ backbone: unet, train.epochs: 3 }]\n",
];
