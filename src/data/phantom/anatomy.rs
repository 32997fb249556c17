//! What is known of a growing left hand: lengths, positions, and when each bone appears and fuses.
//!
//! Lengths and widths are in units of the second metacarpal ("MC II") of a grown hand of the same sex; ages in years.
//! Lengths follow Garn et al. 1972 and onsets Greulich & Pyle 1959 and Garn et al. 1967, rounded and from memory: good
//! enough for a synthetic hand, and nothing to be cited for a patient. x grows towards the thumb, y towards the
//! fingertips, and the origin is the base of the third metacarpal.

use crate::data::Sex;

/// A value that differs between the sexes.
#[derive(Debug, Clone, Copy)]
pub(super) struct BySex {
    boys: f64,
    girls: f64,
}

impl BySex {
    /// The value for a sex; the mean of both where it is neither.
    pub(super) fn of(self, sex: Sex) -> f64 {
        match sex {
            Sex::M => self.boys,
            Sex::F => self.girls,
            Sex::O => f64::midpoint(self.boys, self.girls),
        }
    }
}

const fn by_sex(boys: f64, girls: f64) -> BySex {
    BySex { boys, girls }
}

/// MC II of a grown man, mm: the length to which widths are given.
pub(super) const GROWN_LENGTH: f64 = 70.0;

/// Age and length of MC II in mm.
const GROWTH: [(f64, BySex); 11] = [
    (0.0, by_sex(16.0, 15.5)),
    (1.0, by_sex(22.0, 22.0)),
    (2.0, by_sex(28.0, 28.0)),
    (4.0, by_sex(37.0, 37.0)),
    (6.0, by_sex(43.0, 43.0)),
    (8.0, by_sex(48.0, 48.0)),
    (10.0, by_sex(53.0, 53.0)),
    (12.0, by_sex(57.0, 59.0)),
    (14.0, by_sex(64.0, 63.0)),
    (16.0, by_sex(69.0, 64.0)),
    (18.0, by_sex(70.0, 65.0)),
];

/// Length of MC II in mm, linear between the ages of the table.
pub(super) fn growth(age: f64, sex: Sex) -> f64 {
    let after = GROWTH.iter().position(|(known, _)| *known >= age).unwrap_or(GROWTH.len() - 1).max(1);
    let ((from, low), (to, high)) = (GROWTH[after - 1], GROWTH[after]);
    let share = ((age - from) / (to - from)).clamp(0.0, 1.0);
    low.of(sex) + share * (high.of(sex) - low.of(sex))
}

/// Which end of a tubular bone carries the growth plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrowthEnd {
    /// Metacarpal I and all phalanges.
    Proximal,
    /// Metacarpals II–V.
    Distal,
}

/// A metacarpal or a phalanx.
#[derive(Debug, Clone, Copy)]
pub(super) struct TubularBone {
    /// Length.
    pub(super) length: f64,
    /// Radius at the base, the waist and the head.
    pub(super) radii: [f64; 3],
    /// When the epiphysis appears.
    pub(super) onset: BySex,
    /// When it fuses with the shaft.
    pub(super) fusion: BySex,
    /// Where it lies.
    pub(super) end: GrowthEnd,
}

/// A finger or the thumb, from its metacarpal to its tip.
#[derive(Debug)]
pub(super) struct Ray {
    /// Base of the metacarpal.
    pub(super) base: [f64; 2],
    /// Angle of the metacarpal from straight up, degrees towards the thumb.
    pub(super) metacarpal_angle: f64,
    /// Angle of the phalanges.
    pub(super) finger_angle: f64,
    /// Radius of the soft tissue about the phalanges.
    pub(super) tissue: f64,
    /// Proximal to distal.
    pub(super) bones: &'static [TubularBone],
}

const METACARPAL_FUSION: BySex = by_sex(16.3, 14.5);
const PROXIMAL_FUSION: BySex = by_sex(16.3, 14.5);
const MIDDLE_FUSION: BySex = by_sex(16.5, 14.7);
const DISTAL_FUSION: BySex = by_sex(15.5, 13.5);

