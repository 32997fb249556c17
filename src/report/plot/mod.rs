//! Plots: learning curves, errors as bars, predicted against true ages, errors on changed films, ages of the
//! films; each as SVG and PNG of the same
//! drawing. Sheets of films, as PNG.
//!
//! A plot is first a [`Drawing`], plain data that tests can look at, and is then handed to the two
//! backends. The same study gives the same bytes, with any fonts installed or none.

pub(super) mod age_histogram;
mod axis;
mod backend;
pub(super) mod contact_sheet;
mod drawing;
mod layout;
mod learning_curves;
mod mae_bars;
mod predicted_vs_true;
mod robustness;
mod style;

use self::drawing::Drawing;
use super::summary::{Row, Summary};
use super::{ReportError, ReportFile, Study};

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
    [
        ("learning_curves", learning_curves::draw(study, summary)),
        ("mae_bars", mae_bars::draw(study, summary)),
        ("predicted_vs_true", predicted_vs_true::draw(study, summary)),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::drawing::Shape;
    use super::*;
    use crate::record::format::RunState;

    const NINE: [&str; 9] =
        ["VGG19", "VGG16", "CNN", "U-net", "Attention Mechanism", "EfficientNetV2S", "Resnet50", "Vision-Transformer", "Yolo"];

    fn study_of(labels: &[&str], epochs: u32) -> Study {
        labels
            .iter()
            .enumerate()
            .fold(StudyBuilder::new(), |builder, (index, label)| {
                let run = recorded(14.0 + 4.0 * (index as f64 * 1.7).sin() + index as f64, epochs);
                builder.entry(label, vec![RunState::Done(Box::new(run))])
            })
            .build()
    }

    /// Studies that have caught layouts out: many, one, long names, failures, several runs, a diverged one.
    fn studies() -> Vec<(&'static str, Study)> {
        let long = "A Backbone With A Very Long Name That No Panel Holds At Once, Version 2";
        let twelve: Vec<&str> = NINE.iter().copied().chain([long, "ViT", "ConvNeXt"]).collect();
        let mixed = StudyBuilder::new()
            .entry("VGG19", vec![done(9.0), done(14.0), done(11.0)])
            .entry("VGG16", vec![failed("out of memory")])
            .entry(long, vec![done(12.0), failed("x"), RunState::Missing])
            .entry("Diverged", vec![RunState::Done(Box::new(recorded(900.0, 10)))])
            .entry("U-net", vec![RunState::Missing])
            .note("The films are synthetic.")
            .build();
        let swept =
            NINE.iter().zip(8..).fold(StudyBuilder::new(), |builder, (label, mae)| builder.entry(label, vec![done(f64::from(mae))]));
        let swept = swept.entry("VGG11", vec![failed("x")]).note("The films are synthetic.").swept(0.5).build();
        vec![
            ("nine", study_of(&NINE, 10)),
            ("one", study_of(&["CNN"], 2)),
            ("twelve", study_of(&twelve, 18)),
            ("mixed", mixed),
            ("swept", swept),
        ]
    }

    #[test]
    fn a_plot_is_the_same_bytes_every_time_and_both_formats_are_whole() {
        for (name, study) in [&studies()[1], &studies()[3]] {
            let summary = Summary::of(study);
            let files = render(study, &summary).unwrap();
            assert_eq!(files.len(), 6, "{name}");
            assert_eq!(files, render(study, &summary).unwrap(), "{name}");
            for file in &files {
                if file.path.extension().unwrap() == "png" {
                    let image = image::load_from_memory(&file.bytes).unwrap().to_rgb8();
                    assert!(image.pixels().any(|pixel| pixel.0 == [0, 114, 178]), "{name}: no blue in {}", file.path.display());
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
            let has = |part: &str| drawing.shapes.iter().any(|shape| matches!(shape, Shape::Words(words) if words.text.contains(part)));
            assert!(has("VGG16, U-net") && has("synthetic"), "{plot}");
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
