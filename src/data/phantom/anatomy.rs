//! What is known of a growing left hand: lengths, forms, positions, and when each bone appears and fuses.
//!
//! Lengths and widths are in units of the second metacarpal ("MC II") of a grown man's hand; ages in years.
//! Lengths follow Garn et al. 1972 and onsets Greulich & Pyle 1959 and Garn et al. 1967, rounded and from memory: good
//! enough for a synthetic hand, and nothing to be cited for a patient. x grows towards the thumb, y towards the
//! fingertips, and the origin is the base of the third metacarpal.

use super::surface::Surface;
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

/// What kind of tubular bone it is, from the wrist outwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoneKind {
    /// Metacarpal.
    Metacarpal,
    /// Proximal phalanx.
    Proximal,
    /// Middle phalanx; the thumb has none.
    Middle,
    /// Distal phalanx.
    Distal,
}

/// A metacarpal or a phalanx.
#[derive(Debug, Clone, Copy)]
pub(super) struct TubularBone {
    /// What it is.
    pub(super) kind: BoneKind,
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
    /// Form of the base and of the head.
    pub(super) surfaces: [Surface; 2],
}

/// A finger or the thumb, from its metacarpal to its tip.
#[derive(Debug)]
pub(super) struct Ray {
    /// Base of the metacarpal.
    pub(super) base: [f64; 2],
    /// Angle of the metacarpal from straight up, degrees towards the thumb.
    pub(super) metacarpal_angle: f64,
    /// Angle of the phalanges in a hand that is laid down at ease.
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

const fn metacarpal(length: f64, waist: f64, onset: BySex, base: Surface) -> TubularBone {
    let radii = [waist * 1.72, waist, waist * 1.66];
    let surfaces = [base, Surface::BALL];
    TubularBone { kind: BoneKind::Metacarpal, length, radii, onset, fusion: METACARPAL_FUSION, end: GrowthEnd::Distal, surfaces }
}

const fn proximal(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 1.72, waist, waist * 1.32];
    let surfaces = [Surface::SOCKET, Surface::CONDYLES];
    TubularBone { kind: BoneKind::Proximal, length, radii, onset, fusion: PROXIMAL_FUSION, end: GrowthEnd::Proximal, surfaces }
}

const fn middle(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 1.70, waist, waist * 1.34];
    let surfaces = [Surface::DOUBLE_SOCKET, Surface::CONDYLES];
    TubularBone { kind: BoneKind::Middle, length, radii, onset, fusion: MIDDLE_FUSION, end: GrowthEnd::Proximal, surfaces }
}

const fn distal(length: f64, waist: f64, onset: BySex) -> TubularBone {
    let radii = [waist * 2.05, waist, waist * 1.50];
    let surfaces = [Surface::DOUBLE_SOCKET, Surface::TUFT];
    TubularBone { kind: BoneKind::Distal, length, radii, onset, fusion: DISTAL_FUSION, end: GrowthEnd::Proximal, surfaces }
}

/// Rays I–V.
pub(super) const RAYS: [Ray; 5] = [
    Ray {
        base: [0.420, -0.075],
        metacarpal_angle: 40.0,
        finger_angle: 36.0,
        tissue: 0.150,
        bones: &[
            TubularBone { end: GrowthEnd::Proximal, ..metacarpal(0.67, 0.068, by_sex(2.6, 1.6), Surface::SADDLE) },
            proximal(0.45, 0.062, by_sex(3.0, 1.7)),
            distal(0.33, 0.046, by_sex(1.5, 1.0)),
        ],
    },
    Ray {
        base: [0.205, 0.005],
        metacarpal_angle: 9.0,
        finger_angle: 13.0,
        tissue: 0.132,
        bones: &[
            metacarpal(1.0, 0.060, by_sex(1.6, 1.1), Surface::NOTCHED),
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
            metacarpal(0.97, 0.060, by_sex(1.8, 1.2), Surface::STYLOID),
            proximal(0.66, 0.063, by_sex(1.3, 0.8)),
            middle(0.42, 0.054, by_sex(2.0, 1.3)),
            distal(0.27, 0.036, by_sex(2.4, 1.5)),
        ],
    },
    Ray {
        base: [-0.175, -0.030],
        metacarpal_angle: -7.0,
        finger_angle: -12.0,
        tissue: 0.128,
        bones: &[
            metacarpal(0.85, 0.050, by_sex(2.0, 1.3), Surface::FLAT),
            proximal(0.62, 0.058, by_sex(1.45, 0.9)),
            middle(0.40, 0.051, by_sex(2.0, 1.3)),
            distal(0.27, 0.035, by_sex(2.4, 1.5)),
        ],
    },
    Ray {
        base: [-0.325, -0.085],
        metacarpal_angle: -16.0,
        finger_angle: -26.0,
        tissue: 0.112,
        bones: &[
            metacarpal(0.79, 0.051, by_sex(2.2, 1.4), Surface::SLANTED),
            proximal(0.49, 0.050, by_sex(1.8, 1.2)),
            middle(0.29, 0.043, by_sex(3.4, 1.9)),
            distal(0.24, 0.030, by_sex(3.2, 2.1)),
        ],
    },
];