const fn metacarpal(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 1.75, waist, waist * 1.7];
    TubularBone { length, radii, onset, fusion: METACARPAL_FUSION, end: GrowthEnd::Distal }
}

const fn proximal(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 1.65, waist, waist * 1.25];
    TubularBone { length, radii, onset, fusion: PROXIMAL_FUSION, end: GrowthEnd::Proximal }
}

const fn middle(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 1.65, waist, waist * 1.3];
    TubularBone { length, radii, onset, fusion: MIDDLE_FUSION, end: GrowthEnd::Proximal }
}

const fn distal(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 2.0, waist, waist * 1.45];
    TubularBone { length, radii, onset, fusion: DISTAL_FUSION, end: GrowthEnd::Proximal }
}

/// Rays I–V.
pub(super) const RAYS: [Ray; 5] = [
    Ray {
        base: [0.40, -0.10],
        metacarpal_angle: 38.0,
        finger_angle: 30.0,
        tissue: 0.155,
        bones: &[
            TubularBone { end: GrowthEnd::Proximal, ..metacarpal(0.67, 0.068, by_sex(2.6, 1.6)) },
            proximal(0.45, 0.062, by_sex(3.0, 1.7)),
            distal(0.33, 0.048, by_sex(1.5, 1.0)),
        ],
    },
    Ray {
        base: [0.20, 0.0],
        metacarpal_angle: 9.0,
        finger_angle: 9.0,
        tissue: 0.135,
        bones: &[
            metacarpal(1.0, 0.060, by_sex(1.6, 1.1)),
            proximal(0.60, 0.062, by_sex(1.45, 0.9)),
            middle(0.36, 0.052, by_sex(2.0, 1.3)),
            distal(0.25, 0.034, by_sex(3.2, 2.1)),
        ],
    },
    Ray {
        base: [0.0, 0.0],
        metacarpal_angle: 1.0,
        finger_angle: 0.0,
        tissue: 0.135,
        bones: &[
            metacarpal(0.97, 0.060, by_sex(1.8, 1.2)),
            proximal(0.66, 0.063, by_sex(1.3, 0.8)),
            middle(0.42, 0.054, by_sex(2.0, 1.3)),
            distal(0.27, 0.036, by_sex(2.4, 1.5)),
        ],
    },
    Ray {
        base: [-0.175, -0.03],
        metacarpal_angle: -7.0,
        finger_angle: -10.0,
        tissue: 0.13,
        bones: &[
            metacarpal(0.85, 0.051, by_sex(2.0, 1.3)),
            proximal(0.62, 0.058, by_sex(1.45, 0.9)),
            middle(0.40, 0.051, by_sex(2.0, 1.3)),
            distal(0.27, 0.035, by_sex(2.4, 1.5)),
        ],
    },
    Ray {
        base: [-0.33, -0.09],
        metacarpal_angle: -15.0,
        finger_angle: -18.0,
        tissue: 0.115,
        bones: &[
            metacarpal(0.79, 0.052, by_sex(2.2, 1.4)),
            proximal(0.49, 0.050, by_sex(1.8, 1.2)),
            middle(0.29, 0.043, by_sex(3.4, 1.9)),
            distal(0.24, 0.030, by_sex(3.2, 2.1)),
        ],
    },
];

/// A bone of the wrist, or a sesamoid.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundBone {
    /// When its centre appears.
    pub(super) onset: BySex,
    /// Its centre.
    pub(super) centre: [f64; 2],
    /// Half its length and half its width when grown.
    pub(super) axes: [f64; 2],
    /// Angle of its length from straight up, degrees towards the thumb.
    pub(super) angle: f64,
}

const fn round(onset: BySex, centre: [f64; 2], axes: [f64; 2], angle: f64) -> RoundBone {
    RoundBone { onset, centre, axes, angle }
}

