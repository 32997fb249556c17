//! Numbers, sizes and times as people say them.

use std::time::SystemTime;

/// A time span in two units at most: `4.3 s`, `45 s`, `3 min`, `1 h 20 min`, `2 d 4 h`.
pub fn duration(seconds: f64) -> String {
    if (0.0..9.95).contains(&seconds) {
        return format!("{seconds:.1} s");
    }
    let seconds = if seconds.is_finite() { seconds.max(0.0).round() as u64 } else { return "an unknown time".to_owned() };
    let (minutes, hours, days) = (seconds.div_ceil(60), seconds / 3600, seconds / 86_400);
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {small_unit}"),
    };
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=3599 => format!("{minutes} min"),
        3600..=86_399 => two(hours, "h", seconds % 3600 / 60, "min"),
        _ => two(days, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// A number of bytes as people read it.
pub fn size(bytes: u64) -> String {
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
pub fn minute(time: SystemTime) -> String {
    let (year, month, day, hour, minute, _) = civil(time);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// A time for programs: RFC 3339, UTC.
pub fn timestamp(time: SystemTime) -> String {
    let (year, month, day, hour, minute, second) = civil(time);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A number with so many digits that a difference is seen, and no more.
pub fn digits(number: f64) -> String {
    let rounded = format!("{number:.4}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    // A learning rate of 0.00001 is not 0.
    let significant = || format!("{number:.3e}").parse::<f64>().map_or_else(|_| number.to_string(), |number| number.to_string());
    if number != 0.0 && number.abs() < 0.01 { significant() } else { short.to_owned() }
}

/// A whole number with a space between thousands.
pub fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let said = [0.24, 59.0, 99.4, 100.0, 3599.0, 3600.0, 4805.0, 187_200.0, 172_800.0].map(duration);
        assert_eq!(said, ["0.2 s", "59 s", "99 s", "2 min", "60 min", "1 h", "1 h 20 min", "2 d 4 h", "2 d"]);
        assert_eq!(duration(f64::INFINITY), "an unknown time");
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 896, 1000, 14_714_688].map(spaced), ["0", "896", "1 000", "14 714 688"]);
    }

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
    fn numbers_keep_the_digits_that_matter() {
        for (number, words) in
            [(0.00001, "0.00001"), (1.0 / 300.0, "0.003333"), (12.345_678, "12.3457"), (3.0, "3"), (0.0, "0"), (-0.25, "-0.25")]
        {
            assert_eq!(digits(number), words);
        }
    }
}
