//! What is wrong with a text that is no YAML, in plain words and with a next step: found here, or said by the parser.

use super::node::SyntaxError;

/// Open at the same time.
const MOST_BRACKETS: usize = 500;

/// Words of the parser, what they mean, and what most often is to be done.
const MEANINGS: [(&str, &str, &str); 17] = [
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        "indent the keys of one block alike, put a space behind each colon, and put text that has a colon in quotes",
    ),
    ("did not find expected key", "a key is expected here", "indent the keys of one block alike, and close quotes and brackets"),
    ("did not find expected '-' indicator", "an entry of the list is expected here", "begin each with `- `, all indented alike"),
    ("did not find expected ',' or ']'", "a comma or `]` is expected here", "close the list, or put text that has brackets in quotes"),
    ("did not find expected ',' or '}'", "a comma or `}` is expected here", "close the block, or put text that has braces in quotes"),
    ("did not find expected node content", "a value is expected here", "give it, or remove what comes before it"),
    ("did not find expected <document start>", "nothing more is expected here", "begin all keys of the spec in one column"),
    ("did not find expected alphabetic", "text begins with `*` or `&`", "put it in quotes"),
    ("could not find expected ':'", "a colon is expected here", "write a key as `key: value`, with a space behind the colon"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on the line below its key"),
    ("while scanning a quoted scalar", "a quote is never closed", "close it"),
    (
        "unknown anchor",
        "an alias `*name` repeats what an anchor `&name` above it marks, and there is none",
        "put text that begins with `*` in quotes",
    ),
    ("recursion limit", "blocks are nested too deeply", "no spec needs that, write it flatter"),
    ("repetition limit", "aliases refer to aliases too often", "write the values out"),
    ("as the key of a mapping", "a list or a block cannot be a key", "write a word, followed by a colon"),
    ("invalid value: ", "a tag `!!…` calls the value what it is not", "remove the tag, or mend the value"),
    ("duplicate %", "a line that begins with `%` stands twice", "a spec needs none, remove it"),
];

/// What the parser says of a text.
pub(super) fn syntax_error(error: &serde_yaml::Error, text: &str) -> SyntaxError {
    let location = super::node::location(error);
    let words = error.to_string();
    let own = location.map(|(line, column)| format!(" at line {line} column {column}")).unwrap_or_default();
    // The place leads the message already.
    let words = words.replacen(&own, "", 1);
    let found = location.and_then(|(line, column)| text.lines().nth(line - 1)?.chars().nth(column - 1));
    let message = match MEANINGS.iter().find(|(known, _, _)| words.contains(known)) {
        _ if words.contains("cannot start any token") => match found {
            Some('\t') => "not valid YAML: a tab stands here; indent with spaces".to_owned(),
            Some(c) => format!("not valid YAML: text cannot begin with `{c}`; put it in quotes"),
            None => "not valid YAML: text cannot begin like this; put it in quotes".to_owned(),
        },
        Some((_, meaning, step)) => format!("not valid YAML: {meaning}; {step}"),
        None => format!("not valid YAML: {words}"),
    };
    SyntaxError { location, begin: begin(&words).filter(|begin| Some(*begin) != location), message }
}

/// Where began what the parser was reading: `while parsing a flow sequence at line 1 column 8`.
fn begin(words: &str) -> Option<(usize, usize)> {
    let (_, place) = words.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Refuses what the parser has no place for, or takes too long with.
pub(super) fn check_text(text: &str) -> Result<(), SyntaxError> {
    check_characters(text)?;
    check_brackets(text)
}

/// The parser gives no place for a character that YAML forbids, so they are looked for here; and with them those that it takes
/// for the end of a line and an editor does not, so that the lines are counted alike.
fn check_characters(text: &str) -> Result<(), SyntaxError> {
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let Some((column, found)) = line.chars().enumerate().find(|(_, c)| is_refused(*c)) else { continue };
        let code = format!("U+{:04X}", u32::from(found));
        let message = match found {
            '\r' => "a carriage return without a line feed stands here; save the file with the line ends of Unix or Windows".to_owned(),
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                format!("the line end {code} stands here, which editors do not show as one; begin a new line, or remove it")
            }
            _ => format!("the control character {code} stands here, which YAML forbids; remove it"),
        };
        return Err(SyntaxError { location: Some((index + 1, column + 1)), begin: None, message });
    }
    Ok(())
}

/// The parser's time grows with the square of the depth of brackets. Those in quotes and comments are counted too, which no
/// spec comes near to.
fn check_brackets(text: &str) -> Result<(), SyntaxError> {
    let mut depth = 0_usize;
    for (index, line) in text.split('\n').enumerate() {
        for (column, c) in line.chars().enumerate() {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MOST_BRACKETS {
                let message = format!("more than {MOST_BRACKETS} brackets are open here; no spec is nested this deeply");
                return Err(SyntaxError { location: Some((index + 1, column + 1)), begin: None, message });
            }
        }
    }
    Ok(())
}

fn is_refused(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}
