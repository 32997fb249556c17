//! Numbers as text, rounded here and nowhere else.

use super::summary::Spread;
use crate::metric::bootstrap::Interval;
use crate::spec::AgeUnit;

/// What a cell without a figure shows.
pub(super) const NOT_MEASURED: &str = "—";

/// Digits after the point for ages of this unit: finer would be below what 100 films can tell apart.
fn age_decimals(unit: AgeUnit) -> usize {
    match unit {
        AgeUnit::Months => 1,
        AgeUnit::Years => 2,
    }
}

/// The unit's short form, as it follows a number.
pub(super) fn short_unit(unit: AgeUnit) -> &'static str {
    match unit {
        AgeUnit::Months => "mo",
        AgeUnit::Years => "y",
    }
}

/// `decimals` digits after the point, a true minus sign, and never a negative zero.
pub(super) fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| matches!(c, '0' | '.')) => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// An age or error given in months, in `unit`, without the unit's name.
pub(super) fn age(months: f64, unit: AgeUnit) -> String {
    rounded(months / unit.months(), age_decimals(unit))
}

/// `mean`, or `mean ± sd` where there is more than one run.
fn spread(value: Spread, decimals: usize) -> String {
    let mean = rounded(value.mean, decimals);
    value.sd.map_or(mean.clone(), |sd| format!("{mean} ± {}", rounded(sd, decimals)))
}

/// A figure in the unit of ages.
pub(super) fn age_spread(value: Spread, unit: AgeUnit) -> String {
    spread(value.divided_by(unit.months()), age_decimals(unit))
}

/// A pure number.
pub(super) fn plain_spread(value: Spread) -> String {
    spread(value, 3)
}

/// A share, in percent.
pub(super) fn percent_spread(value: Spread) -> String {
    format!("{} %", spread(value.divided_by(0.01), 1))
}

/// ` [low, high]`, or nothing.
pub(super) fn interval(value: Option<Interval>, unit: AgeUnit) -> String {
    value.map_or(String::new(), |ends| format!(" [{}, {}]", age(ends.low, unit), age(ends.high, unit)))
}

/// `7` or `7–10`.
pub(super) fn range<T: PartialOrd + std::fmt::Display>(values: &[T]) -> String {
    let smallest = values.iter().reduce(|a, b| if b < a { b } else { a });
    let largest = values.iter().reduce(|a, b| if b > a { b } else { a });
    match (smallest, largest) {
        (Some(low), Some(high)) if low < high => format!("{low}–{high}"),
        (Some(low), _) => low.to_string(),
        _ => NOT_MEASURED.to_owned(),
    }
}

/// A count with a suffix: `138.36 M`, `92.4 k`, `512`.
pub(super) fn count(value: u64) -> String {
    match value {
        0..1_000 => value.to_string(),
        1_000..1_000_000 => format!("{:.1} k", value as f64 / 1e3),
        _ => format!("{:.2} M", value as f64 / 1e6),
    }
}

/// At least three significant digits: `15.5`, `0.0123`, `123`.
pub(super) fn three_digits(value: f64) -> String {
    let decimals = if value > 0.0 { 2 - value.log10().floor() as i32 } else { 0 };
    rounded(value, decimals.clamp(0, 6) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_two_digits_and_months_one() {
        assert_eq!(age(17.0, AgeUnit::Years), "1.42");
        assert_eq!(age(17.04, AgeUnit::Months), "17.0");
    }

    #[test]
    fn a_negative_number_has_a_minus_sign_and_zero_has_none() {
        assert_eq!(rounded(-5.3, 2), "−5.30");
        assert_eq!(rounded(-0.001, 2), "0.00");
        assert_eq!(rounded(-0.0, 0), "0");
    }

    #[test]
    fn a_spread_is_shown_only_where_there_is_one() {
        let single = Spread { count: 1, mean: 0.625, sd: None };
        assert_eq!(percent_spread(single), "62.5 %");
        assert_eq!(percent_spread(Spread { count: 3, mean: 0.625, sd: Some(0.02) }), "62.5 ± 2.0 %");
        assert_eq!(age_spread(Spread { count: 2, mean: 18.0, sd: Some(1.2) }, AgeUnit::Years), "1.50 ± 0.10");
    }

    #[test]
    fn ranges_counts_and_significant_digits() {
        assert_eq!(range(&[10, 7, 9]), "7–10");
        assert_eq!(range(&[10, 10]), "10");
        assert_eq!(range::<u32>(&[]), "—");
        for (value, text) in [(512, "512"), (92_417, "92.4 k"), (138_357_544, "138.36 M")] {
            assert_eq!(count(value), text);
        }
        for (value, text) in [(15.47, "15.5"), (0.012_34, "0.0123"), (123.4, "123"), (0.0, "0"), (1.0, "1.00")] {
            assert_eq!(three_digits(value), text);
        }
    }
}
