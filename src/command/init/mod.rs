//! `bench-run init DIR`: a commented spec for a folder of films, in which every guess says why.

mod choice;
mod render;
mod yaml;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::offline_plan;
use crate::data::{self, Dataset, Guess, GuessedSource, GuessedTable, guess};
use crate::error::{DONE, Error};
use crate::plan::Plan;
use crate::record::RecordError;
use crate::report::data::image_facts;
use crate::spec::{OnBad, SpecName};
use choice::Choices;

/// What the command is told.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// Folder of films.
    pub folder: PathBuf,
    /// The table of labels; looked for where none is given.
    pub labels: Option<PathBuf>,
    /// The spec to write, or `-`; named after the folder where none is given.
    pub output: Option<PathBuf>,
}

/// Films whose headers are read for their size.
const MOST_HEADERS: usize = 200;

/// Guess, write the spec, and say what was guessed and what comes next.
///
/// # Errors
/// If nothing can be guessed, the spec is there already, or it cannot be written.
pub fn init(options: &InitOptions) -> Result<u8, Error> {
    let output = output(options);
    let to_stdout = output.as_os_str() == "-";
    if !to_stdout && output.symlink_metadata().is_ok() {
        return Err(Error::SpecExists { path: output });
    }
    let mut guess = guess(&options.folder, options.labels.as_deref())?;
    let name = name_of(if to_stdout { &options.folder } else { &output });
    let (dataset, on_bad) = load(&guess, &name)?;
    report_left_out(&dataset, on_bad, &mut guess);
    let sizes = image_facts(&some(&dataset.samples, MOST_HEADERS));
    let choices = Choices::of(&dataset, &sizes, on_bad);
    let spec = render::spec(&render::Written { guess: &guess, choices: &choices, folder: &options.folder, output: &output, name: &name })?;
    // What is written is right, or nothing is.
    plan_of(&spec, &name)?;
    if to_stdout {
        say_to(&mut std::io::stdout(), spec.trim_end());
        say_to(&mut std::io::stderr(), &render::summary(&guess, &choices));
        return Ok(DONE);
    }
    write_new(&output, &spec)?;
    say_to(&mut std::io::stdout(), &render::summary(&guess, &choices));
    say_to(&mut std::io::stdout(), &render::next_steps(&output));
    Ok(DONE)
}

/// A closed pipe is the reader's choice.
fn say_to(stream: &mut dyn Write, text: &str) {
    let _ = writeln!(stream, "{text}");
}

fn output(options: &InitOptions) -> PathBuf {
    let by_folder = || {
        let name = name_of(&options.folder);
        PathBuf::from(format!("{name}.yaml"))
    };
    options.output.clone().unwrap_or_else(by_folder)
}

/// A name that a results folder can have: that of the file or folder, with dashes for all else.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize();
    let path = if path.file_name().is_some() { path } else { whole.as_deref().unwrap_or(path) };
    let is_spec = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let name = if is_spec { path.file_stem() } else { path.file_name() };
    let name = name.unwrap_or_default().to_string_lossy();
    let allowed = |letter: char| if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') { letter } else { '-' };
    let name: String = name.chars().map(allowed).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "films".to_owned() } else { name.to_owned() }
}

/// The films with their labels; what cannot be used is left out if that is the only way.
fn load(guess: &Guess, name: &str) -> Result<(Dataset, OnBad), Error> {
    let plan = plan_of(&render::source_alone(guess)?, name)?;
    let whole = data::load(&plan.data);
    if let Ok(dataset) = whole {
        return Ok((dataset, OnBad::Stop));
    }
    let skipping = crate::plan::DataConfig { on_bad: OnBad::Skip, ..plan.data };
    Ok((data::load(&skipping)?, OnBad::Skip))
}

fn plan_of(spec: &str, name: &str) -> Result<Plan, Error> {
    let at = |path: &Path, source| RecordError::Write { path: path.to_owned(), source };
    let folder = tempfile::tempdir().map_err(|source| at(Path::new("temporary folder"), source))?;
    let name = SpecName::try_from(name.to_owned()).expect("it was made of what a name may have");
    let path = folder.path().join(format!("{}.yaml", name.as_str()));
    std::fs::write(&path, spec).map_err(|source| at(&path, source))?;
    offline_plan(&path, &[])
}

fn report_left_out(dataset: &Dataset, on_bad: OnBad, guess: &mut Guess) {
    if on_bad == OnBad::Stop {
        return;
    }
    let count = dataset.excluded.len();
    guess.remarks.push(format!("{count} film(s) or label(s) cannot be used and are left out (`on_bad: skip`), for example:"));
    guess.remarks.extend(dataset.excluded.iter().take(3).map(|excluded| format!("  {excluded}")));
}

/// So many at equal distances.
fn some<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most).max(1);
    all.iter().step_by(step).cloned().collect()
}

/// Write a file that is not there yet.
fn write_new(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = File::create_new(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::SpecExists { path: path.to_owned() },
        _ => RecordError::Write { path: path.to_owned(), source }.into(),
    })?;
    file.write_all(text.as_bytes()).map_err(|source| {
        // Half a spec is worse than none.
        let _ = std::fs::remove_file(path);
        RecordError::Write { path: path.to_owned(), source }.into()
    })
}

/// The folders and files that a source names.
fn paths(source: &GuessedSource) -> Vec<&Path> {
    match source {
        GuessedSource::Rsna { images, labels } => vec![images, labels],
        GuessedSource::Csv(table) => {
            let GuessedTable { images, labels, .. } = table.as_ref();
            vec![images, labels]
        }
        GuessedSource::HandAtlas { root } | GuessedSource::Filename { root, .. } => vec![root],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_one_that_a_results_folder_can_have() {
        for (path, name) in [
            ("films", "films"),
            ("a/Röntgen 2024/", "Röntgen-2024"),
            ("clinic.v2.yaml", "clinic.v2"),
            (".hidden", "hidden"),
            ("a/???", "films"),
            ("films.2024", "films.2024"),
        ] {
            assert_eq!(name_of(Path::new(path)), name, "{path}");
            assert!(SpecName::try_from(name_of(Path::new(path))).is_ok(), "{path}");
        }
    }
}
