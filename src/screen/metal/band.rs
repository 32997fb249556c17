//! A bright band and what lies about it.

use std::ops::Range;

use super::super::patch::{Axes, Patch, Raster};

/// Pixels of a patch that may be metal, and its distance from the edges, where films have borders.
const AREA: Range<usize> = 8..900;
const MARGIN: usize = 3;
/// Contrast to the ground below which nothing is said, grey levels.
const LEAST_CONTRAST: f32 = 12.0;
/// Distances from the band's side at which the limb is looked at, pixels; for the farther look, shares of its half length beyond
/// the first of them.
const BESIDE: [f32; 4] = [2.0, 3.5, 5.0, 6.5];
const FARTHER: [f32; 3] = [0.35, 0.5, 0.65];
/// Half the side of the window in which nothing else should be as bright, pixels, and by how much less counts as such.
const WINDOW: usize = 40;
const NEARLY: f32 = 0.15;

/// A patch as a band: its length lies along its longer axis, its sides are where a limb goes on if it lies across one, and the
/// flanks are beside that limb. Levels are in shares of the contrast between the band and the flanks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    /// Across and down, pixels.
    pub(super) middle: [f32; 2],
    /// Pixels.
    pub(super) half_length: f32,
    /// Median grey level.
    pub(super) level: f32,
    /// Mean grey level of the limb at each side.
    pub(super) sides: [f32; 2],
    /// Mean grey level of the flanks.
    pub(super) ground: f32,
    /// By how much the limb is brighter than its flanks, at the side where that is less.
    pub(super) limb: f32,
    /// The same farther from the band.
    pub(super) far_limb: f32,
    /// By how much the band is brighter than the brighter side, and than the brightest pixel of both.
    pub(super) over_limb: f32,
    pub(super) over_brightest: f32,
    /// The third least of 13 places of the band, by how much it is brighter than both sides there.
    pub(super) least_excess: f32,
    /// By how much the film just beyond an end of the band is brighter than the flanks: the limb is broader than the band.
    pub(super) overhang: f32,
    /// Difference of the two sides, and range of the four flanks.
    pub(super) difference: f32,
    pub(super) flank_range: f32,
    /// Share of the window about it that is as bright and does not belong to it.
    pub(super) as_bright: f32,
    /// Share of its rectangle that it fills; a rectangle of its own spread is meant, so a plain band has about 0.8.
    pub(super) fill: f32,
    /// Half width of the limb, in half lengths of the band.
    pub(super) limb_width: f32,
}

impl Band {
    /// None if the patch is too small or large, at the edge, or hardly stands out.
    pub(super) fn of(film: &Raster, patch: &Patch, half_lengths: Range<f32>) -> Option<Self> {
        if !AREA.contains(&patch.pixels.len()) || is_at_edge(film, patch) {
            return None;
        }
        let axes = Axes::of(patch);
        let [half_length, side] = axes.reach(patch);
        if !half_lengths.contains(&half_length) {
            return None;
        }
        let look = Look { film, axes, half_length, side };
        let mut levels: Vec<u8> = patch.pixels.iter().map(|[row, column]| film.levels[row * film.width + column]).collect();
        levels.sort_unstable();
        let level = f32::from(levels[levels.len() / 2]);
        let flanks = [1.0, -1.0].map(|side| look.flanks(side));
        let ground = flanks.as_flattened().iter().sum::<f32>() / 4.0;
        let contrast = level - ground;
        let (sides, brightest) = look.sides();
        let limb = [0, 1].map(|side| sides[side] - flanks[side][0].max(flanks[side][1])).into_iter().fold(f32::INFINITY, f32::min);
        if contrast <= LEAST_CONTRAST || limb <= 0.0 {
            return None;
        }
        let dimmest_flank = flanks.as_flattened().iter().copied().fold(f32::INFINITY, f32::min);
        let brightest_flank = flanks.as_flattened().iter().copied().fold(0.0, f32::max);
        // A band of even spread reaches √3 of its standard deviation to either side; its edges are blurred.
        let half_thickness = 3.0f32.sqrt() * axes.spread[1] + 0.3;
        Some(Self {
            middle: axes.middle,
            half_length,
            level,
            sides,
            ground,
            limb: limb / contrast,
            far_limb: look.far_limb() / contrast,
            over_limb: (level - sides[0].max(sides[1])) / contrast,
            over_brightest: (level - brightest) / contrast,
            least_excess: look.least_excess() / contrast,
            overhang: (look.beyond_ends() - ground) / contrast,
            difference: (sides[0] - sides[1]).abs() / contrast,
            flank_range: (brightest_flank - dimmest_flank) / contrast,
            as_bright: as_bright(film, axes.middle, &levels, level - NEARLY * contrast),
            fill: patch.pixels.len() as f32 / (4.0 * half_length * half_thickness),
            limb_width: look.limb_width(0.5 * (sides[0].min(sides[1]) + ground)),
        })
    }
}

