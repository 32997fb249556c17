//! `predict --gradcam DIR`: a picture of each film with what raises and lowers its predicted age.

use std::collections::HashMap;
use std::path::Path;

use crate::data::Sex;
use crate::error::Error;
use crate::explain::{Method, Picture};
use crate::files::write_if_changed;
use crate::predict::Ensemble;
use crate::report::ReportError;

/// Shorter side of a picture, pixels, which a map of fewer is enlarged to.
const SMALLEST_SIDE: u32 = 384;

/// Writes the pictures of one command, none over another.
pub(super) struct Maps<'a> {
    folder: &'a Path,
    names: HashMap<String, u32>,
    written: usize,
}

impl<'a> Maps<'a> {
    /// In a folder, which is made where it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn into(folder: &'a Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
        Ok(Self { folder, names: HashMap::new(), written: 0 })
    }

    /// How many there are.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// Add a film: `<film>.png`, or `<film>-<run>.png` for each of several runs.
    ///
    /// # Errors
    /// If a picture cannot be written.
    pub(super) fn add(&mut self, film: &Path, sex: Option<Sex>, ensemble: &Ensemble) -> Result<(), Error> {
        let name = self.name_of(film);
        let runs = ensemble.runs().count();
        for (run, model) in ensemble.runs() {
            let path = self.folder.join(if runs == 1 { format!("{name}.png") } else { format!("{name}-{run}.png") });
            let picture = enlarged(&model.explain(film, sex, Method::GradCam)?.picture());
            let bytes = picture.png().map_err(|cause| ReportError::Draw { plot: path.display().to_string(), cause })?;
            write_if_changed(&path, &bytes).map_err(|source| ReportError::Write { path: path.clone(), source })?;
            self.written += 1;
        }
        Ok(())
    }

    /// The film's name without extension; films of one name from several folders are numbered from the second on.
    fn name_of(&mut self, film: &Path) -> String {
        let stem = film.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let seen = self.names.entry(stem.to_lowercase()).or_default();
        *seen += 1;
        if *seen == 1 { stem } else { format!("{stem}({seen})") }
    }
}

/// A picture whose shorter side has so many pixels that a map can be seen.
fn enlarged(picture: &Picture) -> Picture {
    let factor = SMALLEST_SIDE.div_ceil(picture.height.min(picture.width).max(1));
    let (width, height) = (picture.width * factor, picture.height * factor);
    let pixels = image::RgbImage::from_raw(picture.width, picture.height, picture.pixels.clone()).expect("three bytes for each pixel");
    let large = image::imageops::resize(&pixels, width, height, image::imageops::FilterType::Triangle);
    Picture { height, width, pixels: large.into_raw() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_enlarged_by_a_whole_factor_and_large_ones_kept() {
        let picture = |height, width| enlarged(&Picture { height, width, pixels: vec![9; (height * width * 3) as usize] });
        let (small, large) = (picture(96, 128), picture(400, 500));
        assert_eq!((small.height, small.width, small.pixels.len()), (384, 512, 384 * 512 * 3));
        assert_eq!((large.height, large.width), (400, 500));
    }

    #[test]
    fn films_of_one_name_do_not_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut maps = Maps::into(folder.path()).unwrap();
        let names: Vec<String> = ["a/7.png", "b/7.jpg", "c/7.PNG", "8.png"].map(|film| maps.name_of(Path::new(film))).into();
        assert_eq!(names, ["7", "7(2)", "7(3)", "8"]);
    }
}
