//! Where the Hub is, where its files are kept, and who asks.
//!
//! In come environment variables, with the names and meanings that the Python package `huggingface_hub` gives them; out
//! comes what the rest of the module goes by.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::error::HubError;
use super::retry::Patience;
use super::url::Origin;

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Where the Hub is, where its files are kept, and who asks.
///
/// | variable | meaning | default |
/// | --- | --- | --- |
/// | `HF_ENDPOINT` | address of the Hub or of a mirror | `https://huggingface.co` |
/// | `HF_HOME` | folder of everything below | `$XDG_CACHE_HOME/huggingface`, `~/.cache/huggingface` |
/// | `HF_HUB_CACHE` | folder of the files | `$HF_HOME/hub` |
/// | `HF_TOKEN` | token, for private and gated repositories | content of the next file |
/// | `HF_TOKEN_PATH` | file with the token | `$HF_HOME/token` |
/// | `HF_HUB_DISABLE_IMPLICIT_TOKEN` | `1`: send no token | |
/// | `HF_HUB_OFFLINE` | `1`: use the cache alone | |
/// | `HTTPS_PROXY`, `NO_PROXY`, ... | proxy, and the hosts that need none | |
/// | `SSL_CERT_FILE` | certificates to trust, as PEM | those of Mozilla |
#[derive(Clone)]
pub struct HubSettings {
    pub(super) endpoint: String,
    pub(super) cache: PathBuf,
    pub(super) token: Option<Token>,
    pub(super) offline: bool,
    pub(super) certificates: Option<PathBuf>,
    pub(super) proxy: Option<ureq::Proxy>,
    pub(super) patience: Patience,
}

/// A secret that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

impl Token {
    /// The secret itself, for the header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, cache, token, offline, certificates, proxy, patience } = self;
        f.debug_struct("HubSettings")
            .field("endpoint", endpoint)
            .field("cache", cache)
            .field("token", token)
            .field("offline", offline)
            .field("certificates", certificates)
            // Its address may hold a password.
            .field("proxy", &proxy.is_some())
            .field("patience", patience)
            .finish()
    }
}

impl HubSettings {
    /// What the environment of this process says.
    ///
    /// # Errors
    ///
    /// A variable that cannot be used, a token file that cannot be read, or no folder for the cache.
    pub fn from_environment() -> Result<Self, HubError> {
        let mut settings = Self::from_lookup(|name| std::env::var_os(name))?;
        settings.proxy = ureq::Proxy::try_from_env();
        Ok(settings)
    }

    /// As [`HubSettings::from_environment`], with variables that `lookup` gives, and no proxy.
    ///
    /// # Errors
    ///
    /// As [`HubSettings::from_environment`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        let variables = Variables(lookup);
        let home = variables.hub_home();
        let cache = match variables.path("HF_HUB_CACHE").or_else(|| variables.path("HUGGINGFACE_HUB_CACHE")) {
            Some(cache) => cache,
            None => home.as_ref().ok_or(HubError::NoCacheFolder)?.join("hub"),
        };
        Ok(Self {
            endpoint: variables.endpoint()?,
            cache,
            token: variables.token(home.map(|home| home.join("token")))?,
            offline: variables.is_true("HF_HUB_OFFLINE") || variables.is_true("TRANSFORMERS_OFFLINE"),
            certificates: variables.path("SSL_CERT_FILE"),
            proxy: None,
            patience: Patience::default(),
        })
    }

    /// Address of the Hub.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Folder of the files.
    pub fn cache(&self) -> &std::path::Path {
        &self.cache
    }

    /// Whether the cache alone is used.
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// The same, never asking the Hub if `offline`; what the environment forbids stays forbidden.
    pub fn with_offline(mut self, offline: bool) -> Self {
        self.offline |= offline;
        self
    }

    /// The same, with other waits.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }
}

struct Variables<L>(L);

