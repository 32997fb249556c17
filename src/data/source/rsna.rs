//! The layout of the RSNA 2017 bone-age challenge: `<id>.png` beside a table in months.
//!
//! The folder may be doubled, as archives unpack it: films are looked for below it as well. The table is that of the
//! training part (`id,boneage,male`), of the validation part (`Image ID,male,Bone Age (months)`) or the truth of the
//! test part (`Case ID,Sex,Ground truth bone age (months)`).

use super::Loaded;
use super::csv::{self, LabelledFolder};
use crate::data::error::DataError;
use crate::plan::{CsvColumns, LabelledFilms};
use crate::spec::AgeUnit;

/// Films and labels of an RSNA folder.
///
/// # Errors
/// If the folder or the table cannot be used at all.
pub(super) fn load(films: &LabelledFilms, is_test: bool) -> Result<Loaded, DataError> {
    let source = if is_test { "data.rsna.test" } else { "data.rsna" };
    csv::load(&LabelledFolder { source, films, columns: &CsvColumns::default(), unit: AgeUnit::Months })
}
