//! Exposes a hand: attenuation, the film's curve, grain, and the border that a collimator leaves.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::anatomy::GROWN_LENGTH;
use super::canvas::{Canvas, View};
use super::child::normal;
use super::marker::Marker;
use super::metal::Piece;
use super::pose::Pose;
use super::skeleton::Hand;
use super::texture::Texture;
use crate::spec::ImageSize;

/// Attenuation per millimetre of tissue and of bone, at the exposure that suits a grown hand.
const TISSUE: f32 = 0.0165;
const BONE: f32 = 0.140;
/// Greatest attenuation that a film tells from more.
const OPAQUE: f32 = 6.0;
/// A film is drawn on at least so many rows and columns and averaged, so that thin rims and gaps do not flicker.
const FINENESS: usize = 256;

/// How grey levels of a film lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// From black to nearly white.
    Full,
    /// All grey, black lifted.
    Flat,
    /// Nothing brighter than a dark grey.
    Dark,
}

impl Tone {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Flat => "flat",
            Self::Dark => "dark",
        }
    }
}

/// What a collimator left uncovered, and what its border looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collimation {
    /// Covered share at the top, bottom, left and right.
    pub sides: [f64; 4],
    /// Turn of the uncovered rectangle, degrees.
    pub turn: f64,
    /// Grey level of the border, 0 to 1.
    pub level: f64,
}

/// Everything about one exposure that is neither the hand nor its pose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// How grey levels lie.
    pub tone: Tone,
    /// Grey level of air and of what lets nothing through, 0 to 1.
    pub levels: [f64; 2],
    /// Dose; 1 is usual.
    pub gain: f64,
    /// Exponent of the film's curve; 1.4 is usual.
    pub gamma: f64,
    /// Standard deviation of the grain at 256 pixels, in shares of the brightest level.
    pub noise: f64,
    /// Unevenness of the beam, down and across.
    pub slope: [f64; 2],
    /// The collimator's border, where it is on the film.
    pub collimation: Option<Collimation>,
}

impl Exposure {
    /// A plausible exposure: five in six of full tone, three in ten with a border.
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut limited = |std: f64, limit: f64| (std * normal(rng)).clamp(-limit, limit);
        let gain = 1.0 + limited(0.12, 0.3);
        let gamma = 1.4 + limited(0.12, 0.3);
        let slope = [limited(0.015, 0.04), limited(0.015, 0.04)];
        let border_turn = limited(1.5, 4.0);
        let mut uniform = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let (tone, levels) = match uniform(0.0, 1.0) {
            ..0.84 => (Tone::Full, [uniform(0.0, 0.07), uniform(0.85, 1.0)]),
            ..0.94 => (Tone::Flat, [uniform(0.15, 0.32), uniform(0.62, 0.85)]),
            _ => (Tone::Dark, [uniform(0.0, 0.10), uniform(0.38, 0.55)]),
        };
        let noise = uniform(0.005, 0.018);
        let sides = [uniform(0.0, 0.07), uniform(0.0, 0.05), uniform(0.0, 0.07), uniform(0.0, 0.07)];
        let level = if uniform(0.0, 1.0) < 0.3 { uniform(0.6, 0.98) } else { 0.0 };
        let collimation = (uniform(0.0, 1.0) < 0.3).then_some(Collimation { sides, turn: border_turn, level });
        Self { tone, levels, gain, gamma, noise, slope, collimation }
    }
}

/// A hand laid down and ready to be exposed.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) hand: &'a Hand,
    /// Length of MC II for which the film was chosen, mm.
    pub(super) length: f64,
    pub(super) pose: &'a Pose,
    pub(super) exposure: &'a Exposure,
    pub(super) metal: Option<&'a Piece>,
    pub(super) marker: Option<&'a Marker>,
}

/// Grey levels of a scene, 0 black to 255 white, row by row; grain comes from `rng`.
pub(super) fn expose(scene: &Scene, size: ImageSize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let (height, width) = (size.height as usize, size.width as usize);
    let shorter = height.min(width).max(1);
    let factor = FINENESS.div_ceil(shorter).clamp(if shorter > 768 { 1 } else { 2 }, 8);
    let view = scene.pose.view(scene.length, height * factor, width * factor);
    let mut canvas = attenuation(scene, &view, height * factor, width * factor);
    let brightness = 1.3 * scene.exposure.gain / (scene.length / GROWN_LENGTH).powf(0.55);
    FilmCurve::new(scene.exposure, brightness).apply(&mut canvas);
    let mut film = canvas.shrink(factor);
    finish(&mut film, scene.exposure, rng);
    if let Some(collimation) = &scene.exposure.collimation {
        collimate(&mut film, collimation);
    }
    if let Some(marker) = scene.marker {
        marker.paint(&mut film);
    }
    film.values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
}

