//! Table 1: number, age, sex and race of the films of each part.

use super::super::number::{self, NOT_MEASURED, rounded};
use super::super::table::{Cell, Heading, Table, TableRow};
use super::facts::{DataFacts, PartFacts};
use super::wording::{self, SEXES};
use crate::spec::AgeUnit;

/// A column per part and one for all.
pub(super) fn table(facts: &DataFacts) -> Table {
    let unit = facts.unit;
    let row = |label: String, cell: &dyn Fn(&PartFacts) -> String| {
        let cells = facts.parts.iter().map(|part| Cell::plain(cell(part)));
        TableRow::Cells([Cell::plain(label)].into_iter().chain(cells).collect())
    };
    let mut rows = vec![row("Films".to_owned(), &|part| part.films.to_string())];
    if facts.all().patients.is_some() {
        rows.push(row("Patients".to_owned(), &|part| part.patients.unwrap_or(part.films).to_string()));
    }
    rows.push(row(format!("Age ({}), mean ± SD", unit.name()), &|part| mean_and_sd(part, unit)));
    rows.push(row(format!("Age ({}), range", unit.name()), &|part| range(part, unit)));
    for sex in SEXES.into_iter().filter(|sex| facts.all().of_sex(*sex) > 0) {
        rows.push(row(format!("Sex: {}, n (%)", wording::sex(sex)), &|part| share(part.of_sex(sex), part.films)));
    }
    let races = &facts.all().race;
    if races.iter().any(|count| count.race.is_some()) {
        // Those whose race is not known come last.
        for race in races.iter().filter(|count| count.race.is_some()).chain(races.iter().filter(|count| count.race.is_none())) {
            let race = race.race.as_deref();
            rows.push(row(format!("Race: {}, n (%)", race.unwrap_or("unknown")), &|part| share(part.of_race(race), part.films)));
        }
    }
    Table {
        name: format!("{}-table-1", facts.name),
        title: format!("{}: Table 1", facts.title),
        headings: [Heading::left("")].into_iter().chain(facts.parts.iter().map(|part| Heading::right(wording::part(&part.name)))).collect(),
        rows,
        notes: notes(facts),
        best: None,
    }
}

fn notes(facts: &DataFacts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.synthetic {
        notes.push(wording::SYNTHETIC.to_owned());
    }
    notes.push("SD: standard deviation of the sample (n − 1). Percentages are of the films of the column.".to_owned());
    if facts.all().patients.is_none() {
        notes.push("Patients: not named by the source; every film counts as a patient of its own.".to_owned());
    }
    if facts.all().race.iter().all(|count| count.race.is_none()) {
        notes.push("Race: not given by the source.".to_owned());
    }
    notes
}

fn mean_and_sd(part: &PartFacts, unit: AgeUnit) -> String {
    let sd = part.age_months.sd.map_or(NOT_MEASURED.to_owned(), |sd| number::age(sd, unit));
    format!("{} ± {sd}", number::age(part.age_months.mean, unit))
}

fn range(part: &PartFacts, unit: AgeUnit) -> String {
    format!("{} to {}", number::age(part.age_months.min, unit), number::age(part.age_months.max, unit))
}

fn share(count: usize, of: usize) -> String {
    format!("{count} ({} %)", rounded(100.0 * count as f64 / of as f64, 1))
}

#[cfg(test)]
mod tests {
    use super::super::super::table::terminal;
    use super::super::fixtures::Project;
    use super::*;
    use crate::data::{self, Sex};

    #[test]
    fn table_one_has_a_column_per_part_and_one_for_all() {
        let mut project = Project::new("report: { unit: months }");
        for (index, sample) in project.films[0].1.dataset.samples.iter_mut().enumerate() {
            // Labels of the test's own, so that it does not depend on how synthetic ones are drawn.
            sample.age_months = 5.0 * index as f64;
            sample.sex = [Some(Sex::F), Some(Sex::M), Some(Sex::M), None][index % 4];
            sample.race = [None, Some("A".to_owned()), Some("B".to_owned())][index % 3].clone();
            sample.group = Some((index / 2).to_string());
        }
        project.assignment = data::assign(&project.films[0].1.dataset.samples, &project.plan.split).expect("there are enough patients");
        let facts = DataFacts::of(&project.study());
        insta::assert_snapshot!(terminal::write(&table(&facts), false, 100), @r"
        Small & quick: Table 1
        ─────────────────────────────────────────────────────────────────────────────────
                                      Training     Validation          Test           All
        ─────────────────────────────────────────────────────────────────────────────────
        Films                               28              8             4            40
        Patients                            14              4             2            20
        Age (months), mean ± SD   107.5 ± 52.8    62.5 ± 36.4  97.5 ± 109.7   97.5 ± 58.5
        Age (months), range      10.0 to 185.0  20.0 to 115.0  0.0 to 195.0  0.0 to 195.0
        Sex: female, n (%)          7 (25.0 %)     2 (25.0 %)    1 (25.0 %)   10 (25.0 %)
        Sex: male, n (%)           14 (50.0 %)     4 (50.0 %)    2 (50.0 %)   20 (50.0 %)
        Sex: unknown, n (%)         7 (25.0 %)     2 (25.0 %)    1 (25.0 %)   10 (25.0 %)
        Race: A, n (%)             10 (35.7 %)     2 (25.0 %)    1 (25.0 %)   13 (32.5 %)
        Race: B, n (%)              8 (28.6 %)     4 (50.0 %)    1 (25.0 %)   13 (32.5 %)
        Race: unknown, n (%)       10 (35.7 %)     2 (25.0 %)    2 (50.0 %)   14 (35.0 %)
        ─────────────────────────────────────────────────────────────────────────────────
        The films are synthetic: they are drawn, not taken, and say nothing about patients.
        SD: standard deviation of the sample (n − 1). Percentages are of the films of the column.
        ");
    }
}
