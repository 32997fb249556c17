//! `bench-run backbones`: the networks that a spec may name.

use std::io::Write;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use tch::Device;

use crate::backbone::{Context, Parameters, registry};
use crate::error::{DONE, Error};
use crate::human::spaced;
use crate::plan::{Architecture, ImageConfig, PrepareConfig};
use crate::spec::{BackboneName, Channels, Fit, ImageSize};

/// A variant of a network.
#[derive(Serialize)]
struct Row {
    /// As a spec writes it.
    entry: String,
    name: &'static str,
    display_name: &'static str,
    year: Option<u32>,
    paper: &'static str,
    /// Of the trunk, for images of three channels.
    parameters: u64,
    /// Of the trunk; none where it does not take images of that size.
    gflops: Option<f64>,
    smallest_side: u32,
    input_rule: &'static str,
    published_weights: &'static [&'static str],
}

/// Print every variant of every network: parameters and GFLOPs of its trunk for a square image of three channels, the images
/// that it takes, its published weights and its paper; as a table or as JSON.
///
/// # Errors
/// None at present.
pub fn backbones(size: u32, json: bool, width: u16) -> Result<u8, Error> {
    let rows: Vec<Row> = BackboneName::ALL.into_iter().flat_map(registry::variants).map(|variant| row(&variant, size)).collect();
    let text = if json { to_json(&rows) } else { table(&rows, size, width) };
    // A closed pipe is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(DONE)
}

fn row(architecture: &Architecture, side: u32) -> Row {
    let info = registry::info(architecture.name());
    let smallest_side = registry::smallest_side(architecture);
    let fits = registry::check_input(architecture, ImageSize::square(side)).is_ok();
    let counted = if fits { side } else { smallest_side };
    let (parameters, gflops) = trunk_cost(architecture, counted);
    Row {
        entry: registry::spec_entry(architecture),
        name: info.name.name(),
        display_name: info.display_name,
        year: info.year,
        paper: info.paper,
        parameters,
        gflops: fits.then_some(gflops),
        smallest_side,
        input_rule: info.input_rule,
        published_weights: registry::published_weights(architecture),
    }
}

/// Parameters of the trunk, and billions of floating-point operations (twice the multiply-adds) for one image.
fn trunk_cost(architecture: &Architecture, side: u32) -> (u64, f64) {
    let image = ImageConfig { size: ImageSize::square(side), channels: Channels::Rgb, fit: Fit::Pad, prepare: PrepareConfig::default() };
    let parameters = Parameters::zeros(Device::Cpu);
    let trunk = registry::build(architecture, &parameters.root(), image);
    let side = i64::from(side);
    let film = tch::Tensor::zeros([1, 3, side, side], (tch::Kind::Float, Device::Cpu));
    let context = Context::eval(tch::Kind::Float);
    let _ = tch::no_grad(|| trunk.forward_features(&film, &context));
    (parameters.count(), 2.0 * context.multiply_adds() as f64 / 1e9)
}

fn to_json(rows: &[Row]) -> String {
    serde_json::to_string_pretty(rows).expect("words and numbers")
}

fn table(rows: &[Row], size: u32, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(["in a spec", "network", "parameters", "GFLOPs", "smallest", "input", "published weights"]);
    for row in rows {
        table.add_row([
            row.entry.clone(),
            row.display_name.to_owned(),
            spaced(row.parameters),
            row.gflops.map_or_else(|| "–".to_owned(), |gflops| format!("{gflops:.2}")),
            row.smallest_side.to_string(),
            row.input_rule.to_owned(),
            row.published_weights.join("\n"),
        ]);
    }
    let mut papers: Vec<String> = Vec::new();
    for row in rows {
        let line = format!("  {}: {}", row.display_name, row.paper);
        if !papers.contains(&line) {
            papers.push(line);
        }
    }
    format!(
        "{table}\nParameters and GFLOPs (twice the multiply-adds) of the trunk, without a head, for one image of 3 channels and {size}×{size} \
         pixels; – where it takes no such image.\nPapers:\n{}",
        papers.join("\n")
    )
}
