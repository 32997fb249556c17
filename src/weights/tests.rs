//! Files read, refused and written; networks that start from them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tch::{Device, Kind, Tensor};

use super::{Access, OwnMetadata, WeightsError, WeightsFile, WeightsStore, load, write};
use crate::backbone::{Context, Model, registry};
use crate::data::Normalization;
use crate::plan::{Architecture, ChannelStatistics, HeadConfig, ImageConfig, PrepareConfig, WeightsRequest};
use crate::spec::{Channels, Fit, ImageSize, VitPreset, WeightsSource, YoloScale};

const YOLO: Architecture = Architecture::Yolo { scale: YoloScale::N };

fn image(height: u32, width: u32, channels: Channels) -> ImageConfig {
    ImageConfig { size: ImageSize { height, width }, channels, fit: Fit::Pad, prepare: PrepareConfig::default() }
}

fn head(architecture: &Architecture) -> HeadConfig {
    HeadConfig { hidden: vec![8], ..registry::default_head(architecture.name()) }
}

fn model(architecture: Architecture, image: ImageConfig, seed: u64) -> Model {
    Model::new(&architecture, image, &head(&architecture), seed, Device::Cpu).unwrap()
}

fn state(model: &Model) -> Vec<(String, Tensor)> {
    model.parameters().entries().into_iter().map(|entry| (entry.name, entry.tensor.detach())).collect()
}

fn metadata(model: &Model) -> OwnMetadata {
    OwnMetadata {
        architecture: *model.architecture(),
        image: model.image(),
        normalization: Normalization { mean: vec![0.25], std: vec![0.125] },
        target_mean: 100.0,
        target_std: 1.0 / 3.0,
    }
}

/// A file as another program writes it: no metadata, whatever tensors are given.
fn foreign(path: &Path, tensors: &[(String, Tensor)]) {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, tensor)| {
            let tensor = tensor.contiguous();
            let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
            tensor.copy_data_u8(&mut bytes, tensor.numel());
            bytes
        })
        .collect();
    let view = |((name, tensor), bytes): (&(String, Tensor), &'static [u8])| {
        let dtype = match tensor.kind() {
            Kind::Half => Dtype::F16,
            Kind::BFloat16 => Dtype::BF16,
            Kind::Int64 => Dtype::I64,
            _ => Dtype::F32,
        };
        let shape = tensor.size().into_iter().map(|side| side as usize).collect();
        (name.clone(), TensorView::new(dtype, shape, bytes).unwrap())
    };
    let leaked = bytes.into_iter().map(|bytes| &*bytes.leak());
    safetensors::serialize_to_file(tensors.iter().zip(leaked).map(view), None, path).unwrap();
}

/// A folder, and a file in it that holds the state of a model after a change.
fn file_of(model: &Model, change: impl FnOnce(&mut Vec<(String, Tensor)>)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let mut tensors = state(model);
    change(&mut tensors);
    foreign(&path, &tensors);
    (folder, path)
}

fn trunk_only(tensors: &mut Vec<(String, Tensor)>) {
    tensors.retain(|(name, _)| !name.starts_with("head."));
}

/// What loading a file into a new network says.
fn refusal(architecture: Architecture, image: ImageConfig, path: &Path) -> String {
    let file = match WeightsFile::read(path) {
        Ok(file) => file,
        Err(error) => return error.to_string(),
    };
    load(&model(architecture, image, 9), &file, "w").unwrap_err().to_string()
}

#[test]
fn what_a_run_wrote_starts_another_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let from = model(YOLO, image(32, 40, Channels::Grey), 1);
    let [path, again] = ["a.safetensors", "b.safetensors"].map(|name| folder.path().join(name));
    write(&path, &state(&from), &metadata(&from)).unwrap();
    write(&again, &state(&from), &metadata(&from)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(&again).unwrap());

    let file = WeightsFile::read(&path).unwrap();
    assert_eq!(OwnMetadata::of(&file).unwrap(), Some(metadata(&from)));
    let to = model(YOLO, image(32, 40, Channels::Grey), 2);
    assert_ne!(state(&to), state(&from));
    let report = load(&to, &file, "a.safetensors").unwrap();
    assert_eq!(state(&to), state(&from));
    assert_eq!(report.loaded.len(), state(&to).len());
    assert!(
        report.adapted.is_empty() && report.missing.is_empty() && report.left_out.is_empty() && report.unexpected.is_empty(),
        "{report:?}"
    );
    assert_eq!(report.sha256, file.sha256());
}

