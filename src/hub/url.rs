//! Addresses: who serves them, where a redirect leads, how they are written.

use std::fmt::Write as _;

use ureq::http::Uri;

use super::reference::HubFile;

/// Who serves an address: only the same scheme, host and port are the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The server of an address; none where it is not a full http or https address.
    pub(super) fn of(address: &Uri) -> Option<Self> {
        let scheme = address.scheme_str()?.to_ascii_lowercase();
        let usual_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = address.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { scheme, host, port: address.port_u16().unwrap_or(usual_port) })
    }
}

/// Address of a file at a revision.
pub(super) fn of_file(endpoint: &str, file: &HubFile, revision: &str) -> String {
    let (owner, name) = (file.owner(), file.name());
    format!("{endpoint}/{owner}/{name}/resolve/{}/{}", encoded(revision, false), encoded(file.file(), true))
}

/// Where a `Location` header leads from an address; none where it is no http or https address.
pub(super) fn redirected(from: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    // What follows '#' is for browsers and is never sent.
    let location = location.split('#').next()?;
    let full = if has_scheme(location) {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    full.parse().ok().filter(|address| Origin::of(address).is_some())
}

/// Whether an address begins with a scheme: a query may hold another address.
fn has_scheme(address: &str) -> bool {
    let scheme_symbol = |symbol: char| symbol.is_ascii_alphanumeric() || "+-.".contains(symbol);
    address.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(scheme_symbol))
}

/// An address for messages: without its query, which may hold a signature, and without user and password.
pub(super) fn shown(address: &Uri) -> String {
    let authority = address.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{}://{host}{}", address.scheme_str().unwrap_or_default(), address.path())
}

fn encoded(text: &str, keep_slashes: bool) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (keep_slashes && byte == b'/') {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_kept_in_files_and_encoded_in_revisions() {
        let file: HubFile = "hf:a/b@refs/pr/1/sub/x y#1?.bin".parse().unwrap();
        assert_eq!(of_file("http://h", &file, file.revision()), "http://h/a/b/resolve/refs%2Fpr%2F1/sub/x%20y%231%3F.bin");
    }

    #[test]
    fn redirects_lead_where_browsers_would_go() {
        let from: Uri = "https://hub.test:444/a/b/resolve/main/f".parse().unwrap();
        for (location, expected) in [
            ("/c/d", Some("https://hub.test:444/c/d")),
            ("g?x=http://y", Some("https://hub.test:444/a/b/resolve/main/g?x=http://y")),
            ("//cdn.test/f", Some("https://cdn.test/f")),
            ("http://cdn.test/f?sig=1#top", Some("http://cdn.test/f?sig=1")),
            ("ftp://cdn.test/f", None),
            ("file:///etc/passwd", None),
            ("https://", None),
        ] {
            let found = redirected(&from, location).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{location}");
        }
    }

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        let origin = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(origin("https://Hub.test/a"), origin("https://hub.test:443/b"));
        assert_ne!(origin("https://hub.test/a"), origin("http://hub.test/a"));
        assert_ne!(origin("https://hub.test/a"), origin("https://hub.test:444/a"));
        assert_ne!(origin("https://hub.test/a"), origin("https://hub.test.evil/a"));
        assert_eq!(origin("/a"), None);
    }

    #[test]
    fn a_shown_address_holds_no_secret() {
        let address: Uri = "https://me:secret@cdn.test/f?signature=secret".parse().unwrap();
        assert_eq!(shown(&address), "https://cdn.test/f");
    }
}
