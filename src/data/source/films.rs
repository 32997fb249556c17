//! The film files of a folder and all below it, in a fixed order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::super::decode::is_dicom;
use super::super::error::DataError;
use super::super::problem::{Problem, ProblemKind};

/// Extensions that are read, in lower case.
const READ: [&str; 9] = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "dcm", "dicom"];

/// Extensions of films that are not read; such a file is never passed over in silence.
const NOT_READ: [&str; 6] = ["gif", "jp2", "j2k", "heic", "heif", "avif"];

/// The table of contents on a disc of DICOM files, which is DICOM itself and no film.
const DISC_INDEX: &str = "DICOMDIR";

/// One film on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilmFile {
    /// Below the folder of the spec.
    pub(super) path: PathBuf,
    /// File name without extension; all of it where a DICOM file has none, as on discs from archives.
    pub(super) stem: String,
}

/// What a folder holds.
#[derive(Debug)]
pub(super) struct FilmFolder {
    /// Films, sorted by path.
    pub(super) films: Vec<FilmFile>,
    /// Images of other types, and what cannot be looked at.
    pub(super) unsupported: Vec<Problem>,
}

/// List the films of a folder and all below it.
///
/// # Errors
/// If the folder is not there, cannot be listed, or holds no film; `key` is the key of the spec that names it.
pub(super) fn scan(root: &Path, key: &str) -> Result<FilmFolder, DataError> {
    if !root.is_dir() {
        let found = if root.exists() { "found a file" } else { "no such folder" };
        return Err(DataError::MissingFolder { path: root.to_owned(), found, key: key.to_owned() });
    }
    let mut folder = FilmFolder { films: Vec::new(), unsupported: Vec::new() };
    let mut others: BTreeMap<String, u64> = BTreeMap::new();
    let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => sort_in(entry.into_path(), &mut folder, &mut others),
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => folder.unsupported.extend(special_file(entry.path())),
            Err(error) => folder.unsupported.push(unlisted(&error, root)?),
        }
    }
    if folder.films.is_empty() {
        let found = if others.is_empty() { "none".to_owned() } else { list_counts(&others) };
        return Err(DataError::EmptyFolder { path: root.to_owned(), found, key: key.to_owned() });
    }
    Ok(folder)
}

/// The film files of a folder and all below it, sorted by path, and files there that are images but not of a kind that is read.
///
/// # Errors
/// If the folder cannot be listed or holds no film.
pub fn film_files(folder: &Path) -> Result<(Vec<PathBuf>, Vec<Problem>), DataError> {
    let FilmFolder { films, unsupported } = scan(folder, "FILM")?;
    Ok((films.into_iter().map(|film| film.path).collect(), unsupported))
}

/// What cannot be listed below the folder: a link that leads nowhere or back, or a folder without permission.
fn unlisted(error: &walkdir::Error, root: &Path) -> Result<Problem, DataError> {
    let path = error.path().unwrap_or(root);
    let cause = error.io_error().map(ToString::to_string);
    if error.depth() == 0 {
        return Err(DataError::UnreadableFolder { path: path.to_owned(), cause: cause.unwrap_or_else(|| error.to_string()) });
    }
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    let found = match (error.loop_ancestor(), cause) {
        (Some(above), _) => format!("a link back to {}", above.display()),
        (None, Some(cause)) if is_link => format!("a link that cannot be followed: {cause}"),
        (None, cause) => cause.unwrap_or_else(|| error.to_string()),
    };
    let (kind, id) =
        if is_film(path) { (ProblemKind::UnreadableFilm, stem_of(path)) } else { (ProblemKind::UnlistedFolder, name_of(path)) };
    Ok(Problem { kind, id, place: path.display().to_string(), found })
}

/// A pipe, a socket or a device in the place of a film: reading one may never end.
fn special_file(path: &Path) -> Option<Problem> {
    let found = "a pipe, a socket or a device".to_owned();
    is_film(path).then(|| Problem { kind: ProblemKind::UnreadableFilm, id: stem_of(path), place: path.display().to_string(), found })
}

