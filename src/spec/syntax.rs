//! Puts into plain words what the parser says of a text that is no YAML, with a next step.

use super::node::SyntaxError;

/// Words of the parser, what they mean, and what most often is to be done.
const MEANINGS: [(&str, &str, &str); 16] = [
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
