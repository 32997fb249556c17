//! Cells and parts of names into ages and sexes.

use super::super::sample::Sex;
use crate::spec::AgeUnit;

/// Nobody is older; a larger number is a slip or another unit.
const MAX_AGE_MONTHS: f64 = 120.0 * 12.0;

/// An age in months.
///
/// # Errors
/// What was found, if it is no age.
pub(super) fn parse_age(text: &str, unit: AgeUnit) -> Result<f64, String> {
    if text.is_empty() {
        return Err("no age".to_owned());
    }
    let number: f64 = text.parse().map_err(|_| format!("{text:?}"))?;
    let months = number * unit.months();
    if (0.0..=MAX_AGE_MONTHS).contains(&months) {
        // Adding zero makes the zero of "-0" a plain one.
        Ok(months + 0.0)
    } else {
        Err(format!("{text:?} {}", unit.name()))
    }
}

/// How the sex is written in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SexWords {
    /// M, F, male, female, other.
    Words,
    /// True for male, False for female; or words.
    IsMale,
    /// True for female, False for male; or words.
    IsFemale,
}

impl SexWords {
    /// By the name of the column.
    pub(super) fn of_column(name: &str) -> Self {
        match name.trim().to_lowercase().as_str() {
            "male" | "is_male" => Self::IsMale,
            "female" | "is_female" => Self::IsFemale,
            _ => Self::Words,
        }
    }

    /// The sex of a cell; none where it is empty.
    ///
    /// # Errors
    /// What was found, if it is no sex.
    pub(super) fn parse(self, text: &str) -> Result<Option<Sex>, String> {
        let sex = match (text.to_lowercase().as_str(), self) {
            ("", _) => return Ok(None),
            ("m" | "male", _) | ("true" | "1" | "yes", Self::IsMale) | ("false" | "0" | "no", Self::IsFemale) => Sex::M,
            ("f" | "female", _) | ("false" | "0" | "no", Self::IsMale) | ("true" | "1" | "yes", Self::IsFemale) => Sex::F,
            ("o" | "other", Self::Words) => Sex::O,
            _ => return Err(format!("{text:?}")),
        };
        Ok(Some(sex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_in_their_unit_and_nothing_else_passes() {
        for (text, unit, months) in [
            ("12", AgeUnit::Months, 12.0),
            ("12.5", AgeUnit::Years, 150.0),
            ("0", AgeUnit::Years, 0.0),
            ("07", AgeUnit::Years, 84.0),
            ("1440", AgeUnit::Months, 1440.0),
        ] {
            assert_eq!(parse_age(text, unit), Ok(months), "{text}");
        }
        for (text, unit, found) in [
            ("", AgeUnit::Months, "no age"),
            ("abc", AgeUnit::Months, "\"abc\""),
            ("NaN", AgeUnit::Months, "\"NaN\" months"),
            ("inf", AgeUnit::Months, "\"inf\" months"),
            ("-3", AgeUnit::Months, "\"-3\" months"),
            ("121", AgeUnit::Years, "\"121\" years"),
            ("1441", AgeUnit::Months, "\"1441\" months"),
            ("12,5", AgeUnit::Months, "\"12,5\""),
        ] {
            assert_eq!(parse_age(text, unit), Err(found.to_owned()), "{text}");
        }
    }

    #[test]
    fn sexes_are_read_by_the_column_that_they_stand_in() {
        use SexWords::{IsFemale, IsMale, Words};
        for (column, words) in [("male", IsMale), (" Male ", IsMale), ("female", IsFemale), ("Sex", Words), ("gender", Words)] {
            assert_eq!(SexWords::of_column(column), words, "{column}");
        }
        for (words, text, sex) in [
            (IsMale, "True", Some(Sex::M)),
            (IsMale, "FALSE", Some(Sex::F)),
            (IsFemale, "true", Some(Sex::F)),
            (IsMale, "F", Some(Sex::F)),
            (Words, "M", Some(Sex::M)),
            (Words, "female", Some(Sex::F)),
            (Words, "Male", Some(Sex::M)),
            (Words, "other", Some(Sex::O)),
            (Words, "O", Some(Sex::O)),
            (Words, "", None),
        ] {
            assert_eq!(words.parse(text), Ok(sex), "{words:?} {text}");
        }
        for (words, text) in [(IsMale, "other"), (Words, "True"), (Words, "boy?"), (Words, "1")] {
            assert_eq!(words.parse(text), Err(format!("{text:?}")), "{words:?} {text}");
        }
    }
}
