//! Plots: how training went, how large errors are, for whom, how sure a comparison is, what it cost, errors on changed films, ages of
//! the films; each as SVG and PNG of the same drawing. Sheets of films, as PNG. `docs/plots.md` says how each is read.
//!
//! A plot is first a [`Drawing`], plain data that tests can look at, and is then handed to the two
//! backends. The same study gives the same bytes, with any fonts installed or none.

pub(super) mod age_histogram;
mod axis;
mod backend;
mod bland_altman;
pub(super) mod contact_sheet;
mod cost_vs_mae;
mod data_distribution;
mod drawing;
mod error_by_age;
mod error_distribution;
mod labels;
mod layout;
mod learning_curves;
mod mae_bars;
mod pairwise_differences;
mod predicted_vs_true;
mod robustness;
mod rows;
mod style;

use plotters::style::RGBColor;

use self::drawing::{Drawing, Mark};
use self::style::{TEST, VAL};
use super::statistics::judged::Judged;
use super::statistics::notes_of_all;
use super::summary::{Row, Summary};
use super::{ReportError, ReportFile, Study};

/// The one plot that a clock touches, for it holds training times.
pub(super) const COST_PLOT: &str = "cost_vs_mae";

/// Every plot that has something to show, below `plots/`.
///
/// # Errors
///
/// Where the drawing library fails.
pub(super) fn render(study: &Study, summary: &Summary) -> Result<Vec<ReportFile>, ReportError> {
    let mut plots = Vec::new();
    for (name, drawing) in drawings(study, summary) {
        plots.extend(files(&format!("plots/{name}"), &drawing)?);
    }
    Ok(plots)
}

/// The files `<name>.svg` and `<name>.png` of a drawing.
///
/// # Errors
///
/// Where the drawing library fails.
fn files(name: &str, drawing: &Drawing) -> Result<Vec<ReportFile>, ReportError> {
    let mut files = Vec::new();
    for (suffix, render) in [("svg", backend::svg as fn(&Drawing) -> _), ("png", backend::png)] {
        let path = format!("{name}.{suffix}");
        let bytes = render(drawing).map_err(|cause| ReportError::Draw { plot: path.clone(), cause })?;
        files.push(ReportFile { path: path.into(), bytes });
    }
    Ok(files)
}

/// The drawings of a study, by name.
fn drawings(study: &Study, summary: &Summary) -> Vec<(&'static str, Drawing)> {
    let judged = Judged::of(summary);
    let of_films = |draw: fn(&Study, &Summary, &Judged) -> Option<Drawing>| draw(study, summary, judged.as_ref()?);
    [
        ("learning_curves", learning_curves::draw(study, summary)),
        ("mae_bars", mae_bars::draw(study, summary)),
        ("predicted_vs_true", of_films(predicted_vs_true::draw)),
        ("bland_altman", of_films(bland_altman::draw)),
        ("error_distribution", of_films(error_distribution::draw)),
        ("error_by_age", of_films(error_by_age::draw)),
        ("pairwise_differences", of_films(pairwise_differences::draw)),
        (COST_PLOT, of_films(cost_vs_mae::draw)),
        ("data_distribution", data_distribution::draw(study)),
        ("robustness", robustness::draw(study, summary)),
    ]
    .into_iter()
    .filter_map(|(name, drawing)| Some((name, drawing?)))
    .collect()
}

/// Rows with figures, in the spec's order.
fn finished<'a, 's>(summary: &'a Summary<'s>) -> Vec<&'a Row<'s>> {
    summary.rows.iter().filter(|row| row.figures.is_some()).collect()
}

/// What the subtitle says about rows that are not drawn; nothing where all are.
fn absent(summary: &Summary) -> Option<String> {
    let labels = summary.labels_without_figures();
    (!labels.is_empty()).then(|| format!("Without figures, see the table: {}.", labels.join(", ")))
}

/// What the subtitle says about several runs of a backbone; nothing where there is one of each.
fn several_runs(summary: &Summary, what: &str) -> Option<String> {
    let most = summary.rows.iter().map(|row| row.done.len()).max().unwrap_or(0);
    (most > 1).then(|| format!("{what} over up to {most} runs of a backbone."))
}

/// What the subtitle says about the films by which backbones are judged, and about the runs whose predictions are drawn together.
fn judged_films(judged: &Judged) -> Vec<String> {
    let runs = judged.runs();
    let runs = if runs > 1 { format!(", the predictions of up to {runs} runs of a backbone together") } else { String::new() };
    let films = format!("n = {} {} films{runs}.", judged.films(), judged.part_name());
    [films].into_iter().chain(notes_of_all(judged)).collect()
}

