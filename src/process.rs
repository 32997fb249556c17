//! What the operating system says about this process and its machine. Every reading may be missing.

/// Start counting the process's largest memory anew. Does nothing where the system does not offer it.
pub fn reset_peak_memory() {
    // 5 resets the high-water mark of the resident set (man 5 proc); a refusal only makes the figure cumulative.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory of the process since the last reset, in MiB.
pub fn peak_memory_mib() -> Option<f64> {
    value("/proc/self/status", "VmHWM").and_then(|text| kibibytes(&text)).map(|kib| kib as f64 / 1024.0)
}

/// Name of the processor.
pub fn processor() -> Option<String> {
    value("/proc/cpuinfo", "model name")
}

/// Memory of the machine, in MiB.
pub fn memory_mib() -> Option<u64> {
    value("/proc/meminfo", "MemTotal").and_then(|text| kibibytes(&text)).map(|kib| kib / 1024)
}

fn value(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_memory_sees_an_allocation() {
        let Some(before) = peak_memory_mib() else { return };
        let block = std::hint::black_box(vec![1u8; 200 << 20]);
        let after = peak_memory_mib().expect("it was readable a moment ago");
        assert!(after >= before.max(200.0), "{before} then {after} with {} bytes", block.len());
    }
}
