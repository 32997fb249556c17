//! The training set of one epoch as files: every draw, augmented and balanced, with the film that it comes from.
//!
//! The draws are those of the first epoch of the first row's first run, byte for byte before standardisation. The parent says
//! which film a picture comes from, so that a split of the pictures can keep them together.

use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::super::ReportError;
use super::DataStudy;
use super::augmentation::{EPOCH, Setting, settings};
use crate::data::{AugmentKey, CachedDataset, Draw, FilmStore, Order, Sex, augmented_films};
use crate::files::write_atomically;
use crate::plan::ImageConfig;
use crate::spec::Channels;

/// Images that are in memory at once.
const AT_A_TIME: usize = 64;
/// The table beside the pictures.
const LABELS: &str = "labels.csv";

/// Check that a training set can be written into a folder, before anything is done.
///
/// # Errors
///
/// If there is something in it, or it is no folder.
pub fn check_training_set_folder(folder: &Path) -> Result<(), ReportError> {
    let next = "name a new or empty folder";
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(ReportError::Taken { path: folder.to_owned(), next }),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(ReportError::Taken { path: folder.to_owned(), next }),
        Err(source) => Err(ReportError::Write { path: folder.to_owned(), source }),
    }
}

/// Write a PNG for every draw of an epoch and `labels.csv` with `id,parent,age_months,sex,repeat`; the number of pictures.
///
/// # Errors
///
/// If the folder holds something, or a file cannot be written.
pub fn write_training_set(study: &DataStudy, folder: &Path) -> Result<usize, ReportError> {
    check_training_set_folder(folder)?;
    let at = |path: &Path, source| ReportError::Write { path: path.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    let Some(setting) = settings(study.plan).into_iter().next() else { return Ok(0) };
    let (setting, films) = (&setting, study.films_of(setting.image));
    let draws = draws(study, setting);
    let mut table = vec![["id", "parent", "age_months", "sex", "repeat"].map(str::to_owned)];
    let digits = draws.len().to_string().len();
    for (chunk, draws) in draws.chunks(AT_A_TIME).enumerate() {
        for (offset, (draw, pixels)) in draws.iter().zip(pixels(films, setting, draws)).enumerate() {
            let sample = &study.samples()[draw.index];
            let number = chunk * AT_A_TIME + offset + 1;
            let id = format!("{number:0digits$}_{}", file_name(&sample.id));
            let path = folder.join(format!("{id}.png"));
            let bytes = png(&pixels, setting.image).map_err(|cause| ReportError::Draw { plot: path.display().to_string(), cause })?;
            // Not synced one by one: the table, which is written last, says that all are there.
            std::fs::write(&path, bytes).map_err(|source| at(&path, source))?;
            let sex = sample.sex.map_or("", Sex::letter).to_owned();
            table.push([id, sample.id.clone(), sample.age_months.to_string(), sex, draw.repeat.to_string()]);
        }
    }
    let path = folder.join(LABELS);
    write_atomically(&path, &csv_bytes(&table)).map_err(|source| at(&path, source))?;
    Ok(draws.len())
}

fn draws(study: &DataStudy, setting: &Setting) -> Vec<Draw> {
    let train = study.assignment.partition(setting.fold).train;
    let augment = &setting.augment;
    Order::new(&train, study.samples(), &augment.balance, augment.balance_to).epoch(setting.seed, EPOCH)
}

fn pixels(films: &CachedDataset, setting: &Setting, draws: &[Draw]) -> Vec<Vec<u8>> {
    let key = |draw: &Draw| AugmentKey { seed: setting.seed, epoch: EPOCH, sample: draw.index as u64, repeat: draw.repeat };
    let keys: Vec<AugmentKey> = draws.iter().map(key).collect();
    augmented_films(&films.cache as &dyn FilmStore, &setting.augment, &keys)
}

/// An id as a part of a file name: letters, digits, dashes and dots stay; the number before it keeps names apart.
fn file_name(id: &str) -> String {
    id.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' }).collect()
}

fn png(film: &[u8], image: ImageConfig) -> Result<Vec<u8>, String> {
    let (height, width) = (image.size.height, image.size.width);
    let area = height as usize * width as usize;
    let (pixels, colour) = match image.channels {
        Channels::Grey => (film.to_vec(), ExtendedColorType::L8),
        Channels::Rgb => {
            ((0..area).flat_map(|pixel| (0..3).map(move |channel| film[channel * area + pixel])).collect(), ExtendedColorType::Rgb8)
        }
    };
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&pixels, width, height, colour).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn csv_bytes(rows: &[[String; 5]]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("rows have one length, and memory takes all");
    }
    writer.into_inner().expect("memory takes all")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::Project;
    use super::*;

    #[test]
    fn every_draw_is_a_picture_with_its_parent_and_label() {
        let project = Project::new("augment: { rotate: 10, balance: { by: [sex], to: 20 } }");
        let study = project.study();
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("set");
        let count = write_training_set(&study, &target).unwrap();
        assert_eq!(count, 40, "two classes of twenty");
        let table = std::fs::read_to_string(target.join(LABELS)).unwrap();
        let mut lines = table.lines();
        assert_eq!(lines.next().unwrap(), "id,parent,age_months,sex,repeat");
        let setting = &settings(study.plan)[0];
        let train = study.assignment.partition(None).train;
        for (line, draw) in lines.zip(draws(&study, setting)) {
            let cells: Vec<&str> = line.split(',').collect();
            let sample = &study.samples()[draw.index];
            assert!(train.contains(&draw.index));
            let expected = [sample.id.clone(), sample.age_months.to_string(), sample.sex.unwrap().letter().into(), draw.repeat.to_string()];
            assert_eq!(cells[1..], expected);
            let found = image::open(target.join(format!("{}.png", cells[0]))).unwrap().to_luma8().into_raw();
            assert_eq!(found, pixels(study.first(), setting, &[draw])[0]);
        }
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 41);
        let message = write_training_set(&study, &target).unwrap_err().to_string();
        assert!(message.contains("set") && message.contains("name a new or empty folder"), "{message}");
        assert!(check_training_set_folder(&target.join(LABELS)).is_err(), "a file is no folder");
    }

    #[test]
    fn an_id_of_any_characters_is_a_file_name() {
        assert_eq!(file_name("a/b c,1.2-é"), "a_b_c_1.2-é");
    }
}
