//! A safetensors file as read: tensors by name, each checked before it is handed out.

use std::path::{Path, PathBuf};

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
}

impl std::fmt::Debug for WeightsFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeightsFile").field("path", &self.path).field("bytes", &self.bytes.len()).finish()
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
        let file = Self { path: path.to_owned(), bytes: std::fs::read(path).map_err(at)? };
        file.tensors()?;
        Ok(file)
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
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn metadata(&self, key: &str) -> Result<Option<String>, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(&self.bytes).map_err(|error| self.damaged(&error))?;
        Ok(header.metadata().as_ref().and_then(|texts| texts.get(key).cloned()))
    }

    /// The names of its tensors, sorted.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn names(&self) -> Result<Vec<String>, WeightsError> {
        let tensors = self.tensors()?;
        let mut names: Vec<String> = tensors.names().into_iter().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// A tensor in fp32 on the CPU; none where the file has none of that name.
    ///
    /// # Errors
    /// If it is not made of finite floating-point numbers.
    pub fn tensor(&self, name: &str) -> Result<Option<Tensor>, WeightsError> {
        let tensors = self.tensors()?;
        let Ok(view) = tensors.tensor(name) else { return Ok(None) };
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F64 => Kind::Double,
            other => return Err(WeightsError::Kind { path: self.path.clone(), name: name.to_owned(), found: other.to_string() }),
        };
        let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
        // The library that reads the header has checked this too; the line after it copies that many bytes unseen.
        if view.data().len() != view.shape().iter().product::<usize>() * kind.elt_size_in_bytes() {
            return Err(WeightsError::Damaged { path: self.path.clone(), reason: format!("{name} has bytes for another shape") });
        }
        let tensor = Tensor::from_data_size(view.data(), &shape, kind).to_kind(Kind::Float);
        if tensor.isfinite().all().int64_value(&[]) == 0 {
            return Err(WeightsError::NotFinite { path: self.path.clone(), name: name.to_owned() });
        }
        Ok(Some(tensor))
    }

    fn tensors(&self) -> Result<SafeTensors<'_>, WeightsError> {
        SafeTensors::deserialize(&self.bytes).map_err(|error| self.damaged(&error))
    }

    fn damaged(&self, error: &safetensors::SafeTensorError) -> WeightsError {
        WeightsError::Damaged { path: self.path.clone(), reason: error.to_string() }
    }
}
