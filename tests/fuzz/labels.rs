//! Any bytes as a label table, a list of exclusions or a given split, beside a folder of three films. The first byte says as which;
//! all may be refused, and what is taken must be one of the films.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use bench_run::data::load;
use bench_run::plan::{CsvColumns, DataConfig, LabelledFilms, SourceConfig, SplitFile};
use bench_run::spec::{AgeUnit, OnBad};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const TABLE: &str = "id,boneage,male\n1,12.5,True\n02,130,False\n3,7,M\n";

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder can be made");
    std::fs::create_dir(folder.path().join("films")).expect("a folder can be made");
    for name in ["1.png", "02.png", "3.png"] {
        std::fs::write(folder.path().join("films").join(name), "not opened").expect("a file can be written");
    }
    folder
});

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let path = |name: &str| FOLDER.path().join(name);
    let table = ["labels.csv", "labels.xlsx", "exclude.csv", "splits.csv"][usize::from(kind % 4)];
    for (name, usual) in [("labels.csv", TABLE), ("exclude.csv", ""), ("splits.csv", "id,split\n1,train\n2,val\n3,test\n")] {
        std::fs::write(path(name), usual).expect("a file can be written");
    }
    std::fs::write(path(table), bytes).expect("a file can be written");
    let labels = path(if kind % 4 == 1 { "labels.xlsx" } else { "labels.csv" });
    let films = LabelledFilms { images: path("films"), labels, sheet: None };
    let on_bad = if kind & 4 == 0 { OnBad::Skip } else { OnBad::Stop };
    let source = match kind & 8 {
        0 => SourceConfig::Rsna { films, test: None },
        _ => SourceConfig::Csv { films, columns: CsvColumns::default(), unit: AgeUnit::Years, test: None },
    };
    let folds = (kind & 16 != 0).then_some(3);
    let split = (kind % 4 == 3).then(|| SplitFile { path: path("splits.csv"), folds });
    match load(&DataConfig { source, exclude: (kind % 4 == 2).then(|| path("exclude.csv")), on_bad, allow_leaks: false, split }) {
        Ok(dataset) => {
            assert!(!dataset.samples.is_empty() && dataset.samples.len() <= 3);
            assert!(dataset.samples.iter().all(|sample| ["1", "02", "3"].contains(&sample.id.as_str())));
            assert!(dataset.samples.iter().all(|sample| (0.0..=1440.0).contains(&sample.age_months)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
