//! Who works on a run, so that several programs on one results folder never train the same run twice.
//!
//! A claim is a file `claim-<number>` in the folder of a run's attempts. It appears whole, by a link that fails where the number
//! is taken, and its holder changes its time of change every few seconds. A claim whose holder is gone is outbid by the next
//! number, of which again only one can be made; whoever finds a higher number than its own has lost. A holder is gone when its
//! process is no longer there, where that can be seen from this machine, or else when the time of change has stayed the same for
//! [`STALE`], by the clock of whoever looks: no two clocks are compared, and none that can be set back is trusted.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::human::duration;
use crate::process;

/// Longest time between two beats of a holder.
pub const BEAT: Duration = Duration::from_secs(5);
/// Without a beat for so long, a holder on another machine is taken to be gone.
pub(super) const STALE: Duration = Duration::from_secs(60);

const PREFIX: &str = "claim-";

/// A program that works on runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its machine, so that others there can see whether it is still there.
    machine: Option<String>,
    /// The machine's name.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// When that process began, since a number may be used again.
    begin: Option<u64>,
    /// Unlike that of every other claim.
    nonce: String,
}

impl Owner {
    /// This program, for a new claim.
    fn this() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let pid = std::process::id();
        let machine = process::machine();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let unique = format!("{machine:?} {pid} {now} {}", COUNT.fetch_add(1, Ordering::Relaxed));
        let nonce = blake3::hash(unique.as_bytes()).to_hex()[..16].to_owned();
        Self { machine, host: process::host(), pid, begin: process::begin_of(pid), nonce }
    }

    /// Whether it surely ended; false where this machine cannot tell.
    fn is_gone(&self) -> bool {
        self.machine.is_some() && self.machine == process::machine() && process::begin_of(self.pid) != self.begin
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// Who works on a run, as far as one look tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A program of this machine, which is still there.
    Alive(Owner),
    /// A program of another machine, or one whose name cannot be read: whether it is still there shows only over a time.
    Unsure {
        /// Its name.
        owner: Option<Owner>,
        /// How long ago it was last heard of, by the clock of this machine.
        silent: Duration,
    },
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alive(owner) => owner.fmt(f),
            Self::Unsure { owner, silent } => {
                let who = owner.as_ref().map_or_else(|| "another program".to_owned(), Owner::to_string);
                write!(f, "{who}, last heard of {} ago", duration(silent.as_secs_f64()))
            }
        }
    }
}

/// Who works in a folder of attempts; a program that surely ended does not. Nothing is changed.
pub(super) fn holder(folder: &Path) -> Option<Holder> {
    numbers(folder).into_iter().max().and_then(|number| {
        let path = path_of(folder, number);
        let changed = fs::metadata(&path).and_then(|found| found.modified()).ok()?;
        let owner = read(&path);
        match owner {
            Some(owner) if owner.is_gone() => None,
            Some(owner) if owner.machine.is_some() && owner.machine == process::machine() => Some(Holder::Alive(owner)),
            owner => Some(Holder::Unsure { owner, silent: changed.elapsed().unwrap_or_default() }),
        }
    })
}

/// The claims in a folder of attempts, whoever made them.
pub(super) fn claims(folder: &Path) -> Vec<PathBuf> {
    numbers(folder).into_iter().map(|number| path_of(folder, number)).collect()
}

/// When the claims of others were last seen to beat. One program keeps one for all runs.
#[derive(Debug)]
pub struct Beats {
    stale: Duration,
    seen: HashMap<PathBuf, (SystemTime, Instant)>,
}

impl Default for Beats {
    fn default() -> Self {
        Self::with_patience(STALE)
    }
}

impl Beats {
    /// Of a program that takes holders of other machines to be gone after another time than a minute.
    pub fn with_patience(stale: Duration) -> Self {
        Self { stale, seen: HashMap::new() }
    }

