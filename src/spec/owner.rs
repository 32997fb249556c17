//! Where a key belongs that stands in another block than its own.

use super::key_path::{KeyPath, Step};
use super::prepare::PrepareSpec;
use super::schema::{
    AugmentSpec, BackboneSettings, BalanceSpec, CsvSource, DataSpec, FilenameSource, HandAtlasSource, HeadSpec, ImageSpec, PhantomSource,
    ReportSpec, RsnaSource, Spec, SplitSpec, TrainSpec,
};
use super::typed::known_keys;

/// `` `epochs` belongs to `train` ``: where the last key of a path would be right, if it is anywhere.
pub(super) fn belongs(path: &KeyPath, key: &str) -> Option<String> {
    let in_entry = matches!(path.steps(), [Step::Key(top), ..] if top == "backbones");
    let here = path.parent();
    let of_entry = [
        ("train", known_keys::<TrainSpec>()),
        ("image", known_keys::<ImageSpec>()),
        ("augment", known_keys::<AugmentSpec>()),
        ("augment.balance", known_keys::<BalanceSpec>()),
        ("prepare", known_keys::<PrepareSpec>()),
        ("head", known_keys::<HeadSpec>()),
    ];
    let of_spec = [
        ("split", known_keys::<SplitSpec>()),
        ("report", known_keys::<ReportSpec>()),
        ("data", known_keys::<DataSpec>()),
        ("data.phantom", known_keys::<PhantomSource>()),
        ("data.csv", known_keys::<CsvSource>()),
        ("data.rsna", known_keys::<RsnaSource>()),
        ("data.filename", known_keys::<FilenameSource>()),
        ("data.hand_atlas", known_keys::<HandAtlasSource>()),
    ];
    let owned = |(section, keys): &(&str, &[&str])| keys.contains(&key).then(|| format!("`{section}`"));
    let mut owners: Vec<String> = of_entry.iter().filter_map(owned).collect();
    if in_entry && !owners.is_empty() {
        return Some(format!("`{key}` belongs to {} of the entry", owners.join(" or ")));
    }
    owners.extend(of_spec.iter().filter_map(owned));
    if !in_entry && known_keys::<BackboneSettings>().contains(&key) && !known_keys::<Spec>().contains(&key) {
        owners.push("an entry of `backbones`".to_owned());
    }
    if !here.is_root() && known_keys::<Spec>().contains(&key) {
        owners.push("the top of the spec, where nothing is indented".to_owned());
    }
    (!owners.is_empty()).then(|| format!("`{key}` belongs to {}", owners.join(" or ")))
}
