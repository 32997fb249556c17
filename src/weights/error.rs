//! Why weights cannot be used; one line each.

use std::io;
use std::path::PathBuf;

use crate::hub::HubError;

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no safetensors file, or not a whole one.
    #[error("{} is no complete safetensors file ({reason}); get it again", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is another one than when the run was planned.
    #[error("{} has changed since the run was planned; repeat the command", .path.display())]
    Changed {
        /// Which.
        path: PathBuf,
    },
    /// A tensor is not made of floating-point numbers.
    #[error("{} holds {name} as {found}; expected F32, F16, BF16 or F64", .path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its data type.
        found: String,
    },
    /// A tensor holds NaN or an infinity.
    #[error("{} holds numbers in {name} that are not finite; a network cannot start from them", .path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor of the trunk has another shape, and there is no rule to make it fit.
    #[error("{} holds {shapes}; {advice}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Which tensor, its shape, and what the network has.
        shapes: String,
        /// What to do.
        advice: &'static str,
    },
    /// The file does not cover the trunk.
    #[error("{} holds {} of the {of} tensors of {network} ({}); {advice}", .path.display(), of - missing.len(), examples("missing", missing))]
    Missing {
        /// The file.
        path: PathBuf,
        /// The network.
        network: &'static str,
        /// What it lacks.
        missing: Vec<String>,
        /// Tensors of the trunk.
        of: usize,
        /// What to do.
        advice: String,
    },
    /// The file holds more layers than the trunk.
    #[error(
        "{} holds layers that {network} has not ({}); they are another network's",
        .path.display(),
        examples("for example", unexpected)
    )]
    Larger {
        /// The file.
        path: PathBuf,
        /// The network.
        network: &'static str,
        /// What is too much.
        unexpected: Vec<String>,
    },
    /// A file beside the weights cannot be understood.
    #[error("{} cannot be understood ({reason}); remove it, or give image.normalize", .path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The hub does not give the file.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// The first few names of a list.
fn examples(word: &str, names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 { format!("{word} {shown} and {more} more") } else { format!("{word} {shown}") }
}