#[test]
fn weights_for_colour_read_a_grey_film_as_three_equal_channels() {
    let colour = model(YOLO, image(32, 40, Channels::Rgb), 1);
    let (_folder, path) = file_of(&colour, |_| {});
    let grey = model(YOLO, image(32, 40, Channels::Grey), 2);
    let report = load(&grey, &WeightsFile::read(&path).unwrap(), "w").unwrap();
    assert_eq!(report.adapted.len(), 1);
    assert_eq!((report.adapted[0].name.as_str(), report.adapted[0].change.as_str()), ("model.0.conv.weight", "summed over three channels"));
    let film = (Tensor::arange(2 * 32 * 40, (Kind::Float, Device::Cpu)) * 0.37).sin().view([2, 1, 32, 40]);
    let sex = Tensor::zeros([2, 1], (Kind::Float, Device::Cpu));
    let context = Context::eval(Kind::Float);
    let expected = colour.forward(&film.repeat([1, 3, 1, 1]), &sex, &context);
    assert!(grey.forward(&film, &sex, &context).allclose(&expected, 1e-4, 1e-6, false));

    // And back: grey weights in a network for colour.
    let (_folder, path) = file_of(&grey, |_| {});
    let back = model(YOLO, image(32, 40, Channels::Rgb), 3);
    load(&back, &WeightsFile::read(&path).unwrap(), "w").unwrap();
    assert!(back.forward(&film.repeat([1, 3, 1, 1]), &sex, &context).allclose(&expected, 1e-4, 1e-6, false));
}

#[test]
fn half_precision_is_read_and_what_is_not_the_trunk_is_listed() {
    let from = model(YOLO, image(32, 32, Channels::Grey), 1);
    let (_folder, path) = file_of(&from, |tensors| {
        trunk_only(tensors);
        tensors[0].1 = tensors[0].1.to_kind(Kind::Half);
        tensors[1].1 = tensors[1].1.to_kind(Kind::BFloat16);
        tensors.push(("model.9.linear.weight".to_owned(), Tensor::zeros([1000, 1280], (Kind::Float, Device::Cpu))));
        tensors.push(("model.0.bn.num_batches_tracked".to_owned(), Tensor::from(7i64)));
        tensors.push(("ema.decay".to_owned(), Tensor::from(0.5f32)));
    });
    let to = model(YOLO, image(32, 32, Channels::Grey), 2);
    let before: Vec<Tensor> =
        state(&to).into_iter().filter(|(name, _)| name.starts_with("head.")).map(|(_, tensor)| tensor.copy()).collect();
    let report = load(&to, &WeightsFile::read(&path).unwrap(), "w").unwrap();
    assert_eq!((report.left_out, report.unexpected), (vec!["model.9.linear.weight".to_owned()], vec!["ema.decay".to_owned()]));
    assert_eq!(report.missing, ["head.hidden.0.weight", "head.hidden.0.bias", "head.output.weight", "head.output.bias"]);
    let after: Vec<Tensor> = state(&to).into_iter().filter(|(name, _)| name.starts_with("head.")).map(|(_, tensor)| tensor).collect();
    assert_eq!(before, after);
    assert!(state(&to)[0].1.allclose(&state(&from)[0].1, 1e-3, 1e-4, false));
}

#[test]
fn a_head_of_another_width_is_left_out_whole() {
    let from = model(YOLO, image(32, 32, Channels::Grey), 1);
    let (_folder, path) = file_of(&from, |_| {});
    let wide = HeadConfig { hidden: vec![9], ..head(&YOLO) };
    let to = Model::new(&YOLO, image(32, 32, Channels::Grey), &wide, 2, Device::Cpu).unwrap();
    let report = load(&to, &WeightsFile::read(&path).unwrap(), "w").unwrap();
    assert_eq!(report.missing.len(), 4);
    assert_eq!(report.left_out.len(), 4);
}

