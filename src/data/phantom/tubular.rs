//! From a bone of the tables and a child to a bone with sections: profiles, and how far a growth plate has come.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::anatomy::{BoneKind, ForearmBone, GrowthEnd, TubularBone};
use super::child::{Child, sigmoid};
use super::long_bone::{Epiphysis, GrowthPlate, LongBone, Profile, Section};
use super::shape::ease;
use super::surface::Surface;

/// Place along the bone, and how far the section is the waist (0) or the end on that side (1); before the waist and after.
type Outline = (&'static [(f64, f64)], &'static [(f64, f64)]);

const METACARPAL: Outline = (
    &[(0.0, 0.80), (0.035, 1.0), (0.10, 0.86), (0.22, 0.36), (0.36, 0.07), (0.50, 0.0)],
    &[(0.62, 0.07), (0.76, 0.30), (0.86, 0.80), (0.93, 1.0), (1.0, 0.72)],
);
const PROXIMAL: Outline = (
    &[(0.0, 0.86), (0.05, 1.0), (0.13, 0.82), (0.26, 0.40), (0.45, 0.12), (0.66, 0.0)],
    &[(0.78, 0.14), (0.87, 0.80), (0.93, 1.0), (1.0, 0.60)],
);
const MIDDLE: Outline = (
    &[(0.0, 0.84), (0.06, 1.0), (0.15, 0.78), (0.30, 0.34), (0.46, 0.09), (0.62, 0.0)],
    &[(0.75, 0.18), (0.85, 0.80), (0.92, 1.0), (1.0, 0.60)],
);
const DISTAL: Outline = (
    &[(0.0, 0.84), (0.07, 1.0), (0.17, 0.74), (0.32, 0.30), (0.46, 0.08), (0.60, 0.0)],
    &[(0.72, 0.14), (0.82, 0.80), (0.89, 1.0), (1.0, 0.55)],
);

/// A metacarpal or phalanx of that length.
pub(super) fn tubular(child: &Child, bone: &TubularBone, length: f64, rng: &mut ChaCha8Rng) -> LongBone {
    let outline = match bone.kind {
        BoneKind::Metacarpal => METACARPAL,
        BoneKind::Proximal => PROXIMAL,
        BoneKind::Middle => MIDDLE,
        BoneKind::Distal => DISTAL,
    };
    let radii = flared(child, bone.radii);
    let inset = match (bone.kind, bone.end) {
        (BoneKind::Metacarpal, GrowthEnd::Distal) => 0.165,
        (BoneKind::Metacarpal | BoneKind::Proximal, _) => 0.125,
        (BoneKind::Middle, _) => 0.145,
        (BoneKind::Distal, _) => 0.19,
    };
    let growing = GrowingEnd {
        end: bone.end,
        length: inset * length,
        radius: radii[if bone.end == GrowthEnd::Proximal { 0 } else { 2 }],
        surface: bone.surfaces[usize::from(bone.end == GrowthEnd::Distal)],
        years: child.since(bone.onset, rng),
        since_fusion: child.since(bone.fusion, rng),
    };
    let walls = Walls {
        thickness: (0.34 + 0.10 * child.maturity()) * radii[1],
        from: 0.10,
        to: if bone.kind == BoneKind::Distal { 0.80 } else { 0.90 },
    };
    LongBone {
        length: length as f32,
        profile: Profile::new(length, |share| walls.section(child, share, half_width(outline, radii, share))),
        surfaces: bone.surfaces,
        radii: [radii[0] as f32, radii[2] as f32],
        growth: growing.plate(child),
        seed: rng.random(),
    }
}

