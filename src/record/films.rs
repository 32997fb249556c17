//! Who is on the films of a study: part, age, sex, race and patient by id, read back from `splits.csv`.

use std::collections::BTreeMap;
use std::path::Path;

use super::RecordError;
use crate::data::Part;

/// Name of the list of films in the folder of a study.
pub const SPLITS_FILE: &str = "splits.csv";

/// What is known of the films of a study.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownFilms {
    by_id: BTreeMap<String, KnownFilm>,
    /// Columns of the list that an early version did not write.
    missing: Vec<&'static str>,
    /// The draw of each fold, counted from 0.
    draws: BTreeMap<u32, usize>,
}

/// What is known of one film; none where its label does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownFilm {
    /// `F`, `M` or `O`.
    pub sex: Option<String>,
    /// Race or population.
    pub race: Option<String>,
    /// Patient.
    pub patient: Option<String>,
    /// True age in months.
    pub age_months: Option<f64>,
    /// Where the film belongs.
    pub part: Option<Part>,
}

/// Columns that say who is on a film.
const COLUMNS: [&str; 3] = ["sex", "race", "group"];

impl KnownFilms {
    /// Of the films with these ids.
    pub fn new(films: impl IntoIterator<Item = (String, KnownFilm)>) -> Self {
        Self { by_id: films.into_iter().collect(), ..Self::default() }
    }

    /// Read the list in the folder of a study. Where there is none, nothing is known; a column that is not there is among the
    /// [missing](Self::lacks) ones.
    ///
    /// # Errors
    /// If the list cannot be read or is no table with a column `id`.
    pub fn read(folder: &Path) -> Result<Self, RecordError> {
        let path = folder.join(SPLITS_FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { missing: COLUMNS.to_vec(), ..Self::default() });
            }
            Err(source) => return Err(RecordError::List { path, reason: source.to_string() }),
        };
        Self::parse(&bytes).map_err(|reason| RecordError::List { path, reason })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(bytes);
        let headers = reader.headers().map_err(|error| error.to_string())?.clone();
        let column = |name: &str| headers.iter().position(|header| header == name);
        let id = column("id").ok_or_else(|| format!("no column `id` among {}", headers.iter().collect::<Vec<_>>().join(", ")))?;
        let places = COLUMNS.map(column);
        let [part, fold, age] = ["split", "fold", "age_months"].map(column);
        let draws: Vec<usize> = fold.into_iter().chain((2..).map_while(|draw| column(&format!("fold_{draw}")))).collect();
        let mut draw_of = BTreeMap::new();
        let mut by_id = BTreeMap::new();
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).filter(|text| !text.is_empty());
            let [sex, race, patient] = places.map(|place| cell(place).map(str::to_owned));
            let age_months = cell(age).and_then(|text| text.parse().ok()).filter(|age: &f64| age.is_finite());
            let part = part_of(cell(part).unwrap_or_default(), cell(fold).unwrap_or_default());
            for (draw, place) in draws.iter().enumerate() {
                draw_of.extend(cell(Some(*place)).and_then(|fold| fold.parse().ok()).map(|fold: u32| (fold, draw)));
            }
            by_id.insert(row.get(id).unwrap_or_default().to_owned(), KnownFilm { sex, race, patient, age_months, part });
        }
        let missing = COLUMNS.into_iter().zip(places).filter(|(_, place)| place.is_none()).map(|(name, _)| name).collect();
        Ok(Self { by_id, missing, draws: draw_of })
    }

    /// Every film that is listed, by id.
    pub fn iter(&self) -> impl Iterator<Item = &KnownFilm> {
        self.by_id.values()
    }

    /// The draw that a fold is of, counted from 0.
    pub fn draw_of(&self, fold: u32) -> usize {
        self.draws.get(&fold).copied().unwrap_or(0)
    }

    /// How often the folds were drawn; 0 without folds.
    pub fn draws(&self) -> usize {
        self.draws.values().max().map_or(0, |last| last + 1)
    }

    /// The film of an id.
    pub fn get(&self, id: &str) -> Option<&KnownFilm> {
        self.by_id.get(id)
    }

    /// Whether the list has no such column (`sex`, `race`, `group`), so that nothing can be known of it.
    pub fn lacks(&self, column: &str) -> bool {
        self.missing.contains(&column)
    }

    /// What stands for the patient of a film: its patient, or the film itself. A film's key never equals a patient's.
    pub fn patient<'a>(&'a self, id: &'a str) -> (bool, &'a str) {
        match self.get(id).and_then(|film| film.patient.as_deref()) {
            Some(patient) => (true, patient),
            None => (false, id),
        }
    }
}

