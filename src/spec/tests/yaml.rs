//! The tables of `docs/yaml.md`, row by row, and what they say of files.

use std::fs;

use crate::spec::{LoadedSpec, SpecError, load};

fn read(bytes: &[u8]) -> Result<LoadedSpec, SpecError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    fs::write(&path, bytes).unwrap();
    load(&path, &[])
}

/// The words in the `n`th pair of backticks.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("no code in {cell:?}"))
}

#[test]
fn every_row_of_the_docs_is_so() {
    let (mut alike, mut refused) = (0, 0);
    for row in include_str!("../../../docs/yaml.md").lines().filter(|line| line.starts_with("| `") && line.matches(" | ").count() >= 2) {
        let cells: Vec<&str> = row.trim_matches('|').splitn(3, " | ").map(str::trim).collect();
        let found = read(code(cells[0]).as_bytes());
        if let Some(other) = cells[1].strip_prefix("the same as ") {
            let other = read(code(other).as_bytes()).unwrap_or_else(|error| panic!("{row}: {error}"));
            assert_eq!(found.unwrap_or_else(|error| panic!("{row}: {error}")).spec, other.spec, "{row}");
            alike += 1;
        } else {
            assert_eq!(cells[1], "refused", "{row}");
            let message = found.expect_err(row).to_string();
            assert!(message.contains("spec.yaml:1:"), "{row}: {message}");
            refused += 1;
        }
    }
    assert!(alike >= 20 && refused >= 30, "{alike} and {refused} rows");
}

#[test]
fn files_are_read_as_the_docs_say() {
    let epochs = |text: &str| read(text.as_bytes()).map(|loaded| loaded.spec.train.epochs.map(crate::spec::AtLeast::get));
    for good in [
        "\u{feff}train:\n  epochs: 4\n",
        "train:\r\n  epochs: 4\r\n",
        "---\ntrain:\n  epochs: 4\n...\n",
        "%YAML 1.2\n---\ntrain: { epochs: 4 }\n",
        "train:\n  epochs:\t4\t# tabs that indent nothing\n",
        "train: { epochs: 4 }",
        "title: \"a\\tb\"\ntrain: { epochs: 4 }\n",
    ] {
        assert_eq!(epochs(good).unwrap_or_else(|error| panic!("{good:?}: {error}")), Some(4), "{good:?}");
    }
    for bad in
        ["train:\n\tepochs: 4\n", "train:\r  epochs: 4\r", "title: a\u{85}b\n", "title: a\u{2029}b\n", "title: a\0b\n", "", "# nothing\n"]
    {
        assert!(epochs(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn text_that_is_no_utf_8_is_named_by_its_encoding() {
    let text = "train: { epochs: 4 }\n";
    let utf_16 = |bytes: fn(u16) -> [u8; 2], mark: &str| format!("{mark}{text}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for bytes in [
        utf_16(u16::to_le_bytes, "\u{feff}"),
        utf_16(u16::to_be_bytes, "\u{feff}"),
        utf_16(u16::to_le_bytes, ""),
        utf_16(u16::to_be_bytes, ""),
    ] {
        let message = read(&bytes).unwrap_err().to_string();
        assert!(
            message.ends_with("spec.yaml: is written as UTF-16; save the file as UTF-8 (in Windows' editor: Save as, Encoding)"),
            "{message}"
        );
    }
    let message = read(b"# one\ntitle: gr\xf6\xdfe\n").unwrap_err().to_string();
    assert!(message.ends_with("spec.yaml: line 2 is not UTF-8; save the file as UTF-8"), "{message}");
}
