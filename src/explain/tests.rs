//! Maps against an independent implementation, against direct computation, and of every network.

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::grad_cam::{enlarged, grad_cam};
use super::occlusion::{occlusion, patch_side};
use crate::backbone::fixture::{noise, read_fixture};
use crate::backbone::reference_tests::fill;
use crate::backbone::walk_tests::{architectures, image};
use crate::backbone::{Context, Model, registry};
use crate::device::channels_last;
use crate::plan::{Architecture, HeadConfig};
use crate::spec::{Channels, Pool};

/// What `scripts/reference/gradcam.py` has written.
#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    architecture: Architecture,
    pool: Pool,
    channels: u64,
    height: u32,
    width: u32,
    /// Two maps, row by row.
    coarse: Vec<f64>,
    /// Some pixels of both maps at the size of the film.
    enlarged: Vec<f64>,
}

fn doubles(xs: &Tensor) -> Vec<f64> {
    Vec::try_from(xs.to_kind(Kind::Double).contiguous().view(-1)).unwrap()
}

/// The coarse maps of a model.
fn maps(model: &Model, images: &Tensor, sex: f64) -> Tensor {
    let images = channels_last(images).set_requires_grad(true);
    let sex = Tensor::full([images.size()[0], 1], sex, (Kind::Float, Device::Cpu));
    let (ages, features) = model.explained(&images, &sex, &Context::eval(Kind::Float));
    grad_cam(&features, &ages, model.patch_grid())
}

#[test]
fn maps_are_those_of_networks_written_out_in_pytorch() {
    let Fixture { cases } = read_fixture("gradcam.json");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let name = format!("{:?}, {:?}, {} channels", case.architecture, case.pool, case.channels);
        let config = image(case.height, case.width, Channels::try_from(case.channels).unwrap());
        let head = HeadConfig { pool: case.pool, hidden: vec![8], dropout: 0.5, sex: false, age_bins: None };
        let model = Model::zeros(&case.architecture, config, &head, Device::Cpu).unwrap();
        tch::no_grad(|| fill(model.parameters()));
        let size = [i64::from(case.height), i64::from(case.width)];
        let coarse = maps(&model, &noise("images", &[2, case.channels as i64, size[0], size[1]]), 0.0);
        let large = doubles(&enlarged(&coarse, size));
        let largest = case.coarse.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let coarse = doubles(&coarse);
        assert_eq!(coarse.len(), case.coarse.len(), "{name}");
        let sampled = (0..case.enlarged.len()).map(|place| large[(place * 1_000_003 + 17) % large.len()]);
        for (found, expected) in coarse.into_iter().chain(sampled).zip(case.coarse.iter().chain(&case.enlarged)) {
            assert!((found - expected).abs() < 1e-4 * largest, "{name}: {found} instead of {expected}");
        }
    }
}

#[test]
fn every_network_is_explained_also_with_bins_of_age_and_frozen_weights() {
    for architecture in architectures() {
        let side = if matches!(architecture, Architecture::Vit { .. }) { [32, 48] } else { [64, 45] };
        let config = image(side[0], side[1], Channels::Grey);
        let head = HeadConfig { sex: true, age_bins: Some(20), ..registry::default_head(architecture.name()) };
        let model = Model::zeros(&architecture, config, &head, Device::Cpu).unwrap();
        tch::no_grad(|| fill(model.parameters()));
        model.age_bins().unwrap().span(-1.0, 1.0);
        for tensor in model.parameters().trainable() {
            let _ = tensor.set_requires_grad(false);
        }
        let map = maps(&model, &noise("images", &[1, 1, i64::from(side[0]), i64::from(side[1])]), 1.0);
        let large = enlarged(&map, side.map(i64::from));
        assert_eq!(large.size(), [1, i64::from(side[0]), i64::from(side[1])], "{architecture:?}");
        let largest = large.abs().max().double_value(&[]);
        assert!(largest > 0.0 && largest.is_finite(), "{architecture:?}: {largest}");
    }
}

