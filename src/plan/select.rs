//! Which runs of a plan are meant: `--only` and `--skip`, by pattern on their names.
//!
//! In: plans and patterns. Out: a [`Selection`] that says of each run whether it is meant, or which pattern fits nothing. A
//! run goes by three names: its row's label, the spec's name of its network, and its id without the hash
//! (`resnet50-s0-f2`). Patterns are those of a shell (`*`, `?`, `[abc]`), fit whole names, and do not tell A from a.

use glob::Pattern;

use super::config::RunConfig;
use super::expand::{Plan, PlanEntry};
use super::run_id::run_stem;

/// Patterns for the names of runs.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<NamePattern>,
    skip: Vec<NamePattern>,
}

#[derive(Debug, Clone)]
struct NamePattern {
    /// As it was given, with its option.
    written: String,
    pattern: Pattern,
}

/// Why patterns select nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// It is no pattern.
    #[error("{written}: not a pattern: {cause}; write * for any text, ? for one character, [abc] for one of some")]
    NoPattern {
        /// The option with the pattern.
        written: String,
        /// What is wrong with it.
        cause: String,
    },
    /// No run has such a name.
    #[error("{written}: fits no run; a pattern fits a whole name, so write '*{word}*' for a part of one. The names are:\n{names}")]
    NoMatch {
        /// The option with the pattern.
        written: String,
        /// The pattern.
        word: String,
        /// The names that runs go by, a line for each row.
        names: String,
    },
    /// All that is asked for is left out again.
    #[error("--only and --skip leave no run; skip less")]
    NothingLeft,
}

impl Selection {
    /// Of the patterns of a command line; all runs where `only` is empty, less those that `skip` fits.
    ///
    /// # Errors
    /// If one is no pattern.
    pub fn new(only: &[String], skip: &[String]) -> Result<Self, SelectError> {
        Ok(Self { only: patterns("--only", only)?, skip: patterns("--skip", skip)? })
    }

    /// Whether every run is meant.
    pub fn is_everything(&self) -> bool {
        self.only.is_empty() && self.skip.is_empty()
    }

    /// Whether every pattern fits a run of one of the plans, and something is left.
    ///
    /// # Errors
    /// With the first pattern that fits nothing, and the names that there are.
    pub fn check(&self, plans: &[Plan]) -> Result<(), SelectError> {
        let runs = || plans.iter().flat_map(|plan| &plan.entries).flat_map(|entry| entry.runs.iter().map(move |run| (entry, &run.config)));
        for pattern in self.only.iter().chain(&self.skip) {
            if !runs().any(|(entry, config)| pattern.fits(entry, config)) {
                let word = pattern.pattern.as_str().trim_matches('*').to_owned();
                return Err(SelectError::NoMatch { written: pattern.written.clone(), word, names: names(plans) });
            }
        }
        let is_left = runs().any(|(entry, config)| self.takes(entry, config));
        if is_left || self.is_everything() { Ok(()) } else { Err(SelectError::NothingLeft) }
    }

    /// Whether a run of an entry is meant.
    pub fn takes(&self, entry: &PlanEntry, config: &RunConfig) -> bool {
        let fits = |patterns: &[NamePattern]| patterns.iter().any(|pattern| pattern.fits(entry, config));
        (self.only.is_empty() || fits(&self.only)) && !fits(&self.skip)
    }
}

/// For each entry of a plan and each of its runs whether it is meant.
///
/// # Errors
/// If a pattern is none, or fits nothing.
pub fn selected(plan: &Plan, only: &[String], skip: &[String]) -> Result<Vec<Vec<bool>>, SelectError> {
    let selection = Selection::new(only, skip)?;
    selection.check(std::slice::from_ref(plan))?;
    Ok(plan.entries.iter().map(|entry| entry.runs.iter().map(|run| selection.takes(entry, &run.config)).collect()).collect())
}

impl NamePattern {
    fn fits(&self, entry: &PlanEntry, config: &RunConfig) -> bool {
        let names = [entry.label.clone(), config.architecture.name().name().to_owned(), run_stem(config)];
        names.iter().any(|name| self.pattern.matches(&name.to_lowercase()))
    }
}

fn patterns(option: &str, texts: &[String]) -> Result<Vec<NamePattern>, SelectError> {
    let pattern = |text: &String| {
        let written = format!("{option} {text}");
        let pattern = Pattern::new(&text.trim().to_lowercase());
        match pattern {
            Ok(pattern) => Ok(NamePattern { written, pattern }),
            Err(error) => Err(SelectError::NoPattern { written, cause: format!("{} at character {}", error.msg, error.pos + 1) }),
        }
    };
    texts.iter().map(pattern).collect()
}

/// More rows than fit a screen help nobody.
const MOST_NAMES: usize = 40;

/// A line for each row: its label, its network, and the ids of its runs.
fn names(plans: &[Plan]) -> String {
    let entries: Vec<&PlanEntry> = plans.iter().flat_map(|plan| &plan.entries).collect();
    let line = |entry: &&PlanEntry| {
        let stems: Vec<String> = entry.runs.iter().map(|run| run_stem(&run.config)).collect();
        let ids = match stems.as_slice() {
            [first, .., last] => format!("{first} … {last}"),
            _ => stems.concat(),
        };
        format!("  {}  ({}, {ids})", entry.label, entry.first().architecture.name().name())
    };
    let mut lines: Vec<String> = entries.iter().take(MOST_NAMES).map(line).collect();
    lines.dedup();
    if entries.len() > MOST_NAMES {
        lines.push(format!("  and {} more", entries.len() - MOST_NAMES));
    }
    lines.join("\n")
}
