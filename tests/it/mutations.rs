//! Valid films, tables and specs with damage drawn from a fixed seed: the fuzz targets of `tests/fuzz` in a short form that is the same every time.
//! `BENCH_RUN_MUTATIONS=N` draws N times as much.

use std::fs;
use std::path::Path;

use bench_run::data::{decode, load, read_film_bytes};
use bench_run::plan::{ClaheConfig, CsvColumns, DataConfig, ImageConfig, LabelledFilms, PrepareConfig, SourceConfig, SplitFile};
use bench_run::spec::{AgeUnit, Channels, CropFilm, Fit, ImageSize, InvertFilm, NormaliseFilm, OnBad, Positive, Tiles};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::bad_specs;
use crate::helpers::TestProject;
use crate::seeds;
use crate::spec_seeds;

/// How much more than usual is drawn.
fn times() -> usize {
    std::env::var("BENCH_RUN_MUTATIONS").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Bytes that decoders are fond of.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xfe, 0xff, b'"', b'\n'];

/// A file with one to four changes: a byte, a run of one byte, a piece lost, a piece twice, the end lost, or a piece of another.
fn mutated(bytes: &[u8], other: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..=4) {
        let start = random.random_range(0..=bytes.len());
        let end = (start + random.random_range(0..24)).min(bytes.len());
        match random.random_range(0..6) {
            0 => bytes[start..end].iter_mut().take(1).for_each(|byte| *byte ^= 1 << random.random_range(0..8)),
            1 => bytes[start..end].fill(EDGES[random.random_range(0..EDGES.len())]),
            2 => drop(bytes.drain(start..end)),
            3 => {
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            4 => bytes.truncate(start),
            _ => {
                let from = random.random_range(0..=other.len());
                let piece = other[from..(from + 24).min(other.len())].to_vec();
                bytes.splice(start..end, piece);
            }
        }
    }
    bytes
}

#[test]
fn no_mutation_of_a_film_breaks_a_decoder() {
    let seeds = seeds::films();
    let config =
        ImageConfig { size: ImageSize { height: 2, width: 3 }, channels: Channels::Grey, fit: Fit::Pad, prepare: PrepareConfig::default() };
    let clahe = Some(ClaheConfig { clip_limit: Positive::try_from(2.0).unwrap(), tiles: Tiles::try_from(4).unwrap() });
    let prepare = PrepareConfig { invert: InvertFilm::Auto, crop: CropFilm::Hand, normalise: NormaliseFilm::PerImage, clahe };
    let mut random = ChaCha8Rng::seed_from_u64(2017);
    let mut decoded = 0;
    for (name, bytes) in &seeds {
        for round in 0..300 * times() {
            let other = &seeds[random.random_range(0..seeds.len())].1;
            let bytes = mutated(bytes, other, &mut random);
            let (film, read) = (decode(&bytes, Channels::Grey), read_film_bytes(&bytes, &config));
            // Also where a film is decoded at a fraction of its size.
            assert_eq!(film.is_ok(), read.is_ok(), "{name}, round {round}: {:?} and {:?}", film.err(), read.err());
            let (Ok(film), Ok(read)) = (film, read) else { continue };
            assert_eq!(read.levels().len(), 6, "{name}, round {round}");
            let pixels = u64::from(film.size.height) * u64::from(film.size.width);
            assert_eq!(film.pixels.levels().len() as u64, pixels, "{name}, round {round}");
            if pixels < 1 << 20 {
                if round % 10 == 0 {
                    let prepared = ImageConfig { prepare, ..config };
                    assert_eq!(read_film_bytes(&bytes, &prepared).unwrap().levels().len(), 6, "{name}, round {round}");
                }
                decoded += 1;
            }
        }
    }
    assert!(decoded > 300, "{decoded} of the films are still films");
}

