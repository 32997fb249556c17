//! Months or years: by the words beside the ages, else by their range.

use super::Told;
use crate::spec::AgeUnit;

/// Nobody is older.
const OLDEST: f64 = 120.0;

/// The unit of ages that stand under a heading (empty where there is none).
///
/// # Errors
/// If they are in a unit that is not read, such as days.
pub(super) fn of(heading: &str, ages: &[f64]) -> Result<Told<AgeUnit>, String> {
    let largest = ages.iter().copied().fold(0.0, f64::max);
    let smallest = ages.iter().copied().fold(f64::INFINITY, f64::min);
    let range = format!("they go from {smallest} to {largest}");
    let words = words(heading);
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    if says(&["day", "days", "tage", "tagen", "week", "weeks", "wochen"]) {
        return Err(format!("{heading:?} is in days or weeks; add a column in months or years"));
    }
    let by_heading = match (
        says(&["month", "months", "mo", "mos", "mon", "m", "monate", "monaten", "mois", "meses", "mesi"]),
        says(&["year", "years", "yr", "yrs", "y", "jahre", "jahren", "ans", "anni", "anos", "años"]),
    ) {
        (true, false) => Some(AgeUnit::Months),
        (false, true) => Some(AgeUnit::Years),
        _ => None,
    };
    if let Some(unit) = by_heading {
        return Ok(check_range(unit, heading, largest, &range));
    }
    Ok(by_range(&words, largest, &range))
}

fn check_range(unit: AgeUnit, heading: &str, largest: f64, range: &str) -> Told<AgeUnit> {
    let name = unit.name();
    if unit == AgeUnit::Years && largest > OLDEST {
        return Told::unsure(AgeUnit::Months, format!("{heading:?} says years, but {range}, and nobody is so old: please check"));
    }
    if unit == AgeUnit::Months && largest <= 20.0 && largest > 0.0 {
        return Told::unsure(unit, format!("{heading:?} says months, though {range}: please check"));
    }
    Told::sure(unit, format!("{heading:?} says {name}; {range}"))
}

fn by_range(words: &[String], largest: f64, range: &str) -> Told<AgeUnit> {
    let is_bone_age = words.iter().any(|word| word == "boneage") || words.windows(2).any(|pair| pair == ["bone", "age"]);
    if largest > OLDEST {
        return Told::sure(AgeUnit::Months, format!("{range}, and nobody is so old in years"));
    }
    if is_bone_age && largest > 25.0 {
        return Told::sure(AgeUnit::Months, format!("{range}, and bones stop growing long before so many years"));
    }
    if largest <= 25.0 {
        let reason = format!("nothing says the unit; {range}, which are children and youths in years, or infants in months: please check");
        return Told::unsure(AgeUnit::Years, reason);
    }
    Told::unsure(AgeUnit::Years, format!("nothing says the unit; {range}: years for adults, or months for small children: please check"))
}

/// The words of a heading in lower case; `ageMonths`, `age_months` and `Age (months)` are two.
pub(super) fn words(heading: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in heading.chars() {
        let begins = letter.is_uppercase() && was_lower;
        if !letter.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is one").extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_the_ages_say_the_unit_before_their_range_does() {
        for (heading, ages, unit, is_unsure) in [
            ("Age (months)", [3.0, 200.0], AgeUnit::Months, false),
            ("age_years", [3.0, 18.0], AgeUnit::Years, false),
            ("ageMonths", [30.0, 90.0], AgeUnit::Months, false),
            ("Alter in Jahren", [30.0, 90.0], AgeUnit::Years, false),
            ("age", [3.0, 200.0], AgeUnit::Months, false),
            ("boneage", [3.0, 90.0], AgeUnit::Months, false),
            ("age", [3.0, 18.0], AgeUnit::Years, true),
            ("age", [20.0, 90.0], AgeUnit::Years, true),
            ("age in years", [20.0, 190.0], AgeUnit::Months, true),
            ("age in months", [1.0, 18.0], AgeUnit::Months, true),
        ] {
            let told = of(heading, &ages).unwrap_or_else(|refusal| panic!("{heading}: {refusal}"));
            assert_eq!((told.value, told.is_unsure), (unit, is_unsure), "{heading}: {}", told.reason);
        }
        assert!(of("age in days", &[900.0]).is_err());
    }
}
