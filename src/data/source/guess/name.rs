//! A pattern that the names of films follow, such as `{id}-{age}-{sex}.jpg`.

use std::collections::BTreeSet;

use super::super::films::FilmFile;
use super::super::label::SexWords;
use super::{Told, unit};
use crate::spec::AgeUnit;

/// What stands between the fields of a name.
const MARKS: [char; 3] = ['-', '_', ' '];

/// The fields of a name and the marks between them.
struct Name<'a> {
    fields: Vec<&'a str>,
    marks: String,
}

/// The values that one field has in all names, without the letters that all have in common.
struct Field {
    before: String,
    values: Vec<String>,
    after: String,
}

/// A pattern, the unit of its ages, and why.
///
/// # Errors
/// Why there is none.
pub(super) fn guess(films: &[FilmFile]) -> Result<(String, Told<AgeUnit>, String), String> {
    let example = films[0].path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let none = |cause: &str| format!("file names (such as {example:?}): {cause}");
    let names: Vec<Name> = films.iter().map(|film| split(&film.stem)).collect();
    let count = names.iter().map(|name| name.fields.len()).min().unwrap_or(0);
    if count < 2 || films.iter().any(|film| film.stem.contains(['{', '}'])) {
        return Err(none("they have no parts divided by -, _ or a space"));
    }
    // The first parts that together are unlike those of every other film are its id.
    let is_unique = |count: usize| {
        let firsts: BTreeSet<String> = names.iter().map(|name| first(name, count)).collect();
        firsts.len() == films.len()
    };
    let count = (2..=count).rev().find(|count| is_unique(*count));
    let count = count.ok_or_else(|| none("their first parts are not unlike those of every other, so that they are no names of films"))?;
    let marks = common_marks(&names, count).ok_or_else(|| none("their parts are divided in different ways"))?;
    let fields = columns(&names, count);
    let sex = (1..count).find(|column| is_sex(&fields[*column]));
    let age = find_age(&fields, sex).ok_or_else(|| none("none of their parts, or more than one, can be the age"))?;
    let ages: Vec<f64> = fields[age].values.iter().filter_map(|value| value.parse().ok()).collect();
    let unit = unit::of(&fields[age].after, &ages).map_err(|cause| none(&cause))?;
    let pattern = pattern(&fields, &marks, age, sex) + &extension(films);
    Ok((pattern, unit, format!("every file name has these parts, such as {example}")))
}

fn split(stem: &str) -> Name<'_> {
    Name { fields: stem.split(MARKS).collect(), marks: stem.chars().filter(|letter| MARKS.contains(letter)).collect() }
}

/// The marks before the last fields, where all names have the same: what is before them is the first field.
fn common_marks(names: &[Name], count: usize) -> Option<Vec<char>> {
    let last = |name: &Name| -> Vec<char> { name.marks.chars().rev().take(count - 1).collect() };
    let first = last(&names[0]);
    names.iter().all(|name| last(name) == first).then(|| first.into_iter().rev().collect())
}

/// What is before the last fields of `count`.
fn first(name: &Name, count: usize) -> String {
    name.fields[..=name.fields.len() - count].join("-")
}

/// Field by field; the first takes what the others leave.
fn columns(names: &[Name], count: usize) -> Vec<Field> {
    let field = |column: usize| {
        let value = |name: &Name| match column {
            0 => first(name, count),
            _ => name.fields[column + name.fields.len() - count].to_owned(),
        };
        let values = names.iter().map(value).collect();
        if column == 0 { Field { before: String::new(), values, after: String::new() } } else { without_letters(values) }
    };
    (0..count).map(field).collect()
}

/// Take the letters off a number that all have in common: `age12` and `12y`.
fn without_letters(values: Vec<String>) -> Field {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let before = |value: &str| value[..value.find(is_digit).unwrap_or(0)].to_owned();
    let after = |value: &str| value[value.rfind(is_digit).map_or(value.len(), |at| at + 1)..].to_owned();
    let (first_before, first_after) = (before(&values[0]), after(&values[0]));
    if !values.iter().all(|value| value.contains(is_digit) && before(value) == first_before && after(value) == first_after) {
        return Field { before: String::new(), values, after: String::new() };
    }
    let inside = |value: &String| value[first_before.len()..value.len() - first_after.len()].to_owned();
    Field { values: values.iter().map(inside).collect(), before: first_before, after: first_after }
}