    /// Whether the holder of a claim is gone.
    fn is_gone(&mut self, path: &Path) -> bool {
        let Ok(changed) = fs::metadata(path).and_then(|found| found.modified()) else { return false };
        if read(path).is_some_and(|owner| owner.is_gone()) {
            return true;
        }
        let now = Instant::now();
        let (last, since) = self.seen.entry(path.to_owned()).or_insert((changed, now));
        if *last != changed {
            (*last, *since) = (changed, now);
        }
        now.duration_since(*since) >= self.stale
    }
}

/// A claim of this program.
#[derive(Debug)]
pub(super) struct Claim {
    folder: PathBuf,
    number: u32,
    nonce: String,
    contested: bool,
}

/// What became of a try to claim.
#[derive(Debug)]
pub(super) enum Claimed {
    /// This program works on the run now.
    Mine(Claim),
    /// Another does; its name where it can be read.
    Theirs(Option<Owner>),
}

impl Claim {
    /// Try to become the one who works in `folder`, which is made. `above` is the least number that the claim may have.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub(super) fn acquire(folder: &Path, above: u32, beats: &mut Beats) -> io::Result<Claimed> {
        let mut dead = HashMap::new();
        for number in numbers(folder) {
            let path = path_of(folder, number);
            let owner = read(&path);
            if beats.is_gone(&path) {
                dead.insert(number, owner);
            } else if path.exists() {
                return Ok(Claimed::Theirs(owner));
            }
        }
        let number = dead.keys().copied().max().map_or(above, |highest| above.max(highest + 1));
        let owner = Owner::this();
        if !create(folder, number, &owner)? {
            return Ok(Claimed::Theirs(read(&path_of(folder, number))));
        }
        let claim = Self { folder: folder.to_owned(), number, nonce: owner.nonce, contested: false };
        // Somebody who looked at the same moment may have chosen another number: then both step back and try again later.
        for other in numbers(folder).into_iter().filter(|other| *other != number) {
            let holder = read(&path_of(folder, other));
            if dead.get(&other) != Some(&holder) {
                claim.release();
                return Ok(Claimed::Theirs(holder));
            }
        }
        for number in dead.into_keys() {
            // What stays is lower and known to be dead.
            let _ = fs::remove_file(path_of(folder, number));
        }
        Ok(Claimed::Mine(claim))
    }

    /// Its number, which no other attempt at the run has.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Show that the holder is alive; false where another program has taken over. A single sight of a higher number is no loss:
    /// it may be that of one who steps back.
    pub(super) fn beat(&mut self) -> bool {
        let path = path_of(&self.folder, self.number);
        let mine = read(&path).is_none_or(|owner| owner.nonce == self.nonce) && path.exists();
        let outbid = numbers(&self.folder).into_iter().any(|number| number > self.number);
        if !mine || (outbid && self.contested) {
            return false;
        }
        self.contested = outbid;
        // A beat that is not written is noticed by others only after several more.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        true
    }

    /// Let others work on the run.
    pub(super) fn release(self) {
        let path = path_of(&self.folder, self.number);
        if read(&path).is_some_and(|owner| owner.nonce == self.nonce) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Make a claim with all its bytes, if nobody has that number.
fn create(folder: &Path, number: u32, owner: &Owner) -> io::Result<bool> {
    let bytes = serde_json::to_vec(owner).map_err(io::Error::other)?;
    let path = path_of(folder, number);
    loop {
        fs::create_dir_all(folder)?;
        let made = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder).and_then(|mut aside| {
            aside.write_all(&bytes)?;
            fs::hard_link(aside.path(), &path).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound => Err(error),
                // A file system without links: whoever looks in between sees a claim without a name, which beats.
                _ => File::create_new(&path)?.write_all(&bytes),
            })
        });
        match made {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            // Whoever finished the run has just removed the folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.parent().is_some_and(Path::exists) => {}
            Err(error) => return Err(error),
        }
    }
}

fn path_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{PREFIX}{number:06}"))
}

