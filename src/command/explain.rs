//! `bench-run explain SPEC…`: what the networks of a finished study look at, and where all of them err.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use tch::Device;

use super::finished::{FinishedOptions, FinishedRun, StudyFilms, finished_runs, finished_study};
use super::report::notes;
use crate::data::{CachedDataset, stack_films, stored_film};
use crate::error::{DONE, Error};
use crate::explain::{Method, paint};
use crate::plan::Plan;
use crate::predict::TrainedModel;
use crate::record::StudyFolder;
use crate::record::format::PredictionRow;
use crate::report::{self, ExplainedFilm, ExplainedSheet, Group, ReportFile, SHEETS, WorstFilm, WorstFilms};
use crate::spec::{Channels, Split};

/// Which films are explained, and how.
#[derive(Debug, Clone, Copy)]
pub struct ExplainChoice {
    /// How.
    pub method: Method,
    /// Films of each kind.
    pub films: usize,
    /// The part whose films are shown; test where there is one, else validation, where none is given.
    pub part: Option<Split>,
}

/// Films on the sheet of all rows, for each film of a kind.
const WORST_OF_ALL: usize = 4;

/// Write the sheets of each spec.
///
/// # Errors
/// See [`Error`].
pub fn explain(options: &FinishedOptions, choice: ExplainChoice) -> Result<u8, Error> {
    let device = options.set_up()?;
    for plan in options.asked()?.plans {
        let mut progress = options.progress(&plan);
        let folder = StudyFolder::new(&options.results, &plan.name);
        let leaks = finished_study(&plan, &folder)?.leaks;
        let films = StudyFilms::load(&plan, options.cache_limit, progress.as_mut())?;
        let runs: Vec<FinishedRun> = finished_runs(&plan, &folder, &films, progress.as_mut())?.into_iter().filter_map(first).collect();
        let part = part(&plan, &runs, choice.part)?;
        folder.prepare_below(SHEETS)?;
        let context = Context { plan: &plan, folder: &folder, films: &films, notes: notes(&plan.data.source, leaks), part };
        let names = slugs(&runs);
        for (number, (run, name)) in runs.iter().zip(&names).enumerate() {
            progress.note(&format!(
                "[{}/{}] {}: {} of {} films",
                number + 1,
                runs.len(),
                run.label,
                choice.method.name(),
                3 * choice.films
            ));
            let sheet = context.explained(run, choice, device)?.render(&format!("{SHEETS}/explain_{name}.png"))?;
            context.keep(sheet)?;
        }
        let sheet = context.worst(&runs, WORST_OF_ALL * choice.films).render(&format!("{SHEETS}/worst_films.png"))?;
        context.keep(sheet)?;
        // A closed pipe is the reader's choice.
        let _ = writeln!(std::io::stdout(), "{} sheet(s) in {}", runs.len() + 1, folder.path().join(SHEETS).display());
    }
    Ok(DONE)
}

/// The first of a row's runs, seed by seed and fold by fold.
fn first(row: Vec<FinishedRun>) -> Option<FinishedRun> {
    row.into_iter().next()
}

/// The part that is shown.
fn part(plan: &Plan, runs: &[FinishedRun], asked: Option<Split>) -> Result<Split, Error> {
    let part = asked.unwrap_or_else(|| runs.first().map_or(Split::Test, FinishedRun::part));
    if runs.iter().all(|run| predictions(run, part).is_empty()) {
        let other = if part == Split::Test { "val" } else { "test" };
        return Err(Error::Usage(format!(
            "{} has no {} part, so that there are no films of it to show; give --part {other}, or a part in `split` and run the spec again",
            plan.name,
            part.name()
        )));
    }
    Ok(part)
}

fn predictions(run: &FinishedRun, part: Split) -> Vec<&PredictionRow> {
    run.record.predictions.iter().filter(|row| row.split == part).collect()
}

fn error_of(row: &PredictionRow) -> f64 {
    (row.predicted - row.target).abs()
}

/// The names of the rows as parts of file names, each another.
fn slugs(runs: &[FinishedRun]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut slug = |label: &str| {
        let plain: String = label.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let slug = plain.split_whitespace().collect::<Vec<_>>().join("-");
        let count = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { slug } else { format!("{slug}-{count}") }
    };
    runs.iter().map(|run| slug(&run.label)).collect()
}

/// Some of the smallest errors, of those about the median, and of the largest, each film once.
fn chosen(mut rows: Vec<&PredictionRow>, films: usize) -> Vec<(Group, &PredictionRow)> {
    rows.sort_by(|a, b| error_of(a).total_cmp(&error_of(b)).then_with(|| a.id.cmp(&b.id)));
    let count = rows.len();
    let films = films.min(count.div_ceil(3));
    let best = 0..films.min(count);
    let worst = (count - films.min(count - best.end))..count;
    let between = worst.start - best.end;
    let middle = best.end + (between - films.min(between)) / 2;
    let median = middle..middle + films.min(between);
    let of = |group: Group, range: std::ops::Range<usize>| rows[range].iter().map(|row| (group, *row)).collect::<Vec<_>>();
    // The worst film comes first.
    let worst = of(Group::Worst, worst).into_iter().rev();
    of(Group::Best, best).into_iter().chain(of(Group::Median, median)).chain(worst).collect()
}

/// A study whose sheets are made.
struct Context<'a> {
    plan: &'a Plan,
    folder: &'a StudyFolder,
    films: &'a StudyFilms,
    notes: Vec<String>,
    part: Split,
}

