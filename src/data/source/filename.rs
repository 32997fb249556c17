//! Films whose names carry the labels, by a pattern such as `{id}-{age}-{sex}.jpg`, or by the first that fits of several.
//!
//! Fields are `{id}`, `{age}`, `{sex}`, `{group}`, `{race}` and `{_}` for what is not needed; all else stands for itself.
//! The extension is compared without regard to case, and may be left out to take films of every type. Where a name can
//! be divided in several ways, the fields to the right are the shortest, so that an id may hold the text between fields.

use std::path::Path;

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind};
use super::super::sample::{Film, Sample};
use super::Loaded;
use super::films::{self, FilmFile, FilmFolder};
use super::label::{SexWords, parse_age};
use crate::spec::{AgeUnit, FilePattern};

/// Films below `root`.
///
/// # Errors
/// If the folder or the pattern cannot be used at all.
pub(super) fn load(root: &Path, patterns: &[String], unit: AgeUnit) -> Result<Loaded, DataError> {
    let parse = |pattern: &String| Pattern::parse(pattern).map_err(|problem| DataError::Pattern { pattern: pattern.clone(), problem });
    let parsed = patterns.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let FilmFolder { films, unsupported } = films::scan(root, "data.filename.root")?;
    let mut loaded = Loaded { problems: unsupported, ..Loaded::default() };
    for film in films {
        match read_name(&film, &parsed, patterns, unit) {
            Ok(sample) => loaded.samples.push(sample),
            Err(problem) => loaded.problems.push(problem),
        }
    }
    Ok(loaded)
}

/// The sample of the first pattern that fits, its age and its sex being understood; else what is wrong by the first whose text
/// fits.
fn read_name(film: &FilmFile, parsed: &[Pattern], patterns: &[String], unit: AgeUnit) -> Result<Sample, Problem> {
    let name = film.path.file_name().unwrap_or_default().to_string_lossy();
    let mut first = None;
    for values in parsed.iter().filter_map(|pattern| pattern.matches(&name)) {
        match read_values(film, &values, unit) {
            Ok(sample) => return Ok(sample),
            Err(problem) => first = first.or(Some(problem)),
        }
    }
    Err(first.unwrap_or_else(|| {
        let known = patterns.iter().map(|pattern| format!("{pattern:?}")).collect::<Vec<_>>().join(" nor ");
        let found = format!("{name:?} does not match {known}");
        Problem { kind: ProblemKind::BadFileName, id: film.stem.clone(), place: film.path.display().to_string(), found }
    }))
}

fn read_values(film: &FilmFile, values: &[(&str, &str)], unit: AgeUnit) -> Result<Sample, Problem> {
    let value = |field: &str| values.iter().find(|(key, _)| *key == field).map(|(_, value)| *value);
    let id = value("id").expect("a pattern has an id");
    let age = value("age").expect("a pattern has an age");
    let problem = |kind, found| Problem { kind, id: id.to_owned(), place: film.path.display().to_string(), found };
    let age_months = parse_age(age, unit).map_err(|found| problem(ProblemKind::BadAge, found))?;
    let sex = SexWords::Words.parse(value("sex").unwrap_or_default()).map_err(|found| problem(ProblemKind::BadSex, found))?;
    Ok(Sample {
        id: id.to_owned(),
        film: Film::File(film.path.clone()),
        age_months,
        sex,
        group: value("group").map(str::to_owned),
        race: value("race").map(str::to_owned),
    })
}

/// Text and fields by turns, and the extension.
#[derive(Debug, PartialEq, Eq)]
struct Pattern {
    parts: FilePattern,
    extension: Option<String>,
}

impl Pattern {
    fn parse(pattern: &str) -> Result<Self, String> {
        let stem = films::without_extension(pattern);
        let extension = (stem != pattern).then(|| same_type(&pattern[stem.len() + 1..]));
        Ok(Self { parts: FilePattern::parse(stem)?, extension })
    }

    fn matches<'a>(&'a self, name: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        // A DICOM file may have no extension.
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        if self.extension.as_ref().is_some_and(|expected| *expected != same_type(extension)) {
            return None;
        }
        let mut rest = stem.strip_prefix(self.parts.start.as_str())?;
        let mut values = Vec::new();
        for (position, (field, text)) in self.parts.fields.iter().enumerate().rev() {
            rest = rest.strip_suffix(text.as_str())?;
            // The text before this field is the one after the field to its left; the first field takes what remains.
            let start = match position.checked_sub(1).map(|left| self.parts.fields[left].1.as_str()) {
                Some(before) => rest.rfind(before)? + before.len(),
                None => 0,
            };
            let value = &rest[start..];
            if value.is_empty() {
                return None;
            }
            values.push((field.as_str(), value));
            rest = &rest[..start];
        }
        Some(values)
    }
}

