//! Sizes, times and small tables in words.

use std::time::{Duration, SystemTime};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// A number of bytes as people read it.
pub(in crate::command) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut number = bytes as f64 / 1024.0;
    let mut unit = 0;
    while number >= 999.95 && unit + 1 < UNITS.len() {
        number /= 1024.0;
        unit += 1;
    }
    format!("{number:.1} {}", UNITS[unit])
}

/// Year, month, day, hour, minute and second, UTC.
fn civil(time: SystemTime) -> (i64, u32, u32, u64, u64, u64) {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    // Days to a date of the Gregorian calendar, with years that begin in March: Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = (seconds / 86_400) as i64 + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let rest = seconds % 86_400;
    (year, month as u32, day as u32, rest / 3600, rest / 60 % 60, rest % 60)
}

/// A time to the minute, UTC.
pub(in crate::command) fn minute(time: SystemTime) -> String {
    let (year, month, day, hour, minute, _) = civil(time);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// A time for programs: RFC 3339, UTC.
pub(in crate::command) fn timestamp(time: SystemTime) -> String {
    let (year, month, day, hour, minute, second) = civil(time);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A length of time as people say it.
pub(in crate::command) fn length(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ 3600..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// A number with so many digits that a difference is seen, and no more.
pub(in crate::command) fn digits(number: f64) -> String {
    let rounded = format!("{number:.4}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    // A learning rate of 0.00001 is not 0.
    let significant = || format!("{number:.3e}").parse::<f64>().map_or_else(|_| number.to_string(), |number| number.to_string());
    if number != 0.0 && number.abs() < 0.01 { significant() } else { short.to_owned() }
}

/// A table that fits the terminal; the columns from `numbers` on are aligned to the right.
pub(in crate::command) fn table(headings: &[&str], rows: Vec<Vec<String>>, numbers: usize, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(headings);
    table.add_rows(rows);
    for column in numbers..headings.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_leaves_few_digits() {
        for (bytes, words) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (425 << 20, "425.0 MiB"), (20 << 30, "20.0 GiB")]
        {
            assert_eq!(size(bytes), words, "{bytes}");
        }
    }

    #[test]
    fn times_are_dates_of_the_calendar() {
        for (seconds, words) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn lengths_of_time_are_rounded_the_more_the_longer_they_are() {
        for (seconds, words) in [(5, "5.0 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (200_000, "2 days")] {
            assert_eq!(length(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        for (number, words) in
            [(0.00001, "0.00001"), (1.0 / 300.0, "0.003333"), (12.345_678, "12.3457"), (3.0, "3"), (0.0, "0"), (-0.25, "-0.25")]
        {
            assert_eq!(digits(number), words);
        }
    }
}
