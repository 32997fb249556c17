//! Any text as a pattern of file names and any bytes as the name of a film: what comes before the first line end is the pattern.

#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bench_run::data::load;
use bench_run::plan::{DataConfig, SourceConfig};
use bench_run::spec::{AgeUnit, OnBad};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (pattern, name) = input.split_at(end);
    let name: Vec<u8> = name.iter().skip(1).copied().filter(|byte| ![b'/', 0].contains(byte)).take(255).collect();
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder can be made");
    // Some names are none to the system.
    if std::fs::write(folder.path().join(OsStr::from_bytes(&name)), "not opened").is_err() {
        return;
    }
    let root = folder.path().to_owned();
    let pattern = vec![String::from_utf8_lossy(pattern).into_owned()];
    for source in [SourceConfig::Filename { root: root.clone(), pattern, unit: AgeUnit::Years }, SourceConfig::HandAtlas { root }] {
        match load(&DataConfig { source, exclude: None, on_bad: OnBad::Skip, allow_leaks: false, split: None }) {
            Ok(dataset) => assert!(dataset.samples.len() == 1 && !dataset.samples[0].id.is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
