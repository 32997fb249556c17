//! Patches of a film that stand out from their neighbourhood, and how they lie.

/// Grey levels, row by row.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub(super) levels: Vec<u8>,
    pub(super) width: usize,
}

impl Raster {
    /// The film with its grain evened out by weights of 1, 2 and 1 down and across.
    ///
    /// # Shapes
    /// `[height, width]`.
    pub(super) fn smoothed(levels: &[u8], width: usize) -> Self {
        let mut levels = levels.to_vec();
        each_line(&mut levels, width, |line| {
            let old = line.to_vec();
            let level = |place: usize| u32::from(old[place.min(old.len() - 1)]);
            for (place, value) in line.iter_mut().enumerate() {
                *value = ((level(place.saturating_sub(1)) + 2 * level(place) + level(place + 1) + 2) / 4) as u8;
            }
        });
        Self { levels, width }
    }

    pub(super) fn height(&self) -> usize {
        self.levels.len() / self.width
    }

    /// The level of the pixel nearest to a place, which is pulled in from beyond the edge.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> f32 {
        // A cast cuts off, and takes what is negative for 0.
        let inside = |place: f32, side: usize| ((place + 0.5) as usize).min(side - 1);
        f32::from(self.levels[inside(y, self.height()) * self.width + inside(x, self.width)])
    }

    /// Pieces brighter than the mean of a square window by more than a share of what its brightest pixel is, for each share.
    pub(super) fn bright_patches(&self, radius: usize, shares: &[f32]) -> Vec<Patch> {
        let (mut mean, mut brightest) = (self.levels.clone(), self.levels.clone());
        sliding_mean(&mut mean, self.width, radius);
        sliding_max(&mut brightest, self.width, radius);
        let of_share = |share: &f32| {
            let surroundings = mean.iter().zip(&brightest);
            let stands_out = self.levels.iter().zip(surroundings).map(|(level, (mean, brightest))| {
                let above = |level: u8| f32::from(level) - f32::from(*mean);
                above(*brightest) > LEAST_RANGE && above(*level) > share * above(*brightest)
            });
            connected(stands_out.collect(), self.width)
        };
        shares.iter().flat_map(of_share).collect()
    }

    /// Pieces too thin for a square of that radius, and brighter above what it leaves than a share of the thin piece that is
    /// most so within a window.
    pub(super) fn thin_patches(&self, opening: usize, radius: usize, share: f32) -> Vec<Patch> {
        let invert = |levels: &mut [u8]| levels.iter_mut().for_each(|level| *level = 255 - *level);
        let mut opened = self.levels.clone();
        invert(&mut opened);
        sliding_max(&mut opened, self.width, opening);
        invert(&mut opened);
        sliding_max(&mut opened, self.width, opening);
        let thin: Vec<u8> = self.levels.iter().zip(&opened).map(|(level, opened)| level - opened).collect();
        let mut most = thin.clone();
        sliding_max(&mut most, self.width, radius);
        let stands_out = thin.iter().zip(&most).map(|(level, most)| *most > LEAST_THIN && f32::from(*level) > share * f32::from(*most));
        connected(stands_out.collect(), self.width)
    }
}

/// Levels by which something must stand out, so that grain does not.
const LEAST_RANGE: f32 = 12.0;
const LEAST_THIN: u8 = 8;

/// Pixels that hang together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patch {
    /// Row and column of each.
    pub(super) pixels: Vec<[usize; 2]>,
}

/// Where a patch lies, and its longer axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axes {
    /// Across and down.
    pub(super) middle: [f32; 2],
    /// Direction of the longer axis, of length 1: across and down.
    pub(super) along: [f32; 2],
    /// Standard deviation along the longer and the shorter axis, pixels.
    pub(super) spread: [f32; 2],
}

