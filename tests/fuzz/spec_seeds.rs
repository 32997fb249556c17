//! Specs from which fuzzing starts: those of `experiments`, and those that are wrong. See the target `specs` for the form.

use std::path::{Path, PathBuf};

/// A name for people, and the bytes.
pub(crate) type SpecSeed = (String, Vec<u8>);

/// Every spec below the root of the repository.
pub(crate) fn specs(root: &Path) -> Vec<SpecSeed> {
    let mut files: Vec<PathBuf> = ["experiments", "tests/it/bad_specs"].iter().flat_map(|folder| yaml_files(&root.join(folder))).collect();
    files.sort();
    files.iter().map(|file| seed(file)).collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of specs can be listed");
    let paths = entries.map(|entry| entry.expect("the folder of specs can be listed").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

fn seed(file: &Path) -> SpecSeed {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut bytes = std::fs::read(file).expect("a spec can be read");
    let Ok(text) = String::from_utf8(bytes.clone()) else { return (name, bytes) };
    let base = text.lines().find_map(|line| line.strip_prefix("extends: ")).unwrap_or_default().to_owned();
    let base_bytes = std::fs::read(file.with_file_name("").join(&base)).unwrap_or_default();
    if !base_bytes.is_empty() {
        bytes = text.replace(&base, "base.yaml").into_bytes();
    }
    let sets = text.lines().filter_map(|line| line.strip_prefix("# --set ")).map(str::as_bytes);
    let parts: Vec<&[u8]> = [bytes.as_slice(), base_bytes.as_slice()].into_iter().chain(sets).collect();
    (name, parts.join(&0xff))
}
