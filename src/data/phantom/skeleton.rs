//! One child's hand: the tables of [`anatomy`](super::anatomy) at an age, with the differences between children.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::anatomy::{BySex, CARPALS, FOREARM, ForearmBone, GROWN_LENGTH, GrowthEnd, RAYS, Ray, RoundBone, SESAMOID, TubularBone, growth};
use super::shape::{Block, Frame, LongBone, Plate, Rod, Tube};
use crate::data::Sex;

/// All shapes of one hand, in millimetres; the base of metacarpal III is at the origin.
#[derive(Debug, Default)]
pub(super) struct Hand {
    /// Metacarpals, phalanges, radius and ulna.
    pub(super) long_bones: Vec<(Frame, LongBone)>,
    /// Carpal bones and the sesamoid, as far as they have appeared.
    pub(super) blocks: Vec<(Frame, Block)>,
    /// Soft tissue.
    pub(super) tissue: Vec<(Frame, Rod)>,
    /// Where a ring may sit: across the proximal phalanx of ray IV.
    pub(super) ring: Option<(Frame, f64)>,
}

/// The hand of a child of that bone age in years; all that is individual is drawn from `rng`.
pub(super) fn grow(age: f64, sex: Sex, rng: &mut ChaCha8Rng) -> Hand {
    let child = Child::new(age, sex, rng);
    let mut hand = Hand::default();
    for (number, ray) in RAYS.iter().enumerate() {
        add_ray(&mut hand, &child, number, ray, rng);
    }
    for carpal in &CARPALS {
        let centre = carpal.centre.map(|value| value * child.wrist + 0.006 * child.wrist * normal(rng));
        add_block(&mut hand, &child, carpal, centre, rng);
    }
    for bone in &FOREARM {
        add_forearm(&mut hand, &child, bone, rng);
    }
    add_palm(&mut hand, &child);
    hand
}

/// What holds for all bones of one child.
struct Child {
    age: f64,
    sex: Sex,
    /// MC II, mm.
    length: f64,
    /// Unit of widths, mm: grows less than lengths do, for a small child's bones are plump.
    width: f64,
    /// Unit of positions in the wrist, mm.
    wrist: f64,
    /// Unit of soft tissue, mm.
    tissue: f64,
}

impl Child {
    fn new(age: f64, sex: Sex, rng: &mut ChaCha8Rng) -> Self {
        let length = growth(age, sex) * (1.0 + 0.04 * normal(rng));
        let relative = length / GROWN_LENGTH;
        // Boys' bones are the stouter ones at equal length.
        let build = match sex {
            Sex::M => 1.04,
            Sex::F => 0.95,
            Sex::O => 1.0,
        };
        let width = GROWN_LENGTH * relative.powf(0.68) * build * (1.0 + 0.04 * normal(rng));
        let tissue = GROWN_LENGTH * relative.powf(0.60) * build * (1.0 + 0.06 * normal(rng));
        Self { age, sex, length, width, wrist: GROWN_LENGTH * relative.powf(0.85), tissue }
    }

    /// Years since an event of that mean age; negative before it. Children differ by about a quarter of a year.
    fn since(&self, event: BySex, rng: &mut ChaCha8Rng) -> f64 {
        self.age - event.of(self.sex) + 0.25 * normal(rng)
    }

    /// How far a growth plate that fuses at that age has closed.
    fn fused(&self, fusion: BySex, rng: &mut ChaCha8Rng) -> f64 {
        sigmoid(self.since(fusion, rng) / 0.4)
    }