/// The share of a map's magnitude in its upper left quarter.
fn in_the_corner(map: &Tensor) -> f64 {
    let [height, width] = [0, 1].map(|dimension| map.size()[dimension]);
    let sum = |map: &Tensor| map.abs().sum(Kind::Double).double_value(&[]);
    sum(&map.narrow(0, 0, height / 2).narrow(1, 0, width / 2)) / sum(map)
}

#[test]
fn a_network_that_looks_at_one_corner_lights_that_corner() {
    // A bright spot in two corners; the age hangs on the upper left quarter alone.
    let spots = Tensor::full([1, 1, 20, 24], 0.1, (Kind::Float, Device::Cpu));
    for [row, column] in [[4, 5], [15, 18]] {
        let _ = spots.narrow(2, row, 2).narrow(3, column, 2).fill_(3.0);
    }
    let age = |xs: &Tensor| xs.narrow(2, 0, 10).narrow(3, 0, 12).sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float);
    let ages = |images: &Tensor| doubles(&age(images));
    let covered = occlusion(&spots, 4, &ages);
    assert!(in_the_corner(&covered) > 0.95, "{}", in_the_corner(&covered));
    assert_eq!(covered.double_value(&[19, 23]), 0.0);

    // Features that see one place each: the age is the upper left one of a pooled map, of which the channel fires there only.
    let images = spots.set_requires_grad(true);
    let seen = images.narrow(3, 0, 12).narrow(2, 0, 10).constant_pad_nd([0, 12, 0, 10]);
    let features = Tensor::cat(&[&seen, &(&images - &seen)], 1).avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
    let map = grad_cam(&features, &features.narrow(1, 0, 1).mean(Kind::Float).view([1, 1]), None);
    assert!(in_the_corner(&map.get(0)) > 0.99, "{map}");
}

#[test]
fn occlusion_of_a_sum_is_the_mean_of_what_each_patch_hides() {
    let image = noise("images", &[1, 2, 9, 12]);
    let weights = noise("weights", &[1, 2, 9, 12]);
    let ages = |images: &Tensor| doubles(&(images * &weights).sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float));
    let map = occlusion(&image, 4, &ages);
    // Directly: patches of 4 begin at every second pixel, and at the end.
    let parts = doubles(&(&image * &weights).sum_dim_intlist([1i64].as_slice(), false, Kind::Float));
    let (rows, columns) = ([0, 2, 4, 5], [0, 2, 4, 6, 8]);
    for row in 0..9usize {
        for column in 0..12usize {
            let covering =
                |places: &[usize], pixel: usize| places.iter().copied().filter(|place| (*place..place + 4).contains(&pixel)).collect();
            let (tops, lefts): (Vec<usize>, Vec<usize>) = (covering(&rows, row), covering(&columns, column));
            let hidden = |top: usize, left: usize| -> f64 { (0..16).map(|cell| parts[(top + cell / 4) * 12 + left + cell % 4]).sum() };
            let sum: f64 =
                tops.iter().flat_map(|top| lefts.iter().map(move |left| (top, left))).map(|(top, left)| hidden(*top, *left)).sum();
            let expected = sum / (tops.len() * lefts.len()) as f64;
            let found = map.double_value(&[row as i64, column as i64]);
            assert!((found - expected).abs() < 1e-4, "{row} {column}: {found} instead of {expected}");
        }
    }
}

#[test]
fn a_patch_is_a_sixth_of_the_shorter_side_and_never_larger_than_the_film() {
    assert_eq!([patch_side(96, 120), patch_side(224, 224), patch_side(3, 9)], [16, 37, 2]);
    let tiny = Tensor::ones([1, 1, 1, 5], (Kind::Float, Device::Cpu));
    let ages = |images: &Tensor| doubles(&images.sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float));
    assert_eq!(occlusion(&tiny, 2, &ages).size(), [1, 5]);
}