impl<L: Fn(&str) -> Option<OsString>> Variables<L> {
    /// The value, where it is set and not empty.
    fn get(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &'static str, expected: &'static str) -> Result<Option<String>, HubError> {
        let read = |value: OsString| {
            value.into_string().map_err(|_| HubError::Setting { name, found: "it is not valid UTF-8".to_owned(), expected })
        };
        self.get(name).map(read).transpose()
    }

    fn is_true(&self, name: &str) -> bool {
        let value = self.get(name).and_then(|value| value.into_string().ok()).unwrap_or_default();
        ["1", "on", "yes", "true"].iter().any(|word| value.eq_ignore_ascii_case(word))
    }

    fn user_home(&self) -> Option<PathBuf> {
        self.get("HOME").or_else(|| self.get("USERPROFILE")).map(PathBuf::from)
    }

    fn hub_home(&self) -> Option<PathBuf> {
        let caches = || self.path("XDG_CACHE_HOME").or_else(|| self.user_home().map(|home| home.join(".cache")));
        self.path("HF_HOME").or_else(|| caches().map(|folder| folder.join("huggingface")))
    }

    /// The path that a variable holds, with `~` and other variables written out.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.get(name)?;
        let Some(text) = value.to_str() else { return Some(value.into()) };
        let text = self.with_variables(text);
        let home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')).zip(self.user_home());
        Some(home.map_or_else(|| PathBuf::from(&text), |(rest, home)| home.join(rest.trim_start_matches('/'))))
    }

    /// The text with every `$NAME` and `${NAME}` that is set replaced by its value.
    fn with_variables(&self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut written_out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let braced = part.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let end = part.find(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '_').unwrap_or(part.len());
            let (name, rest) = braced.unwrap_or_else(|| part.split_at(end));
            if let Some(value) = self.get(name).and_then(|value| value.into_string().ok()) {
                written_out += &value;
                written_out += rest;
            } else {
                written_out.push('$');
                written_out += part;
            }
        }
        written_out
    }

    fn endpoint(&self) -> Result<String, HubError> {
        let (name, expected) = ("HF_ENDPOINT", "an address such as https://huggingface.co");
        let Some(text) = self.text(name, expected)? else { return Ok(DEFAULT_ENDPOINT.to_owned()) };
        let text = text.trim().trim_end_matches('/');
        let refuse = |found: String| Err(HubError::Setting { name, found, expected });
        if text.contains(['@', '?', '#']) {
            // Not repeated in the message, since what stands before '@' may be a password.
            return refuse("it holds '@', '?' or '#'".to_owned());
        }
        match text.parse::<ureq::http::Uri>() {
            Ok(address) if Origin::of(&address).is_some() => Ok(text.to_owned()),
            _ => refuse(format!("{text:?} is no http or https address")),
        }
    }

    fn token(&self, default_path: Option<PathBuf>) -> Result<Option<Token>, HubError> {
        if self.is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            return Ok(None);
        }
        let expected = "a token such as hf_...";
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let Some(text) = self.text(name, expected)? {
                return clean_token(&text).map_err(|found| HubError::Setting { name, found, expected });
            }
        }
        let Some(path) = self.path("HF_TOKEN_PATH").or(default_path) else { return Ok(None) };
        let unreadable = |path, cause| HubError::Unreadable { path, what: "the token", cause, next: "correct the file or set HF_TOKEN" };
        match fs::read_to_string(&path) {
            Ok(text) => clean_token(&text).map_err(|cause| unreadable(path, cause)),
            Err(failure) if matches!(failure.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(failure) => Err(unreadable(path, failure.to_string())),
        }
    }
}

