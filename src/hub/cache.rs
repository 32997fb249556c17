//! Where a repository's files lie on disk.
//!
//! The layout is that of the Python package `huggingface_hub`, so that both find what the other has loaded:
//!
//! ```text
//! models--OWNER--NAME/refs/REVISION           the commit that a branch or tag last pointed to
//! models--OWNER--NAME/blobs/CHECKSUM          a file, by its checksum
//! models--OWNER--NAME/blobs/CHECKSUM.incomplete   the part of it that has come
//! models--OWNER--NAME/snapshots/COMMIT/FILE   a relative link to the blob
//! .locks/models--OWNER--NAME/CHECKSUM.lock    held while the blob is loaded
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use fs4::{FileExt, TryLockError};

use super::checksum::Checksum;
use super::error::HubError;
use super::reference::{HubFile, is_commit};
use crate::files;

/// Between two looks at a lock that another program holds.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// The part of the cache that belongs to one repository.
#[derive(Debug, Clone)]
pub(super) struct RepoCache {
    folder: PathBuf,
    locks: PathBuf,
}

impl RepoCache {
    /// The repository of a file, in a cache.
    pub(super) fn new(cache: &Path, file: &HubFile) -> Self {
        let name = format!("models--{}--{}", file.owner(), file.name());
        Self { locks: cache.join(".locks").join(&name), folder: cache.join(name) }
    }

    /// Where a blob lies.
    pub(super) fn blob(&self, checksum: &Checksum) -> PathBuf {
        self.folder.join("blobs").join(checksum.digits())
    }

    /// Where the part of a blob lies that has come so far.
    pub(super) fn incomplete(&self, checksum: &Checksum) -> PathBuf {
        self.folder.join("blobs").join(format!("{}.incomplete", checksum.digits()))
    }

    /// Where a file of a commit is to be found.
    pub(super) fn pointer(&self, commit: &str, file: &HubFile) -> PathBuf {
        self.folder.join("snapshots").join(commit).join(file.file())
    }

