//! What the numbers were made with. Nothing here is touched by a clock, and nothing names a path or a user.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::process;

/// Program, library and machine of a results folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub bench_run: String,
    /// Its git revision at build time; `unknown` where it was built outside a checkout.
    pub revision: String,
    /// Version of LibTorch.
    pub libtorch: String,
    /// `cpu` or `cuda:N`, or several.
    pub device: String,
    /// CPU threads of each run.
    pub threads: u32,
    /// Whether what repeats itself only nearly was allowed on CUDA.
    #[serde(default)]
    pub fast: bool,
    /// Name of the processor; none where it cannot be read.
    pub processor: Option<String>,
    /// Memory of the machine; none where it cannot be read.
    pub memory_mib: Option<u64>,
    /// Operating system and processor architecture.
    pub platform: String,
}

/// The file of a results folder that holds it.
pub const ENVIRONMENT_FILE: &str = "environment.json";

impl Environment {
    /// That of a study; none where it has none that can be read.
    pub fn read(study: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(study.join(ENVIRONMENT_FILE)).ok()?).ok()
    }

    /// That of this process and of those that it starts, which compute on `device` with so many threads each.
    pub fn current(device: &str, threads: u32, fast: bool) -> Self {
        Self {
            bench_run: env!("CARGO_PKG_VERSION").to_owned(),
            revision: env!("BENCH_RUN_REVISION").to_owned(),
            libtorch: env!("BENCH_RUN_LIBTORCH").to_owned(),
            device: device.to_owned(),
            threads,
            fast,
            processor: process::processor(),
            memory_mib: process::memory_mib(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_program_and_the_library() {
        let environment = Environment::current("cpu", 2, false);
        assert_eq!(environment.device, "cpu");
        assert!(environment.libtorch.starts_with("2."), "{environment:?}");
        assert!(environment.threads >= 1, "{environment:?}");
    }
}
