//! One child's hand: the tables of [`anatomy`](super::anatomy) at an age, with the differences between children.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::anatomy::{BoneKind, CARPALS, FOREARM, HOOK, RAYS, RoundBone, SESAMOIDS};
use super::block::{Block, Stage};
use super::child::{Child, normal};
use super::long_bone::LongBone;
use super::pose::Pose;
use super::shape::{Frame, Rod};
use super::{tissue, tubular};

/// All shapes of one hand, in millimetres; the base of metacarpal III is at the origin.
#[derive(Debug, Default)]
pub(super) struct Hand {
    /// Metacarpals and phalanges by ray, from the wrist outwards; then radius and ulna.
    pub(super) long_bones: Vec<(Frame, LongBone)>,
    /// Wrist bones and sesamoids, as far as they have appeared.
    pub(super) blocks: Vec<(Frame, Block)>,
    /// Soft tissue.
    pub(super) tissue: Vec<(Frame, Rod)>,
    /// Where metal may be worn.
    pub(super) seats: Seats,
}

/// Where metal may be worn: frames along the limb, and half its width there in mm.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// The proximal phalanges of rays II to V.
    pub(super) rings: Vec<(Frame, f64)>,
    /// The forearm above the wrist.
    pub(super) bracelet: Option<(Frame, f64)>,
}

/// A point and the way on from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joint {
    /// The point, mm.
    pub(super) at: [f64; 2],
    /// Degrees from straight up, towards the thumb.
    pub(super) degrees: f64,
}

/// The skeleton's joints, on which the soft tissue hangs.
#[derive(Debug, Default)]
pub(super) struct Joints {
    /// Of each ray: the beginning of every bone, and last the tip.
    pub(super) rays: Vec<Vec<Joint>>,
    /// Middle of the wrist, with the way to the elbow.
    pub(super) wrist: Option<Joint>,
}

/// The hand of a child in a pose; all that is individual is drawn from `rng`.
pub(super) fn grow(child: &Child, pose: &Pose, rng: &mut ChaCha8Rng) -> Hand {
    let mut hand = Hand::default();
    let mut joints = Joints::default();
    for number in 0..RAYS.len() {
        joints.rays.push(add_ray(&mut hand, child, pose, number, rng));
    }
    for carpal in CARPALS.iter().chain([&HOOK]) {
        let centre = carpal.centre.map(|value| value * child.wrist + 0.005 * child.wrist * normal(rng));
        let degrees = 2.5 * normal(rng);
        add_block(&mut hand, child, carpal, Joint { at: centre, degrees }, rng);
    }
    joints.wrist = Some(add_forearm(&mut hand, child, pose, rng));
    tissue::add(&mut hand, child, &joints);
    hand
}

/// The point at `distance` from `origin` in a direction of so many degrees.
pub(super) fn along(origin: [f64; 2], degrees: f64, distance: f64) -> [f64; 2] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [origin[0] + distance * sin, origin[1] + distance * cos]
}

fn add_ray(hand: &mut Hand, child: &Child, pose: &Pose, number: usize, rng: &mut ChaCha8Rng) -> Vec<Joint> {
    let ray = &RAYS[number];
    let thumb = if number == 0 { pose.thumb } else { 0.0 };
    let joint_space = 1.0 + 1.7 * (1.0 - child.maturity());
    let mut at = ray.base.map(|value| value * child.wrist);
    let mut degrees = ray.metacarpal_angle + 0.7 * thumb + 1.5 * normal(rng);
    let spread = if number == 0 { ray.finger_angle + 1.4 * thumb } else { ray.finger_angle * pose.spread } + 1.8 * normal(rng);
    let mut joints = Vec::new();
    for bone in ray.bones {
        let ill = child.abnormality;
        degrees += ill.map_or(0.0, |ill| ill.bend_of(number, bone.kind));
        let share = ill.map_or(1.0, |ill| ill.length_of(number, bone.kind));
        let length = bone.length * child.length * share * (1.0 + 0.02 * normal(rng));
        joints.push(Joint { at, degrees });
        hand.long_bones.push((Frame::new(at, degrees), tubular::tubular(child, bone, length, rng)));
        let end = along(at, degrees, length);
        match (number, bone.kind) {
            (0, BoneKind::Metacarpal) => add_sesamoids(hand, child, end, degrees, rng),
            (1.., BoneKind::Proximal) => {
                hand.seats.rings.push((Frame::new(along(at, degrees, 0.45 * length), degrees), ray.tissue * child.tissue));
            }
            _ => {}
        }
        at = along(end, degrees, joint_space);
        degrees = if bone.kind == BoneKind::Metacarpal { spread } else { degrees } + 1.3 * normal(rng);
    }
    joints.push(Joint { at, degrees });
    joints
}

