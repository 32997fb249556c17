//! `bench-run backbones`: the networks that a spec may name.

use std::io::Write;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use tch::Device;

use crate::backbone::{Model, registry};
use crate::error::{DONE, Error};
use crate::plan::{Architecture, ImageConfig};
use crate::spec::{AttentionKind, BackboneName, Channels, Fit, ImageSize, VitPreset, YoloScale};

/// Print name, paper, parameters of the trunk, GFLOPs at 224×224 with one channel, and input rule of each network.
///
/// # Errors
/// None at present.
pub fn backbones() -> Result<u8, Error> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["name", "network", "year", "parameters", "GFLOPs", "input", "paper"]);
    for name in BackboneName::ALL {
        let info = registry::info(name);
        let (parameters, gflops) = size(name);
        table.add_row([
            name.name().to_owned(),
            info.display_name.to_owned(),
            info.year.map_or(String::new(), |year| year.to_string()),
            format!("{:.2} M", parameters as f64 / 1e6),
            format!("{gflops:.2}"),
            info.input_rule.to_owned(),
            info.paper.to_owned(),
        ]);
    }
    let _ = writeln!(std::io::stdout(), "{table}\nParameters and GFLOPs of trunk and default head for one grey film of 224×224 pixels.");
    Ok(DONE)
}

fn size(name: BackboneName) -> (u64, f64) {
    let image = ImageConfig { size: ImageSize::square(224), channels: Channels::Grey, fit: Fit::Pad };
    let model = Model::zeros(&usual(name), image, &registry::default_head(name), Device::Cpu).expect("every network takes 224×224");
    (model.parameters().count(), model.gflops())
}

/// The variant that a spec gets by the bare name.
fn usual(name: BackboneName) -> Architecture {
    match name {
        BackboneName::Vgg16 => Architecture::Vgg16,
        BackboneName::Vgg19 => Architecture::Vgg19,
        BackboneName::Resnet50 => Architecture::Resnet50,
        BackboneName::EfficientnetV2S => Architecture::EfficientnetV2S { drop_path: 0.2 },
        BackboneName::Vit => Architecture::Vit { preset: VitPreset::default(), patch_size: 16, drop_path: 0.0 },
        BackboneName::Unet => Architecture::Unet,
        BackboneName::Cnn => Architecture::Cnn,
        BackboneName::Attention => Architecture::Attention { kind: AttentionKind::default() },
        BackboneName::Yolo => Architecture::Yolo { scale: YoloScale::default() },
        BackboneName::CervicalCnn => Architecture::CervicalCnn,
    }
}
