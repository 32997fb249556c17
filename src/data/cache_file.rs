//! The file of decoded films: its layout, writing it aside, and opening it with every byte checked.
//!
//! A header of 68 bytes (magic, version, bytes per level, channels, height, width, count, checksum; numbers little-endian),
//! the films one after another, each `[C, H, W]`, and what is known of them as JSON, with the films that could not be decoded. All films have
//! eight bits, or all have sixteen where one of them has. Sixteen are in the order of the machine, so that they are read where they
//! lie; the cache's key holds that order. The checksum covers the key, the header's numbers, the films and the JSON, so that
//! neither a damaged nor a renamed file is taken for another.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use blake3::{Hash, Hasher};
use fs4::{FileExt, TryLockError};
use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::pixels::{Depth, Levels};
use crate::plan::ImageConfig;

/// Raised whenever the layout changes.
pub(super) const FORMAT_VERSION: u32 = 3;

/// The extension of a complete file.
pub(super) const EXTENSION: &str = "films";

const MAGIC: [u8; 8] = *b"BRFILMS\n";
/// Start of the name of a file that is not complete.
const BUILDING: &str = ".building-";

const HEADER_BYTES: usize = 68;
/// Magic and numbers; the checksum follows.
const NUMBERS_BYTES: usize = 36;
/// Where the number of films stands.
const COUNT_AT: usize = 28;

/// A film that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unreadable {
    /// Its place among the samples that the cache was built from.
    pub(super) index: usize,
    /// What the decoder said.
    pub(super) cause: String,
}

/// What is known of the films of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remarks {
    /// Those that are not in it, in the order of their places.
    pub(super) unreadable: Vec<Unreadable>,
    /// Whether some were decoded at a fraction of their size.
    pub(super) has_reduced: bool,
}

fn header_numbers(image: &ImageConfig, depth: Depth, count: usize) -> [u8; NUMBERS_BYTES] {
    let mut bytes = [0; NUMBERS_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    let numbers = [FORMAT_VERSION, depth.bytes() as u32, image.channels.count() as u32, image.size.height, image.size.width];
    for (place, number) in bytes[8..COUNT_AT].chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    bytes[COUNT_AT..].copy_from_slice(&(count as u64).to_le_bytes());
    bytes
}

/// Levels of one film.
fn film_len(image: &ImageConfig) -> usize {
    image.channels.count() * image.size.height as usize * image.size.width as usize
}

fn start_checksum(key: &Hash) -> Hasher {
    let mut hasher = Hasher::new_derive_key("bench-run 2026 film cache");
    hasher.update(key.as_bytes());
    hasher
}

/// Remove what programs that were killed while building have left behind.
fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|modified| modified.elapsed().ok());
        let is_building = entry.file_name().to_string_lossy().starts_with(BUILDING);
        if is_building && age.is_some_and(|age| is_abandoned(&entry.path(), age)) {
            // Another program may have been faster, and what stays does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether nobody writes a file that last changed so long ago.
fn is_abandoned(path: &Path, age: Duration) -> bool {
    /// A file is made a moment before it is locked.
    const MOMENT: Duration = Duration::from_secs(60);
    /// No build takes as long, where the file system knows no locks.
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let Ok(file) = File::open(path) else { return false };
    match FileExt::try_lock(&file) {
        Ok(()) => age > MOMENT,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => age > DAY,
    }
}

/// A cache file while it is written, under another name.
pub(super) struct CacheWriter {
    file: BufWriter<NamedTempFile>,
    hasher: Hasher,
    folder: PathBuf,
    key: Hash,
    image: ImageConfig,
    depth: Depth,
    count: usize,
}

impl CacheWriter {
    /// Start a file in a folder, which is made where it is missing.
    pub(super) fn create(folder: &Path, key: &Hash, image: &ImageConfig) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        remove_abandoned(folder);
        Self::start(folder.to_owned(), *key, *image, Depth::Eight)
    }

    fn start(folder: PathBuf, key: Hash, image: ImageConfig, depth: Depth) -> std::io::Result<Self> {
        let mut file = BufWriter::new(tempfile::Builder::new().prefix(BUILDING).tempfile_in(&folder)?);
        // Without locks, a file that is left behind stays for a day.
        let _ = FileExt::try_lock(file.get_ref().as_file());
        file.write_all(&[0; HEADER_BYTES])?;
        Ok(Self { file, hasher: start_checksum(&key), folder, key, image, depth, count: 0 })
    }

    /// Append the next film, `[C, H, W]`.
    pub(super) fn push(&mut self, film: Levels) -> std::io::Result<()> {
        assert_eq!(film.len(), film_len(&self.image), "a film has the size that the cache is made for");
        if film.depth() > self.depth {
            self.widen()?;
        }
        match self.depth {
            Depth::Eight => self.append(film.bytes()),
            Depth::Sixteen => self.append(Levels::Sixteen(&film.widened()).bytes()),
        }
    }

    fn append(&mut self, film: &[u8]) -> std::io::Result<()> {
        self.count += 1;
        self.hasher.update(film);
        self.file.write_all(film)
    }

    /// Start anew with sixteen bits, since a film has come that has them: those so far are read back and written again.
    fn widen(&mut self) -> std::io::Result<()> {
        self.file.flush()?;
        let mut wide = Self::start(self.folder.clone(), self.key, self.image, Depth::Sixteen)?;
        let written = self.file.get_mut();
        written.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
        let mut film = vec![0; film_len(&self.image)];
        for _ in 0..self.count {
            written.read_exact(&mut film)?;
            wide.push(Levels::Eight(&film))?;
        }
        *self = wide;
        Ok(())
    }

    /// Films so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Complete the file and give it its name, all at once. It is in use as long as the handle lives.
    pub(super) fn finish(mut self, remarks: &Remarks, path: &Path) -> std::io::Result<File> {
        let list = serde_json::to_vec(remarks)?;
        self.file.write_all(&list)?;
        let numbers = header_numbers(&self.image, self.depth, self.count);
        let checksum = self.hasher.update(&list).update(&numbers).finalize();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&numbers)?;
        self.file.write_all(checksum.as_bytes())?;
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        // In use before it has its name, so that nobody who makes room comes in between.
        let _ = FileExt::try_lock_shared(file.as_file());
        Ok(file.persist(path)?)
    }
}

