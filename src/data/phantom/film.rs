//! Lays a hand on a film and exposes it: pose, attenuation, film curve, noise, collimation and marker.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::anatomy::GROWN_LENGTH;
use super::canvas::{Canvas, View};
use super::shape::{Extent, Frame};
use super::skeleton::Hand;
use crate::spec::ImageSize;

/// Height and width of a grown hand on the film, in lengths of MC II: fingertip to the lower forearm, and little finger
/// to thumb.
const HAND_EXTENT: [f64; 2] = [3.75, 2.75];
/// Middle of that rectangle, in lengths of MC II.
const HAND_MIDDLE: [f64; 2] = [0.06, 0.78];
/// Attenuation per millimetre of tissue and of bone, at the exposure that suits a grown hand.
const TISSUE: f32 = 0.013;
const BONE: f32 = 0.115;

/// Everything about one exposure that is not the hand itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exposure {
    turn: f64,
    shift: [f64; 2],
    fill: f64,
    gain: f32,
    gamma: f32,
    fog: f32,
    slope: [f32; 2],
    noise: f32,
    /// Share of each side that a collimator covers, and how bright the covered border is.
    collimation: Option<([f64; 4], f32)>,
    /// Corner of the side marker, in shares of height and width, and its size.
    marker: Option<([f64; 2], f64)>,
    ring: bool,
}

impl Exposure {
    /// A plausible exposure. Rotation is within ±20°; one film in fifty has a ring.
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut normal = |std: f64, limit: f64| (std * rng.sample::<f64, _>(StandardNormal)).clamp(-limit, limit);
        let turn = normal(7.0, 20.0);
        let shift = [normal(0.02, 0.05), normal(0.02, 0.05)];
        let fill = 1.0 + normal(0.06, 0.12);
        let gain = (1.0 + normal(0.12, 0.3)) as f32;
        let gamma = (1.0 + normal(0.10, 0.25)) as f32;
        let slope = [normal(0.02, 0.05) as f32, normal(0.02, 0.05) as f32];
        let mut uniform = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let fog = uniform(0.01, 0.07) as f32;
        let noise = uniform(0.006, 0.022) as f32;
        let sides = [uniform(0.0, 0.07), uniform(0.0, 0.05), uniform(0.0, 0.07), uniform(0.0, 0.07)];
        let level = if uniform(0.0, 1.0) < 0.3 { 0.9 } else { 0.0 };
        let collimation = (uniform(0.0, 1.0) < 0.3).then_some((sides, level));
        let place = [uniform(0.08, 0.22), if uniform(0.0, 1.0) < 0.5 { uniform(0.08, 0.14) } else { uniform(0.82, 0.9) }];
        let size = uniform(0.035, 0.055);
        let marker = (uniform(0.0, 1.0) < 0.6).then_some((place, size));
        let jewellery = uniform(0.0, 1.0) < 0.02;
        Self { turn, shift, fill, gain, gamma, fog, slope, noise, collimation, marker, ring: jewellery }
    }

    fn view(&self, length: f64, height: usize, width: usize) -> View {
        let relative = length / GROWN_LENGTH;
        // A small hand is laid on a smaller film, yet fills less of it.
        let fill = 0.97 * relative.powf(0.35) * self.fill;
        let (height, width) = (height as f64, width as f64);
        let scale = (height / HAND_EXTENT[0]).min(width / HAND_EXTENT[1]) / length * fill;
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let centre = [width * (0.5 + self.shift[0]), height * (0.5 + self.shift[1])];
        let mut view = View { scale: scale as f32, turn: [sin as f32, cos as f32], origin: [0.0; 2] };
        let [x, y] = view.point(HAND_MIDDLE.map(|value| (value * length) as f32));
        view.origin = [centre[0] as f32 - x, centre[1] as f32 - y];
        view
    }
}

