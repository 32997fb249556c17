//! Sheets of films that lie in the folder of a study.

use std::path::Path;

/// The folder of the sheets below that of a study.
pub const SHEETS_FOLDER: &str = "sheets";

/// One sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetFile {
    /// The name of the file.
    pub name: String,
    /// All of it, as PNG.
    pub bytes: Vec<u8>,
}

impl SheetFile {
    /// Those of a study, by name; what cannot be read is left out, since a page without it is still true.
    pub fn read_all(study: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(study.join(SHEETS_FOLDER)).into_iter().flatten().flatten();
        let mut sheets: Vec<Self> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let is_png = !name.starts_with('.') && Path::new(&name).extension().is_some_and(|extension| extension == "png");
                let bytes = is_png.then(|| std::fs::read(entry.path()).ok())??;
                Some(Self { name, bytes })
            })
            .collect();
        sheets.sort_by(|one, other| one.name.cmp(&other.name));
        sheets
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn sheets_come_by_name_and_nothing_else_does() {
        let study = tempfile::tempdir().unwrap();
        assert_eq!(SheetFile::read_all(study.path()), []);
        let folder = study.path().join(SHEETS_FOLDER);
        std::fs::create_dir_all(folder.join("folder.png")).unwrap();
        for name in ["b.png", "a.png", ".half.png", "list.csv"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        let names: Vec<String> = SheetFile::read_all(study.path()).into_iter().map(|sheet| sheet.name).collect();
        assert_eq!(names, ["a.png", "b.png"]);
    }
}
