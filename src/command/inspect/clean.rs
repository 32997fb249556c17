//! `bench-run clean`: what could be deleted, and deleting it once that is agreed to.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::leftovers::{Found, Kind, Leftover, of_cache, of_study};
use super::print;
use super::prompt::{Answer, ask, can_ask};
use crate::command::offline_plan;
use crate::data;
use crate::error::{DONE, Error, INTERRUPTED, UNEXPECTED};
use crate::human::size;
use crate::interrupt::Interrupt;
use crate::plan::Plan;
use crate::record::{Beats, catalogue};

/// What the command is told.
#[derive(Debug, Clone)]
pub struct CleanOptions {
    /// The specs whose studies are looked at; all studies and the cache where none is given.
    pub specs: Vec<PathBuf>,
    /// `--set key.path=value`, in order.
    pub sets: Vec<String>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// What is looked for; everything where none is given.
    pub kinds: Vec<Kind>,
    /// Whether anything is deleted.
    pub consent: Consent,
}

/// Whether what is found is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// If whoever sits at the terminal says so.
    Ask,
    /// Yes.
    Given,
    /// No: it is only listed.
    DryRun,
}

/// List what could be deleted, and delete it where that is agreed to.
///
/// # Errors
/// If a spec cannot be used, or signals cannot be handled.
pub fn clean(options: &CleanOptions) -> Result<u8, Error> {
    let plans = options.specs.iter().map(|spec| offline_plan(spec, &options.sets)).collect::<Result<Vec<Plan>, _>>()?;
    let found = find(options, &plans)?;
    print(&in_words(&found, options));
    if found.leftovers.is_empty() {
        return Ok(DONE);
    }
    let interrupt = Interrupt::watch("interrupted; nothing was deleted".to_owned(), INTERRUPTED).map_err(Error::Signals)?;
    if let Some(refusal) = refusal(options.consent) {
        say(refusal);
        return Ok(DONE);
    }
    // From here on a signal stops after what is in hand, and what was deleted by then is said.
    interrupt.hold();
    Ok(delete(&found.leftovers, &interrupt))
}

fn find(options: &CleanOptions, plans: &[Plan]) -> Result<Found, Error> {
    let mut found = Found::default();
    for study in catalogue(&options.results) {
        let plan = plans.iter().find(|plan| plan.name == study.name);
        if plans.is_empty() || plan.is_some() {
            of_study(&study, plan, &mut found);
        }
    }
    if plans.is_empty() {
        of_cache(&data::default_cache_folder()?, &mut found);
    }
    let is_wanted = |kind: Kind| options.kinds.is_empty() || options.kinds.contains(&kind);
    found.leftovers.retain(|leftover| is_wanted(leftover.kind));
    found.leftovers.sort_by(|left, right| (left.kind, &left.path).cmp(&(right.kind, &right.path)));
    Ok(found)
}

fn total(leftovers: &[Leftover]) -> u64 {
    leftovers.iter().map(|leftover| leftover.bytes).sum()
}

fn in_words(found: &Found, options: &CleanOptions) -> String {
    let mut text = String::new();
    let count = found.leftovers.len();
    let _ = match count {
        0 => writeln!(text, "nothing to delete in {}", options.results.display()),
        _ => writeln!(text, "{count} thing(s) could be deleted, {} in all", size(total(&found.leftovers))),
    };
    for kind in Kind::ALL {
        let of_kind: Vec<&Leftover> = found.leftovers.iter().filter(|leftover| leftover.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}", kind.heading());
        for Leftover { path, bytes, detail, .. } in of_kind {
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            let _ = writeln!(text, "  {:>10}  {}{detail}", size(*bytes), path.display());
        }
    }
    if !found.in_use.is_empty() {
        let _ = writeln!(text, "\nnot touched, since a program works on it:");
        for line in &found.in_use {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

/// Why nothing is deleted; none where it is agreed to.
fn refusal(consent: Consent) -> Option<&'static str> {
    match consent {
        Consent::Given => None,
        Consent::DryRun => Some("nothing was deleted (--dry-run)"),
        Consent::Ask if !can_ask() => Some("nothing was deleted: without a terminal to ask on, `--yes` deletes what is listed"),
        Consent::Ask => match ask("Delete all of this?") {
            Answer::Yes => None,
            Answer::No => Some("nothing was deleted"),
            Answer::None => Some("\nno answer; nothing was deleted"),
        },
    }
}

/// Delete it all; the exit code.
fn delete(leftovers: &[Leftover], interrupt: &Interrupt) -> u8 {
    let mut beats = Beats::default();
    let (mut freed, mut deleted, mut code) = (0, 0, DONE);
    for leftover in leftovers {
        if interrupt.is_asked() {
            code = INTERRUPTED;
            break;
        }
        match leftover.delete(&mut beats) {
            Ok(true) => {
                deleted += 1;
                freed += leftover.bytes;
            }
            Ok(false) => say(&format!("{}: kept, since a program has begun to use it", leftover.path.display())),
            Err(error) => {
                say(&format!("not deleted: {error}"));
                code = UNEXPECTED;
            }
        }
    }
    say(&format!("{deleted} of {} deleted, {} freed", leftovers.len(), size(freed)));
    code
}

/// A closed stderr is no reason to stop.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}
