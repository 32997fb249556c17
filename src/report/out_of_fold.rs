//! With folds, every film outside the test part is in the validation part of one run of each seed: what these networks, none of
//! which was trained on the film, predict for it. `out_of_fold.csv` has a row for each prediction; the lines under the comparison
//! table have the error over all of them, which weighs every film the same, whatever the sizes of the folds. Where the folds were
//! drawn several times, that is once for each seed and draw.

use std::collections::BTreeMap;

use super::Study;
use super::comparison::BASELINE_LABEL;
use super::number::{age_spread, interval, range, short_unit};
use super::summary::{INTERVAL_SEED, Row, Spread, Summary, patients};
use super::table::{Cell, Heading, Table, TableRow};
use crate::metric::bootstrap::{Bootstrap, Interval};
use crate::metric::mean;
use crate::record::KnownFilms;
use crate::record::format::{PredictionRow, RecordedRun};
use crate::spec::{AgeUnit, Split};

/// One prediction for a film by a network that was not trained on it.
struct OutOfFold<'a> {
    run: &'a RecordedRun,
    seed: u64,
    fold: u32,
    row: &'a PredictionRow,
}

/// Those of the finished runs of a row, seed by seed and fold by fold; none where there are no folds.
fn predictions<'a>(row: &Row<'a>) -> Vec<OutOfFold<'a>> {
    let of_run = |run: &'a RecordedRun| {
        let (seed, fold) = run.result.seed_and_fold().and_then(|(seed, fold)| fold.map(|fold| (seed, fold)))?;
        let validation = run.predictions.iter().filter(|row| row.split == Split::Val);
        Some(validation.map(move |row| OutOfFold { run, seed, fold, row }))
    };
    row.done.iter().copied().filter_map(of_run).flatten().collect()
}

/// Every out-of-fold prediction, in full precision and the study's unit; none where there are no folds.
pub(super) fn table(study: &Study, summary: &Summary) -> Option<Table> {
    let unit = study.unit;
    let mut rows = Vec::new();
    for entry in &summary.rows {
        for OutOfFold { seed, fold, row, .. } in predictions(entry) {
            let ages = [row.target, row.predicted].map(|months| (months / unit.months()).to_string());
            let [target, predicted] = ages;
            let fields = [entry.entry.label.clone(), seed.to_string(), fold.to_string(), row.id.clone(), target, predicted];
            rows.push(TableRow::Cells(fields.into_iter().map(Cell::plain).collect()));
        }
    }
    let [target, predicted] = ["target", "predicted"].map(|name| format!("{name}_{}", unit.name()));
    let headings = ["backbone", "seed", "fold", "id"].map(str::to_owned).into_iter().chain([target, predicted]);
    (!rows.is_empty()).then(|| Table {
        name: study.name.clone(),
        title: study.title.clone(),
        headings: headings.map(Heading::left).collect(),
        rows,
        notes: Vec::new(),
        best: None,
    })
}

/// The error over all out-of-fold predictions of each row and of the baseline; none where there are no folds.
pub(super) fn line(study: &Study, summary: &Summary) -> Option<String> {
    let errors: Vec<(&str, Errors)> = summary
        .rows
        .iter()
        .filter_map(|row| Some((row.entry.label.as_str(), Errors::of(&predictions(row), &study.films, |film| film.row.predicted)?)))
        .collect();
    // The mean age of the training part is that of the fold's run, whatever the network.
    let baseline = summary.rows.iter().find_map(|row| Errors::of(&predictions(row), &study.films, |film| film.run.result.target_mean));
    let films: Vec<u64> = errors.iter().map(|(_, errors)| errors.films).collect();
    let rows = errors.iter().map(|(label, errors)| (*label, errors)).chain(baseline.as_ref().map(|errors| (BASELINE_LABEL, errors)));
    let rows: Vec<String> = rows.map(|(label, errors)| format!("{label} {}", errors.text(study.unit))).collect();
    (!films.is_empty()).then(|| {
        let drawn = study.films.draws();
        let drawn = if drawn > 1 { format!("; the folds were drawn {drawn} times, ± is over seeds and draws") } else { String::new() };
        format!(
            "Out-of-fold MAE [95 % CI] ({}), over all films outside the test part, each predicted by the network that was not trained on it (n = {}{drawn}): {}.",
            short_unit(study.unit),
            range(&films),
            rows.join("; ")
        )
    })
}

/// Absolute errors over all films, months.
struct Errors {
    films: u64,
    /// The mean over all films, once per seed and draw of the folds.
    mae: Spread,
    /// Over patients, each film averaged over seeds and draws.
    interval: Option<Interval>,
}

