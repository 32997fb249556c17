//! `subgroups.*`: the error of every row by sex, by race and by age.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Study;
use super::super::number::{NOT_MEASURED, age, interval};
use super::super::summary::INTERVAL_SEED;
use super::super::table::{Cell, Heading, Table, TableRow};
use super::judged::{Ages, Judged, JudgedRow, Prediction};
use super::{Tables, full, notes_of_all, values};
use crate::metric::bootstrap::{Bootstrap, Interval, RESAMPLES};
use crate::metric::{bias, mae};
use crate::record::{KnownFilms, SPLITS_FILE};

/// Below so many films a group is flagged.
pub(in crate::report) const FEW_FILMS: usize = 10;
/// Years in an age band.
pub(in crate::report) const BAND: f64 = 5.0;
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
                let band = band(film.target);
                (band as u32, format!("{}–{} y", band * BAND, band * BAND + BAND - 1.0))
            }
        }
    }
}

/// The age band of a true age in months, counted from 0.
pub(in crate::report) fn band(target: f64) -> f64 {
    (target / 12.0 / BAND).floor().max(0.0)
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
pub(in crate::report) struct GroupError {
    pub(in crate::report) films: usize,
    patients: usize,
    pub(in crate::report) mae: f64,
    pub(in crate::report) interval: Option<Interval>,
    bias: f64,
}

impl GroupError {
    /// None where the row predicts no film of the group.
    fn of(row: &JudgedRow, property: Property, group: &Group, known: &KnownFilms) -> Option<Self> {
        Self::over(row.predictions.iter().filter(|film| property.group(film, known) == *group), known)
    }

    /// None where there is no prediction.
    pub(in crate::report) fn over<'a>(predictions: impl IntoIterator<Item = &'a Prediction<'a>>, known: &'a KnownFilms) -> Option<Self> {
        let ages = Ages::of(predictions, known);
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

/// The groups of a property and the errors in them.
struct Grouped {
    property: Property,
    /// In their order, each with its number of films.
    groups: Vec<(Group, usize)>,
    /// For each row, one per group.
    errors: Vec<Vec<Option<GroupError>>>,
}

impl Grouped {
    /// None where no film's label tells the property.
    fn of(property: Property, study: &Study, judged: &Judged) -> Option<Self> {
        let groups: Vec<(Group, usize)> = groups(property, judged, &study.films)?.into_iter().collect();
        let of_row = |row| groups.iter().map(|(group, _)| GroupError::of(row, property, group, &study.films)).collect();
        let errors = judged.rows.iter().map(of_row).collect();
        Some(Self { property, groups, errors })
    }
}

/// A table for each property that labels tell, the last with the notes, and all of it for programs.
pub(super) fn tables(study: &Study, judged: &Judged) -> Tables {
    let known: Vec<Grouped> = Property::ALL.into_iter().filter_map(|property| Grouped::of(property, study, judged)).collect();
    let mut pages: Vec<Table> = known.iter().map(|grouped| table(study, judged, grouped)).collect();
    if let Some(last) = pages.last_mut() {
        last.notes = notes(study, judged, &known);
    }
    Tables { pages, values: csv_table(study, judged, &known) }
}

fn table(study: &Study, judged: &Judged, grouped: &Grouped) -> Table {
    let heading = |((_, name), films): &(Group, usize)| {
        let few = if *films < FEW_FILMS { ", few films" } else { "" };
        [format!("{name} (n = {films}{few}): MAE [95 % CI]"), format!("{name}: bias")]
    };
    let mut rows = Vec::new();
    for (row, errors) in judged.rows.iter().zip(&grouped.errors) {
        if row.is_baseline {
            rows.push(TableRow::Rule);
        }
        let cells = errors.iter().flat_map(|error| match error {
            Some(found) => [age(found.mae, study.unit) + &interval(found.interval, study.unit), age(found.bias, study.unit)],
            None => [NOT_MEASURED.to_owned(), NOT_MEASURED.to_owned()],
        });
        rows.push(TableRow::Cells([row.label.to_owned()].into_iter().chain(cells).map(Cell::plain).collect()));
    }
    let word = grouped.property.word();
    Table {
        name: format!("{}-{word}", study.name),
        title: format!("{}: {} films by {word} ({})", study.title, judged.part_name(), study.unit.name()),
        headings: [Heading::left("Backbone")].into_iter().chain(grouped.groups.iter().flat_map(heading).map(Heading::right)).collect(),
        rows,
        notes: Vec::new(),
        best: None,
    }
}

fn notes(study: &Study, judged: &Judged, known: &[Grouped]) -> Vec<String> {
    let mut notes = study.notes.clone();
    notes.extend(notes_of_all(judged));
    let is_missing = |property: &Property| known.iter().all(|grouped| grouped.property != *property);
    notes.extend(Property::ALL.into_iter().filter(is_missing).map(|property| missing(property, study)));
    if judged.runs() > 1 {
        notes.push("Several runs: figures are over the predictions of all runs of a row together, every run weighing the same.".to_owned());
    }
    notes.push(format!(
        "n: films. Age: by the true age, in bands of {BAND} years. Bias: mean of predicted − true. 95 % CI: bootstrap over patients, or films where no patient is known ({RESAMPLES} resamples, BCa)."
    ));
    if known.iter().flat_map(|grouped| &grouped.groups).any(|(_, films)| *films < FEW_FILMS) {
        notes.push(format!(
            "Few films: fewer than {FEW_FILMS}; such a figure says little, and its interval is too narrow rather than too wide."
        ));
    }
    notes
}

/// Why there is no table of a property.
fn missing(property: Property, study: &Study) -> String {
    let word = property.word();
    if study.films.lacks(word) {
        format!(
            "No table by {word}: {SPLITS_FILE} of this study does not have it, as it was written by an earlier version or is gone; the same command, which trains nothing anew, adds it."
        )
    } else {
        format!("No table by {word}: no label gives it.")
    }
}

/// The table for programs: a row for each row and group.
fn csv_table(study: &Study, judged: &Judged, known: &[Grouped]) -> Table {
    let unit = study.unit.name();
    let headings = ["backbone", "part", "property", "group", "films", "patients", "few_films"].map(str::to_owned).into_iter();
    let figures = ["mae", "mae_ci_low", "mae_ci_high", "bias"].map(|name| format!("{name}_{unit}"));
    let mut rows = Vec::new();
    for (grouped, (place, row)) in known.iter().flat_map(|grouped| judged.rows.iter().enumerate().map(move |row| (grouped, row))) {
        for (((_, group), _), error) in grouped.groups.iter().zip(&grouped.errors[place]) {
            let Some(found) = error else { continue };
            let ends = found.interval;
            let numbers = [Some(found.mae), ends.map(|ends| ends.low), ends.map(|ends| ends.high), Some(found.bias)];
            let names = [row.label, judged.part_name(), grouped.property.word(), group];
            let mut fields = names.map(str::to_owned).to_vec();
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
        tables(study, &Judged::of(&summary).unwrap()).pages.iter().map(markdown::block).collect::<Vec<_>>().join("\n")
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
        let table = tables(&study, &Judged::of(&summary).unwrap()).values;
        // One sex, and ages from 12 to 216 months in four bands, for two networks and the baseline.
        assert_eq!(table.rows.len(), 3 * (1 + 4));
        let TableRow::Cells(cells) = &table.rows[0] else { panic!("figures") };
        let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts[..7], ["CNN", "test", "sex", "F", "12", "12", "false"]);
        assert!((texts[7].parse::<f64>().unwrap() - 10.5 / 12.0).abs() < 1e-12, "{texts:?}");
    }
}
