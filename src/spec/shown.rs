//! How text of a spec is shown in messages: never longer than a reader takes in, and never able to write to the terminal.

/// Longer texts are cut.
const LONGEST: usize = 80;

/// Whether a character can be seen where it is printed. Line ends, escapes and marks that turn the direction of the text are
/// not; nor are spaces of no width.
pub(super) fn is_visible(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with a mark in the place of each character that cannot be seen.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if is_visible(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The start of a text that is too long, with its length.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_owned(),
    }
}

/// The text in quotes, line ends and the like escaped, cut where it is too long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}… ({} characters)", &text[..end], text.chars().count()),
        None => format!("{text:?}"),
    }
}

/// A number as YAML writes it, with a point or an exponent where it is not a whole one by type.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        ".nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        format!("{value:?}")
    }
}

/// The first character of a word that looks like nothing, or like a space that it is not.
pub(super) fn look_alike(word: &str) -> Option<char> {
    word.chars().find(|c| !is_visible(*c) || (c.is_whitespace() && *c != ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_invisible_text_is_shown_as_what_it_is() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(quoted("ab\n"), "\"ab\\n\"");
        assert_eq!(quoted(&"ä".repeat(100)), format!("\"{}\"… (100 characters)", "ä".repeat(80)));
        assert_eq!(shortened(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!((look_alike("a b"), look_alike("a\u{a0}b"), look_alike("\u{200b}a")), (None, Some('\u{a0}'), Some('\u{200b}')));
    }
}
