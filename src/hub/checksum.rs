//! Checksums as the Hub states them.
//!
//! In comes the value of an `ETag` or the name of a blob in the cache; out comes what it says about a file's bytes. Large
//! files carry their SHA-256, small ones, which lie in git itself, the SHA-1 of their git blob.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::reference::is_lower_hex;

/// How many bytes are hashed at a time.
const CHUNK: usize = 1 << 18;

/// A checksum, in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    /// SHA-256 of the bytes.
    Sha256(String),
    /// SHA-1 of the word `blob`, the length and the bytes, as git names its objects.
    GitBlob(String),
}

impl Checksum {
    /// The checksum that these digits are, if any.
    pub(super) fn from_hex(digits: &str) -> Option<Self> {
        if is_lower_hex(digits, 64) {
            Some(Self::Sha256(digits.to_owned()))
        } else if is_lower_hex(digits, 40) {
            Some(Self::GitBlob(digits.to_owned()))
        } else {
            None
        }
    }

    /// The digits, which are also the name of the blob in the cache.
    pub(super) fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::GitBlob(digits) => digits,
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digits) => write!(f, "SHA-256 {digits}"),
            Self::GitBlob(digits) => write!(f, "git blob {digits}"),
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    /// SHA-256 of the bytes, in lower-case hexadecimal digits.
    pub(super) sha256: String,
    /// Number of bytes.
    pub(super) size: u64,
    /// The checksum of the kind that was asked for.
    pub(super) checksum: Checksum,
}

impl Contents {
    /// Reads a file once; `like` says which kind of checksum is wanted besides the SHA-256.
    ///
    /// # Errors
    ///
    /// Whatever the system says about reading the file.
    pub(super) fn of(path: &Path, like: Option<&Checksum>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut sha256 = Sha256::new();
        let mut git = matches!(like, Some(Checksum::GitBlob(_))).then(|| Sha1::new_with_prefix(format!("blob {length}\0")));
        let mut chunk = vec![0; CHUNK];
        let mut size = 0;
        loop {
            let count = match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(failure) if failure.kind() == io::ErrorKind::Interrupted => continue,
                Err(failure) => return Err(failure),
            };
            size += count as u64;
            sha256.update(&chunk[..count]);
            if let Some(git) = &mut git {
                git.update(&chunk[..count]);
            }
        }
        let sha256 = hex(&sha256.finalize());
        let checksum = git.map_or_else(|| Checksum::Sha256(sha256.clone()), |git| Checksum::GitBlob(hex(&git.finalize())));
        Ok(Self { sha256, size, checksum })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_told_apart_by_their_number() {
        let long = "ab".repeat(32);
        assert_eq!(Checksum::from_hex(&long), Some(Checksum::Sha256(long.clone())));
        assert_eq!(Checksum::from_hex(&long[..40]), Some(Checksum::GitBlob(long[..40].to_owned())));
        for other in ["", "abc", &long[..63], &long.to_uppercase(), &format!("../{}", &long[..37])] {
            assert_eq!(Checksum::from_hex(other), None, "{other}");
        }
    }

    /// The figures are those of `printf hello | sha256sum` and `printf hello | git hash-object --stdin`.
    #[test]
    fn both_kinds_equal_the_figures_of_other_programs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hello").unwrap();
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let git = Checksum::GitBlob("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0".to_owned());
        let plain = Contents::of(file.path(), None).unwrap();
        assert_eq!(plain, Contents { sha256: sha256.to_owned(), size: 5, checksum: Checksum::Sha256(sha256.to_owned()) });
        let both = Contents::of(file.path(), Some(&git)).unwrap();
        assert_eq!(both, Contents { sha256: sha256.to_owned(), size: 5, checksum: git });
    }
}
