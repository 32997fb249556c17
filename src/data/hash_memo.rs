//! What the content of a film file was when it was last read, so that a set of many films need not be read at every start.
//!
//! In: the paths of film files and a folder. Out: the content of each as one number, read only where the file is not the one that
//! is remembered: the same path, size, times of change, device and inode. As in git's index, a file that was changed less than two
//! seconds before it was looked at is not remembered, since it could be changed again within the same tick of the clock.
//!
//! A memo is one file for the folder that holds all films of a set, with a checksum, written aside and renamed. One that is
//! damaged, or that another program has just replaced, costs reading and nothing else. Systems that have no inodes
//! remember nothing.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use blake3::{Hash, Hasher};

use super::decode::open_film;
use crate::files::write_atomically;

/// The extension of a memo.
pub(super) const EXTENSION: &str = "hashes";

const MAGIC: &[u8] = b"BRHASH1\n";
const HASH_BYTES: usize = blake3::OUT_LEN;
/// A file as it was, and its content.
const ENTRY_BYTES: usize = 2 * HASH_BYTES;

/// Changes of a younger file may not show in its times.
const RACY: Duration = Duration::from_secs(2);

/// What is remembered beyond the films of the set at hand: others below the same folder, and those of earlier times.
const MOST_OTHERS: usize = 3;

/// Contents by the film files that have them.
#[derive(Debug)]
pub(super) struct HashMemo {
    path: PathBuf,
    known: HashMap<Hash, Hash>,
    /// What was looked up.
    used: HashMap<Hash, Hash>,
}

/// The content of a file, and under what it may be remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content {
    hash: Hash,
    identity: Option<Hash>,
}

impl HashMemo {
    /// The memo of a set of films; empty where there is none that can be used.
    pub(super) fn open(folder: &Path, films: &[&Path]) -> Self {
        let name = blake3::hash(common_folder(films).as_os_str().as_encoded_bytes());
        let path = folder.join(format!("{}.{EXTENSION}", &name.to_hex()[..32]));
        let known = std::fs::read(&path).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
        Self { path, known, used: HashMap::new() }
    }

    /// The content of a file; none where it cannot be read.
    pub(super) fn content(&self, film: &Path) -> Option<Content> {
        let opened = open_film(film).ok()?;
        let looked_at = SystemTime::now();
        let before = opened.metadata().ok()?;
        let identity = identity(film, &before);
        if let Some(hash) = identity.and_then(|identity| self.known.get(&identity)) {
            return Some(Content { hash: *hash, identity });
        }
        let hash = Hasher::new().update_reader(&opened).ok()?.finalize();
        // One that was changed while it was read is another one by now.
        let is_still = self::identity(film, &opened.metadata().ok()?) == identity;
        Some(Content { hash, identity: identity.filter(|_| is_still && !is_racy(&before, looked_at)) })
    }

    /// The content of a file that is as it was when it was last read; none where that is not remembered.
    pub(super) fn known(&self, film: &Path) -> Option<Hash> {
        let identity = identity(film, &std::fs::metadata(film).ok()?)?;
        self.known.get(&identity).copied()
    }

    /// Note what files hold, and keep it for the next start. What cannot be written is not remembered.
    pub(super) fn keep(mut self, contents: &[Option<Content>]) -> Vec<Option<Hash>> {
        for content in contents.iter().flatten() {
            if let Some(identity) = content.identity {
                self.used.insert(identity, content.hash);
            }
        }
        let is_new = self.used.keys().any(|identity| !self.known.contains_key(identity));
        let is_full = self.known.len() > (MOST_OTHERS + 1) * self.used.len();
        if is_new || is_full {
            self.write();
        }
        contents.iter().map(|content| content.map(|content| content.hash)).collect()
    }

    fn write(mut self) {
        let room = MOST_OTHERS * self.used.len();
        self.known.retain(|identity, _| !self.used.contains_key(identity));
        if self.known.len() > room {
            self.known.clear();
        }
        let mut bytes = MAGIC.to_vec();
        for (identity, hash) in self.used.iter().chain(&self.known) {
            bytes.extend(identity.as_bytes());
            bytes.extend(hash.as_bytes());
        }
        bytes.extend(blake3::hash(&bytes).as_bytes());
        let folder = self.path.parent().expect("the memo is a file in a folder");
        // The cache itself says what is wrong with the folder.
        let _ = std::fs::create_dir_all(folder).and_then(|()| write_atomically(&self.path, &bytes));
    }
}

fn parse(bytes: &[u8]) -> Option<HashMap<Hash, Hash>> {
    let (body, checksum) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    if blake3::hash(body).as_bytes() != checksum {
        return None;
    }
    let entries = body.strip_prefix(MAGIC)?.chunks_exact(ENTRY_BYTES);
    entries.map(|entry| Some((Hash::from_slice(&entry[..HASH_BYTES]).ok()?, Hash::from_slice(&entry[HASH_BYTES..]).ok()?))).collect()
}

/// The deepest folder that holds all films.
fn common_folder(films: &[&Path]) -> PathBuf {
    let mut common = films.first().and_then(|film| film.parent()).map(Path::to_owned).unwrap_or_default();
    for film in films {
        while !film.starts_with(&common) && common.pop() {}
    }
    std::path::absolute(&common).unwrap_or(common)
}

/// A file as it is now, as one number.
#[cfg(unix)]
fn identity(film: &Path, metadata: &Metadata) -> Option<Hash> {
    use std::os::unix::fs::MetadataExt;
    let film = std::path::absolute(film).ok()?;
    let mut hasher = Hasher::new_derive_key("bench-run 2026 film file");
    hasher.update(film.as_os_str().as_encoded_bytes());
    for number in [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()] {
        hasher.update(&number.to_le_bytes());
    }
    for number in [metadata.size(), metadata.dev(), metadata.ino()] {
        hasher.update(&number.to_le_bytes());
    }
    Some(hasher.finalize())
}

