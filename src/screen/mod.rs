//! Films looked at before anything is trained on them: which are the same, and which are suspicious.
//!
//! In: the films of a data set as pixels. Out: [`Finding`]s, each with a score and a reason in words. Nothing is left out by
//! itself: a finding is a question to whoever knows the films.

mod finding;

pub use finding::{DuplicatePair, Finding, FindingKind, Findings};
