//! One unusable film or label, and many of them said in one go.
//!
//! In: problems as the sources and the decoder meet them. Out: one message that groups them by kind, each kind with its
//! count, what was expected, up to five examples and the next step.

use std::fmt;

/// Examples shown of each kind.
const MAX_EXAMPLES: usize = 5;

/// What is wrong with a film or a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A row of the label table that has not the header's columns.
    BadRow,
    /// A row without an id.
    EmptyId,
    /// The same id in two rows.
    DuplicateLabel,
    /// Two film files with the same id.
    DuplicateFilm,
    /// An age that is no number, or none that a person reaches.
    BadAge,
    /// A word for the sex that is not known.
    BadSex,
    /// A file or folder name that does not carry the labels.
    BadFileName,
    /// A row whose film is not there.
    LabelWithoutFilm,
    /// A film that no row names.
    FilmWithoutLabel,
    /// An image of a type that is not read.
    UnsupportedFormat,
    /// A film that cannot be decoded.
    UnreadableFilm,
    /// A folder or a link below the folder of films that cannot be followed.
    UnlistedFolder,
    /// An id of the exclusion list that no film has.
    UnknownExclusion,
    /// An id of a given split that no film has.
    UnknownInSplit,
    /// A film that a given split does not name.
    MissingInSplit,
    /// A part or fold of a given split that is not known.
    BadPart,
    /// The same film, or the same patient, in two parts.
    Leak,
}

impl ProblemKind {
    /// A few words for headings and exclusion lists.
    pub fn title(self) -> &'static str {
        match self {
            Self::BadRow => "row that does not fit the header",
            Self::EmptyId => "row without an id",
            Self::DuplicateLabel => "duplicate id in the table",
            Self::DuplicateFilm => "two films with one id",
            Self::BadAge => "age that cannot be used",
            Self::BadSex => "sex not understood",
            Self::BadFileName => "name that does not carry the labels",
            Self::LabelWithoutFilm => "label without a film",
            Self::FilmWithoutLabel => "film without a label",
            Self::UnsupportedFormat => "image of a type that is not read",
            Self::UnreadableFilm => "film that cannot be read",
            Self::UnlistedFolder => "folder that cannot be listed",
            Self::UnknownExclusion => "excluded id that is not in the data",
            Self::UnknownInSplit => "id of the split that is not in the data",
            Self::MissingInSplit => "film that the split does not name",
            Self::BadPart => "part not understood",
            Self::Leak => "leak between parts",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::BadRow => "as many cells as the header has columns",
            Self::EmptyId => "the film's file name, with or without extension",
            Self::DuplicateLabel => "one row for each film",
            Self::DuplicateFilm => "one file for each id, the extension not counted",
            Self::BadAge => "a number from 0 to 120 years",
            Self::BadSex => "M, F, male, female or other; True or False in a column named male",
            Self::BadFileName => "a name that follows the pattern",
            Self::LabelWithoutFilm => "a file named like the id: PNG, JPEG, TIFF, BMP, WebP or DICOM",
            Self::FilmWithoutLabel => "a row with the film's id",
            Self::UnsupportedFormat => "PNG, JPEG, TIFF, BMP, WebP or DICOM",
            Self::UnreadableFilm => "one film in a complete PNG, JPEG, TIFF, BMP, WebP or DICOM file",
            Self::UnlistedFolder => "a folder that can be read, and links that lead to films",
            Self::UnknownExclusion => "the id of a film or label",
            Self::UnknownInSplit => "the id of a film",
            Self::MissingInSplit => "a row of the split for each film",
            Self::BadPart => "train, val or test; with `split.folds` fold and its number from 0, or test",
            Self::Leak => "every film and every patient in one part only",
        }
    }

    fn next_step(self) -> &'static str {
        match self {
            Self::BadRow => "quote cells that hold the delimiter, close every quote, or complete the row",
            Self::EmptyId => "fill the cell or delete the row",
            Self::DuplicateLabel => "keep the right row of each and delete the others",
            Self::DuplicateFilm => "rename or remove one of the files",
            Self::BadAge => "correct the age, or the unit that the spec gives for it",
            Self::BadSex => "correct the word, or leave the cell empty where the sex is not known",
            Self::BadFileName => "rename the file, or move it out of the folder",
            Self::LabelWithoutFilm => "add the film or delete the row",
            Self::FilmWithoutLabel => "add a row for it, or move it out of the folder",
            Self::UnsupportedFormat => "convert it to PNG, or move it out of the folder",
            Self::UnreadableFilm => "fetch or export the file again, or make it readable",
            Self::UnlistedFolder => "remove the link, or make the folder readable",
            Self::UnknownExclusion => "correct the id or delete the line",
            Self::UnknownInSplit => "correct the id or delete the row",
            Self::MissingInSplit => "add a row for it, or list its id under `data.exclude`",
            Self::BadPart => "correct the row, or `split.folds`",
            Self::Leak => {
                "list one of the two under `data.exclude`, or give both the same patient in the group column; `data.allow_leaks: true` lets \
                 them pass, and every table says so"
            }
        }
    }

    /// Whether `data.on_bad: skip` may leave the sample out and go on.
    fn can_be_excluded(self) -> bool {
        !matches!(self, Self::UnknownExclusion | Self::UnknownInSplit | Self::MissingInSplit | Self::BadPart | Self::Leak)
    }
}

