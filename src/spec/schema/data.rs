//! `data`: where the films and their ages come from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::spec::values::AtLeast;

/// `data`: exactly one source, and what is left out of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DataSpec {
    /// Synthetic hand radiographs, drawn in memory.
    pub phantom: Option<PhantomSource>,
    /// The layout of the RSNA 2017 bone-age challenge; ages in months.
    pub rsna: Option<RsnaSource>,
    /// The folders of the Digital Hand Atlas; ages in years.
    pub hand_atlas: Option<HandAtlasSource>,
    /// A table of labels beside a folder of films.
    pub csv: Option<CsvSource>,
    /// Films whose names carry the labels.
    pub filename: Option<FilenameSource>,
    /// A file of ids to leave out, one a line, each with a reason after a comma.
    pub exclude: Option<PathBuf>,
    /// What an unreadable film, a label without a film or a film without a label does.
    pub on_bad: Option<OnBad>,
    /// Whether films or patients may be in two parts, which every table then says.
    pub allow_leaks: Option<bool>,
}

/// What happens when a film or a label cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnBad {
    /// Stop before anything is trained and name what is wrong.
    #[default]
    Stop,
    /// Leave it out, say so, and note it in `excluded.csv`.
    Skip,
}

/// `data.phantom`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PhantomSource {
    /// Number of films.
    pub count: Option<AtLeast<1>>,
    /// Seed of the drawing.
    pub seed: Option<u64>,
}

/// `data.rsna`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RsnaSource {
    /// Folder of `<id>.png`, or one whose only subfolder holds them.
    pub images: Option<PathBuf>,
    /// The label table, CSV or Excel.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
    /// A table of its own for the test part.
    pub test: Option<TestTable>,
}

/// `test` of `data.rsna` and `data.csv`: films that make the test part.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TestTable {
    /// Folder of the films; that of the other films where none is given.
    pub images: Option<PathBuf>,
    /// The label table, with columns of the same names.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
}

/// `data.hand_atlas`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HandAtlasSource {
    /// Folder that holds `<RACE><SEX>/<RACE><SEX><AGE>/<id>.jpg`.
    pub root: Option<PathBuf>,
}

/// `data.csv`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvSource {
    /// Folder of the films.
    pub images: Option<PathBuf>,
    /// The label table, CSV or Excel, with a header line.
    pub labels: Option<PathBuf>,
    /// Sheet of an Excel workbook; the first where none is named.
    pub sheet: Option<String>,
    /// Column of the film's id, which is its file name with or without an extension.
    pub id: Option<String>,
    /// Column of the age.
    pub age: Option<String>,
    /// Unit of the age column.
    pub unit: Option<AgeUnit>,
    /// Column of the sex.
    pub sex: Option<String>,
    /// Column that names the patient; films of one patient stay in one part.
    pub group: Option<String>,
    /// Column of the race or population.
    pub race: Option<String>,
    /// A table of its own for the test part.
    pub test: Option<TestTable>,
}

/// `data.filename`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilenameSource {
    /// Folder of the films.
    pub root: Option<PathBuf>,
    /// For example `{id}-{age}-{sex}.jpg`; `{_}` matches what is not needed. Of several the first that fits is taken.
    pub pattern: Option<Patterns>,
    /// Unit of `{age}`.
    pub unit: Option<AgeUnit>,
}

/// One or several patterns of file names; in a spec a text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(pub Vec<String>);

/// Unit in which an age is read or shown. Inside the program ages are months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgeUnit {
    /// Twelve to the year.
    #[default]
    Months,
    /// Years.
    Years,
}

impl AgeUnit {
    /// Months in one of this unit.
    pub fn months(self) -> f64 {
        match self {
            Self::Months => 1.0,
            Self::Years => 12.0,
        }
    }

    /// The word for headings: `months` or `years`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Years => "years",
        }
    }
}
