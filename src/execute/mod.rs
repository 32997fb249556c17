//! Carries out a plan: trains what has no complete record, from where it was left, records each run as it ends, goes on after a
//! failure.
//!
//! The program that is asked for a plan trains nothing itself. It claims a run, starts a process for it with a [`Task`], hears its
//! [`RunEvent`]s, and makes its folder the run's record when it is done; so whatever happens to a run costs that run alone.

mod attempt;
mod course;
mod crash;
mod event;
#[cfg(test)]
pub(crate) mod fixtures;
mod guard;
mod lanes;
mod launch;
mod native;
mod pace;
mod policy;
mod progress;
mod saving;
mod serve;
mod supervise;
#[cfg(test)]
mod tests;
mod work;

pub use attempt::run_work;
pub use course::{Foreseen, foresee};
pub use event::RunEvent;
pub use guard::{guarded, silence_guarded_panics};
pub use lanes::{Lanes, Trials, try_out};
pub use launch::{Exit, Launch, Message, Processes, SERVE_COMMAND, Worker};
pub use native::NativeTrainer;
pub use pace::{FilmCounts, KnownBy, Pace, TRIAL_COMMAND, recorded_pace, serve_trial, tried_pace};
pub use policy::{Outcome, Policy, Retry};
pub use progress::{Bars, FailuresOnly, JsonLines, Lines, Progress, RunHeading, Shown, for_terminal, progress};
pub use saving::{LastCheckpoint, Saving};
pub use serve::{Task, serve};
pub use supervise::execute;
pub use work::{Fault, Job, Place, Trainer, Work};
