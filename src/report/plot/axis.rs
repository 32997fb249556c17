//! From values to pixels, and where the ticks stand.

use crate::report::number::rounded;

/// With fewer ticks than this, a logarithmic axis has them at equal steps.
const FEW_LOG_TICKS: usize = 3;
/// With more ticks than this, a logarithmic axis has one at each power of ten alone.
const MANY_LOG_TICKS: usize = 8;

/// One axis with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) min: f64,
    pub(super) max: f64,
    /// Round values from `min` to `max`.
    pub(super) ticks: Vec<f64>,
    /// Digits after the point that the ticks need; none where each has those that it needs itself.
    decimals: Option<usize>,
    /// Whether equal ratios, not equal differences, are equally long.
    is_log: bool,
}

impl Axis {
    /// An axis over `min` to `max` with at most about `count` steps between ticks.
    pub(super) fn new(min: f64, max: f64, count: u32) -> Self {
        let max = if max > min { max } else { min + 1.0 };
        let step = round_step((max - min) / f64::from(count));
        Self::stepped(min, max, step)
    }

    /// An axis whose ticks are whole numbers, such as epochs.
    pub(super) fn whole(min: f64, max: f64, count: u32) -> Self {
        let step = round_step((max - min).max(1.0) / f64::from(count)).ceil();
        Self::stepped(min, max, step)
    }

    /// A logarithmic axis: ticks at 1, 2 and 5 times the powers of ten or, where these are many, at the powers alone and, where they are
    /// few, at equal steps.
    ///
    /// # Panics
    ///
    /// Where `min` is not above zero.
    pub(super) fn log(min: f64, max: f64) -> Self {
        assert!(min > 0.0, "a logarithmic axis begins above zero");
        let max = if max > min { max } else { min * 2.0 };
        let powers = min.log10().floor() as i32..=max.log10().ceil() as i32;
        let ticks = |factors: &[f64]| -> Vec<f64> {
            let all = powers.clone().flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
            all.filter(|tick| (min..=max).contains(tick)).collect()
        };
        let fine = ticks(&[1.0, 2.0, 5.0]);
        match fine.len() {
            ..FEW_LOG_TICKS => Self { is_log: true, ..Self::new(min, max, 5) },
            FEW_LOG_TICKS..=MANY_LOG_TICKS => Self { min, max, ticks: fine, decimals: None, is_log: true },
            _ => Self { min, max, ticks: ticks(&[1.0]), decimals: None, is_log: true },
        }
    }

    /// An axis with a tick at every multiple of `step`.
    pub(super) fn stepped(min: f64, max: f64, step: f64) -> Self {
        // A hair above the end is still the end: 3 × 0.1 is more than 0.3.
        let last = ((max / step) + 1e-9).floor() as i64;
        let first = ((min / step) - 1e-9).ceil() as i64;
        let decimals = (0..4).find(|decimals| is_whole(step * 10_f64.powi(*decimals))).unwrap_or(4);
        Self {
            min,
            max,
            ticks: (first..=last).map(|index| index as f64 * step).collect(),
            decimals: Some(decimals as usize),
            is_log: false,
        }
    }

    /// Where a value lies between the pixels `from` (at `min`) and `to` (at `max`).
    pub(super) fn pixel(&self, value: f64, from: f64, to: f64) -> f64 {
        let along =
            if self.is_log { (value / self.min).ln() / (self.max / self.min).ln() } else { (value - self.min) / (self.max - self.min) };
        from + along * (to - from)
    }

