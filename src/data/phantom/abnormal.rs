//! Hands that have not grown as others do.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::anatomy::BoneKind;

/// What a hand shows beside its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abnormality {
    /// Metacarpals IV and V are a quarter too short.
    ShortMetacarpals,
    /// The middle phalanx of the little finger is much too short, and the finger bent.
    ShortLittleFinger,
    /// Growth plates are wide and hollow and the bone is pale; only while they are open.
    Rickets,
    /// The bones of the wrist are three years behind those of the fingers; only while that shows.
    LateWrist,
}

impl Abnormality {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShortMetacarpals => "short_metacarpals",
            Self::ShortLittleFinger => "short_little_finger",
            Self::Rickets => "rickets",
            Self::LateWrist => "late_wrist",
        }
    }

    /// One of those that a child of that bone age in years can show.
    pub(super) fn draw(age: f64, rng: &mut ChaCha8Rng) -> Self {
        let kinds: &[Self] = match age {
            ..3.5 => &[Self::ShortMetacarpals, Self::ShortLittleFinger, Self::Rickets],
            ..9.5 => &[Self::ShortMetacarpals, Self::ShortLittleFinger, Self::Rickets, Self::LateWrist],
            ..12.0 => &[Self::ShortMetacarpals, Self::ShortLittleFinger, Self::Rickets],
            _ => &[Self::ShortMetacarpals, Self::ShortLittleFinger],
        };
        kinds[rng.random_range(0..kinds.len())]
    }

    /// Length of a bone of ray I–V (0–4) as a share of the sound one.
    pub(super) fn length_of(self, ray: usize, kind: BoneKind) -> f64 {
        match (self, ray, kind) {
            (Self::ShortMetacarpals, 3, BoneKind::Metacarpal) => 0.70,
            (Self::ShortMetacarpals, 4, BoneKind::Metacarpal) => 0.76,
            (Self::ShortLittleFinger, 4, BoneKind::Middle) => 0.52,
            _ => 1.0,
        }
    }

    /// Degrees by which a bone is bent towards the thumb at its base.
    pub(super) fn bend_of(self, ray: usize, kind: BoneKind) -> f64 {
        if self == Self::ShortLittleFinger && ray == 4 && kind == BoneKind::Distal { 16.0 } else { 0.0 }
    }
}
