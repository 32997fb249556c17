//! How much room the caches of films take: the largest size in, the folder within it out.
//!
//! The files that were used longest ago go first, by the time of change that every use sets. One that a program has mapped is
//! locked and stays; should it be removed all the same (a file system without locks), on Unix the program keeps what it
//! has mapped, and elsewhere the removal fails.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use fs4::FileExt;

use super::cache_file;
use super::error::DataError;
use super::hash_memo;

const GIB: u64 = 1 << 30;

const VARIABLE: &str = "BENCH_RUN_CACHE_LIMIT";

/// How many bytes the folder of cached films may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimit(u64);

impl Default for CacheLimit {
    /// Room for a hundred thousand films at 224 × 224 in colour, or for ten sets of ten thousand.
    fn default() -> Self {
        Self(20 * GIB)
    }
}

impl CacheLimit {
    /// A number of bytes.
    pub fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl FromStr for CacheLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no size; expected a number with B, MB, GB, TB, MiB, GiB or TiB, such as 20GiB");
        let text = text.trim();
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let number: f64 = text[..end].parse().map_err(|_| wrong())?;
        let unit = match text[end..].trim() {
            "B" => 1,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            "MiB" => 1 << 20,
            "GiB" => GIB,
            "TiB" => 1 << 40,
            _ => return Err(wrong()),
        };
        Ok(Self((number * unit as f64) as u64))
    }
}

impl std::fmt::Display for CacheLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&size(self.0))
    }
}

fn size(bytes: u64) -> String {
    if bytes < GIB { format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)) } else { format!("{:.1} GiB", bytes as f64 / GIB as f64) }
}

/// The limit that was given, or that of `BENCH_RUN_CACHE_LIMIT`, or the usual one.
///
/// # Errors
/// If the variable is no size.
pub fn cache_limit(given: Option<CacheLimit>) -> Result<CacheLimit, DataError> {
    limit_by(given, std::env::var(VARIABLE).ok().as_deref())
}

fn limit_by(given: Option<CacheLimit>, variable: Option<&str>) -> Result<CacheLimit, DataError> {
    match (given, variable.filter(|text| !text.is_empty())) {
        (Some(limit), _) => Ok(limit),
        (None, Some(text)) => text.parse().map_err(|cause| DataError::CacheLimit { variable: VARIABLE, cause }),
        (None, None) => Ok(CacheLimit::default()),
    }
}

/// A file of the cache.
struct Cached {
    used: SystemTime,
    bytes: u64,
    path: PathBuf,
}

/// Remove what was used longest ago until the folder is within the limit; what a user should know of it.
///
/// Files that are in use stay: those of this program, which is still to train on them, and those of others.
pub fn keep_within(folder: &Path, limit: CacheLimit) -> Vec<String> {
    let mut cached = list(folder);
    let mut total: u64 = cached.iter().map(|file| file.bytes).sum();
    cached.sort_by(|left, right| (left.used, &left.path).cmp(&(right.used, &right.path)));
    let (mut removed, mut freed) = (0, 0);
    for file in cached {
        if total <= limit.0 {
            break;
        }
        if remove_unless_in_use(&file.path) {
            removed += 1;
            freed += file.bytes;
            total -= file.bytes;
        }
    }
    let mut notes = Vec::new();
    let place = folder.display();
    if removed > 0 {
        let freed = size(freed);
        notes.push(format!("{place}: {removed} cache file(s) used longest ago were removed ({freed}) to stay within {limit}"));
    }
    if total > limit.0 {
        let total = size(total);
        notes.push(format!("{place}: the caches in use take {total}, more than the limit of {limit}; raise it with --cache-limit"));
    }
    notes
}

/// A file of the cache that no program uses at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleCacheFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it takes.
    pub bytes: u64,
    /// When it was last used.
    pub used: SystemTime,
}

/// The files of the cache that no program uses at present and that were last used so long ago, the oldest first.
pub fn idle_cache_files(folder: &Path, for_at_least: Duration) -> Vec<IdleCacheFile> {
    let is_old = |file: &Cached| file.used.elapsed().is_ok_and(|age| age >= for_at_least);
    let is_idle = |file: &Cached| File::open(&file.path).is_ok_and(|open| FileExt::try_lock(&open).is_ok());
    let mut idle: Vec<Cached> = list(folder).into_iter().filter(|file| is_old(file) && is_idle(file)).collect();
    idle.sort_by(|left, right| (left.used, &left.path).cmp(&(right.used, &right.path)));
    idle.into_iter().map(|Cached { used, bytes, path }| IdleCacheFile { path, bytes, used }).collect()
}

