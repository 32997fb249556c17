//! A short bone: a wrist bone or a sesamoid, round at first and of its own form when grown.

use super::anatomy::RoundBone;
use super::shape::{Extent, Shell, nearer};
use super::texture::Texture;

/// A short bone at some stage of growth.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its name.
    pub(super) name: &'static str,
    /// Each side as its outward normal (u, v) and its distance from the middle.
    sides: Vec<[f32; 3]>,
    /// Radius of the centre that it began as, at its present size.
    circle: f32,
    /// How far it still is that circle: 1 at first, 0 when grown.
    roundness: f32,
    /// Middle (u, v) and radius of the hollow for a neighbour's head.
    hollow: Option<([f32; 2], f32)>,
    shell: Shell,
    /// Seed of its texture.
    pub(super) seed: u32,
}

/// How far a short bone has grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    /// Millimetres to the unit of the tables, when grown.
    pub(super) unit: f64,
    /// Its size as a share of the grown one, 0 to 1.
    pub(super) growth: f64,
    /// Density of its bone, 1 when sound.
    pub(super) density: f32,
    /// Seed of its texture.
    pub(super) seed: u32,
}

impl Block {
    /// The bone at that stage, in a frame whose origin is its centre and whose axis points to the fingertips.
    pub(super) fn new(bone: &RoundBone, stage: Stage) -> Self {
        let Stage { unit, growth, density, seed } = stage;
        let scale = unit * growth;
        let corners: Vec<[f64; 2]> =
            bone.corners.iter().map(|[x, y]| [(y - bone.centre[1]) * scale, (x - bone.centre[0]) * scale]).collect();
        let sides: Vec<[f32; 3]> = (0..corners.len()).map(|place| side(corners[place], corners[(place + 1) % corners.len()])).collect();
        let nearest = sides.iter().map(|side| side[2]).fold(f32::INFINITY, f32::min);
        let mean = sides.iter().map(|side| side[2]).sum::<f32>() / sides.len() as f32;
        let (middle, radius) = bone.hollow;
        let hollow = (radius > 0.0).then(|| {
            ([((middle[1] - bone.centre[1]) * scale) as f32, ((middle[0] - bone.centre[0]) * scale) as f32], (radius * scale) as f32)
        });
        let roundness = ((1.0 - growth) * 1.6).clamp(0.0, 1.0) as f32;
        let depth = 0.75 * nearest + 0.25 * mean;
        let cortex = (0.35 + 0.030 * f64::from(mean)) as f32 * density;
        let spongy = (0.34 + 0.10 * growth) as f32 * density;
        Self {
            name: bone.name,
            sides,
            circle: mean,
            roundness,
            hollow,
            shell: Shell { radius: 0.8 * nearest, depth, cortex, spongy },
            seed,
        }
    }

    /// Where it is not empty.
    pub(super) fn extent(&self) -> Extent {
        // A corner lies further out than its sides; one and a half times is enough for the blunt corners of the tables.
        let reach = 1.6 * self.sides.iter().map(|side| side[2]).fold(self.circle, f32::max);
        Extent { u: [-reach, reach], v: [-reach, reach] }
    }

    /// Millimetres of bone at a point.
    pub(super) fn thickness(&self, u: f32, v: f32, texture: Texture) -> f32 {
        let circle = self.circle - (u * u + v * v).sqrt();
        let reach = 0.34 * self.circle;
        let form =
            self.sides.iter().fold(f32::INFINITY, |nearest, [a, b, distance]| nearer(distance - a * u - b * v, nearest.min(1e6), reach));
        let form = form + 0.085 * self.circle;
        let mut inside = form + self.roundness * (circle - form);
        if let Some(([a, b], radius)) = self.hollow {
            let clear = ((u - a) * (u - a) + (v - b) * (v - b)).sqrt() - radius;
            inside = inside.min(clear + self.roundness * radius);
        }
        if inside <= 0.0 {
            return 0.0;
        }
        let spongy = self.shell.spongy * (1.0 + 0.42 * texture.at(u, v));
        Shell { spongy, ..self.shell }.matter(inside)
    }
}

/// The side from one corner to the next, clockwise on the film.
fn side([u, v]: [f64; 2], [next_u, next_v]: [f64; 2]) -> [f32; 3] {
    let (along_u, along_v) = (next_u - u, next_v - v);
    let length = along_u.hypot(along_v);
    // Clockwise on the film (u up, v right), outside is to the left of the way.
    let normal = [along_v / length, -along_u / length];
    [normal[0] as f32, normal[1] as f32, (normal[0] * u + normal[1] * v) as f32]
}

#[cfg(test)]
mod tests {
    use super::super::anatomy::CARPALS;
    use super::*;

    fn area(block: &Block) -> f32 {
        let texture = Texture::new(1, 0.1);
        let Extent { u: [low, high], v: [left, right] } = block.extent();
        let mut area = 0.0;
        for (i, j) in (-100..100).flat_map(|i| (-100..100).map(move |j| (i as f32 * 0.25, j as f32 * 0.25))) {
            let full = block.thickness(i, j, texture) > 0.0;
            assert!(!full || (low..=high).contains(&i) && (left..=right).contains(&j), "{} at {i} {j}", block.name);
            area += if full { 0.0625 } else { 0.0 };
        }
        area
    }

    #[test]
    fn wrist_bones_grow_and_stay_within_their_extent() {
        for bone in &CARPALS {
            let areas = [0.15, 0.5, 1.0].map(|growth| area(&Block::new(bone, Stage { unit: 70.0, growth, density: 1.0, seed: 3 })));
            assert!(areas.is_sorted_by(|a, b| 2.0 * a < *b) && areas[0] > 0.5, "{}: {areas:?} mm²", bone.name);
        }
    }

    #[test]
    fn a_young_centre_is_round_and_a_grown_capitate_is_long() {
        let spans = |growth| {
            let block = Block::new(&CARPALS[0], Stage { unit: 70.0, growth, density: 1.0, seed: 3 });
            let reach = |u: f32, v: f32| {
                (1..400)
                    .take_while(|step| block.thickness(u * *step as f32 * 0.05, v * *step as f32 * 0.05, Texture::new(1, 0.1)) > 0.0)
                    .count() as f32
            };
            (reach(1.0, 0.0) + reach(-1.0, 0.0)) / (reach(0.0, 1.0) + reach(0.0, -1.0))
        };
        assert!((spans(0.2) - 1.0).abs() < 0.05 && spans(1.0) > 1.4, "{} {}", spans(0.2), spans(1.0));
    }
}