impl Context<'_> {
    /// The sheet of a row.
    fn explained(&self, run: &FinishedRun, choice: ExplainChoice, device: Device) -> Result<ExplainedSheet, Error> {
        let model = TrainedModel::open(&self.folder.run(&run.id), device)?;
        let films = self.films_of(run);
        let places = places(films);
        let explained = |(group, row): (Group, &PredictionRow)| {
            let place = *places.get(row.id.as_str())?;
            let image = stack_films(&films.cache, &[place], Device::Cpu).get(0);
            let explanation = model.explain_image(&image, films.dataset.samples[place].sex, choice.method);
            let strongest = explanation.map.largest();
            let of_strength = |strongest| paint(&explanation.map, &explanation.film, explanation.channels, strongest).planes();
            Some(ExplainedFilm {
                id: row.id.clone(),
                group,
                target: row.target,
                predicted: row.predicted,
                film: of_strength(f32::INFINITY),
                painted: of_strength(strongest),
                strongest: choice.method.is_in_months().then_some(f64::from(strongest)),
            })
        };
        Ok(ExplainedSheet {
            study: self.plan.title.clone(),
            label: run.label.clone(),
            run_id: run.id.clone(),
            method: choice.method.name(),
            part: self.part,
            unit: self.plan.report.unit,
            notes: self.notes.clone(),
            size: run.config.image.size,
            films: chosen(predictions(run, self.part), choice.films).into_iter().filter_map(explained).collect(),
        })
    }

    /// The films on which all rows together err most, as the first row sees them.
    fn worst(&self, runs: &[FinishedRun], most: usize) -> WorstFilms {
        let first = &runs[0];
        let films = self.films_of(first);
        let places = places(films);
        let by_id = |run: &FinishedRun| predictions(run, self.part).into_iter().map(|row| (row.id.clone(), row.clone())).collect();
        let rows: Vec<HashMap<String, PredictionRow>> = runs.iter().map(by_id).collect();
        // With folds, rows may have judged other films; a mean is over films that all of them judged.
        let judged = |row: &PredictionRow| -> Option<(f64, Vec<PredictionRow>)> {
            let all: Vec<PredictionRow> = rows.iter().map(|row_of| row_of.get(&row.id).cloned()).collect::<Option<_>>()?;
            Some((all.iter().map(error_of).sum::<f64>() / all.len() as f64, all))
        };
        let mut judged: Vec<(f64, Vec<PredictionRow>)> = predictions(first, self.part).into_iter().filter_map(judged).collect();
        judged.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1[0].id.cmp(&b.1[0].id)));
        let count = judged.len();
        let worst = |(mean_error, rows): (f64, Vec<PredictionRow>)| {
            let place = *places.get(rows[0].id.as_str())?;
            Some(WorstFilm {
                id: rows[0].id.clone(),
                target: rows[0].target,
                mean_error,
                predictions: runs.iter().zip(&rows).map(|(run, row)| (run.label.clone(), row.predicted)).collect(),
                film: coloured(stored_film(&films.cache, place), first.config.image.channels),
            })
        };
        WorstFilms {
            study: self.plan.title.clone(),
            part: self.part,
            count,
            unit: self.plan.report.unit,
            notes: self.notes.clone(),
            size: first.config.image.size,
            films: judged.into_iter().take(most).filter_map(worst).collect(),
        }
    }

    fn films_of(&self, run: &FinishedRun) -> &CachedDataset {
        self.films.of(&run.config).expect("a finished run was found to be of these films")
    }

    fn keep(&self, sheet: ReportFile) -> Result<(), Error> {
        report::write_files(vec![sheet], self.folder.path())?;
        Ok(())
    }
}

/// The place of every film by its id.
fn places(films: &CachedDataset) -> HashMap<&str, usize> {
    films.dataset.samples.iter().enumerate().map(|(place, sample)| (sample.id.as_str(), place)).collect()
}

/// A film in three planes.
fn coloured(film: Vec<u8>, channels: Channels) -> Vec<u8> {
    match channels {
        Channels::Grey => film.repeat(3),
        Channels::Rgb => film,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u32) -> Vec<PredictionRow> {
        let row = |index: u32| PredictionRow {
            id: format!("{index:02}"),
            split: Split::Test,
            target: 100.0,
            predicted: 100.0 + f64::from(index) * if index.is_multiple_of(2) { 1.0 } else { -1.0 },
        };
        // In no order of errors.
        (0..count).rev().map(row).collect()
    }

    fn ids(count: u32, films: usize) -> Vec<(Group, String)> {
        chosen(rows(count).iter().collect(), films).into_iter().map(|(group, row)| (group, row.id.clone())).collect()
    }

    #[test]
    fn best_median_and_worst_films_are_chosen_by_their_absolute_error() {
        let of = |group, ids: &[&str]| ids.iter().map(|id| (group, (*id).to_owned())).collect::<Vec<_>>();
        let expected = [of(Group::Best, &["00", "01"]), of(Group::Median, &["04", "05"]), of(Group::Worst, &["09", "08"])].concat();
        assert_eq!(ids(10, 2), expected);
    }

    #[test]
    fn no_film_is_shown_twice_where_there_are_few() {
        for count in 1..12 {
            for films in 1..6 {
                let mut ids: Vec<String> = ids(count, films).into_iter().map(|(_, id)| id).collect();
                let shown = ids.len();
                ids.sort();
                ids.dedup();
                assert_eq!(ids.len(), shown, "{films} of {count}");
                assert!(shown <= 3 * films && shown > 0);
            }
        }
    }
}