fn is_sex(field: &Field) -> bool {
    field.values.iter().all(|value| !value.is_empty() && SexWords::Words.parse(value).is_ok())
}

/// The one part that can be an age; of several, the one that says so, or the one beside the sex.
fn find_age(fields: &[Field], sex: Option<usize>) -> Option<usize> {
    let is_age = |field: &Field| field.values.iter().all(|value| value.parse::<f64>().is_ok_and(|age| (0.0..=1440.0).contains(&age)));
    let ages: Vec<usize> = (1..fields.len()).filter(|column| is_age(&fields[*column])).collect();
    let says = |column: &&usize| {
        let field = &fields[**column];
        let words = ["age", "a", "y", "yr", "yrs", "year", "years", "m", "mo", "month", "months"];
        words.contains(&field.before.to_lowercase().as_str()) || words.contains(&field.after.to_lowercase().as_str())
    };
    let beside = |column: &&usize| sex.is_some_and(|sex| sex.abs_diff(**column) == 1);
    match ages.as_slice() {
        [] => None,
        [only] => Some(*only),
        several => several.iter().find(says).or_else(|| several.iter().find(beside)).copied(),
    }
}

fn pattern(fields: &[Field], marks: &[char], age: usize, sex: Option<usize>) -> String {
    let mut pattern = "{id}".to_owned();
    for (column, field) in fields.iter().enumerate().skip(1) {
        pattern.push(marks[column - 1]);
        match column {
            _ if column == age => pattern.extend([field.before.as_str(), "{age}", field.after.as_str()]),
            _ if Some(column) == sex => pattern += "{sex}",
            _ => pattern += "{_}",
        }
    }
    pattern
}

/// The extension of all films; nothing where they have several.
fn extension(films: &[FilmFile]) -> String {
    let of = |film: &FilmFile| film.path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let all: BTreeSet<Option<String>> = films.iter().map(of).collect();
    match all.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(only)] => format!(".{only}"),
        _ => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn films(names: &[&str]) -> Vec<FilmFile> {
        let film = |name: &&str| FilmFile { path: name.into(), stem: name.rsplit_once('.').unwrap().0.to_owned() };
        names.iter().map(film).collect()
    }

    #[test]
    fn patterns_are_those_that_all_names_follow() {
        for (names, expected) in [
            (["1-14-F.jpg", "2-9-M.jpg", "3-14-O.jpg"], Ok("{id}-{age}-{sex}.jpg")),
            (["a_12y_F.png", "b_9y_M.PNG", "c_8y_F.png"], Ok("{id}_{age}y_{sex}.png")),
            (["a-b-12.png", "c-9.png", "d-e-f-8.tif"], Ok("{id}-{age}")),
            (["p1 left 12.5 f.png", "p2 right 9 m.png", "p3 left 8.25 f.png"], Ok("{id} {_} {age} {sex}.png")),
            (["1-2019-age7.png", "2-2020-age8.png", "3-2021-age9.png"], Ok("{id}-{_}-age{age}.png")),
            (["Kind 1_7_w.png", "Kind 2_8_m.png", "Kind 3_7_w.png"], Ok("{id}_{age}_{_}.png")),
            (["1.png", "2.png", "3.png"], Err("no parts")),
            (["1-7-8.png", "2-8-9.png", "3-9-9.png"], Err("more than one")),
            (["1-a.png", "2-b.png", "3-c.png"], Err("can be the age")),
            (["1-7.png", "1-8.png", "3-9.png"], Err("not unlike")),
        ] {
            let found = guess(&films(&names)).map(|(pattern, ..)| pattern);
            match expected {
                Ok(pattern) => assert_eq!(found.as_deref(), Ok(pattern), "{names:?}"),
                Err(cause) => assert!(found.as_ref().is_err_and(|found| found.contains(cause)), "{names:?}: {found:?}"),
            }
        }
    }
}
