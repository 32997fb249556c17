//! Runs trained for an epoch, opened again and asked for ages.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;
use std::slice::from_ref;
use std::sync::{Arc, Mutex};

use tch::{CModule, Device, Kind, Tensor};

use super::{Ensemble, PredictError, TrainedModel};
use crate::data::{FilmStore, Sex};
use crate::execute::fixtures::carry_out;
use crate::execute::{Fault, Job, Place, Saving, Trainer};
use crate::plan::{Architecture, ComputePrecision, HeadConfig, RunConfig};
use crate::record::StudyFolder;
use crate::record::format::FailureKind;
use crate::spec::{AgeUnit, AttentionKind, ImageSize, InvertFilm, Loss, Pool, VitPreset};
use crate::train::fixtures::{TinyData, run_config};
use crate::train::{Checkpoint, Observer, TrainedRun, TrainingData, train};

struct Tiny(TinyData);

impl Trainer for Tiny {
    fn train(&mut self, config: &RunConfig, from: Option<Checkpoint>, observe: &mut Observer) -> Result<TrainedRun, Fault> {
        let data = TrainingData { samples: &self.0.samples, films: &self.0, partition: &self.0.partition, weights: None };
        train(config, data, Device::Cpu, from, observe).map_err(|error| Fault::new(FailureKind::Other, error.to_string()))
    }

    fn place(&self) -> Place {
        Place { device: "cpu".to_owned(), threads: 1, fast: false }
    }
}

/// The folder of a finished run, and the ages of its validation and test films by id.
fn finished(config: RunConfig) -> (tempfile::TempDir, PathBuf, Vec<(String, f64)>) {
    let results = tempfile::tempdir().unwrap();
    let folder = StudyFolder::new(results.path(), "study");
    folder.prepare().unwrap();
    let job = Job { label: "row".to_owned(), run_id: "run".to_owned(), course_id: String::new(), config };
    let tiny = Arc::new(Mutex::new(Tiny(TinyData::new())));
    let outcome = carry_out(&[job], &folder, &Saving::default(), &tiny).unwrap();
    assert_eq!(outcome.trained, 1);
    let run = folder.run("run");
    let crate::record::format::RunState::Done(record) = crate::record::read_run(&run).unwrap() else { panic!("the run is done") };
    let ages = record.predictions.into_iter().map(|row| (row.id, row.predicted)).collect();
    (results, run, ages)
}

/// A film of the data as a PNG file.
fn film_file(folder: &std::path::Path, index: usize) -> PathBuf {
    let data = TinyData::new();
    let ImageSize { height, width } = data.image().size;
    let path = folder.join(format!("{index}.png"));
    image::GrayImage::from_raw(width, height, data.film(index).bytes().to_vec()).unwrap().save(&path).unwrap();
    path
}

#[test]
fn an_opened_run_gives_the_ages_that_its_record_holds() {
    let (results, run, recorded) = finished(RunConfig { head: HeadConfig { sex: false, ..run_config().head }, ..run_config() });
    let model = TrainedModel::open(&run, Device::Cpu).unwrap();
    let films: Vec<PathBuf> = recorded.iter().map(|(id, _)| film_file(results.path(), id.parse().unwrap())).collect();
    let ages = model.predict(&films, None).unwrap();
    assert!(ages.len() > 3);
    for (age, (id, expected)) in ages.iter().zip(&recorded) {
        assert!((age - expected).abs() < 1e-3, "film {id}: {age} instead of {expected}");
    }
}

