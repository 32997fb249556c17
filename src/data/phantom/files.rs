//! Synthetic films as files, in the layout of the RSNA 2017 bone-age challenge.
//!
//! In come a folder and what to draw; out go `boneage-training-dataset/<id>.png`, `boneage-training-dataset.csv` as the
//! challenge has it, `phantom.csv` with everything that is known of each film, and a `README.txt` that says what they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use image::{ExtendedColorType, ImageEncoder};
use serde::Serialize;

use super::{Abnormality, Metal, PhantomFacts, Rates, VERSION, describe, draw_with};
use crate::data::Sex;
use crate::files::write_atomically;
use crate::spec::ImageSize;

/// The films, below the folder.
const FILMS: &str = "boneage-training-dataset";
/// Their labels.
const LABELS: &str = "boneage-training-dataset.csv";
/// Everything that is known of them.
const FACTS: &str = "phantom.csv";
const NOTE: &str = "README.txt";

/// What to draw, and where to.
#[derive(Debug, Clone)]
pub struct PhantomSet {
    /// The folder; made where it is not there.
    pub folder: PathBuf,
    /// Number of films.
    pub count: u64,
    /// Size of each.
    pub size: ImageSize,
    /// Seed of the data set.
    pub seed: u64,
    /// How often a film has metal or shows abnormal growth.
    pub rates: Rates,
    /// Replace films that were drawn there before.
    pub force: bool,
}

/// Why films cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PhantomError {
    /// The folder holds something.
    #[error("{}: the folder is not empty; name another, or give --force to replace the films that `bench-run phantom` left there", path.display())]
    NotEmpty {
        /// As given.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be made.
    #[error("{}: cannot {action}: {cause}; name a folder that can be written and has room", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system or the encoder says.
        cause: String,
    },
}

fn failed<E: std::fmt::Display>(path: &Path, action: &'static str) -> impl Fn(E) -> PhantomError {
    let path = path.to_owned();
    move |cause| PhantomError::Io { path: path.clone(), action, cause: cause.to_string() }
}

/// How fast films were drawn and written.
#[derive(Debug, Clone, Copy)]
pub struct DrawingSpeed {
    /// How many at a time.
    pub threads: usize,
    /// Films a second on each of them, PNG included.
    pub per_thread: f64,
}

/// Draw the films and write them with their tables; `drawn` is called after each film.
///
/// The table of labels is written last, so that a set that was cut short has none.
///
/// # Errors
/// If the folder holds something and `force` is not given, or if it cannot be written.
pub fn write_set(set: &PhantomSet, drawn: &(dyn Fn() + Sync)) -> Result<DrawingSpeed, PhantomError> {
    prepare(set)?;
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(set.count as usize).max(1);
    let facts = write_films(set, threads, drawn)?;
    let per_thread = set.count as f64 / start.elapsed().as_secs_f64() / threads as f64;
    write_tables(set, &facts)?;
    Ok(DrawingSpeed { threads, per_thread })
}

/// Makes the folder, or clears what an earlier call left in it.
fn prepare(set: &PhantomSet) -> Result<(), PhantomError> {
    let folder = &set.folder;
    let films = folder.join(FILMS);
    let empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(failed(folder, "list the folder")(error)),
    };
    if !empty && !set.force {
        return Err(PhantomError::NotEmpty { path: folder.clone() });
    }
    fs::create_dir_all(&films).map_err(failed(&films, "make the folder"))?;
    if empty { Ok(()) } else { clear(folder, &films) }
}

/// Removes the tables and every film with a number for a name; anything else stays.
fn clear(folder: &Path, films: &Path) -> Result<(), PhantomError> {
    let listed = fs::read_dir(films).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed(films, "list the folder"))?;
    let numbered = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "png") && !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit())
    };
    let old_films = listed.into_iter().map(|entry| entry.path()).filter(numbered);
    for path in [LABELS, FACTS, NOTE].map(|name| folder.join(name)).into_iter().chain(old_films) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, "remove the file")(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Draws on so many threads; what is known of each film, in their order.
fn write_films(set: &PhantomSet, threads: usize, drawn: &(dyn Fn() + Sync)) -> Result<Vec<PhantomFacts>, PhantomError> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= set.count {
                return Ok(done);
            }
            write_film(set, index)?;
            done.push((index, describe(set.seed, index, set.rates)));
            drawn();
        }
    };
    let outcome: Result<Vec<Vec<(u64, PhantomFacts)>>, PhantomError> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut facts: Vec<(u64, PhantomFacts)> = outcome?.into_iter().flatten().collect();
    facts.sort_unstable_by_key(|(index, _)| *index);
    Ok(facts.into_iter().map(|(_, facts)| facts).collect())
}

