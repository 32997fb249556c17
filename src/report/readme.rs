//! The blocks of a README that hold a study's tables.
//!
//! It stands between a line `<!-- bench-run:begin NAME -->` and a line `<!-- bench-run:end NAME -->`, each alone on its line.
//! Everything outside stays as it is, byte for byte, and the block takes over the line endings of the marker above it.
//! Lines inside fenced code are no markers, so that a README can show how to write them.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::write_if_changed;

/// Why a block could not be filled; the file is as it was.
#[derive(Debug, Error)]
pub enum ReadmeError {
    /// The file has no markers of that name.
    #[error(
        "{}: no block named {name:?}; add the two lines `<!-- bench-run:begin {name} -->` and `<!-- bench-run:end {name} -->` \
         where the table shall stand",
        path.display()
    )]
    NoBlock {
        /// The file.
        path: PathBuf,
        /// The block.
        name: String,
    },
    /// A marker stands where it cannot.
    #[error("{}:{line}: {problem}", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The file could not be read or written.
    #[error("failed to {action} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A block's name, and what it is to hold.
pub type Body = (String, String);

/// Puts bodies between the markers of their names in the file at `path`, as far as it has such blocks, and returns whether that
/// changed the file.
///
/// # Errors
///
/// Where the file cannot be read or written, has none of the blocks, or has a marker of any block that is unclosed, repeated,
/// nested or without a beginning.
pub fn fill(path: &Path, bodies: &[Body]) -> Result<bool, ReadmeError> {
    let (_, filled) = filled(path, bodies)?;
    write_if_changed(path, filled.as_bytes()).map_err(|source| ReadmeError::Io { action: "write", path: path.to_owned(), source })
}

/// Whether [`fill`] would change the file.
///
/// # Errors
///
/// As [`fill`].
pub fn is_stale(path: &Path, bodies: &[Body]) -> Result<bool, ReadmeError> {
    let (present, filled) = filled(path, bodies)?;
    Ok(present != filled)
}

/// The text of a file as it is, and with its blocks filled.
fn filled(path: &Path, bodies: &[Body]) -> Result<(String, String), ReadmeError> {
    let text = std::fs::read_to_string(path).map_err(|source| ReadmeError::Io { action: "read", path: path.to_owned(), source })?;
    let blocks = blocks(&text).map_err(|(line, problem)| ReadmeError::Marker { path: path.to_owned(), line, problem })?;
    let body_of = |block: &Block| bodies.iter().find(|(name, _)| name == block.name).map(|(_, body)| body.as_str());
    if !blocks.iter().any(|block| body_of(block).is_some()) {
        let name = bodies.first().map(|(name, _)| name.clone()).unwrap_or_default();
        return Err(ReadmeError::NoBlock { path: path.to_owned(), name });
    }
    let (mut filled, mut end) = (String::with_capacity(text.len()), 0);
    for block in &blocks {
        let Some(body) = body_of(block) else { continue };
        filled.push_str(&text[end..block.inside.start]);
        for line in body.trim_end().lines() {
            filled.push_str(line);
            filled.push_str(block.line_ending);
        }
        end = block.inside.end;
    }
    filled.push_str(&text[end..]);
    Ok((text, filled))
}

/// A block as it stands in a file.
struct Block<'a> {
    name: &'a str,
    /// Bytes between the two marker lines.
    inside: std::ops::Range<usize>,
    /// Line of the beginning, counted from 1.
    line: usize,
    /// What ends the marker line above it.
    line_ending: &'a str,
}

/// A line that is a marker.
enum Marker<'a> {
    Begin(&'a str),
    End(&'a str),
}

/// Every block of a text, or the line and the problem of the first marker that is out of place.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, (usize, String)> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut offset, mut fence): (Option<Block>, usize, Option<&str>) = (None, 0, None);
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let line = index + 1;
        let start = offset;
        offset += whole.len();
        fence = fence_after(fence, whole);
        if fence.is_some() {
            continue;
        }
        match (marker(whole), open.take()) {
            (None, still_open) => open = still_open,
            (Some(Marker::Begin(name)), None) => {
                let line_ending = if whole.ends_with("\r\n") { "\r\n" } else { "\n" };
                open = Some(first_of_its_name(&blocks, Block { name, inside: offset..offset, line, line_ending })?);
            }
            (Some(Marker::Begin(name)), Some(outer)) => {
                let problem = format!("block {name:?} begins inside block {:?} of line {}; end that first", outer.name, outer.line);
                return Err((line, problem));
            }
            (Some(Marker::End(name)), Some(block)) if block.name == name => {
                blocks.push(Block { inside: block.inside.start..start, ..block });
            }
            (Some(Marker::End(name)), Some(block)) => {
                return Err((line, format!("block {name:?} ends here, but the one begun at line {} is {:?}", block.line, block.name)));
            }
            (Some(Marker::End(name)), None) => {
                return Err((line, format!("block {name:?} ends here without a line `<!-- bench-run:begin {name} -->` above it")));
            }
        }
    }
    match open {
        Some(block) => {
            Err((block.line, format!("block {:?} has no end; add `<!-- bench-run:end {} -->` below it", block.name, block.name)))
        }
        None => Ok(blocks),
    }
}

/// The block, unless there is one of that name already.
fn first_of_its_name<'a>(blocks: &[Block], block: Block<'a>) -> Result<Block<'a>, (usize, String)> {
    let Some(first) = blocks.iter().find(|known| known.name == block.name) else {
        return Ok(block);
    };
    Err((block.line, format!("a second block named {:?} begins here, the first is at line {}; keep one", block.name, first.line)))
}

