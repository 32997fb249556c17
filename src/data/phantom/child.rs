//! What holds for all bones of one child: age, size and build, and the clock of its bones.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::abnormal::Abnormality;
use super::anatomy::{BySex, GROWN_LENGTH, growth};
use crate::data::Sex;

/// A normal draw.
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// 0 far below 0, 1 far above it.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One child.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    /// Bone age, years.
    pub(super) age: f64,
    /// Sex.
    pub(super) sex: Sex,
    /// What its hand is ill of.
    pub(super) abnormality: Option<Abnormality>,
    /// MC II, mm.
    pub(super) length: f64,
    /// Unit of widths, mm: grows less than lengths do, for a small child's bones are plump.
    pub(super) width: f64,
    /// Unit of positions in the wrist, mm.
    pub(super) wrist: f64,
    /// Unit of soft tissue, mm.
    pub(super) tissue: f64,
}

impl Child {
    /// A child of that bone age and sex; its build is drawn from `rng`.
    pub(super) fn new(age: f64, sex: Sex, abnormality: Option<Abnormality>, rng: &mut ChaCha8Rng) -> Self {
        let length = growth(age, sex) * (1.0 + 0.04 * normal(rng));
        let relative = length / GROWN_LENGTH;
        // Boys' bones are the stouter ones at equal length.
        let build = match sex {
            Sex::M => 1.04,
            Sex::F => 0.95,
            Sex::O => 1.0,
        };
        let width = GROWN_LENGTH * relative.powf(0.72) * build * (1.0 + 0.04 * normal(rng));
        let tissue = GROWN_LENGTH * relative.powf(0.62) * build * (1.0 + 0.06 * normal(rng));
        Self { age, sex, abnormality, length, width, wrist: GROWN_LENGTH * relative.powf(0.88), tissue }
    }

    /// Years since an event of that mean age; negative before it. Children differ by about a quarter of a year.
    pub(super) fn since(&self, event: BySex, rng: &mut ChaCha8Rng) -> f64 {
        self.age - event.of(self.sex) + 0.25 * normal(rng)
    }

    /// The same for a bone of the wrist, which may lag behind in illness.
    pub(super) fn since_in_wrist(&self, event: BySex, rng: &mut ChaCha8Rng) -> f64 {
        let lag = if self.abnormality == Some(Abnormality::LateWrist) { 3.0 } else { 0.0 };
        self.since(event, rng) - lag
    }

    /// Whether its growth plates are wide, hollow and ragged.
    pub(super) fn rickets(&self) -> bool {
        self.abnormality == Some(Abnormality::Rickets)
    }

    /// 0 at birth, towards 1 when the joints have their final width.
    pub(super) fn maturity(&self) -> f64 {
        1.0 - (-self.age / 5.0).exp()
    }

    /// Density of its bone, 1 when sound.
    pub(super) fn density(&self) -> f64 {
        if self.rickets() { 0.68 } else { 1.0 }
    }
}
