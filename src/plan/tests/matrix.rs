//! Rules of the plan over the rows of a matrix, and the examples of its page.

use std::fs;

use super::{MACHINE, plan};
use crate::plan::{SelectError, Selection, expand, selected};
use crate::spec::load;

fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    fs::write(&path, text).unwrap();
    let error = load(&path, &[]).map(|loaded| expand(&loaded, &MACHINE)).unwrap().unwrap_err();
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn what_is_wrong_with_a_value_is_said_once_and_where_the_value_is_written() {
    let spec = |rest: &str| format!("data: {{ phantom: {{}} }}\n{rest}");
    let cases = [
        "backbones: [cnn, vit]\nmatrix:\n  image.size: [128, 100]\n  train.epochs: [1, 2]\nseeds: [1, 2]\n",
        "backbones: [cnn]\nmatrix:\n  backbones.*.patch_size: [8, 16]\n",
        "backbones: [cnn: { train: { warmup_epochs: 4 } }]\nmatrix:\n  train.epochs: [3, 4]\n  head.dropout: [0.1, 0.2]\n",
        "backbones: [resnet50: { weights: w.safetensors, freeze: backbone }]\nmatrix:\n  backbones.*.weights: [null, w.safetensors]\n",
        "backbones: [cnn]\nmatrix:\n  backbones.*.weights: [missing.safetensors]\n",
        "backbones: [cnn, cnn: { label: Slow, train: { learning_rate: 1.0e-4 } }]\nmatrix:\n  train.learning_rate: [1.0e-3, 1.0e-4]\n",
        "backbones: [cnn, cnn]\nmatrix:\n  train.learning_rate: [1.0e-3, 1.0e-4]\n",
    ];
    insta::assert_snapshot!(cases.map(|case| refusal(&spec(case))).join("\n\n"));
}

/// Every spec on the page about matrices is one that can be run.
#[test]
fn the_examples_of_the_page_are_planned_as_it_says() {
    let page = include_str!("../../../docs/matrix.md");
    let mut seen = 0;
    for example in page.split("```yaml\n").skip(1) {
        let (spec, rest) = example.split_once("```").unwrap();
        let labels: Vec<String> = plan(spec).entries.iter().map(|entry| entry.label.clone()).collect();
        let expected = rest.split_once("```text\n").and_then(|(between, rows)| (!between.contains("```")).then_some(rows)).unwrap();
        let expected: Vec<&str> = expected.split_once("```").unwrap().0.lines().collect();
        assert_eq!(labels, expected, "{spec}");
        seen += 1;
    }
    assert!(seen >= 5, "found {seen}");
}

const SPEC: &str = "data: { phantom: {} }\nbackbones: [cnn, vgg16, vgg19: { label: Big one }]\nseeds: [0, 1]\n";

#[test]
fn runs_are_chosen_by_row_network_or_id_in_any_case() {
    let plan = plan(SPEC);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let chosen = |only: &[&str], skip: &[&str]| {
        selected(&plan, &texts(only), &texts(skip)).unwrap().concat().iter().map(|taken| if *taken { 'x' } else { '.' }).collect::<String>()
    };
    assert_eq!(chosen(&[], &[]), "xxxxxx");
    assert_eq!(chosen(&["CNN"], &[]), "xx....", "the row");
    assert_eq!(chosen(&["vgg*"], &[]), "..xxxx", "the network");
    assert_eq!(chosen(&["big*", "cnn"], &[]), "xx..xx", "one after the other adds up");
    assert_eq!(chosen(&["*-s1"], &[]), ".x.x.x", "the id");
    assert_eq!(chosen(&[], &["*-s1", "vgg1[67]"]), "x...x.");
    assert_eq!(chosen(&["vgg??"], &["Big One"]), "..xx..");
}

#[test]
fn a_pattern_that_chooses_nothing_is_refused_with_the_names() {
    let plan = plan(SPEC);
    let refusal = |only: &[&str], skip: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        selected(&plan, &texts(only), &texts(skip)).unwrap_err()
    };
    assert_eq!(
        refusal(&["cnn"], &["vgg"]).to_string(),
        "--skip vgg: fits no run; a pattern fits a whole name, so write '*vgg*' for a part of one. The names are:\n  \
         CNN  (cnn, cnn-s0 … cnn-s1)\n  VGG16  (vgg16, vgg16-s0 … vgg16-s1)\n  Big one  (vgg19, vgg19-s0 … vgg19-s1)"
    );
    assert_eq!(refusal(&["cnn"], &["*"]), SelectError::NothingLeft);
    assert!(refusal(&["[ab"], &[]).to_string().starts_with("--only [ab: not a pattern: "));
    let two = [plan.clone(), super::plan("data: { phantom: {} }\nbackbones: [vit]\n")];
    let selection = Selection::new(&["vit".to_owned()], &[]).unwrap();
    assert_eq!(selection.check(&two), Ok(()), "it is enough that one of several specs has such a run");
}
