//! Specs that are made to take the machine's time or memory: each is refused within a moment, and says why.

use std::time::{Duration, Instant};

use crate::bad_specs::read;
use crate::helpers::TestProject;

/// The longest file that is read at all.
const LONGEST: usize = 64 << 10;

/// Some ten times what the slowest takes here, for machines that do other things as well.
const MOMENT: Duration = Duration::from_secs(5);

fn list(entry: &str, count: usize) -> String {
    format!("[{}]", vec![entry; count].join(","))
}

fn lines(count: usize, line: &dyn Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// The text again and again, until a file is all but full.
fn full_of(text: &str) -> String {
    text.repeat((LONGEST - 100) / text.len())
}

fn hostile() -> Vec<(&'static str, String, &'static str)> {
    let head = "data: { phantom: {} }\n";
    let laughs = |each: usize, levels: usize| {
        let level = |level: usize| format!("a{level}: &a{level} {}\n", list(&format!("*a{}", level - 1), each));
        format!("a0: &a0 {}\n{}", list("ha", each), (1..levels).map(level).collect::<String>())
    };
    let numbers: Vec<String> = (0..11_000).map(|number| number.to_string()).collect();
    vec![
        ("a billion laughs", laughs(10, 10), "aliases make this more than 100000 values"),
        ("laughs without end", laughs(2, 60), "aliases refer to aliases too often"),
        ("one level of laughs", format!("a: &a {}\nb: {}\n", list("x", 5000), list("*a", 5000)), "more than 100000 values"),
        ("open brackets", full_of("["), "more than 500 brackets are open here"),
        ("open blocks", full_of("{a: "), "more than 500 brackets are open here"),
        ("brackets behind quoted ones", full_of("{\"}\": "), "nested too deeply"),
        ("lists of lists", full_of("- "), "nested too deeply"),
        ("keys of keys", full_of("? "), "cannot be a key"),
        ("deep indentation", lines(350, &|depth| format!("{}a:\n", " ".repeat(depth))), "nested too deeply"),
        ("anchors of anchors", full_of("&a "), "not valid YAML"),
        ("an endless key", full_of("x") + ":", "not valid YAML"),
        ("an endless key with a mark", format!("? {}\n: 1", "x".repeat(60_000)), "unknown key"),
        ("an endless word", format!("backbones: [{}]", "x".repeat(60_000)), "(60000 characters)"),
        ("an endless title", format!("title: {}", "x".repeat(60_000)), "at most 200 characters"),
        ("an endless name", format!("name: {}", "x".repeat(60_000)), "at most 100 bytes"),
        ("an endless number", format!("seeds: [{}]", "9".repeat(60_000)), "expected a whole number"),
        ("endless comments", full_of("#"), "nothing in this file"),
        ("endless lines", full_of("\n") + "a: [", "not valid YAML"),
        ("endless documents", full_of("---\na\n"), "a second document"),
        ("endless quotes", full_of("\""), "not valid YAML"),
        ("endless keys", lines(7000, &|number| format!("k{number}: 1\n")), "there is more like this"),
        ("one key again and again", full_of("a: 1\n"), "this key is given twice"),
        ("wrong entries", format!("seeds: {}", list("x", 30_000)), "expected a whole number"),
        (
            "one wrong alias again and again",
            format!("backbones: [&a {{vit: {{bad: [1]}}}}, {}]", vec!["*a"; 15_000].join(",")),
            "unknown key",
        ),
        ("a crowd of backbones", format!("{head}backbones: {}", list("cnn", 16_000)), "at most 1000 entries, found 16000"),
        ("a crowd of equal rows", format!("{head}backbones: {}", list("cnn", 1000)), "there is more like this"),
        (
            "a crowd of contradictions",
            format!(
                "{head}train: {{ warmup_epochs: 3 }}\nreport: {{ tta: 3 }}\nbackbones:\n{}",
                "- vgg16: { train: { schedule: one_cycle } }\n".repeat(1000)
            ),
            "and 997 more like this",
        ),
        ("a crowd of seeds", format!("{head}backbones: [cnn]\nseeds: [{}]", numbers.join(",")), "at most 1000 entries, found 11000"),
        ("one seed again and again", format!("{head}backbones: [cnn]\nseeds: {}", list("0", 1000)), "there is more like this"),
        ("a crowd of layers", format!("{head}backbones: [cnn]\nhead: {{ hidden: {} }}", list("1", 20_000)), "at most 1000 entries"),
        ("strata", format!("{head}backbones: [cnn]\nsplit: {{ stratify: {} }}", list("age", 15_000)), "there is more like this"),
        ("a crowd of folds", format!("{head}backbones: [cnn]\nsplit: {{ folds: 4000000000 }}"), "make 4000000000 runs"),
        ("a crowd of films", "data: { phantom: { count: 4000000000 } }\nbackbones: [cnn]".to_owned(), "at most 1000000 films"),
        ("a patch of all", format!("{head}backbones: [vit: {{ patch_size: 4294967295 }}]"), "vit needs sides"),
        ("a pattern without end", format!("data: {{ filename: {{ pattern: '{}' }} }}", "{_}-".repeat(15_000)), "no {id}"),
        ("more than is read", full_of("a") + &full_of("b"), "longer than 64 KiB"),
    ]
}

#[test]
fn every_hostile_spec_is_refused_within_a_moment() {
    let project = TestProject::new();
    let mut faults = Vec::new();
    for (what, text, expected) in hostile() {
        project.write("spec.yaml", &text);
        let start = Instant::now();
        let message = read(&project.path("spec.yaml"), &[]).expect_err(what).to_string();
        let taken = start.elapsed();
        if !message.contains(expected) || message.len() > 32 << 10 || taken > MOMENT {
            let shown: String = message.chars().take(400).collect();
            faults.push(format!("{what}, {taken:?}, {} bytes: {shown}", message.len()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[cfg(unix)]
#[test]
fn a_file_that_would_never_end_is_not_waited_for() {
    let project = TestProject::new();
    assert!(std::process::Command::new("mkfifo").arg(project.path("pipe.yaml")).status().unwrap().success());
    for (base, expected) in [("pipe.yaml", "this is no file but a pipe"), ("/dev/zero", "this is no file but a pipe")] {
        project.write("spec.yaml", &format!("extends: {base}\n"));
        let message = read(&project.path("spec.yaml"), &[]).unwrap_err().to_string();
        assert!(message.contains("spec.yaml:1:10: extends: ") && message.contains(expected), "{message}");
    }
    project.write("spec.yaml", "title: x\n");
    let message = read(std::path::Path::new("/dev/zero"), &[]).unwrap_err().to_string();
    assert_eq!(message, "/dev/zero: this is no spec: it is longer than 64 KiB");
}
