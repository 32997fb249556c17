//! How many films are in which part, how old and of which sex: `splits.csv`, counted.

use std::collections::BTreeMap;
use std::path::Path;

use super::films::SPLITS_FILE;
use super::seal::hash_file;
use crate::metric::mean;

/// The parts of a study and the file that says so.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmParts {
    /// In the order training, validation, folds, test; then all together.
    pub parts: Vec<FilmPart>,
    /// BLAKE3 of `splits.csv`, lower-case hexadecimal.
    pub blake3: String,
}

/// The films of one part.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmPart {
    /// `train`, `val`, `test`, `fold N` or `all`.
    pub name: String,
    /// How many.
    pub films: usize,
    /// Patients; films where no patient is named.
    pub patients: usize,
    /// Mean age, months.
    pub mean: f64,
    /// Sample standard deviation of the ages, months; none for one film.
    pub sd: Option<f64>,
    /// The youngest and the oldest, months.
    pub range: (f64, f64),
    /// Films by the letter of their sex; an empty one where the label does not say.
    pub sexes: BTreeMap<String, usize>,
}

/// One row of the list.
#[derive(serde::Deserialize)]
struct Row {
    id: String,
    split: String,
    #[serde(default)]
    fold: String,
    age_months: f64,
    #[serde(default)]
    sex: String,
    #[serde(default)]
    group: String,
}

impl FilmParts {
    /// From the folder of a study; none where it has no list, or one that cannot be counted.
    pub fn read(study: &Path) -> Option<Self> {
        let path = study.join(SPLITS_FILE);
        let rows: Vec<Row> = csv::Reader::from_path(&path).ok()?.deserialize().collect::<Result<_, _>>().ok()?;
        let mut parts: BTreeMap<(usize, usize), (String, Vec<&Row>)> = BTreeMap::new();
        for row in &rows {
            let fold = row.fold.parse().unwrap_or_default();
            let name = if row.fold.is_empty() { row.split.clone() } else { format!("fold {fold}") };
            let place = ["train", "val", "fold", "test"].iter().position(|known| *known == row.split).unwrap_or(usize::MAX);
            parts.entry((place, fold)).or_insert_with(|| (name, Vec::new())).1.push(row);
        }
        let all = ("all".to_owned(), rows.iter().collect::<Vec<_>>());
        let parts = parts.into_values().chain([all]).filter_map(|(name, rows)| FilmPart::of(name, &rows)).collect();
        Some(Self { parts, blake3: hash_file(&path).ok()? })
    }
}

impl FilmPart {
    /// None where there is no film.
    fn of(name: String, rows: &[&Row]) -> Option<Self> {
        let ages: Vec<f64> = rows.iter().map(|row| row.age_months).collect();
        let range = (ages.iter().copied().reduce(f64::min)?, ages.iter().copied().reduce(f64::max)?);
        let centre = mean(&ages);
        let squares: f64 = ages.iter().map(|age| (age - centre).powi(2)).sum();
        let mut sexes = BTreeMap::new();
        for row in rows {
            *sexes.entry(row.sex.clone()).or_default() += 1;
        }
        // As for the intervals: a film's own key never equals a patient's.
        let patient = |row: &&&Row| if row.group.is_empty() { (false, row.id.clone()) } else { (true, row.group.clone()) };
        Some(Self {
            name,
            films: ages.len(),
            patients: rows.iter().map(|row| patient(&row)).collect::<std::collections::BTreeSet<_>>().len(),
            mean: centre,
            sd: (ages.len() > 1).then(|| (squares / (ages.len() - 1) as f64).sqrt()),
            range,
            sexes,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<FilmParts> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SPLITS_FILE), text).unwrap();
        FilmParts::read(folder.path())
    }

    #[test]
    fn parts_stand_in_their_order_with_ages_patients_and_sexes() {
        let text = "id,split,fold,age_months,sex,group,race\n1,test,,30,F,a,\n2,fold,1,10,M,b,\n3,fold,0,20,F,c,\n4,fold,0,60,,c,\n";
        let found = read(text).unwrap();
        let names: Vec<(&str, usize, usize)> = found.parts.iter().map(|part| (part.name.as_str(), part.films, part.patients)).collect();
        assert_eq!(names, [("fold 0", 2, 1), ("fold 1", 1, 1), ("test", 1, 1), ("all", 4, 3)]);
        let all = &found.parts[3];
        assert_eq!((all.mean, all.range), (30.0, (10.0, 60.0)));
        assert!((all.sd.unwrap() - (1400.0_f64 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(all.sexes, [(String::new(), 1), ("F".into(), 2), ("M".into(), 1)].into());
        assert_eq!((found.parts[1].sd, found.blake3.len()), (None, 64));
    }

    #[test]
    fn a_list_without_ages_or_none_counts_nothing() {
        assert_eq!(read("id,split\n1,train\n"), None);
        assert_eq!(FilmParts::read(tempfile::tempdir().unwrap().path()), None);
    }
}
