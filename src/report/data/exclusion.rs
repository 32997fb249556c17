//! A list of what was left out and flagged, in the form that `data.exclude` reads, for the user to edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::super::ReportError;
use super::facts::DataFacts;
use crate::files::write_atomically;

/// Check that a list would replace nothing, before anything is done.
///
/// # Errors
///
/// If there is such a file, since it may hold a user's decisions.
pub fn check_exclusion_list(path: &Path) -> Result<(), ReportError> {
    if path.symlink_metadata().is_ok() {
        return Err(ReportError::Taken { path: path.to_owned(), next: "name another file, or move that one away" });
    }
    Ok(())
}

/// Write what is left out already, every flagged film and the second of each pair of duplicates into a new file.
///
/// # Errors
///
/// As [`check_exclusion_list`], or if it cannot be written.
pub fn write_exclusion_list(facts: &DataFacts, path: &Path) -> Result<usize, ReportError> {
    check_exclusion_list(path)?;
    let (text, count) = list(facts);
    write_atomically(path, text.as_bytes()).map_err(|source| ReportError::Write { path: path.to_owned(), source })?;
    Ok(count)
}

/// The list, and how many ids are on it.
fn list(facts: &DataFacts) -> (String, usize) {
    let mut text = format!(
        "# Films of {:?} to leave out: an id a line, a reason after a comma.\n\
         # Delete the lines of the films that you keep, then name this file in the spec: `data: {{ exclude: FILE }}`.\n",
        facts.title
    );
    let mut count = 0;
    let excluded = facts.excluded.iter().map(|excluded| (excluded.id.clone(), excluded.reason.clone())).collect::<Vec<_>>();
    for (heading, lines) in [("Left out already", excluded), ("Flagged, to be looked at", flagged(facts))] {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n# {heading}:");
        }
        for (id, reason) in lines {
            count += usize::from(can_be_listed(&id));
            text.push_str(&line(&id, &reason));
        }
    }
    if count == 0 {
        text.push_str("\n# Nothing was left out or flagged.\n");
    }
    (text, count)
}

/// Each flagged film once, in the order in which it comes first, with all reasons.
fn flagged(facts: &DataFacts) -> Vec<(String, String)> {
    let flags = facts.flagged.iter().map(|flag| (&flag.id, format!("{}: {}", flag.kind.name(), flag.reason)));
    let pairs = facts.duplicates.iter().map(|pair| (&pair.second, format!("duplicate of {}: {}", pair.first, pair.alike)));
    let mut places: BTreeMap<&String, usize> = BTreeMap::new();
    let mut lines: Vec<(String, String)> = Vec::new();
    for (id, reason) in flags.chain(pairs) {
        if let Some(place) = places.get(id) {
            let _ = write!(lines[*place].1, "; {reason}");
        } else {
            places.insert(id, lines.len());
            lines.push((id.clone(), reason));
        }
    }
    lines
}

/// Whether the list's form has room for an id: it ends at a comma, and a `#` begins a comment.
fn can_be_listed(id: &str) -> bool {
    let is_plain = !id.contains([',', '\n', '\r']) && !id.contains(" #") && !id.starts_with('#');
    is_plain && !id.is_empty() && id.trim() == id
}

fn line(id: &str, reason: &str) -> String {
    let reason = reason.replace(['\n', '\r'], " ").replace(" #", " no. ");
    if can_be_listed(id) {
        format!("{id},{reason}\n")
    } else {
        format!("# id {id:?} cannot be written in this form; rename its film: {reason}\n")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::Project;
    use super::*;
    use crate::data::{self, Excluded};

    #[test]
    fn the_list_is_read_by_the_spec_and_leaves_out_what_it_names() {
        let mut project = Project::new("");
        project.films[0].1.dataset.excluded = vec![Excluded { id: "39".into(), reason: "of an adult".into(), place: String::new() }];
        let facts = DataFacts::of(&project.study());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exclude.csv");
        assert_eq!(write_exclusion_list(&facts, &path).unwrap(), 4);
        let config = crate::plan::DataConfig { exclude: Some(path.clone()), ..project.plan.data.clone() };
        let dataset = data::load(&config).unwrap();
        let read: Vec<_> = dataset.excluded.iter().map(|excluded| (excluded.id.as_str(), excluded.reason.as_str())).collect();
        assert_eq!(
            read,
            [
                ("3", "inverted: a border at level 255; dark: mean level 12 of 255"),
                ("7", "inverted: a bar of 4 pixels, <bright> & long"),
                ("11", "duplicate of 2: similarity 0.988, mirrored, turned by 5°"),
                ("39", "of an adult"),
            ]
        );
        assert_eq!(dataset.samples.len(), 36);
        let message = write_exclusion_list(&facts, &path).unwrap_err().to_string();
        assert!(message.contains("exclude.csv") && message.contains("name another file"), "{message}");
    }

    #[test]
    fn an_id_that_the_form_has_no_room_for_is_a_comment() {
        assert!(line("a,b", "dark").starts_with("# id \"a,b\" cannot"));
        assert_eq!(line("a b", "dark #2\nnow"), "a b,dark no. 2 now\n");
    }
}
