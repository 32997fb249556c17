//! Any bytes as a spec, the file that it may extend as `base.yaml`, and arguments of `--set`, parted by bytes that no text holds. All may
//! be refused, with a message that can be printed; nothing may panic, take seconds or take memory that its size does not account for.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use bench_run::plan::{ComputePrecision, Surroundings, WeightsFacts, expand};
use bench_run::spec::load;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder can be made")
});

fuzz_target!(|input: &[u8]| {
    let mut parts = input.split(|byte| *byte == 0xff);
    for name in ["spec.yaml", "base.yaml"] {
        std::fs::write(FOLDER.path().join(name), parts.next().unwrap_or_default()).expect("a file can be written");
    }
    let sets: Vec<String> = parts.map(|set| String::from_utf8_lossy(set).into_owned()).collect();
    let surroundings = Surroundings {
        precision: &|_| ComputePrecision::Fp32,
        weights: &|_| Ok(WeightsFacts { sha256: None, statistics: None }),
    };
    let plan = load(&FOLDER.path().join("spec.yaml"), &sets).and_then(|loaded| expand(&loaded, &surroundings));
    match plan {
        Ok(plan) => assert!(!plan.entries.is_empty() && plan.entries.iter().all(|entry| !entry.runs.is_empty())),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 1 << 20, "the message has {} bytes", message.len());
            assert!(message.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "a control character is printed");
        }
    }
});