#[test]
fn no_mutation_of_a_table_breaks_its_reader() {
    let project = TestProject::new();
    for name in ["1.png", "02.png", "3.png"] {
        project.write(&format!("films/{name}"), "not opened");
    }
    let seeds = seeds::labels();
    let mut random = ChaCha8Rng::seed_from_u64(2018);
    let mut read = 0;
    for (name, bytes) in &seeds {
        let (kind, bytes) = bytes.split_first().unwrap();
        project.write("labels.csv", "id,boneage,male\n1,12.5,True\n02,130,False\n3,7,M\n");
        let table = ["labels.csv", "labels.xlsx", "exclude.csv", "splits.csv"][usize::from(kind % 4)];
        for round in 0..150 * times() {
            let other = &seeds[random.random_range(0..seeds.len())].1;
            fs::write(project.path(table), mutated(bytes, other, &mut random)).unwrap();
            let labels = project.path(if kind % 4 == 1 { "labels.xlsx" } else { "labels.csv" });
            let films = LabelledFilms { images: project.path("films"), labels, sheet: None };
            let source = SourceConfig::Csv { films, columns: CsvColumns::default(), unit: AgeUnit::Months, test: None };
            let exclude = (kind % 4 == 2).then(|| project.path("exclude.csv"));
            let split = (kind % 4 == 3).then(|| SplitFile { path: project.path("splits.csv"), folds: (kind & 16 != 0).then_some(3) });
            match load(&DataConfig { source, exclude, on_bad: OnBad::Skip, allow_leaks: false, split }) {
                Ok(dataset) => {
                    read += 1;
                    assert!((1..=3).contains(&dataset.samples.len()), "{name}, round {round}");
                }
                Err(error) => assert!(!error.to_string().is_empty(), "{name}, round {round}"),
            }
        }
    }
    assert!(read > 100, "{read} of the tables are still tables");
}

#[test]
fn no_mutation_of_a_name_breaks_a_pattern() {
    let seeds = seeds::names();
    let mut random = ChaCha8Rng::seed_from_u64(2019);
    for (name, bytes) in &seeds {
        for round in 0..100 * times() {
            let project = TestProject::new();
            let other = &seeds[random.random_range(0..seeds.len())].1;
            let text = String::from_utf8_lossy(&mutated(bytes, other, &mut random)).into_owned();
            let (pattern, film) = text.split_once('\n').unwrap_or((&text, "1.png"));
            let film: String = film.chars().filter(|letter| !['/', '\0'].contains(letter)).collect();
            if film.is_empty() || [".", ".."].contains(&film.as_str()) {
                continue;
            }
            project.write(&film, "not opened");
            let source = SourceConfig::Filename { root: project.path(""), pattern: vec![pattern.to_owned()], unit: AgeUnit::Years };
            match load(&DataConfig { source, exclude: None, on_bad: OnBad::Skip, allow_leaks: false, split: None }) {
                Ok(dataset) => assert_eq!(dataset.samples.len(), 1, "{name}, round {round}"),
                Err(error) => assert!(!error.to_string().is_empty(), "{name}, round {round}"),
            }
        }
    }
}

#[test]
fn no_mutation_of_a_spec_breaks_its_reader() {
    let seeds = spec_seeds::specs(Path::new(""));
    let project = TestProject::new();
    let mut random = ChaCha8Rng::seed_from_u64(2020);
    let (mut read, mut refused) = (0, 0);
    for (name, bytes) in &seeds {
        // Of the wrong ones there are many, and most are short.
        let is_wrong = name.split_once('-').is_some_and(|(number, _)| number.len() == 3);
        let rounds = if is_wrong { 4 } else { 120 };
        for round in 0..rounds * times() {
            let other = &seeds[random.random_range(0..seeds.len())].1;
            let bytes = mutated(bytes, other, &mut random);
            let mut parts = bytes.split(|byte| *byte == 0xff);
            for file in ["spec.yaml", "base.yaml"] {
                fs::write(project.path(file), parts.next().unwrap_or_default()).unwrap();
            }
            let sets: Vec<String> = parts.map(|set| String::from_utf8_lossy(set).into_owned()).collect();
            match bad_specs::read(&project.path("spec.yaml"), &sets) {
                Ok(()) => read += 1,
                Err(error) => {
                    refused += 1;
                    let message = error.to_string();
                    let printable = message.chars().all(|c| c == '\n' || c == '\t' || !c.is_control());
                    assert!(!message.is_empty() && printable, "{name}, round {round}: {message:?}");
                }
            }
        }
    }
    assert!(read > 20 && refused > 500, "{read} of the specs are still specs, {refused} are refused");
}
