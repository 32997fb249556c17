//! What the steps before resizing did to the films, for each image setting that has some.

use std::fmt::Write;

use serde::Serialize;

use super::{DataStudy, wording};
use crate::data::{Sample, preparation};
use crate::plan::{ImageConfig, PrepareConfig};
use crate::spec::{CropFilm, InvertFilm, NormaliseFilm};

/// What the steps before resizing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreparedFacts {
    /// The rows of the comparison whose films are prepared so.
    pub rows: Vec<String>,
    /// The steps that are on, in their order, as a spec writes them.
    pub steps: Vec<String>,
    /// Whether a hand was looked for.
    pub looked_for_hand: bool,
    /// Ids of the films of which black and white were exchanged because the hand was dark.
    pub inverted: Vec<String>,
    /// Ids of the films on which no clear hand was found, so that they stay whole.
    pub without_hand: Vec<String>,
}

/// Every image setting with a step, in the order of the rows.
pub(super) fn settings(study: &DataStudy) -> Vec<ImageConfig> {
    study.films.iter().map(|(image, _)| *image).filter(|image| !image.prepare.is_off()).collect()
}

/// The rows of the comparison whose films are of that setting.
pub(super) fn rows(study: &DataStudy, image: ImageConfig) -> Vec<String> {
    study.plan.entries.iter().filter(|entry| entry.first().image == image).map(|entry| entry.label.clone()).collect()
}

pub(super) fn facts(study: &DataStudy) -> Vec<PreparedFacts> {
    let of = |image: ImageConfig| {
        let samples: &[Sample] = &study.films_of(image).dataset.samples;
        let found = preparation(samples, &image);
        let ids = |indices: Vec<usize>| indices.into_iter().map(|index| samples[index].id.clone()).collect();
        PreparedFacts {
            rows: rows(study, image),
            steps: steps(&image.prepare),
            looked_for_hand: image.prepare.needs_hand(),
            inverted: ids(found.inverted),
            without_hand: ids(found.without_hand),
        }
    };
    settings(study).into_iter().map(of).collect()
}

fn steps(config: &PrepareConfig) -> Vec<String> {
    let PrepareConfig { invert, crop, normalise, clahe } = config;
    let invert = match invert {
        InvertFilm::Never => None,
        InvertFilm::Auto => Some("invert: auto".to_owned()),
        InvertFilm::Always => Some("invert: always".to_owned()),
    };
    let crop = (*crop == CropFilm::Hand).then(|| "crop: hand".to_owned());
    let normalise = (*normalise == NormaliseFilm::PerImage).then(|| "normalise: per_image".to_owned());
    let clahe = clahe.map(|settings| format!("clahe: {{ clip_limit: {}, tiles: {} }}", settings.clip_limit.get(), settings.tiles.get()));
    [invert, crop, normalise, clahe].into_iter().flatten().collect()
}

/// What was done and found, in a sentence or two; ids are cut after `most`.
pub(super) fn sentence(facts: &PreparedFacts, most: usize) -> String {
    let PreparedFacts { rows: _, steps, looked_for_hand, inverted, without_hand } = facts;
    let mut sentence = format!("Before they are resized: {}.", steps.join(", "));
    let named = |ids: &[String]| {
        let rest = if ids.len() > most { format!(" and {} more", ids.len() - most) } else { String::new() };
        format!("{}{rest}", ids[..ids.len().min(most)].join(", "))
    };
    if !inverted.is_empty() {
        let _ = write!(sentence, " Dark hand on white, exchanged: {} ({}).", wording::films(inverted.len()), named(inverted));
    }
    if !without_hand.is_empty() {
        let _ =
            write!(sentence, " No clear hand, so the film stays whole: {} ({}).", wording::films(without_hand.len()), named(without_hand));
    } else if *looked_for_hand {
        sentence += " A hand was found on every film.";
    }
    sentence
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::Project;
    use super::*;

    #[test]
    fn steps_are_told_as_the_spec_writes_them_and_with_what_they_found() {
        let project = Project::new("prepare: { normalise: per_image, clahe: { tiles: 4 } }\nbackbones: [cnn, unet]");
        let found = facts(&project.study());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rows, ["CNN", "U-Net encoder"]);
        assert_eq!(found[0].steps, ["normalise: per_image", "clahe: { clip_limit: 2, tiles: 4 }"]);
        let text = sentence(&found[0], 3);
        assert_eq!(text, "Before they are resized: normalise: per_image, clahe: { clip_limit: 2, tiles: 4 }.");
        let some =
            PreparedFacts { without_hand: ["a", "b", "c"].map(str::to_owned).to_vec(), inverted: vec!["d".to_owned()], ..found[0].clone() };
        let text = sentence(&some, 2);
        assert!(text.ends_with("exchanged: 1 film (d). No clear hand, so the film stays whole: 3 films (a, b and 1 more)."), "{text}");
    }

    #[test]
    fn without_steps_nothing_is_told() {
        let facts = super::super::DataFacts::of(&Project::new("").study());
        assert!(facts.prepared.is_empty());
        assert!(!serde_json::to_string(&facts).unwrap().contains("prepared"));
    }
}