fn same_type(extension: &str) -> String {
    let lower = extension.to_lowercase();
    if lower == "jpeg" { "jpg".to_owned() } else { lower }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::sample::Sex;
    use super::super::super::testing::Folder;
    use super::*;

    #[test]
    fn names_are_divided_by_the_pattern() {
        for (pattern, name, expected) in [
            ("{id}-{age}-{sex}.jpg", "12-14-F.JPG", Some("12|14|F")),
            ("{id}-{age}-{sex}.jpg", "a-b-14-F.jpeg", Some("a-b|14|F")),
            ("{id}-{age}-{sex}.jpg", "12-14-F.png", None),
            ("{id}-{age}-{sex}.jpg", "12-14.jpg", None),
            ("{id}-{age}-{sex}.jpg", "--F.jpg", None),
            ("{id}-{age}-{sex}", "12-14-F.png", Some("12|14|F")),
            ("{id}-{age}-{sex}", "12-14-F", Some("12|14|F")),
            ("{id}-{age}-{sex}.dcm", "12-14-F", None),
            ("film {id}_{_}_{age}y.png", "film 7_left_9.5y.png", Some("7|left|9.5")),
            ("film {id}_{_}_{age}y.png", "film 7_left_9.5.png", None),
            ("{id}.{age}.png", "x.1.9.png", Some("x.1|9")),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            let values = parsed.matches(name).map(|values| values.iter().rev().map(|(_, value)| *value).collect::<Vec<_>>().join("|"));
            assert_eq!(values.as_deref(), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        for (pattern, problem) in [
            ("{id}{age}.jpg", "two fields without text"),
            ("{id}.jpg", "no {age}"),
            ("film-{age}.jpg", "no {id}"),
            ("{id}-{age.jpg", "a `{` without its `}`"),
            ("{id}-{aeg}.jpg", "unknown field {aeg} (known: {id}, {age}, {sex}, {group}, {race}, {_}; did you mean {age}?)"),
            ("{id}-{age}-{id}.jpg", "{id} twice"),
            ("{sex}/{id}-{age}.jpg", "a folder"),
        ] {
            let folder = Folder::new();
            let message = load(&folder.path(""), &["{id}_{age}".to_owned(), pattern.to_owned()], AgeUnit::Years).unwrap_err().to_string();
            assert!(message.starts_with("data.filename.pattern: ") && message.contains(problem), "{pattern}: {message}");
        }
    }

    #[test]
    fn films_get_their_labels_and_bad_names_are_problems() {
        let folder = Folder::new();
        for name in ["5-13-O.jpg", "6-16.5-M.JPG", "7-abc-F.jpg", "8-12-boy.jpg", "odd.jpg", "sub/9-130-F.jpg"] {
            folder.film(name, 1);
        }
        let loaded = load(&folder.path(""), &["{id}-{age}-{sex}.jpg".to_owned()], AgeUnit::Years).unwrap();
        let samples: Vec<_> = loaded.samples.iter().map(|s| (s.id.as_str(), s.age_months, s.sex)).collect();
        assert_eq!(samples, [("5", 156.0, Some(Sex::O)), ("6", 198.0, Some(Sex::M))]);
        let problems: Vec<_> = loaded.problems.iter().map(|p| (p.id.as_str(), p.kind, p.found.as_str())).collect();
        assert_eq!(
            problems,
            [
                ("7", ProblemKind::BadAge, "\"abc\""),
                ("8", ProblemKind::BadSex, "\"boy\""),
                ("odd", ProblemKind::BadFileName, "\"odd.jpg\" does not match \"{id}-{age}-{sex}.jpg\""),
                ("9", ProblemKind::BadAge, "\"130\" years"),
            ]
        );
    }

    #[test]
    fn of_several_patterns_the_first_that_fits_is_taken() {
        let folder = Folder::new();
        for name in ["1-12-F.jpg", "2-M-9.jpg", "3_7.png", "4-x-y.jpg", "odd.jpg"] {
            folder.film(name, 1);
        }
        let patterns = ["{id}-{age}-{sex}.jpg", "{id}-{sex}-{age}.jpg", "{id}_{age}.png"].map(str::to_owned);
        let loaded = load(&folder.path(""), &patterns, AgeUnit::Years).unwrap();
        let samples: Vec<_> = loaded.samples.iter().map(|s| (s.id.as_str(), s.age_months, s.sex)).collect();
        assert_eq!(samples, [("1", 144.0, Some(Sex::F)), ("2", 108.0, Some(Sex::M)), ("3", 84.0, None)]);
        let problems: Vec<_> = loaded.problems.iter().map(|p| (p.id.as_str(), p.kind, p.found.as_str())).collect();
        let none = "\"odd.jpg\" does not match \"{id}-{age}-{sex}.jpg\" nor \"{id}-{sex}-{age}.jpg\" nor \"{id}_{age}.png\"";
        assert_eq!(problems, [("4", ProblemKind::BadAge, "\"x\""), ("odd", ProblemKind::BadFileName, none)]);
    }
}