    /// 0 at birth, towards 1 when the joints have their final width.
    fn maturity(&self) -> f64 {
        1.0 - (-self.age / 5.0).exp()
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The point at `distance` from `origin` in a direction of so many degrees.
fn along(origin: [f64; 2], degrees: f64, distance: f64) -> [f64; 2] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [origin[0] + distance * sin, origin[1] + distance * cos]
}

fn add_ray(hand: &mut Hand, child: &Child, number: usize, ray: &Ray, rng: &mut ChaCha8Rng) {
    let joint = 1.2 + 1.8 * (1.0 - child.maturity());
    let mut start = ray.base.map(|value| value * child.wrist);
    let mut angle = ray.metacarpal_angle + 1.5 * normal(rng);
    let spread = ray.finger_angle + 1.8 * normal(rng);
    for (place, bone) in ray.bones.iter().enumerate() {
        let length = bone.length * child.length * (1.0 + 0.02 * normal(rng));
        hand.long_bones.push((Frame::new(start, angle), tubular(child, bone, length, place == 0, rng)));
        let end = along(start, angle, length);
        if number == 0 && place == 0 {
            let [across, up] = SESAMOID.centre.map(|value| value * child.wrist);
            add_block(hand, child, &SESAMOID, along(along(end, angle, up), angle + 90.0, across), rng);
        }
        if number == 3 && place == 1 {
            hand.ring = Some((Frame::new(along(start, angle, 0.45 * length), angle), ray.tissue * child.tissue));
        }
        if place > 0 {
            let taper = |place: usize| ray.tissue * child.tissue * (1.04 - 0.09 * place as f64);
            hand.tissue.push((Frame::new(start, angle), rod(length, [taper(place - 1), taper(place)], 0.85)));
        }
        angle = if place == 0 { spread } else { angle } + 1.2 * normal(rng);
        start = along(end, angle, joint);
    }
}

fn rod(length: f64, radii: [f64; 2], depth: f64) -> Rod {
    Rod { length: length as f32, radii: radii.map(|value| value as f32), depth: depth as f32 }
}

/// A metacarpal or phalanx; the base of a metacarpal is squarer than that of a phalanx.
fn tubular(child: &Child, bone: &TubularBone, length: f64, metacarpal: bool, rng: &mut ChaCha8Rng) -> LongBone {
    let radii = bone.radii.map(|radius| radius * child.width);
    let growing = GrowingEnd {
        length: (if metacarpal && bone.end == GrowthEnd::Distal { 0.17 } else { 0.11 }) * length,
        radius: if bone.end == GrowthEnd::Proximal { radii[0] } else { radii[2] },
        years: child.since(bone.onset, rng),
        fused: child.fused(bone.fusion, rng),
        until_fusion: bone.fusion.of(child.sex) - child.age,
        lean: 0.0,
    };
    let base_rounding = if metacarpal { 0.55 } else { 0.7 };
    growing.bone(Tube { span: [0.0, length as f32], radii: radii.map(|r| r as f32), rounding: [base_rounding, 1.0] }, bone.end)
}

fn add_forearm(hand: &mut Hand, child: &Child, bone: &ForearmBone, rng: &mut ChaCha8Rng) {
    let end = bone.end.map(|value| value * child.wrist);
    // Long enough to leave every film at its lower edge.
    let length = 6.0 * child.length;
    let [shaft, distal] = bone.radii.map(|radius| (radius * child.width) as f32);
    let origin = [end[0] * 1.25, end[1] - length];
    let degrees = ((end[0] - origin[0]) / length).asin().to_degrees();
    let growing = GrowingEnd {
        length: bone.epiphysis * child.wrist,
        radius: f64::from(distal),
        years: child.since(bone.onset, rng),
        fused: child.fused(bone.fusion, rng),
        until_fusion: bone.fusion.of(child.sex) - child.age,
        lean: bone.styloid * bone.epiphysis / bone.radii[1],
    };
    // The flare of a tube reaches over a third of it; here it is to reach over one length of MC II.
    let cut = (length - 2.6 * child.length) as f32;
    let grown = Tube { span: [cut, length as f32], radii: [shaft * 1.05, shaft, distal], rounding: [0.1, 0.7] };
    let below = Tube { span: [-(length as f32), cut + 1.0], radii: [shaft * 1.05; 3], rounding: [0.1, 0.1] };
    hand.long_bones.push((Frame::new(origin, degrees), growing.bone(grown, GrowthEnd::Distal)));
    hand.long_bones.push((Frame::new(origin, degrees), LongBone { shaft: below, epiphysis: None, grown: below, fused: 1.0 }));
}

/// The end of a bone at which it grows in length.
struct GrowingEnd {
    /// Length of the epiphysis and the growth plate together, mm.
    length: f64,
    /// Radius of the grown end, mm.
    radius: f64,
    /// Years since the epiphysis appeared.
    years: f64,
    fused: f64,
    until_fusion: f64,
    lean: f64,
}

impl GrowingEnd {
    /// The bone whose grown form is `grown`: the shaft ends at the growth plate, the epiphysis lies beyond it.
    fn bone(&self, grown: Tube, end: GrowthEnd) -> LongBone {
        let gap = (0.75 + 0.16 * self.radius) * (1.0 - self.fused);
        // Unfused, the end of the shaft is as wide as the bone's end and nearly flat.
        let mut shaft = grown;
        let inset = self.length as f32;
        match end {
            GrowthEnd::Proximal => {
                shaft.span[0] += inset;
                shaft.radii[0] *= 0.92;
                shaft.rounding[0] = 0.35;
            }
            GrowthEnd::Distal => {
                shaft.span[1] -= inset;
                shaft.radii[2] *= 0.92;
                shaft.rounding[1] = 0.35;
            }
        }
        let epiphysis = (self.years > 0.0).then(|| self.plate(grown, end, gap));
        let mut grown = grown;
        // The styloid belongs to the grown bone too, which the plate goes on to draw.
        let fused = if self.lean == 0.0 { self.fused } else { self.fused.min(0.98) };
        if self.lean != 0.0 {
            grown.span[1] = shaft.span[1] + 0.5 * inset;
        }
        LongBone { shaft, epiphysis, grown, fused: fused as f32 }
    }

