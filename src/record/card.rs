//! What the files of a run say beside its figures: the settings that it was made with and the weights that it started from.

use std::path::Path;

use super::format::{RUN_FILE, WEIGHTS_FILE};
use super::reader::read_settings;
use crate::plan::RunConfig;
use crate::weights::LoadReport;

/// The settings of one run; what is not on disk, or cannot be read, is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunCard {
    /// The name of its folder below `runs/`.
    pub run_id: String,
    /// `run.yaml` as it stands.
    pub text: Option<String>,
    /// The same, read.
    pub settings: Option<RunConfig>,
    /// What became of the weights that it started from; none where they were drawn.
    pub weights: Option<LoadReport>,
}

impl RunCard {
    /// From the folder of the run.
    pub fn read(folder: &Path, run_id: &str) -> Self {
        let json = std::fs::read(folder.join(WEIGHTS_FILE)).ok();
        Self {
            run_id: run_id.to_owned(),
            text: std::fs::read_to_string(folder.join(RUN_FILE)).ok(),
            settings: read_settings(folder).ok(),
            weights: json.and_then(|json| serde_json::from_slice(&json).ok()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_none_and_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(RunCard::read(folder.path(), "cnn-s0"), RunCard { run_id: "cnn-s0".into(), ..RunCard::default() });
        std::fs::write(folder.path().join(RUN_FILE), "seed: 3\n").unwrap();
        let report = LoadReport {
            source: "given.safetensors".into(),
            sha256: "00".into(),
            loaded: vec!["a".into()],
            adapted: Vec::new(),
            missing: Vec::new(),
            left_out: Vec::new(),
            unexpected: Vec::new(),
        };
        std::fs::write(folder.path().join(WEIGHTS_FILE), serde_json::to_vec(&report).unwrap()).unwrap();
        let card = RunCard::read(folder.path(), "cnn-s0");
        assert_eq!((card.text.as_deref(), card.settings, card.weights), (Some("seed: 3\n"), None, Some(report)));
    }
}
