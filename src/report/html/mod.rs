//! What the pages of this program share: one style, for light and dark screens, phones and paper, and the pieces that they are made
//! of. A page is one file that needs no other and no network.

mod figure;

use std::fmt::Write as _;

pub(super) use self::figure::{data_uri, inline_svg, svg_title};

/// Of every page.
const STYLE: &str = include_str!("page.css");
/// Sorts tables; a page can be read without it.
pub(super) const SORTING: &str = include_str!("page.js");

/// Text that means itself, between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A whole page: `body` is HTML, and `script` runs at its end where there is one.
pub(super) fn page(title: &str, body: &str, script: Option<&str>) -> String {
    let title = escaped(title);
    let script = script.map_or(String::new(), |script| format!("<script>\n{script}</script>\n"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n{body}{script}</body>\n</html>\n"
    )
}

/// A part of a page under a heading that links lead to.
pub(super) fn section(id: &str, heading: &str, body: &str) -> String {
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{body}</section>\n", escaped(heading))
}

/// A sentence or several.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// What is said below a table or picture.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escaped(text))
}

/// Lines that a reader copies, or a file; it scrolls in a box of its own.
pub(super) fn listing(label: &str, text: &str) -> String {
    // A box that scrolls must be in reach of the keyboard.
    format!("<pre tabindex=\"0\" role=\"group\" aria-label=\"{}\"><code>{}</code></pre>\n", escaped(label), escaped(text))
}

/// Names and values; what has no value is left out.
pub(super) fn facts(pairs: &[(&str, Option<String>)]) -> String {
    let mut html = "<dl class=\"facts\">\n".to_owned();
    for (name, value) in pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
    }
    html + "</dl>\n"
}

/// A picture with its words; `picture` is an `svg` or `img`.
pub(super) fn figure(picture: &str, label: &str, caption: Option<&str>) -> String {
    let caption = caption.map_or(String::new(), |caption| format!("<figcaption>{}</figcaption>\n", escaped(caption)));
    let label = escaped(label);
    format!("<figure>\n<div class=\"picture\" tabindex=\"0\" role=\"group\" aria-label=\"{label}\">\n{picture}</div>\n{caption}</figure>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_user_are_words_everywhere() {
        let bad = "a<b>&\"c";
        for html in
            [section("x", bad, ""), paragraph(bad), note(bad), listing(bad, bad), facts(&[(bad, Some(bad.into()))]), page(bad, "", None)]
        {
            assert!(html.contains("a&lt;b&gt;&amp;&quot;c") && !html.contains(bad), "{html}");
        }
    }

    #[test]
    fn a_fact_that_is_not_known_is_left_out() {
        assert_eq!(facts(&[("Seed", Some("3".into())), ("Fold", None)]), "<dl class=\"facts\">\n<dt>Seed</dt><dd>3</dd>\n</dl>\n");
    }
}
