//! `subgroups.*`: the error of every row by sex, by race and by age.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, interval};
use super::super::summary::INTERVAL_SEED;
use super::super::table::{Cell, Heading, Table, TableRow};
use super::judged::{Ages, Judged, JudgedRow, Prediction};
use super::{full, notes_of_all, values};
use crate::metric::bootstrap::{Bootstrap, Interval, RESAMPLES};
use crate::metric::{bias, mae};
use crate::record::{KnownFilms, SPLITS_FILE};

/// Below so many films a group is flagged.
const FEW_FILMS: usize = 10;
/// Years in an age band.
const BAND: f64 = 5.0;
/// Of films whose label does not say.
const UNKNOWN: &str = "not given";

/// What films are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    Sex,
    Race,
    Age,
}

/// A group: where it stands among the groups, and its name.
type Group = (u32, String);

impl Property {
    const ALL: [Self; 3] = [Self::Sex, Self::Race, Self::Age];

    fn word(self) -> &'static str {
        match self {
            Self::Sex => "sex",
            Self::Race => "race",
            Self::Age => "age",
        }
    }

    fn group(self, film: &Prediction, known: &KnownFilms) -> Group {
        let label = |text: Option<&String>| text.map_or((1, UNKNOWN.to_owned()), |text| (0, text.clone()));
        let film_known = known.get(film.id);
        match self {
            Self::Sex => label(film_known.and_then(|film| film.sex.as_ref())),
            Self::Race => label(film_known.and_then(|film| film.race.as_ref())),
            Self::Age => {
                let band = (film.target / 12.0 / BAND).floor().max(0.0);
                (band as u32, format!("{}–{} y", band * BAND, band * BAND + BAND - 1.0))
            }
        }
    }
}

/// Groups of all films in their order, each with its number of films; none where no film's label tells the property.
fn groups(property: Property, judged: &Judged, known: &KnownFilms) -> Option<BTreeMap<Group, usize>> {
    let mut films: BTreeMap<Group, BTreeSet<&str>> = BTreeMap::new();
    for film in judged.rows.iter().flat_map(|row| &row.predictions) {
        films.entry(property.group(film, known)).or_default().insert(film.id);
    }
    films.keys().any(|(_, name)| name != UNKNOWN).then(|| films.into_iter().map(|(group, ids)| (group, ids.len())).collect())
}

/// The error of a row in a group, months.
struct GroupError {
    films: usize,
    patients: usize,
    mae: f64,
    interval: Option<Interval>,
    bias: f64,
}

impl GroupError {
    /// None where the row predicts no film of the group.
    fn of(row: &JudgedRow, property: Property, group: &Group, known: &KnownFilms) -> Option<Self> {
        let ages = Ages::of(row.predictions.iter().filter(|film| property.group(film, known) == *group), known);
        let bootstrap = Bootstrap::of_mean(&ages.absolute_errors(), &ages.patients, INTERVAL_SEED);
        (ages.films > 0).then(|| Self {
            films: ages.films,
            patients: ages.patients.count(),
            mae: mae(&ages.targets, &ages.predicted),
            interval: bootstrap.map(|bootstrap| bootstrap.interval()),
            bias: bias(&ages.targets, &ages.predicted),
        })
    }
}

/// A table for each property that labels tell; the last has the notes.
pub(super) fn tables(study: &Study, judged: &Judged) -> Vec<Table> {
    let of = |property| Some((property, groups(property, judged, &study.films)?));
    let known: Vec<_> = Property::ALL.into_iter().filter_map(of).collect();
    let mut tables: Vec<Table> = known.iter().map(|(property, groups)| table(study, judged, *property, groups)).collect();
    if let Some(last) = tables.last_mut() {
        let is_small = known.iter().any(|(_, groups)| groups.values().any(|films| *films < FEW_FILMS));
        last.notes = notes(study, judged, is_small);
    }
    tables
}

fn table(study: &Study, judged: &Judged, property: Property, groups: &BTreeMap<Group, usize>) -> Table {
    let heading = |((_, name), films): (&Group, &usize)| {
        let few = if *films < FEW_FILMS { ", few films" } else { "" };
        [format!("{name} (n = {films}{few}): MAE [95 % CI]"), format!("{name}: bias")]
    };
    let headings = groups.iter().flat_map(heading).map(Heading::right);
    let mut rows = Vec::new();
    for row in &judged.rows {
        if row.is_baseline {
            rows.push(TableRow::Rule);
        }
        let cells = groups.keys().flat_map(|group| match GroupError::of(row, property, group, &study.films) {
            Some(found) => [age(found.mae, study.unit) + &interval(found.interval, study.unit), age(found.bias, study.unit)],
            None => [NOT_MEASURED.to_owned(), NOT_MEASURED.to_owned()],
        });
        rows.push(TableRow::Cells([row.label.to_owned()].into_iter().chain(cells).map(Cell::plain).collect()));
    }
    Table {
        name: format!("{}-{}", study.name, property.word()),
        title: format!("{}: {} films by {} ({})", study.title, judged.part_name(), property.word(), study.unit.name()),
        headings: [Heading::left("Backbone")].into_iter().chain(headings).collect(),
        rows,
        notes: Vec::new(),
        best: None,
    }
}