fn extension_of(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn stem_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_film(path: &Path) -> bool {
    READ.contains(&extension_of(path).as_str())
}

fn sort_in(path: PathBuf, folder: &mut FilmFolder, others: &mut BTreeMap<String, u64>) {
    let (extension, stem) = (extension_of(&path), stem_of(&path));
    if READ.contains(&extension.as_str()) {
        folder.films.push(FilmFile { path, stem });
        return;
    }
    let name = name_of(&path);
    if has_no_extension(&extension) && name != DISC_INDEX && is_dicom(&path) {
        folder.films.push(FilmFile { path, stem: name });
        return;
    }
    if NOT_READ.contains(&extension.as_str()) {
        let place = path.display().to_string();
        folder.unsupported.push(Problem { kind: ProblemKind::UnsupportedFormat, id: stem, place, found: format!(".{extension}") });
    }
    *others.entry(extension).or_default() += 1;
}

/// Whether what stands behind the last point of a name is none: nothing, or the last number of a DICOM identifier.
fn has_no_extension(extension: &str) -> bool {
    extension.bytes().all(|byte| byte.is_ascii_digit())
}

/// What macOS and archivers leave beside the films.
fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.') || name == "__MACOSX"
}

fn list_counts(others: &BTreeMap<String, u64>) -> String {
    let word = |(extension, count): (&String, &u64)| match extension.as_str() {
        "" => format!("{count} without extension"),
        _ => format!("{count} .{extension}"),
    };
    others.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// An id as a table writes it, without the extension of a film.
pub(super) fn without_extension(id: &str) -> &str {
    match id.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && READ.iter().any(|read| read.eq_ignore_ascii_case(extension)) => stem,
        _ => id,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::testing::Folder;
    use super::*;

    #[test]
    fn films_of_any_case_are_found_below_the_folder_and_other_types_are_named() {
        let folder = Folder::new();
        folder.film("deep/er/2.JPG", 1);
        folder.film("1.png", 1);
        folder.film("3.Jpeg", 1);
        folder.film("__MACOSX/1.png", 1);
        folder.write("._1.png", "");
        folder.write("4.gif", "");
        folder.write("notes.txt", "");
        let found = scan(&folder.path(""), "data.csv.images").unwrap();
        assert_eq!(found.films.iter().map(|film| film.stem.as_str()).collect::<Vec<_>>(), ["1", "3", "2"]);
        assert_eq!(found.unsupported.len(), 1);
        assert_eq!((found.unsupported[0].id.as_str(), found.unsupported[0].kind), ("4", ProblemKind::UnsupportedFormat));
    }

    #[test]
    fn dicom_files_are_found_with_and_without_an_extension() {
        let folder = Folder::new();
        let dicom = [&[0; 128], b"DICM".as_slice()].concat();
        for name in ["a/IM-0001.dcm", "a/1.2.840.113", "b/IM0002", "b/DICOMDIR", "b/3.txt"] {
            folder.write(name, &dicom);
        }
        folder.write("b/README", "no film");
        folder.write("b/4.5", "no film");
        let found = scan(&folder.path(""), "data.csv.images").unwrap();
        assert_eq!(found.films.iter().map(|film| film.stem.as_str()).collect::<Vec<_>>(), ["1.2.840.113", "IM-0001", "IM0002"]);
        assert_eq!(found.unsupported, []);
    }

    #[test]
    fn a_folder_without_films_is_an_error_that_says_what_is_there() {
        let folder = Folder::new();
        let message = scan(&folder.path(""), "data.rsna.images").unwrap_err().to_string();
        assert!(message.contains("found none; correct `data.rsna.images`"), "{message}");
        folder.write("a.gif", "");
        folder.write("b.GIF", "");
        folder.write("README", "");
        let message = scan(&folder.path(""), "data.rsna.images").unwrap_err().to_string();
        assert!(message.contains("found 1 without extension, 2 .gif"), "{message}");
    }

    #[test]
    fn a_missing_folder_and_a_file_in_its_place_are_told_apart() {
        let folder = Folder::new();
        let file = folder.write("film.png", "");
        for (path, found) in [(folder.path("none"), "no such folder"), (file, "found a file")] {
            let message = scan(&path, "data.rsna.images").unwrap_err().to_string();
            assert!(message.contains(found) && message.contains("correct `data.rsna.images`"), "{message}");
        }
    }

    #[test]
    fn only_the_extension_of_a_film_is_taken_off_an_id() {
        for (id, expected) in [("12.png", "12"), ("12.JPEG", "12"), ("12", "12"), ("a.b", "a.b"), ("1.5.jpg", "1.5"), (".png", ".png")] {
            assert_eq!(without_extension(id), expected);
        }
    }
}