/// Radius or ulna, in a frame at its distal end that points to the elbow.
pub(super) fn forearm(child: &Child, bone: &ForearmBone, rng: &mut ChaCha8Rng) -> LongBone {
    let [shaft, neck, end] = bone.radii.map(|radius| radius * child.width);
    let end = neck + (end - neck) * (0.62 + 0.38 * child.maturity());
    let growing = GrowingEnd {
        end: GrowthEnd::Proximal,
        length: bone.epiphysis * child.wrist,
        radius: end,
        surface: bone.surface,
        years: child.since(bone.onset, rng),
        since_fusion: child.since(bone.fusion, rng),
    };
    // The flare of the wrist takes a little more than one length of MC II; beyond, the shaft goes on to the film's edge.
    let span = 1.25 * child.wrist;
    let walls = Walls { thickness: (0.26 + 0.10 * child.maturity()) * shaft, from: 0.22, to: 2.0 };
    let flare: &[(f64, f64)] = &[(0.0, 0.86), (0.04, 1.0), (0.12, 0.96), (0.22, 0.66), (0.34, 0.30), (0.50, 0.06), (0.62, 0.0)];
    let half_width = |share: f64| {
        let base = neck + (shaft - neck) * f64::from(ease(((share - 0.45) / 0.5) as f32));
        base + (end - neck) * through(flare, share)
    };
    LongBone {
        length: (8.0 * child.length) as f32,
        profile: Profile::new(span, |share| walls.section(child, share, half_width(share))),
        surfaces: [bone.surface; 2],
        radii: [end as f32, shaft as f32],
        growth: growing.plate(child),
        seed: rng.random(),
    }
}

/// Ends stand out less from the waist in a small child.
fn flared(child: &Child, radii: [f64; 3]) -> [f64; 3] {
    let [base, waist, head] = radii.map(|radius| radius * child.width);
    let share = 0.66 + 0.34 * child.maturity() + if child.rickets() { 0.12 } else { 0.0 };
    [waist + share * (base - waist), waist, waist + share * (head - waist)]
}

fn half_width((before, after): Outline, [base, waist, head]: [f64; 3], share: f64) -> f64 {
    let turn = before[before.len() - 1].0;
    if share <= turn {
        return waist + (base - waist) * through(before, share);
    }
    let first = after[0];
    if share < first.0 {
        return waist + (head - waist) * first.1 * f64::from(ease(((share - turn) / (first.0 - turn)) as f32));
    }
    waist + (head - waist) * through(after, share)
}

/// The height at a place of a curve through points whose places rise: Hermite, and never beyond a point.
fn through(points: &[(f64, f64)], place: f64) -> f64 {
    let last = points.len() - 1;
    let after = points.iter().position(|(known, _)| *known >= place).unwrap_or(last).max(1);
    let slope = |segment: usize| (points[segment + 1].1 - points[segment].1) / (points[segment + 1].0 - points[segment].0);
    let tangent = |point: usize| {
        if point == 0 || point == last {
            return 0.0;
        }
        let (left, right) = (slope(point - 1), slope(point));
        if left * right <= 0.0 { 0.0 } else { 2.0 * left * right / (left + right) }
    };
    let ((from, low), (to, high)) = (points[after - 1], points[after]);
    let (width, t) = (to - from, ((place - from) / (to - from)).clamp(0.0, 1.0));
    let (tt, ttt) = (t * t, t * t * t);
    let start = width * tangent(after - 1) * (ttt - 2.0 * tt + t);
    let stop = width * tangent(after) * (ttt - tt);
    low * (2.0 * ttt - 3.0 * tt + 1.0) + high * (3.0 * tt - 2.0 * ttt) + start + stop
}

/// The cortex of a shaft: thick in the middle, thin at the ends where the core is spongy.
struct Walls {
    /// Cortex in the middle, mm.
    thickness: f64,
    /// Where on the bone the thin cortex of the ends gives way, as shares of it.
    from: f64,
    to: f64,
}

impl Walls {
    fn section(&self, child: &Child, share: f64, half_width: f64) -> Section {
        let rise = f64::from(ease(((share - self.from) / 0.32) as f32));
        let fall = f64::from(ease(((self.to - share) / 0.30) as f32));
        let middle = rise * fall;
        let thin = 0.011 * child.width;
        let density = child.density();
        Section {
            half_width: half_width as f32,
            cortex: ((thin + (self.thickness - thin) * middle) * (0.5 + 0.5 * density)) as f32,
            spongy: ((0.36 - 0.33 * middle) * density) as f32,
        }
    }
}

