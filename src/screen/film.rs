//! A film as grey levels, and what is asked of them: percentiles, background, tissue.

/// Share of each side that counts as border, where films have edges, frames and labels of any level.
const BORDER: f64 = 0.12;
/// Share of each side up to which a film surrounds what it shows.
const SURROUNDINGS: f64 = 0.25;

/// Grey levels, row by row.
#[derive(Debug)]
pub(super) struct GreyFilm<'a> {
    pub(super) pixels: &'a [u8],
    pub(super) width: usize,
    histogram: [usize; 256],
    /// The level that separates background from tissue.
    pub(super) threshold: u8,
}

impl<'a> GreyFilm<'a> {
    /// # Shapes
    /// `[height, width]`.
    pub(super) fn new(pixels: &'a [u8], width: usize) -> Self {
        let mut histogram = [0; 256];
        for level in pixels {
            histogram[usize::from(*level)] += 1;
        }
        Self { pixels, width, histogram, threshold: otsu(&without_brightest(histogram)) }
    }

    pub(super) fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// The level below which that share of the film lies.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let wanted = (share * self.pixels.len() as f64).ceil() as usize;
        let mut seen = 0;
        for (level, count) in self.histogram.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return level as f64;
            }
        }
        255.0
    }

    /// Share of the film brighter than its background.
    pub(super) fn tissue_share(&self) -> f64 {
        let brighter: usize = self.histogram[usize::from(self.threshold) + 1..].iter().sum();
        brighter as f64 / self.pixels.len() as f64
    }

    /// Share, inside the border, of levels of at least that.
    pub(super) fn inner_share_at_least(&self, level: u8) -> f64 {
        let inner = self.levels_where(|row, column| self.is_within(row, column, BORDER));
        inner.iter().filter(|found| **found >= level).count() as f64 / inner.len().max(1) as f64
    }

    /// Median level between the border and the inner half.
    pub(super) fn surrounding_level(&self) -> f64 {
        median(self.levels_where(|row, column| !self.is_within(row, column, SURROUNDINGS) && self.is_within(row, column, BORDER)))
    }

    /// Median level of the middle third.
    pub(super) fn centre_level(&self) -> f64 {
        median(self.levels_where(|row, column| self.is_within(row, column, 1.0 / 3.0)))
    }

    /// Whether a place is farther from every edge than that share of the side.
    fn is_within(&self, row: usize, column: usize, share: f64) -> bool {
        let inside = |place: usize, side: usize| {
            let margin = (share * side as f64).ceil() as usize;
            (margin..side - margin).contains(&place)
        };
        inside(row, self.height()) && inside(column, self.width)
    }

    fn levels_where(&self, wanted: impl Fn(usize, usize) -> bool) -> Vec<u8> {
        let place = |index: usize| (index / self.width, index % self.width);
        let levels = self.pixels.iter().enumerate();
        let is_wanted = |index: usize| {
            let (row, column) = place(index);
            wanted(row, column)
        };
        levels.filter(|(index, _)| is_wanted(*index)).map(|(_, level)| *level).collect()
    }
}

fn median(mut levels: Vec<u8>) -> f64 {
    levels.sort_unstable();
    levels.get(levels.len() / 2).copied().map_or(0.0, f64::from)
}

/// A histogram whose brightest hundredth is moved down to where it begins: a side marker is brighter than any bone, and would be
/// told apart from everything else.
fn without_brightest(mut histogram: [usize; 256]) -> [usize; 256] {
    let hundredth = histogram.iter().sum::<usize>() / 100;
    for level in (1..256).rev() {
        // What was moved down from above is among them.
        if histogram[level] > hundredth {
            break;
        }
        histogram[level - 1] += std::mem::take(&mut histogram[level]);
    }
    histogram
}

/// The level that separates two classes best (Otsu 1979, A threshold selection method from gray-level histograms).
fn otsu(histogram: &[usize; 256]) -> u8 {
    let total: f64 = histogram.iter().map(|count| *count as f64).sum();
    let sum: f64 = histogram.iter().enumerate().map(|(level, count)| level as f64 * *count as f64).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let mut best = (0, -1.0);
    for (level, count) in histogram.iter().enumerate().take(255) {
        below += *count as f64;
        sum_below += level as f64 * *count as f64;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let difference = sum_below / below - (sum - sum_below) / above;
        let between = below * above * difference * difference;
        if between > best.1 {
            best = (level, between);
        }
    }
    best.0 as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_and_two_classes_told_apart() {
        // 6 × 8: a quarter at 200, the rest at 20.
        let pixels: Vec<u8> = (0..48).map(|pixel| if pixel % 8 < 2 { 200 } else { 20 }).collect();
        let film = GreyFilm::new(&pixels, 8);
        assert_eq!((film.height(), film.percentile(0.5), film.percentile(0.76)), (6, 20.0, 200.0));
        assert!((20..200).contains(&film.threshold));
        assert!((film.tissue_share() - 0.25).abs() < 1e-12);
        assert_eq!(film.centre_level(), 20.0);
    }

    #[test]
    fn a_marker_does_not_hide_the_hand_from_the_threshold() {
        // 100 × 100: background 20, a third of it hand at 50, and a marker of 90 pixels at 255.
        let level = |pixel: usize| {
            if pixel < 90 {
                255
            } else if pixel % 100 < 33 {
                50
            } else {
                20
            }
        };
        let pixels: Vec<u8> = (0..10_000).map(level).collect();
        assert!((20..50).contains(&GreyFilm::new(&pixels, 100).threshold));
    }

    #[test]
    fn the_middle_its_surroundings_and_the_border_are_told_apart() {
        // 20 × 20: a border of 2 or 3 at 10, then 90, and from 5 inwards 200.
        let level = |row: usize, column: usize| match [row, column, 19 - row, 19 - column].into_iter().min() {
            Some(0..3) => 10,
            Some(3..5) => 90,
            _ => 200,
        };
        let pixels: Vec<u8> = (0..400).map(|pixel| level(pixel / 20, pixel % 20)).collect();
        let film = GreyFilm::new(&pixels, 20);
        assert_eq!((film.surrounding_level(), film.centre_level()), (90.0, 200.0));
        assert!((film.inner_share_at_least(200) - 100.0 / 196.0).abs() < 1e-12);
    }
}
