//! Checksums of a record: those of its files are in `result.json`, which has one of itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::RecordError;
use super::format::{EPOCHS_FILE, LR_SEARCH_FILE, MODEL_FILE, PREDICTIONS_FILE, RESULT_FILE, RUN_FILE, RunResult, WEIGHTS_FILE};

/// The files whose checksums are kept: those that no clock touches.
const SEALED: [&str; 6] = [RUN_FILE, EPOCHS_FILE, PREDICTIONS_FILE, MODEL_FILE, WEIGHTS_FILE, LR_SEARCH_FILE];

/// BLAKE3 of a file, lower-case hexadecimal.
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            count => hasher.update(&buffer[..count]),
        };
    }
}

/// A result with the checksums of the files in its folder and its own.
pub(super) fn sealed(folder: &Path, result: RunResult) -> Result<RunResult, RecordError> {
    let mut files = BTreeMap::new();
    for name in SEALED {
        let path = folder.join(name);
        match hash_file(&path) {
            Ok(hash) => _ = files.insert(name.to_owned(), hash),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(RecordError::Read { path, source }),
        }
    }
    let open = RunResult { files, blake3: String::new(), ..result };
    let encode = |error: serde_json::Error| RecordError::Encode { what: RESULT_FILE, reason: error.to_string() };
    // Through text, since a number of single precision is written with fewer digits than it has as a value.
    let text = serde_json::to_string(&open).map_err(encode)?;
    let blake3 = seal_of(serde_json::from_str(&text).map_err(encode)?);
    Ok(RunResult { blake3, ..open })
}

/// Whether the text of a result is as it was written; always where it has no checksum, as in records of early versions.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_seal(text: &str) -> Result<(), String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let written = value.get("blake3").and_then(|seal| seal.as_str()).map(str::to_owned);
    match written {
        Some(written) if seal_of(value) != written => Err("its checksum is wrong".to_owned()),
        _ => Ok(()),
    }
}

/// Keys are sorted, and fields that this program does not know are part of it.
fn seal_of(mut value: serde_json::Value) -> String {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("blake3");
    }
    value.sort_all_objects();
    blake3::hash(value.to_string().as_bytes()).to_hex().to_string()
}

/// Whether the bytes of a file are those that the result was written with.
///
/// # Errors
/// What is wrong with them.
pub(super) fn check_bytes(result: &RunResult, name: &str, bytes: &[u8]) -> Result<(), String> {
    match result.files.get(name) {
        Some(hash) if blake3::hash(bytes).to_hex().as_str() != hash => Err("its checksum is wrong".to_owned()),
        _ => Ok(()),
    }
}

/// Check the weights of a finished run, which are not read with its figures. A run whose weights were removed to save space keeps
/// its figures.
///
/// # Errors
/// If they are there and damaged.
pub fn check_weights(folder: &Path, result: &RunResult) -> Result<(), RecordError> {
    let (path, Some(expected)) = (folder.join(MODEL_FILE), result.files.get(MODEL_FILE)) else { return Ok(()) };
    match hash_file(&path) {
        Ok(hash) if hash == *expected => Ok(()),
        Ok(_) => Err(RecordError::Damaged { path, reason: "its checksum is wrong".to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(RecordError::Read { path, source }),
    }
}