/// The end of a bone at which it grows in length.
struct GrowingEnd {
    end: GrowthEnd,
    /// Length of the epiphysis and the growth plate together, mm.
    length: f64,
    /// Radius of the grown end, mm.
    radius: f64,
    /// Form of the grown end.
    surface: Surface,
    /// Years since the epiphysis appeared; negative before.
    years: f64,
    /// Years since the plate closed by half; negative before.
    since_fusion: f64,
}

impl GrowingEnd {
    fn plate(&self, child: &Child) -> GrowthPlate {
        let fused = sigmoid(self.since_fusion / 0.22);
        let fused = if fused < 0.02 {
            0.0
        } else if fused > 0.98 {
            1.0
        } else {
            fused
        };
        let rickets = child.rickets() && fused < 0.5;
        let wide = if rickets { 2.4 } else { 1.0 };
        // Wide while growth is fast, a hair's breadth before it closes.
        let youth = 1.0 - sigmoid((self.since_fusion + 2.0) / 0.9);
        let gap = (0.45 + (0.30 + 0.06 * self.radius) * youth) * wide;
        GrowthPlate {
            end: self.end,
            inset: self.length as f32,
            cup: if rickets { (0.40 * self.radius) as f32 } else { 0.0 },
            epiphysis: (self.years > 0.0).then(|| self.epiphysis(gap.min(0.6 * self.length), youth)),
            fused: fused as f32,
            scar: (fused * (-(self.since_fusion.max(0.0)) / 0.9).exp()) as f32,
        }
    }

    /// A dot at first, as wide as the shaft after some six years, wider and capping it before it fuses.
    fn epiphysis(&self, gap: f64, youth: f64) -> Epiphysis {
        let growth = 1.0 - (-self.years / 2.8).exp();
        let half_width = self.radius * (0.20 + 0.78 * growth + 0.06 * (1.0 - youth));
        // The middle of the joint lies deeper than its edges.
        let hollow = self.radius * f64::from(self.surface.recede(0.0));
        let room = self.length - gap - hollow;
        // The dot lies in the middle of the cartilage and grows to fill it.
        let least = half_width * (0.85 - 0.55 * growth);
        let height = (room * (0.34 + 0.66 * growth)).max(least).min(2.0 * half_width);
        let far = hollow + 0.5 * (room - height) * (1.0 - 0.5 * growth) * (1.0 - growth * growth);
        let near = far + height;
        let form = growth * growth;
        Epiphysis {
            half_width: half_width as f32,
            faces: [far as f32, near as f32],
            form: form as f32,
            cap: (0.9 * gap * (1.0 - youth)) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_points_and_not_beyond_them() {
        let points = [(0.0, 0.8), (0.1, 1.0), (0.4, 0.3), (1.0, 0.0)];
        for (place, height) in points {
            assert!((through(&points, place) - height).abs() < 1e-9);
        }
        for step in 0..=100 {
            assert!((0.0..=1.0).contains(&through(&points, f64::from(step) / 100.0)));
        }
    }

    #[test]
    fn a_bone_has_its_waist_and_its_ends() {
        for outline in [METACARPAL, PROXIMAL, MIDDLE, DISTAL] {
            let at = |share| half_width(outline, [8.0, 4.0, 6.0], share);
            let least = (0..=100).map(|step| at(f64::from(step) / 100.0)).fold(f64::INFINITY, f64::min);
            assert!((least - 4.0).abs() < 0.05, "{least}");
            let most = (0..=100).map(|step| at(f64::from(step) / 100.0)).fold(0.0, f64::max);
            assert!((most - 8.0).abs() < 0.3, "{most}");
        }
    }
}
