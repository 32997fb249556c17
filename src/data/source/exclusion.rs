//! The list of ids that a user leaves out: `id` or `id,reason` a line, `#` starts a comment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind, Problems};
use super::super::sample::Excluded;
use super::Loaded;
use super::films::without_extension;
use super::text::read_text;

/// Take the listed ids out of samples and problems alike.
///
/// # Errors
/// If the list cannot be read, or names an id that is neither a sample nor a problem.
pub(super) fn apply(path: &Path, loaded: &mut Loaded) -> Result<Vec<Excluded>, DataError> {
    let text = read_text(path, "the exclusion list", "data.exclude")?;
    let known: BTreeSet<&str> =
        loaded.samples.iter().map(|sample| sample.id.as_str()).chain(loaded.problems.iter().map(|problem| problem.id.as_str())).collect();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut listed: BTreeMap<String, Excluded> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((id, reason)) = read_line(line) else { continue };
        if known.contains(id) {
            let place = format!("{file}:{}", number + 1);
            listed.insert(id.to_owned(), Excluded { id: id.to_owned(), reason: reason.to_owned(), place });
        } else {
            let place = format!("{}:{}", path.display(), number + 1);
            unknown.push(Problem { kind: ProblemKind::UnknownExclusion, id: id.to_owned(), place, found: format!("id {id:?}") });
        }
    }
    if !unknown.is_empty() {
        return Err(DataError::Problems(Problems(unknown)));
    }
    loaded.samples.retain(|sample| !listed.contains_key(&sample.id));
    loaded.problems.retain(|problem| !listed.contains_key(&problem.id));
    Ok(listed.into_values().collect())
}

/// Id and reason; none for a comment or a blank line.
fn read_line(line: &str) -> Option<(&str, &str)> {
    // Inside an id a `#` is an ordinary character.
    let comment = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #") };
    let line = line[..comment.unwrap_or(line.len())].trim();
    let (id, reason) = line.split_once(',').unwrap_or((line, ""));
    let (id, reason) = (without_extension(id.trim()), reason.trim());
    (!id.is_empty()).then_some((id, if reason.is_empty() { "excluded by the list" } else { reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_id_with_or_without_a_reason_and_comment() {
        for (line, expected) in [
            ("12", Some(("12", "excluded by the list"))),
            (" 12.png , ring on the finger, left ", Some(("12", "ring on the finger, left"))),
            ("12, ring # seen twice", Some(("12", "ring"))),
            ("film#3", Some(("film#3", "excluded by the list"))),
            ("# 12", None),
            ("", None),
            (",reason", None),
        ] {
            assert_eq!(read_line(line), expected, "{line:?}");
        }
    }
}
