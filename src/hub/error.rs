//! Why a file of the Hub is not at hand. Each message has the place, what was found and the next step, and never the token.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of the Hub is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// A text that names no file of the Hub.
    #[error("{text:?}: {problem}; expected hf:OWNER/NAME[@REVISION][/FILE], such as hf:timm/resnet50.a1_in1k")]
    Form {
        /// As written.
        text: String,
        /// What is wrong with it.
        problem: String,
    },

    /// An environment variable that cannot be used.
    #[error("{name}: {found}; expected {expected}; correct it or unset it")]
    Setting {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        found: String,
        /// What it may be.
        expected: &'static str,
    },

    /// A file of settings that cannot be read.
    #[error("{}: cannot read {what}: {cause}; {next}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
        /// Why not.
        cause: String,
        /// What to do.
        next: &'static str,
    },

    /// No folder for the cache is known.
    #[error(
        "no folder for the cache of the Hugging Face Hub: neither HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME nor a home folder is set; set HF_HOME"
    )]
    NoCacheFolder,

    /// Offline, and the file is not in the cache.
    #[error("{file}: not in the cache {} and the Hub may not be asked; run once without --offline and HF_HUB_OFFLINE, or point HF_HOME at a cache that has it", cache.display())]
    NotCached {
        /// The file, as written.
        file: String,
        /// The folder searched.
        cache: PathBuf,
    },

    /// A server that does not answer, or only with "later".
    #[error("{url}: no usable answer: {cause} (tries: {tries}); try again later, or check the connection, HF_ENDPOINT and HTTPS_PROXY")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// How often it was asked for.
        tries: u32,
        /// What came of the last try.
        cause: String,
    },

    /// A server that says no.
    #[error("{url}: {reason} (status {status}); {next}")]
    Refused {
        /// What was asked for.
        url: String,
        /// Status of the answer.
        status: u16,
        /// What it means.
        reason: String,
        /// What to do.
        next: String,
    },

    /// Something that answers, but not as the Hub does.
    #[error("{url}: {found}; expected an answer of the Hugging Face Hub; check HF_ENDPOINT and HTTPS_PROXY")]
    NotAHub {
        /// What was asked for.
        url: String,
        /// What came.
        found: String,
    },

    /// A file that nothing would vouch for.
    #[error(
        "{url}: {found} where a SHA-256 or git checksum was expected, so the file could not be checked; load it by hand and give its path"
    )]
    NoChecksum {
        /// What was asked for.
        url: String,
        /// What came instead of a checksum.
        found: String,
    },

    /// More bytes than the file has.
    #[error("{url}: the server sends more than the {promised} bytes it promised; the part that came was removed; try again later")]
    TooLong {
        /// What was asked for.
        url: String,
        /// Length of the file.
        promised: u64,
    },

    /// Other bytes than the file has.
    #[error(
        "{url}: wrong checksum: expected {expected}, found {found}; the bytes that came were removed; run it again, and check for a proxy that alters files"
    )]
    Checksum {
        /// What was asked for.
        url: String,
        /// What the Hub says.
        expected: String,
        /// What the bytes have.
        found: String,
    },

    /// A file of the cache that has changed since it was written, and the Hub may not be asked or does not answer.
    #[error("{}: damaged: expected checksum {expected}, found {found}; run once while the Hub can be reached, which loads it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// By its name in the cache.
        expected: String,
        /// What its bytes have.
        found: String,
    },

    /// A cache that cannot be written or read.
    #[error("{}: cannot {action}: {cause}; make room or make the folder writable, or set HF_HOME to another folder", path.display())]
    Cache {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        cause: String,
    },

    /// Too little room for the file.
    #[error("{}: {needed} bytes are to come and {free} are free; make room, or set HF_HOME to another folder", path.display())]
    NoRoom {
        /// Folder of the file.
        path: PathBuf,
        /// Bytes still to come.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

impl HubError {
    /// What the system says about a file of the cache.
    pub(super) fn cache<'a>(path: &'a Path, action: &'static str) -> impl FnOnce(io::Error) -> Self + 'a {
        move |cause| Self::Cache { path: path.to_owned(), action, cause: cause.to_string() }
    }
}
