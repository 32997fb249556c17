//! Synthetic left-hand radiographs: numbers in (seed and index), a label and a film out.
//!
//! They show that the program works, and say nothing about patients. A film is drawn from its *bone age*, which is the
//! label: a chronological age is drawn evenly between 0 and 18 years, and the bone age differs from it by a normal draw
//! with a standard deviation of 0.9 years, as between healthy children. The same (seed, index) gives the same label and
//! the same film at every size, apart from the grain.
//!
//! How a film comes about: `anatomy` holds the tables; `child` is one child, and `abnormal` what may ail it;
//! `skeleton` grows its bones (with `tubular`, from `long_bone`, `block` and `surface`) and `tissue` clothes
//! them; `pose` lays the hand down, `metal` and `marker` are what lies there with it, and `film` exposes it all on a
//! `canvas`. `files` writes a whole set to a folder.

mod abnormal;
mod anatomy;
mod block;
mod canvas;
mod child;
mod files;
mod film;
mod long_bone;
mod marker;
mod metal;
mod pose;
mod shape;
mod skeleton;
mod surface;
mod texture;
mod tissue;
mod tubular;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::data::Sex;
use crate::random::{Purpose, keyed};
use crate::spec::ImageSize;

pub use abnormal::Abnormality;
pub use files::{DrawingSpeed, PhantomError, PhantomSet, write_set};
pub use film::{Collimation, Exposure, Tone};
pub use marker::Marker;
pub use metal::Metal;
pub use pose::{Pose, Side};

/// Raised whenever a film or a label changes for the same (seed, index); part of the data's digest.
pub const VERSION: u32 = 2;

/// Oldest bone age, months.
const OLDEST: f64 = 216.0;

/// What is known of a synthetic film.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomLabel {
    /// Bone age in whole months, 0 to 216.
    pub age_months: f64,
    /// Female or male, equally often.
    pub sex: Sex,
    /// Always none: a drawn hand has no race, and none is made up.
    pub race: Option<String>,
}

/// A synthetic film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhantomFilm {
    /// Grey levels, 0 black to 255 white, row by row: height × width values.
    pub pixels: Vec<u8>,
}

/// How often a film has what others have not, 0 to 1; never by default.
///
/// A film that has it at one rate has it at every higher rate too, and is otherwise the same film at every rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// A ring or a bracelet.
    pub metal: f64,
    /// Abnormal growth.
    pub abnormal: f64,
}

/// Everything that is known of a synthetic film.
#[derive(Debug, Clone, PartialEq)]
pub struct PhantomFacts {
    /// Time since birth in months.
    pub chronological_months: f64,
    /// What the bones show, in whole months: the label.
    pub bone_age_months: f64,
    /// Female or male.
    pub sex: Sex,
    /// What was left on the hand.
    pub metal: Option<Metal>,
    /// How it has not grown as others do.
    pub abnormality: Option<Abnormality>,
    /// Names of the wrist bones and sesamoids that have appeared.
    pub centres: Vec<&'static str>,
    /// Epiphyses of the 19 tubular bones, radius and ulna that have appeared.
    pub epiphyses: usize,
    /// Growth plates of those 21 bones that have closed.
    pub closed_plates: usize,
    /// How the hand lies.
    pub pose: Pose,
    /// How the film was exposed.
    pub exposure: Exposure,
    /// The side marker, where there is one.
    pub marker: Option<Marker>,
}

// What the draws of one film are for; each has its own stream, so that a change to one leaves the others alone.
const LABEL: u64 = 0;
const CHILD: u64 = 1;
const EXPOSURE: u64 = 2;
const GRAIN: u64 = 3;
const POSE: u64 = 4;
const MARKER: u64 = 5;
const METAL: u64 = 6;
const ABNORMAL: u64 = 7;

/// The label of a film.
pub fn label(seed: u64, index: u64) -> PhantomLabel {
    let (_, age_months, sex) = ages(seed, index);
    PhantomLabel { age_months, sex, race: None }
}

/// The film of a label at a size, with neither metal nor abnormal growth.
pub fn draw(seed: u64, index: u64, size: ImageSize) -> PhantomFilm {
    draw_with(seed, index, size, Rates::default())
}

/// The film of a label at a size.
pub fn draw_with(seed: u64, index: u64, size: ImageSize, rates: Rates) -> PhantomFilm {
    Subject::new(seed, index, rates).film(size)
}

