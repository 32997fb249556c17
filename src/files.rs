//! Files that are never half written.
//!
//! In come a path and all its bytes, or something that writes them; afterwards the file holds either what it held before or
//! exactly those bytes, whatever stops the program in between.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How the names of temporary files and folders end; they begin with a dot.
const LEFTOVER: &str = ".tmp";

/// Writes `bytes` to a temporary file beside `path`, syncs it and renames it over `path`.
///
/// A symbolic link at `path` is followed, and the permissions of a file that is replaced are kept.
///
/// # Errors
///
/// Whatever the system says about creating, writing or renaming; `path` is then as it was and nothing is left beside it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_atomically(path, |aside| File::options().write(true).open(aside)?.write_all(bytes))
}

/// Like [`write_atomically`], for bytes that `write` puts into the file whose path it is given.
///
/// # Errors
///
/// What `write` returns, or as [`write_atomically`].
pub(crate) fn replace_atomically(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let target = followed(path);
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(LEFTOVER);
    if let Some(permissions) = new_file_permissions(&target) {
        builder.permissions(permissions);
    }
    // Dropping the temporary file removes it, so that every early return leaves nothing behind.
    let aside = builder.tempfile_in(folder).map_err(plain)?.into_temp_path();
    write(&aside)?;
    // Opened anew, because `write` may have put another file behind the name.
    File::open(&aside)?.sync_all()?;
    aside.persist(&target).map_err(|failure| failure.error)?;
    sync_folder(folder);
    Ok(())
}

/// Like [`write_atomically`], leaving a file that holds the same bytes untouched; returns whether it was written.
///
/// # Errors
///
/// As [`write_atomically`].
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    write_atomically(path, bytes).map(|()| true)
}

/// Makes a folder of files that `fill` puts into the folder whose path it is given: aside, synced, then renamed to `path`.
/// One that is already there is replaced.
///
/// # Errors
///
/// What `fill` returns, or what the system says; nothing is left aside then.
pub(crate) fn create_folder_atomically(path: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(LEFTOVER);
    if let Some(permissions) = new_folder_permissions() {
        builder.permissions(permissions);
    }
    let aside = builder.tempdir_in(parent).map_err(plain)?;
    fill(aside.path())?;
    for entry in fs::read_dir(aside.path())? {
        File::open(entry?.path())?.sync_all()?;
    }
    sync_folder(aside.path());
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    fs::rename(aside.path(), path)?;
    sync_folder(parent);
    Ok(())
}

/// Whether a file or folder of that name is one that is being written, or was when a program was killed.
pub(crate) fn is_leftover(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') && name.ends_with(LEFTOVER)
}

/// Removes the temporary files and folders that a killed program has left in a folder, where they are older than `age`: no
/// other program should still be writing them.
pub(crate) fn remove_leftovers(folder: &Path, age: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_old = || {
            let modified = entry.metadata().and_then(|found| found.modified()).ok();
            age.is_zero() || modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|found| found >= age)
        };
        if is_leftover(&entry.file_name()) && is_old() {
            // What stays does no harm but to the disk.
            let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
}

/// The rename itself survives a power cut only once the folder is synced; not every file system can do that.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// An error of the system without the name of a temporary file that it is about, which tells a user nothing.
pub(crate) fn plain(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}

/// The next step after a failed write.
pub fn write_advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "give a folder that can be written with --results DIR",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and repeat the command; what is complete is kept",
        _ => "check the folder, or give another one with --results DIR",
    }
}

/// Where a link leads; the path itself where there is none.
fn followed(path: &Path) -> PathBuf {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        _ => path.to_owned(),
    }
}

/// Those of the file that is replaced, or what the user's mask leaves of "read and write for all"; a bare temporary file
/// would be readable by its owner alone.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn new_file_permissions(target: &Path) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let present = fs::metadata(target).map(|found| found.permissions());
    Some(present.unwrap_or_else(|_| fs::Permissions::from_mode(0o666)))
}

#[cfg(not(unix))]
fn new_file_permissions(_target: &Path) -> Option<fs::Permissions> {
    None
}

/// "Read, write and enter for all", of which the user's mask takes its part; a temporary folder would be its owner's alone.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn new_folder_permissions() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
fn new_folder_permissions() -> Option<fs::Permissions> {
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_then_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.md");
        write_atomically(&path, b"first, and longer").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["table.md"]);
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "x").unwrap();
        assert!(write_atomically(&path, b"bytes").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write_atomically(&folder.path().join("missing/table.md"), b"bytes").is_err());
    }

    #[test]
    fn equal_bytes_are_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.md");
        assert!(write_if_changed(&path, b"one").unwrap());
        assert!(!write_if_changed(&path, b"one").unwrap());
        assert!(write_if_changed(&path, b"two").unwrap());
    }

    #[test]
    fn a_folder_appears_whole_replaces_its_like_and_leftovers_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epoch-1");
        for text in ["first", "second"] {
            create_folder_atomically(&path, |aside| fs::write(aside.join("a"), text)).unwrap();
            assert_eq!(fs::read_to_string(path.join("a")).unwrap(), text);
        }
        let refused = create_folder_atomically(&folder.path().join("epoch-2"), |aside| {
            fs::write(aside.join("a"), "half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(refused.is_err());
        assert_eq!(names(folder.path()), ["epoch-1"]);
        fs::create_dir(folder.path().join(".x.tmp")).unwrap();
        fs::write(folder.path().join(".y.tmp"), "half").unwrap();
        remove_leftovers(folder.path(), Duration::from_secs(3600));
        assert_eq!(names(folder.path()).len(), 3, "what is new may be another program's");
        remove_leftovers(folder.path(), Duration::ZERO);
        assert_eq!(names(folder.path()), ["epoch-1"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_permissions_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.md"), folder.path().join("link.md"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