fn notes(study: &Study, judged: &Judged, is_small: bool) -> Vec<String> {
    let mut notes = study.notes.clone();
    notes.extend(notes_of_all(judged));
    notes.extend([Property::Sex, Property::Race].into_iter().filter_map(|property| missing(property, study, judged)));
    if judged.runs() > 1 {
        notes.push("Several runs: figures are over the predictions of all runs of a row together, every run weighing the same.".to_owned());
    }
    notes.push(format!(
        "n: films. Age: by the true age, in bands of {BAND} years. Bias: mean of predicted − true. 95 % CI: bootstrap over patients, or films where no patient is known ({RESAMPLES} resamples, BCa)."
    ));
    if is_small {
        notes.push(format!(
            "Few films: fewer than {FEW_FILMS}; such a figure says little, and its interval is too narrow rather than too wide."
        ));
    }
    notes
}

/// Why there is no table of a property.
fn missing(property: Property, study: &Study, judged: &Judged) -> Option<String> {
    if groups(property, judged, &study.films).is_some() {
        return None;
    }
    let word = property.word();
    Some(if study.films.lacks(word) {
        format!(
            "No table by {word}: {SPLITS_FILE} of this study does not have it, as it was written by an earlier version or is gone; the same command, which trains nothing anew, adds it."
        )
    } else {
        format!("No table by {word}: no label gives it.")
    })
}

/// The table for programs: a row for each row and group.
pub(super) fn csv_table(study: &Study, judged: &Judged) -> Table {
    let unit = study.unit.name();
    let headings = ["backbone", "part", "property", "group", "films", "patients", "few_films"].map(str::to_owned).into_iter();
    let figures = ["mae", "mae_ci_low", "mae_ci_high", "bias"].map(|name| format!("{name}_{unit}"));
    let mut rows = Vec::new();
    for property in Property::ALL {
        let groups = groups(property, judged, &study.films).unwrap_or_default();
        for (row, group) in judged.rows.iter().flat_map(|row| groups.keys().map(move |group| (row, group))) {
            let Some(found) = GroupError::of(row, property, group, &study.films) else { continue };
            let ends = found.interval;
            let numbers = [Some(found.mae), ends.map(|ends| ends.low), ends.map(|ends| ends.high), Some(found.bias)];
            let mut fields: Vec<String> =
                [row.label, judged.part_name(), property.word(), group.1.as_str()].into_iter().map(str::to_owned).collect();
            fields.extend([found.films.to_string(), found.patients.to_string(), (found.films < FEW_FILMS).to_string()]);
            fields.extend(numbers.map(|months| full(months.map(|months| months / study.unit.months()))));
            rows.push(fields);
        }
    }
    values(study, headings.chain(figures).collect(), rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done};
    use super::super::super::summary::Summary;
    use super::super::super::table::markdown;
    use super::*;
    use crate::record::KnownFilm;

    fn study(sex: impl Fn(&str) -> Option<String>) -> Study {
        StudyBuilder::new()
            .films(|id| KnownFilm { sex: sex(id), ..KnownFilm::default() })
            .entry("CNN", vec![done(9.0)])
            .entry("VGG16", vec![done(11.0), done(12.0)])
            .build()
    }

    fn pages(study: &Study) -> String {
        let summary = Summary::of(study);
        tables(study, &Judged::of(&summary).unwrap()).iter().map(markdown::block).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_property_that_labels_tell_has_a_table_and_the_last_has_the_notes() {
        let sex = |id: &str| match id.as_bytes().last() {
            Some(b'0') => None,
            Some(b'9') => Some("F".to_owned()),
            _ => Some("M".to_owned()),
        };
        insta::assert_snapshot!(pages(&study(sex)));
    }

    #[test]
    fn a_property_that_no_label_tells_is_said_to_be_missing() {
        let text = pages(&study(|_| None));
        assert!(!text.contains("by sex (") && text.contains("No table by sex: no label gives it."), "{text}");
    }

    #[test]
    fn groups_for_programs_add_up_to_the_row() {
        let study = study(|_| Some("F".to_owned()));
        let summary = Summary::of(&study);
        let table = csv_table(&study, &Judged::of(&summary).unwrap());
        // One sex, and ages from 12 to 216 months in four bands, for two networks and the baseline.
        assert_eq!(table.rows.len(), 3 * (1 + 4));
        let TableRow::Cells(cells) = &table.rows[0] else { panic!("figures") };
        let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts[..7], ["CNN", "test", "sex", "F", "12", "12", "false"]);
        assert!((texts[7].parse::<f64>().unwrap() - 10.5 / 12.0).abs() < 1e-12, "{texts:?}");
    }
}
