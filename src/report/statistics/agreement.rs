//! `statistics.*`: how predictions agree with the truth, beyond the mean error.

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, interval, percent_spread, plain_spread, rounded};
use super::super::summary::{INTERVAL_SEED, Spread};
use super::super::table::{Cell, Heading, Table, TableRow};
use super::judged::{Ages, Judged, JudgedRow};
use super::{Tables, full, notes_of_all, values};
use crate::metric::bootstrap::{Bootstrap, Interval, RESAMPLES};
use crate::metric::{
    BIAS, Calibration, LimitsOfAgreement, PEARSON, WITHIN_MONTHS, accuracy, bias, calibration, calibration_slope_interval, concordance,
    limits_intervals, limits_of_agreement, mae, median_absolute_error, pearson, r2, rmse,
};

/// All figures of a row over all its predictions; ages in months.
struct Agreement {
    films: usize,
    patients: usize,
    mae: f64,
    mae_interval: Option<Interval>,
    rmse: f64,
    median: f64,
    bias: f64,
    bias_interval: Option<Interval>,
    limits: Option<LimitsOfAgreement>,
    limits_intervals: Option<[Interval; 2]>,
    r2: Option<f64>,
    pearson: Option<f64>,
    concordance: Option<f64>,
    within: [f64; 3],
    accuracy: f64,
    line: Option<Calibration>,
    slope_interval: Option<Interval>,
}

impl Agreement {
    fn of(study: &Study, row: &JudgedRow) -> Self {
        let ages = Ages::of(&row.predictions, &study.films);
        let (targets, predicted, patients) = (&ages.targets, &ages.predicted, &ages.patients);
        let mean = |values: &[f64]| Some(Bootstrap::of_mean(values, patients, INTERVAL_SEED)?.interval());
        Self {
            films: ages.films,
            patients: patients.count(),
            mae: mae(targets, predicted),
            mae_interval: mean(&ages.absolute_errors()),
            rmse: rmse(targets, predicted),
            median: median_absolute_error(targets, predicted),
            bias: bias(targets, predicted),
            bias_interval: mean(&ages.errors()),
            limits: limits_of_agreement(targets, predicted),
            limits_intervals: limits_intervals(targets, predicted, patients, INTERVAL_SEED),
            r2: r2(targets, predicted),
            pearson: pearson(targets, predicted),
            concordance: concordance(targets, predicted),
            within: WITHIN_MONTHS.map(|months| accuracy(targets, predicted, months)),
            accuracy: accuracy(targets, predicted, study.accuracy_within * study.unit.months()),
            line: calibration(targets, predicted),
            slope_interval: calibration_slope_interval(targets, predicted, patients, INTERVAL_SEED),
        }
    }
}

/// The table, for people and for programs.
pub(super) fn tables(study: &Study, judged: &Judged) -> Tables {
    let figures: Vec<Agreement> = judged.rows.iter().map(|row| Agreement::of(study, row)).collect();
    Tables { pages: vec![table(study, judged, &figures)], values: csv_table(study, judged, &figures) }
}

fn table(study: &Study, judged: &Judged, figures: &[Agreement]) -> Table {
    let unit = study.unit.name();
    let headings = [
        format!("MAE [95 % CI] ({unit})"),
        format!("RMSE ({unit})"),
        format!("Median error ({unit})"),
        format!("{} [95 % CI] ({unit})", BIAS.name),
        format!("Lower limit of agreement [95 % CI] ({unit})"),
        format!("Upper limit [95 % CI] ({unit})"),
        "R²".to_owned(),
        PEARSON.name.to_owned(),
        "Concordance".to_owned(),
        "Within 6 mo".to_owned(),
        "12 mo".to_owned(),
        "24 mo".to_owned(),
        "Calibration slope [95 % CI]".to_owned(),
        format!("Intercept ({unit})"),
    ];
    let mut rows = Vec::new();
    for (row, figures) in judged.rows.iter().zip(figures) {
        if row.is_baseline {
            rows.push(TableRow::Rule);
        }
        let label = Cell::plain(row.label);
        rows.push(TableRow::Cells([label].into_iter().chain(cells(study, figures).map(Cell::plain)).collect()));
    }
    Table {
        name: format!("{}-statistics", study.name),
        title: format!("{}: agreement with the true age, {} films", study.title, judged.part_name()),
        headings: [Heading::left("Backbone")].into_iter().chain(headings.map(Heading::right)).collect(),
        rows,
        notes: notes(study, judged),
        best: None,
    }
}

