//! The spec as text, and what is said beside it.

use std::fmt::Write as _;
use std::path::Path;

use super::choice::{Choices, FEW};
use super::paths;
use super::yaml::{path, shell, text};
use crate::data::{Guess, GuessedSource, GuessedTable, Told};
use crate::error::Error;
use crate::spec::{AgeUnit, OnBad};

/// All that a spec is made of.
pub(super) struct Written<'a> {
    pub(super) guess: &'a Guess,
    pub(super) choices: &'a Choices,
    pub(super) folder: &'a Path,
    pub(super) output: &'a Path,
    pub(super) name: &'a str,
}

/// A spec of nothing but the source, to try it.
pub(super) fn source_alone(guess: &Guess) -> Result<String, Error> {
    Ok(format!("data:\n{}backbones: [cnn]\n", source(&guess.source.value)?))
}

/// The whole spec.
pub(super) fn spec(written: &Written) -> Result<String, Error> {
    let mut text = head(written);
    data(&mut text, written)?;
    for block in [image_and_split(written.choices), augment(written.choices), training(written.choices), report(written.choices)] {
        text.push('\n');
        text.push_str(&block);
    }
    Ok(text)
}

fn head(written: &Written) -> String {
    let Written { guess, choices, folder, output, name } = written;
    let spec = if output.as_os_str() == "-" { "SPEC.yaml".to_owned() } else { shell(output) };
    let mut text = format!(
        "# Written by `bench-run init {}`. It is yours to change: every guess says why, and whatever is removed takes its default.\n#\n\
         #   bench-run plan {spec}     shows what will run, with every setting; changes nothing\n\
         #   bench-run data {spec}     a report on the films: ages, sizes, duplicates, contact sheets\n\
         #   bench-run {spec}          trains, and fills the tables and plots in results/{name}\n#\n",
        shell(folder)
    );
    let patients = choices.patients.map(|patients| format!(" of {patients} patients")).unwrap_or_default();
    let _ = writeln!(text, "# {} films with labels{patients}: ages {}; {}.", choices.films, choices.ages(), choices.sexes_in_words());
    if let Some(advice) = few_films(choices.films) {
        let _ = writeln!(text, "# {advice}");
    }
    for remark in &guess.remarks {
        let _ = writeln!(text, "# Seen besides: {}", remark.replace('\n', " "));
    }
    let title = folder.canonicalize().ok().and_then(|folder| Some(folder.file_name()?.to_str()?.to_owned()));
    text += "\n";
    text += &line(&format!("name: {}", super::yaml::text(name)), "the folder below results/");
    let _ = writeln!(text, "title: {}", super::yaml::text(title.as_deref().unwrap_or(name)));
    text
}

fn few_films(films: usize) -> Option<&'static str> {
    (films < FEW)
        .then_some("So few films say little: chance alone moves their figures. `folds: 5` in `split` uses each film for validation once.")
}

fn data(text: &mut String, written: &Written) -> Result<(), Error> {
    let Told { value, reason, is_unsure: _ } = &written.guess.source;
    let _ = writeln!(text, "\ndata:\n  # {}", first_upper(reason));
    text.push_str(&source(value)?);
    let (word, reason) = match written.choices.on_bad {
        OnBad::Stop => ("stop", "every film and label can be used; should one not be later, nothing is trained before it is mended"),
        OnBad::Skip => ("skip", "what cannot be used is left out and listed in excluded.csv; `stop` trains nothing before it is mended"),
    };
    *text += &line(&format!("  on_bad: {word}"), reason);
    Ok(())
}

fn first_upper(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str() + ".").unwrap_or_default()
}

fn source(source: &GuessedSource) -> Result<String, Error> {
    let mut out = String::new();
    match source {
        GuessedSource::Rsna { images, labels } => {
            let _ = write!(out, "  rsna:\n    images: {}\n    labels: {}\n", path(images)?, path(labels)?);
        }
        GuessedSource::HandAtlas { root } => {
            let _ = write!(out, "  hand_atlas:\n    root: {}\n", path(root)?);
        }
        GuessedSource::Filename { root, pattern, unit } => {
            let _ = write!(out, "  filename:\n    root: {}\n    pattern: {}\n", path(root)?, text(pattern));
            out.push_str(&told("unit", unit.value.name(), unit));
        }
        GuessedSource::Csv(table) => {
            let GuessedTable { images, labels, id, age, unit, sex, group, race } = table.as_ref();
            let _ = write!(out, "  csv:\n    images: {}\n    labels: {}\n", path(images)?, path(labels)?);
            out.push_str(&told("id", &id.value, id));
            out.push_str(&told("age", &age.value, age));
            out.push_str(&told("unit", unit.value.name(), unit));
            for (key, column) in [("sex", sex), ("group", group), ("race", race)] {
                if let Some(column) = column {
                    out.push_str(&told(key, &column.value, column));
                }
            }
        }
    }
    Ok(out)
}

/// A key with the reason for its value.
fn told<T>(key: &str, value: &str, told: &Told<T>) -> String {
    line(&format!("    {key}: {}", text(value)), &told.reason)
}

/// A line with the reason behind it.
fn line(setting: &str, reason: &str) -> String {
    format!("{setting:<26} # {}\n", reason.replace('\n', " "))
}