fn is_at_edge(film: &Raster, patch: &Patch) -> bool {
    let inside = |place: usize, side: usize| (MARGIN..side - MARGIN).contains(&place);
    !patch.pixels.iter().all(|[row, column]| inside(*row, film.height()) && inside(*column, film.width))
}

/// Share of a window about a place that is at least that bright, without the pixels of those levels.
fn as_bright(film: &Raster, middle: [f32; 2], own: &[u8], level: f32) -> f32 {
    let window = |place: f32, side: usize| (place as usize).saturating_sub(WINDOW)..(place as usize + WINDOW + 1).min(side);
    let (rows, columns) = (window(middle[1], film.height()), window(middle[0], film.width));
    let is_bright = |found: &&u8| f32::from(**found) >= level;
    let area = rows.len() * columns.len();
    let bright: usize = rows.map(|row| film.levels[row * film.width..][columns.clone()].iter().filter(is_bright).count()).sum();
    (bright as f32 - own.iter().filter(is_bright).count() as f32) / area as f32
}

/// Levels about a band. Places are along it and across it from its middle.
struct Look<'a> {
    film: &'a Raster,
    axes: Axes,
    half_length: f32,
    /// Distance of its sides from the middle line.
    side: f32,
}

impl Look<'_> {
    fn level(&self, along: f32, across: f32) -> f32 {
        self.film.at(self.axes.place(along, across))
    }

    /// Mean level of a strip beside the band, on the side of that sign, across the strip.
    fn beside(&self, along: f32, sign: f32) -> f32 {
        BESIDE.iter().map(|distance| self.level(along, sign * (self.side + distance))).sum::<f32>() / BESIDE.len() as f32
    }

    fn farther(&self, along: f32, sign: f32) -> f32 {
        let distance = |share: f32| self.side + BESIDE[0] + share * self.half_length;
        FARTHER.iter().map(|share| self.level(along, sign * distance(*share))).sum::<f32>() / FARTHER.len() as f32
    }

    /// Mean level of each side over the inner half of the band, and the brightest pixel of both.
    fn sides(&self) -> ([f32; 2], f32) {
        let mut brightest = 0.0f32;
        let sides = [1.0, -1.0].map(|sign| {
            let steps = (-4..=4).map(|step| self.half_length * step as f32 / 8.0);
            let levels = steps.flat_map(|along| BESIDE.map(|distance| self.level(along, sign * (self.side + distance))));
            levels.inspect(|level| brightest = brightest.max(*level)).sum::<f32>() / (9 * BESIDE.len()) as f32
        });
        (sides, brightest)
    }

    /// The darkest beside the limb, on the band's side of that sign, beyond each end: a neighbouring finger may be there too.
    fn flanks(&self, sign: f32) -> [f32; 2] {
        let (from, to) = (1.2 * self.half_length + 2.0, 1.7 * self.half_length + 5.0);
        [1.0, -1.0].map(|end| steps(end * from, end * to).map(|along| self.beside(along, sign)).fold(f32::INFINITY, f32::min))
    }

    fn far_limb(&self) -> f32 {
        let (half, from, to) = (0.5 * self.half_length, 1.25 * self.half_length + 2.0, 1.8 * self.half_length + 5.0);
        let limb = [1.0, -1.0].map(|sign| {
            let inner = steps(-half, half).map(|along| self.farther(along, sign)).sum::<f32>() / 8.0;
            let flanks =
                [1.0, -1.0].map(|end| steps(end * from, end * to).map(|along| self.farther(along, sign)).fold(f32::INFINITY, f32::min));
            inner - flanks[0].max(flanks[1])
        });
        limb[0].min(limb[1])
    }

    fn least_excess(&self) -> f32 {
        let reach = self.side.ceil() as i32;
        let mut excess = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6].map(|step| {
            let along = 0.85 * self.half_length * step as f32 / 6.0;
            let band = (-reach..=reach).map(|across| self.level(along, across as f32)).fold(0.0, f32::max);
            band - self.beside(along, 1.0).max(self.beside(along, -1.0))
        });
        excess.sort_by(f32::total_cmp);
        excess[2]
    }

    /// Mean level just beyond the end where it is brighter.
    fn beyond_ends(&self) -> f32 {
        let end = |sign: f32| [-1.0, 0.0, 1.0].map(|across| self.level(sign * (self.half_length + 2.5), across)).iter().sum::<f32>() / 3.0;
        end(1.0).max(end(-1.0))
    }

    /// How far the limb reaches on the side where it is broader, at both of the band's sides and at least at that level, in half
    /// lengths of the band.
    fn limb_width(&self, level: f32) -> f32 {
        let widths = [1.0f32, -1.0].map(|end| {
            let mut width = 0.0;
            while width < 1.8 * self.half_length + 5.0 {
                let dimmer = self.beside(end * width, 1.0).min(self.beside(end * width, -1.0));
                if dimmer < level && width > 0.3 * self.half_length {
                    break;
                }
                width += 0.5;
            }
            width / self.half_length
        });
        widths[0].max(widths[1])
    }
}