#[test]
fn a_run_over_bins_of_age_is_opened_and_exported_like_any_other() {
    let mut config = RunConfig { head: HeadConfig { sex: false, age_bins: Some(24), ..run_config().head }, ..run_config() };
    config.train.loss = Loss::Distribution;
    let (results, run, recorded) = finished(config);
    let model = TrainedModel::open(&run, Device::Cpu).unwrap();
    let films: Vec<PathBuf> = recorded.iter().map(|(id, _)| film_file(results.path(), id.parse().unwrap())).collect();
    let module_file = results.path().join("model.pt");
    model.export_torchscript(&module_file, AgeUnit::Months).unwrap();
    let images: Vec<Tensor> = films.iter().map(|film| model.read(film).unwrap()).collect();
    let images = model.standardise(&Tensor::stack(&images, 0));
    let exported = CModule::load(&module_file).unwrap().forward_ts(&[images]).unwrap().view(-1).to_kind(Kind::Double);
    let exported = Vec::<f64>::try_from(exported).unwrap();
    for ((age, exported), (id, expected)) in model.predict(&films, None).unwrap().iter().zip(&exported).zip(&recorded) {
        assert!((age - expected).abs() < 1e-3 && (exported - expected).abs() < 1e-3, "film {id}: {age}, {exported} instead of {expected}");
    }
    let spread = recorded.iter().map(|(_, age)| *age).fold(f64::NEG_INFINITY, f64::max) - recorded[0].1;
    assert!(spread > 0.1, "the ages differ: {recorded:?}");
}

#[test]
fn new_films_go_through_the_steps_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let film = film_file(folder.path(), 2);
    let mut opposite = image::open(&film).unwrap().into_luma8();
    image::imageops::invert(&mut opposite);
    opposite.save(folder.path().join("opposite.png")).unwrap();
    let ages = |invert| {
        let mut config = run_config();
        config.image.prepare.invert = invert;
        TrainedModel::untrained(&config).predict(&[film.clone(), folder.path().join("opposite.png")], None).unwrap()
    };
    let (as_they_are, exchanged) = (ages(InvertFilm::Never), ages(InvertFilm::Always));
    assert_ne!(as_they_are[0], as_they_are[1]);
    // The place of a film in a batch may change the last bit.
    assert!(exchanged.iter().rev().zip(&as_they_are).all(|(one, other)| (one - other).abs() < 1e-3), "{exchanged:?} {as_they_are:?}");
}

#[test]
fn the_sex_matters_where_the_head_reads_it() {
    let (results, run, _) = finished(run_config());
    let model = TrainedModel::open(&run, Device::Cpu).unwrap();
    let film = [film_file(results.path(), 0)];
    let [female, male, unknown] = [Some(Sex::F), Some(Sex::M), None].map(|sex| model.predict(&film, sex).unwrap()[0]);
    assert!((f64::midpoint(female, male) - unknown).abs() < 3.0 && (female - male).abs() > 1e-4, "{female} {male} {unknown}");
}

#[test]
fn what_is_no_finished_run_and_what_is_no_film_is_named() {
    let (results, run, _) = finished(run_config());
    let error = TrainedModel::open(results.path(), Device::Cpu).unwrap_err();
    assert!(matches!(error, PredictError::NotFinished { .. }) && error.to_string().contains("results/NAME/runs/"), "{error}");
    let model = TrainedModel::open(&run, Device::Cpu).unwrap();
    let error = model.predict(&["absent.png".into()], None).unwrap_err().to_string();
    assert!(error.contains("absent.png: cannot read"), "{error}");
}

#[test]
fn a_torchscript_module_gives_the_run_s_ages_for_any_number_of_images() {
    let vit = Architecture::Vit { preset: VitPreset::Tiny, patch_size: 4, drop_path: 0.1 };
    let large = ImageSize { height: 32, width: 32 };
    for (architecture, pool, size, precision) in [
        (Architecture::CervicalCnn, Pool::Flatten, run_config().image.size, ComputePrecision::Fp32),
        (vit, Pool::Token, run_config().image.size, ComputePrecision::Bf16),
        (Architecture::Attention { kind: AttentionKind::SelfAttention }, Pool::Flatten, large, ComputePrecision::Fp32),
        (Architecture::Attention { kind: AttentionKind::Cbam }, Pool::Flatten, large, ComputePrecision::Fp32),
        (Architecture::EfficientnetV2S { drop_path: 0.2 }, Pool::Avg, large, ComputePrecision::Fp32),
    ] {
        let mut config = run_config();
        config.architecture = architecture;
        config.head = HeadConfig { pool, sex: architecture == Architecture::CervicalCnn, ..config.head };
        config.image.size = size;
        config.train.precision = precision;
        let folder = tempfile::tempdir().unwrap();
        let model = TrainedModel::untrained(&config);
        let path = folder.path().join("model.pt");
        model.export_torchscript(&path, AgeUnit::Years).unwrap_or_else(|error| panic!("{architecture:?}: {error}"));
        let module = CModule::load(&path).unwrap();
        let images = Tensor::rand([5, 1, i64::from(size.height), i64::from(size.width)], (Kind::Float, Device::Cpu));
        let sex = Tensor::zeros([5, 1], (Kind::Float, Device::Cpu));
        let inputs = if config.head.sex { vec![images.shallow_clone(), sex] } else { vec![images.shallow_clone()] };
        let found = Vec::<f64>::try_from(module.forward_ts(&inputs).unwrap().view(-1).to_kind(Kind::Double)).unwrap();
        for (found, expected) in found.iter().zip(model.ages(&images, Some(Sex::F))) {
            assert!(
                (found * 12.0 - expected).abs() < 1e-3 * expected.abs().max(1.0),
                "{architecture:?}: {found} years instead of {expected} months"
            );
        }
    }
}