fn image_and_split(choices: &Choices) -> String {
    let (side, reason) = &choices.image_size;
    let (watched, held_back) = (choices.share(0.2), choices.share(0.1));
    let mut text = "image:\n".to_owned();
    text += &line(&format!("  size: {side}"), reason);
    text += &line("  channels: 1", "grey");
    text += "\nsplit:\n";
    text += &line("  val: 0.2", &format!("about {watched} film(s), watched during training"));
    text += &line("  test: 0.1", &format!("about {held_back} film(s), read once at the end"));
    text += "  seed: 42\n";
    text += &line(&format!("  stratify: [{}]", choices.stratify.join(", ")), "the parts are alike in these");
    text += &match choices.patients {
        Some(_) => line("  group: patient", "films of one patient never are in two parts"),
        None => "  # No patient is known: where one has several films, add a column that names the patient, as `group` of the source.\n"
            .to_owned(),
    };
    text
}

fn augment(choices: &Choices) -> String {
    let mut text = "# Random changes of the training films, drawn anew in every epoch.\naugment:\n".to_owned();
    text += &line("  rotate: 10", "degrees to either side");
    text += &line("  translate: 0.05", "share of the side");
    text += &line("  scale: 0.1", "larger or smaller by so much");
    text += &match &choices.balance {
        Some((by, reason)) => line(&format!("  balance: {{ by: [{}] }}", by.join(", ")), &format!("{reason}; each is drawn equally often")),
        None => line("  # balance: { by: [age] }", "draws every whole year equally often"),
    };
    text
}

fn training(choices: &Choices) -> String {
    let (batch, networks) = if choices.films < FEW { (8, ["cnn", "attention", "yolo"].as_slice()) } else { (16, NETWORKS.as_slice()) };
    let mut text = String::new();
    if choices.stratify.contains(&"sex") {
        text += "# The sex of every film is known; `head: { sex: true }` gives it to the networks as a further input.\n";
    }
    text += "train:\n  epochs: 10\n";
    text += &line(&format!("  batch_size: {batch}"), "films a step");
    text += "  learning_rate: 1.0e-3\n";
    text += &line("  schedule: cosine", "few epochs end best on small steps");
    text += "\n# The rows of the table; `bench-run backbones` lists all networks. vgg16 and vgg19 want small steps:\n\
             # - vgg16: { train: { learning_rate: 1.0e-4, warmup_epochs: 1 } }\nbackbones:\n";
    for network in networks {
        let _ = writeln!(text, "  - {network}");
    }
    text + &line("seeds: [0]", "[0, 1, 2] trains each three times and gives a spread")
}

/// Of different kinds and sizes, from light to heavy.
const NETWORKS: [&str; 4] = ["cnn", "unet", "resnet50", "efficientnet_v2_s"];

fn report(choices: &Choices) -> String {
    let unit = choices.unit.name();
    let mut text = "report:\n".to_owned();
    text += &line(&format!("  unit: {unit}"), "of every age in tables and plots");
    text + &line("  accuracy_within: 1.0", &format!("a film counts as accurate if its error is at most so many {unit}"))
}

/// What was guessed, for the terminal.
pub(super) fn summary(guess: &Guess, choices: &Choices) -> String {
    let mut text = format!("{} film(s) found, {} with labels: {}\n", guess.films, choices.films, choices.ages());
    let places = paths(&guess.source.value).into_iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ");
    let kind = match &guess.source.value {
        GuessedSource::Rsna { .. } => "rsna",
        GuessedSource::HandAtlas { .. } => "hand_atlas",
        GuessedSource::Csv(_) => "csv",
        GuessedSource::Filename { .. } => "filename",
    };
    let _ = writeln!(text, "  source   {kind}, {places}: {}", guess.source.reason);
    for (key, value, reason) in columns(&guess.source.value) {
        let _ = writeln!(text, "  {key:<8} {value}: {reason}");
    }
    let _ = writeln!(text, "  sexes    {}", choices.sexes_in_words());
    let _ = writeln!(text, "  size     {}: {}", choices.image_size.0, choices.image_size.1);
    if let Some((by, reason)) = &choices.balance {
        let _ = writeln!(text, "  balance  by {}: {reason}", by.join(" and "));
    }
    if let Some(advice) = few_films(choices.films) {
        let _ = writeln!(text, "  note     {advice}");
    }
    for remark in &guess.remarks {
        let _ = writeln!(text, "  note     {remark}");
    }
    text.trim_end().to_owned()
}

fn columns(source: &GuessedSource) -> Vec<(&'static str, String, String)> {
    fn row(key: &'static str, told: &Told<String>) -> (&'static str, String, String) {
        (key, format!("{:?}", told.value), mark(told))
    }
    let unit = |unit: &Told<AgeUnit>| ("unit", unit.value.name().to_owned(), mark(unit));
    match source {
        GuessedSource::Rsna { .. } | GuessedSource::HandAtlas { .. } => Vec::new(),
        GuessedSource::Filename { pattern, unit: found, .. } => {
            vec![("pattern", text(pattern), "the parts of every file name".to_owned()), unit(found)]
        }
        GuessedSource::Csv(table) => {
            let GuessedTable { images: _, labels: _, id, age, unit: found, sex, group, race } = table.as_ref();
            let further = [("sex", sex), ("patient", group), ("race", race)];
            let further = further.into_iter().filter_map(|(key, told)| Some(row(key, told.as_ref()?)));
            [row("id", id), row("age", age), unit(found)].into_iter().chain(further).collect()
        }
    }
}

fn mark<T>(told: &Told<T>) -> String {
    format!("{}{}", if told.is_unsure { "UNSURE: " } else { "" }, told.reason)
}

/// What to run now.
pub(super) fn next_steps(output: &Path) -> String {
    let spec = shell(output);
    format!(
        "\nWritten: {}; look it through, above all what is unsure. Next:\n\n  bench-run plan {spec}     shows what will run, and changes nothing\n  \
         bench-run {spec}          trains, and fills the tables",
        output.display()
    )
}