fn write_film(set: &PhantomSet, index: u64) -> Result<(), PhantomError> {
    let path = set.folder.join(FILMS).join(format!("{index}.png"));
    let film = draw_with(set.seed, index, set.size, set.rates);
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(&film.pixels, set.size.width, set.size.height, ExtendedColorType::L8)
        .map_err(failed(&path, "encode the film"))?;
    fs::write(&path, bytes).map_err(failed(&path, "write the film"))
}

/// A row of the labels as the challenge has them.
#[derive(Serialize)]
struct LabelRow {
    id: u64,
    boneage: u64,
    male: &'static str,
}

/// A row of everything that is known of a film; blank where there is no such thing.
#[derive(Serialize)]
struct FactRow {
    id: u64,
    chronological_months: String,
    bone_age_months: f64,
    sex: &'static str,
    side: char,
    metal: Option<&'static str>,
    abnormal: Option<&'static str>,
    centres: String,
    epiphyses: usize,
    closed_plates: usize,
    marker: Option<String>,
    marker_down: Option<String>,
    marker_across: Option<String>,
    turn_degrees: String,
    spread: String,
    thumb_degrees: String,
    wrist_degrees: String,
    shift_across: String,
    shift_down: String,
    fill: String,
    tone: &'static str,
    air_level: String,
    opaque_level: String,
    gain: String,
    gamma: String,
    noise: String,
    border_level: Option<String>,
}

fn fact_row(id: u64, facts: &PhantomFacts) -> FactRow {
    let short = |value: f64| format!("{value:.3}");
    let PhantomFacts {
        chronological_months,
        bone_age_months,
        sex,
        metal,
        abnormality,
        centres,
        epiphyses,
        closed_plates,
        pose,
        exposure,
        marker,
    } = facts;
    let marker_at = |axis: usize| marker.as_ref().map(|marker| short(marker.place[axis]));
    FactRow {
        id,
        chronological_months: format!("{chronological_months:.1}"),
        bone_age_months: *bone_age_months,
        sex: sex.letter(),
        side: pose.side.letter(),
        metal: metal.map(Metal::name),
        abnormal: abnormality.map(Abnormality::name),
        centres: centres.join("; "),
        epiphyses: *epiphyses,
        closed_plates: *closed_plates,
        marker: marker.as_ref().map(|marker| marker.text.clone()),
        marker_down: marker_at(0),
        marker_across: marker_at(1),
        turn_degrees: short(pose.turn),
        spread: short(pose.spread),
        thumb_degrees: short(pose.thumb),
        wrist_degrees: short(pose.wrist),
        shift_across: short(pose.shift[0]),
        shift_down: short(pose.shift[1]),
        fill: short(pose.fill),
        tone: exposure.tone.name(),
        air_level: short(exposure.levels[0]),
        opaque_level: short(exposure.levels[1]),
        gain: short(exposure.gain),
        gamma: short(exposure.gamma),
        noise: short(exposure.noise),
        border_level: exposure.collimation.map(|collimation| short(collimation.level)),
    }
}

fn write_tables(set: &PhantomSet, facts: &[PhantomFacts]) -> Result<(), PhantomError> {
    let write = |name: &str, bytes: &[u8]| {
        let path = set.folder.join(name);
        write_atomically(&path, bytes).map_err(failed(&path, "write the file"))
    };
    let male = |sex: Sex| if sex == Sex::M { "True" } else { "False" };
    let label = |(id, facts): (u64, &PhantomFacts)| LabelRow { id, boneage: facts.bone_age_months as u64, male: male(facts.sex) };
    let rows = || (0..).zip(facts);
    write(FACTS, &table(rows().map(|(id, facts)| fact_row(id, facts))).map_err(failed(&set.folder.join(FACTS), "write the table"))?)?;
    write(NOTE, note(set).as_bytes())?;
    write(LABELS, &table(rows().map(label)).map_err(failed(&set.folder.join(LABELS), "write the table"))?)
}

fn table<Row: Serialize>(rows: impl Iterator<Item = Row>) -> Result<Vec<u8>, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

fn note(set: &PhantomSet) -> String {
    let PhantomSet { folder: _, count, size, seed, rates: Rates { metal, abnormal }, force: _ } = set;
    format!(
        "Synthetic films, drawn by bench-run {} (phantom {}): nobody's hands, and they say nothing about patients.\n\
         {count} films of {size}, seed {seed}, metal {metal}, abnormal growth {abnormal}.\n\
         {LABELS} has the labels (bone age in months), {FACTS} all that is known of each film.\n",
        env!("CARGO_PKG_VERSION"),
        VERSION,
    )
}
