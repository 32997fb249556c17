//! What the films of a study look like, in its folder: `typical/<image setting>.safetensors`, from which no film can be seen.

use std::io;
use std::path::{Path, PathBuf};

use tch::Tensor;

use super::{RecordError, StudyFolder};
use crate::files::plain;
use crate::plan::ImageConfig;
use crate::screen::TypicalFilms;
use crate::weights::{WeightsFile, write_plain};

/// The folder of these files.
const TYPICAL_FOLDER: &str = "typical";
/// Names of the tensors.
const MEAN: &str = "mean";
const COMPONENTS: &str = "components";
/// The likeness of a usual film and its spread.
const USUAL: &str = "usual";

/// Whether a study says what its films of an image setting look like.
pub fn has_typical(study: &StudyFolder, image: &ImageConfig) -> bool {
    path_of(study.path(), image).is_file()
}

/// Write what the films of an image setting look like, in one step.
///
/// # Errors
/// If it cannot be written.
pub fn write_typical(study: &StudyFolder, image: &ImageConfig, films: &TypicalFilms) -> Result<(), RecordError> {
    let path = path_of(study.path(), image);
    let usual = Tensor::from_slice(&[films.usual as f32, films.spread as f32]);
    let tensors = [(COMPONENTS, &films.components), (MEAN, &films.mean), (USUAL, &usual)];
    let tensors: Vec<(String, Tensor)> = tensors.map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone())).into();
    write_in_one_step(&path, &tensors).map_err(|source| RecordError::Write { path, source })
}

fn write_in_one_step(path: &Path, tensors: &[(String, Tensor)]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let draft = tempfile::NamedTempFile::new_in(folder).map_err(plain)?;
    write_plain(draft.path(), tensors)?;
    draft.as_file().sync_all()?;
    draft.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// What the study in a folder says of its films of an image setting; none where it does not, or where the file is of no use.
pub fn read_typical(study: &Path, image: &ImageConfig) -> Option<TypicalFilms> {
    let file = WeightsFile::read(&path_of(study, image)).ok()?;
    let tensor = |name| file.tensor(name).ok().flatten();
    let (mean, components) = (tensor(MEAN)?, tensor(COMPONENTS)?);
    let usual = Vec::<f32>::try_from(tensor(USUAL)?).ok()?;
    let fits = mean.dim() == 1 && components.dim() == 2 && components.size()[1] == mean.size()[0] && usual.len() == 2;
    fits.then(|| TypicalFilms { mean, components, usual: f64::from(usual[0]), spread: f64::from(usual[1]) })
}

fn path_of(study: &Path, image: &ImageConfig) -> PathBuf {
    let setting = serde_json::to_vec(image).expect("words and numbers");
    study.join(TYPICAL_FOLDER).join(format!("{}.safetensors", &blake3::hash(&setting).to_hex()[..10]))
}
