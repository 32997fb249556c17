//! Numbers and names that are checked while they are parsed, so that a bad one is reported with its line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::shown::{float, quoted};
use crate::hub::HubFile;

/// A whole number of at least `MIN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u64")]
pub struct AtLeast<const MIN: u64>(u64);

impl<const MIN: u64> AtLeast<MIN> {
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64> TryFrom<i64> for AtLeast<MIN> {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        match u64::try_from(value) {
            // The upper bound keeps every count inside the sizes that tensors and tables work with.
            Ok(number) if number >= MIN && u32::try_from(number).is_ok() => Ok(Self(number)),
            Ok(number) if number >= MIN => Err(format!("must be at most {}, found {number}", u32::MAX)),
            _ => Err(format!("must be at least {MIN}, found {value}")),
        }
    }
}

impl<const MIN: u64> From<AtLeast<MIN>> for u64 {
    fn from(value: AtLeast<MIN>) -> Self {
        value.0
    }
}

/// A share of more than the whole was most likely meant in percent.
fn in_percent(value: f64, expected: &str) -> String {
    let is_share = expected.ends_with(" 1") && value > 1.0 && value <= 100.0;
    if is_share { format!("; for {value} % write {}", value / 100.0) } else { String::new() }
}

macro_rules! checked_float {
    ($(#[$doc:meta])* $name:ident, $accepts:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// The number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = String;

            fn try_from(value: f64) -> Result<Self, String> {
                let accepts: fn(f64) -> bool = $accepts;
                if value.is_finite() && accepts(value) {
                    Ok(Self(value))
                } else {
                    let found = if value.is_finite() { value.to_string() } else { float(value) };
                    Err(format!(concat!("must be ", $expected, ", found {}{}"), found, in_percent(value, $expected)))
                }
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

checked_float!(
    /// A number above zero.
    Positive, |value| value > 0.0, "above 0"
);
checked_float!(
    /// A number of at least zero.
    NonNegative, |value| value >= 0.0, "at least 0"
);
checked_float!(
    /// An angle of a leaning line, degrees.
    Lean, |value| (0.0..=60.0).contains(&value), "between 0 and 60"
);
checked_float!(
    /// A share below the whole.
    Fraction, |value| (0.0..1.0).contains(&value), "at least 0 and below 1"
);
checked_float!(
    /// A factor that makes smaller and not nothing.
    ProperFraction, |value| value > 0.0 && value < 1.0, "above 0 and below 1"
);
checked_float!(
    /// A probability.
    Probability, |value| (0.0..=1.0).contains(&value), "between 0 and 1"
);

// It is never NaN, so that every one equals itself, and never zero, of which there are two.
impl Eq for Positive {}

impl std::hash::Hash for Positive {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// In bytes; file systems take names of 255.
const LONGEST_NAME: usize = 100;

/// A name that is safe as a folder: letters, digits, `-`, `_` and `.`, not starting with a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpecName(String);

impl SpecName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SpecName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
            return Err(format!("must be letters, digits, '-', '_' or '.' and not start with a dot, found {}", quoted(&name)));
        }
        // Folders and files get longer names than this from it.
        if name.len() > LONGEST_NAME {
            return Err(format!("must be at most {LONGEST_NAME} bytes long, found {}", quoted(&name)));
        }
        Ok(Self(name))
    }
}

impl From<SpecName> for String {
    fn from(name: SpecName) -> Self {
        name.0
    }
}

/// Where weights to start from are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WeightsSource {
    /// A safetensors file, relative to the working folder.
    File(PathBuf),
    /// A safetensors file of a repository on a hub.
    Hub(HubFile),
}

impl TryFrom<String> for WeightsSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("hf:") {
            return HubFile::try_from(text).map(Self::Hub).map_err(|error| error.to_string());
        }
        let path = PathBuf::from(&text);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => Ok(Self::File(path)),
            Some("pt" | "pth" | "bin" | "ckpt") => Err(format!(
                "must be a .safetensors file, found {}, whose format can hold programs; convert it with `safetensors.torch.save_file` in Python",
                quoted(&text)
            )),
            _ => Err(format!("must be a .safetensors file or hf:OWNER/NAME[@REVISION][/FILE], found {}", quoted(&text))),
        }
    }
}

impl From<WeightsSource> for String {
    fn from(source: WeightsSource) -> Self {
        source.to_string()
    }
}

impl std::fmt::Display for WeightsSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Hub(file) => file.fmt(f),
        }
    }
}