#[test]
fn several_runs_are_averaged_and_an_unreadable_film_costs_its_own_row() {
    let (results, run, _) = finished(run_config());
    let (_other_results, other, _) = finished(RunConfig { seed: 6, ..run_config() });
    let mut films: Vec<PathBuf> = (0..5).map(|index| film_file(results.path(), index)).collect();
    films.insert(2, results.path().join("gone.png"));
    let sexes = [None, Some(Sex::M), None, Some(Sex::F), None, None];
    let of = |folders: &[PathBuf]| Ensemble::open(folders, Device::Cpu, None).unwrap().predict(&films, &sexes);
    let (one, two, both) = (of(from_ref(&run)), of(from_ref(&other)), of(&[run.clone(), other.clone()]));
    for (place, film) in both.iter().enumerate() {
        if place == 2 {
            assert!(film.as_ref().unwrap_err().to_string().contains("gone.png"));
            continue;
        }
        let (one, two, both) = (one[place].as_ref().unwrap(), two[place].as_ref().unwrap(), film.as_ref().unwrap());
        assert_eq!(one.spread, None);
        assert!((both.months - f64::midpoint(one.months, two.months)).abs() < 1e-9);
        assert!((both.spread.unwrap() - (one.months - two.months).abs() / 2f64.sqrt()).abs() < 1e-9);
    }
    let model = TrainedModel::open(&run, Device::Cpu).unwrap();
    assert!((one[3].as_ref().unwrap().months - model.predict(&films[3..4], Some(Sex::F)).unwrap()[0]).abs() < 1e-3);
}

#[test]
fn views_of_a_film_depend_on_the_film_alone_and_need_augmentation() {
    let mut config = run_config();
    config.augment.rotate = 20.0;
    config.evaluation.tta = Some(4);
    let (results, run, _) = finished(config);
    let films: Vec<PathBuf> = (0..4).map(|index| film_file(results.path(), index)).collect();
    let ages = |films: &[PathBuf], views| -> Vec<f64> {
        let ensemble = Ensemble::open(from_ref(&run), Device::Cpu, views).unwrap();
        ensemble.predict(films, &vec![None; films.len()]).into_iter().map(|age| age.unwrap().months).collect()
    };
    let (as_judged, four, plain) = (ages(&films, None), ages(&films, Some(4)), ages(&films, Some(1)));
    assert_eq!(as_judged, four, "as many views as the record was made with");
    assert!(four.iter().zip(&plain).any(|(one, other)| (one - other).abs() > 1e-6));
    assert!((ages(&films[3..], None)[0] - as_judged[3]).abs() < 1e-3, "whatever the company");
    let (_plain_results, without, _) = finished(run_config());
    let message = Ensemble::open(&[without], Device::Cpu, Some(3)).unwrap_err().to_string();
    assert!(message.contains("leave --tta out"), "{message}");
}

impl TrainedModel {
    /// One whose weights are drawn.
    fn untrained(config: &RunConfig) -> Self {
        let model = crate::backbone::Model::new(&config.architecture, config.image, &config.head, 3, Device::Cpu).unwrap();
        let normalization = crate::data::Normalization { mean: vec![0.5], std: vec![0.25] };
        Self { model, config: config.clone(), normalization, scale: crate::data::TargetScale { mean: 100.0, std: 50.0 } }
    }
}
