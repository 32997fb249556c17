//! Solid shapes, each giving how much matter a ray meets on its way through at a point of the film.
//!
//! A shape lives in its own frame: `u` runs along its axis, `v` across, both in millimetres. What it gives is the length
//! of the ray inside dense bone (or tissue) in millimetres, as for a round bone with a bright rim and a paler core.

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

/// Share of bone in the spongy core of a bone; its rim is all bone.
const CORE_DENSITY: f32 = 0.30;

/// A bone's shaft: a tube that is narrow in the middle, with a thick rim there and a thin one at the ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tube {
    /// Where it begins and ends on the axis.
    pub(super) span: [f32; 2],
    /// Radius where it begins, in the middle, and where it ends.
    pub(super) radii: [f32; 3],
    /// Length over which each end is rounded off, in radii of that end.
    pub(super) rounding: [f32; 2],
}

impl Tube {
    fn extent(&self) -> Extent {
        let radius = self.radii.iter().copied().fold(0.0, f32::max);
        Extent { u: self.span, v: [-radius, radius] }
    }

    fn thickness(&self, u: f32, v: f32) -> f32 {
        let [start, end] = self.span;
        if u <= start || u >= end {
            return 0.0;
        }
        let share = (u - start) / (end - start);
        let [base, waist, head] = self.radii;
        let radius = waist + (base - waist) * flare(share / 0.42) + (head - waist) * flare((1.0 - share) / 0.36);
        let rounded = rounding(u - start, base * self.rounding[0]) + rounding(end - u, head * self.rounding[1]);
        let across = (v / radius) * (v / radius);
        let outer = 1.0 - across - rounded;
        if outer <= 0.0 {
            return 0.0;
        }
        let rim = 0.07 + 0.33 * (4.0 * share * (1.0 - share)).powi(2);
        let core = (1.0 - rim) * (1.0 - rim) - across - rounded;
        // Ends flare less in depth than in width.
        let depth = waist + 0.45 * (radius - waist);
        2.0 * depth * (outer.sqrt() - (1.0 - CORE_DENSITY) * core.max(0.0).sqrt())
    }
}

/// 1 at 0, falling smoothly to 0 at 1.
fn flare(x: f32) -> f32 {
    if x >= 1.0 { 0.0 } else { (1.0 - x) * (1.0 - x) * (1.0 + 2.0 * x) }
}

/// 1 at an end, falling to 0 at `length` from it; its fourth power keeps the end flat with round corners.
fn rounding(distance: f32, length: f32) -> f32 {
    let inside = (1.0 - distance / length).max(0.0);
    inside * inside * inside * inside
}

/// An epiphysis: a plate across the axis that may lean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plate {
    /// Its middle on the axis.
    pub(super) centre: f32,
    /// Half its length along the axis.
    pub(super) half_length: f32,
    /// Half its width.
    pub(super) half_width: f32,
    /// How far its far side rises per millimetre of v.
    pub(super) lean: f32,
}

impl Plate {
    fn thickness(&self, u: f32, v: f32) -> f32 {
        let x = v / self.half_width;
        // A leaning plate is thicker on one side; the other face stays parallel to the growth plate.
        let half_length = self.half_length + 0.5 * self.lean * v;
        if half_length <= 0.0 {
            return 0.0;
        }
        let y = (u - self.centre - 0.5 * self.lean * v) / half_length;
        let (xx, yy) = (x * x, y * y);
        let outer = 1.0 - xx * xx.sqrt() - yy;
        if outer <= 0.0 {
            return 0.0;
        }
        let core = (outer - 0.25).max(0.0);
        1.5 * self.half_width * (outer.sqrt() - (1.0 - CORE_DENSITY) * core.sqrt())
    }

    fn extent(&self) -> Extent {
        let reach = self.half_length + self.lean.abs() * self.half_width;
        Extent { u: [self.centre - reach, self.centre + reach], v: [-self.half_width, self.half_width] }
    }
}

/// A tubular bone at some stage of growth.
#[derive(Debug, Clone, Copy)]
pub(super) struct LongBone {
    /// The shaft as far as it is bone.
    pub(super) shaft: Tube,
    /// The epiphysis, once it has appeared.
    pub(super) epiphysis: Option<Plate>,
    /// The grown bone.
    pub(super) grown: Tube,
    /// How far the growth plate has become bone: 0 open, 1 closed.
    pub(super) fused: f32,
}

