//! From the name of a file on the Hub to the file.
//!
//! In come settings and a name; out comes a path in the cache whose bytes have been checked, and their SHA-256.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::cache::{RepoCache, create_parent};
use super::checksum::{Checksum, Contents};
use super::client::{Client, Metadata};
use super::error::HubError;
use super::reference::HubFile;
use super::retry::Tries;
use super::settings::HubSettings;
use super::transfer::Transfer;
use super::url;

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there. It falls where a server makes loading begin anew.
    pub done: u64,
    /// Bytes in all, where they are known.
    pub total: Option<u64>,
}

/// A file of the Hub that is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// Where it lies, inside the folder of its commit.
    pub path: PathBuf,
    /// The commit it belongs to.
    pub commit: String,
    /// SHA-256 of its bytes, read just now, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Number of bytes.
    pub size: u64,
    /// Whether it was there before.
    pub from_cache: bool,
    /// Whether the Hub was not asked, or did not say, if the revision still points to this commit.
    pub unchecked: bool,
}

/// A file in the cache that could serve.
struct Cached {
    path: PathBuf,
    commit: String,
}

/// Brings a file of the Hub to this machine, unless it is here already.
///
/// A revision that is a full commit is taken from the cache without a question. A branch or tag is looked up on the Hub; if
/// that cannot be reached or the settings say offline, the commit that the cache remembers is used. The bytes are always read
/// and compared with the checksum that the Hub states, which is also the name under which the cache keeps them; damaged files
/// are loaded again. `progress` is called while bytes come, here or in another program that loads the same file.
///
/// # Errors
///
/// [`HubError`] lists what can go wrong; each message names the next step.
pub fn fetch(settings: &HubSettings, file: &HubFile, progress: &mut dyn FnMut(Progress)) -> Result<FetchedFile, HubError> {
    let repo = RepoCache::new(&settings.cache, file);
    let cached = cached(&repo, file);
    if settings.offline {
        let missing = || HubError::NotCached { file: file.to_string(), cache: settings.cache.clone() };
        return from_cache(&cached.ok_or_else(missing)?, file);
    }
    if let (Some(cached), Some(_)) = (&cached, file.commit())
        && let Ok(found) = from_cache(cached, file)
    {
        return Ok(found);
    }
    let client = Client::new(settings)?;
    match (ask(settings, &client, file, cached.is_some()), cached) {
        (Ok(metadata), _) => obtain(settings, &client, &repo, file, &metadata, progress),
        (Err(HubError::Unreachable { .. }), Some(cached)) => from_cache(&cached, file),
        (Err(failure), _) => Err(failure),
    }
}

fn cached(repo: &RepoCache, file: &HubFile) -> Option<Cached> {
    let commit = file.commit().map(str::to_owned).or_else(|| repo.commit_of(file.revision()))?;
    let path = repo.pointer(&commit, file);
    path.is_file().then_some(Cached { path, commit })
}

/// The file as the cache has it, without a question to the Hub.
fn from_cache(cached: &Cached, file: &HubFile) -> Result<FetchedFile, HubError> {
    let Cached { path, commit } = cached;
    let promised = RepoCache::promised(path);
    let Contents { sha256, size, checksum } = read(path, promised.as_ref())?;
    if let Some(expected) = promised.filter(|promised| *promised != checksum) {
        return Err(HubError::Damaged { path: path.clone(), expected: expected.to_string(), found: checksum.to_string() });
    }
    let unchecked = file.commit().is_none();
    Ok(FetchedFile { path: path.clone(), commit: commit.clone(), sha256, size, from_cache: true, unchecked })
}

/// What the Hub says about the file; with a copy in the cache, it is asked once only.
fn ask(settings: &HubSettings, client: &Client<'_>, file: &HubFile, has_copy: bool) -> Result<Metadata, HubError> {
    let url = url::of_file(&settings.endpoint, file, file.revision());
    let mut tries = Tries::new(&settings.patience, &url, if has_copy { 0 } else { settings.patience.head_retries });
    loop {
        match client.metadata(&url, file) {
            Ok(metadata) => return Ok(metadata),
            Err(failure) => tries.after(failure)?,
        }
    }
}

