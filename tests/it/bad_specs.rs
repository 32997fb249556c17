//! A folder of specs that are wrong, each in its own way, and the whole message that each gets.
//!
//! The first line of a spec says what is wrong with it; lines `# --set key=value` below it are given as arguments. The messages
//! lie in `bad_specs/messages`. `INSTA_UPDATE=always` writes them anew; read them then as somebody would who has never seen this
//! program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bench_run::plan::{ComputePrecision, Surroundings, WeightsFacts, WeightsRequest, expand};
use bench_run::spec::{Precision, SpecError, WeightsSource, load};

const FOLDER: &str = "tests/it/bad_specs";

/// The bad specs, in order.
pub(crate) fn paths() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut specs: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    specs.sort();
    specs
}

fn precision(_: Precision) -> ComputePrecision {
    ComputePrecision::Fp32
}

fn weights(request: &WeightsRequest) -> Result<WeightsFacts, String> {
    match request.source {
        WeightsSource::File(path) if path.ends_with("missing.safetensors") => Err("there is no such file".to_owned()),
        _ => Ok(WeightsFacts { sha256: None, statistics: None }),
    }
}

/// What becomes of a spec before a film is read.
pub(crate) fn read(path: &Path, sets: &[String]) -> Result<(), SpecError> {
    let surroundings = Surroundings { precision: &precision, weights: &weights };
    load(path, sets).and_then(|loaded| expand(&loaded, &surroundings)).map(|_| ())
}

#[test]
fn every_bad_spec_has_its_message() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("bad_specs/messages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut names = BTreeSet::new();
    for path in paths() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        // Some are written in other encodings on purpose.
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        let what = text.split(['\n', '\r']).next().unwrap().trim_start_matches(['\u{feff}', '\u{fffd}']);
        assert!(what.starts_with("# ") && what.ends_with('.'), "{name}: the first line says what is wrong: {what:?}");
        let sets: Vec<String> = text.lines().filter_map(|line| line.strip_prefix("# --set ")).map(str::to_owned).collect();
        let message = read(&path, &sets).expect_err(&name).to_string().replace(&format!("{FOLDER}/"), "");
        assert!(message.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "{name}: a control character is printed");
        settings.set_description(what.trim_start_matches("# "));
        settings.bind(|| insta::assert_snapshot!(name.clone(), message));
        names.insert(name);
    }
    assert!(names.len() >= 60, "{} bad specs", names.len());
    for entry in fs::read_dir(format!("{FOLDER}/messages")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(file.strip_suffix(".snap").is_none_or(|name| names.contains(name)), "{file} is the message of no spec");
    }
}
