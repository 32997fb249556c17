//! The grain of spongy bone: smooth noise, stretched along a bone and as fine as the raster can show.

/// Wavelength along and across a bone in mm, and share, from coarse to fine.
const OCTAVES: [([f32; 2], f32); 3] = [([3.6, 2.0], 0.30), ([1.7, 0.95], 0.60), ([0.95, 0.55], 0.65)];

/// Noise over the plane of one bone, between about −1 and 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texture {
    seed: u32,
    /// What the raster can show of each octave.
    shares: [f32; 3],
}

impl Texture {
    /// The noise of a bone at so many pixels per millimetre: what is finer than two pixels averages to nothing.
    pub(super) fn new(seed: u32, pixels_per_mm: f32) -> Self {
        Self { seed, shares: OCTAVES.map(|([_, across], share)| share * ((across * pixels_per_mm - 1.4) / 2.0).clamp(0.0, 1.0)) }
    }

    /// The noise at a point.
    pub(super) fn at(self, u: f32, v: f32) -> f32 {
        let mut sum = 0.0;
        for (place, ([along, across], _)) in OCTAVES.iter().enumerate() {
            if self.shares[place] > 0.0 {
                sum += self.shares[place] * smooth_noise(self.seed.wrapping_add(place as u32), u / along, v / across);
            }
        }
        sum
    }
}

/// Numbers at the corners of a grid, joined smoothly.
fn smooth_noise(seed: u32, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (column, row) = (left as i32, top as i32);
    let [across, down] = [x - left, y - top].map(|t| t * t * (3.0 - 2.0 * t));
    let corner = |i: i32, j: i32| scramble(seed, column.wrapping_add(i), row.wrapping_add(j));
    let above = corner(0, 0) + across * (corner(1, 0) - corner(0, 0));
    let below = corner(0, 1) + across * (corner(1, 1) - corner(0, 1));
    above + down * (below - above)
}

/// A number between −1 and 1 for a place; integer arithmetic alone, so that it is the same everywhere.
fn scramble(seed: u32, column: i32, row: i32) -> f32 {
    let mut word = seed ^ (column as u32).wrapping_mul(0x9E37_79B1) ^ (row as u32).wrapping_mul(0x85EB_CA77);
    word = (word ^ (word >> 15)).wrapping_mul(0x2C1B_3C6D);
    word = (word ^ (word >> 12)).wrapping_mul(0x297A_2D39);
    word ^= word >> 15;
    (word >> 8) as f32 * (2.0 / 16_777_215.0) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(texture: Texture) -> (f32, f32) {
        let values: Vec<f32> = (0..4000).map(|step| texture.at((step / 50) as f32 * 0.37, (step % 50) as f32 * 0.23)).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / values.len() as f32;
        (mean, square.sqrt())
    }

    #[test]
    fn a_coarse_raster_shows_no_grain_and_a_fine_one_does() {
        let (mean, deviation) = spread(Texture::new(5, 0.5));
        assert!(mean == 0.0 && deviation == 0.0);
        let (mean, deviation) = spread(Texture::new(5, 8.0));
        assert!(mean.abs() < 0.08 && deviation > 0.2, "mean {mean}, deviation {deviation}");
    }

    #[test]
    fn bones_differ_and_a_bone_is_continuous() {
        let (one, other) = (Texture::new(1, 8.0), Texture::new(900, 8.0));
        assert_ne!(one.at(3.3, 1.2), other.at(3.3, 1.2));
        assert!((one.at(3.3, 1.2) - one.at(3.301, 1.201)).abs() < 0.02);
    }
}
