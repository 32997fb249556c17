//! A card for each run: what it was made with, what came out, what it cost, which files hold it.

use std::fmt::Write as _;

use super::super::html::{escaped, facts, listing, note, paragraph};
use super::super::number::{NOT_MEASURED, age, count, rounded, three_digits};
use super::super::table::{Cell, Heading, Table, TableRow, html as html_table};
use super::super::{Study, StudyEntry, comparison};
use super::{PageFacts, Section};
use crate::metric::PartMetrics;
use crate::plan::{ComputePrecision, seed_and_fold};
use crate::record::RunCard;
use crate::record::format::{RUN_FILE, RecordedRun, RunState};
use crate::spec::AgeUnit;
use crate::weights::LoadReport;

/// The cards, row by row.
pub(super) fn section(study: &Study, page: &PageFacts) -> Section {
    let mut body = paragraph("One card for each run: settings, figures, cost and files. Cards unfold by a click or the Enter key.");
    for entry in &study.entries {
        let _ = writeln!(body, "<h3>{}</h3>", escaped(&entry.label));
        let cards = entry.runs.iter().enumerate().map(|(place, state)| card(study, page, entry, place, state));
        body += &cards.collect::<String>();
    }
    Section { id: "runs", heading: "Runs", body }
}

fn card(study: &Study, page: &PageFacts, entry: &StudyEntry, place: usize, state: &RunState) -> String {
    let card = entry.cards.get(place);
    let id = match state {
        RunState::Done(run) => Some(run.result.run_id.as_str()),
        RunState::Failed(_) | RunState::Missing => card.map(|card| card.run_id.as_str()),
    };
    let name = id.and_then(seed_and_fold).map_or_else(|| format!("Run {}", place + 1), |(seed, fold)| seed_and_fold_in_words(seed, fold));
    let only_id = || facts(&[("Run", id.map(str::to_owned))]);
    let (said, inside) = match state {
        RunState::Done(run) => (headline(run, study.unit), done(study, page, run, card)),
        RunState::Failed(failure) => {
            let cause = comparison::one_line(&failure.cause);
            ("failed".to_owned(), only_id() + &paragraph(&format!("Failed: {cause}.")))
        }
        RunState::Missing => ("not trained".to_owned(), only_id() + &paragraph("Not trained yet.")),
    };
    let settings = settings(entry, place);
    format!(
        "<details>\n<summary><span class=\"run-name\">{}</span><span class=\"run-figures\">{}</span></summary>\n\
         <div class=\"inside\">\n{inside}{settings}</div>\n</details>\n",
        escaped(&name),
        escaped(&said)
    )
}

fn seed_and_fold_in_words(seed: u64, fold: Option<u32>) -> String {
    fold.map_or_else(|| format!("Seed {seed}"), |fold| format!("Seed {seed}, fold {fold}"))
}

fn headline(run: &RecordedRun, unit: AgeUnit) -> String {
    let figures = &run.result.figures;
    let part = |word: &str, part: Option<&PartMetrics>| part.map(|part| format!("{word} MAE {}", age(part.mae, unit)));
    let parts = [part("validation", figures.val.as_ref()), part("test", figures.test.as_ref())];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "done".to_owned() } else { format!("{} {}", parts.join(", "), unit.name()) }
}

fn done(study: &Study, page: &PageFacts, run: &RecordedRun, card: Option<&RunCard>) -> String {
    let result = &run.result;
    let chosen = result.epoch_chosen_on.map_or(String::new(), |part| format!(", chosen on the {} part", part.name()));
    let program = page.environment.as_ref().map(|found| {
        format!("bench-run {}, revision {}; LibTorch {} (of the study's last command)", found.bench_run, found.revision, found.libtorch)
    });
    let precision = card.and_then(|card| card.settings.as_ref()).map(|settings| precision(settings.train.precision).to_owned());
    let halvings = (result.learning_rate_halvings > 0).then(|| format!("{} ×", result.learning_rate_halvings));
    let made = facts(&[
        ("Run", Some(result.run_id.clone())),
        ("Epochs", Some(format!("{} trained; figures and weights after epoch {}{chosen}", result.epochs_trained, result.reported_epoch))),
        ("Device", Some(run.cost.device.clone())),
        ("Threads", Some(run.cost.threads.to_string())),
        ("Precision", precision),
        ("Program", program),
        ("Learning rate found", result.found_learning_rate.map(|rate| rate.to_string())),
        ("Learning rate halved", halvings),
        ("Films per forward pass", result.micro_batch_size.map(|films| films.to_string())),
        ("Views of each film", result.tta.map(|views| views.to_string())),
        ("Ages of the training part", Some(ages(result.target_mean, result.target_std, study.unit))),
        ("Initial weights", Some(card.and_then(|card| card.weights.as_ref()).map_or_else(|| "drawn from the seed".to_owned(), weights))),
        ("Record version", Some(result.schema_version.to_string())),
    ]);
    let cost = facts(&[
        ("Parameters", Some(count(result.parameters))),
        ("GFLOPs per image, forward", Some(three_digits(result.gflops))),
        ("Seconds, whole run", Some(rounded(run.cost.seconds, 1))),
        ("Training images/s", Some(rounded(run.cost.images_per_second, 1))),
        ("Peak memory (MiB)", run.cost.peak_memory_mib.map(|mib| rounded(mib, 0))),
    ]);
    format!("{made}<h4>Figures</h4>\n{}<h4>Cost</h4>\n{cost}{}", figures(run, study.unit), files(run))
}