/// The marker that a line consists of, if it does.
fn marker(line: &str) -> Option<Marker<'_>> {
    let inside = line.trim_start_matches('\u{feff}').trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let (word, name) = inside.split_once(char::is_whitespace)?;
    match word {
        "bench-run:begin" => Some(Marker::Begin(name.trim())),
        "bench-run:end" => Some(Marker::End(name.trim())),
        _ => None,
    }
}

/// The fence of the code that goes on after this line, given the one before it.
fn fence_after<'a>(fence: Option<&'a str>, line: &'a str) -> Option<&'a str> {
    let trimmed = line.trim();
    let mark = |fence: char| &trimmed[..trimmed.len() - trimmed.trim_start_matches(fence).len()];
    let found = [mark('`'), mark('~')].into_iter().find(|mark| mark.len() >= 3);
    match (fence, found) {
        (None, found) => found,
        // Only a fence of the same kind, at least as long and without a language, ends the code.
        (Some(open), Some(close)) if close.starts_with(open) && close == trimmed => None,
        (open, _) => open,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn filled(text: &str, body: &str) -> Result<(bool, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("README.md");
        std::fs::write(&path, text).unwrap();
        let outcome = fill(&path, &[("quick".to_owned(), body.to_owned()), ("quick:short".to_owned(), "short".to_owned())]);
        let after = std::fs::read_to_string(&path).unwrap();
        match outcome {
            Ok(changed) => Ok((changed, after)),
            Err(error) => {
                assert_eq!(after, text, "a refused file stays as it was");
                Err(error.to_string().replace(&format!("{}/", folder.path().display()), ""))
            }
        }
    }

    #[test]
    fn only_the_block_is_replaced_and_a_second_time_nothing_changes() {
        let text = "# A\n\n<!-- bench-run:begin quick -->\nold\n<!-- bench-run:end quick -->\nrest without end";
        let (changed, after) = filled(text, "| new |\n\n- note\n").unwrap();
        assert!(changed);
        assert_eq!(after, "# A\n\n<!-- bench-run:begin quick -->\n| new |\n\n- note\n<!-- bench-run:end quick -->\nrest without end");
        assert_eq!(filled(&after, "| new |\n\n- note\n").unwrap(), (false, after));
    }

    #[test]
    fn every_block_of_the_study_is_filled_in_the_order_of_the_file() {
        let block = |name: &str, body: &str| format!("<!-- bench-run:begin {name} -->\n{body}<!-- bench-run:end {name} -->\n");
        let text = format!("a\n{}b\n{}{}c\n", block("quick:short", ""), block("other", "kept\n"), block("quick", "old\nolder\n"));
        let expected = format!("a\n{}b\n{}{}c\n", block("quick:short", "short\n"), block("other", "kept\n"), block("quick", "new\n"));
        assert_eq!(filled(&text, "new").unwrap(), (true, expected));
        let short = block("quick:short", "");
        assert_eq!(filled(&short, "new").unwrap().1, block("quick:short", "short\n"), "one of them is enough");
    }

    #[test]
    fn carriage_returns_are_kept_and_used() {
        let text = "# A\r\n<!-- bench-run:begin quick -->\r\n<!-- bench-run:end quick -->";
        let (_, after) = filled(text, "one\ntwo\n").unwrap();
        assert_eq!(after, "# A\r\n<!-- bench-run:begin quick -->\r\none\r\ntwo\r\n<!-- bench-run:end quick -->");
    }

    #[test]
    fn blocks_of_other_names_and_markers_in_code_are_left_alone() {
        let text = "````\n<!-- bench-run:begin quick -->\n```\n````\n<!--bench-run:begin other-->\nx\n<!--bench-run:end other-->\n  \
                    <!-- bench-run:begin quick -->\n<!-- bench-run:end quick -->\n";
        let (_, after) = filled(text, "new").unwrap();
        assert_eq!(after, text.replace("begin quick -->\n<!--", "begin quick -->\nnew\n<!--"));
    }

    #[test]
    fn a_marker_out_of_place_is_refused_with_its_line() {
        let (begin, end) = ("<!-- bench-run:begin quick -->\n", "<!-- bench-run:end quick -->\n");
        let other = "<!-- bench-run:begin other -->\n";
        for (text, expected) in [
            ("text\n".to_owned(), "README.md: no block named \"quick\""),
            (format!("a\n{begin}b\n"), "README.md:2: block \"quick\" has no end"),
            (format!("a\n{end}b\n"), "README.md:2: block \"quick\" ends here without"),
            (format!("{begin}{end}\n{begin}{end}"), "README.md:4: a second block named \"quick\" begins here, the first is at line 1"),
            (format!("{begin}{begin}{end}"), "README.md:2: block \"quick\" begins inside block \"quick\" of line 1"),
            (format!("{other}{begin}{end}"), "README.md:2: block \"quick\" begins inside block \"other\" of line 1"),
            (format!("{other}{end}"), "README.md:2: block \"quick\" ends here, but the one begun at line 1 is \"other\""),
        ] {
            let message = filled(&text, "new").unwrap_err();
            assert!(message.starts_with(expected), "{text:?}: {message}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = fill(Path::new("no/such/README.md"), &[("quick".to_owned(), "new".to_owned())]).unwrap_err();
        assert!(error.to_string().starts_with("failed to read no/such/README.md: "), "{error}");
    }
}