/// An open cache file: every film at its place in memory, read from disk when it is first looked at.
#[derive(Debug)]
pub(super) struct CacheFile {
    map: Mmap,
    /// Holds the lock that says that it is in use.
    _file: File,
    film_len: usize,
    depth: Depth,
    count: usize,
}

impl CacheFile {
    /// Open a file of a number of samples and check all of it; none where there is no such file. Its time of change becomes
    /// that of this use.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn open(path: &Path, key: &Hash, image: &ImageConfig, samples: usize) -> Result<Option<(Self, Remarks)>, String> {
        let Some(found) = Self::reopen(path, image)? else { return Ok(None) };
        let (header, body) = found.map.split_at(HEADER_BYTES);
        let list = &body[found.count * found.film_len * found.depth.bytes()..];
        let checksum = start_checksum(key).update(body).update(&header[..NUMBERS_BYTES]).finalize();
        if checksum.as_bytes() != &header[NUMBERS_BYTES..] {
            return Err("its checksum is wrong".to_owned());
        }
        let remarks: Remarks = serde_json::from_slice(list).map_err(|error| error.to_string())?;
        if found.count + remarks.unreadable.len() != samples {
            return Err("it is of another number of films".to_owned());
        }
        Ok(Some((found, remarks)))
    }

    /// Open a file of films of an image setting, of which nothing but the header and the length is looked at.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn reopen(path: &Path, image: &ImageConfig) -> Result<Option<Self>, String> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        // Where the file system knows no locks or the file is another user's, it may be removed earlier, which does no harm.
        let _ = FileExt::try_lock_shared(&file);
        if !is_at(&file, path) {
            // Somebody made room before it was locked.
            return Ok(None);
        }
        let _ = file.set_modified(SystemTime::now());
        #[allow(unsafe_code, reason = "mapping is sound while nobody changes the file; it is only ever replaced by rename")]
        let map = unsafe { Mmap::map(&file) }.map_err(|error| error.to_string())?;
        let (depth, count) = check_header(&map, image)?;
        let film_len = film_len(image);
        let body = &map[HEADER_BYTES..];
        count.checked_mul(film_len * depth.bytes()).and_then(|films| body.get(films..)).ok_or("it is cut off")?;
        Ok(Some(Self { map, _file: file, film_len, depth, count }))
    }

    /// Number of films.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Bits of every level.
    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// A film, `[C, H, W]`.
    pub(super) fn film(&self, index: usize) -> Levels<'_> {
        let length = self.film_len * self.depth.bytes();
        let start = HEADER_BYTES + index * length;
        let bytes = &self.map[start..start + length];
        match self.depth {
            Depth::Eight => Levels::Eight(bytes),
            // A mapping begins at a page, and the header and every film have an even number of bytes.
            Depth::Sixteen => Levels::Sixteen(bytemuck::cast_slice(bytes)),
        }
    }
}

/// Whether an open file is the one that a path names.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// The depth and the number of films that a header gives.
fn check_header(map: &[u8], image: &ImageConfig) -> Result<(Depth, usize), String> {
    let header = map.get(..HEADER_BYTES).ok_or("it is cut off")?;
    let count = u64::from_le_bytes(header[COUNT_AT..NUMBERS_BYTES].try_into().expect("the count has 8 bytes")) as usize;
    let depth = [Depth::Eight, Depth::Sixteen].into_iter().find(|depth| header[..NUMBERS_BYTES] == header_numbers(image, *depth, count));
    depth.map(|depth| (depth, count)).ok_or_else(|| "its header is of another format or image size".to_owned())
}
