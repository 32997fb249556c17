//! The files that this program writes: a run's weights, with what a reader must know to use them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensorError};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::{WeightsError, WeightsFile};
use crate::data::Normalization;
use crate::plan::{Architecture, ImageConfig};

/// The key under which a file keeps its [`OwnMetadata`]. One key only: the format writes several in no fixed order.
const KEY: &str = "bench_run";

/// What the weights of a run need beside themselves to give ages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnMetadata {
    /// The network.
    pub architecture: Architecture,
    /// The size and channels of its images, and how films are made to fit.
    pub image: ImageConfig,
    /// By what the channels of a film, 0 to 1, are standardised.
    pub normalization: Normalization,
    /// Mean of the training ages, months: what an output of 0 means.
    pub target_mean: f64,
    /// Standard deviation of the training ages, months: what an output of 1 adds.
    pub target_std: f64,
}

impl OwnMetadata {
    /// What a file of this program says of itself; none where it is another's.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn of(file: &WeightsFile) -> Result<Option<Self>, WeightsError> {
        let parse = |text: String| {
            let damaged = |error: serde_json::Error| WeightsError::Damaged { path: file.path().to_owned(), reason: error.to_string() };
            serde_json::from_str(&text).map_err(damaged)
        };
        file.metadata(KEY).map(parse).transpose()
    }
}

/// Writes tensors, in fp32, as a safetensors file; the same tensors give the same bytes.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, tensors: &[(String, Tensor)], metadata: &OwnMetadata) -> io::Result<()> {
    let text = serde_json::to_string(metadata).map_err(io::Error::other)?;
    write_file(path, tensors, Some(HashMap::from([(KEY.to_owned(), text)])))
}

/// As [`write()`], for tensors that no other program needs to understand.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_plain(path: &Path, tensors: &[(String, Tensor)]) -> io::Result<()> {
    write_file(path, tensors, None)
}

fn write_file(path: &Path, tensors: &[(String, Tensor)], metadata: Option<HashMap<String, String>>) -> io::Result<()> {
    let views = tensors.iter().map(|(name, tensor)| (name.as_str(), InFile::new(tensor)));
    safetensors::serialize_to_file(views, metadata, path).map_err(|error| match error {
        // What the system says, such as that the disk is full, has advice of its own.
        SafeTensorError::IoError(error) => error,
        error => io::Error::other(error),
    })
}

/// A tensor whose bytes are made when they are written, so that a file takes no more memory than its largest tensor.
struct InFile<'a> {
    tensor: &'a Tensor,
    shape: Vec<usize>,
}

impl<'a> InFile<'a> {
    fn new(tensor: &'a Tensor) -> Self {
        Self { tensor, shape: tensor.size().into_iter().map(|side| side as usize).collect() }
    }
}

impl View for InFile<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(bytes(self.tensor))
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * Kind::Float.elt_size_in_bytes()
    }
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    let values = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    // In the machine's byte order, which is the format's on every machine that LibTorch is built for.
    let mut bytes = vec![0; values.numel() * Kind::Float.elt_size_in_bytes()];
    values.copy_data_u8(&mut bytes, values.numel());
    bytes
}
