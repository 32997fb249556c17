//! What became of the tensors of a file and of a network.

use serde::{Deserialize, Serialize};

/// What became of the tensors of a file of weights, and of those of the network that starts from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Where the weights are from: the name of the file, or the file on its hub.
    pub source: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Taken as they are.
    pub loaded: Vec<String>,
    /// Taken after a change.
    pub adapted: Vec<Adapted>,
    /// Tensors of the network that the file has not, which start as new: at most those of the head.
    pub missing: Vec<String>,
    /// Tensors of the file that belong to a classifier or head of another shape.
    pub left_out: Vec<String>,
    /// Tensors of the file that the network has no use for.
    pub unexpected: Vec<String>,
}

/// A tensor that was changed to fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapted {
    /// Its name.
    pub name: String,
    /// What was done.
    pub change: String,
}
