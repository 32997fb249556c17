//! Small films and folders for the tests of this module.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use tempfile::TempDir;

use super::sample::{Film, Sample, Sex};

/// A folder that vanishes with the test.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    /// Write a file, with the folders above it.
    pub(super) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Write a small film whose pixels depend on its number, in the format of the extension.
    pub(super) fn film(&self, relative: &str, number: u8) -> PathBuf {
        let format = ImageFormat::from_path(Path::new(relative)).unwrap();
        self.write(relative, encode(&gradient(9, 7, number), format))
    }
}

/// A grey picture that differs in every row, column and number.
pub(super) fn gradient(height: u32, width: u32, number: u8) -> DynamicImage {
    let level = |x: u32, y: u32| (x * 11 + y * 5 + u32::from(number) * 13) as u8;
    GrayImage::from_fn(width, height, |x, y| Luma([level(x, y)])).into()
}

/// The bytes of a picture's file.
pub(super) fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A sample of a synthetic film.
pub(super) fn sample(id: &str, age_months: f64, sex: Option<Sex>, group: Option<&str>) -> Sample {
    let index = id.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte));
    Sample { id: id.to_owned(), film: Film::Phantom { seed: 3, index }, age_months, sex, group: group.map(str::to_owned), race: None }
}
