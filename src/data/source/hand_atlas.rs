//! The folders of the Digital Hand Atlas: `<RACE><SEX>/<RACE><SEX><AGE>/<id>.jpg`, ages in whole years.

use std::path::Path;

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind};
use super::super::sample::{Film, Sample, Sex};
use super::Loaded;
use super::films::{self, FilmFile, FilmFolder};
use super::label::parse_age;
use crate::spec::AgeUnit;

/// Films of an atlas; the two levels of folders may lie deeper below `root`.
///
/// # Errors
/// If the folder cannot be used at all.
pub(super) fn load(root: &Path) -> Result<Loaded, DataError> {
    let FilmFolder { films, unsupported } = films::scan(root, "data.hand_atlas.root")?;
    let mut loaded = Loaded { problems: unsupported, ..Loaded::default() };
    for film in films {
        match read_folder(&film) {
            Ok(sample) => loaded.samples.push(sample),
            Err(problem) => loaded.problems.push(problem),
        }
    }
    Ok(loaded)
}

fn read_folder(film: &FilmFile) -> Result<Sample, Problem> {
    let folder = film.path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let problem = |kind, found| Problem { kind, id: film.stem.clone(), place: film.path.display().to_string(), found };
    let (race, sex, age) = split_name(&folder)
        .ok_or_else(|| problem(ProblemKind::BadFileName, format!("folder {folder:?} is not race, sex and age as in \"ASIF05\"")))?;
    let age_months = parse_age(age, AgeUnit::Years).map_err(|found| problem(ProblemKind::BadAge, found))?;
    Ok(Sample {
        id: film.stem.clone(),
        film: Film::File(film.path.clone()),
        age_months,
        sex: Some(sex),
        group: None,
        race: Some(race.to_uppercase()),
    })
}

/// Whether the folder of a film is one of an atlas.
pub(super) fn is_of_atlas(film: &Path) -> bool {
    film.parent().and_then(Path::file_name).is_some_and(|folder| split_name(&folder.to_string_lossy()).is_some())
}

/// `ASIF05` into `ASI`, female, `05`.
fn split_name(folder: &str) -> Option<(&str, Sex, &str)> {
    let digits = folder.find(|c: char| c.is_ascii_digit())?;
    let (letters, age) = folder.split_at(digits);
    let all_letters = letters.len() >= 2 && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !all_letters || !age.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (race, sex) = letters.split_at(letters.len() - 1);
    match sex {
        "F" | "f" => Some((race, Sex::F, age)),
        "M" | "m" => Some((race, Sex::M, age)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::testing::Folder;
    use super::*;

    #[test]
    fn race_sex_and_age_come_from_the_folder() {
        let folder = Folder::new();
        folder.film("JPEGimages/ASIF/ASIF05/5262.jpg", 1);
        folder.film("JPEGimages/CAUM/CAUM00/3.jpg", 2);
        let loaded = load(&folder.path("")).unwrap();
        assert_eq!(loaded.problems, []);
        let found: Vec<_> =
            loaded.samples.iter().map(|s| (s.id.as_str(), s.age_months, s.sex.unwrap(), s.race.as_deref().unwrap())).collect();
        assert_eq!(found, [("5262", 60.0, Sex::F, "ASI"), ("3", 0.0, Sex::M, "CAU")]);
    }

    #[test]
    fn a_film_in_another_folder_is_a_problem() {
        use ProblemKind::{BadAge, BadFileName};

        let folder = Folder::new();
        for (number, name) in ["odd/1.jpg", "ASIX05/2.jpg", "ASIF5b/3.jpg", "BLKM121/4.jpg", "5.jpg"].iter().enumerate() {
            folder.film(name, number as u8);
        }
        let loaded = load(&folder.path("")).unwrap();
        assert!(loaded.samples.is_empty());
        let mut kinds: Vec<_> = loaded.problems.iter().map(|problem| (problem.id.as_str(), problem.kind)).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [("1", BadFileName), ("2", BadFileName), ("3", BadFileName), ("4", BadAge), ("5", BadFileName)]);
    }
}