/// A bone of the wrist, or a sesamoid.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundBone {
    /// Its name.
    pub(super) name: &'static str,
    /// When its centre appears.
    pub(super) onset: BySex,
    /// Where its centre appears.
    pub(super) centre: [f64; 2],
    /// Corners of the grown bone, clockwise on the film.
    pub(super) corners: &'static [[f64; 2]],
    /// Middle and radius of a neighbour's head that it is hollowed for; a radius of 0 hollows nothing.
    pub(super) hollow: ([f64; 2], f64),
}

const SOLID: ([f64; 2], f64) = ([0.0; 2], 0.0);

/// The bones of the wrist, in the order in which they appear.
pub(super) const CARPALS: [RoundBone; 8] = [
    RoundBone {
        name: "capitate",
        onset: by_sex(0.25, 0.17),
        centre: [-0.005, -0.175],
        corners: &[
            [-0.100, -0.030],
            [0.000, -0.015],
            [0.090, -0.030],
            [0.094, -0.120],
            [0.078, -0.270],
            [0.030, -0.342],
            [-0.045, -0.345],
            [-0.092, -0.280],
            [-0.100, -0.150],
        ],
        hollow: SOLID,
    },
    RoundBone {
        name: "hamate",
        onset: by_sex(0.33, 0.25),
        centre: [-0.210, -0.180],
        corners: &[
            [-0.115, -0.050],
            [-0.115, -0.330],
            [-0.165, -0.335],
            [-0.340, -0.235],
            [-0.395, -0.150],
            [-0.360, -0.105],
            [-0.250, -0.050],
        ],
        hollow: SOLID,
    },
    RoundBone {
        name: "triquetrum",
        onset: by_sex(2.4, 1.7),
        centre: [-0.300, -0.365],
        corners: &[[-0.205, -0.345], [-0.200, -0.445], [-0.265, -0.470], [-0.365, -0.410], [-0.410, -0.290], [-0.375, -0.235]],
        hollow: SOLID,
    },
    RoundBone {
        name: "lunate",
        onset: by_sex(4.0, 2.6),
        centre: [-0.090, -0.440],
        corners: &[
            [0.010, -0.345],
            [0.038, -0.430],
            [0.005, -0.515],
            [-0.085, -0.545],
            [-0.170, -0.510],
            [-0.195, -0.430],
            [-0.180, -0.355],
        ],
        hollow: ([-0.010, -0.262], 0.098),
    },
    RoundBone {
        name: "scaphoid",
        onset: by_sex(5.6, 4.1),
        centre: [0.150, -0.370],
        corners: &[
            [0.040, -0.405],
            [0.090, -0.300],
            [0.175, -0.215],
            [0.265, -0.225],
            [0.290, -0.300],
            [0.250, -0.410],
            [0.160, -0.490],
            [0.080, -0.510],
            [0.045, -0.465],
        ],
        hollow: ([-0.010, -0.235], 0.112),
    },
    RoundBone {
        name: "trapezium",
        onset: by_sex(5.9, 4.1),
        centre: [0.310, -0.165],
        corners: &[[0.232, -0.205], [0.222, -0.090], [0.280, -0.040], [0.345, -0.065], [0.410, -0.150], [0.395, -0.230], [0.310, -0.265]],
        hollow: SOLID,
    },
    RoundBone {
        name: "trapezoid",
        onset: by_sex(6.2, 4.2),
        centre: [0.170, -0.120],
        corners: &[[0.100, -0.050], [0.165, -0.020], [0.245, -0.045], [0.250, -0.140], [0.205, -0.215], [0.150, -0.225], [0.105, -0.160]],
        hollow: SOLID,
    },
    RoundBone {
        name: "pisiform",
        onset: by_sex(11.0, 9.5),
        centre: [-0.325, -0.395],
        corners: &[[-0.255, -0.375], [-0.270, -0.450], [-0.330, -0.475], [-0.390, -0.435], [-0.395, -0.365], [-0.335, -0.320]],
        hollow: SOLID,
    },
];