/// Grey levels of a hand whose MC II has that length in mm, 0 black to 255 white, row by row; noise comes from `rng`.
pub(super) fn expose(hand: &Hand, length: f64, exposure: &Exposure, size: ImageSize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let (height, width) = (size.height as usize, size.width as usize);
    // Drawn finer than asked for and averaged, so that thin rims and gaps do not flicker between films.
    let factor = 256usize.div_ceil(height.min(width)).clamp(1, 4);
    let view = exposure.view(length, height * factor, width * factor);
    let canvas = attenuation(hand, exposure, &view, height * factor, width * factor);
    let brightness = 1.0 / (length / GROWN_LENGTH).sqrt() as f32 * exposure.gain;
    let mut film = canvas.shrink(factor);
    develop(&mut film, exposure, brightness, rng);
    if let Some((sides, level)) = exposure.collimation {
        collimate(&mut film, sides, level);
    }
    if let Some((place, size)) = exposure.marker {
        mark(&mut film, place, size);
    }
    film.values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
}

fn attenuation(hand: &Hand, exposure: &Exposure, view: &View, height: usize, width: usize) -> Canvas {
    // The eighth-power mean joins rods of tissue without seams and without adding them up.
    let mut canvas = Canvas::new(height, width);
    for (frame, rod) in &hand.tissue {
        canvas.paint(view, frame, rod.extent(), |value, u, v| value + (rod.thickness(u, v) * 0.05).powi(8));
    }
    for value in &mut canvas.values {
        if *value > 0.0 {
            *value = value.sqrt().sqrt().sqrt() * (20.0 * TISSUE);
        }
    }
    for (frame, bone) in &hand.long_bones {
        canvas.paint(view, frame, bone.extent(), |value, u, v| value + BONE * bone.thickness(u, v));
    }
    for (frame, block) in &hand.blocks {
        canvas.paint(view, frame, block.extent(), |value, u, v| value + BONE * block.thickness(u, v));
    }
    if let (true, Some((frame, radius))) = (exposure.ring, hand.ring) {
        let (radius, half) = (radius as f32 * 1.03, radius as f32 * 0.22);
        canvas.paint(view, &frame, Extent { u: [-half, half], v: [-radius, radius] }, |value, _, _| value + 6.0);
    }
    canvas
}

/// From attenuation to grey levels: the exponential law, fog, an uneven beam, the film's gamma and grain.
fn develop(film: &mut Canvas, exposure: &Exposure, brightness: f32, rng: &mut ChaCha8Rng) {
    let Exposure { gamma, fog, slope, noise, .. } = *exposure;
    let (height, width) = (film.height as f32, film.width as f32);
    for (row, line) in film.values.chunks_exact_mut(film.width).enumerate() {
        let down = row as f32 / height - 0.5;
        for (column, value) in line.iter_mut().enumerate() {
            let across = column as f32 / width - 0.5;
            let level = 1.0 - (-brightness * *value).exp();
            let level = fog + (0.97 - fog) * level.powf(gamma) + slope[0] * down + slope[1] * across;
            let grain: f32 = rng.sample(StandardNormal);
            *value = level + noise * grain;
        }
    }
}

fn collimate(film: &mut Canvas, [top, bottom, left, right]: [f64; 4], level: f32) {
    let (height, width) = (film.height as f64, film.width as f64);
    let (rows, columns) = (top * height..(1.0 - bottom) * height, left * width..(1.0 - right) * width);
    for (row, line) in film.values.chunks_exact_mut(film.width).enumerate() {
        for (column, value) in line.iter_mut().enumerate() {
            if !rows.contains(&(row as f64 + 0.5)) || !columns.contains(&(column as f64 + 0.5)) {
                *value = level;
            }
        }
    }
}

/// A bright letter L, for left.
fn mark(film: &mut Canvas, [down, across]: [f64; 2], size: f64) {
    let shorter = film.height.min(film.width) as f64;
    let (height, stroke) = ((size * shorter) as f32, (size * shorter * 0.3) as f32);
    let view = View { scale: 1.0, turn: [0.0, 1.0], origin: [(across * film.width as f64) as f32, (down * film.height as f64) as f32] };
    let frame = Frame { origin: [0.0; 2], axis: [0.0, 1.0] };
    for extent in [Extent { u: [-height, height], v: [0.0, stroke] }, Extent { u: [-height, stroke - height], v: [0.0, height * 1.2] }] {
        film.paint(&view, &frame, extent, |value, _, _| value.max(0.93));
    }
}