#[cfg(not(unix))]
fn identity(_film: &Path, _metadata: &Metadata) -> Option<Hash> {
    None
}

/// Whether a file was changed so shortly before it was looked at that a further change might not show.
#[cfg(unix)]
fn is_racy(metadata: &Metadata, looked_at: SystemTime) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(limit) = looked_at.checked_sub(RACY).and_then(|limit| limit.duration_since(SystemTime::UNIX_EPOCH).ok()) else { return true };
    let limit = (limit.as_secs() as i64, i64::from(limit.subsec_nanos()));
    (metadata.mtime(), metadata.mtime_nsec()).max((metadata.ctime(), metadata.ctime_nsec())) >= limit
}

#[cfg(not(unix))]
fn is_racy(_metadata: &Metadata, _looked_at: SystemTime) -> bool {
    let _ = RACY;
    true
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::fs;

    use super::super::testing::Folder;
    use super::*;

    fn hashes(folder: &Folder, films: &[PathBuf]) -> Vec<Option<Hash>> {
        let films: Vec<&Path> = films.iter().map(PathBuf::as_path).collect();
        let memo = HashMemo::open(&folder.path("cache"), &films);
        let contents: Vec<_> = films.iter().map(|film| memo.content(film)).collect();
        memo.keep(&contents)
    }

    fn known(folder: &Folder, films: &[PathBuf]) -> usize {
        let films: Vec<&Path> = films.iter().map(PathBuf::as_path).collect();
        HashMemo::open(&folder.path("cache"), &films).known.len()
    }

    /// Wait until files that were just written are no longer racy.
    fn settle() {
        std::thread::sleep(RACY + Duration::from_millis(50));
    }

    #[test]
    fn a_file_that_was_just_written_is_read_and_not_remembered() {
        let folder = Folder::new();
        let films = vec![folder.write("films/a.png", "one")];
        assert_eq!(hashes(&folder, &films), [Some(blake3::hash(b"one"))]);
        assert_eq!(known(&folder, &films), 0);
    }

    #[test]
    fn what_is_remembered_is_not_read_again_until_the_file_changes() {
        let folder = Folder::new();
        let mut films: Vec<PathBuf> = ["a", "b", "c"].iter().map(|name| folder.write(&format!("films/{name}.png"), name)).collect();
        films.push(folder.path("films/gone.png"));
        settle();
        let read = hashes(&folder, &films);
        let expected: Vec<_> = ["a", "b", "c"].iter().map(|name| Some(blake3::hash(name.as_bytes()))).chain([None]).collect();
        assert_eq!((read, known(&folder, &films)), (expected.clone(), 3));
        // Another content in the memo shows that the file is not read.
        let borrowed: Vec<&Path> = films.iter().map(PathBuf::as_path).collect();
        let mut memo = HashMemo::open(&folder.path("cache"), &borrowed);
        let lie = blake3::hash(b"lie");
        memo.known.values_mut().for_each(|hash| *hash = lie);
        assert_eq!(memo.content(&films[0]).unwrap().hash, lie);
        // The same length, and the time of the old file put back: only the time of the change of the inode tells.
        let time = fs::metadata(&films[0]).unwrap().modified().unwrap();
        fs::write(&films[0], "x").unwrap();
        std::fs::File::options().write(true).open(&films[0]).unwrap().set_modified(time).unwrap();
        assert_eq!(memo.content(&films[0]).unwrap().hash, blake3::hash(b"x"));
        assert_eq!(hashes(&folder, &films)[..2], [Some(blake3::hash(b"x")), expected[1]]);
    }

    #[test]
    fn a_damaged_memo_is_no_memo() {
        let folder = Folder::new();
        let films = vec![folder.write("films/a.png", "one")];
        settle();
        hashes(&folder, &films);
        let path = fs::read_dir(folder.path("cache")).unwrap().next().unwrap().unwrap().path();
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            assert_eq!(parse(&bytes), None, "byte {place}");
            assert_eq!(parse(&whole[..place]), None, "cut to {place}");
        }
        fs::write(&path, "nothing").unwrap();
        assert_eq!(hashes(&folder, &films), [Some(blake3::hash(b"one"))]);
        assert_eq!(fs::read(&path).unwrap(), whole, "it is written anew");
    }

    #[test]
    fn a_memo_does_not_grow_without_end() {
        let folder = Folder::new();
        let film = folder.write("films/a.png", "0");
        settle();
        let films = vec![film];
        hashes(&folder, &films);
        let long_ago = SystemTime::now() - Duration::from_secs(100);
        for second in 0..8 {
            let borrowed: Vec<&Path> = films.iter().map(PathBuf::as_path).collect();
            let mut memo = HashMemo::open(&folder.path("cache"), &borrowed);
            let time = (long_ago + Duration::from_secs(second)).elapsed().unwrap().as_nanos();
            let content = Content { hash: blake3::hash(b"0"), identity: Some(blake3::hash(&time.to_le_bytes())) };
            memo.used.clear();
            memo.keep(&[Some(content)]);
            assert!((1..=1 + MOST_OTHERS).contains(&known(&folder, &films)), "{second}");
        }
    }

    #[test]
    fn films_in_several_folders_have_one_memo() {
        let paths = ["/data/a/1.png", "/data/b/c/2.png", "/data/b/3.png"].map(Path::new);
        assert_eq!(common_folder(&paths), Path::new("/data"));
        assert_eq!(common_folder(&paths[..1]), Path::new("/data/a"));
        assert_eq!(common_folder(&[Path::new("/1.png"), paths[0]]), Path::new("/"));
    }
}
