//! The text that names a file on the Hub.
//!
//! In comes `hf:OWNER/NAME[@REVISION][/FILE]`; out come its parts, checked, or what is wrong with it.
//!
//! The repository ends at the first `@` or at the second `/`. A revision (branch, tag or commit) ends at the next `/`, so a
//! slash inside one is written `%2F`, with two exceptions that the Hub itself makes: `refs/pr/NUMBER` and
//! `refs/convert/NAME` are taken whole. Everything after that is the file. Only revisions are percent-decoded.

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::HubError;

const PREFIX: &str = "hf:";
const DEFAULT_REVISION: &str = "main";
const DEFAULT_FILE: &str = "model.safetensors";

/// The longest owner or name that the Hub allows.
const LONGEST_NAME: usize = 96;

/// A file on the Hub, as written: `hf:OWNER/NAME[@REVISION][/FILE]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HubFile {
    text: String,
    owner: String,
    name: String,
    revision: String,
    file: String,
}

impl HubFile {
    /// User or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Name of the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Branch, tag or commit; `main` where none is written.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Path of the file inside the repository; `model.safetensors` where none is written.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The revision, where it is a full commit, whose files never change.
    pub(super) fn commit(&self) -> Option<&str> {
        is_commit(&self.revision).then_some(self.revision.as_str())
    }
}

/// Whether a text is a full commit: 40 lower-case hexadecimal digits.
pub(super) fn is_commit(text: &str) -> bool {
    is_lower_hex(text, 40)
}

/// Whether a text is that many lower-case hexadecimal digits.
pub(super) fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for HubFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for HubFile {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        parse(text).map_err(|problem| HubError::Form { text: text.to_owned(), problem })
    }
}

impl TryFrom<String> for HubFile {
    type Error = HubError;

    fn try_from(text: String) -> Result<Self, HubError> {
        text.parse()
    }
}

impl From<HubFile> for String {
    fn from(file: HubFile) -> Self {
        file.text
    }
}