/// Capitate, hamate, triquetrum, lunate, scaphoid, trapezium, trapezoid, pisiform: in the order in which they appear.
pub(super) const CARPALS: [RoundBone; 8] = [
    round(by_sex(0.25, 0.17), [-0.01, -0.18], [0.165, 0.100], 3.0),
    round(by_sex(0.33, 0.25), [-0.205, -0.205], [0.140, 0.105], -20.0),
    round(by_sex(2.4, 1.7), [-0.285, -0.385], [0.105, 0.080], -50.0),
    round(by_sex(4.0, 2.6), [-0.085, -0.435], [0.115, 0.090], 80.0),
    round(by_sex(5.6, 4.1), [0.155, -0.375], [0.165, 0.085], 38.0),
    round(by_sex(5.9, 4.1), [0.320, -0.190], [0.115, 0.095], 40.0),
    round(by_sex(6.2, 4.2), [0.170, -0.135], [0.090, 0.075], 10.0),
    round(by_sex(11.0, 9.5), [-0.335, -0.370], [0.070, 0.060], 0.0),
];

/// The sesamoid of the thumb, relative to the head of metacarpal I.
pub(super) const SESAMOID: RoundBone = round(by_sex(12.8, 10.8), [-0.105, -0.035], [0.042, 0.032], 30.0);

/// A bone of the forearm; only its distal end is on the film.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForearmBone {
    /// Middle of its distal end.
    pub(super) end: [f64; 2],
    /// Radius of the shaft and of the distal end.
    pub(super) radii: [f64; 2],
    /// Length of the distal epiphysis.
    pub(super) epiphysis: f64,
    /// How far the epiphysis rises towards the thumb, as a share of its length; falls where negative.
    pub(super) styloid: f64,
    /// When the epiphysis appears.
    pub(super) onset: BySex,
    /// When it fuses.
    pub(super) fusion: BySex,
}

/// Radius and ulna.
pub(super) const FOREARM: [ForearmBone; 2] = [
    ForearmBone {
        end: [0.095, -0.555],
        radii: [0.105, 0.215],
        epiphysis: 0.125,
        styloid: 0.55,
        onset: by_sex(1.1, 0.8),
        fusion: by_sex(18.0, 16.5),
    },
    ForearmBone {
        end: [-0.275, -0.60],
        radii: [0.080, 0.120],
        epiphysis: 0.085,
        styloid: -0.5,
        onset: by_sex(7.0, 5.5),
        fusion: by_sex(17.0, 15.5),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_metacarpal_grows_as_tabled_and_stops_at_eighteen() {
        for (age, sex, expected) in [
            (1.0, Sex::F, 22.0),
            (3.0, Sex::M, 32.5),
            (12.0, Sex::F, 59.0),
            (12.0, Sex::M, 57.0),
            (15.0, Sex::M, 66.5),
            (25.0, Sex::F, 65.0),
        ] {
            assert!((growth(age, sex) - expected).abs() < 1e-9, "{age} {sex:?}: {}", growth(age, sex));
        }
        for sex in [Sex::F, Sex::M, Sex::O] {
            let lengths: Vec<f64> = (0..=18).map(|age| growth(f64::from(age), sex)).collect();
            assert!(lengths.is_sorted_by(|a, b| a < b), "{lengths:?}");
        }
    }

    #[test]
    fn girls_are_ahead_of_boys_in_every_onset_and_fusion() {
        let tubular = RAYS.iter().flat_map(|ray| ray.bones).flat_map(|bone| [bone.onset, bone.fusion]);
        let carpals = CARPALS.iter().chain([&SESAMOID]).map(|bone| bone.onset);
        let forearm = FOREARM.iter().flat_map(|bone| [bone.onset, bone.fusion]);
        for time in tubular.chain(carpals).chain(forearm) {
            assert!(time.girls < time.boys, "{time:?}");
        }
        assert!(CARPALS.is_sorted_by(|a, b| a.onset.boys <= b.onset.boys && a.onset.girls <= b.onset.girls));
    }
}
