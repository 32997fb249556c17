//! How a hand is laid on the film.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::anatomy::GROWN_LENGTH;
use super::canvas::View;
use super::child::normal;

/// Height and width of a grown hand on the film, in lengths of MC II: fingertip to the lower forearm, and little finger
/// to thumb.
const HAND_EXTENT: [f64; 2] = [3.75, 2.85];
/// Middle of that rectangle, in lengths of MC II.
const HAND_MIDDLE: [f64; 2] = [0.08, 0.78];

/// Which hand it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The left one, as is the rule.
    Left,
    /// The right one, seen as the left one's mirror image.
    Right,
}

impl Side {
    /// `L` or `R`.
    pub fn letter(self) -> char {
        match self {
            Self::Left => 'L',
            Self::Right => 'R',
        }
    }
}

/// How a hand lies on the film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Turn of the whole hand, degrees clockwise, within ±20.
    pub turn: f64,
    /// How far the fingers are spread; 1 at ease.
    pub spread: f64,
    /// Degrees by which the thumb is led further from the hand.
    pub thumb: f64,
    /// Degrees by which the forearm is bent towards the thumb.
    pub wrist: f64,
    /// Middle of the hand beside that of the film, in shares of width and height.
    pub shift: [f64; 2],
    /// Size on the film; 1 is usual.
    pub fill: f64,
    /// Which hand it is.
    pub side: Side,
}

impl Pose {
    /// A plausible pose; one hand in forty is a right one.
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut limited = |std: f64, limit: f64| (std * normal(rng)).clamp(-limit, limit);
        let turn = limited(6.5, 20.0);
        let spread = 0.95 + limited(0.30, 0.75);
        let thumb = limited(8.0, 18.0);
        let wrist = limited(6.0, 16.0);
        let shift = [limited(0.02, 0.05), limited(0.02, 0.05)];
        let fill = 1.0 + limited(0.06, 0.12);
        let side = if rng.random::<f64>() < 0.025 { Side::Right } else { Side::Left };
        Self { turn, spread, thumb, wrist, shift, fill, side }
    }

    /// Where a hand whose MC II has that length in mm lies on a raster.
    pub(super) fn view(&self, length: f64, height: usize, width: usize) -> View {
        let relative = length / GROWN_LENGTH;
        // A small hand is laid on a smaller film, yet fills less of it.
        let fill = 0.91 * relative.powf(0.35) * self.fill;
        let (height, width) = (height as f64, width as f64);
        let scale = (height / HAND_EXTENT[0]).min(width / HAND_EXTENT[1]) / length * fill;
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let mirror = if self.side == Side::Right { -1.0 } else { 1.0 };
        let mut view = View { scale: scale as f32, turn: [sin as f32, cos as f32], mirror, origin: [0.0; 2] };
        let [x, y] = view.point(HAND_MIDDLE.map(|value| (value * length) as f32));
        view.origin = [(width * (0.5 + self.shift[0])) as f32 - x, (height * (0.5 + self.shift[1])) as f32 - y];
        view
    }
}