fn read(path: &Path) -> Option<Owner> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The numbers of the claims in a folder.
fn numbers(folder: &Path) -> Vec<u32> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix(PREFIX)?.parse().ok()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn acquire(folder: &Path, beats: &mut Beats) -> Claimed {
        Claim::acquire(&folder.join("run"), 1, beats).unwrap()
    }

    fn mine(claimed: Claimed) -> Claim {
        match claimed {
            Claimed::Mine(claim) => claim,
            Claimed::Theirs(owner) => panic!("it is claimed by {owner:?}"),
        }
    }

    /// Make the claim one of a program on another machine.
    fn move_away(claim: &Claim) {
        let path = path_of(&claim.folder, claim.number);
        let mut owner = read(&path).unwrap();
        owner.machine = Some("elsewhere".to_owned());
        fs::write(path, serde_json::to_vec(&owner).unwrap()).unwrap();
    }

    #[test]
    fn a_run_is_one_programs_until_it_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut beats = Beats::default();
        let mut claim = mine(acquire(folder.path(), &mut beats));
        let Claimed::Theirs(Some(owner)) = acquire(folder.path(), &mut beats) else { panic!("it is claimed") };
        assert_eq!(owner.pid, std::process::id());
        assert!(claim.beat());
        claim.release();
        assert_eq!(mine(acquire(folder.path(), &mut beats)).number(), 1);
    }

    #[test]
    fn the_claim_of_a_process_of_this_machine_that_ended_is_outbid_at_once() {
        if process::machine().is_none() {
            eprintln!("skipped: this system does not tell which processes it has");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut beats = Beats::default();
        let dead = mine(acquire(folder.path(), &mut beats));
        let path = path_of(&dead.folder, dead.number);
        let owner = Owner { begin: Some(1), ..read(&path).unwrap() };
        fs::write(&path, serde_json::to_vec(&owner).unwrap()).unwrap();
        let claim = mine(acquire(folder.path(), &mut beats));
        assert_eq!((claim.number(), numbers(&claim.folder)), (2, vec![2]));
    }

    #[test]
    fn a_claim_of_another_machine_is_outbid_once_it_was_not_seen_to_beat_whatever_its_clock_says() {
        for shown in [SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(86_400)] {
            let folder = tempfile::tempdir().unwrap();
            let mut beats = Beats::with_patience(Duration::from_millis(80));
            let mut other = mine(acquire(folder.path(), &mut beats));
            move_away(&other);
            let path = path_of(&other.folder, other.number);
            File::options().append(true).open(&path).unwrap().set_modified(shown).unwrap();
            assert!(matches!(acquire(folder.path(), &mut beats), Claimed::Theirs(_)), "seen for the first time");
            std::thread::sleep(Duration::from_millis(50));
            assert!(other.beat());
            assert!(matches!(acquire(folder.path(), &mut beats), Claimed::Theirs(_)), "it has beaten");
            std::thread::sleep(Duration::from_millis(50));
            assert!(matches!(acquire(folder.path(), &mut beats), Claimed::Theirs(_)), "50 ms ago");
            std::thread::sleep(Duration::from_millis(50));
            let claim = mine(acquire(folder.path(), &mut beats));
            assert_eq!(claim.number(), 2);
            assert!(!other.beat(), "it has lost");
            other.release();
            assert_eq!(numbers(&claim.folder), [2], "what is released is not the claim of another");
        }
    }

    #[test]
    fn of_many_who_try_at_once_one_at_a_time_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let working = AtomicU64::new(0);
        let served = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut beats = Beats::default();
                    let mut times = 0;
                    while times < 20 {
                        if let Claimed::Mine(claim) = acquire(folder.path(), &mut beats) {
                            assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                            std::thread::yield_now();
                            working.fetch_sub(1, Ordering::SeqCst);
                            claim.release();
                            served.fetch_add(1, Ordering::SeqCst);
                            times += 1;
                        }
                    }
                });
            }
        });
        assert_eq!(served.load(Ordering::SeqCst), 160);
    }
}