    /// The commit that a revision last pointed to, as far as the cache knows.
    pub(super) fn commit_of(&self, revision: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Notes the commit that a revision points to.
    ///
    /// # Errors
    ///
    /// Whatever the system says about writing the note.
    pub(super) fn note_commit(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if revision == commit || self.commit_of(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(revision);
        create_parent(&path)?;
        files::write_atomically(&path, commit.as_bytes()).map_err(HubError::cache(&path, "note the commit of the revision"))
    }

    /// The checksum that a file of a snapshot should have, by the name of the blob that it links to.
    pub(super) fn promised(pointer: &Path) -> Option<Checksum> {
        let target = fs::read_link(pointer).ok()?;
        Checksum::from_hex(target.file_name()?.to_str()?)
    }

    /// Makes a file of a snapshot lead to its blob, whatever stood there before.
    ///
    /// # Errors
    ///
    /// Whatever the system says about the link, and about the copy that is made where links cannot be.
    pub(super) fn point(&self, commit: &str, file: &HubFile, checksum: &Checksum) -> Result<PathBuf, HubError> {
        let pointer = self.pointer(commit, file);
        create_parent(&pointer)?;
        let up = "../".repeat(2 + file.file().matches('/').count());
        let target = PathBuf::from(format!("{up}blobs/{}", checksum.digits()));
        point_to(&pointer, &target, &self.blob(checksum), symlink).map_err(HubError::cache(&pointer, "link the file"))?;
        Ok(pointer)
    }

    /// Waits until no other program loads a blob, and keeps others from it until the returned file is dropped.
    ///
    /// `waiting` is called now and then. File systems that know no locks give none: the checksum still tells whether two
    /// programs got in each other's way.
    ///
    /// # Errors
    ///
    /// Whatever the system says about the lock file.
    pub(super) fn lock(&self, checksum: &Checksum, mut waiting: impl FnMut()) -> Result<Option<File>, HubError> {
        let path = self.locks.join(format!("{}.lock", checksum.digits()));
        create_parent(&path)?;
        let file = open_lock(&path).map_err(HubError::cache(&path, "open the lock"))?;
        loop {
            match FileExt::try_lock(&file) {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {
                    waiting();
                    thread::sleep(LOCK_POLL);
                }
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
    }
}

/// Makes the folder of a file.
///
/// # Errors
///
/// Whatever the system says about it.
pub(super) fn create_parent(path: &Path) -> Result<(), HubError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(HubError::cache(folder, "create the folder"))
}

/// A lock file of another user may be readable only, which is enough to hold it.
fn open_lock(path: &Path) -> io::Result<File> {
    match File::options().create(true).truncate(false).write(true).open(path) {
        Err(failure) if failure.kind() == io::ErrorKind::PermissionDenied => File::open(path).map_err(|_| failure),
        opened => opened,
    }
}

/// A symbolic link to `target` at `pointer`; else a hard link to the blob, which that target is; else a copy of it.
fn point_to(pointer: &Path, target: &Path, blob: &Path, symlink: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    match fs::remove_file(pointer) {
        Err(failure) if failure.kind() != io::ErrorKind::NotFound => return Err(failure),
        _ => {}
    }
    if symlink(target, pointer).is_ok() && pointer.exists() {
        return Ok(());
    }
    let _ = fs::remove_file(pointer);
    if fs::hard_link(blob, pointer).is_ok() {
        return Ok(());
    }
    files::replace_atomically(pointer, |aside| fs::copy(blob, aside).map(drop))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn repo(folder: &Path, text: &str) -> (RepoCache, HubFile) {
        let file: HubFile = text.parse().unwrap();
        (RepoCache::new(folder, &file), file)
    }

    #[test]
    fn a_link_is_relative_and_its_name_tells_the_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let (repo, file) = repo(folder.path(), "hf:a/b/sub/deep/f.bin");
        let checksum = Checksum::from_hex(&"5".repeat(64)).unwrap();
        create_parent(&repo.blob(&checksum)).unwrap();
        fs::write(repo.blob(&checksum), "bytes").unwrap();
        for _ in 0..2 {
            let pointer = repo.point(COMMIT, &file, &checksum).unwrap();
            assert_eq!(pointer, folder.path().join(format!("models--a--b/snapshots/{COMMIT}/sub/deep/f.bin")));
            assert_eq!(fs::read_to_string(&pointer).unwrap(), "bytes");
            assert_eq!(RepoCache::promised(&pointer), Some(checksum.clone()));
            assert!(fs::read_link(&pointer).unwrap().starts_with("../../../../blobs"));
        }
    }

    #[test]
    fn without_symbolic_links_the_bytes_are_there_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (blob, pointer) = (folder.path().join("blob"), folder.path().join("pointer"));
        fs::write(&blob, "bytes").unwrap();
        fs::write(&pointer, "old").unwrap();
        point_to(&pointer, Path::new("blob"), &blob, |_, _| Err(io::ErrorKind::Unsupported.into())).unwrap();
        assert!(!fs::symlink_metadata(&pointer).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&pointer).unwrap(), "bytes");
    }

    #[test]
    fn only_full_commits_are_read_from_notes() {
        let folder = tempfile::tempdir().unwrap();
        let (repo, _) = repo(folder.path(), "hf:a/b");
        assert_eq!(repo.commit_of("refs/pr/1"), None);
        repo.note_commit("refs/pr/1", COMMIT).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("models--a--b/refs/refs/pr/1")).unwrap(), COMMIT);
        assert_eq!(repo.commit_of("refs/pr/1").as_deref(), Some(COMMIT));
        fs::write(folder.path().join("models--a--b/refs/refs/pr/1"), "../../..").unwrap();
        assert_eq!(repo.commit_of("refs/pr/1"), None);
        repo.note_commit(COMMIT, COMMIT).unwrap();
        assert!(!folder.path().join("models--a--b/refs").join(COMMIT).exists());
    }
}