impl Errors {
    fn of(films: &[OutOfFold], known: &KnownFilms, predicted: impl Fn(&OutOfFold) -> f64) -> Option<Self> {
        let (mut by_draw, mut by_film) = (BTreeMap::<(u64, usize), Vec<f64>>::new(), BTreeMap::<&str, Vec<f64>>::new());
        for film in films {
            let error = (predicted(film) - film.row.target).abs();
            by_draw.entry((film.seed, known.draw_of(film.fold))).or_default().push(error);
            by_film.entry(&film.row.id).or_default().push(error);
        }
        let per_draw: Vec<f64> = by_draw.values().map(|errors| mean(errors)).collect();
        let per_film: Vec<f64> = by_film.values().map(|errors| mean(errors)).collect();
        let bootstrap = Bootstrap::of_mean(&per_film, &patients(known, by_film.keys().copied()), INTERVAL_SEED);
        Some(Self { films: per_film.len() as u64, mae: Spread::of(&per_draw)?, interval: bootstrap.map(|bootstrap| bootstrap.interval()) })
    }

    fn text(&self, unit: AgeUnit) -> String {
        age_spread(self.mae, unit) + &interval(self.interval, unit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, recorded};
    use super::super::table::csv;
    use super::*;
    use crate::metric::bootstrap::Patients;
    use crate::record::format::RunState;

    /// A run whose validation part is films `ids`, each with an error in months; its training part has a mean age of 20 months.
    fn fold(seed: u64, fold: u32, films: &[(&str, f64)]) -> RunState {
        let mut run = recorded(9.0, 10);
        run.result.run_id = format!("cnn-s{seed}-f{fold}-0123456789");
        run.result.target_mean = 20.0;
        run.predictions.retain(|row| row.split == Split::Test);
        run.predictions.extend(films.iter().map(|(id, error)| PredictionRow {
            id: (*id).to_owned(),
            split: Split::Val,
            target: 24.0,
            predicted: 24.0 + error,
        }));
        RunState::Done(Box::new(run))
    }

    fn study() -> Study {
        let runs = vec![
            fold(0, 0, &[("a", 12.0), ("b", -12.0), ("c", 24.0)]),
            fold(0, 1, &[("d", 0.0)]),
            fold(3, 0, &[("a", 12.0), ("b", -12.0), ("c", 48.0)]),
            fold(3, 1, &[("d", 24.0)]),
        ];
        StudyBuilder::new().entry("CNN", runs).entry("VGG16", vec![RunState::Missing]).build()
    }

    #[test]
    fn every_film_has_a_row_per_seed_with_the_fold_that_left_it_out() {
        let study = study();
        let text = csv::write(&table(&study, &Summary::of(&study)).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "backbone,seed,fold,id,target_years,predicted_years");
        assert_eq!(lines[1..5], ["CNN,0,0,a,2,3", "CNN,0,0,b,2,1", "CNN,0,0,c,2,4", "CNN,0,1,d,2,2"]);
        assert_eq!((lines.len(), lines[8]), (9, "CNN,3,1,d,2,4"));
    }

    #[test]
    fn the_error_weighs_every_film_the_same() {
        let study = study();
        let line = line(&study, &Summary::of(&study)).unwrap();
        // Seed 0: (1 + 1 + 2 + 0) / 4 = 1; seed 3: (1 + 1 + 4 + 2) / 4 = 2; their standard deviation is √½. The mean over folds would
        // be ⅔ and 2. The interval is of the films' means 1, 1, 3 and 1.
        let bootstrap = Bootstrap::of_mean(&[12.0, 12.0, 36.0, 12.0], &Patients::of_films(4), INTERVAL_SEED).unwrap();
        let ends = Some(bootstrap.interval());
        let expected = format!("(n = 4): CNN 1.50 ± 0.71{}; Mean-age baseline 0.33 ± 0.00", interval(ends, AgeUnit::Years));
        assert!(line.starts_with("Out-of-fold MAE [95 % CI] (y)") && line.contains(&expected), "{line}");
    }

    #[test]
    fn each_draw_of_the_folds_counts_on_its_own() {
        let mut study = StudyBuilder::new()
            .entry(
                "CNN",
                vec![fold(0, 0, &[("a", 12.0)]), fold(0, 1, &[("b", 12.0)]), fold(0, 2, &[("b", 36.0)]), fold(0, 3, &[("a", 36.0)])],
            )
            .build();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(crate::record::SPLITS_FILE), "id,split,fold,fold_2\na,fold,0,3\nb,fold,1,2\n").unwrap();
        study.films = KnownFilms::read(folder.path()).unwrap();
        let line = line(&study, &Summary::of(&study)).unwrap();
        // 1 year in the first draw, 3 in the second: a standard deviation of √2.
        assert!(line.contains("(n = 2; the folds were drawn 2 times, ± is over seeds and draws): CNN 2.00 ± 1.41"), "{line}");
    }

    #[test]
    fn without_folds_there_is_nothing_to_say() {
        let study = StudyBuilder::new().entry("CNN", vec![done(9.0), done(8.0)]).build();
        let summary = Summary::of(&study);
        assert!(table(&study, &summary).is_none() && line(&study, &summary).is_none());
    }
}