#[test]
fn a_position_embedding_is_resampled_to_the_grid_of_the_images() {
    let vit = Architecture::Vit { preset: VitPreset::Tiny, patch_size: 16, drop_path: 0.0 };
    let from = model(vit, image(64, 64, Channels::Grey), 1);
    let (_folder, path) = file_of(&from, |_| {});
    let to = model(vit, image(32, 96, Channels::Grey), 2);
    let report = load(&to, &WeightsFile::read(&path).unwrap(), "w").unwrap();
    assert_eq!(report.adapted[0].change, "resampled from 4×4 to 2×6 positions");
    // The class token keeps its own.
    let embedding = |model: &Model| state(model).into_iter().find(|(name, _)| name == "pos_embed").unwrap().1;
    assert_eq!(embedding(&to).select(1, 0), embedding(&from).select(1, 0));
    // A grid that is not square is known only to files of this program.
    let oblong = model(vit, image(32, 96, Channels::Grey), 1);
    let (folder, path) = file_of(&oblong, |_| {});
    let message = refusal(vit, image(64, 64, Channels::Grey), &path);
    assert!(message.contains("pos_embed") && message.contains("square grid"), "{message}");
    let own = folder.path().join("own.safetensors");
    write(&own, &state(&oblong), &metadata(&oblong)).unwrap();
    let report = load(&model(vit, image(64, 64, Channels::Grey), 2), &WeightsFile::read(&own).unwrap(), "w").unwrap();
    assert_eq!(report.adapted[0].change, "resampled from 2×6 to 4×4 positions");
}

#[test]
fn weights_of_another_network_are_refused_with_what_is_wrong() {
    let size = image(32, 32, Channels::Grey);
    let (_folder, path) = file_of(&model(YOLO, size, 1), trunk_only);
    let message = refusal(Architecture::Unet, size, &path);
    assert!(message.contains("holds 0 of the 50 tensors of unet") && message.contains("begin with model.0"), "{message}");
    let message = refusal(Architecture::Yolo { scale: YoloScale::S }, size, &path);
    assert!(message.contains("model.0.conv.weight with shape [16, 1, 3, 3], yolo has [32, 1, 3, 3]"), "{message}");

    let (_folder, path) = file_of(&model(YOLO, size, 1), |tensors| drop(tensors.remove(7)));
    let message = refusal(YOLO, size, &path);
    assert!(message.contains("holds 129 of the 130 tensors of yolo (missing model.1.bn.bias)"), "{message}");

    let (_folder, path) = file_of(&model(YOLO, size, 1), |tensors| {
        tensors.push(("model.6.m.2.cv1.conv.weight".to_owned(), Tensor::zeros([4], (Kind::Float, Device::Cpu))));
    });
    let message = refusal(YOLO, size, &path);
    assert!(message.contains("layers that yolo has not") && message.contains("model.6.m.2.cv1"), "{message}");
}

#[test]
fn numbers_that_cannot_be_weights_are_refused() {
    let size = image(32, 32, Channels::Grey);
    for value in [f64::NAN, f64::INFINITY] {
        let (_folder, path) = file_of(&model(YOLO, size, 1), |tensors| {
            tensors[5].1 = tensors[5].1.contiguous().copy();
            let _ = tensors[5].1.view(-1).narrow(0, 3, 1).fill_(value);
        });
        let message = refusal(YOLO, size, &path);
        assert!(message.contains("model.1.conv.weight") && message.contains("not finite"), "{message}");
    }
    let (_folder, path) = file_of(&model(YOLO, size, 1), |tensors| tensors[5].1 = tensors[5].1.to_kind(Kind::Int64));
    let message = refusal(YOLO, size, &path);
    assert!(message.contains("model.1.conv.weight as I64"), "{message}");
}

