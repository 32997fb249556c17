//! Numbers as people say them.

/// A time span in two units at most: `45 s`, `3 min`, `1 h 20 min`, `2 d 4 h`.
pub fn duration(seconds: f64) -> String {
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

/// Memory or a file's size: `512 MiB`, `1.4 GiB`.
pub fn mebibytes(mebibytes: f64) -> String {
    if mebibytes < 1024.0 { format!("{mebibytes:.0} MiB") } else { format!("{:.1} GiB", mebibytes / 1024.0) }
}

/// A whole number with a space between thousands.
pub fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let said = [0.2, 59.0, 99.4, 100.0, 3599.0, 3600.0, 4805.0, 187_200.0, 172_800.0].map(duration);
        assert_eq!(said, ["0 s", "59 s", "99 s", "2 min", "60 min", "1 h", "1 h 20 min", "2 d 4 h", "2 d"]);
        assert_eq!(duration(f64::INFINITY), "an unknown time");
    }

    #[test]
    fn memory_changes_its_unit_at_a_gibibyte() {
        assert_eq!([12.4, 1023.0, 1434.0].map(mebibytes), ["12 MiB", "1023 MiB", "1.4 GiB"]);
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 896, 1000, 14_714_688].map(spaced), ["0", "896", "1 000", "14 714 688"]);
    }
}