/// Rows and columns in which a beam meets the hand and no collimator.
#[cfg(test)]
pub(super) fn extent(scene: &Scene, size: ImageSize) -> (std::ops::Range<u32>, std::ops::Range<u32>) {
    let (height, width) = (size.height as usize, size.width as usize);
    let mut canvas = attenuation(scene, &scene.pose.view(scene.length, height, width), height, width);
    // Five millimetres of tissue; the rim of a finger is thinner, and as dark as air.
    canvas.values.iter_mut().for_each(|value| *value = f32::from(u8::from(*value > 5.0 * TISSUE)));
    if let Some(collimation) = &scene.exposure.collimation {
        collimate(&mut canvas, &Collimation { level: 0.0, ..*collimation });
    }
    let shown = |row: usize, column: usize| canvas.values[row * width + column] > 0.5;
    let rows: Vec<usize> = (0..height).filter(|row| (0..width).any(|column| shown(*row, column))).collect();
    let columns: Vec<usize> = (0..width).filter(|column| (0..height).any(|row| shown(row, *column))).collect();
    let range = |places: &[usize]| places[0] as u32..places[places.len() - 1] as u32 + 1;
    (range(&rows), range(&columns))
}

fn attenuation(scene: &Scene, view: &View, height: usize, width: usize) -> Canvas {
    // The eighth-power mean joins rods of tissue without seams and without adding them up.
    let mut canvas = Canvas::new(height, width);
    for (frame, rod) in &scene.hand.tissue {
        canvas.paint(view, frame, rod.extent(), |value, u, v| {
            let square = rod.thickness(u, v) * 0.05;
            let square = square * square;
            value + square * square * square * square
        });
    }
    for value in &mut canvas.values {
        if *value > 0.0 {
            *value = value.sqrt().sqrt().sqrt() * (20.0 * TISSUE);
        }
    }
    for (frame, bone) in &scene.hand.long_bones {
        let texture = Texture::new(bone.seed, view.scale);
        canvas.paint(view, frame, bone.extent(), |value, u, v| value + BONE * bone.thickness(u, v, texture));
    }
    for (frame, block) in &scene.hand.blocks {
        let texture = Texture::new(block.seed, view.scale);
        canvas.paint(view, frame, block.extent(), |value, u, v| value + BONE * block.thickness(u, v, texture));
    }
    if let Some(metal) = scene.metal {
        metal.paint(&mut canvas, view, &scene.hand.seats);
    }
    canvas
}

/// The way from attenuation to grey levels, tabulated: the exponential law and the film's gamma between its levels.
struct FilmCurve {
    levels: Vec<f32>,
}

impl FilmCurve {
    const STEPS: usize = 1536;

    fn new(exposure: &Exposure, brightness: f64) -> Self {
        let [air, opaque] = exposure.levels;
        let level = |step: usize| {
            let attenuation = step as f64 / Self::STEPS as f64 * f64::from(OPAQUE);
            let stopped = 1.0 - (-brightness * attenuation).exp();
            (air + (opaque - air) * stopped.powf(exposure.gamma)) as f32
        };
        Self { levels: (0..=Self::STEPS + 1).map(level).collect() }
    }

    fn apply(&self, canvas: &mut Canvas) {
        for value in &mut canvas.values {
            let place = value.min(OPAQUE) * (Self::STEPS as f32 / OPAQUE);
            let step = place as usize;
            let (low, high) = (self.levels[step], self.levels[step + 1]);
            *value = low + (place - step as f32) * (high - low);
        }
    }
}

/// The uneven beam and the grain, which is finer, and so paler, on a coarse raster.
fn finish(film: &mut Canvas, exposure: &Exposure, rng: &mut ChaCha8Rng) {
    let (height, width) = (film.height as f32, film.width as f32);
    let range = (exposure.levels[1] - exposure.levels[0]) as f32;
    let grain = exposure.noise as f32 * (height.min(width) / 256.0).sqrt().clamp(0.5, 1.6) * (0.35 + 0.65 * range);
    let [down, across] = exposure.slope.map(|slope| slope as f32);
    for (row, line) in film.values.chunks_exact_mut(film.width).enumerate() {
        let tilt = down * (row as f32 / height - 0.5);
        for (column, value) in line.iter_mut().enumerate() {
            let noise: f32 = rng.sample(StandardNormal);
            *value += tilt + across * (column as f32 / width - 0.5) + grain * (0.5 + *value) * noise;
        }
    }
}

fn collimate(film: &mut Canvas, collimation: &Collimation) {
    let Collimation { sides: [top, bottom, left, right], turn, level } = *collimation;
    let (height, width) = (film.height as f64, film.width as f64);
    let (sin, cos) = turn.to_radians().sin_cos();
    let (sin, cos) = (sin as f32, cos as f32);
    let middle = [(0.5 * (1.0 + left - right) * width) as f32, (0.5 * (1.0 + top - bottom) * height) as f32];
    let half = [(0.5 * (1.0 - left - right) * width) as f32, (0.5 * (1.0 - top - bottom) * height) as f32];
    for (row, line) in film.values.chunks_exact_mut(film.width).enumerate() {
        let y = row as f32 + 0.5 - middle[1];
        for (column, value) in line.iter_mut().enumerate() {
            let x = column as f32 + 0.5 - middle[0];
            let inside = (half[0] - (x * cos + y * sin).abs()).min(half[1] - (y * cos - x * sin).abs());
            *value += (level as f32 - *value) * (0.5 - inside).clamp(0.0, 1.0);
        }
    }
}