fn parse(text: &str) -> Result<HubFile, String> {
    let rest = text.strip_prefix(PREFIX).ok_or_else(|| format!("it does not begin with {PREFIX:?}"))?;
    if rest.contains("//") {
        return Err("it has an empty part between two slashes".to_owned());
    }
    let (owner, rest) = rest.split_once('/').ok_or("it names no repository of an owner")?;
    let end = rest.find(['@', '/']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    check_name("owner", owner)?;
    check_name("name", name)?;
    let (revision, file) = match rest.strip_prefix('@') {
        Some(rest) => {
            let (revision, file) = split_revision(rest);
            (decoded(revision)?, file)
        }
        None => (DEFAULT_REVISION.to_owned(), rest),
    };
    check_revision(&revision)?;
    let file = if file.is_empty() { DEFAULT_FILE } else { &file[1..] };
    check_file(file)?;
    Ok(HubFile { text: text.to_owned(), owner: owner.to_owned(), name: name.to_owned(), revision, file: file.to_owned() })
}

/// The revision, and what follows it: nothing, or a slash and the file.
fn split_revision(text: &str) -> (&str, &str) {
    let slashes = if text.starts_with("refs/pr/") || text.starts_with("refs/convert/") { 2 } else { 0 };
    let end = text.match_indices('/').nth(slashes).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() {
        return Err(format!("its {what} is empty"));
    }
    if let Some(other) = name.chars().find(|&symbol| !u8::try_from(symbol).is_ok_and(allowed)) {
        return Err(format!("its {what} {name:?} holds {other:?}; only letters, digits, '-', '_' and '.' are allowed"));
    }
    if name.starts_with(['-', '.']) || name.ends_with(['-', '.']) || name.contains("--") || name.contains("..") {
        return Err(format!("its {what} {name:?} begins or ends with '-' or '.', or doubles one"));
    }
    if name.len() > LONGEST_NAME {
        return Err(format!("its {what} is longer than {LONGEST_NAME} characters"));
    }
    Ok(())
}

fn check_revision(revision: &str) -> Result<(), String> {
    // What git forbids in names of branches and tags, as far as it could lead out of the folder of revisions.
    let forbidden = |symbol: char| symbol.is_control() || " \\~^:?*[".contains(symbol);
    if revision.is_empty() {
        return Err("its revision is empty".to_owned());
    }
    if let Some(symbol) = revision.chars().find(|&symbol| forbidden(symbol)) {
        return Err(format!("its revision {revision:?} holds {symbol:?}"));
    }
    check_path("revision", revision)
}

fn check_file(file: &str) -> Result<(), String> {
    if let Some(symbol) = file.chars().find(|&symbol| symbol.is_control() || symbol == '\\') {
        return Err(format!("its file {file:?} holds {symbol:?}; folders are divided by '/'"));
    }
    check_path("file", file)
}

/// Whether a path stays below the folder it is put in.
fn check_path(what: &str, path: &str) -> Result<(), String> {
    if path.split('/').any(str::is_empty) {
        return Err(format!("its {what} {path:?} has an empty part"));
    }
    let plain = |part: &str| {
        let mut components = Path::new(part).components();
        matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
    };
    if let Some(part) = path.split('/').find(|part| !plain(part)) {
        return Err(format!("its {what} {path:?} holds {part:?}"));
    }
    Ok(())
}

/// The text with every `%XX` replaced by the byte it stands for.
fn decoded(text: &str) -> Result<String, String> {
    let broken = || format!("its revision {text:?} has a '%' that is not followed by two hexadecimal digits of UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).ok_or_else(broken)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(broken());
            }
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| broken())?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String, String) {
        let file: HubFile = text.parse().unwrap();
        assert_eq!(file.to_string(), text);
        (file.owner, file.name, file.revision, file.file)
    }

    #[test]
    fn every_form_is_read_and_given_back() {
        for (text, expected) in [
            ("hf:timm/resnet50.a1_in1k", ["timm", "resnet50.a1_in1k", "main", "model.safetensors"]),
            ("hf:timm/resnet50@v1.0", ["timm", "resnet50", "v1.0", "model.safetensors"]),
            ("hf:timm/resnet50/weights/last.safetensors", ["timm", "resnet50", "main", "weights/last.safetensors"]),
            ("hf:timm/resnet50@v1/a/b.bin", ["timm", "resnet50", "v1", "a/b.bin"]),
            ("hf:a/b@refs/pr/12", ["a", "b", "refs/pr/12", "model.safetensors"]),
            ("hf:a/b@refs/pr/12/c/d", ["a", "b", "refs/pr/12", "c/d"]),
            ("hf:a/b@refs/convert/parquet/c", ["a", "b", "refs/convert/parquet", "c"]),
            ("hf:a/b@refs/other/c", ["a", "b", "refs", "other/c"]),
            ("hf:a/b@feature%2Fx/c", ["a", "b", "feature/x", "c"]),
            ("hf:a/b/file@2x.bin", ["a", "b", "main", "file@2x.bin"]),
            ("hf:a/b/100%25.bin", ["a", "b", "main", "100%25.bin"]),
        ] {
            let [owner, name, revision, file] = expected.map(str::to_owned);
            assert_eq!(parts(text), (owner, name, revision, file), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_reason() {
        for (text, reason) in [
            ("timm/resnet50", "does not begin with \"hf:\""),
            ("hf:", "names no repository"),
            ("hf:gpt2", "names no repository"),
            ("hf://timm/resnet50", "empty part"),
            ("hf:/resnet50", "owner is empty"),
            ("hf:timm/", "name is empty"),
            ("hf:timm/@v1", "name is empty"),
            ("hf:timm/a@", "revision is empty"),
            ("hf:timm/a@/f", "revision is empty"),
            ("hf:timm/a@v1/", "file \"\" has an empty part"),
            ("hf:timm/a/", "file \"\" has an empty part"),
            ("hf:timm/a/b/../../../c", "holds \"..\""),
            ("hf:timm/a/./c", "holds \".\""),
            ("hf:timm/../c", "doubles one"),
            ("hf:timm/a--b", "doubles one"),
            ("hf:timm/a b", "holds ' '"),
            ("hf:timm/ä", "holds 'ä'"),
            ("hf:timm/a/b\\c", "holds '\\\\'"),
            ("hf:timm/a@..%2F..%2Fx", "holds \"..\""),
            ("hf:timm/a@%2Fetc", "empty part"),
            ("hf:timm/a@b%5Cc", "holds '\\\\'"),
            ("hf:timm/a@b%0A", "holds '\\n'"),
            ("hf:timm/a@b%+1", "two hexadecimal digits"),
            ("hf:timm/a@b%2", "two hexadecimal digits"),
            ("hf:timm/a@%FF", "two hexadecimal digits"),
            ("hf:timm/a@refs/pr/", "empty part"),
        ] {
            let message = text.parse::<HubFile>().unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
            assert!(message.contains("expected hf:OWNER/NAME[@REVISION][/FILE]"), "{text}: {message}");
        }
    }

    #[test]
    fn a_full_commit_is_told_from_a_branch() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(format!("hf:a/b@{commit}").parse::<HubFile>().unwrap().commit(), Some(commit));
        assert_eq!("hf:a/b@0123456".parse::<HubFile>().unwrap().commit(), None);
        assert_eq!(format!("hf:a/b@{}", commit.to_uppercase()).parse::<HubFile>().unwrap().commit(), None);
    }

    #[test]
    fn it_travels_through_serde_as_its_text() {
        let file: HubFile = serde_json::from_str("\"hf:timm/resnet50@v1\"").unwrap();
        assert_eq!(serde_json::to_string(&file).unwrap(), "\"hf:timm/resnet50@v1\"");
        let message = serde_json::from_str::<HubFile>("\"hf:timm\"").unwrap_err().to_string();
        assert!(message.contains("names no repository"), "{message}");
    }
}