    fn plate(&self, grown: Tube, end: GrowthEnd, gap: f64) -> Plate {
        // A dot at first; as wide as the shaft after some six years, wider and capping it before fusion.
        let growth = 1.0 - (-self.years / 2.6).exp();
        let puberty = sigmoid((2.6 - self.until_fusion) / 0.8);
        let half_width = self.radius * (0.16 + 0.74 * growth + 0.16 * puberty * (1.0 - self.fused));
        let room = 0.5 * (self.length - gap).max(0.3);
        let half_length = (room * (0.45 + 0.55 * growth)).min(half_width);
        // A growing epiphysis keeps to the growth plate, and fills the room beyond it in the end.
        let centre = gap + half_length;
        let centre = match end {
            GrowthEnd::Proximal => f64::from(grown.span[0]) + self.length - centre,
            GrowthEnd::Distal => f64::from(grown.span[1]) - self.length + centre,
        };
        Plate { centre: centre as f32, half_length: half_length as f32, half_width: half_width as f32, lean: (self.lean * growth) as f32 }
    }
}

fn add_block(hand: &mut Hand, child: &Child, bone: &RoundBone, centre: [f64; 2], rng: &mut ChaCha8Rng) {
    let years = child.since(bone.onset, rng);
    let angle = bone.angle + 3.0 * normal(rng);
    if years <= 0.0 {
        return;
    }
    let growth = (0.12 + 0.88 * (1.0 - (-years / 3.0).exp())) * (1.0 + 0.03 * normal(rng));
    let [long, short] = bone.axes.map(|axis| axis * child.wrist * growth);
    // A young centre is round and takes its shape as it grows.
    let mean = f64::midpoint(long, short);
    let axes = [mean + (long - mean) * growth, mean + (short - mean) * growth];
    hand.blocks.push((Frame::new(centre, angle), Block { axes: axes.map(|axis| axis as f32) }));
}

/// Soft tissue of palm, thumb ball, wrist and forearm.
fn add_palm(hand: &mut Hand, child: &Child) {
    let (wrist, tissue, length) = (child.wrist, child.tissue, child.length);
    let mut between = |from: [f64; 2], to: [f64; 2], radii: [f64; 2], depth: f64| {
        let [x, y] = [to[0] - from[0], to[1] - from[1]];
        let frame = Frame::new(from, x.atan2(y).to_degrees());
        hand.tissue.push((frame, rod(x.hypot(y), radii.map(|radius| radius * tissue), depth)));
    };
    for ray in &RAYS[1..] {
        let base = ray.base.map(|value| value * wrist);
        let head = along(base, ray.metacarpal_angle, ray.bones[0].length * length);
        between(base, head, [0.23, 0.175], 0.85);
        between(head, along(head, ray.finger_angle, 0.3 * length * ray.bones[1].length), [0.175, ray.tissue * 1.02], 0.85);
    }
    let thumb = RAYS[0].base.map(|value| value * wrist);
    let thumb_end = along(thumb, RAYS[0].metacarpal_angle, RAYS[0].bones[0].length * length);
    between([0.22 * wrist, -0.15 * wrist], thumb_end, [0.26, RAYS[0].tissue * 1.08], 0.8);
    let web = along(thumb, RAYS[0].metacarpal_angle, 0.45 * RAYS[0].bones[0].length * length);
    between(web, [0.26 * wrist, 0.55 * length], [0.20, 0.14], 0.5);
    between([-0.22 * wrist, -0.45 * wrist], along([-0.36 * wrist, -0.09 * wrist], -16.0, 0.7 * length), [0.24, 0.17], 0.75);
    between([0.02 * wrist, -0.05 * wrist], [-0.07 * wrist, -0.75 * wrist], [0.44, 0.40], 0.48);
    between([-0.07 * wrist, -0.75 * wrist], [-0.07 * wrist, -6.0 * length], [0.40, 0.75], 0.6);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, keyed};

    fn hand(age: f64, sex: Sex) -> Hand {
        grow(age, sex, &mut keyed(3, Purpose::Phantom, &[0]))
    }

    #[test]
    fn carpal_centres_appear_with_age_and_earlier_in_girls() {
        for (age, boys, girls) in [(0.9, 2, 2), (3.2, 3, 4), (5.0, 4, 7), (8.0, 7, 7), (10.3, 7, 8), (17.0, 9, 9)] {
            assert_eq!(hand(age, Sex::M).blocks.len(), boys, "boy of {age}");
            assert_eq!(hand(age, Sex::F).blocks.len(), girls, "girl of {age}");
        }
    }

    #[test]
    fn epiphyses_appear_widen_and_fuse() {
        let state = |age| {
            let hand = hand(age, Sex::M);
            let bone = hand.long_bones[5].1;
            (bone.epiphysis.map_or(0.0, |plate| plate.half_width / bone.grown.radii[0]), bone.fused)
        };
        let widths: Vec<f32> = [0.5, 3.0, 6.0, 12.0].map(|age| state(age).0).to_vec();
        assert!(widths[0].abs() < f32::EPSILON && widths.is_sorted_by(|a, b| a < b), "{widths:?}");
        assert!(state(8.0).1 < 0.01 && state(18.0).1 > 0.9);
    }
}
