//! Frames, and how much matter a ray meets in a round body with a dense shell.
//!
//! A shape lives in its own frame: `u` runs along its axis, `v` across, both in millimetres. What a shape gives at a point
//! of the film is the length of the ray inside dense bone (or tissue) in millimetres: the rim is bright and the core pale,
//! as the shell is met edge on at the rim alone.

/// Where a shape lies in the hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The point with u = v = 0, mm.
    pub(super) origin: [f32; 2],
    /// Direction of u, of length 1; v runs to its right.
    pub(super) axis: [f32; 2],
}

impl Frame {
    /// A frame whose axis is turned from straight up by that many degrees towards the thumb.
    pub(super) fn new(origin: [f64; 2], degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self { origin: origin.map(|value| value as f32), axis: [sin as f32, cos as f32] }
    }
}

/// The rectangle of a frame outside which a shape is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Least and greatest u.
    pub(super) u: [f32; 2],
    /// Least and greatest v.
    pub(super) v: [f32; 2],
}

/// A body with a dense shell about a spongy core.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shell {
    /// How far from its edge the body has its full depth.
    pub(super) radius: f32,
    /// Half its depth there.
    pub(super) depth: f32,
    /// Thickness of the shell.
    pub(super) cortex: f32,
    /// Share of bone in the core.
    pub(super) spongy: f32,
}

impl Shell {
    /// Millimetres of bone at so many millimetres inside the edge; none outside.
    pub(super) fn matter(&self, inside: f32) -> f32 {
        if inside <= 0.0 {
            return 0.0;
        }
        let outer = chord(self.depth, inside, self.radius);
        let (core, room) = (inside - self.cortex, self.radius - self.cortex);
        if core <= 0.0 || room <= 0.0 {
            return outer;
        }
        outer - (1.0 - self.spongy) * chord((self.depth - self.cortex).max(0.0), core, room)
    }
}

/// Twice `depth` in the middle of a round body, falling to 0 at its edge.
fn chord(depth: f32, inside: f32, radius: f32) -> f32 {
    let out = 1.0 - (inside / radius).min(1.0);
    2.0 * depth * (1.0 - out * out).sqrt()
}

/// The smaller of two distances, with the corner between their edges rounded over `reach`.
pub(super) fn nearer(one: f32, other: f32, reach: f32) -> f32 {
    let blend = (reach - (one - other).abs()).max(0.0);
    one.min(other) - blend * blend / (4.0 * reach)
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn ease(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Soft tissue: a rod whose radius changes evenly from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rod {
    /// Its length along the axis.
    pub(super) length: f32,
    /// Radius at its start and its end.
    pub(super) radii: [f32; 2],
    /// Its depth as a share of its width.
    pub(super) depth: f32,
}

impl Rod {
    /// Where it is not empty.
    pub(super) fn extent(&self) -> Extent {
        let radius = self.radii[0].max(self.radii[1]);
        Extent { u: [-self.radii[0], self.length + self.radii[1]], v: [-radius, radius] }
    }

    /// Millimetres of tissue at a point.
    pub(super) fn thickness(&self, u: f32, v: f32) -> f32 {
        let nearest = u.clamp(0.0, self.length);
        let radius = self.radii[0] + (self.radii[1] - self.radii[0]) * nearest / self.length;
        let square = ((u - nearest) * (u - nearest) + v * v) / (radius * radius);
        if square >= 1.0 { 0.0 } else { 2.0 * self.depth * radius * (1.0 - square * square).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_brightest_near_its_edge_and_nothing_is_outside() {
        let shell = Shell { radius: 4.0, depth: 4.0, cortex: 1.2, spongy: 0.1 };
        assert_eq!(shell.matter(0.0), 0.0);
        assert_eq!(shell.matter(-1.0), 0.0);
        let (rim, middle) = (shell.matter(1.0), shell.matter(4.0));
        assert!(rim > 1.3 * middle, "rim {rim}, middle {middle}");
        assert!((middle - (8.0 - 0.9 * 5.6)).abs() < 1e-4, "{middle}");
        assert_eq!(shell.matter(9.0), middle, "deeper inside than its radius");
        let solid = Shell { cortex: 5.0, ..shell };
        assert_eq!(solid.matter(4.0), 8.0);
    }

    #[test]
    fn the_nearer_of_two_edges_is_rounded_where_they_meet() {
        assert_eq!(nearer(1.0, 5.0, 2.0), 1.0);
        assert_eq!(nearer(5.0, 1.0, 2.0), 1.0);
        assert!((nearer(1.0, 1.0, 2.0) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_rod_is_empty_outside_its_extent() {
        let rod = Rod { length: 10.0, radii: [3.0, 2.0], depth: 0.9 };
        let Extent { u: [low, high], v: [left, right] } = rod.extent();
        for (u, v) in (-20..40).flat_map(|u| (-20..20).map(move |v| (u as f32 / 2.0, v as f32 / 4.0))) {
            let full = rod.thickness(u, v) > 0.0;
            assert!(!full || (low..=high).contains(&u) && (left..=right).contains(&v), "{u} {v}");
        }
        assert!(rod.thickness(5.0, 0.0) > 4.0);
    }
}
