//! A safetensors file as read: tensors by name, each checked before it is handed out.

use std::path::{Path, PathBuf};

use safetensors::tensor::Metadata;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use super::WeightsError;

/// Larger than the weights of any network here; such a file is not even read.
const LARGEST_FILE: u64 = 8 << 30;

/// A safetensors file in memory.
pub struct WeightsFile {
    path: PathBuf,
    bytes: Vec<u8>,
    header: Metadata,
    /// Where the tensors' bytes begin.
    start: usize,
}

impl std::fmt::Debug for WeightsFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeightsFile").field("path", &self.path).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl WeightsFile {
    /// Reads a file and checks its layout.
    ///
    /// # Errors
    /// If it cannot be read or is no whole safetensors file.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let at = |source| WeightsError::Read { path: path.to_owned(), source };
        let length = std::fs::metadata(path).map_err(at)?.len();
        if length > LARGEST_FILE {
            let reason = format!("it has {} GiB, more than any network here", length >> 30);
            return Err(WeightsError::Damaged { path: path.to_owned(), reason });
        }
        let bytes = std::fs::read(path).map_err(at)?;
        // This checks every offset and that the file is whole.
        let read = SafeTensors::read_metadata(&bytes);
        let (length, header) = read.map_err(|error| WeightsError::Damaged { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { path: path.to_owned(), bytes, header, start: length + size_of::<u64>() })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of all its bytes, lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        format!("{:x}", Sha256::digest(&self.bytes))
    }

    /// The text that its writer left under a key.
    pub fn metadata(&self, key: &str) -> Option<String> {
        self.header.metadata().as_ref().and_then(|texts| texts.get(key).cloned())
    }

    /// The names of its tensors, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.header.tensors().into_keys().collect();
        names.sort();
        names
    }

    /// A tensor in fp32 on the CPU; none where the file has none of that name.
    ///
    /// # Errors
    /// If it is not made of finite floating-point numbers.
    pub fn tensor(&self, name: &str) -> Result<Option<Tensor>, WeightsError> {
        let Some(info) = self.header.info(name) else { return Ok(None) };
        let data = &self.bytes[self.start + info.data_offsets.0..self.start + info.data_offsets.1];
        let kind = match info.dtype {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F64 => Kind::Double,
            other => return Err(WeightsError::Kind { path: self.path.clone(), name: name.to_owned(), found: other.to_string() }),
        };
        let shape: Vec<i64> = info.shape.iter().map(|side| *side as i64).collect();
        // The library that reads the header has checked this too; the line after it copies that many bytes unseen.
        if data.len() != info.shape.iter().product::<usize>() * kind.elt_size_in_bytes() {
            return Err(WeightsError::Damaged { path: self.path.clone(), reason: format!("{name} has bytes for another shape") });
        }
        let tensor = Tensor::from_data_size(data, &shape, kind).to_kind(Kind::Float);
        if tensor.isfinite().all().int64_value(&[]) == 0 {
            return Err(WeightsError::NotFinite { path: self.path.clone(), name: name.to_owned() });
        }
        Ok(Some(tensor))
    }
}
