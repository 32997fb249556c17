//! The JSON Schema of a spec with the values that a plan takes where the spec gives none.
//!
//! In: the schema of the types. Out: the same with a `default` at each key whose default is always the same. Keys of the entries of
//! `backbones` have as their defaults what the spec says, so that their blocks have definitions of their own.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::config::{AugmentConfig, ComputePrecision, SplitConfig, TrainConfig};
use super::defaults;
use crate::spec::{
    AttentionKind, BalanceTo, CropFilm, Freeze, InvertFilm, NormaliseFilm, Normalize, OnBad, Precision, ReportEpoch, ReportPage, VitPreset,
    YoloScale,
};

/// The blocks that a spec and an entry of `backbones` have in common.
const SHARED_BLOCKS: [&str; 5] = ["ImageSpec", "PrepareSpec", "AugmentSpec", "HeadSpec", "TrainSpec"];

/// The schema of a spec file.
///
/// # Panics
/// Never: every definition and key that is named here is there, which a test sees.
pub fn spec_schema() -> Value {
    let mut schema = crate::spec::json_schema();
    let definitions = schema["$defs"].as_object_mut().expect("blocks have definitions");
    give_entries_their_own_blocks(definitions);
    for (definition, key, default) in fixed_defaults() {
        let properties = definitions.get_mut(definition).and_then(|found| found["properties"].as_object_mut());
        let property = properties.and_then(|properties| properties.get_mut(key)).expect("every key has a schema");
        property["default"] = default;
    }
    schema["properties"]["seeds"]["default"] = json!(defaults::SEEDS);
    schema
}

fn give_entries_their_own_blocks(definitions: &mut Map<String, Value>) {
    for name in SHARED_BLOCKS {
        let own = definitions.get(name).expect("every block has a definition").clone();
        definitions.insert(format!("{name}OfEntry"), own);
    }
    let settings = definitions.get_mut("BackboneSettings").expect("it has a definition");
    for property in settings["properties"].as_object_mut().expect("it has keys").values_mut() {
        let reference = property.get("$ref").and_then(Value::as_str).unwrap_or_default().to_owned();
        if SHARED_BLOCKS.iter().any(|name| reference.ends_with(&format!("/{name}"))) {
            property["$ref"] = json!(format!("{reference}OfEntry"));
        }
    }
}

/// A definition, a key of it, and what is taken where the spec does not give it.
type Default = (&'static str, &'static str, Value);

fn fixed_defaults() -> Vec<Default> {
    let clahe = defaults::clahe();
    let mut found = vec![
        ("DataSpec", "on_bad", word(OnBad::default())),
        ("DataSpec", "allow_leaks", json!(false)),
        ("PhantomSource", "count", json!(defaults::PHANTOM_COUNT)),
        ("PhantomSource", "seed", json!(defaults::PHANTOM_SEED)),
        ("ImageSpec", "size", json!(defaults::image().size.height)),
        ("ImageSpec", "channels", word(defaults::image().channels)),
        ("ImageSpec", "fit", word(defaults::image().fit)),
        ("ImageSpec", "normalize", word(Normalize::default())),
        ("PrepareSpec", "invert", word(InvertFilm::default())),
        ("PrepareSpec", "crop", word(CropFilm::default())),
        ("PrepareSpec", "normalise", word(NormaliseFilm::default())),
        ("PrepareSpec", "clahe", json!(false)),
        ("ClaheSettings", "clip_limit", json!(clahe.clip_limit.get())),
        ("ClaheSettings", "tiles", json!(clahe.tiles.get())),
        ("BalanceSpec", "to", word(BalanceTo::default())),
        ("HeadSpec", "sex", json!(false)),
        ("HeadSpec", "age_bins", json!(defaults::AGE_BINS)),
        ("ReportSpec", "unit", word(defaults::REPORT_UNIT)),
        ("ReportSpec", "epoch", word(ReportEpoch::default())),
        ("ReportSpec", "page", word(ReportPage::default())),
        ("ReportSpec", "tensorboard", json!(false)),
        ("BackboneSettings", "preset", word(VitPreset::default())),
        ("BackboneSettings", "patch_size", json!(defaults::VIT_PATCH_SIZE)),
        ("BackboneSettings", "scale", word(YoloScale::default())),
        ("BackboneSettings", "kind", word(AttentionKind::default())),
        ("BackboneSettings", "freeze", word(Freeze::default())),
    ];
    found.extend(of_split());
    found.extend(of_augment());
    found.extend(of_train());
    found
}

/// The word or number of a spec.
fn word(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("words and numbers")
}

fn of_split() -> Vec<Default> {
    // The shares are others where there are folds or given parts; `val` and `test` are those of all other specs.
    let SplitConfig { val, test, folds: _, repeats, seed, stratify, group, given: _ } = defaults::split();
    let keys = [
        ("val", json!(val)),
        ("test", json!(test)),
        ("repeats", json!(repeats)),
        ("seed", json!(seed)),
        ("stratify", word(stratify)),
        ("group", word(group)),
    ];
    keys.map(|(key, default)| ("SplitSpec", key, default)).into()
}

fn of_augment() -> Vec<Default> {
    let AugmentConfig { rotate, translate, scale, flip, brightness, contrast, gamma, noise, invert, shear, elastic, blur, sharpen, .. } =
        defaults::augment();
    let AugmentConfig { tint, erase, balance: _, balance_to: _, .. } = defaults::augment();
    let keys = [
        ("rotate", rotate),
        ("translate", translate),
        ("scale", scale),
        ("flip", flip),
        ("brightness", brightness),
        ("contrast", contrast),
        ("gamma", gamma),
        ("noise", noise),
        ("invert", invert),
        ("shear", shear),
        ("elastic", elastic),
        ("blur", blur),
        ("sharpen", sharpen),
        ("tint", tint),
        ("erase", erase),
    ];
    keys.map(|(key, default)| ("AugmentSpec", key, json!(default))).into()
}

fn of_train() -> Vec<Default> {
    // What `auto` means depends on the machine.
    let TrainConfig {
        epochs,
        batch_size,
        micro_batch_size,
        optimizer,
        learning_rate,
        find_lr,
        backbone_learning_rate,
        weight_decay,
        schedule,
        plateau: _,
        warmup_epochs,
        loss,
        gradient_clip,
        ema,
        early_stop,
        precision: _,
        on_nan,
    } = defaults::train(ComputePrecision::Fp32);
    let keys = [
        ("epochs", json!(epochs)),
        ("batch_size", json!(batch_size)),
        ("micro_batch_size", json!(micro_batch_size)),
        ("optimizer", word(optimizer)),
        ("learning_rate", json!(learning_rate)),
        ("find_lr", json!(find_lr)),
        ("backbone_learning_rate", json!(backbone_learning_rate)),
        ("weight_decay", json!(weight_decay)),
        ("schedule", word(schedule)),
        ("plateau_patience", json!(defaults::PLATEAU.patience)),
        ("plateau_factor", json!(defaults::PLATEAU.factor)),
        ("warmup_epochs", json!(warmup_epochs)),
        ("loss", word(loss)),
        ("gradient_clip", json!(gradient_clip)),
        ("ema", json!(ema)),
        ("early_stop", json!(early_stop)),
        ("precision", word(Precision::default())),
        ("on_nan", word(on_nan)),
    ];
    keys.map(|(key, default)| ("TrainSpec", key, default)).into()
}