fn ages(mean: f64, sd: f64, unit: AgeUnit) -> String {
    format!("mean {}, standard deviation {} {}", age(mean, unit), age(sd, unit), unit.name())
}

fn precision(precision: ComputePrecision) -> &'static str {
    match precision {
        ComputePrecision::Bf16 => "bf16",
        ComputePrecision::Fp32 => "fp32",
    }
}

fn weights(report: &LoadReport) -> String {
    let LoadReport { source, sha256, loaded, adapted, missing, left_out, unexpected } = report;
    // A folder of the user's is nobody else's business.
    let source =
        source.rsplit(std::path::MAIN_SEPARATOR).next().filter(|_| source.starts_with(std::path::MAIN_SEPARATOR)).unwrap_or(source);
    format!(
        "{source}, SHA-256 {sha256}; {} tensors taken as they are, {} changed to fit, {} new, {} left out",
        loaded.len(),
        adapted.len(),
        missing.len(),
        left_out.len() + unexpected.len()
    )
}

fn figures(run: &RecordedRun, unit: AgeUnit) -> String {
    let name = unit.name();
    let headings = [format!("MAE ({name})"), format!("RMSE ({name})"), format!("Bias ({name})"), format!("Median error ({name})")];
    let headings = [Heading::left("Part"), Heading::right("Films")]
        .into_iter()
        .chain(headings.into_iter().map(Heading::right))
        .chain(["R²", "Concordance", "Accuracy", "Loss"].map(Heading::right));
    let figures = &run.result.figures;
    let parts = [("Training", Some(&figures.train)), ("Validation", figures.val.as_ref()), ("Test", figures.test.as_ref())];
    let rows = parts.into_iter().filter_map(|(part, found)| Some(figures_row(part, found?, unit)));
    small_table("Figures of the run", headings.collect(), rows.collect())
}

fn figures_row(part: &str, figures: &PartMetrics, unit: AgeUnit) -> Vec<String> {
    let PartMetrics { count, mae, rmse, bias, median_absolute_error, r2, concordance, loss, accuracy } = figures;
    let share = |value: &Option<f64>| value.map_or_else(|| NOT_MEASURED.to_owned(), |value| rounded(value, 3));
    let ages = [mae, rmse, bias, median_absolute_error].map(|months| age(*months, unit));
    let rest = [share(r2), share(concordance), format!("{} %", rounded(accuracy * 100.0, 1)), rounded(*loss, 3)];
    [part.to_owned(), count.to_string()].into_iter().chain(ages).chain(rest).collect()
}

fn files(run: &RecordedRun) -> String {
    if run.result.files.is_empty() {
        return String::new();
    }
    let rows = run.result.files.iter().map(|(name, hash)| vec![name.clone(), hash.clone()]).collect();
    let folder = format!("In runs/{}/; result.json, which holds these checksums, has one of itself.", run.result.run_id);
    "<h4>Files</h4>\n".to_owned()
        + &small_table("Files and checksums", vec![Heading::left("File"), Heading::left("BLAKE3")], rows)
        + &note(&folder)
}

fn small_table(caption: &str, headings: Vec<Heading>, rows: Vec<Vec<String>>) -> String {
    let rows = rows.into_iter().map(|row| TableRow::Cells(row.into_iter().map(Cell::plain).collect())).collect();
    html_table::write(&Table { name: String::new(), title: String::new(), headings, rows, notes: Vec::new(), best: None }, caption)
}

/// `run.yaml`, whole for the first run of a row; for the others what differs from it, so that many seeds and folds make no long page.
fn settings(entry: &StudyEntry, place: usize) -> String {
    let text = |place: usize| entry.cards.get(place).and_then(|card| Some((card.run_id.as_str(), card.text.as_deref()?)));
    let Some((_, own)) = text(place) else { return String::new() };
    let heading = format!("<h4>Settings ({RUN_FILE})</h4>\n");
    match text(0).filter(|_| place > 0) {
        Some((first, known)) if known.lines().count() == own.lines().count() => {
            let lines: Vec<&str> = own.lines().zip(known.lines()).filter(|(own, known)| own != known).map(|(own, _)| own).collect();
            let others = format!("The settings of {first}, except for these lines:");
            heading + &paragraph(&others) + &listing("Settings that differ", &lines.join("\n"))
        }
        _ => heading + &listing("Settings of the run", own),
    }
}
