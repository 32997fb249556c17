//! Files that are either whole or not there.

use std::io::{self, Write};
use std::path::Path;

/// Write a file under a temporary name in the same folder, sync it, and rename it into place.
///
/// # Errors
/// Whatever the file system says; an earlier file of that name is then still whole, and no temporary one is left.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_atomically(path, |aside| std::fs::File::options().write(true).open(aside)?.write_all(bytes))
}

/// As [`write_atomically`], for content that something else writes to a path.
///
/// # Errors
/// Whatever `write` or the file system says.
pub fn replace_atomically(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let aside = tempfile::Builder::new().prefix(".aside-").tempfile_in(folder)?;
    write(aside.path())?;
    // Reopened, because what wrote it may have replaced the file behind the name.
    std::fs::File::open(aside.path())?.sync_all()?;
    readable_by_all(aside.path())?;
    aside.into_temp_path().persist(path).map_err(|error| error.error)?;
    // The rename itself is made durable where the system lets a folder be synced.
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A temporary file is private; what it becomes is an ordinary file.
#[cfg(unix)]
fn readable_by_all(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_earlier_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.md");
        write_atomically(&path, b"first").unwrap();
        let failed = replace_atomically(&path, |aside| {
            std::fs::write(aside, b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_atomically(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(write_atomically(Path::new("/nowhere/at/all"), b"").is_err());
    }
}
