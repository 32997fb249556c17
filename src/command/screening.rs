//! Films looked at for a command: what is in two parts, what is suspicious, which labels finished runs do not believe.

use std::collections::HashMap;

use super::prepare::{Prepared, films_at};
use crate::data::{self, Assignment, CachedDataset, Dataset, FilmStore, Leak, Sample};
use crate::error::Error;
use crate::execute::Progress;
use crate::plan::{Plan, SourceConfig};
use crate::record::format::RunState;
use crate::record::{KnownPairs, RecordError, StudyFolder, StudyIndex};
use crate::screen::{self, DuplicatePair, Findings, HeldOut};

/// Films of which a run compares every two by itself; a hundred thousand would take an hour at every start.
const MOST_COMPARED: usize = 30_000;

/// All that is suspicious about the films of a plan, and about their labels where runs of its study are finished.
pub(super) fn screen_films(plan: &Plan, dataset: &Dataset, folder: &StudyFolder, progress: &mut dyn Progress) -> Result<Findings, Error> {
    let [small, large] = [screen::small_image(), screen::large_image()].map(|image| films_at(image, dataset, plan, progress));
    let (small, large) = (small?, large?);
    let mut findings = screen::screen(&small.cache, &large.cache, &small.film_hashes);
    let ages: Vec<f64> = dataset.samples.iter().map(|sample| sample.age_months).collect();
    match held_out(folder, &dataset.samples) {
        Ok(runs) => findings.films.extend(screen::label_outliers(&ages, &runs, plan.report.unit)),
        Err(error) => progress.note(&format!("labels not compared with the predictions of finished runs: {error}")),
    }
    findings.sort();
    Ok(findings)
}

/// What the finished runs of a study predict for films that they were not trained on; none of films whose label has changed since.
fn held_out(folder: &StudyFolder, samples: &[Sample]) -> Result<Vec<HeldOut>, RecordError> {
    let Some(index) = StudyIndex::read(folder.path())? else { return Ok(Vec::new()) };
    let places: HashMap<&str, usize> = samples.iter().enumerate().map(|(place, sample)| (sample.id.as_str(), place)).collect();
    let mut runs = Vec::new();
    for row in &index.rows {
        for state in row.states(folder)? {
            let RunState::Done(run) = state else { continue };
            let prediction = |row: &crate::record::format::PredictionRow| {
                let place = *places.get(row.id.as_str())?;
                (samples[place].age_months == row.target).then_some((place, row.predicted))
            };
            runs.push(HeldOut { predicted: run.predictions.iter().filter_map(prediction).collect() });
        }
    }
    Ok(runs)
}

/// What is in two parts: ids, patients, films with the same bytes, and films that show the same.
pub(super) fn leaks(films: &CachedDataset, pairs: &[DuplicatePair], assignment: &Assignment) -> Vec<Leak> {
    let samples = &films.dataset.samples;
    let mut leaks = data::leaks(assignment, samples, Some(&films.film_hashes));
    leaks.extend(screen::straddling(pairs, samples, assignment));
    leaks
}

/// The pairs of films that show the same, as the study's record knows them or by comparing every two.
///
/// Synthetic films are each drawn for themselves, so that none is a copy.
pub(super) fn pairs(
    plan: &Plan,
    prepared: &Prepared,
    folder: &StudyFolder,
    progress: &mut dyn Progress,
) -> Result<Vec<DuplicatePair>, Error> {
    let Prepared { cached, dataset } = prepared;
    let (_, films) = cached.first().expect("a plan has an image setting");
    let count = dataset.samples.len();
    if matches!(plan.data.source, SourceConfig::Phantom { .. }) {
        return Ok(Vec::new());
    }
    if count > MOST_COMPARED {
        progress.note(&format!(
            "{count} films are too many to look for copies that are not the same bytes at every start; `bench-run data` looks for them"
        ));
        return Ok(Vec::new());
    }
    let small = screen::small_image();
    let is_large_enough = |films: &CachedDataset| {
        let size = films.cache.image().size;
        size.height >= small.size.height && size.width >= small.size.width
    };
    let own = cached.iter().map(|(_, films)| films).find(|films| is_large_enough(films));
    let image = own.map_or(small, |films| films.cache.image());
    let key = format!("{} {} {}", films.digest, ids_digest(&dataset.samples), screen::DUPLICATES_VERSION);
    if let Some(known) = KnownPairs::read(folder).filter(|known| known.key == key && known.image == image) {
        return Ok(known.pairs);
    }
    let resized = if own.is_none() { Some(films_at(small, dataset, plan, progress)?) } else { None };
    let films = own.or(resized.as_ref()).expect("one of the two is there");
    let found = screen::duplicates(&films.cache, &films.film_hashes);
    KnownPairs { key, image, pairs: found.clone() }.write(folder)?;
    Ok(found)
}

/// Which films are compared, in their order: of the same data, a program that reads fewer formats leaves out more.
fn ids_digest(samples: &[Sample]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("bench-run 2026 compared films");
    for sample in samples {
        hasher.update(&(sample.id.len() as u64).to_le_bytes()).update(sample.id.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
