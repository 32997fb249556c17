//! What `predict` prints of a film.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::in_row;
use crate::predict::{FilmAge, PredictError};
use crate::spec::AgeUnit;

/// A film with its age, in the unit that is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    film: PathBuf,
    /// None where the film cannot be read.
    predicted: Option<f64>,
    /// Ends of the interval; none where there are too few validation films.
    low: Option<f64>,
    high: Option<f64>,
    unit: &'static str,
    /// Standard deviation between several runs.
    spread: Option<f64>,
    /// True age, where a table tells it.
    age: Option<f64>,
    /// From 0; above 1 the film is unlike those of the study.
    unlike: Option<f64>,
    /// What to ask of the film, or why it cannot be read.
    warnings: Vec<String>,
}

impl Row {
    pub(super) fn new(
        film: &Path,
        found: Result<FilmAge, PredictError>,
        true_months: Option<f64>,
        half_width: Option<f64>,
        unit: AgeUnit,
    ) -> Self {
        let in_unit = |months: f64| months / unit.months();
        let blank = Self {
            film: film.to_owned(),
            predicted: None,
            low: None,
            high: None,
            unit: unit.name(),
            spread: None,
            age: true_months.map(in_unit),
            unlike: None,
            warnings: Vec::new(),
        };
        let age = match found {
            Ok(age) => age,
            Err(error) => return Self { warnings: vec![in_row(&error, film)], ..blank },
        };
        let predicted = in_unit(age.months);
        let strange = age.is_strange().then(|| "unlike the films of the study".to_owned());
        Self {
            predicted: Some(predicted),
            // Nobody is younger than nothing.
            low: half_width.map(|width| (predicted - width).max(0.0)),
            high: half_width.map(|width| predicted + width),
            spread: age.spread.map(in_unit),
            unlike: age.unlike,
            warnings: strange.into_iter().chain(age.findings).collect(),
            ..blank
        }
    }

    pub(super) fn is_unread(&self) -> bool {
        self.predicted.is_none()
    }

    pub(super) fn is_strange(&self) -> bool {
        self.unlike.is_some_and(|score| score > 1.0)
    }

    /// Predicted less true age, where both are there.
    pub(super) fn error(&self) -> Option<f64> {
        Some(self.predicted? - self.age?)
    }

    /// Whether the true age lies in the interval.
    pub(super) fn is_inside(&self) -> Option<bool> {
        Some((self.low?..=self.high?).contains(&self.age?))
    }
}

pub(super) fn to_json(rows: &[Row]) -> String {
    serde_json::to_string_pretty(rows).expect("names and numbers") + "\n"
}

pub(super) fn to_csv(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["film", "predicted", "low", "high", "unit", "spread", "age", "unlike", "warnings"]).expect("a vector takes all");
    for row in rows {
        let Row { film, predicted, low, high, unit, spread, age, unlike, warnings } = row;
        let film = film.to_string_lossy();
        writer.serialize((film, predicted, low, high, unit, spread, age, unlike, warnings.join("; "))).expect("a vector takes all");
    }
    String::from_utf8(writer.into_inner().expect("a vector takes all")).expect("paths are shown as text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(months: f64, unlike: f64) -> FilmAge {
        FilmAge { months, spread: Some(6.0), unlike: Some(unlike), findings: vec!["dark: 40, usually 200".into()] }
    }

    #[test]
    fn a_row_is_in_the_unit_and_says_what_is_odd() {
        let row = Row::new(Path::new("a.png"), Ok(age(24.0, 1.5)), Some(30.0), Some(3.0), AgeUnit::Years);
        assert_eq!((row.predicted, row.low, row.high, row.spread, row.age), (Some(2.0), Some(0.0), Some(5.0), Some(0.5), Some(2.5)));
        assert_eq!((row.error(), row.is_inside(), row.is_strange()), (Some(-0.5), Some(true), true));
        let error = PredictError::Film { path: "b.png".into(), reason: "no image".into() };
        let unread = Row::new(Path::new("b.png"), Err(error), None, Some(3.0), AgeUnit::Years);
        assert!(unread.is_unread() && unread.error().is_none());
        let table = to_csv(&[row, unread]);
        assert_eq!(
            table,
            "film,predicted,low,high,unit,spread,age,unlike,warnings\n\
             a.png,2.0,0.0,5.0,years,0.5,2.5,1.5,\"unlike the films of the study; dark: 40, usually 200\"\n\
             b.png,,,,years,,,,cannot be read: no image\n"
        );
    }
}