/// The token without white space around it; none where nothing is left.
fn clean_token(text: &str) -> Result<Option<Token>, String> {
    let token = text.trim();
    if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok((!token.is_empty()).then(|| Token(token.to_owned())))
    } else {
        Err("it holds white space or symbols that no token has".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<HubSettings, HubError> {
        HubSettings::from_lookup(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_cache_is_where_the_python_package_has_it() {
        for (variables, expected) in [
            (vec![("HOME", "/h")], "/h/.cache/huggingface/hub"),
            (vec![("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (vec![("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/m")], "/m/hub"),
            (vec![("HOME", "/h"), ("HF_HOME", "/m"), ("HUGGINGFACE_HUB_CACHE", "/old")], "/old"),
            (vec![("HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/c")], "/c"),
            (vec![("HOME", "/h"), ("HF_HOME", "~/models")], "/h/models/hub"),
            (vec![("HOME", "/h"), ("HF_HOME", "~models")], "~models/hub"),
            (vec![("HOME", "/h"), ("HF_HOME", "$A/${B}c/$MISSING"), ("A", "/a"), ("B", "b")], "/a/bc/$MISSING/hub"),
            (vec![("HOME", "/h"), ("HF_HOME", "")], "/h/.cache/huggingface/hub"),
        ] {
            assert_eq!(settings(&variables).unwrap().cache, PathBuf::from(expected), "{variables:?}");
        }
        assert_eq!(settings(&[]).unwrap_err(), HubError::NoCacheFolder);
    }

    #[test]
    fn the_endpoint_is_an_address_without_a_last_slash() {
        let endpoint = |value| settings(&[("HOME", "/h"), ("HF_ENDPOINT", value)]).map(|settings| settings.endpoint);
        assert_eq!(endpoint("").unwrap(), "https://huggingface.co");
        assert_eq!(endpoint("http://mirror:8080/hub/").unwrap(), "http://mirror:8080/hub");
        for (value, reason) in [("mirror", "\"mirror\" is no http"), ("ftp://mirror", "no http"), ("https://", "no http")] {
            assert!(endpoint(value).unwrap_err().to_string().contains(reason), "{value}");
        }
        let message = endpoint("https://me:secret@mirror").unwrap_err().to_string();
        assert!(message.contains("holds '@'") && !message.contains("secret"), "{message}");
    }

    #[test]
    fn the_token_comes_from_the_variable_then_from_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let token = |more: &[(&str, &str)]| {
            let variables: Vec<_> = [("HF_HOME", path)].into_iter().chain(more.iter().copied()).collect();
            settings(&variables).map(|settings| settings.token.map(|token| token.0))
        };
        assert_eq!(token(&[]).unwrap(), None);
        fs::write(home.path().join("token"), "hf_file\n").unwrap();
        fs::write(home.path().join("other"), " \n").unwrap();
        let other = format!("{path}/other");
        assert_eq!(token(&[]).unwrap().as_deref(), Some("hf_file"));
        assert_eq!(token(&[("HF_TOKEN", " hf_variable ")]).unwrap().as_deref(), Some("hf_variable"));
        assert_eq!(token(&[("HUGGING_FACE_HUB_TOKEN", "hf_old")]).unwrap().as_deref(), Some("hf_old"));
        assert_eq!(token(&[("HF_TOKEN_PATH", &other)]).unwrap(), None);
        assert_eq!(token(&[("HF_TOKEN", "hf_variable"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]).unwrap(), None);
        let message = token(&[("HF_TOKEN", "hf_se cret")]).unwrap_err().to_string();
        assert!(message.starts_with("HF_TOKEN: ") && !message.contains("cret"), "{message}");
        let message = token(&[("HF_TOKEN_PATH", path)]).unwrap_err().to_string();
        assert!(message.contains("cannot read the token"), "{message}");
    }

    #[test]
    fn the_token_is_never_printed() {
        let shown = format!("{:?}", settings(&[("HOME", "/h"), ("HF_TOKEN", "hf_secret")]).unwrap());
        assert!(shown.contains("(hidden)") && !shown.contains("hf_secret"), "{shown}");
    }

    #[test]
    fn offline_is_what_either_the_flag_or_the_environment_says() {
        for (value, offline) in [("1", true), ("True", true), ("ON", true), ("yes", true), ("0", false), ("no", false), ("", false)] {
            let settings = settings(&[("HOME", "/h"), ("HF_HUB_OFFLINE", value)]).unwrap();
            assert_eq!(settings.offline, offline, "{value}");
            assert_eq!(settings.clone().with_offline(false).offline, offline, "{value}");
            assert!(settings.with_offline(true).offline, "{value}");
        }
    }
}
