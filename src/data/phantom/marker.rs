//! The side marker: a lead letter, often with the initials of who took the film, on a pale plate.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::Canvas;
use super::child::normal;
use super::pose::Side;

/// Strokes of a letter, from (across, down) to (across, down) in a cell of 1 × 1.
type Glyph = &'static [[f32; 4]];

const L: Glyph = &[[0.1, 0.0, 0.1, 1.0], [0.1, 1.0, 0.85, 1.0]];
const R: Glyph = &[
    [0.1, 0.0, 0.1, 1.0],
    [0.1, 0.0, 0.7, 0.0],
    [0.7, 0.0, 0.85, 0.14],
    [0.85, 0.14, 0.85, 0.38],
    [0.85, 0.38, 0.7, 0.52],
    [0.7, 0.52, 0.1, 0.52],
    [0.45, 0.52, 0.9, 1.0],
];
/// Letters of straight strokes, for initials.
const INITIALS: [(char, Glyph); 10] = [
    ('A', &[[0.0, 1.0, 0.5, 0.0], [0.5, 0.0, 1.0, 1.0], [0.2, 0.65, 0.8, 0.65]]),
    ('E', &[[0.1, 0.0, 0.1, 1.0], [0.1, 0.0, 0.9, 0.0], [0.1, 0.5, 0.75, 0.5], [0.1, 1.0, 0.9, 1.0]]),
    ('F', &[[0.1, 0.0, 0.1, 1.0], [0.1, 0.0, 0.9, 0.0], [0.1, 0.5, 0.75, 0.5]]),
    ('H', &[[0.1, 0.0, 0.1, 1.0], [0.9, 0.0, 0.9, 1.0], [0.1, 0.5, 0.9, 0.5]]),
    ('K', &[[0.1, 0.0, 0.1, 1.0], [0.1, 0.55, 0.85, 0.0], [0.35, 0.4, 0.9, 1.0]]),
    ('M', &[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.6], [0.5, 0.6, 1.0, 0.0], [1.0, 0.0, 1.0, 1.0]]),
    ('N', &[[0.05, 1.0, 0.05, 0.0], [0.05, 0.0, 0.95, 1.0], [0.95, 1.0, 0.95, 0.0]]),
    ('T', &[[0.5, 0.0, 0.5, 1.0], [0.0, 0.0, 1.0, 0.0]]),
    ('V', &[[0.0, 0.0, 0.5, 1.0], [0.5, 1.0, 1.0, 0.0]]),
    ('Z', &[[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]]),
];

/// A side marker on a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Side and initials, for example `L NA`.
    pub text: String,
    /// Middle of the letter: shares of the film's height and width.
    pub place: [f64; 2],
    /// Height of the letter as a share of the film's shorter side.
    pub size: f64,
    /// Turn, degrees clockwise.
    pub turn: f64,
    /// What the plate adds to the grey level, 0 to 1; none without one.
    plate: Option<f32>,
    initials: Vec<Glyph>,
}

impl Marker {
    /// Three films in four have a marker.
    pub(super) fn draw(hand: Side, rng: &mut ChaCha8Rng) -> Option<Self> {
        let turn = (9.0 * normal(rng)).clamp(-35.0, 35.0);
        let count = rng.random_range(0..=3);
        let picked: Vec<(char, Glyph)> = (0..count).map(|_| INITIALS[rng.random_range(0..INITIALS.len())]).collect();
        let mut uniform = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let little_finger_side = uniform(0.0, 1.0) < 0.75;
        let [down, left] =
            if little_finger_side { [uniform(0.10, 0.80), uniform(0.05, 0.13)] } else { [uniform(0.08, 0.22), uniform(0.86, 0.93)] };
        let size = uniform(0.045, 0.080);
        let on_plate = (uniform(0.0, 1.0) < 0.6).then_some(uniform(0.04, 0.14) as f32);
        let present = uniform(0.0, 1.0) < 0.75;
        let across = if hand == Side::Right { 1.0 - left } else { left };
        let initials: String = picked.iter().map(|(letter, _)| *letter).collect();
        let text = format!("{} {initials}", hand.letter()).trim_end().to_owned();
        present.then(|| Self {
            text,
            place: [down, across],
            size,
            turn,
            plate: on_plate,
            initials: picked.iter().map(|(_, glyph)| *glyph).collect(),
        })
    }

