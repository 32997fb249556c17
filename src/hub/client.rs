//! Single requests to the Hub.
//!
//! In come addresses; out come what the Hub says about a file, an opened stream of its bytes, or why there is neither. Only
//! the server of the configured endpoint ever gets the token: a redirect that leaves it loses the token for good.

use std::fs;
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::checksum::Checksum;
use super::error::HubError;
use super::reference::{HubFile, is_commit};
use super::retry::Failure;
use super::settings::HubSettings;
use super::url::{self, Origin};

const USER_AGENT: &str = concat!("bench-run/", env!("CARGO_PKG_VERSION"));

/// How many redirects in a row are followed.
const MOST_REDIRECTS: usize = 10;

/// The longest text of a server that a message repeats.
const LONGEST_REMARK: usize = 200;

/// Asks the Hub.
#[derive(Debug)]
pub(super) struct Client<'a> {
    settings: &'a HubSettings,
    agent: Agent,
}

/// What the Hub says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The commit that the revision points to.
    pub(super) commit: String,
    /// Checksum of the bytes.
    pub(super) checksum: Checksum,
    /// Number of bytes, where it is said.
    pub(super) size: Option<u64>,
}

/// An answer that is no redirect to follow.
struct Answer {
    response: Response<Body>,
    url: Uri,
    /// Whether the endpoint's own server gave it.
    from_hub: bool,
}

impl<'a> Client<'a> {
    /// A client that keeps to the settings.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read.
    pub(super) fn new(settings: &'a HubSettings) -> Result<Self, HubError> {
        let patience = &settings.patience;
        let config = Agent::config_builder()
            .user_agent(USER_AGENT)
            // Compressed bytes would have another length than the one announced.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(settings.proxy.clone())
            .tls_config(TlsConfig::builder().root_certs(root_certificates(settings)?).build())
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .timeout_per_write(Some(patience.silence))
            .build();
        Ok(Self { settings, agent: config.into() })
    }

    /// What the Hub says about a file, at the address of a revision of it.
    ///
    /// # Errors
    ///
    /// What came instead, and whether it may go better later.
    pub(super) fn metadata(&self, url: &str, file: &HubFile) -> Result<Metadata, Failure> {
        let answer = self.follow(&Method::HEAD, url, 0)?;
        let (status, headers) = (answer.response.status().as_u16(), answer.response.headers());
        if status >= 400 {
            return Err(self.refusal(&answer, url, file));
        }
        let strange = |found: &str| HubError::NotAHub { url: url.to_owned(), found: found.to_owned() };
        let commit = match header(headers, "X-Repo-Commit") {
            Some(commit) if is_commit(commit) => commit.to_owned(),
            Some(_) => return Err(strange("its X-Repo-Commit is no commit").into()),
            None => return Err(strange(&format!("status {status} without the header X-Repo-Commit")).into()),
        };
        if file.commit().is_some_and(|wanted| wanted != commit) {
            return Err(strange(&format!("it answers with the commit {commit}")).into());
        }
        let tag = header(headers, "X-Linked-Etag").or_else(|| header(headers, "ETag"));
        let checksum = tag.map(bare_tag).and_then(Checksum::from_hex).ok_or_else(|| {
            let found = tag.map_or_else(|| "no ETag".to_owned(), |tag| format!("the ETag {}", remark(tag)));
            HubError::NoChecksum { url: url.to_owned(), found }
        })?;
        // The length of a redirect's own body says nothing about the file.
        let own_length = || header(headers, "Content-Length").filter(|_| status == 200);
        let size = header(headers, "X-Linked-Size").or_else(own_length).and_then(|length| length.trim().parse().ok());
        Ok(Metadata { commit, checksum, size })
    }

    /// The bytes of a file from `start` on, as far as the server heeds that.
    ///
    /// # Errors
    ///
    /// Any answer but 200, 206 and 416, and whether it may go better later.
    pub(super) fn open(&self, url: &str, file: &HubFile, start: u64) -> Result<Response<Body>, Failure> {
        let answer = self.follow(&Method::GET, url, start)?;
        match answer.response.status().as_u16() {
            200 | 206 | 416 => Ok(answer.response),
            _ => Err(self.refusal(&answer, url, file)),
        }
    }