/// What the cache takes.
pub fn cache_bytes(folder: &Path) -> u64 {
    list(folder).iter().map(|file| file.bytes).sum()
}

/// Remove a file of the cache unless a program uses it now; whether it is gone.
pub fn remove_idle_cache_file(file: &IdleCacheFile) -> bool {
    remove_unless_in_use(&file.path)
}

fn list(folder: &Path) -> Vec<Cached> {
    let is_ours =
        |path: &Path| path.extension().is_some_and(|extension| extension == cache_file::EXTENSION || extension == hash_memo::EXTENSION);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| is_ours(&entry.path()));
    let cached = entries.filter_map(|entry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Cached { used: metadata.modified().ok()?, bytes: metadata.len(), path: entry.path() })
    });
    cached.collect()
}

/// Whether a file was removed; one that another handle has locked is in use.
fn remove_unless_in_use(path: &Path) -> bool {
    // Held until the file is gone, so that nobody begins to use it in between.
    let Ok(file) = File::open(path) else { return false };
    FileExt::try_lock(&file).is_ok() && fs::remove_file(path).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::time::Duration;

    use super::super::testing::Folder;
    use super::*;

    /// A file of a hundred bytes that was used so many seconds ago.
    fn cached(folder: &Folder, name: &str, age: u64) -> PathBuf {
        let path = folder.write(name, [7; 100]);
        let used = SystemTime::now() - Duration::from_secs(age);
        File::options().write(true).open(&path).unwrap().set_modified(used).unwrap();
        path
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let folder = Folder::new();
        let paths = [("b.films", 50), ("a.films", 10), ("c.hashes", 40), ("d.films", 30)].map(|(name, age)| cached(&folder, name, age));
        let others = [cached(&folder, "other", 99), cached(&folder, ".building-x", 99)];
        let there = || paths.iter().map(|path| path.exists()).collect::<Vec<_>>();
        assert_eq!(keep_within(&folder.path(""), CacheLimit(400)), [""; 0]);
        assert_eq!(there(), [true; 4]);
        let notes = keep_within(&folder.path(""), CacheLimit(399));
        assert!(notes.len() == 1 && notes[0].contains("1 cache file(s) used longest ago were removed"), "{notes:?}");
        assert_eq!(there(), [false, true, true, true]);
        keep_within(&folder.path(""), CacheLimit(250));
        assert_eq!(there(), [false, true, false, true]);
        keep_within(&folder.path(""), CacheLimit(0));
        assert_eq!(there(), [false; 4]);
        assert!(others.iter().all(|path| path.exists()), "what is none of the cache stays");
    }

    #[test]
    fn a_file_in_use_stays_and_that_is_said() {
        let folder = Folder::new();
        let [old, new] = [("old.films", 50), ("new.films", 10)].map(|(name, age)| cached(&folder, name, age));
        let used = File::open(&old).unwrap();
        FileExt::lock_shared(&used).unwrap();
        let notes = keep_within(&folder.path(""), CacheLimit(50));
        assert_eq!([old.exists(), new.exists()], [true, false]);
        assert!(notes[1].contains("more than the limit of 0.0 MiB; raise it with --cache-limit"), "{notes:?}");
        drop(used);
        keep_within(&folder.path(""), CacheLimit(50));
        assert!(!old.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_within_every_limit() {
        let folder = Folder::new();
        assert_eq!(keep_within(&folder.path("none"), CacheLimit(0)), [""; 0]);
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let (given, usual) = (CacheLimit(5), CacheLimit::default());
        assert_eq!(limit_by(Some(given), Some("7MB")), Ok(given));
        assert_eq!(limit_by(None, Some("7MB")), Ok(CacheLimit(7_000_000)));
        assert_eq!([limit_by(None, Some("")), limit_by(None, None)], [Ok(usual), Ok(usual)]);
        let message = limit_by(None, Some("much")).unwrap_err().to_string();
        assert!(message.starts_with("BENCH_RUN_CACHE_LIMIT: \"much\" is no size"), "{message}");
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("20GiB", 20 << 30), ("500MB", 500_000_000), ("1.5 GiB", 3 << 29), ("0B", 0), ("2TB", 2_000_000_000_000)] {
            assert_eq!(text.parse(), Ok(CacheLimit(bytes)), "{text}");
        }
        for text in ["", "20", "GiB", "-1GiB", "1.2.3MB", "5 gigs", "1e3MB"] {
            assert!(text.parse::<CacheLimit>().unwrap_err().contains("such as 20GiB"), "{text}");
        }
        assert_eq!(CacheLimit::default().to_string(), "20.0 GiB");
    }
}
