//! The contact sheets: a sample, the training films as the network sees them, each kind of change at its limits, and whatever was
//! flagged. All films are shown at the size that the network takes.

use super::super::plot::contact_sheet::{ContactSheet, Frame};
use super::super::{ReportError, ReportFile};
use super::augmentation::{Setting, settings};
use super::facts::DataFacts;
use super::histogram::numbered;
use super::{DataStudy, SHEETS, prepared, wording};
use crate::data::{AugmentKey, AugmentKind, CachedDataset, FilmStore, augmented_films, film_at_limits, prepare_stages, stored_film};
use crate::plan::ImageConfig;
use crate::screen::{DuplicatePair, Finding, FindingKind};

/// Films side by side, and rows of them, on a sheet of films.
const COLUMNS: usize = 8;
const ROWS: usize = 6;
/// Films whose changes are shown, each in a row of its own.
const AUGMENTED_FILMS: usize = 6;
/// Films whose preparation is shown, each in a row of its own.
const PREPARED_FILMS: usize = 8;
/// Films on which each kind of change is shown.
const OPERATION_FILMS: usize = 2;

/// A sheet with what a page says of it.
pub(super) struct Sheet {
    pub(super) file: ReportFile,
    pub(super) title: String,
    pub(super) text: String,
}

/// Every sheet that has something to show.
pub(super) fn render(study: &DataStudy, facts: &DataFacts) -> Result<Vec<Sheet>, ReportError> {
    let mut sheets = vec![sample(study).render("sample", "")?];
    let prepared = prepared::settings(study);
    for (number, image) in prepared.iter().enumerate() {
        let rows = if prepared.len() > 1 { prepared::rows(study, *image).join(", ") } else { String::new() };
        sheets.push(preparation(study, *image).render(&numbered("prepare", number), &rows)?);
    }
    let augmented: Vec<Setting> = settings(study.plan).into_iter().filter(|setting| !kinds(setting).is_empty()).collect();
    for (number, setting) in augmented.iter().enumerate() {
        let rows = if facts.epochs.len() > 1 { setting.rows.join(", ") } else { String::new() };
        sheets.push(augmented_sheet(study, setting).render(&numbered("augmented", number), &rows)?);
        sheets.push(operations(study, setting).render(&numbered("operations", number), &rows)?);
    }
    for kind in FindingKind::ALL {
        let found: Vec<&Finding> = study.findings.films.iter().filter(|finding| finding.kind == kind).collect();
        if !found.is_empty() {
            sheets.push(flagged(study, kind, &found).render(&format!("flagged_{}", kind.name()), "")?);
        }
    }
    if !study.findings.duplicates.is_empty() {
        sheets.push(duplicates(study, &study.findings.duplicates).render("duplicates", "")?);
    }
    Ok(sheets)
}

/// A sheet before it is drawn.
struct Outline {
    title: String,
    text: String,
    notes: Vec<String>,
    columns: usize,
    group: usize,
    places: Vec<Option<Frame>>,
    image: ImageConfig,
}

impl Outline {
    /// `rows` are those that the sheet is about, where it is not about all.
    fn render(self, name: &str, rows: &str) -> Result<Sheet, ReportError> {
        let Self { title, text, notes, columns, group, places, image } = self;
        let rows = if rows.is_empty() { None } else { Some(format!("Networks: {rows}.")) };
        let text = [Some(text), rows].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let sheet = ContactSheet {
            title: title.clone(),
            subtitle: notes.into_iter().chain([text.clone()]).collect(),
            columns: columns.min(places.len()).max(1),
            group,
            places,
            size: image.size,
            channels: image.channels,
        };
        Ok(Sheet { file: sheet.render(&format!("{SHEETS}/{name}.png"))?, title, text })
    }
}