/// The part that the columns `split` and `fold` name; none where they name another one.
fn part_of(split: &str, fold: &str) -> Option<Part> {
    match split {
        "train" => Some(Part::Train),
        "val" => Some(Part::Val),
        "test" => Some(Part::Test),
        "fold" => fold.parse().ok().map(Part::Fold),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(text: Option<&str>) -> Result<KnownFilms, RecordError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = text {
            std::fs::write(folder.path().join(SPLITS_FILE), text).unwrap();
        }
        KnownFilms::read(folder.path())
    }

    #[test]
    fn folds_are_known_with_their_draws() {
        let films =
            read(Some("id,split,fold,age_months,sex,group,race,fold_2,fold_3\n1,fold,1,24,,,,2,4\n2,fold,0,24,,,,3,5\n3,test,,24,,,,,\n"));
        let films = films.unwrap();
        assert_eq!([0, 1, 2, 3, 4, 5].map(|fold| films.draw_of(fold)), [0, 0, 1, 1, 2, 2]);
        assert_eq!((films.draws(), films.get("1").unwrap().part), (3, Some(Part::Fold(1))));
        let without = read(Some("id,split,fold,age_months\n1,train,,24\n")).unwrap();
        assert_eq!((without.draws(), without.draw_of(7)), (0, 0));
    }

    #[test]
    fn columns_are_found_by_their_names_and_blank_is_unknown() {
        let films = read(Some("id,split,fold,age_months,sex,group,race\n7,test,,24,F,p,\"Asian, East\"\n8,train,,30,,,\n")).unwrap();
        let film = KnownFilm {
            sex: Some("F".into()),
            race: Some("Asian, East".into()),
            patient: Some("p".into()),
            age_months: Some(24.0),
            part: Some(Part::Test),
        };
        let blank = KnownFilm { age_months: Some(30.0), part: Some(Part::Train), ..KnownFilm::default() };
        assert_eq!((films.get("7"), films.get("8"), films.get("9")), (Some(&film), Some(&blank), None));
        assert_eq!((films.patient("7"), films.patient("8"), films.patient("9")), ((true, "p"), (false, "8"), (false, "9")));
        assert!(!films.lacks("race"));
    }

    #[test]
    fn a_list_of_an_early_version_lacks_the_race_and_no_list_lacks_all() {
        let early = read(Some("id,split,fold,age_months,sex,group\n7,test,,24,M,\n")).unwrap();
        assert!(early.lacks("race") && !early.lacks("sex"));
        assert_eq!(early.get("7").unwrap().sex.as_deref(), Some("M"));
        let none = read(None).unwrap();
        assert!(none.lacks("race") && none.lacks("sex") && none.lacks("group"));
    }

    #[test]
    fn folds_are_parts_and_what_is_no_part_or_age_is_unknown() {
        let films = read(Some("id,split,fold,age_months\n1,fold,2,24.5\n2,fold,,x\n3,else,,\n4,val,,inf\n")).unwrap();
        let of = |id: &str| films.get(id).map(|film| (film.part, film.age_months)).unwrap();
        assert_eq!(
            [of("1"), of("2"), of("3"), of("4")],
            [(Some(Part::Fold(2)), Some(24.5)), (None, None), (None, None), (Some(Part::Val), None)]
        );
        assert_eq!(films.iter().count(), 4);
    }

    #[test]
    fn another_file_in_its_place_is_named_with_the_next_step() {
        let message = read(Some("film,part\n7,test\n")).unwrap_err().to_string();
        assert!(message.contains("splits.csv: no column `id` among film, part; run the spec again"), "{message}");
    }
}