#[test]
fn a_file_that_is_cut_or_lies_about_its_sizes_is_refused_and_never_trusted() {
    let (folder, path) = file_of(&model(YOLO, image(32, 32, Channels::Grey), 1), trunk_only);
    let whole = fs::read(&path).unwrap();
    let header = |json: &str, data: usize| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &vec![0; data]].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("cut in the length", whole[..5].to_vec()),
        ("cut in the header", whole[..100].to_vec()),
        ("cut in the data", whole[..whole.len() - 1].to_vec()),
        ("more than was promised", [&whole[..], &[0]].concat()),
        ("a header of 2^64 − 1 bytes", [&u64::MAX.to_le_bytes()[..], b"{}"].concat()),
        ("a header of 99 MB that is not there", [&99_000_000u64.to_le_bytes()[..], b"{}"].concat()),
        ("no JSON", header("}{", 0)),
        ("a shape whose size overflows", header(r#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}"#, 16)),
        ("data beyond the end", header(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 8)),
        ("offsets that go back", header(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#, 16)),
        ("a shape that is not the data's", header(r#"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#, 16)),
        ("an unknown type", header(r#"{"a":{"dtype":"X9","shape":[4],"data_offsets":[0,16]}}"#, 16)),
        ("a page of HTML", b"<!DOCTYPE html><html><body>Not found</body></html>".to_vec()),
    ];
    for (what, bytes) in cases {
        let path = folder.path().join("bad.safetensors");
        fs::write(&path, bytes).unwrap();
        let error = WeightsFile::read(&path).expect_err(what);
        assert!(matches!(error, WeightsError::Damaged { .. }), "{what}: {error}");
        assert!(error.to_string().contains("bad.safetensors is no complete safetensors file"), "{what}: {error}");
    }
    let error = WeightsFile::read(&folder.path().join("absent.safetensors")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read") && error.contains("absent.safetensors"), "{error}");
}

fn statistics_of(path: &Path) -> Result<Option<ChannelStatistics>, WeightsError> {
    let source = WeightsSource::File(path.to_owned());
    let request = WeightsRequest { source: &source, architecture: &YOLO, image: image(32, 32, Channels::Grey), head: &head(&YOLO) };
    let mut store = WeightsStore::new(Access::Fetch, true, |_, _| {});
    let facts = store.facts(&request)?;
    let located = store.files().remove(&facts.sha256.unwrap()).unwrap();
    assert_eq!((located.path.as_path(), located.source.as_str()), (path, path.file_name().unwrap().to_str().unwrap()));
    Ok(facts.statistics)
}

#[test]
fn the_file_or_what_lies_beside_it_says_how_images_are_standardised() {
    let from = model(YOLO, image(32, 32, Channels::Grey), 1);
    let (folder, path) = file_of(&from, trunk_only);
    assert_eq!(statistics_of(&path).unwrap(), Some(ChannelStatistics::none()), "ultralytics' own");
    let config = folder.path().join("config.json");
    fs::write(&config, r#"{"architecture": "x", "pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}}"#).unwrap();
    let expected = ChannelStatistics { mean: vec![0.1, 0.2, 0.3], std: vec![0.4, 0.5, 0.6] };
    assert_eq!(statistics_of(&path).unwrap(), Some(expected));
    fs::write(&config, r#"{"pretrained_cfg": {"mean": [0.1], "std": [0.0]}}"#).unwrap();
    let message = statistics_of(&path).unwrap_err().to_string();
    assert!(message.contains("config.json") && message.contains("image.normalize"), "{message}");
    write(&path, &state(&from), &metadata(&from)).unwrap();
    assert_eq!(statistics_of(&path).unwrap(), Some(ChannelStatistics { mean: vec![0.25], std: vec![0.125] }));
}

#[test]
fn a_file_that_changed_since_the_plan_is_not_loaded() {
    let from = model(YOLO, image(32, 32, Channels::Grey), 1);
    let (_folder, path) = file_of(&from, trunk_only);
    let source = WeightsSource::File(path.clone());
    let request = WeightsRequest { source: &source, architecture: &YOLO, image: from.image(), head: &head(&YOLO) };
    let mut store = WeightsStore::new(Access::Fetch, true, |_, _| {});
    store.facts(&request).unwrap();
    let located = store.files().into_values().next().unwrap();
    assert!(located.load_into(&model(YOLO, from.image(), 3)).is_ok());
    let mut other = state(&model(YOLO, from.image(), 2));
    trunk_only(&mut other);
    foreign(&path, &other);
    assert!(matches!(located.load_into(&model(YOLO, from.image(), 3)), Err(WeightsError::Changed { .. })));
}

#[test]
fn a_command_on_records_alone_reads_no_weights() {
    let source = WeightsSource::File("absent.safetensors".into());
    let request = WeightsRequest { source: &source, architecture: &YOLO, image: image(32, 32, Channels::Grey), head: &head(&YOLO) };
    let facts = WeightsStore::new(Access::None, true, |_, _| {}).facts(&request).unwrap();
    assert_eq!(facts.sha256, None);
}
