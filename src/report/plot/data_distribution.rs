//! Ages of the study's films by part and sex.

use std::collections::BTreeMap;

use super::super::Study;
use super::age_histogram::{AgeHistogram, AgePanel, Series, sex};
use super::drawing::Drawing;
use crate::data::Part;
use crate::record::KnownFilm;

/// None where the list of films says no part or no age.
pub(super) fn draw(study: &Study) -> Option<Drawing> {
    let mut parts: BTreeMap<Part, AgePanel> = BTreeMap::new();
    let mut unplaced = 0;
    let mut sexes: BTreeMap<Series, usize> = BTreeMap::new();
    for film in study.films.iter() {
        let Some((part, years)) = part_and_years(film) else {
            unplaced += 1;
            continue;
        };
        let sex = sex(film.sex.as_deref());
        *sexes.entry(Series::of(sex)).or_default() += 1;
        let panel = parts.entry(part).or_insert_with(|| AgePanel { title: name(part), films: BTreeMap::new() });
        *panel.films.entry((years, sex)).or_default() += 1;
    }
    let counts = sexes.iter().map(|(series, films)| format!("{films} {}", series.look().0)).collect::<Vec<_>>().join(", ");
    let films = format!("n = {} films: {counts}.", sexes.values().sum::<usize>());
    let unplaced = (unplaced > 0).then(|| format!("Without part or age, and not drawn: {unplaced}."));
    let folds = parts.keys().any(|part| matches!(part, Part::Fold(_)));
    let drawn = study.films.draws();
    let drawn = if drawn > 1 { format!(" Shown: the first of {drawn} draws of the folds.") } else { String::new() };
    let folds = folds.then(|| format!("The validation part of a fold's run is the fold itself, its training part all other folds.{drawn}"));
    AgeHistogram {
        title: format!("{}: ages of the films by part and sex", study.title),
        subtitle: study.notes.iter().cloned().chain([films]).chain(folds).chain(unplaced).collect(),
        panels: parts.into_values().collect(),
    }
    .drawing()
}

fn part_and_years(film: &KnownFilm) -> Option<(Part, i64)> {
    Some((film.part?, (film.age_months? / 12.0).floor() as i64))
}

fn name(part: Part) -> String {
    match part {
        Part::Train => "Training".to_owned(),
        Part::Val => "Validation".to_owned(),
        Part::Test => "Test".to_owned(),
        Part::Fold(fold) => format!("Fold {fold}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::StudyBuilder;
    use super::super::drawing::Shape;
    use super::*;
    use crate::record::KnownFilms;

    fn film(part: Part, age_months: f64, sex: Option<&str>) -> KnownFilm {
        KnownFilm { part: Some(part), age_months: Some(age_months), sex: sex.map(str::to_owned), ..KnownFilm::default() }
    }

    fn texts(films: Vec<KnownFilm>) -> Option<Vec<String>> {
        let mut study = StudyBuilder::new().build();
        study.films = KnownFilms::new(films.into_iter().enumerate().map(|(place, film)| (place.to_string(), film)));
        let words = |shape| if let Shape::Words(words) = shape { Some(words.text) } else { None };
        draw(&study).map(|drawing| drawing.shapes.into_iter().filter_map(words).collect())
    }

    #[test]
    fn every_part_has_a_panel_with_its_number_of_films() {
        let films = vec![
            film(Part::Test, 24.0, Some("F")),
            film(Part::Train, 23.9, Some("M")),
            film(Part::Train, 60.0, None),
            KnownFilm::default(),
        ];
        let texts = texts(films).unwrap();
        let panels: Vec<&String> = texts.iter().filter(|text| text.contains("(n = ")).collect();
        assert_eq!(panels, ["Training (n = 2)", "Test (n = 1)"]);
        let subtitle = texts.join(" ");
        assert!(
            subtitle.contains("n = 3 films: 1 female, 1 male, 1 other or unknown sex. Without part or age, and not drawn: 1."),
            "{subtitle}"
        );
    }

    #[test]
    fn folds_are_said_to_be_parts_in_turn_and_a_list_without_parts_has_no_plot() {
        let of = |fold| film(Part::Fold(fold), 100.0, Some("F"));
        let folds = texts(vec![of(1), of(0)]).unwrap();
        assert!(folds.contains(&"Fold 0 (n = 1)".to_owned()) && folds.join(" ").contains("all other folds"), "{folds:?}");
        assert_eq!(texts(vec![KnownFilm::default()]), None);
    }
}