fn add_sesamoids(hand: &mut Hand, child: &Child, head: [f64; 2], degrees: f64, rng: &mut ChaCha8Rng) {
    for sesamoid in &SESAMOIDS {
        let [across, up] = sesamoid.centre.map(|value| value * child.width);
        let at = along(along(head, degrees, up), degrees + 90.0, across);
        add_block(hand, child, sesamoid, Joint { at, degrees: degrees + 6.0 * normal(rng) }, rng);
    }
}

fn add_block(hand: &mut Hand, child: &Child, bone: &RoundBone, place: Joint, rng: &mut ChaCha8Rng) {
    let years = child.since_in_wrist(bone.onset, rng);
    let size = 1.0 + 0.025 * normal(rng);
    let seed = rng.random();
    if years <= 0.0 {
        return;
    }
    let growth = 0.16 + 0.84 * (1.0 - (-years / 3.2).exp());
    let stage = Stage { unit: child.wrist * size, growth, density: child.density() as f32, seed };
    hand.blocks.push((Frame::new(place.at, place.degrees), Block::new(bone, stage)));
}

/// Radius and ulna, turned about the wrist; returns the wrist.
fn add_forearm(hand: &mut Hand, child: &Child, pose: &Pose, rng: &mut ChaCha8Rng) -> Joint {
    let pivot = [-0.05 * child.wrist, -0.33 * child.wrist];
    let down = 180.0 - pose.wrist;
    for bone in &FOREARM {
        let [x, y] = bone.end.map(|value| value * child.wrist);
        let (offset, drop) = (x - pivot[0], pivot[1] - y);
        let end = along(along(pivot, down, drop), down - 90.0, offset);
        // A drift towards the thumb is a turn against the clock for a bone that points down.
        let degrees = down - bone.drift.atan().to_degrees() + 0.6 * normal(rng);
        hand.long_bones.push((Frame::new(end, degrees), tubular::forearm(child, bone, rng)));
    }
    let wrist = Joint { at: along(pivot, down, 0.2 * child.wrist), degrees: down };
    let seat = along(wrist.at, down, 0.20 * child.wrist);
    hand.seats.bracelet = Some((Frame::new(seat, down), 0.44 * child.tissue));
    wrist
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Sex;
    use crate::data::phantom::Abnormality;
    use crate::random::{Purpose, keyed};

    fn hand(age: f64, sex: Sex) -> Hand {
        let mut rng = keyed(3, Purpose::Phantom, &[0]);
        let child = Child::new(age, sex, None, &mut rng);
        let pose = Pose::draw(&mut rng);
        grow(&child, &pose, &mut rng)
    }

    fn names(hand: &Hand) -> Vec<&'static str> {
        hand.blocks.iter().map(|(_, block)| block.name).collect()
    }

    #[test]
    fn wrist_bones_appear_in_their_order_and_earlier_in_girls() {
        for (age, boys, girls) in [(0.0, 0, 0), (1.0, 2, 2), (3.2, 3, 4), (5.0, 4, 7), (8.0, 7, 7), (10.2, 7, 8), (17.0, 8, 8)] {
            for (sex, count) in [(Sex::M, boys), (Sex::F, girls)] {
                let carpals: Vec<&str> =
                    names(&hand(age, sex)).into_iter().filter(|name| CARPALS.iter().any(|carpal| carpal.name == *name)).collect();
                let expected: Vec<&str> = CARPALS.iter().take(count).map(|carpal| carpal.name).collect();
                assert_eq!(carpals, expected, "{sex:?} of {age}");
            }
        }
    }

    #[test]
    fn the_sesamoids_of_the_thumb_come_with_puberty() {
        let sesamoids = |age, sex| names(&hand(age, sex)).iter().filter(|name| name.contains("sesamoid")).count();
        for (age, boys, girls) in [(10.0, 0, 0), (12.0, 0, 1), (13.1, 0, 2), (15.0, 2, 2)] {
            assert!(sesamoids(age, Sex::M).abs_diff(boys) <= 1 && sesamoids(age, Sex::F).abs_diff(girls) <= 1, "at {age}");
        }
        assert_eq!((sesamoids(9.5, Sex::M), sesamoids(16.0, Sex::M)), (0, 2));
    }

    #[test]
    fn epiphyses_appear_and_fuse_at_their_ages() {
        let counts = |age, sex| {
            let plates: Vec<_> = hand(age, sex).long_bones.iter().map(|(_, bone)| bone.growth).collect();
            assert_eq!(plates.len(), 21);
            let appeared = plates.iter().filter(|plate| plate.epiphysis.is_some()).count();
            (appeared, plates.iter().filter(|plate| plate.fused >= 0.5).count())
        };
        for sex in [Sex::F, Sex::M] {
            assert_eq!(counts(0.0, sex), (0, 0), "{sex:?}, newborn");
            assert_eq!(counts(4.9, sex), (20, 0), "{sex:?}: all but the ulna");
            assert_eq!(counts(9.0, sex), (21, 0), "{sex:?} of 9");
            assert!(counts(18.0, sex).1 >= 20, "{sex:?} grown: all but the radius, perhaps");
        }
        assert!(counts(1.6, Sex::F).0 > counts(1.6, Sex::M).0 + 4);
        assert!(counts(15.6, Sex::F).1 > counts(15.6, Sex::M).1 + 8);
    }

    #[test]
    fn epiphyses_widen_and_gaps_close() {
        let third = |age| hand(age, Sex::M).long_bones[8].1.growth;
        let width = |age| third(age).epiphysis.map_or(0.0, |epiphysis| epiphysis.half_width / hand(age, Sex::M).long_bones[8].1.radii[0]);
        let widths = [0.5, 2.5, 5.0, 9.0, 14.0].map(width);
        assert!(widths[0] == 0.0 && widths[1] < 0.7 && widths.is_sorted_by(|a, b| a < b) && widths[4] > 0.95, "{widths:?}");
        let gap = |age| third(age).epiphysis.map_or(f32::NAN, |epiphysis| third(age).inset - epiphysis.faces[1]);
        assert!(gap(9.0) > 0.6 && gap(15.0) < gap(9.0), "{} {}", gap(9.0), gap(15.0));
        assert!(third(18.0).fused == 1.0 && third(18.0).scar > 0.0 && third(11.0).scar == 0.0);
    }

    #[test]
    fn illness_shows_in_the_bones_that_it_names() {
        let lengths = |ill| {
            let mut rng = keyed(4, Purpose::Phantom, &[0]);
            let child = Child::new(5.5, Sex::F, ill, &mut rng);
            grow(&child, &Pose::draw(&mut rng), &mut rng)
        };
        let sound = lengths(None);
        for (ill, changed) in [(Abnormality::ShortMetacarpals, vec![11, 15]), (Abnormality::ShortLittleFinger, vec![17])] {
            let other = lengths(Some(ill));
            let short = |bone: &usize| other.long_bones[*bone].1.length < 0.9 * sound.long_bones[*bone].1.length;
            assert_eq!((0..21).filter(short).collect::<Vec<usize>>(), changed, "{ill:?}");
        }
        let rickets = lengths(Some(Abnormality::Rickets));
        assert!(
            rickets.long_bones.iter().all(|(_, bone)| bone.growth.cup > 0.0)
                && sound.long_bones.iter().all(|(_, bone)| bone.growth.cup == 0.0)
        );
        assert!(lengths(Some(Abnormality::LateWrist)).blocks.len() < sound.blocks.len());
    }

    #[test]
    fn every_bone_of_the_hand_lies_within_the_flesh() {
        for (age, sex) in [(0.2, Sex::M), (3.0, Sex::F), (9.0, Sex::M), (17.0, Sex::M)] {
            let hand = hand(age, sex);
            let covered = |point: [f32; 2]| {
                hand.tissue.iter().any(|(frame, rod)| {
                    let [x, y] = [point[0] - frame.origin[0], point[1] - frame.origin[1]];
                    let [ax, ay] = frame.axis;
                    rod.thickness(x * ax + y * ay, x * ay - y * ax) > 0.0
                })
            };
            for (number, (frame, bone)) in hand.long_bones.iter().enumerate() {
                let [ax, ay] = frame.axis;
                let length = bone.length.min(60.0);
                for (share, across) in [(0.02, 0.9), (0.02, -0.9), (0.5, 0.9), (0.5, -0.9), (0.98, 0.8), (0.98, -0.8)] {
                    let (u, v) = (share * length, across * bone.profile.at(share * length).half_width);
                    let point = [frame.origin[0] + u * ax + v * ay, frame.origin[1] + u * ay - v * ax];
                    assert!(covered(point), "bone {number} of a child of {age} at {share} {across}");
                }
            }
        }
    }
}