/// The hook of the hamate, seen end on from puberty.
pub(super) const HOOK: RoundBone = RoundBone {
    name: "hook of the hamate",
    onset: by_sex(10.5, 9.0),
    centre: [-0.235, -0.175],
    corners: &[[-0.205, -0.140], [-0.200, -0.195], [-0.230, -0.220], [-0.270, -0.205], [-0.272, -0.150], [-0.240, -0.128]],
    hollow: SOLID,
};

/// The two sesamoids of the thumb, relative to the head of metacarpal I and turned as it is.
pub(super) const SESAMOIDS: [RoundBone; 2] = [
    RoundBone {
        name: "ulnar sesamoid of the thumb",
        onset: by_sex(12.8, 10.8),
        centre: [-0.088, -0.030],
        corners: &[[-0.055, -0.010], [-0.050, -0.050], [-0.085, -0.072], [-0.120, -0.055], [-0.122, -0.010], [-0.090, 0.010]],
        hollow: SOLID,
    },
    RoundBone {
        name: "radial sesamoid of the thumb",
        onset: by_sex(13.8, 11.8),
        centre: [0.050, -0.030],
        corners: &[[0.080, -0.010], [0.082, -0.045], [0.052, -0.062], [0.022, -0.045], [0.022, -0.010], [0.050, 0.004]],
        hollow: SOLID,
    },
];

/// A bone of the forearm; only its distal end is on the film.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForearmBone {
    /// Middle of its distal end.
    pub(super) end: [f64; 2],
    /// How far the shaft lies from there towards the thumb, one length of MC II further down.
    pub(super) drift: f64,
    /// Radius of the shaft, the neck and the distal end.
    pub(super) radii: [f64; 3],
    /// Length of the distal epiphysis with its growth plate.
    pub(super) epiphysis: f64,
    /// Form of the distal end.
    pub(super) surface: Surface,
    /// When the epiphysis appears.
    pub(super) onset: BySex,
    /// When it fuses.
    pub(super) fusion: BySex,
}

/// Radius and ulna.
pub(super) const FOREARM: [ForearmBone; 2] = [
    ForearmBone {
        end: [0.080, -0.485],
        drift: -0.025,
        radii: [0.104, 0.125, 0.222],
        epiphysis: 0.175,
        surface: Surface::RADIUS,
        onset: by_sex(1.1, 0.8),
        fusion: by_sex(18.0, 16.5),
    },
    ForearmBone {
        end: [-0.285, -0.585],
        drift: 0.015,
        radii: [0.082, 0.080, 0.121],
        epiphysis: 0.120,
        surface: Surface::ULNA,
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
        let round = CARPALS.iter().chain(&SESAMOIDS).chain([&HOOK]).map(|bone| bone.onset);
        let forearm = FOREARM.iter().flat_map(|bone| [bone.onset, bone.fusion]);
        for time in tubular.chain(round).chain(forearm) {
            assert!(time.girls < time.boys, "{time:?}");
        }
        assert!(CARPALS.is_sorted_by(|a, b| a.onset.boys <= b.onset.boys && a.onset.girls <= b.onset.girls));
    }

    #[test]
    fn there_are_nineteen_tubular_bones_with_one_growth_plate_each() {
        let bones: Vec<&TubularBone> = RAYS.iter().flat_map(|ray| ray.bones).collect();
        assert_eq!(bones.len(), 19);
        let distal = bones.iter().filter(|bone| bone.end == GrowthEnd::Distal).count();
        assert_eq!(distal, 4, "metacarpals II to V");
    }

    #[test]
    fn carpal_bones_are_convex_and_hold_their_centre() {
        for bone in CARPALS.iter().chain(&SESAMOIDS).chain([&HOOK]) {
            let turns: Vec<f64> = (0..bone.corners.len())
                .map(|place| {
                    let corner = |step: usize| bone.corners[(place + step) % bone.corners.len()];
                    let ([ax, ay], [bx, by], [cx, cy]) = (corner(0), corner(1), corner(2));
                    (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
                })
                .collect();
            assert!(turns.iter().all(|turn| *turn < 0.0), "{}: {turns:?}", bone.name);
        }
    }
}
