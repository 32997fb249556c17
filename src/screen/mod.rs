//! Films looked at before anything is trained on them: which are the same, and which are suspicious.
//!
//! In: the films of a data set as pixels. Out: [`Finding`]s, each with a score and a reason in words. Nothing is left out by
//! itself: a finding is a question to whoever knows the films.

mod descriptor;
mod duplicates;
mod exposure;
mod film;
mod finding;
mod label;
mod metal;
mod outlier;
mod patch;
mod ridge;
#[cfg(test)]
mod tests;
mod typical;

use blake3::Hash;

pub use duplicates::{DUPLICATES_VERSION, straddling};
pub use finding::{Alike, DuplicatePair, Finding, FindingKind, Findings};
pub use label::{HeldOut, label_outliers};
pub use typical::TypicalFilms;

use crate::data::{FilmStore, Pixels};
use crate::plan::{ImageConfig, PrepareConfig};
use crate::spec::{Channels, Fit, ImageSize};
use film::GreyFilm;

/// Likeness to the nearest other film, in robust standard deviations below the median, from which on a film is an outlier.
const OUTLIER_DEVIATIONS: f64 = 5.0;

/// The image settings of the films that are compared with each other.
pub fn small_image() -> ImageConfig {
    image(descriptor::SIDE)
}

/// The image settings of the films that are looked at one by one.
pub fn large_image() -> ImageConfig {
    image(256)
}

fn image(side: u32) -> ImageConfig {
    ImageConfig { size: ImageSize::square(side), channels: Channels::Grey, fit: Fit::Pad, prepare: PrepareConfig::default() }
}

/// Looks at all films: `small` at [`small_image`], `large` at [`large_image`], in the same order; `hashes` are those of the
/// files, where films are files.
pub fn screen(small: &dyn FilmStore, large: &dyn FilmStore, hashes: &[Option<Hash>]) -> Findings {
    let likeness = duplicates::compare(small, hashes);
    let mut films: Vec<Finding> = outliers(&likeness.nearest);
    for index in 0..hashes.len() {
        let levels = large.film(index).to_eight_bits();
        let film = GreyFilm::new(&levels, large.image().size.width as usize);
        films.extend(exposure::findings(index, &film));
        films.extend(metal::finding(index, &film));
    }
    let mut findings = Findings { films, duplicates: likeness.pairs };
    findings.sort();
    findings
}

/// What the levels of one film say, at [`large_image`].
pub fn screen_levels(film: &Pixels) -> Vec<Finding> {
    let levels = film.levels().to_eight_bits();
    exposure::findings(0, &GreyFilm::new(&levels, large_image().size.width as usize))
}

/// Pairs of films that show the same, of films at [`small_image`] or larger.
pub fn duplicates(films: &dyn FilmStore, hashes: &[Option<Hash>]) -> Vec<DuplicatePair> {
    duplicates::compare(films, hashes).pairs
}

fn outliers(nearest: &[f64]) -> Vec<Finding> {
    let usual = outlier::median(nearest.to_vec());
    let finding = |(index, (deviations, likeness)): (usize, (f64, &f64))| Finding {
        index,
        kind: FindingKind::Outlier,
        score: deviations / OUTLIER_DEVIATIONS,
        reason: format!("its nearest film has a correlation of {likeness:.2}, others {usual:.2}"),
    };
    let pairs = outlier::deviations_below(nearest).into_iter().zip(nearest).enumerate();
    pairs.map(finding).filter(|finding| finding.score > 1.0).collect()
}