impl Axes {
    /// Of a patch that has a pixel.
    pub(super) fn of(patch: &Patch) -> Self {
        let count = patch.pixels.len() as f32;
        let places = || patch.pixels.iter().map(|[row, column]| [*column as f32, *row as f32]);
        let sum = places().fold([0.0, 0.0], |sum, at| [sum[0] + at[0], sum[1] + at[1]]);
        let middle = sum.map(|sum| sum / count);
        // A pixel has an extent of its own: a twelfth is the variance of a square.
        let (mut across, mut both, mut down) = (1.0 / 12.0, 0.0, 1.0 / 12.0);
        for [x, y] in places() {
            let (x, y) = (x - middle[0], y - middle[1]);
            across += x * x / count;
            both += x * y / count;
            down += y * y / count;
        }
        let (mean, half) = (0.5 * (across + down), f32::hypot(0.5 * (across - down), both));
        let (sin, cos) = (0.5 * f32::atan2(2.0 * both, across - down)).sin_cos();
        Self { middle, along: [cos, sin], spread: [mean + half, mean - half].map(|variance| variance.max(0.0).sqrt()) }
    }

    /// The place so many pixels along the longer axis and across it.
    pub(super) fn place(&self, along: f32, across: f32) -> [f32; 2] {
        let [x, y] = self.along;
        [self.middle[0] + along * x - across * y, self.middle[1] + along * y + across * x]
    }

    /// How far the patch reaches from its middle along the longer axis and across it, pixels.
    pub(super) fn reach(&self, patch: &Patch) -> [f32; 2] {
        let [x, y] = self.along;
        let farthest = patch.pixels.iter().fold([0.0f32, 0.0f32], |farthest, [row, column]| {
            let (right, below) = (*column as f32 - self.middle[0], *row as f32 - self.middle[1]);
            [farthest[0].max((right * x + below * y).abs()), farthest[1].max((below * x - right * y).abs())]
        });
        farthest.map(|farthest| farthest + 0.5)
    }
}

/// Changes every row, then every column.
fn each_line(levels: &mut [u8], width: usize, mut change: impl FnMut(&mut [u8])) {
    levels.chunks_exact_mut(width).for_each(&mut change);
    let mut line = vec![0; levels.len() / width];
    for column in 0..width {
        for (value, level) in line.iter_mut().zip(levels[column..].iter().step_by(width)) {
            *value = *level;
        }
        change(&mut line);
        for (value, level) in line.iter().zip(levels[column..].iter_mut().step_by(width)) {
            *level = *value;
        }
    }
}

/// The mean of a square window, which is cut off at the edges.
fn sliding_mean(levels: &mut [u8], width: usize, radius: usize) {
    let mut sums: Vec<u32> = Vec::new();
    each_line(levels, width, |line| {
        sums.clear();
        sums.push(0);
        for (place, level) in line.iter().enumerate() {
            sums.push(sums[place] + u32::from(*level));
        }
        let count = line.len();
        for (place, level) in line.iter_mut().enumerate() {
            let (from, to) = (place.saturating_sub(radius), (place + radius + 1).min(count));
            *level = ((sums[to] - sums[from]) / (to - from) as u32) as u8;
        }
    });
}

/// The brightest of a square window, which is cut off at the edges, in three comparisons a pixel whatever the radius (van Herk
/// 1992, A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels).
fn sliding_max(levels: &mut [u8], width: usize, radius: usize) {
    let block = 2 * radius + 1;
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    each_line(levels, width, |line| {
        // The brightest from each place to the end of its block, and from the start of its block to it.
        ahead.clear();
        ahead.extend_from_slice(line);
        behind.clear();
        behind.extend_from_slice(line);
        for place in (1..line.len()).filter(|place| place % block != 0) {
            behind[place] = behind[place].max(behind[place - 1]);
        }
        for place in (1..line.len()).rev().filter(|place| place % block != 0) {
            ahead[place - 1] = ahead[place - 1].max(ahead[place]);
        }
        let last = line.len() - 1;
        for (place, level) in line.iter_mut().enumerate() {
            let (from, to) = (place.saturating_sub(radius), (place + radius).min(last));
            *level = match (from / block == to / block, from == 0) {
                (true, true) => behind[to],
                (true, false) => ahead[from],
                (false, _) => ahead[from].max(behind[to]),
            };
        }
    });
}

