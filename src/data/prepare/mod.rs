//! Optional steps on a film at its own size, before it is resized and kept: a decoded film in, a better one out.
//!
//! The order is fixed, each step making the next one's work easier:
//!
//! 1. `invert`: black and white are exchanged, so that all else sees bone as white.
//! 2. `crop`: the film is cut down to the hand, so that no border and no marker beside it counts any more.
//! 3. `normalise`: the levels that are left are stretched to the whole range.
//! 4. `clahe`: the contrast is equalised in every neighbourhood.
//!
//! A film keeps its depth and its colours. A step that is off leaves every bit as it is. Synthetic films go through the same steps;
//! where a step needs them larger than the network's images, they are drawn larger.

mod clahe;
mod crop;
mod invert;
mod normalise;
#[cfg(test)]
mod tests;

use super::decode::{NativeFilm, read_native};
use super::digest::on_all_cores;
use super::hand::HandRegion;
use super::phantom;
use super::pixels::Pixels;
use super::resize::fit;
use super::sample::{Film, Sample};
use crate::plan::{ImageConfig, PrepareConfig};
use crate::spec::{Channels, CropFilm, ImageSize, InvertFilm, NormaliseFilm};

/// Raised whenever a step gives other pixels, so that no cache of an older version is used.
pub(super) const PREPARE_VERSION: u32 = 1;

/// How much larger than the network's images a synthetic film is drawn that is to be cropped; a hand fills at least half of it.
const CROPPED_FACTOR: u32 = 2;

/// A film after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedStage {
    /// The step and what it did, such as `crop: 1200×900`.
    pub step: String,
    /// C × H × W levels of 0 to 255, made to fit.
    pub film: Vec<u8>,
}

/// What the steps found on the films of a data set, by their places in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Films of which black and white were exchanged because the hand was dark.
    pub inverted: Vec<usize>,
    /// Films on which no clear hand was found: they stay whole, and as they are.
    pub without_hand: Vec<usize>,
}

/// The film after every step that is on.
pub(super) fn prepare(film: NativeFilm, config: &PrepareConfig) -> NativeFilm {
    steps(film, config, &mut |_, _| {})
}

/// Take the steps that are on; `seen` is told what each did, with the film after it.
fn steps(mut film: NativeFilm, config: &PrepareConfig, seen: &mut dyn FnMut(String, &NativeFilm)) -> NativeFilm {
    let PrepareConfig { invert, crop, normalise, clahe } = config;
    let hand = if config.needs_hand() { HandRegion::find(&film) } else { None };
    if *invert != InvertFilm::Never {
        let is_dark = hand.as_ref().is_some_and(|hand| hand.is_inverted);
        if *invert == InvertFilm::Always || is_dark {
            film = invert::invert(film);
            seen("invert: exchanged".to_owned(), &film);
        } else {
            seen("invert: not needed".to_owned(), &film);
        }
    }
    if *crop == CropFilm::Hand {
        let step = match &hand {
            Some(hand) => {
                film = crop::to_hand(&film, hand);
                format!("crop: {}", film.size)
            }
            None => "crop: no clear hand".to_owned(),
        };
        seen(step, &film);
    }
    if *normalise == NormaliseFilm::PerImage {
        film = normalise::per_image(&film);
        seen("normalise: per image".to_owned(), &film);
    }
    if let Some(settings) = clahe {
        film = clahe::equalise(&film, *settings);
        seen(format!("clahe: {}, {tiles}×{tiles}", settings.clip_limit.get(), tiles = settings.tiles.get()), &film);
    }
    film
}

/// The film at the size at which it is prepared.
fn native(film: &Film, image: &ImageConfig) -> Result<NativeFilm, String> {
    match film {
        Film::File(path) => read_native(path, image.channels).map_err(|error| error.to_string()),
        Film::Phantom { seed, index } => {
            let factor = if image.prepare.crop == CropFilm::Hand { CROPPED_FACTOR } else { 1 };
            let size = ImageSize { height: factor * image.size.height, width: factor * image.size.width };
            Ok(NativeFilm { pixels: Pixels::Eight(phantom::draw(*seed, *index, size).pixels), size, channels: Channels::Grey })
        }
    }
}

/// A film prepared and made to fit.
pub(super) fn prepared_film(film: &Film, image: &ImageConfig) -> Result<Pixels, String> {
    Ok(fit(&prepare(native(film, image)?, &image.prepare), image))
}

/// A film as it is and after each step that is on, all made to fit; the last is what the network gets.
///
/// # Errors
/// If the film cannot be read.
pub fn prepare_stages(film: &Film, image: &ImageConfig) -> Result<Vec<PreparedStage>, String> {
    let film = native(film, image)?;
    let stage = |step: String, film: &NativeFilm| PreparedStage { step, film: fit(film, image).levels().to_eight_bits().into_owned() };
    let mut stages = vec![stage("as it is".to_owned(), &film)];
    steps(film, &image.prepare, &mut |step, film| stages.push(stage(step, film)));
    Ok(stages)
}

/// Look for the hand on every film, on all cores, where a step needs it; a film that cannot be read is passed over.
pub fn preparation(samples: &[Sample], image: &ImageConfig) -> Preparation {
    if !image.prepare.needs_hand() {
        return Preparation::default();
    }
    let found = on_all_cores(samples.len(), |index| native(&samples[index].film, image).ok().map(|film| HandRegion::find(&film)));
    let which = |holds: &dyn Fn(&Option<HandRegion>) -> bool| -> Vec<usize> {
        found.iter().enumerate().filter(|(_, hand)| hand.as_ref().is_some_and(holds)).map(|(index, _)| index).collect()
    };
    let is_dark = |hand: &Option<HandRegion>| hand.as_ref().is_some_and(|hand| hand.is_inverted);
    let inverted = if image.prepare.invert == InvertFilm::Auto { which(&is_dark) } else { Vec::new() };
    Preparation { inverted, without_hand: which(&Option::is_none) }
}
