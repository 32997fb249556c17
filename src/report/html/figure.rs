//! Pictures inside a page: SVG as it is, with ids of its own, and anything else as a data URI.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file as the address of a picture.
pub(in super::super) fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// The title of an SVG file, unescaped; none where it has none.
pub(in super::super) fn svg_title(svg: &str) -> Option<String> {
    let (_, rest) = svg.split_once("<title")?;
    let (title, _) = rest.split_once('>')?.1.split_once("</title>")?;
    // The ampersand last, so that none is read twice.
    Some(title.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
}

/// An SVG file to stand in a page: without the lines before its first tag, and with every id, and every mention of one, behind
/// `prefix`, so that two files of a page share none.
pub(in super::super) fn inline_svg(svg: &str, prefix: &str) -> String {
    let svg = svg.find("<svg").map_or(svg, |start| &svg[start..]);
    let mut inline = svg.replace(" id=\"", &format!(" id=\"{prefix}"));
    for mention in ["url(#", "href=\"#"] {
        inline = inline.replace(mention, &format!("{mention}{prefix}"));
    }
    for list in [" aria-labelledby=\"", " aria-describedby=\""] {
        inline = with_lists(&inline, list, prefix);
    }
    inline.trim_end().to_owned() + "\n"
}

/// With `prefix` before every id of the lists that stand behind `attribute`.
fn with_lists(svg: &str, attribute: &str, prefix: &str) -> String {
    let mut pieces = svg.split(attribute);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (ids, rest) = piece.split_once('"').unwrap_or((piece, ""));
        let ids: Vec<String> = ids.split_whitespace().map(|id| format!("{prefix}{id}")).collect();
        let _ = write!(out, "{attribute}{}\"{rest}", ids.join(" "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_picture_and_what_refers_to_them_get_a_prefix() {
        let svg = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg aria-labelledby=\"t d\"><title id=\"t\">A &amp; B</title><desc id=\"d\">c</desc>\
                   <clipPath id=\"clip\"/><g clip-path=\"url(#clip)\"/><use href=\"#clip\"/></svg>\n\n";
        let expected = "<svg aria-labelledby=\"p1-t p1-d\"><title id=\"p1-t\">A &amp; B</title><desc id=\"p1-d\">c</desc>\
                        <clipPath id=\"p1-clip\"/><g clip-path=\"url(#p1-clip)\"/><use href=\"#p1-clip\"/></svg>\n";
        assert_eq!(inline_svg(svg, "p1-"), expected);
        assert_eq!(svg_title(svg).as_deref(), Some("A & B"));
        assert_eq!(svg_title("<svg></svg>"), None);
    }

    #[test]
    fn bytes_are_an_address() {
        assert_eq!(data_uri("image/png", b"abc"), "data:image/png;base64,YWJj");
    }
}
