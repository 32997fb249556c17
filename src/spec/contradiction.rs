//! Values that are possible on their own and not together, before the places are looked up where they were written.
//!
//! Looking up a place costs another look at the file, so that it is done only for what is shown.

use std::fmt::Display;

use super::error::{Note, Problem};
use super::key_path::KeyPath;
use super::locate::Aim;
use super::node::Kind;
use super::parse::{LoadedSpec, MOST_PROBLEMS};

/// More places than these help nobody.
const MOST_NOTES: usize = 3;

/// A rule between the values of a spec that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contradiction {
    key: KeyPath,
    aim: Aim,
    message: String,
    others: Vec<Other>,
}

/// Another value that has a part in it.
#[derive(Debug, Clone, PartialEq)]
struct Other {
    key: KeyPath,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    /// The value that is in force, which may be a default.
    Value(String),
    /// What is to be said of a key that is written.
    Words(String),
}

impl Contradiction {
    /// What is wrong with a key, shown at its value.
    pub(crate) fn new(key: KeyPath, message: impl Into<String>) -> Self {
        Self { key, aim: Aim::Value, message: message.into(), others: Vec::new() }
    }

    /// As `new`, shown at the key itself: for a block that should not be there.
    pub(crate) fn of_block(key: KeyPath, message: impl Into<String>) -> Self {
        Self { aim: Aim::Key, ..Self::new(key, message) }
    }

    /// And the value of another key, whether it is written or a default.
    pub(crate) fn beside(mut self, key: KeyPath, value: impl Display) -> Self {
        self.others.push(Other { key, what: What::Value(value.to_string()) });
        self
    }

    /// And what another key does, which is written.
    pub(crate) fn against(mut self, key: KeyPath, words: impl Into<String>) -> Self {
        self.others.push(Other { key, what: What::Words(words.into()) });
        self
    }

    fn add(&mut self, others: Vec<Other>) {
        for other in others {
            if !self.others.contains(&other) {
                self.others.push(other);
            }
        }
    }
}

impl LoadedSpec {
    /// The problems to show: each said once, with the places of all that have a part in it, and not more than a reader mends
    /// at a time.
    pub(crate) fn problems(&self, found: Vec<Contradiction>) -> Vec<Problem> {
        let mut kept: Vec<Contradiction> = Vec::new();
        let mut is_cut = false;
        for contradiction in found.into_iter().map(|contradiction| self.as_written(contradiction)) {
            let twin = kept.iter().position(|kept| kept.key == contradiction.key && kept.message == contradiction.message);
            match twin {
                // What is wrong with the spec as a whole is wrong for every entry, and said once.
                Some(twin) => kept[twin].add(contradiction.others),
                None if kept.len() == MOST_PROBLEMS => is_cut = true,
                None => kept.push(contradiction),
            }
        }
        let mut problems: Vec<Problem> = kept.into_iter().map(|contradiction| self.locate(contradiction)).collect();
        problems.extend(is_cut.then(|| self.more()));
        problems
    }

    /// With its keys as they are written, which those of a row of a matrix are not.
    fn as_written(&self, contradiction: Contradiction) -> Contradiction {
        let Contradiction { key, aim, message, others } = contradiction;
        let mut written = Contradiction { key: self.written_key(key), aim, message, others: Vec::new() };
        written.add(others.into_iter().map(|Other { key, what }| Other { key: self.written_key(key), what }).collect());
        written
    }

    fn locate(&self, contradiction: Contradiction) -> Problem {
        let Contradiction { key, aim, message, others } = contradiction;
        let mut problem = self.problem_at(key, aim, message);
        let hidden = others.len().saturating_sub(MOST_NOTES);
        problem.notes = others.into_iter().take(MOST_NOTES).map(|other| self.note(other)).collect();
        problem.notes.extend((hidden > 0).then(|| Note { place: None, message: format!("and {hidden} more like this") }));
        problem
    }

    fn note(&self, Other { key, what }: Other) -> Note {
        let (node, depth) = self.find(&key);
        let is_given = depth == key.steps().len();
        let is_null = is_given && node.kind == Kind::Null;
        let (aim, message) = match what {
            What::Value(value) if is_null && value != "null" => (Aim::Value, format!("{key} is null here, which stands for {value}")),
            What::Value(value) if is_given => (Aim::Value, format!("{key} is {value} here")),
            What::Value(value) => return Note { place: None, message: format!("{key} is {value} (default)") },
            What::Words(words) => (Aim::Key, format!("{key} {words}")),
        };
        Note { place: is_given.then(|| self.place_of(&key, aim)), message }
    }
}