fn cells(study: &Study, figures: &Agreement) -> [String; 14] {
    let unit = study.unit;
    let with = |value: f64, ends: Option<Interval>| age(value, unit) + &interval(ends, unit);
    let one = |mean: f64| Spread { count: 1, mean, sd: None };
    let plain = |value: Option<f64>| value.map_or(NOT_MEASURED.to_owned(), |value| plain_spread(one(value)));
    let limit = |value: fn(&LimitsOfAgreement) -> f64, place: usize| {
        let ends = figures.limits_intervals.map(|ends| ends[place]);
        figures.limits.as_ref().map_or(NOT_MEASURED.to_owned(), |limits| with(value(limits), ends))
    };
    let [six, twelve, twenty_four] = figures.within.map(|share| percent_spread(one(share)));
    let slope = figures.line.map_or(NOT_MEASURED.to_owned(), |line| {
        let ends = figures.slope_interval.map(|ends| format!(" [{}, {}]", rounded(ends.low, 2), rounded(ends.high, 2)));
        rounded(line.slope, 2) + &ends.unwrap_or_default()
    });
    [
        with(figures.mae, figures.mae_interval),
        age(figures.rmse, unit),
        age(figures.median, unit),
        with(figures.bias, figures.bias_interval),
        limit(|limits| limits.low, 0),
        limit(|limits| limits.high, 1),
        plain(figures.r2),
        plain(figures.pearson),
        plain(figures.concordance),
        six,
        twelve,
        twenty_four,
        slope,
        figures.line.map_or(NOT_MEASURED.to_owned(), |line| age(line.intercept, unit)),
    ]
}

fn notes(study: &Study, judged: &Judged) -> Vec<String> {
    let mut notes = study.notes.clone();
    notes.extend(notes_of_all(judged));
    if judged.runs() > 1 {
        notes.push("Several runs: figures are over the predictions of all runs of a row together, every run weighing the same.".to_owned());
    }
    notes.extend([
        format!("95 % CI: bootstrap over patients, or films where no patient is known ({RESAMPLES} resamples, BCa)."),
        "Bias: mean of predicted − true. Limits of agreement: bias ± 1.96 standard deviations of predicted − true (Bland & Altman); some 95 % of films lie between them.".to_owned(),
        "Concordance: Lin's. Within 6, 12, 24 mo: share of films whose absolute error is at most so many months.".to_owned(),
        "Calibration: the line of true over predicted age. A slope below 1 says that predictions are too extreme, above 1 that they are drawn to the middle.".to_owned(),
    ]);
    notes
}

