//! The soft tissue about a skeleton: fingers, webs, palm, ball of the thumb and forearm.

use super::anatomy::RAYS;
use super::child::Child;
use super::shape::{Frame, Rod};
use super::skeleton::{Hand, Joint, Joints, along};

/// Adds the soft tissue that hangs on those joints.
pub(super) fn add(hand: &mut Hand, child: &Child, joints: &Joints) {
    let mut body = Body { rods: &mut hand.tissue, unit: child.tissue };
    for (number, ray) in joints.rays.iter().enumerate() {
        body.finger(number, ray, child.tissue * RAYS[number].tissue);
    }
    for pair in joints.rays[1..].windows(2) {
        body.web(&pair[0], &pair[1]);
    }
    body.palm(child, joints);
    if let Some(wrist) = joints.wrist {
        body.forearm(child, wrist);
    }
}

struct Body<'a> {
    rods: &'a mut Vec<(Frame, Rod)>,
    /// Unit of radii, mm.
    unit: f64,
}

impl Body<'_> {
    fn between(&mut self, from: [f64; 2], to: [f64; 2], radii: [f64; 2], depth: f64) {
        let [x, y] = [to[0] - from[0], to[1] - from[1]];
        let frame = Frame::new(from, x.atan2(y).to_degrees());
        self.rods.push((frame, Rod { length: x.hypot(y).max(0.1) as f32, radii: radii.map(|radius| radius as f32), depth: depth as f32 }));
    }

    /// Phalanges: narrower towards the tip, which is round and reaches beyond the bone.
    fn finger(&mut self, number: usize, ray: &[Joint], radius: f64) {
        let phalanges = ray.len() - 2;
        for place in 1..=phalanges {
            let (start, end) = (ray[place].at, ray[place + 1].at);
            let taper = |place: usize| radius * [1.06, 1.0, 0.93, 0.80][(place + 3 - phalanges).min(3)];
            let (from, to) = (taper(place - 1), taper(place));
            let end = if place == phalanges { along(end, ray[place].degrees, -0.55 * to) } else { end };
            self.between(start, end, [from, to], 0.85);
        }
        if number == 0 {
            self.between(ray[0].at, ray[1].at, [0.26 * self.unit, 1.12 * radius], 0.85);
        }
    }

    /// The web between two fingers, with the fat at their roots.
    fn web(&mut self, one: &[Joint], other: &[Joint]) {
        let root = |ray: &[Joint], share: f64| {
            let (from, to) = (ray[1].at, ray[2].at);
            [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
        };
        for (share, radius, depth) in [(-0.20, 0.165, 0.75), (0.02, 0.150, 0.70), (0.20, 0.120, 0.62)] {
            self.between(root(one, share), root(other, share), [radius * self.unit; 2], depth);
        }
    }

    fn palm(&mut self, child: &Child, joints: &Joints) {
        let (wrist, unit, length) = (child.wrist, self.unit, child.length);
        for ray in &joints.rays[1..] {
            let (base, head) = (ray[0].at, ray[1].at);
            self.between(base, head, [0.23 * unit, 0.185 * unit], 0.85);
            self.between(head, along(head, ray[1].degrees, 0.2 * length), [0.17 * unit, 0.14 * unit], 0.9);
        }
        // Ball of the thumb, and the fold between it and the palm.
        let thumb = &joints.rays[0];
        let middle = along(thumb[0].at, thumb[0].degrees, 0.42 * length);
        self.between([0.20 * wrist, -0.22 * wrist], middle, [0.25 * unit, 0.21 * unit], 0.95);
        self.between(along(thumb[0].at, thumb[0].degrees, 0.36 * length), [0.22 * wrist, 0.52 * length], [0.17 * unit, 0.13 * unit], 0.6);
        self.between([0.14 * wrist, 0.02 * wrist], [0.24 * wrist, 0.36 * length], [0.25 * unit, 0.19 * unit], 0.8);
        // Ball of the little finger.
        let little = &joints.rays[4];
        let side = along(little[0].at, little[0].degrees - 90.0, 0.02 * wrist);
        self.between([-0.20 * wrist, -0.42 * wrist], side, [0.22 * unit, 0.21 * unit], 0.8);
        self.between(side, along(side, little[0].degrees, 0.62 * length), [0.21 * unit, 0.165 * unit], 0.8);
        self.between([0.02 * wrist, -0.06 * wrist], [-0.05 * wrist, -0.45 * wrist], [0.43 * unit, 0.41 * unit], 0.5);
    }

    fn forearm(&mut self, child: &Child, wrist: Joint) {
        let below = |lengths: f64| along(wrist.at, wrist.degrees, lengths * child.length);
        self.between([-0.05 * child.wrist, -0.28 * child.wrist], below(0.35), [0.42 * self.unit, 0.42 * self.unit], 0.60);
        self.between(below(0.35), below(1.4), [0.42 * self.unit, 0.50 * self.unit], 0.68);
        self.between(below(1.4), below(7.0), [0.50 * self.unit, 0.72 * self.unit], 0.74);
    }
}
