//! A cache of its own for each test, and settings that waste no time.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::server::{HostedFile, HubServer};
use crate::hub::{FetchedFile, HubError, HubFile, HubSettings, Patience, Progress, fetch};

pub(super) const TOKEN: &str = "hf_never_to_be_seen";
pub(super) const REPO: &str = "timm/resnet50";
pub(super) const FILE: &str = "model.safetensors";

/// The bytes of every served file: long enough for many chunks.
pub(super) fn bytes() -> Vec<u8> {
    (0..300_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

pub(super) fn hosted() -> HostedFile {
    HostedFile::new(REPO, FILE, &bytes())
}

/// A cache, and a way to ask one endpoint for files.
pub(super) struct Asker {
    pub(super) folder: TempDir,
    variables: Vec<(&'static str, String)>,
    silence: Duration,
    getting_on: u64,
    pub(super) waits: Arc<Mutex<Vec<u64>>>,
    pub(super) seen: Vec<Progress>,
}

impl Asker {
    pub(super) fn new(server: &HubServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let variables = vec![("HF_HOME", home), ("HF_ENDPOINT", server.url()), ("HF_TOKEN", TOKEN.to_owned())];
        let getting_on = Patience::default().getting_on;
        Self { folder, variables, silence: Duration::from_secs(10), getting_on, waits: Arc::default(), seen: Vec::new() }
    }

    /// With a variable, instead of its former value.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(key, _)| *key != name);
        self.variables.push((name, value.to_owned()));
    }

    pub(super) fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// With so few new bytes counting as getting on.
    pub(super) fn with_getting_on(mut self, bytes: u64) -> Self {
        self.getting_on = bytes;
        self
    }

    pub(super) fn settings(&self) -> HubSettings {
        let find = |name: &str| self.variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        let waits = Arc::clone(&self.waits);
        let sleep = Arc::new(move |wait: Duration| waits.lock().unwrap().push(wait.as_secs()));
        let patience = Patience { silence: self.silence, getting_on: self.getting_on, sleep, ..Patience::default() };
        HubSettings::from_lookup(find).unwrap().with_patience(patience)
    }

    /// Fetches; whatever happens, no message shows the token.
    pub(super) fn fetch(&mut self, text: &str) -> Result<FetchedFile, HubError> {
        let file: HubFile = text.parse().unwrap();
        let settings = self.settings();
        self.seen.clear();
        let fetched = fetch(&settings, &file, &mut |progress| self.seen.push(progress));
        assert!(!format!("{fetched:?}").contains(TOKEN));
        fetched
    }

    /// The message of the error that fetching ends with.
    #[track_caller]
    pub(super) fn refused(&mut self, text: &str) -> String {
        self.fetch(text).expect_err("it was fetched").to_string()
    }

    /// Fetches the served file and compares every byte.
    #[track_caller]
    pub(super) fn fetch_whole(&mut self, text: &str) -> FetchedFile {
        let fetched = self.fetch(text).unwrap();
        assert!(fs::read(&fetched.path).unwrap() == bytes(), "other bytes");
        assert_eq!(fetched.sha256, hosted().tag);
        assert_eq!(fetched.size, 300_000);
        assert_eq!(self.left_over(), 0, "an incomplete file is left");
        fetched
    }

    pub(super) fn repo(&self, path: &str) -> PathBuf {
        self.folder.path().join("hub/models--timm--resnet50").join(path)
    }

    pub(super) fn blob(&self) -> PathBuf {
        self.repo("blobs").join(hosted().tag)
    }

    pub(super) fn incomplete(&self) -> PathBuf {
        self.repo("blobs").join(format!("{}.incomplete", hosted().tag))
    }

    /// Number of incomplete files.
    pub(super) fn left_over(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.repo("blobs")) else { return 0 };
        entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "incomplete")).count()
    }

    pub(super) fn waits(&self) -> Vec<u64> {
        self.waits.lock().unwrap().clone()
    }
}