/// The pieces of what is wanted, where pixels hang together by their sides and corners.
fn connected(mut wanted: Vec<bool>, width: usize) -> Vec<Patch> {
    let height = wanted.len() / width;
    let mut patches = Vec::new();
    let mut open = Vec::new();
    for start in 0..wanted.len() {
        if !std::mem::take(&mut wanted[start]) {
            continue;
        }
        open.push([start / width, start % width]);
        let mut pixels = Vec::new();
        while let Some([row, column]) = open.pop() {
            pixels.push([row, column]);
            for next_row in row.saturating_sub(1)..(row + 2).min(height) {
                for next_column in column.saturating_sub(1)..(column + 2).min(width) {
                    if std::mem::take(&mut wanted[next_row * width + next_column]) {
                        open.push([next_row, next_column]);
                    }
                }
            }
        }
        patches.push(Patch { pixels });
    }
    patches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of 7 × 9.
    fn marks() -> Vec<bool> {
        let rows = ["..##.....", "...#.....", "......#..", ".....#...", "....#....", ".........", "#........"];
        rows.iter().flat_map(|row| row.bytes().map(|byte| byte == b'#')).collect()
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_one_patch() {
        let mut sizes: Vec<usize> = connected(marks(), 9).iter().map(|patch| patch.pixels.len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 3, 3]);
    }

    #[test]
    fn a_slanted_line_has_the_axes_of_a_slanted_line() {
        let patch = connected(marks(), 9).into_iter().find(|patch| patch.pixels.contains(&[3, 5]));
        let patch = patch.unwrap_or(Patch { pixels: vec![] });
        let axes = Axes::of(&patch);
        assert_eq!(axes.middle, [5.0, 3.0]);
        assert!((axes.along[0] + axes.along[1]).abs() < 1e-6, "one pixel right is one pixel up: {axes:?}");
        // Variances: 2 · (√2)² / 3 along and none across, and that of a pixel.
        assert!((axes.spread[0] - (4.0f32 / 3.0 + 1.0 / 12.0).sqrt()).abs() < 1e-5, "{axes:?}");
        assert!((axes.spread[1] - (1.0f32 / 12.0).sqrt()).abs() < 1e-5, "{axes:?}");
        let [along, across] = axes.reach(&patch);
        assert!((along - 2f32.sqrt() - 0.5).abs() < 1e-5 && (across - 0.5).abs() < 1e-5, "{along} {across}");
        let right = if axes.along[0] > 0.0 { 1.0 } else { -1.0 };
        let [x, y] = axes.place(right * 2f32.sqrt(), 0.0);
        assert!((x - 6.0).abs() < 1e-5 && (y - 2.0).abs() < 1e-5, "{x} {y}");
    }

    #[test]
    fn windows_are_what_the_slow_way_finds() {
        let (height, width) = (13, 17);
        let levels: Vec<u8> = (0..height * width).map(|pixel| (pixel * pixel * 31 % 251) as u8).collect();
        for radius in [1, 3, 6, 20] {
            let (mut brightest, mut mean) = (levels.clone(), levels.clone());
            sliding_max(&mut brightest, width, radius);
            sliding_mean(&mut mean, width, radius);
            for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
                let rows = row.saturating_sub(radius)..(row + radius + 1).min(height);
                let columns = column.saturating_sub(radius)..(column + radius + 1).min(width);
                let window: Vec<f64> =
                    rows.flat_map(|row| columns.clone().map(move |column| row * width + column)).map(|at| f64::from(levels[at])).collect();
                let place = row * width + column;
                assert_eq!(f64::from(brightest[place]), window.iter().copied().fold(0.0, f64::max), "radius {radius} at {row}, {column}");
                // Rounded down twice.
                let exact = window.iter().sum::<f64>() / window.len() as f64;
                assert!((-0.01..2.0).contains(&(exact - f64::from(mean[place]))), "radius {radius} at {row}, {column}");
            }
        }
    }

    #[test]
    fn a_thin_line_is_found_beside_a_broad_bar() {
        // 40 × 50 of level 20: a line of 2 rows, and a bar of 14 columns.
        let level = |row: usize, column: usize| if row / 2 == 5 && column < 25 || column / 14 == 2 { 120 } else { 20 };
        let raster = Raster { levels: (0..2000).map(|pixel| level(pixel / 50, pixel % 50)).collect(), width: 50 };
        let patches = raster.thin_patches(3, 30, 0.35);
        assert_eq!(patches.iter().map(|patch| patch.pixels.len()).collect::<Vec<_>>(), [50]);
        let both = raster.bright_patches(20, &[0.5]);
        assert_eq!(both.len(), 2, "both stand out");
    }
}