    /// The answer at the end of all redirects; a question for headers alone ends where it would leave the server.
    fn follow(&self, method: &Method, url: &str, start: u64) -> Result<Answer, Failure> {
        let strange = |found: &str| Failure::Lasting(HubError::NotAHub { url: url.to_owned(), found: found.to_owned() });
        let mut at: Uri = url.parse().map_err(|_| strange("this is no usable address"))?;
        let hub = Origin::of(&at);
        let mut from_hub = true;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(method, &at, start, from_hub)?;
            let location = header(response.headers(), "Location").filter(|_| is_redirect(response.status().as_u16()));
            let Some(location) = location else { return Ok(Answer { response, url: at, from_hub }) };
            let next = url::redirected(&at, location).ok_or_else(|| strange("it redirects to no http or https address"))?;
            let leaves = Origin::of(&next) != hub;
            if leaves && method == Method::HEAD {
                return Ok(Answer { response, url: at, from_hub });
            }
            from_hub &= !leaves;
            at = next;
        }
        Err(strange("it redirects in a circle"))
    }

    fn send(&self, method: &Method, at: &Uri, start: u64, with_token: bool) -> Result<Response<Body>, Failure> {
        let mut request = Request::builder().method(method).uri(at);
        if start > 0 {
            request = request.header("Range", format!("bytes={start}-"));
        }
        if let Some(token) = self.settings.token.as_ref().filter(|_| with_token) {
            request = request.header("Authorization", format!("Bearer {}", token.reveal()));
        }
        let unsendable = |_| HubError::NotAHub { url: url::shown(at), found: "the request could not be written".to_owned() };
        self.agent.run(request.body(()).map_err(unsendable)?).map_err(|failure| Failure::passing(described(&failure, at)))
    }

    /// What a status of 400 and above means.
    fn refusal(&self, answer: &Answer, url: &str, file: &HubFile) -> Failure {
        let (status, headers) = (answer.response.status().as_u16(), answer.response.headers());
        // Other servers only hold the bytes, at addresses that expire: the Hub gives a new one at the next try.
        if !answer.from_hub || status == 408 || status == 429 || status >= 500 {
            let cause = format!("{} answers with status {status}", url::shown(&answer.url));
            return Failure::Passing { cause, wait: asked_wait(headers) };
        }
        let (reason, next) = self.meaning(status, headers, file);
        HubError::Refused { url: url.to_owned(), status, reason, next }.into()
    }

    /// Reason and next step.
    fn meaning(&self, status: u16, headers: &HeaderMap, file: &HubFile) -> (String, String) {
        let (owner, name, revision, path) = (file.owner(), file.name(), file.revision(), file.file());
        let page = format!("{}/{owner}/{name}", self.settings.endpoint);
        let token = match self.settings.token {
            Some(_) => "set HF_TOKEN to a token that may read it; the one in use does not",
            None => "set HF_TOKEN to a token that may read it",
        };
        match (header(headers, "X-Error-Code"), status) {
            (Some("GatedRepo"), _) => (
                format!("{owner}/{name} is gated"),
                format!("accept its terms at {page} and set HF_TOKEN to a token of the account that did"),
            ),
            (Some("RevisionNotFound"), _) => {
                (format!("{owner}/{name} has no revision {revision:?}"), format!("choose a branch, tag or commit that {page} lists"))
            }
            (Some("EntryNotFound"), _) => {
                (format!("{owner}/{name} has no file {path:?} at revision {revision:?}"), format!("choose a file that {page} lists"))
            }
            (Some("RepoNotFound"), _) | (None, 401 | 404) => {
                (format!("{owner}/{name} does not exist, or is private"), format!("correct OWNER/NAME, or {token}"))
            }
            (_, 401 | 403) => (format!("access is refused{}", self.remark_of(headers)), token.to_owned()),
            _ => (format!("the request is refused{}", self.remark_of(headers)), format!("look at {page}")),
        }
    }

    fn remark_of(&self, headers: &HeaderMap) -> String {
        let Some(text) = header(headers, "X-Error-Message") else { return String::new() };
        match &self.settings.token {
            Some(token) if text.contains(token.reveal()) => String::new(),
            _ => format!(": {}", remark(text)),
        }
    }
}

fn root_certificates(settings: &HubSettings) -> Result<RootCerts, HubError> {
    let Some(path) = &settings.certificates else { return Ok(RootCerts::WebPki) };
    let unreadable = |cause: String| HubError::Unreadable {
        path: path.clone(),
        what: "the certificates of SSL_CERT_FILE",
        cause,
        next: "correct it or unset it",
    };
    let text = fs::read(path).map_err(|failure| unreadable(failure.to_string()))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|failure| unreadable(failure.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate in PEM form".to_owned()));
    }
    Ok(certificates.into())
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The value of a header, where it is plain text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// An entity tag without its quotes and its mark of weakness.
fn bare_tag(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

fn remark(text: &str) -> String {
    text.chars().filter(|symbol| !symbol.is_control()).take(LONGEST_REMARK).collect()
}

/// The wait that a busy server asks for: `Retry-After` in seconds, or the `t` of the Hub's `RateLimit`.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let after = header(headers, "Retry-After").and_then(|value| value.trim().parse().ok());
    let reset = || header(headers, "RateLimit")?.split(';').find_map(|part| part.trim().strip_prefix("t=")?.parse().ok());
    after.or_else(reset).map(Duration::from_secs)
}

/// What went wrong on the line to a server.
fn described(failure: &ureq::Error, at: &Uri) -> String {
    let host = at.host().unwrap_or_default();
    match failure {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => format!("{host} could not be connected to in time"),
        ureq::Error::Timeout(_) => format!("{host} is silent"),
        ureq::Error::HostNotFound => format!("the host {host} is not known"),
        other => with_certificate_hint(match other {
            ureq::Error::Io(failure) => format!("{host}: {failure}"),
            other => format!("{host}: {other}"),
        }),
    }
}

/// Networks that read all traffic show a certificate of their own, which has to be made known.
fn with_certificate_hint(cause: String) -> String {
    let hint = if cause.contains("certificate") { "; set SSL_CERT_FILE to the certificates that your network uses" } else { "" };
    cause + hint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_lose_quotes_and_weakness() {
        for tag in ["\"abc\"", "W/\"abc\"", "abc", " \"abc\" "] {
            assert_eq!(bare_tag(tag), "abc", "{tag}");
        }
    }

    #[test]
    fn both_ways_to_ask_for_a_wait_are_read() {
        for (name, value, seconds) in [
            ("Retry-After", "7", Some(7)),
            ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("RateLimit", "\"api\";r=0;t=55", Some(55)),
            ("RateLimit", "nonsense", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ureq::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            assert_eq!(asked_wait(&headers), seconds.map(Duration::from_secs), "{name}: {value}");
        }
    }
}