/// Rows and columns of the film of a label that show the hand, without what the collimator covers.
#[cfg(test)]
pub(super) fn extent(seed: u64, index: u64, size: ImageSize) -> (std::ops::Range<u32>, std::ops::Range<u32>) {
    let subject = Subject::new(seed, index, Rates::default());
    film::extent(&subject.scene(), size)
}

/// Everything that is known of the film that [`draw_with`] gives.
pub fn describe(seed: u64, index: u64, rates: Rates) -> PhantomFacts {
    Subject::new(seed, index, rates).facts()
}

/// Chronological age and bone age in months, and sex.
fn ages(seed: u64, index: u64) -> (f64, f64, Sex) {
    let mut rng = keyed(seed, Purpose::Phantom, &[index, LABEL]);
    let chronological = rng.random::<f64>() * OLDEST;
    let advance = 0.9 * 12.0 * rng.sample::<f64, _>(StandardNormal);
    // Reflected at both ends, so that no age is piled up there.
    let age = (chronological + advance).abs();
    let age = if age > OLDEST { (2.0 * OLDEST - age).max(0.0) } else { age };
    let sex = if rng.random::<bool>() { Sex::F } else { Sex::M };
    (chronological, age.round(), sex)
}

/// All that a film is drawn from.
struct Subject {
    seed: u64,
    index: u64,
    chronological_months: f64,
    bone_age_months: f64,
    child: child::Child,
    pose: Pose,
    hand: skeleton::Hand,
    exposure: Exposure,
    marker: Option<Marker>,
    metal: Option<metal::Piece>,
}

impl Subject {
    fn new(seed: u64, index: u64, rates: Rates) -> Self {
        let (chronological_months, bone_age_months, sex) = ages(seed, index);
        Self::of_age(seed, index, rates, (bone_age_months / 12.0, sex), chronological_months)
    }

    /// A subject of a given bone age in years and sex, with all else drawn from (seed, index).
    fn of_age(seed: u64, index: u64, rates: Rates, (age, sex): (f64, Sex), chronological_months: f64) -> Self {
        let stream = |purpose: u64| keyed(seed, Purpose::Phantom, &[index, purpose]);
        let mut rng = stream(ABNORMAL);
        let abnormality = happens(rates.abnormal, &mut rng).then(|| Abnormality::draw(age, &mut rng));
        let mut rng = stream(METAL);
        let metal = happens(rates.metal, &mut rng).then(|| metal::Piece::draw(&mut rng));
        let pose = Pose::draw(&mut stream(POSE));
        let mut rng = stream(CHILD);
        let child = child::Child::new(age, sex, abnormality, &mut rng);
        let hand = skeleton::grow(&child, &pose, &mut rng);
        let exposure = Exposure::draw(&mut stream(EXPOSURE));
        let marker = Marker::draw(pose.side, &mut stream(MARKER));
        Self { seed, index, chronological_months, bone_age_months: age * 12.0, child, pose, hand, exposure, marker, metal }
    }

    fn scene(&self) -> film::Scene<'_> {
        film::Scene {
            hand: &self.hand,
            length: anatomy::growth(self.child.age, self.child.sex),
            pose: &self.pose,
            exposure: &self.exposure,
            metal: self.metal.as_ref(),
            marker: self.marker.as_ref(),
        }
    }

    fn film(&self, size: ImageSize) -> PhantomFilm {
        PhantomFilm { pixels: film::expose(&self.scene(), size, &mut keyed(self.seed, Purpose::Phantom, &[self.index, GRAIN])) }
    }

    fn facts(self) -> PhantomFacts {
        let plates = || self.hand.long_bones.iter().map(|(_, bone)| bone.growth);
        PhantomFacts {
            chronological_months: self.chronological_months,
            bone_age_months: self.bone_age_months,
            sex: self.child.sex,
            metal: self.metal.map(|piece| piece.kind),
            abnormality: self.child.abnormality,
            centres: self.hand.blocks.iter().map(|(_, block)| block.name).collect(),
            epiphyses: plates().filter(|plate| plate.epiphysis.is_some()).count(),
            closed_plates: plates().filter(|plate| plate.fused >= 0.5).count(),
            pose: self.pose,
            exposure: self.exposure,
            marker: self.marker,
        }
    }
}

/// Whether what happens at that rate happens; the draw is the same at every rate.
fn happens(rate: f64, rng: &mut ChaCha8Rng) -> bool {
    rng.random::<f64>() < rate
}

#[cfg(test)]
mod tests;