    /// Draws it over a film of grey levels.
    pub(super) fn paint(&self, film: &mut Canvas) {
        let height = (self.size * film.height.min(film.width) as f64) as f32;
        let (sin, cos) = (self.turn as f32).to_radians().sin_cos();
        let middle = [(self.place[1] * film.width as f64) as f32, (self.place[0] * film.height as f64) as f32];
        let reach = 1.9 * height;
        let range = |centre: f32, limit: usize| {
            ((centre - reach).max(0.0) as usize).min(limit)..((centre + reach).max(0.0).ceil() as usize).min(limit)
        };
        let strokes = self.strokes();
        for row in range(middle[1], film.height) {
            for column in range(middle[0], film.width) {
                let (x, y) = (column as f32 + 0.5 - middle[0], row as f32 + 0.5 - middle[1]);
                let at = [(x * cos + y * sin) / height, (y * cos - x * sin) / height];
                let value = &mut film.values[row * film.width + column];
                self.paint_pixel(value, at, height, &strokes);
            }
        }
    }

    /// `at` is across and down from the letter's middle, in heights of the letter.
    fn paint_pixel(&self, value: &mut f32, at: [f32; 2], height: f32, strokes: &[([f32; 4], f32)]) {
        let cover = |inside: f32| (inside * height + 0.5).clamp(0.0, 1.0);
        if let Some(plate) = self.plate {
            let bottom = if self.initials.is_empty() { 0.72 } else { 1.18 };
            let inside = (0.55 - at[0].abs()).min(at[1] + 0.72).min(bottom - at[1]);
            *value += plate * cover(inside);
        }
        let inside = strokes.iter().map(|(stroke, half)| half - distance(at, *stroke)).fold(f32::NEG_INFINITY, f32::max);
        *value += (0.95 - *value).max(0.0) * cover(inside);
    }

    /// Every stroke from the letter's middle, in heights of the letter, with half its breadth.
    fn strokes(&self) -> Vec<([f32; 4], f32)> {
        let cell = |glyph: Glyph, left: f32, top: f32, width: f32, height: f32, half: f32| {
            glyph
                .iter()
                .map(move |[x, y, to_x, to_y]| ([left + x * width, top + y * height, left + to_x * width, top + to_y * height], half))
        };
        let letter = if self.text.starts_with('R') { R } else { L };
        let mut strokes: Vec<([f32; 4], f32)> = cell(letter, -0.30, -0.5, 0.62, 1.0, 0.085).collect();
        for (place, glyph) in self.initials.iter().enumerate() {
            let left = place as f32 * 0.34 - 0.17 * self.initials.len() as f32 + 0.03;
            strokes.extend(cell(glyph, left, 0.70, 0.25, 0.34, 0.035));
        }
        strokes
    }
}

fn distance([x, y]: [f32; 2], [from_x, from_y, to_x, to_y]: [f32; 4]) -> f32 {
    let (along_x, along_y) = (to_x - from_x, to_y - from_y);
    let share = (((x - from_x) * along_x + (y - from_y) * along_y) / (along_x * along_x + along_y * along_y)).clamp(0.0, 1.0);
    let (off_x, off_y) = (x - from_x - share * along_x, y - from_y - share * along_y);
    (off_x * off_x + off_y * off_y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(text: &str, initials: Vec<Glyph>) -> Marker {
        Marker { text: text.to_owned(), place: [0.5, 0.4], size: 0.2, turn: 0.0, plate: Some(0.1), initials }
    }

    #[test]
    fn an_l_has_its_upright_on_the_left_and_its_foot_below() {
        let mut film = Canvas::new(100, 200);
        marker("L", Vec::new()).paint(&mut film);
        // The letter is 20 pixels high about row 50, column 80.
        let at = |row: usize, column: usize| film.values[row * 200 + column];
        assert!(at(45, 75) > 0.9 && at(60, 81) > 0.9, "strokes {} {}", at(45, 75), at(60, 81));
        assert!((at(45, 82) - 0.1).abs() < 1e-3, "plate {}", at(45, 82));
        assert_eq!(at(45, 140), 0.0, "outside the plate");
    }

    #[test]
    fn initials_stand_below_the_letter_and_an_r_is_no_l() {
        let bright = |marker: &Marker, rows: std::ops::Range<usize>| {
            let mut film = Canvas::new(100, 200);
            marker.paint(&mut film);
            film.values[rows.start * 200..rows.end * 200].iter().filter(|value| **value > 0.5).count()
        };
        let (plain, signed) = (marker("L", Vec::new()), marker("L NA", vec![INITIALS[0].1, INITIALS[6].1]));
        assert_eq!(bright(&plain, 63..72), 0);
        assert!(bright(&signed, 63..72) > 10);
        assert!(bright(&marker("R", Vec::new()), 39..50) > 2 * bright(&plain, 39..50));
    }

    #[test]
    fn a_marker_on_the_edge_of_a_tiny_film_stays_on_it() {
        for (height, width) in [(1, 1), (3, 40), (40, 3)] {
            let mut film = Canvas::new(height, width);
            Marker { place: [0.99, 0.01], ..marker("L", Vec::new()) }.paint(&mut film);
            assert!(film.values.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}