/// Eight places from one to another.
fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
    (0..8).map(move |step| from + (to - from) * step as f32 / 7.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// 100 × 120: a limb of 20 columns at level 100 down the middle of a ground of 20, with a band of 4 rows and 22 columns on it.
    fn limb_with_band() -> Raster {
        let level = |row: usize, column: usize| match (row, column) {
            (48..52, 49..71) => 240,
            (_, 50..70) => 100,
            _ => 20,
        };
        Raster { levels: (0..100 * 120).map(|pixel| level(pixel / 120, pixel % 120)).collect(), width: 120 }
    }

    #[test]
    fn what_lies_about_a_band_is_measured_as_by_hand() {
        let film = limb_with_band();
        let patch = film.bright_patches(20, &[0.65]).into_iter().find(|patch| patch.pixels.contains(&[49, 59])).unwrap();
        let band = Band::of(&film, &patch, 4.5..16.0).unwrap();
        assert_eq!((band.middle, band.half_length), ([59.5, 49.5], 11.0));
        assert_eq!((band.level, band.sides, band.ground), (240.0, [100.0; 2], 20.0));
        // Of a contrast of 220.
        let expected = [(band.limb, 80.0), (band.far_limb, 80.0), (band.over_limb, 140.0), (band.over_brightest, 140.0)];
        let others = [(band.least_excess, 140.0), (band.overhang, 0.0), (band.difference, 0.0), (band.flank_range, 0.0)];
        for (found, levels) in expected.into_iter().chain(others) {
            assert!((found - levels / 220.0).abs() < 1e-4, "{band:?}: {levels}");
        }
        assert_eq!(band.as_bright, 0.0);
        assert!((0.85..1.0).contains(&band.limb_width), "half of 20 columns to half of 22: {}", band.limb_width);
        assert!(Band::of(&film, &patch, 14.0..50.0).is_none(), "too short");
    }

    #[test]
    fn a_band_without_a_limb_is_none() {
        let mut film = limb_with_band();
        for level in &mut film.levels {
            *level = if *level == 100 { 20 } else { *level };
        }
        let patches = film.bright_patches(20, &[0.65]);
        assert_eq!(patches.len(), 1);
        assert!(Band::of(&film, &patches[0], 4.5..16.0).is_none());
    }
}