    /// A tick's label.
    pub(super) fn label(&self, tick: f64) -> String {
        rounded(tick, self.decimals.unwrap_or_else(|| (-tick.log10() - 1e-9).ceil().max(0.0) as usize))
    }
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

/// The smallest of 1, 2 or 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|candidate| *candidate >= step * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// The parts of a line that are not above `limit`; a piece that crosses it is cut there.
pub(super) fn cut_above(points: &[(f64, f64)], limit: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut previous: Option<(f64, f64)> = None;
    for &(x, y) in points {
        let crossing = |(from_x, from_y): (f64, f64)| (from_x + (x - from_x) * (limit - from_y) / (y - from_y), limit);
        match (previous, y <= limit) {
            (Some(from), true) if from.1 <= limit => pieces.last_mut().expect("the point before is in a piece").push((x, y)),
            (Some(from), true) => pieces.push(vec![crossing(from), (x, y)]),
            (None, true) => pieces.push(vec![(x, y)]),
            (Some(from), false) if from.1 <= limit => {
                pieces.last_mut().expect("the point before is in a piece").push(crossing(from));
            }
            (_, false) => {}
        }
        previous = Some((x, y));
    }
    pieces
}

/// What of a region is not above `limit`.
pub(super) fn region_below(corners: &[(f64, f64)], limit: f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for (index, &(x, y)) in corners.iter().enumerate() {
        let (next_x, next_y) = corners[(index + 1) % corners.len()];
        if y <= limit {
            kept.push((x, y));
        }
        if (y <= limit) != (next_y <= limit) {
            kept.push((x + (next_x - x) * (limit - y) / (next_y - y), limit));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_are_equally_long_on_a_logarithmic_axis() {
        let axis = Axis::log(0.5, 50.0);
        let labels: Vec<String> = axis.ticks.iter().map(|tick| axis.label(*tick)).collect();
        assert_eq!(labels, ["0.5", "1", "2", "5", "10", "20", "50"]);
        assert!((axis.pixel(5.0, 0.0, 100.0) - 50.0).abs() < 1e-9);
        let wide = Axis::log(0.002, 3000.0);
        assert_eq!(wide.ticks.iter().map(|tick| wide.label(*tick)).collect::<Vec<_>>(), ["0.01", "0.1", "1", "10", "100", "1000"]);
        let narrow = Axis::log(0.6, 1.4);
        assert_eq!(narrow.ticks.iter().map(|tick| narrow.label(*tick)).collect::<Vec<_>>(), ["0.6", "0.8", "1.0", "1.2", "1.4"]);
    }

    #[test]
    fn a_region_is_cut_at_the_limit() {
        let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)];
        assert_eq!(region_below(&square, 3.0), [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]);
        assert_eq!(region_below(&square, 5.0), square);
        assert_eq!(region_below(&square, -1.0), Vec::<(f64, f64)>::new());
    }

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        for (min, max, count, expected) in [
            (0.0, 4.6, 5, vec!["0", "1", "2", "3", "4"]),
            (0.0, 0.3, 3, vec!["0.0", "0.1", "0.2", "0.3"]),
            (1.0, 18.0, 4, vec!["5", "10", "15"]),
            (-3.0, 21.0, 4, vec!["0", "10", "20"]),
            (0.0, 217.0, 5, vec!["0", "50", "100", "150", "200"]),
        ] {
            let axis = Axis::new(min, max, count);
            let labels: Vec<String> = axis.ticks.iter().map(|tick| axis.label(*tick)).collect();
            assert_eq!(labels, expected, "{min}..{max}");
        }
    }

    #[test]
    fn epochs_are_whole() {
        assert_eq!(Axis::whole(1.0, 2.0, 6).ticks, [1.0, 2.0]);
        assert_eq!(Axis::whole(1.0, 1.0, 6).ticks, [1.0]);
    }

    #[test]
    fn a_line_is_cut_where_it_crosses_the_limit() {
        let points = [(1.0, 30.0), (2.0, 10.0), (3.0, 5.0), (4.0, 25.0), (5.0, 40.0)];
        assert_eq!(cut_above(&points, 20.0), [vec![(1.5, 20.0), (2.0, 10.0), (3.0, 5.0), (3.75, 20.0)]]);
        assert_eq!(cut_above(&points[4..], 20.0), Vec::<Vec<(f64, f64)>>::new());
    }
}