/// Evenly through the ages, so that every age is seen.
fn sample(study: &DataStudy) -> Outline {
    let all: Vec<usize> = (0..study.samples().len()).collect();
    let chosen = spread_over_ages(study, &all, COLUMNS * ROWS);
    let text = if chosen.len() < all.len() {
        format!("{} of {} films, evenly through the order of ages.", chosen.len(), all.len())
    } else {
        format!("All {}, in the order of ages.", wording::films(all.len()))
    };
    sheet_of_films(study, "a sample of the films", text, chosen.into_iter().map(|index| (index, part(study, index))))
}

/// Each row a film: as it is, then after each step.
fn preparation(study: &DataStudy, image: ImageConfig) -> Outline {
    let samples = study.samples();
    let all: Vec<usize> = (0..samples.len()).collect();
    let chosen = spread_over_ages(study, &all, PREPARED_FILMS);
    let row = |index: usize| {
        let sample = &samples[index];
        // A film that has gone since it was cached has no row.
        let stages = prepare_stages(&sample.film, &image).unwrap_or_default();
        let caption = |step: String| vec![sample.id.clone(), step];
        stages.into_iter().map(|stage| Some(Frame { film: stage.film, caption: caption(stage.step) })).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<Option<Frame>>> = chosen.into_iter().map(row).filter(|row| !row.is_empty()).collect();
    let columns = rows.first().map_or(1, Vec::len);
    Outline {
        title: format!("{}: films before they are resized and kept", study.plan.title),
        text: "Each row is one film: as it is, then after each step that the spec switches on; the last is what is kept.".to_owned(),
        notes: study.notes(),
        columns,
        group: columns,
        places: rows.into_iter().flatten().collect(),
        image,
    }
}

/// The strongest first.
fn flagged(study: &DataStudy, kind: FindingKind, found: &[&Finding]) -> Outline {
    let shown = found.len().min(COLUMNS * ROWS);
    let text = if shown < found.len() {
        format!("The {shown} strongest of {} films; the score at the threshold is 1.", found.len())
    } else {
        format!("{}, the strongest first; the score at the threshold is 1.", wording::films(shown))
    };
    let line = |finding: &&Finding| (finding.index, format!("{:.2}: {}", finding.score, finding.reason));
    sheet_of_films(study, &format!("flagged as {}", kind.name()), text, found.iter().take(shown).map(line))
}

/// Each pair side by side.
fn duplicates(study: &DataStudy, pairs: &[DuplicatePair]) -> Outline {
    let shown = pairs.len().min(COLUMNS * ROWS / 2);
    let text = if shown < pairs.len() {
        format!("The {shown} most similar of {} pairs.", pairs.len())
    } else {
        format!("{}, the most similar first.", wording::plural(shown, "pair"))
    };
    let line = |pair: &DuplicatePair| {
        [(pair.first, part(study, pair.first)), (pair.second, format!("{}; {}", part(study, pair.second), pair.alike))]
    };
    let outline = sheet_of_films(study, "films that show the same", text, pairs.iter().take(shown).flat_map(line));
    Outline { group: 2, ..outline }
}

/// Each row a film: as it is, then as it is drawn in the first epochs.
fn augmented_sheet(study: &DataStudy, setting: &Setting) -> Outline {
    let films = study.films_of(setting.image);
    let epochs = 1..COLUMNS as u64;
    let mut places = Vec::new();
    for index in spread_over_ages(study, &study.assignment.partition(setting.fold).train, AUGMENTED_FILMS) {
        places.push(Some(original(study, films, index)));
        let key = |epoch| AugmentKey { seed: setting.seed, epoch, sample: index as u64, repeat: 0 };
        let keys: Vec<AugmentKey> = epochs.clone().map(key).collect();
        let drawn = augmented_films(&films.cache, &setting.augment, &keys);
        places.extend(
            drawn.into_iter().zip(epochs.clone()).map(|(film, epoch)| Some(Frame { film, caption: vec![format!("epoch {epoch}")] })),
        );
    }
    Outline {
        title: format!("{}: training films as the network sees them", study.plan.title),
        text: "Each row is one film: as it is, then as it is drawn in epochs 1 to 7 (before the levels are standardised).".to_owned(),
        notes: study.notes(),
        columns: COLUMNS,
        group: COLUMNS,
        places,
        image: setting.image,
    }
}

/// Each row a kind of change, on two films.
fn operations(study: &DataStudy, setting: &Setting) -> Outline {
    let films = study.films_of(setting.image);
    let chosen = spread_over_ages(study, &study.assignment.partition(setting.fold).train, OPERATION_FILMS + 2);
    // Neither the youngest nor the oldest, where there are enough.
    let chosen: Vec<usize> = if chosen.len() == OPERATION_FILMS + 2 { chosen[1..=OPERATION_FILMS].to_vec() } else { chosen };
    let mut places = Vec::new();
    for kind in kinds(setting) {
        for &index in &chosen {
            places.push(Some(original(study, films, index)));
            let changed = film_at_limits(&films.cache, index, &setting.augment, kind);
            places.extend(changed.into_iter().map(|(end, film)| Some(Frame { film, caption: vec![kind.name().to_owned(), end] })));
        }
    }
    Outline {
        title: format!("{}: each kind of change at its limits", study.plan.title),
        text: "Each row is one kind of change that the spec switches on, alone and as large as it can be.".to_owned(),
        notes: study.notes(),
        columns: 3 * chosen.len(),
        group: 3,
        places,
        image: setting.image,
    }
}

/// The kinds of change that are switched on.
fn kinds(setting: &Setting) -> Vec<AugmentKind> {
    AugmentKind::ALL.into_iter().filter(|kind| kind.limit(&setting.augment) > 0.0).collect()
}

fn part(study: &DataStudy, index: usize) -> String {
    study.assignment.parts()[index].to_string()
}

/// A film as it is, with id, age and sex.
fn original(study: &DataStudy, films: &CachedDataset, index: usize) -> Frame {
    let sample = &study.samples()[index];
    let caption = vec![sample.id.clone(), wording::age_and_sex(sample, study.plan.report.unit)];
    Frame { film: stored_film(&films.cache, index), caption }
}

/// Films with a further line for each.
fn sheet_of_films(study: &DataStudy, title: &str, text: String, films: impl Iterator<Item = (usize, String)>) -> Outline {
    let frame = |(index, line)| {
        let mut frame = original(study, study.first(), index);
        frame.caption.push(line);
        Some(frame)
    };
    Outline {
        title: format!("{}: {title}", study.plan.title),
        text,
        notes: study.notes(),
        columns: COLUMNS,
        group: COLUMNS,
        places: films.map(frame).collect(),
        image: study.first().cache.image(),
    }
}

/// At most `count` of the films with those indices, evenly through the order of ages, from the youngest to the oldest.
fn spread_over_ages(study: &DataStudy, indices: &[usize], count: usize) -> Vec<usize> {
    let mut sorted = indices.to_vec();
    let age = |index: usize| study.samples()[index].age_months;
    sorted.sort_by(|left, right| age(*left).total_cmp(&age(*right)).then(left.cmp(right)));
    if sorted.len() <= count {
        return sorted;
    }
    let last = sorted.len() - 1;
    (0..count).map(|place| sorted[place * last / (count - 1).max(1)]).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::Project;
    use super::*;

    #[test]
    fn a_sample_goes_from_the_youngest_to_the_oldest() {
        let project = Project::new("");
        let study = project.study();
        let all: Vec<usize> = (0..40).collect();
        let ages = |chosen: &[usize]| -> Vec<f64> { chosen.iter().map(|index| study.samples()[*index].age_months).collect() };
        let seven = spread_over_ages(&study, &all, 7);
        let every = ages(&spread_over_ages(&study, &all, 40));
        assert_eq!((seven.len(), every.len()), (7, 40));
        assert!(every.is_sorted() && ages(&seven).is_sorted());
        assert_eq!([ages(&seven)[0], ages(&seven)[6]], [every[0], every[39]]);
        let mut distinct = seven.clone();
        distinct.dedup();
        assert_eq!(distinct, seven);
    }

    #[test]
    fn an_augmented_row_is_the_film_and_seven_draws() {
        let project = Project::new("augment: { rotate: 15, noise: 0.1, balance: { by: [sex] } }");
        let study = project.study();
        let setting = &settings(study.plan)[0];
        let plan = augmented_sheet(&study, setting);
        assert_eq!(plan.places.len(), 6 * 8);
        let train = study.assignment.partition(None).train;
        for row in plan.places.chunks(8) {
            let frames: Vec<&Frame> = row.iter().flatten().collect();
            let id = &frames[0].caption[0];
            let index = study.samples().iter().position(|sample| sample.id == *id).unwrap();
            assert!(train.contains(&index), "{id}");
            assert_eq!(frames[0].film, stored_film(&study.first().cache, index));
            let key = AugmentKey { seed: setting.seed, epoch: 5, sample: index as u64, repeat: 0 };
            assert_eq!(frames[5].caption, ["epoch 5"]);
            assert_eq!(frames[5].film, augmented_films(&study.first().cache, &setting.augment, &[key])[0]);
            let mut films: Vec<&Vec<u8>> = frames.iter().map(|frame| &frame.film).collect();
            films.sort();
            films.dedup();
            assert_eq!(films.len(), 8, "no two are alike");
        }
    }

    #[test]
    fn a_prepared_row_begins_with_the_film_and_ends_with_what_is_kept() {
        let project = Project::new("prepare: { crop: hand, normalise: per_image }");
        let study = project.study();
        let plan = preparation(&study, project.films[0].0);
        assert_eq!((plan.columns, plan.places.len()), (3, 8 * 3));
        for row in plan.places.chunks(3) {
            let frames: Vec<&Frame> = row.iter().flatten().collect();
            let index = study.samples().iter().position(|sample| sample.id == frames[0].caption[0]).unwrap();
            assert_eq!((frames[0].caption[1].as_str(), frames[2].caption[1].as_str()), ("as it is", "normalise: per image"));
            assert_eq!(frames[2].film, stored_film(&study.first().cache, index));
        }
        let names: Vec<_> = render(&study, &DataFacts::of(&study)).unwrap().into_iter().map(|sheet| sheet.file.path).collect();
        assert!(names.contains(&"sheets/prepare.png".into()), "{names:?}");
    }

    #[test]
    fn operations_have_a_row_for_each_kind_that_is_on() {
        let project = Project::new("augment: { rotate: 15, noise: 0.1, flip: 0.5 }");
        let study = project.study();
        let plan = operations(&study, &settings(study.plan)[0]);
        assert_eq!((plan.columns, plan.places.len()), (6, 3 * 6));
        let words: Vec<String> = plan.places.iter().flatten().map(|frame| frame.caption.join(" ")).collect();
        assert_eq!([&words[1], &words[2]], ["flip unchanged", "flip flipped"]);
        assert_eq!([&words[7], &words[8]], ["rotate −15°", "rotate +15°"]);
        assert_eq!(words[16], "noise a draw");
    }

    #[test]
    fn a_pair_stands_side_by_side_and_its_captions_tell_the_parts() {
        let project = Project::new("");
        let study = project.study();
        let plan = duplicates(&study, &study.findings.duplicates);
        let ids: Vec<&str> = plan.places.iter().flatten().map(|frame| frame.caption[0].as_str()).collect();
        assert_eq!((plan.group, ids), (2, vec!["2", "11"]));
        let line = &plan.places[1].as_ref().unwrap().caption[2];
        assert!(line.ends_with("; similarity 0.988, mirrored, turned by 5°"), "{line}");
    }
}
