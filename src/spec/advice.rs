//! What to write instead of a value of the wrong type.

/// What was expected in words of a spec, what was found, and the next step; both given in the words of serde.
pub(super) fn wrong_type(found: &str, expected: &str) -> String {
    let (plain, step) = match expected {
        "i64" | "u64" | "f64" => number(found, expected),
        "a string" | "path string" => ("text", in_quotes(found, "text")),
        "text or a list of texts" => (expected, in_quotes(found, expected)),
        "a sequence" => ("a list", Some(list(found))),
        _ if expected == "a boolean" || expected.starts_with("true, false") => {
            (if expected == "a boolean" { "true or false" } else { expected }, truth(found).map(str::to_owned))
        }
        "a number of pixels or {height, width}" => (expected, text_of(found).and_then(instead_of_text)),
        _ if expected.starts_with("struct ") => {
            ("a mapping of keys", Some("write `key: value` on lines of their own below it, each indented".to_owned()))
        }
        _ => (expected, None),
    };
    let step = step.map(|step| format!("; {step}")).unwrap_or_default();
    format!("expected {plain}, found {found}{step}")
}

/// The text itself, where text in quotes was found.
fn text_of(found: &str) -> Option<&str> {
    found.strip_prefix('"')?.strip_suffix('"')
}

fn in_quotes(found: &str, expected: &str) -> Option<String> {
    (text_of(found).is_none()).then(|| match (found, expected) {
        ("a list" | "a mapping", "text") => "put it in quotes if the brackets are part of the text".to_owned(),
        _ => "put it in quotes if it is meant as text".to_owned(),
    })
}

fn list(found: &str) -> String {
    match text_of(found) {
        Some(words) => format!("write it as [{words}]"),
        None if found == "a mapping" => "begin each entry with `- `".to_owned(),
        None => format!("write it as [{found}]"),
    }
}

/// YAML 1.1 has more words for these two than YAML 1.2 and this program.
fn truth(found: &str) -> Option<&'static str> {
    match text_of(found)?.to_lowercase().as_str() {
        "yes" | "y" | "on" | "true" => Some("write true"),
        "no" | "n" | "off" | "false" => Some("write false"),
        _ => None,
    }
}

fn number(found: &str, expected: &str) -> (&'static str, Option<String>) {
    let plain = match expected {
        "f64" => "a number",
        "u64" if found.starts_with('-') => "a whole number of at least 0",
        _ => "a whole number",
    };
    let whole = found.strip_suffix(".0").filter(|_| expected != "f64").map(|whole| format!("write {whole}"));
    (plain, text_of(found).map_or(whole, instead_of_text))
}

/// A number that YAML takes for text, and how to write it.
fn instead_of_text(text: &str) -> Option<String> {
    let is_number =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '.') && text.parse::<f64>().is_ok();
    let digits = text.trim_start_matches(['-', '+']);
    let without = |separator: char| text.replace(separator, "");
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = digits.trim_start_matches('0');
        return Some(format!("a number has no zeros before it, write {}", if number.is_empty() { "0" } else { number }));
    }
    if text.parse::<f64>().is_ok_and(f64::is_infinite) && digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("it is too large to be a number here".to_owned());
    }
    if is_number(text) {
        return Some("write it without quotes".to_owned());
    }
    if text.contains('_') && is_number(&without('_')) {
        return Some(format!("write {}", without('_')));
    }
    if text.contains(':') && is_number(&without(':')) {
        return Some("a number has no colon".to_owned());
    }
    if let Some(share) = text.strip_suffix('%').and_then(|percent| percent.trim().parse::<f64>().ok()) {
        return Some(format!("write the share, {}", share / 100.0));
    }
    if text.matches(',').count() == 1 && is_number(&text.replace(',', ".")) {
        return Some(format!("write {} with a point", text.replace(',', ".")));
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = &text[end..];
    let is_unit = end > 0 && unit.trim().chars().all(char::is_alphabetic) && is_number(&text[..end]);
    is_unit.then(|| format!("write {} alone", &text[..end]))
}