/// The file as the Hub describes it: from its snapshot, from its blob, or over the line.
fn obtain(
    settings: &HubSettings,
    client: &Client<'_>,
    repo: &RepoCache,
    file: &HubFile,
    metadata: &Metadata,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedFile, HubError> {
    let Metadata { commit, checksum, size } = metadata;
    let finished = |path: PathBuf, contents: Contents, from_cache: bool| FetchedFile {
        path,
        commit: commit.clone(),
        sha256: contents.sha256,
        size: contents.size,
        from_cache,
        unchecked: false,
    };
    let pointer = repo.pointer(commit, file);
    if let Some(contents) = usable(&pointer, checksum)? {
        // A cache that cannot be written still serves what it has.
        let _ = repo.note_commit(file.revision(), commit);
        return Ok(finished(pointer, contents, true));
    }
    let incomplete = repo.incomplete(checksum);
    let come = || fs::metadata(&incomplete).map_or(0, |found| found.len());
    let _lock = repo.lock(checksum, || progress(Progress { done: come(), total: *size }))?;
    if let Some(contents) = usable(&pointer, checksum)? {
        // Another program was quicker.
        return Ok(finished(pointer, contents, true));
    }
    let blob = repo.blob(checksum);
    let (contents, from_cache) = if let Some(contents) = usable(&blob, checksum)? {
        (contents, true)
    } else {
        (load(settings, client, repo, file, metadata, progress)?, false)
    };
    let path = repo.point(commit, file, checksum)?;
    repo.note_commit(file.revision(), commit)?;
    Ok(finished(path, contents, from_cache))
}

/// What a file holds, if it is there and has the checksum.
fn usable(path: &Path, checksum: &Checksum) -> Result<Option<Contents>, HubError> {
    if !path.is_file() {
        return Ok(None);
    }
    Ok(Some(read(path, Some(checksum))?).filter(|contents| contents.checksum == *checksum))
}

/// Loads the blob, replacing a damaged one. The caller holds the lock.
fn load(
    settings: &HubSettings,
    client: &Client<'_>,
    repo: &RepoCache,
    file: &HubFile,
    metadata: &Metadata,
    progress: &mut dyn FnMut(Progress),
) -> Result<Contents, HubError> {
    let (blob, incomplete) = (repo.blob(&metadata.checksum), repo.incomplete(&metadata.checksum));
    create_parent(&blob)?;
    if blob.is_symlink() || blob.exists() {
        fs::remove_file(&blob).map_err(HubError::cache(&blob, "remove the damaged file"))?;
    }
    // By commit, so that a branch that moves on in the meantime cannot mix two files.
    let url = url::of_file(&settings.endpoint, file, &metadata.commit);
    Transfer::new(client, &url, file, metadata, &incomplete, progress).run(&settings.patience)?;
    let contents = read(&incomplete, Some(&metadata.checksum))?;
    if contents.checksum != metadata.checksum {
        fs::remove_file(&incomplete).map_err(HubError::cache(&incomplete, "remove the wrong bytes"))?;
        return Err(HubError::Checksum { url, expected: metadata.checksum.to_string(), found: contents.checksum.to_string() });
    }
    File::open(&incomplete).and_then(|file| file.sync_all()).map_err(HubError::cache(&incomplete, "save the file"))?;
    fs::rename(&incomplete, &blob).map_err(HubError::cache(&blob, "put the finished file in place"))?;
    Ok(contents)
}

fn read(path: &Path, like: Option<&Checksum>) -> Result<Contents, HubError> {
    Contents::of(path, like).map_err(HubError::cache(path, "read the file"))
}
