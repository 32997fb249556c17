//! Metal that was left on a hand: bright, sharp, and the same on every exposure.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, View};
use super::shape::Extent;
use super::skeleton::Seats;

/// Attenuation of metal: beyond what any film shows.
const OPAQUE: f32 = 50.0;

/// What was left on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metal {
    /// A ring on a finger.
    Ring,
    /// A bracelet or chain about the forearm.
    Bracelet,
}

impl Metal {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Bracelet => "bracelet",
        }
    }
}

/// A piece of metal about a finger or the forearm. Lengths are in half widths of the limb.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// What it is.
    pub(super) kind: Metal,
    /// Finger II to V (0–3) of a ring.
    finger: usize,
    /// Half the height of the band.
    half: f32,
    /// How far its near side is seen beside its far side.
    tilt: f32,
    /// Links over the width; a smooth band has none.
    links: Option<f32>,
    /// Radius of a stone on it.
    stone: f32,
}

impl Piece {
    /// Two rings to each bracelet; most rings on finger IV.
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let kind = if rng.random::<f64>() < 0.66 { Metal::Ring } else { Metal::Bracelet };
        let mut between = |low: f32, high: f32| low + (high - low) * rng.random::<f32>();
        let (half, tilt) = match kind {
            Metal::Ring => (between(0.14, 0.30), between(0.0, 0.16)),
            Metal::Bracelet => (between(0.035, 0.075), between(0.04, 0.20)),
        };
        let links = (kind == Metal::Bracelet && between(0.0, 1.0) < 0.6).then_some(between(10.0, 18.0));
        let stone = if kind == Metal::Ring && between(0.0, 1.0) < 0.35 { between(0.35, 0.55) } else { 0.0 };
        let finger = [2, 2, 2, 1, 0, 3][rng.random_range(0..6)];
        Self { kind, finger, half, tilt, links, stone }
    }

    /// Adds it to a canvas of attenuation.
    pub(super) fn paint(&self, canvas: &mut Canvas, view: &View, seats: &Seats) {
        let seat = match self.kind {
            Metal::Ring => seats.rings.get(self.finger).copied(),
            Metal::Bracelet => seats.bracelet,
        };
        let Some((frame, half_width)) = seat else { return };
        let radius = half_width as f32 * 1.04;
        let reach = (self.half + self.tilt).max(self.stone) * radius;
        let extent = Extent { u: [-reach, reach], v: [-radius, radius] };
        canvas.paint(view, &frame, extent, |value, u, v| value + if self.covers(u / radius, v / radius) { OPAQUE } else { 0.0 });
    }

    fn covers(&self, u: f32, v: f32) -> bool {
        if u * u + v * v < self.stone * self.stone {
            return true;
        }
        let offset = self.tilt * (1.0 - v * v).max(0.0).sqrt();
        let linked = self.links.is_none_or(|links| (v * links).rem_euclid(1.0) < 0.72);
        linked && ((u - offset).abs() < self.half || (u + offset).abs() < self.half)
    }
}
