//! Texts and words of the shell, quoted where they need it.

use std::path::Path;

use crate::error::Error;

/// A text as YAML reads it back.
pub(super) fn text(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '.' | ' ' | '(' | ')');
    let begins = text.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '/');
    // What a reader of YAML could take for something else than a text.
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_word = words.contains(&text.to_lowercase().as_str()) || text.parse::<f64>().is_ok();
    if begins && text.chars().all(is_plain) && text.trim() == text && !is_word {
        return text.to_owned();
    }
    serde_json::to_string(text).expect("texts can be written as JSON, which is YAML")
}

/// A path as YAML reads it back.
///
/// # Errors
/// If it is no text.
pub(super) fn path(path: &Path) -> Result<String, Error> {
    path.to_str().map(text).ok_or_else(|| Error::NoText { path: path.to_owned() })
}

/// A path as a word of a shell.
pub(super) fn shell(path: &Path) -> String {
    let word = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@+%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_as_they_are() {
        for given in [
            "films",
            "/a/b",
            "a b",
            " a",
            "a: b",
            "a #b",
            "yes",
            "N",
            "12",
            "1e3",
            "-x",
            "",
            "{id}-{age}.jpg",
            "Alter (Jahre)",
            "\"",
            "'",
            "a\\b",
            "Röntgen",
            "~",
            "a\tb",
            "null",
            "@x",
            "*",
            "inf",
            ".5",
            "年龄",
        ] {
            let read: serde_json::Value = serde_yaml::from_str(&format!("key: {}\n", text(given))).unwrap();
            assert_eq!(read["key"], given, "{}", text(given));
        }
    }

    #[test]
    fn paths_are_one_word_of_a_shell() {
        for (path, word) in [("films.yaml", "films.yaml"), ("my films.yaml", "'my films.yaml'"), ("it's", r"'it'\''s'")] {
            assert_eq!(shell(Path::new(path)), word);
        }
    }
}