impl LongBone {
    /// Where it is not empty.
    pub(super) fn extent(&self) -> Extent {
        let grown = self.grown.extent();
        let plate = self.epiphysis.map_or(grown, |plate| plate.extent());
        Extent { u: [grown.u[0].min(plate.u[0]), grown.u[1].max(plate.u[1])], v: [grown.v[0].min(plate.v[0]), grown.v[1].max(plate.v[1])] }
    }

    /// Millimetres of bone at a point. The parts are one bone, so they do not add up where they overlap.
    pub(super) fn thickness(&self, u: f32, v: f32) -> f32 {
        if self.fused > 0.99 {
            return self.grown.thickness(u, v);
        }
        let mut most = self.shaft.thickness(u, v);
        if let Some(plate) = &self.epiphysis {
            most = most.max(plate.thickness(u, v));
        }
        if self.fused > 0.01 {
            most = most.max(self.fused * self.grown.thickness(u, v));
        }
        most
    }
}

/// A carpal bone or a sesamoid: a rounded block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Half its length and half its width.
    pub(super) axes: [f32; 2],
}

impl Block {
    /// Where it is not empty.
    pub(super) fn extent(self) -> Extent {
        Extent { u: [-self.axes[0], self.axes[0]], v: [-self.axes[1], self.axes[1]] }
    }

    /// Millimetres of bone at a point.
    pub(super) fn thickness(self, u: f32, v: f32) -> f32 {
        let (x, y) = (u / self.axes[0], v / self.axes[1]);
        let (xx, yy) = (x * x, y * y);
        let outer = 1.0 - xx * xx.sqrt() - yy * yy.sqrt();
        if outer <= 0.0 {
            return 0.0;
        }
        let core = (outer - 0.30).max(0.0);
        2.0 * self.axes[1] * (outer.sqrt() - (1.0 - CORE_DENSITY) * core.sqrt())
    }
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

    const TUBE: Tube = Tube { span: [0.0, 40.0], radii: [7.0, 4.0, 6.0], rounding: [0.8, 0.8] };

    #[test]
    fn a_shaft_has_a_rim_brighter_than_its_core_and_a_waist() {
        let middle = TUBE.thickness(20.0, 0.0);
        let rim = TUBE.thickness(20.0, 2.6);
        assert!(middle > 0.0 && rim > middle, "rim {rim}, middle {middle}");
        assert!(TUBE.thickness(20.0, 4.1).abs() < f32::EPSILON, "outside the waist");
        assert!(TUBE.thickness(4.0, 4.1) > 0.0, "inside the flare of the base");
    }

    #[test]
    fn an_open_growth_plate_is_a_gap_that_fusion_fills() {
        let bone = |fused| LongBone {
            shaft: Tube { span: [7.0, 40.0], ..TUBE },
            epiphysis: Some(Plate { centre: 2.5, half_length: 2.5, half_width: 7.0, lean: 0.0 }),
            grown: TUBE,
            fused,
        };
        assert!(bone(0.0).thickness(6.0, 0.0).abs() < f32::EPSILON);
        assert!(bone(0.0).thickness(2.5, 0.0) > 1.0 && bone(0.0).thickness(12.0, 0.0) > 1.0);
        assert!(bone(0.5).thickness(6.0, 0.0) > 1.0);
        assert!((bone(1.0).thickness(6.0, 0.0) - TUBE.thickness(6.0, 0.0)).abs() < f32::EPSILON);
    }

    #[test]
    fn shapes_are_empty_outside_their_extent() {
        type Thickness<'a> = &'a dyn Fn(f32, f32) -> f32;
        let rod = Rod { length: 10.0, radii: [3.0, 2.0], depth: 0.9 };
        let block = Block { axes: [4.0, 3.0] };
        let plate = Plate { centre: 1.0, half_length: 2.0, half_width: 5.0, lean: 0.3 };
        let shapes: [(Extent, Thickness); 4] = [
            (rod.extent(), &|u, v| rod.thickness(u, v)),
            (block.extent(), &|u, v| block.thickness(u, v)),
            (plate.extent(), &|u, v| plate.thickness(u, v)),
            (TUBE.extent(), &|u, v| TUBE.thickness(u, v)),
        ];
        for (number, (extent, thickness)) in shapes.into_iter().enumerate() {
            let inside = |value: f32, [low, high]: [f32; 2]| (low..=high).contains(&value);
            let mut some = false;
            for (u, v) in (-60..120).flat_map(|u| (-60..60).map(move |v| (u as f32 / 2.0, v as f32 / 4.0))) {
                let full = thickness(u, v) > 0.0;
                some |= full;
                assert!(!full || inside(u, extent.u) && inside(v, extent.v), "shape {number} at {u} {v}");
            }
            assert!(some, "shape {number}");
        }
    }
}