/// One film or label that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The sample that it costs.
    pub id: String,
    /// Where: a path, with a line for table rows.
    pub place: String,
    /// What was found there.
    pub found: String,
}

impl Problem {
    /// Why the sample is left out, without the place, so that it reads the same on every machine.
    pub fn reason(&self) -> String {
        format!("{}: {}", self.kind.title(), self.found)
    }

    /// The place without folders.
    pub fn short_place(&self) -> &str {
        self.place.rsplit('/').next().unwrap_or_default()
    }
}

/// Several problems, said in one go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    fn kinds(&self) -> Vec<ProblemKind> {
        let mut kinds: Vec<_> = self.0.iter().map(|problem| problem.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    fn write_kind(&self, f: &mut fmt::Formatter<'_>, kind: ProblemKind) -> fmt::Result {
        let of_kind: Vec<_> = self.0.iter().filter(|problem| problem.kind == kind).collect();
        write!(f, "\n  {} ({}); expected {}", kind.title(), of_kind.len(), kind.expected())?;
        for problem in of_kind.iter().take(MAX_EXAMPLES) {
            write!(f, "\n    {}: {}", printable(&problem.place), printable(&problem.found))?;
        }
        if of_kind.len() > MAX_EXAMPLES {
            write!(f, "\n    and {} more", of_kind.len() - MAX_EXAMPLES)?;
        }
        write!(f, "\n    next: {}", kind.next_step())
    }
}

/// Characters of a place or a finding that are printed.
const MAX_PRINTED: usize = 300;

/// A text from files on one line of a terminal: not endless, and without control characters, by which a name could write there.
pub(super) fn printable(text: &str) -> String {
    let mut printed: String =
        text.chars().take(MAX_PRINTED).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if text.chars().nth(MAX_PRINTED).is_some() {
        printed.push('…');
    }
    printed
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} problem{} in the data", if count == 1 { "" } else { "s" })?;
        let kinds = self.kinds();
        for kind in &kinds {
            self.write_kind(f, *kind)?;
        }
        if kinds.iter().any(|kind| kind.can_be_excluded()) {
            write!(f, "\n  or leave films out: list their ids in a file under `data.exclude`, or set `data.on_bad: skip`")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: ProblemKind, line: usize, found: &str) -> Problem {
        Problem { kind, id: line.to_string(), place: format!("labels.csv:{line}"), found: found.to_owned() }
    }

    #[test]
    fn problems_are_grouped_counted_and_cut_to_five_examples() {
        let mut problems: Vec<_> = (2..9).map(|line| problem(ProblemKind::LabelWithoutFilm, line, "id 7")).collect();
        problems.insert(3, problem(ProblemKind::BadAge, 40, "\"abc\""));
        let message = Problems(problems).to_string();
        insta::assert_snapshot!(message, @r#"
        8 problems in the data
          age that cannot be used (1); expected a number from 0 to 120 years
            labels.csv:40: "abc"
            next: correct the age, or the unit that the spec gives for it
          label without a film (7); expected a file named like the id: PNG, JPEG, TIFF, BMP, WebP or DICOM
            labels.csv:2: id 7
            labels.csv:3: id 7
            labels.csv:4: id 7
            labels.csv:5: id 7
            labels.csv:6: id 7
            and 2 more
            next: add the film or delete the row
          or leave films out: list their ids in a file under `data.exclude`, or set `data.on_bad: skip`
        "#);
    }

    #[test]
    fn what_cannot_be_left_out_is_not_offered_to_be() {
        let message = Problems(vec![problem(ProblemKind::UnknownExclusion, 1, "99")]).to_string();
        assert!(message.starts_with("1 problem in the data\n") && !message.contains("or leave films out"), "{message}");
    }
}