/// The table for programs.
fn csv_table(study: &Study, judged: &Judged, figures: &[Agreement]) -> Table {
    let unit = study.unit.name();
    let ages = ["mae", "mae_ci_low", "mae_ci_high", "rmse", "median_absolute_error", "bias", "bias_ci_low", "bias_ci_high", "loa_low"];
    let ages = ages.into_iter().chain(["loa_low_ci_low", "loa_low_ci_high", "loa_high", "loa_high_ci_low", "loa_high_ci_high"]);
    let plain = ["r2", "pearson", "concordance", "within_6_months_percent", "within_12_months_percent", "within_24_months_percent"];
    let headings = ["backbone", "part", "runs", "films", "patients"].into_iter().map(str::to_owned);
    let headings = headings.chain(ages.map(|name| format!("{name}_{unit}"))).chain(plain.map(str::to_owned)).chain([
        format!("accuracy_within_{unit}"),
        "accuracy_percent".to_owned(),
        "calibration_slope".to_owned(),
        "calibration_slope_ci_low".to_owned(),
        "calibration_slope_ci_high".to_owned(),
        format!("calibration_intercept_{unit}"),
    ]);
    let row = |(row, found): (&JudgedRow, &Agreement)| {
        let shown = |months: Option<f64>| full(months.map(|months| months / study.unit.months()));
        let ends = |ends: Option<Interval>| [shown(ends.map(|ends| ends.low)), shown(ends.map(|ends| ends.high))];
        let limits = |place: usize| ends(found.limits_intervals.map(|ends| ends[place]));
        let mut fields = vec![row.label.to_owned(), judged.part_name().to_owned(), row.runs.to_string()];
        fields.extend([found.films.to_string(), found.patients.to_string(), shown(Some(found.mae))]);
        fields.extend(ends(found.mae_interval));
        fields.extend([found.rmse, found.median, found.bias].map(|months| shown(Some(months))));
        fields.extend(ends(found.bias_interval));
        fields.push(shown(found.limits.map(|limits| limits.low)));
        fields.extend(limits(0));
        fields.push(shown(found.limits.map(|limits| limits.high)));
        fields.extend(limits(1));
        fields.extend([found.r2, found.pearson, found.concordance].map(full));
        fields.extend(found.within.map(|share| full(Some(share * 100.0))));
        fields.extend([study.accuracy_within.to_string(), full(Some(found.accuracy * 100.0))]);
        let slope = found.slope_interval;
        fields.extend([found.line.map(|line| line.slope), slope.map(|ends| ends.low), slope.map(|ends| ends.high)].map(full));
        fields.push(shown(found.line.map(|line| line.intercept)));
        fields
    };
    values(study, headings.collect(), judged.rows.iter().zip(figures).map(row).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done, recorded};
    use super::super::super::summary::Summary;
    use super::super::super::table::{csv, markdown};
    use super::*;
    use crate::record::format::RunState;
    use crate::spec::{AgeUnit, Split};

    #[test]
    fn agreement_is_said_with_its_intervals() {
        let study = StudyBuilder::new().unit(AgeUnit::Months, 12.0).entry("CNN", vec![done(9.0)]).entry("VGG16", vec![done(14.0)]).build();
        insta::assert_snapshot!(markdown::page(&tables(&study, &Judged::of(&Summary::of(&study)).unwrap()).pages[0]));
    }

    #[test]
    fn runs_weigh_the_same_and_a_validation_part_in_place_of_the_test_part_is_said() {
        let run = |val_mae| {
            let mut run = recorded(val_mae, 10);
            run.predictions.retain(|row| row.split == Split::Val);
            run.result.figures.test = None;
            RunState::Done(Box::new(run))
        };
        let study = StudyBuilder::new().entry("CNN", vec![run(6.0), run(12.0)]).build();
        let summary = Summary::of(&study);
        let found = tables(&study, &Judged::of(&summary).unwrap());
        let rows: Vec<std::collections::BTreeMap<String, String>> =
            ::csv::Reader::from_reader(csv::write(&found.values).as_bytes()).deserialize().map(Result::unwrap).collect();
        assert_eq!((rows[0]["part"].as_str(), rows[0]["runs"].as_str(), rows[0]["films"].as_str()), ("validation", "2", "20"));
        assert!((rows[0]["mae_years"].parse::<f64>().unwrap() - 0.75).abs() < 1e-12, "{rows:?}");
        assert_eq!(rows[1]["pearson"], "", "a constant has no correlation");
        let notes = &found.pages[0].notes;
        assert!(notes[0].starts_with("There is no test part") && notes[1].starts_with("Several runs"), "{notes:?}");
    }
}