/// The mark of a film of the validation or the test part: discs and diamonds differ without colour.
fn part_look(is_validation: bool, is_small: bool) -> (Mark, RGBColor) {
    let size = if is_small { 1.5 } else { 2.8 };
    if is_validation { (Mark::Disc(size), VAL) } else { (Mark::Diamond(size * 1.35), TEST) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::drawing::Shape;
    use super::style::VERMILION;
    use super::*;
    use crate::data::Part;
    use crate::record::KnownFilm;
    use crate::record::format::{RecordedRun, RunState};
    use crate::spec::Split;

    const NINE: [&str; 9] =
        ["VGG19", "VGG16", "CNN", "U-net", "Attention Mechanism", "EfficientNetV2S", "Resnet50", "Vision-Transformer", "Yolo"];

    /// Girls, boys and, where `has_unknown`, films without a sex.
    fn film(id: &str, has_unknown: bool) -> KnownFilm {
        let number: u32 = id.trim_start_matches(char::is_alphabetic).parse().unwrap();
        let sex = match number % 7 {
            0 if has_unknown => None,
            1 | 3 | 4 => Some("F".to_owned()),
            _ => Some("M".to_owned()),
        };
        let part = if id.starts_with("val") { Part::Val } else { Part::Test };
        KnownFilm { sex, part: Some(part), age_months: Some(f64::from(number * 37 % 216)), ..KnownFilm::default() }
    }

    fn run_of(index: usize, epochs: u32) -> RecordedRun {
        let mut run = recorded(14.0 + 4.0 * (index as f64 * 1.7).sin() + index as f64, epochs);
        run.cost.seconds = 40.0 * 1.6_f64.powi((index * 5 % 12) as i32);
        run.result.parameters = 300_000 * 2_u64.pow((index * 3 % 9) as u32);
        run.result.gflops = 0.05 * 1.9_f64.powi((index * 7 % 10) as i32);
        run
    }

    fn study_of(labels: &[&str], epochs: u32) -> Study {
        labels
            .iter()
            .enumerate()
            .fold(StudyBuilder::new(), |builder, (index, label)| {
                builder.entry(label, vec![RunState::Done(Box::new(run_of(index, epochs)))])
            })
            .films(|id| film(id, false))
            .build()
    }

    /// The same without its test films, with each validation film `copies` times.
    fn without_test(mut study: Study, copies: usize) -> Study {
        for state in study.entries.iter_mut().flat_map(|entry| &mut entry.runs) {
            let RunState::Done(run) = state else { continue };
            run.result.figures.test = None;
            run.result.baseline.test = None;
            run.predictions.retain(|row| row.split == Split::Val);
            let films = std::mem::take(&mut run.predictions);
            for copy in 0..copies {
                run.predictions.extend(films.iter().cloned().enumerate().map(|(place, mut row)| {
                    row.id = format!("{}-{copy}", row.id);
                    row.predicted += ((place * 31 + copy * 17) % 23) as f64 - 11.0;
                    row
                }));
            }
        }
        study
    }

    /// Studies that have caught layouts out: many, one, long names, failures, several runs, a diverged one, no test part, no known film.
    fn studies() -> Vec<(&'static str, Study)> {
        let long = "A Backbone With A Very Long Name That No Panel Holds At Once, Version 2";
        let twelve: Vec<&str> = NINE.iter().copied().chain([long, "ViT", "ConvNeXt"]).collect();
        let mixed = StudyBuilder::new()
            .entry("VGG19", vec![done(9.0), done(14.0), done(11.0)])
            .entry("VGG16", vec![failed("out of memory")])
            .entry(long, vec![done(12.0), failed("x"), RunState::Missing])
            .entry("Diverged", vec![RunState::Done(Box::new(recorded(900.0, 10)))])
            .entry("U-net", vec![RunState::Missing])
            .films(|id| film(id, true))
            .note("The films are synthetic.")
            .build();
        let swept =
            NINE.iter().zip(8..).fold(StudyBuilder::new(), |builder, (label, mae)| builder.entry(label, vec![done(f64::from(mae))]));
        let swept = swept.entry("VGG11", vec![failed("x")]).note("The films are synthetic.").swept(0.5).build();
        let names: Vec<String> = (0..40).map(|index| format!("ResNet50 · size {} · rate {index}", 32 * (1 + index % 4))).collect();
        let many: Vec<&str> = names.iter().map(String::as_str).collect();
        vec![
            ("nine", study_of(&NINE, 10)),
            ("one", study_of(&["CNN"], 2)),
            ("twelve", study_of(&twelve, 18)),
            ("mixed", mixed),
            ("swept", swept),
            ("validation", without_test(study_of(&NINE[..4], 10), 30)),
            ("many", study_of(&many, 30)),
        ]
    }

    #[test]
    fn a_plot_is_the_same_bytes_every_time_and_both_formats_are_whole() {
        // One network has nothing to be compared with.
        for ((name, study), plots) in [(&studies()[1], 8), (&studies()[3], 9)] {
            let summary = Summary::of(study);
            let files = render(study, &summary).unwrap();
            assert_eq!(files.len(), 2 * plots, "{name}");
            assert_eq!(files, render(study, &summary).unwrap(), "{name}");
            for file in &files {
                if file.path.extension().unwrap() == "png" {
                    let image = image::load_from_memory(&file.bytes).unwrap().to_rgb8();
                    let is_coloured = |pixel: [u8; 3]| [VAL, TEST, VERMILION].contains(&RGBColor(pixel[0], pixel[1], pixel[2]));
                    assert!(image.pixels().any(|pixel| is_coloured(pixel.0)), "{name}: no colour in {}", file.path.display());
                } else {
                    let text = std::str::from_utf8(&file.bytes).unwrap();
                    assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"), "{name}");
                    assert!(text.contains("font-family=\"DejaVu Sans, sans-serif\""), "{name}");
                }
            }
        }
    }

    #[test]
    fn no_two_texts_overlap_and_none_leaves_the_drawing() {
        for (name, study) in studies() {
            for (plot, drawing) in drawings(&study, &Summary::of(&study)) {
                let words = drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words) } else { None });
                let boxes: Vec<_> = words.map(|words| (words.text.clone(), words.bounds())).collect();
                for (index, (text, bounds)) in boxes.iter().enumerate() {
                    let inside =
                        bounds.left >= 0.0 && bounds.top >= 0.0 && bounds.right <= drawing.width && bounds.bottom <= drawing.height;
                    assert!(inside, "{name}, {plot}: {text:?} at {bounds:?} leaves {} × {}", drawing.width, drawing.height);
                    for (other, other_bounds) in &boxes[..index] {
                        assert!(!bounds.overlaps(other_bounds), "{name}, {plot}: {text:?} overlaps {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_subtitle_holds_the_notes_and_the_rows_without_figures() {
        let study = &studies()[3].1;
        for (plot, drawing) in drawings(study, &Summary::of(study)) {
            let words =
                drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words.text.as_str()) } else { None });
            let text = words.collect::<Vec<_>>().join(" ");
            assert!(text.contains("synthetic"), "{plot}: {text}");
            // Ages of films have nothing to do with rows.
            assert!(text.contains("VGG16, U-net") || plot == "data_distribution", "{plot}: {text}");
        }
    }

    #[test]
    fn every_plot_says_how_many_films_and_which_part_where_there_is_no_test_part() {
        let studies = studies();
        let (_, study) = studies.iter().find(|(name, _)| *name == "validation").unwrap();
        for (plot, drawing) in drawings(study, &Summary::of(study)) {
            let words =
                drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words.text.as_str()) } else { None });
            let text = words.collect::<Vec<_>>().join(" ");
            assert!(text.contains("n = "), "{plot}: {text}");
            let is_by_part = matches!(plot, "learning_curves" | "mae_bars" | "predicted_vs_true" | "data_distribution");
            assert!(is_by_part || text.contains("There is no test part"), "{plot}: {text}");
            assert!(plot == "data_distribution" || !text.contains("test (") && !text.contains("test films"), "{plot}: {text}");
        }
    }

    #[test]
    fn a_study_without_a_finished_run_has_no_plots() {
        let study = StudyBuilder::new().entry("VGG16", vec![failed("x")]).build();
        assert!(render(&study, &Summary::of(&study)).unwrap().is_empty());
    }

    #[test]
    #[ignore = "writes the plots for a person to look at: BENCH_RUN_PLOTS=folder"]
    fn show() {
        let folder = std::path::PathBuf::from(std::env::var_os("BENCH_RUN_PLOTS").unwrap());
        for (name, study) in studies() {
            for file in render(&study, &Summary::of(&study)).unwrap() {
                let path = folder.join(name).join(&file.path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, file.bytes).unwrap();
            }
        }
    }
}
