//! What a column of a label table can hold, and the names that published tables give it.

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Age,
    Sex,
    Group,
    Race,
    /// The part of a given split.
    Split,
    /// The fold of a given split.
    Fold,
}

impl Field {
    /// The key under `data.csv`, and the word of messages.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Age => "age",
            Self::Sex => "sex",
            Self::Group => "group",
            Self::Race => "race",
            Self::Split => "split",
            Self::Fold => "fold",
        }
    }

    /// Names of published tables, in any case; a space and `_` are the same.
    pub(super) fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "image id", "case id"],
            Self::Age => &["boneage", "bone age", "bone age (months)", "ground truth bone age (months)"],
            Self::Sex => &["male", "sex", "gender"],
            Self::Group => &["patient id"],
            Self::Race => &["race", "location"],
            Self::Split => &["split", "part"],
            Self::Fold => &["fold"],
        }
    }

    /// Whether a column has one of these names.
    pub(super) fn is_usual_name(self, column: &str) -> bool {
        self.aliases().iter().any(|alias| normalise(alias) == normalise(column))
    }

    /// What to do where the column is not found in a table that this key of the spec names.
    pub(super) fn naming_step(self, source: &str) -> String {
        let key = self.key();
        match source {
            "data.csv" | "data.csv.test" => format!("name the column as `data.csv.{key}`"),
            "split.file" | "--labels" => "rename the column".to_owned(),
            _ => format!("rename the column, or use the source `data.csv` and name it as `data.csv.{key}`"),
        }
    }
}

fn normalise(name: &str) -> String {
    name.to_lowercase().replace(['_', ' '], "")
}
